//! What a kill leaves behind: nothing lost, nothing twice.

use std::path::Path;

use regatta_core::engine::event::{Outcome, TicketId};
use regatta_core::log::LogLevel;
use regatta_server::gateway::{Report, SentBy, StartScript};

use crate::rig::{Ran, Rig, bash, kill, succeeded};

/// A script that notes its start, then prints numbered lines until told to end.
fn counting(rig: &Rig) -> (StartScript, std::path::PathBuf) {
    let dir = rig.dir.path().display().to_string();
    let go = rig.dir.path().join("go");
    let body = format!(
        "echo start >>{dir}/starts; for ((i=1; ; i++)); do echo line $i; \
         [[ -e {dir}/go ]] && exit 3; read -t 0.01 <>{dir}/fifo; done"
    );
    let made = std::process::Command::new("mkfifo")
        .arg(rig.dir.path().join("fifo"))
        .status();
    assert!(made.unwrap().success());
    (bash(&body), go)
}

fn starts(rig: &Rig) -> usize {
    std::fs::read_to_string(rig.dir.path().join("starts"))
        .unwrap()
        .lines()
        .count()
}

fn touch(path: &Path) {
    std::fs::write(path, "").unwrap();
}

fn assert_numbered(text: &str) {
    for (n, line) in text.lines().enumerate() {
        assert_eq!(line, format!("line {}", n + 1));
    }
}

#[tokio::test]
async fn a_killed_link_loses_nothing() {
    let mut rig = Rig::new().await;
    let (script, go) = counting(&rig);
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "line 5").await;
    rig.kill_link();
    while !matches!(rig.next().await, Report::WorkerLost { .. }) {}
    rig.start_link();
    rig.wait_for_connection().await;
    let seen = rig.lines[&ticket].len();
    rig.wait_for_line(&ticket, &format!("line {}", seen + 20))
        .await;
    touch(&go);
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.exit_code, Some(3));
    assert_numbered(&ran.text());
    assert_eq!(starts(&rig), 1);
}

#[tokio::test]
async fn a_script_that_ends_while_the_link_is_dead_is_reported_by_the_next_link() {
    let mut rig = Rig::new().await;
    let (script, go) = counting(&rig);
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "line 2").await;
    rig.kill_link();
    touch(&go);
    rig.start_link();
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.exit_code, Some(3));
    assert_numbered(&ran.text());
}

#[tokio::test]
async fn a_killed_supervisor_is_replaced_and_the_script_goes_on() {
    let mut rig = Rig::new().await;
    let (script, go) = counting(&rig);
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "line 5").await;
    rig.kill_supervisor();
    rig.wait_for_connection().await;
    let seen = rig.lines[&ticket].len();
    rig.wait_for_line(&ticket, &format!("line {}", seen + 20))
        .await;
    touch(&go);
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.exit_code, Some(3), "{:?}", ran.end.outcome);
    assert_numbered(&ran.text());
    assert_eq!(starts(&rig), 1);
}

#[tokio::test]
async fn the_exit_code_of_a_script_that_ends_without_a_supervisor_is_found() {
    let mut rig = Rig::new().await;
    let (script, go) = counting(&rig);
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "line 2").await;
    rig.kill_link();
    rig.kill_supervisor();
    touch(&go);
    wait_for_note(&rig, &ticket).await;
    rig.start_link();
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.exit_code, Some(3), "{:?}", ran.end.outcome);
    assert_eq!(starts(&rig), 1);
    // What it wrote last went with the supervisor, and the log says so.
    let (level, last) = ran.lines.last().unwrap();
    assert_eq!(*level, LogLevel::Warning);
    assert!(last.contains("may be missing"), "{last}");
}

#[tokio::test]
async fn a_note_that_is_being_written_is_left_to_its_keeper() {
    let mut rig = Rig::new().await;
    let (script, go) = counting(&rig);
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "line 2").await;
    let work = rig.agent_dir().join("work");
    let [written, left_over] = [ticket.0.as_str(), "of-nobody"].map(|of| {
        let file = work.join(format!("{of}.exit-new"));
        std::fs::write(&file, "exited").unwrap();
        file
    });
    rig.kill_supervisor();
    rig.wait_for_started_times(&ticket, 2).await;
    assert!(written.exists());
    assert!(!left_over.exists());
    touch(&go);
    assert_eq!(rig.finish(&ticket).await.end.exit_code, Some(3));
}

