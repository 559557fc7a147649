//! What a script sees, what it can say, and how its end is reported.

use std::os::unix::fs::PermissionsExt as _;

use regatta_core::engine::event::Outcome;
use regatta_core::log::LogLevel;
use regatta_server::gateway::{ScriptFile, ScriptVariable, StartScript, Syntax};

use crate::rig::{Rig, bash, new_ticket, succeeded};

fn variable(name: &str, value: &str, sensitive: bool) -> ScriptVariable {
    ScriptVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        sensitive,
    }
}

fn python(body: &str) -> StartScript {
    StartScript::new(new_ticket(), "ServerTasks-1", Syntax::Python, body)
}

fn has(lines: &[(LogLevel, String)], level: LogLevel, text: &str) -> bool {
    lines.iter().any(|(l, t)| *l == level && t == text)
}

const ODD: &str = "it's \"odd\" $HOME `x` \\ \u{e4}\u{1f600}]";

#[tokio::test]
async fn a_script_runs_and_its_output_and_end_are_reported() {
    let mut rig = Rig::new().await;
    let body = "echo hello; echo oops >&2; echo \"$0 $LINENO $PWD\"; [[ ${BASH_SOURCE[0]} == $0 ]]";
    let ran = rig.run(bash(body)).await;
    assert!(matches!(
        ran.end.outcome,
        Outcome::Succeeded { warnings: true }
    ));
    assert_eq!(ran.end.exit_code, Some(0));
    assert!(has(&ran.lines, LogLevel::Info, "hello"));
    assert!(has(&ran.lines, LogLevel::Error, "oops"));
    let work = rig.agent_dir().join("work");
    assert!(ran.text().contains("Script.sh 1 "), "{}", ran.text());
    assert!(ran.text().contains(&*work.to_string_lossy()));
}

#[tokio::test]
async fn an_exit_code_fails_the_script_and_the_next_one_runs() {
    let mut rig = Rig::new().await;
    let ran = rig.run(bash("exit 7")).await;
    assert_eq!(ran.end.exit_code, Some(7));
    assert!(matches!(ran.end.outcome, Outcome::Failed { .. }));
    let ran = rig.run(bash("kill -SEGV $$")).await;
    assert_eq!(
        ran.end.outcome,
        Outcome::Failed {
            message: "The script was ended by signal 11".to_owned()
        }
    );
    let ran = rig.run(bash("if true; then")).await;
    assert_eq!(ran.end.exit_code, Some(2));
    assert!(ran.text().contains("syntax error"), "{}", ran.text());
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
}

#[tokio::test]
async fn every_bash_helper_does_what_it_says() {
    let mut rig = Rig::new().await;
    let body = r#"#!/bin/bash
set -eu
get_octopusvariable "Odd.Name"
echo "[$(get_octopusvariable none)]"
echo "${octopus_parameters[Odd.Name]}"
set_octopusvariable Plain "$(get_octopusvariable Odd.Name)"
get_octopusvariable Plain
set_octopusvariable Token s3cr3t-token -sensitive
echo "the token is s3cr3t-token"
write_verbose v; write_highlight h; write_wait w; write_warning a b
update_progress 42 "half way"
echo content >file.txt
new_octopusartifact file.txt
new_octopusartifact "$PWD/file.txt" other.txt
new_octopusartifact missing.txt
fail_step "it's bad"
"#;
    let mut script = bash(body);
    script.variables = vec![variable("Odd.Name", ODD, false)];
    let ran = rig.run(script).await;
    let text = ran.text();
    assert_eq!(
        text.lines().filter(|line| *line == ODD).count(),
        3,
        "{text}"
    );
    assert!(has(&ran.lines, LogLevel::Info, "[]"));
    assert!(
        has(&ran.lines, LogLevel::Info, "the token is ********"),
        "{text}"
    );
    for (level, line) in [
        (LogLevel::Verbose, "v"),
        (LogLevel::Highlight, "h"),
        (LogLevel::Wait, "w"),
        (LogLevel::Warning, "a b"),
    ] {
        assert!(has(&ran.lines, level, line), "{line}: {text}");
    }
    assert_eq!(rig.progress, [(42, "half way".to_owned())]);
    let expected = [
        ("file.txt".to_owned(), b"content\n".to_vec()),
        ("other.txt".to_owned(), b"content\n".to_vec()),
    ];
    assert_eq!(ran.artifacts, expected);
    assert!(text.contains("missing.txt\" was not collected"), "{text}");
    let found: Vec<_> = ran
        .end
        .output_variables
        .iter()
        .map(|v| (v.name.as_str(), v.value.as_str(), v.sensitive))
        .collect();
    assert_eq!(
        found,
        [("Plain", ODD, false), ("Token", "s3cr3t-token", true)]
    );
    assert_eq!(
        ran.end.outcome,
        Outcome::Failed {
            message: "it's bad".to_owned()
        }
    );
}

