//! Invariant I7: a secret is nowhere but in the sealed store and in the script that needs it.
//!
//! A secret in every place from which one can reach a run, scripts that print all of them in every form, and a look
//! at everything that exists while they run and afterwards.

mod place;
mod sweep;

use serde_json::json;

use crate::installation::{Installation, step, text};
use place::{Planted, canary, printing};
use sweep::{Listening, Sweep};

/// Secrets scripts print; each in five forms.
const PRINTED: [(&str, &str); 6] = [
    ("variable", "get_octopusvariable Secret"),
    ("library", "get_octopusvariable Shared"),
    ("tenant", "get_octopusvariable Licence"),
    ("default", "get_octopusvariable Fallback"),
    ("prompted", "get_octopusvariable Asked"),
    (
        "output",
        "get_octopusvariable 'Octopus.Action[set].Output.Out'",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_anywhere_while_and_after_scripts_print_them_all() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let stream = Listening::to(&installation, "/api/Spaces-1/stream").await;
    let reversed: String = canary("output").chars().rev().collect();
    let masked: String = canary("mask").chars().rev().collect();
    let mut steps = vec![
        step(
            "set",
            None,
            "set_octopusvariable Out \"$(get_octopusvariable Raw | rev)\" -sensitive",
        ),
        step(
            "mask",
            None,
            &format!(
                "v=\"$(rev <<'END'\n{masked}\nEND\n)\"; echo \"##octopus[mask value='$(printf %s \"$v\" | base64 -w0)']\"; echo it is \"$v\""
            ),
        ),
    ];
    let printing = PRINTED.map(|(name, value)| step(name, None, &printing(value)));
    steps.extend(printing);
    let folder_text = folder.display();
    let hold = format!(
        "touch {folder_text}/held; until [[ -e {folder_text}/go ]]; do sleep 0.02; done; get_octopusvariable Secret"
    );
    steps.push(step("hold", None, &hold));
    let planted = Planted::plant(&installation, steps, &reversed).await;
    let task = planted.deploy(&installation).await;
    let events = Listening::to(&installation, &format!("/api/Spaces-1/tasks/{task}/events")).await;
    installation
        .until("the last script holds", async || {
            let over = installation.get(&format!("/api/tasks/{task}")).await;
            let is_held = folder.join("held").exists();
            (is_held || over["IsCompleted"] == true).then_some(())
        })
        .await;

    let mut sweep = Sweep::default();
    sweep.also_secret(&reversed);
    sweep.processes(&installation);
    sweep.files(&folder, "while scripts run");
    std::fs::write(folder.join("go"), "").unwrap();
    let over = installation.finished(&task).await;
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(over["State"], "Success", "{over}\n{raw}");
    let hidden = raw.lines().filter(|line| line.contains("********"));
    assert!(hidden.count() >= 5 * PRINTED.len() + 2, "{raw}");

    sweep.add("the stream of changes", stream.until(&task).await);
    sweep.add("the stream of events", events.until("\"Finished\"").await);
    for (place, answer) in planted.answers {
        sweep.add(&place, answer);
    }
    let deployment = text(&over["Arguments"]["DeploymentId"]);
    sweep.answers(&installation, &task, &deployment).await;
    sweep.add("the server's output", installation.server_log());
    sweep.processes(&installation);
    sweep.files(&folder, "after the run");
    sweep.check();
}

/// Or it looks at processes that matter to nobody, or not at all of what they show.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_finds_what_a_script_puts_into_environments_and_arguments() {
    let installation = Installation::start().await;
    let script = format!(
        "LEAK='{}' sleep 1000 & bash -c 'sleep 1000; :' '{}' & wait",
        canary("variable"),
        canary("library")
    );
    let project = installation
        .project("Leaks", vec![step("leak", None, &script)])
        .await;
    installation.deploy(&project, json!({})).await;
    let in_environment = format!("{} is in environ of \"sleep", canary("variable"));
    let in_arguments = format!("{} is in arguments", canary("library"));
    installation
        .until("both are found", async || {
            let mut sweep = Sweep::default();
            sweep.running(&installation);
            let found = sweep.found();
            let is_found = |what: &str| found.iter().any(|place| place.starts_with(what));
            (is_found(&in_environment) && is_found(&in_arguments)).then_some(())
        })
        .await;
}

/// Or the sweep looks in the wrong places, or not at all: what is no secret is found, and a secret would be.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_finds_what_is_there_in_every_form() {
    let installation = Installation::start().await;
    let description = json!({"Name": canary("variable"), "Description": "of an environment"});
    installation.post("/api/environments", description).await;
    for (form, secret) in sweep::forms(&canary("library")).into_iter().enumerate() {
        std::fs::write(installation.data_dir().join(format!("leak{form}")), secret).unwrap();
    }
    let mut sweep = Sweep::default();
    sweep.files(installation.folder.path(), "here");
    let found = sweep.found();
    let is_found = |what: &str| found.iter().any(|place| place.contains(what));
    assert!(is_found("regatta.db"), "{found:?}");
    for form in 0..sweep::forms(&canary("library")).len() {
        assert!(is_found(&format!("leak{form}")), "{form}: {found:?}");
    }
}