/// Waits until the keeper has noted how a script without a supervisor ended.
async fn wait_for_note(rig: &Rig, ticket: &TicketId) {
    let note = rig
        .agent_dir()
        .join("work")
        .join(format!("{}.exit", ticket.0));
    while !note.exists() {
        tokio::task::yield_now().await;
    }
}

/// Runs a script that waits for `go`, without link and supervisor from then on, and tells how it ended.
async fn ended_alone(rig: &mut Rig, script: StartScript) -> Ran {
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "ready").await;
    rig.kill_link();
    rig.kill_supervisor();
    touch(&rig.dir.path().join("go"));
    wait_for_note(rig, &ticket).await;
    rig.start_link();
    let ran = rig.finish(&ticket).await;
    std::fs::remove_file(rig.dir.path().join("go")).unwrap();
    ran
}

fn wait_then(rig: &Rig, before: &str, end: &str) -> StartScript {
    let go = rig.dir.path().join("go").display().to_string();
    bash(&format!(
        "{before}; echo ready; until [[ -e {go} ]]; do sleep 0.02; done; {end}"
    ))
}

#[tokio::test]
async fn the_end_of_a_script_without_a_supervisor_is_known_whatever_the_script_does() {
    let mut rig = Rig::new().await;
    let own_trap = wait_then(&rig, "trap 'echo own trap' EXIT", "exit 7");
    assert_eq!(ended_alone(&mut rig, own_trap).await.end.exit_code, Some(7));
    let replaced = wait_then(&rig, ":", "exec bash -c 'exit 5'");
    assert_eq!(ended_alone(&mut rig, replaced).await.end.exit_code, Some(5));
    let killed = wait_then(&rig, ":", "kill -9 $$");
    let ran = ended_alone(&mut rig, killed).await;
    assert!(
        matches!(&ran.end.outcome, Outcome::Failed { message } if message.contains('9')),
        "{:?}",
        ran.end.outcome
    );
}

/// As [`ended_alone`], but its supervisor sees it end, and is killed before it can tell anybody.
async fn ended_untold(rig: &mut Rig, script: StartScript) -> Ran {
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "ready").await;
    rig.kill_link();
    let script = std::fs::read_to_string(rig.dir.path().join("pid")).unwrap();
    touch(&rig.dir.path().join("go"));
    // It is waited for when its end is in the journal.
    let process = Path::new("/proc").join(script.trim());
    while process.exists() {
        tokio::task::yield_now().await;
    }
    rig.kill_supervisor();
    rig.start_link();
    rig.finish(&ticket).await
}

fn tokens(ran: &Ran) -> Vec<(&str, &str, bool)> {
    let set = ran.end.output_variables.iter();
    set.map(|it| (it.name.as_str(), it.value.as_str(), it.sensitive))
        .collect()
}

/// Later steps need it, and no file holds it in clear.
#[tokio::test]
async fn a_sensitive_output_variable_survives_its_supervisor() {
    let mut rig = Rig::new().await;
    let set = "v=$(rev <<<nekot-3b1e); set_octopusvariable Old older-value -sensitive; set_octopusvariable Token \"$v\" -sensitive; set_octopusvariable Old 2";
    let script = wait_then(&rig, set, "echo \"it is $v\"; exit 0");
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "ready").await;
    rig.kill_supervisor();
    rig.wait_for_connection().await;
    assert_in_no_file(&rig, &["e1b3-token", "ZTFiMy10b2tlb"]);
    touch(&rig.dir.path().join("go"));
    let ran = rig.finish(&ticket).await;
    assert!(succeeded(&ran.end.outcome), "{:?}", ran.end.outcome);
    assert_eq!(
        tokens(&ran),
        [("Old", "2", false), ("Token", "e1b3-token", true)]
    );
    assert!(ran.text().contains("it is ********"), "{}", ran.text());
}