#[tokio::test]
async fn every_python_helper_does_what_it_says() {
    let mut rig = Rig::new().await;
    let body = r#"
import sys
print(get_octopusvariable("Odd.Name"))
print("[%s]" % get_octopusvariable("none"))
print(octopusvariables["Odd.Name"])
set_octopusvariable("Plain", get_octopusvariable("Odd.Name"))
set_octopusvariable("Token", "s3cr3t-token", sensitive=True)
print("the token is s3cr3t-token")
printverbose("v"); printhighlight("h"); printwait("w"); printwarning("a", "b")
updateprogress(42, "half way")
with open("file.txt", "w") as file: file.write("content")
createartifact("file.txt")
import helper
print(helper.ANSWER, __name__, __file__, sys.argv)
failstep("it's bad")
"#;
    let mut script = python(body);
    script.variables = vec![variable("Odd.Name", ODD, false)];
    script.files = vec![ScriptFile {
        path: "helper.py".to_owned(),
        content: b"ANSWER = 42".to_vec(),
    }];
    script.arguments = vec!["one".to_owned()];
    let ran = rig.run(script).await;
    let text = ran.text();
    assert_eq!(
        text.lines().filter(|line| *line == ODD).count(),
        2,
        "{text}"
    );
    assert!(
        has(&ran.lines, LogLevel::Info, "the token is ********"),
        "{text}"
    );
    for (level, line) in [
        (LogLevel::Verbose, "v"),
        (LogLevel::Highlight, "h"),
        (LogLevel::Wait, "w"),
        (LogLevel::Warning, "a b"),
        (LogLevel::Info, "42 __main__ Script.py ['Script.py', 'one']"),
    ] {
        assert!(has(&ran.lines, level, line), "{line}: {text}");
    }
    assert_eq!(rig.progress, [(42, "half way".to_owned())]);
    assert_eq!(
        ran.artifacts,
        [("file.txt".to_owned(), b"content".to_vec())]
    );
    assert_eq!(ran.end.output_variables.len(), 2);
    assert_eq!(
        ran.end.outcome,
        Outcome::Failed {
            message: "it's bad".to_owned()
        }
    );
    assert_eq!(ran.end.exit_code, Some(255));
}

