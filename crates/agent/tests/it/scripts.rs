//! What a script sees and how its end is reported.

use regatta_core::engine::event::Outcome;
use regatta_core::log::LogLevel;

use crate::rig::{Rig, bash, succeeded};

#[tokio::test]
async fn a_script_runs_and_its_output_and_end_are_reported() {
    let mut rig = Rig::new().await;
    let ran = rig
        .run(bash(
            "echo hello; echo oops >&2; echo \"$0 $LINENO $PWD\"; [[ ${BASH_SOURCE[0]} == $0 ]]",
        ))
        .await;
    assert!(matches!(
        ran.end.outcome,
        Outcome::Succeeded { warnings: true }
    ));
    assert_eq!(ran.end.exit_code, Some(0));
    assert!(ran.lines.contains(&(LogLevel::Info, "hello".to_owned())));
    assert!(ran.lines.contains(&(LogLevel::Error, "oops".to_owned())));
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
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
}