fn assert_in_no_file(rig: &Rig, secrets: &[&str]) {
    let mut folders = vec![rig.agent_dir()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let found = secrets.iter().find(|secret| text.contains(**secret));
                assert_eq!(found, None, "{}", entry.path().display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[tokio::test]
async fn what_an_ended_script_handed_over_survives_its_supervisor() {
    let mut rig = Rig::new().await;
    let pid = rig.dir.path().join("pid").display().to_string();
    let set = format!(
        "echo $$ >{pid}; echo content >report; new_octopusartifact report; set_octopusvariable Token t0k3n -sensitive"
    );
    let script = wait_then(&rig, &set, "exit 0");
    let ran = ended_untold(&mut rig, script).await;
    assert!(succeeded(&ran.end.outcome), "{:?}", ran.end.outcome);
    assert_eq!(tokens(&ran), [("Token", "t0k3n", true)]);
    assert_eq!(
        ran.artifacts,
        [("report".to_owned(), b"content\n".to_vec())]
    );
}

/// Never a success without it.
#[tokio::test]
async fn a_sensitive_output_variable_that_is_lost_is_told() {
    let mut rig = Rig::new().await;
    let script = wait_then(&rig, "set_octopusvariable Token t0k3n -sensitive", "exit 0");
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "ready").await;
    let kept = format!("spool/{}.masks", ticket.0);
    std::fs::remove_file(rig.agent_dir().join(kept)).unwrap();
    rig.kill_supervisor();
    rig.wait_for_connection().await;
    touch(&rig.dir.path().join("go"));
    let ran = rig.finish(&ticket).await;
    let Outcome::Unknown { message } = &ran.end.outcome else {
        panic!("{:?}", ran.end.outcome)
    };
    assert!(message.contains("sensitive output variables"), "{message}");
    assert_eq!(tokens(&ran), []);
}

/// What its output had shown counts at its end, although another supervisor sees that.
#[tokio::test]
async fn error_output_before_the_supervisor_was_killed_fails_the_script_as_asked() {
    let mut rig = Rig::new().await;
    let go = rig.dir.path().join("go").display().to_string();
    let body =
        format!("echo bad >&2; echo ready; until [[ -e {go} ]]; do sleep 0.02; done; exit 0");
    for fail_on_error_output in [true, false] {
        let script = StartScript {
            fail_on_error_output,
            ..bash(&body)
        };
        let ticket = rig.send(script);
        rig.wait_for_line(&ticket, "ready").await;
        rig.wait_for_line(&ticket, "bad").await;
        rig.kill_supervisor();
        rig.wait_for_connection().await;
        touch(Path::new(&go));
        let outcome = rig.finish(&ticket).await.end.outcome;
        match fail_on_error_output {
            true => assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}"),
            false => assert_eq!(outcome, Outcome::Succeeded { warnings: true }),
        }
        std::fs::remove_file(&go).unwrap();
    }
}

#[tokio::test]
async fn a_script_killed_together_with_its_supervisor_and_keeper_is_unknown() {
    let mut rig = Rig::new().await;
    let ticket = rig.send(bash("echo $$; exec sleep 1000"));
    while rig.lines.get(&ticket).is_none_or(Vec::is_empty) {
        rig.next().await;
    }
    let pid: i32 = rig.lines[&ticket][0].1.parse().unwrap();
    rig.kill_link();
    rig.kill_keeper();
    rig.kill_supervisor();
    kill(pid, "KILL");
    rig.start_link();
    let ran = rig.finish(&ticket).await;
    assert!(
        matches!(ran.end.outcome, Outcome::Unknown { .. }),
        "{:?}",
        ran.end.outcome
    );
}

/// The output of a script taken over is listened to once, however often a server comes back and asks for it.
#[tokio::test]
async fn a_script_taken_over_is_resumed_again_without_a_word() {
    let mut rig = Rig::without_agent().await;
    let log = rig.start_link_with_log();
    let script = wait_then(&rig, ":", "echo last; exit 3");
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "ready").await;
    rig.kill_supervisor();
    rig.wait_for_started_times(&ticket, 2).await;
    for times in 3..5 {
        rig.kill_link();
        rig.start_link_with_log();
        rig.wait_for_started_times(&ticket, times).await;
    }
    touch(&rig.dir.path().join("go"));
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.exit_code, Some(3));
    assert_eq!(ran.text(), "ready\nlast\n");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("taken over"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

/// Nobody may notice only when it is too late that nobody watches: a fresh pair comes as soon as nothing is open.
#[tokio::test]
async fn a_killed_keeper_is_replaced_when_no_script_is_open() {
    let mut rig = Rig::new().await;
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
    rig.kill_keeper();
    rig.wait_for_connection().await;
    let script = wait_then(&rig, ":", "exit 7");
    assert_eq!(ended_alone(&mut rig, script).await.end.exit_code, Some(7));
    // While a script is open, it is left alone.
    let script = wait_then(&rig, ":", "exit 8");
    let ticket = rig.send(script);
    rig.wait_for_line(&ticket, "ready").await;
    let before = rig.supervisor_pid();
    rig.kill_keeper();
    touch(&rig.dir.path().join("go"));
    assert_eq!(rig.finish(&ticket).await.end.exit_code, Some(8));
    rig.wait_for_connection().await;
    assert_ne!(rig.supervisor_pid(), before);
}

/// It may write without end: the agent must be able to let go of it.
#[tokio::test]
async fn the_output_of_a_script_that_was_given_up_is_thrown_away_and_its_end_reported() {
    let mut rig = Rig::new().await;
    let lines = 12_000;
    let body = format!("yes {} | head -n {lines}", "x".repeat(500));
    let ticket = rig.send(bash(&body));
    let mut seen_bytes = 0;
    while seen_bytes < 1024 * 1024 {
        if let Report::Output(batch) = rig.next_unconfirmed().await {
            seen_bytes += batch.text.len();
        }
    }
    rig.gateway.give_up([&ticket]);
    let end = loop {
        if let Report::Finished(end) = rig.next_unconfirmed().await {
            break end;
        }
    };
    assert_eq!((&end.ticket, end.exit_code), (&ticket, Some(0)));
    assert_eq!(end.lines, lines);
    // Given up only after its end was told: then it is released at once.
    rig.gateway.give_up([&ticket]);
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
    let left = std::fs::read_dir(rig.agent_dir().join("spool")).unwrap();
    let left: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
    assert!(
        !left.contains(&format!("{}.out", ticket.0).into()),
        "{left:?}"
    );
}

/// Its task is over before the agent came.
#[tokio::test]
async fn a_script_that_was_given_up_before_it_was_sent_never_starts() {
    let mut rig = Rig::without_agent().await;
    let ran = rig.dir.path().join("ran");
    let ticket = rig.send(bash(&format!("touch {}", ran.display())));
    rig.gateway.give_up([&ticket]);
    rig.start_link();
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
    assert!(!ran.exists());
}

#[tokio::test]
async fn what_a_script_wants_hidden_stays_hidden_when_its_supervisor_is_killed() {
    let mut rig = Rig::new().await;
    let dir = rig.dir.path().display().to_string();
    let body = format!(
        "v=$(rev <<<tercesnevigevil); echo \"##octopus[mask value='$(printf %s \"$v\" | base64 -w0)']\"; echo first \"$v\"
         until [[ -e {dir}/go ]]; do sleep 0.02; done; echo second \"$v\""
    );
    let ticket = rig.send(bash(&body));
    rig.wait_for_line(&ticket, "first ********").await;
    rig.kill_supervisor();
    rig.wait_for_connection().await;
    touch(&rig.dir.path().join("go"));
    let ran = rig.finish(&ticket).await;
    assert!(ran.text().contains("second ********"), "{}", ran.text());
    let left = std::fs::read_dir(rig.agent_dir().join("spool")).unwrap();
    let left: Vec<_> = left.flatten().map(|entry| entry.path()).collect();
    let masks = left
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "masks"));
    for path in masks {
        let bytes = std::fs::read(path).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("livegivensecret"));
    }
}