#[tokio::test]
async fn a_missing_interpreter_fails_the_script_until_it_is_installed() {
    let mut rig = Rig::without_agent().await;
    let programs = rig.dir.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    rig.start_link_with(&[("PATH", &path)]);
    if rig
        .connected_capabilities()
        .await
        .iter()
        .any(|name| name == "powershell")
    {
        return;
    }
    let script = || StartScript::new(new_ticket(), "ServerTasks-1", Syntax::PowerShell, "1");
    let ran = rig.run(script()).await;
    let Outcome::Failed { message } = ran.end.outcome else {
        panic!("{:?}", ran.end.outcome)
    };
    assert!(message.contains("pwsh"), "{message}");
    assert_eq!((ran.end.exit_code, ran.end.started_at), (None, None));
    // Stands for PowerShell: all that matters is that it is looked for again.
    let pwsh = programs.join("pwsh");
    std::fs::write(&pwsh, "#!/bin/sh\necho installed\n").unwrap();
    std::fs::set_permissions(&pwsh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ran = rig.run(script()).await;
    assert_eq!(ran.text(), "installed\n");
}

#[tokio::test]
async fn standard_error_fails_a_script_only_if_the_step_says_so() {
    let mut rig = Rig::new().await;
    let mut script = bash("echo bad >&2");
    script.fail_on_error_output = true;
    assert!(matches!(
        rig.run(script).await.end.outcome,
        Outcome::Failed { .. }
    ));
    assert!(succeeded(&rig.run(bash("echo bad >&2")).await.end.outcome));
}

/// More than one message may hold: the script fails and says so, and its agent can go on.
#[tokio::test]
async fn output_variables_that_are_too_large_together_fail_the_script() {
    let mut rig = Rig::new().await;
    let body = "v=$(head -c 2000000 /dev/zero | tr '\\0' x | base64 -w0); \
                for i in 1 2 3 4 5 6 7; do echo \"##octopus[setVariable name='$(printf V$i | base64)' value='$v']\"; done; \
                set_octopusvariable V1 small; echo \"##octopus[progress percentage='MQ==' message='$v']\"; for i in $(seq 2100); do echo \"##octopus[createArtifact path='bm9uZQ==']\"; done";
    let ran = rig.run(bash(body)).await;
    let Outcome::Failed { message } = &ran.end.outcome else {
        panic!("{:?}", ran.end.outcome)
    };
    assert!(
        message.contains("8 MB") && message.contains("\"V5\""),
        "{message}"
    );
    let told = ran
        .lines
        .iter()
        .filter(|(level, text)| *level == LogLevel::Error && text == message);
    assert_eq!(told.count(), 1);
    let sizes = ran.end.output_variables.iter();
    let sizes: Vec<_> = sizes.map(|it| (it.name.as_str(), it.value.len())).collect();
    let large = 2_000_000;
    assert_eq!(
        sizes,
        [("V1", 5), ("V2", large), ("V3", large), ("V4", large)]
    );
    assert_eq!(rig.progress.last().unwrap().1.len(), 16 * 1024);
    assert!(ran.text().contains("100 more artifacts were not collected"));
}

#[tokio::test]
async fn files_are_placed_beside_the_script_and_never_elsewhere() {
    let mut rig = Rig::new().await;
    let mut script = bash("source modules/greet.sh; greet \"$1\"");
    script.files = vec![ScriptFile {
        path: "modules/greet.sh".to_owned(),
        content: b"greet() { write_highlight hi $1; }".to_vec(),
    }];
    script.arguments = vec!["you".to_owned()];
    assert!(has(
        &rig.run(script).await.lines,
        LogLevel::Highlight,
        "hi you"
    ));
    for path in ["../out", "/tmp/out", ""] {
        let mut script = bash("true");
        script.files = vec![ScriptFile {
            path: path.to_owned(),
            content: Vec::new(),
        }];
        assert!(
            matches!(rig.run(script).await.end.outcome, Outcome::Failed { .. }),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_work_directory_is_empty_private_and_gone_afterwards() {
    let mut rig = Rig::new().await;
    for _ in 0..3 {
        let ran = rig
            .run(bash(
                "ls; stat -c %a .; mkdir -p a/b; echo x >a/b/c; touch .hidden",
            ))
            .await;
        assert_eq!(ran.text(), "Script.sh\n700\n");
    }
    let ran = rig.run(bash("pwd")).await;
    let left = std::fs::read_dir(rig.agent_dir().join("work"))
        .unwrap()
        .count();
    assert!(left <= 1, "{left} directories for {}", ran.text());
}

#[tokio::test]
async fn a_hundred_thousand_lines_arrive_without_gap() {
    let mut rig = Rig::new().await;
    let ran = rig
        .run(bash(
            "for ((i = 1; i <= 100000; i++)); do echo line $i; done",
        ))
        .await;
    assert_eq!(ran.end.lines, 100_000);
    assert!(
        ran.lines
            .iter()
            .enumerate()
            .all(|(n, (_, line))| *line == format!("line {}", n + 1))
    );
}

#[tokio::test]
async fn bytes_that_are_no_text_and_endless_lines_are_tamed() {
    let mut rig = Rig::new().await;
    let ran = rig
        .run(bash(
            "printf 'a\\xffb\\0c\\r\\n'; head -c 100000 /dev/zero | tr '\\0' x; printf end",
        ))
        .await;
    assert!(succeeded(&ran.end.outcome));
    assert_eq!(ran.lines[0].1, "a\u{fffd}b\0c");
    assert!(ran.lines.iter().all(|(_, line)| line.len() <= 16 * 1024));
    let rest: String = ran.lines[1..]
        .iter()
        .map(|(_, line)| line.as_str())
        .collect();
    assert_eq!(rest.len(), 100_003);
}

#[tokio::test]
async fn what_a_script_leaves_behind_does_not_hold_up_its_end() {
    let mut rig = Rig::new().await;
    let ran = rig.run(bash("sleep 1000 & echo $!")).await;
    assert!(succeeded(&ran.end.outcome));
    let pid: i32 = ran.text().trim().parse().unwrap();
    crate::rig::kill(pid, "KILL");
}
