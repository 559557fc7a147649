//! Secrets reach the script and nothing else.

use std::path::Path;

use regatta_server::gateway::{ScriptVariable, StartScript, Syntax};

use crate::rig::{Rig, bash, new_ticket, processes, succeeded};

const SECRET: &str = "canary-7f3a91c2e5";
/// As it is told, but for the end, which depends on what stands behind it.
const SECRET_BASE64: &str = "Y2FuYXJ5LTdmM2E5MWMyZT";

fn files_below(dir: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files_below(&entry.path(), into);
        } else if kind.is_file() {
            into.push(entry.path());
        }
    }
}

fn assert_not_on_disk(rig: &Rig) {
    let mut files = Vec::new();
    files_below(rig.dir.path(), &mut files);
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let is_there = [SECRET, SECRET_BASE64].iter().any(|it| text.contains(it));
        assert!(!is_there, "{} holds the secret", file.display());
    }
}

fn assert_not_in_processes() {
    for (pid, arguments) in processes() {
        if pid == i32::try_from(std::process::id()).unwrap() {
            continue;
        }
        assert!(!arguments.contains(SECRET), "{arguments}");
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(
            !String::from_utf8_lossy(&environment).contains(SECRET),
            "{arguments}"
        );
    }
}

async fn check(mut script: StartScript) {
    let mut rig = Rig::new().await;
    script.variables = vec![ScriptVariable {
        name: "Pwd".to_owned(),
        value: SECRET.to_owned(),
        sensitive: true,
    }];
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "it is ********").await;
    assert_not_in_processes();
    assert_not_on_disk(&rig);
    rig.gateway.stop(&ticket, 0);
    let ran = rig.finish(&ticket).await;
    assert!(!ran.text().contains(SECRET), "{}", ran.text());
    assert!(
        ran.end
            .output_variables
            .iter()
            .any(|v| v.value == SECRET && v.sensitive)
    );
    assert_not_on_disk(&rig);
}

#[tokio::test]
async fn a_secret_of_a_bash_script_is_nowhere_else() {
    // Also as a text in the script itself, as if it had been put there by substitution.
    let body = format!(
        "set_octopusvariable Out \"$(get_octopusvariable Pwd)\" -sensitive; echo it is {SECRET}; sleep 1000"
    );
    check(bash(&body)).await;
}

#[tokio::test]
async fn a_secret_of_a_python_script_is_nowhere_else() {
    let body = "import time; p = get_octopusvariable('Pwd'); set_octopusvariable('Out', p, True); print('it is', p, flush=True); time.sleep(1000)";
    check(StartScript::new(
        new_ticket(),
        "ServerTasks-1",
        Syntax::Python,
        body,
    ))
    .await;
}

#[tokio::test]
async fn a_script_sees_no_variable_of_the_agents_environment_that_could_change_its_shell() {
    let mut rig = Rig::without_agent().await;
    let evil = rig.dir.path().join("evil.sh");
    std::fs::write(&evil, "echo evil").unwrap();
    rig.start_link_with(&[
        ("BASH_ENV", evil.to_str().unwrap()),
        ("REGATTA_MASTER_KEY", "k"),
    ]);
    let ran = rig
        .run(bash("env | grep -c -e BASH_ENV -e MASTER; true"))
        .await;
    assert!(succeeded(&ran.end.outcome));
    assert_eq!(ran.text(), "0\n");
}