#[tokio::test]
async fn a_restarted_server_takes_its_tickets_up_again() {
    let mut rig = Rig::new().await;
    let (script, go) = counting(&rig);
    let (ticket, body) = (script.ticket.clone(), script.body.clone());
    rig.send(script);
    rig.wait_for_line(&ticket, "line 5").await;
    rig.restart_gateway().await;
    let again = StartScript {
        ticket: ticket.clone(),
        ..bash(&body)
    };
    let next_line = rig.lines[&ticket].len() as u64 + 1;
    rig.gateway
        .resume(&rig.agent, again, next_line, SentBy::ThisServer)
        .unwrap();
    rig.gateway.all_resumed();
    touch(&go);
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.exit_code, Some(3));
    assert_numbered(&ran.text());
    assert_eq!(starts(&rig), 1);
}

#[tokio::test]
async fn a_ticket_that_was_never_sent_is_started_after_a_restart_of_the_server() {
    let mut rig = Rig::new().await;
    rig.wait_for_connection().await;
    rig.restart_gateway().await;
    let script = bash("echo once");
    let ticket = script.ticket.clone();
    rig.gateway
        .resume(&rig.agent, script, 1, SentBy::ThisServer)
        .unwrap();
    rig.gateway.all_resumed();
    assert!(succeeded(&rig.finish(&ticket).await.end.outcome));
}

