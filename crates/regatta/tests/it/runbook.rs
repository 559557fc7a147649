//! Runbooks on the real engine: what runs, what its scripts see, and that a killed server goes on with it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::installation::{Installation, Project, step, text};

const SPACE: &str = "/api/Spaces-1";

/// A published runbook of a new project with these steps; variables tell deployments and runbooks apart.
async fn runbook(installation: &Installation, steps: Vec<Value>) -> (Project, Value) {
    let project = installation
        .project("Shop", vec![step("deploy", None, "true")])
        .await;
    let body = json!({ "Name": "Back up", "ProjectId": project.id });
    let made = installation.post(&format!("{SPACE}/runbooks"), body).await;
    let variables = format!("{SPACE}/variables/variableset-{}", project.id);
    let mut set = installation.get(&variables).await;
    set["Variables"] = json!([
        { "Name": "Of", "Value": "deployments", "Scope": { "ProcessOwner": [project.id] } },
        { "Name": "Of", "Value": "runbooks", "Scope": { "ProcessOwner": [made["Id"]] } },
        { "Name": "How", "Value": "slowly", "Prompt": { "Label": "How", "Required": true } },
    ]);
    installation.put(&variables, set).await;
    let process = format!(
        "{SPACE}/runbookProcesses/{}",
        text(&made["RunbookProcessId"])
    );
    let mut changed = installation.get(&process).await;
    changed["Steps"] = steps.into();
    installation.put(&process, changed).await;
    let snapshot = json!({ "RunbookId": made["Id"], "Name": "First" });
    installation
        .post(&format!("{SPACE}/runbookSnapshots?publish=true"), snapshot)
        .await;
    (project, made)
}

async fn run(installation: &Installation, project: &Project, more: Value) -> String {
    let mut body = json!({
        "spaceId": "Spaces-1", "projectName": project.id, "runbookName": "Back up", "environmentNames": ["Test"],
        "variables": { "How": "fast" },
    });
    let own = body.as_object_mut().unwrap();
    own.extend(more.as_object().unwrap().clone());
    let made = installation
        .post(&format!("{SPACE}/runbook-runs/create/v1"), body)
        .await;
    text(&made["RunbookRunServerTasks"][0]["ServerTaskId"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_by_its_graph_and_sees_what_is_the_runbooks() {
    let installation = Installation::start().await;
    let say = "for name in Octopus.Runbook.Name Octopus.RunbookSnapshot.Name Octopus.RunbookRun.Id Octopus.RunbookRun.CreatedBy.Username \
        Octopus.Project.Name Of How; do echo \"$name=$(get_octopusvariable $name)\"; done\n\
        echo \"none=$(get_octopusvariable Octopus.Release.Number)$(get_octopusvariable Octopus.Deployment.Id)\"";
    let steps = vec![
        step("a", Some(&[]), "echo a"),
        step("b", Some(&[]), "echo b"),
        step("say", Some(&["a", "b"]), say),
        step("skipped", Some(&[]), "exit 1"),
    ];
    let (project, _) = runbook(&installation, steps).await;
    let task = run(
        &installation,
        &project,
        json!({ "skipStepNames": ["skipped"] }),
    )
    .await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    assert_eq!(over["Name"], "RunbookRun");
    assert_eq!(
        over["Description"],
        "Run runbook Back up snapshot First of Shop in Test"
    );
    let log = installation
        .text(&format!("{SPACE}/tasks/{task}/raw"))
        .await;
    let run_id = text(&over["Arguments"]["RunbookRunId"]);
    for line in [
        "Octopus.Runbook.Name=Back up".to_owned(),
        "Octopus.RunbookSnapshot.Name=First".to_owned(),
        format!("Octopus.RunbookRun.Id={run_id}"),
        "Octopus.RunbookRun.CreatedBy.Username=admin".to_owned(),
        "Octopus.Project.Name=Shop".to_owned(),
        "Of=runbooks".to_owned(),
        "How=fast".to_owned(),
        "none=".to_owned(),
    ] {
        assert!(
            log.lines().any(|own| own.trim_end().ends_with(&line)),
            "{line} in {log}"
        );
    }
    let verdict = installation
        .get(&format!("{SPACE}/tasks/{task}/verdict"))
        .await;
    assert_eq!(
        (
            &verdict["DependenciesTotal"],
            &verdict["DependenciesRespected"]
        ),
        (&json!(2), &json!(2)),
        "{verdict}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_listed_audited_previewed_and_run_again_as_one() {
    let installation = Installation::start().await;
    let steps = vec![step("a", None, "echo a"), step("b", None, "echo b")];
    let (project, made) = runbook(&installation, steps).await;
    let task = run(&installation, &project, json!({})).await;
    let over = installation.finished(&task).await;
    let run_id = text(&over["Arguments"]["RunbookRunId"]);
    let listed = installation
        .get(&format!(
            "{SPACE}/runbookRuns?runbooks={}&taskState=Success",
            text(&made["Id"])
        ))
        .await;
    assert_eq!(listed["TotalResults"], 1);
    assert_eq!(listed["Items"][0]["Id"], json!(run_id));
    let deployments = installation.get(&format!("{SPACE}/deployments")).await;
    assert_eq!(deployments["TotalResults"], 0, "a run is no deployment");
    for category in [
        "RunbookRunQueued",
        "RunbookRunStarted",
        "RunbookRunSucceeded",
    ] {
        let events = installation
            .get(&format!(
                "{SPACE}/events?eventCategories={category}&regarding={run_id}"
            ))
            .await;
        assert_eq!(events["TotalResults"], 1, "{category}: {events}");
    }
    let preview = installation
        .get(&format!(
            "{SPACE}/runbooks/{}/runbookRuns/preview/Environments-1",
            text(&made["Id"])
        ))
        .await;
    let names: Vec<_> = preview["StepsToExecute"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["ActionName"])
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(preview["Form"]["Elements"][0]["Control"]["Name"], "How");

    let again = installation
        .send(Method::POST, &format!("{SPACE}/tasks/rerun/{task}"), None)
        .await;
    let over = installation.finished(&text(&again["Id"])).await;
    assert_eq!(
        (&over["State"], &over["Name"]),
        (&json!("Success"), &json!("RunbookRun"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_outlives_a_killed_server_and_runs_beside_a_deployment() {
    let mut installation = Installation::start().await;
    let go = installation.folder.path().join("go");
    let ran = installation.folder.path().join("ran");
    let wait = format!(
        "echo one >> {ran}; until [ -e {go} ]; do sleep 0.05; done",
        ran = ran.display(),
        go = go.display()
    );
    let steps = vec![step("wait", None, &wait), step("after", None, "echo after")];
    let (project, _) = runbook(&installation, steps).await;
    let task = run(&installation, &project, json!({})).await;
    installation
        .until("the script runs", async || ran.exists().then_some(()))
        .await;
    // Of one project in one environment, and yet not one after the other.
    let deployment = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&deployment).await;
    assert_eq!(over["State"], "Success", "{over}");
    installation.kill_server().await;
    installation.start_server().await;
    std::fs::write(&go, "").unwrap();
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    assert_eq!(
        std::fs::read_to_string(&ran).unwrap(),
        "one\n",
        "it started once"
    );
}