/// A server that takes a task over from another cannot know whether its scripts were started elsewhere.
#[tokio::test]
async fn a_ticket_that_another_server_may_have_sent_is_not_started() {
    let mut rig = Rig::new().await;
    rig.wait_for_connection().await;
    let script = bash(&format!("touch {}/ran", rig.dir.path().display()));
    let ticket = script.ticket.clone();
    rig.gateway
        .resume(&rig.agent, script, 1, SentBy::AnyServer)
        .unwrap();
    let ran = rig.finish(&ticket).await;
    assert!(
        matches!(ran.end.outcome, Outcome::Unknown { .. }),
        "{:?}",
        ran.end.outcome
    );
    assert!(succeeded(&rig.run(bash("echo next")).await.end.outcome));
    assert!(!rig.dir.path().join("ran").exists());
}

/// Its task is another server's: that one, or this one when it gets the task back, still hears how it ended.
#[tokio::test]
async fn the_end_of_a_ticket_that_was_let_go_is_not_forgotten() {
    let mut rig = Rig::new().await;
    let (script, go) = counting(&rig);
    let (ticket, body) = (script.ticket.clone(), script.body.clone());
    rig.send(script);
    rig.wait_for_line(&ticket, "line 5").await;
    rig.gateway.let_go(std::iter::once(&ticket));
    rig.wait_for_connection().await;
    touch(&go);
    // The next hello tells of the end.
    rig.wait_for_no_script().await;
    rig.kill_link();
    rig.start_link();
    rig.wait_for_connection().await;
    let again = StartScript {
        ticket: ticket.clone(),
        ..bash(&body)
    };
    let next_line = rig.lines[&ticket].len() as u64 + 1;
    rig.gateway
        .resume(&rig.agent, again, next_line, SentBy::AnyServer)
        .unwrap();
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.exit_code, Some(3));
    assert_numbered(&ran.text());
    assert_eq!(starts(&rig), 1);
}

#[tokio::test]
async fn an_agent_whose_memory_was_wiped_does_not_get_the_ticket_again() {
    let mut rig = Rig::new().await;
    rig.wait_for_connection().await;
    let ticket = rig.send(bash("exec sleep 1000"));
    rig.wait_for_started(&ticket).await;
    rig.kill_link();
    rig.kill_supervisor();
    std::fs::remove_file(rig.agent_dir().join("journal")).unwrap();
    rig.start_link();
    let ran = rig.finish(&ticket).await;
    assert!(
        matches!(ran.end.outcome, Outcome::Unknown { .. }),
        "{:?}",
        ran.end.outcome
    );
}

#[tokio::test]
async fn a_repeated_start_starts_nothing() {
    let mut rig = Rig::new().await;
    let body = format!("echo start >>{}/starts", rig.dir.path().display());
    let script = bash(&body);
    let ticket = script.ticket.clone();
    let ran = rig.run(script).await;
    assert!(succeeded(&ran.end.outcome));
    // Released at the agent; a server restored from a backup would send it again.
    let again = StartScript {
        ticket: ticket.clone(),
        ..bash(&body)
    };
    let ran = rig.run(again).await;
    assert!(
        matches!(ran.end.outcome, Outcome::Unknown { .. }),
        "{:?}",
        ran.end.outcome
    );
    assert_eq!(starts(&rig), 1);
}
