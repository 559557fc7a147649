//! Deployments end to end: order, parallel lanes, failures, outputs; the rest in files of its own.

mod asked;
mod log;
mod question;
mod restart;
mod stopping;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::installation::{Installation, step, text};

/// Position of the first event of this type about this step.
fn position(events: &[Value], kind: &str, slug: &str) -> Option<usize> {
    events
        .iter()
        .position(|event| event["Type"] == kind && event["StepSlug"] == slug)
}

/// Position at which the ticket of a step finished.
fn finished(events: &[Value], slug: &str) -> usize {
    let issued =
        position(events, "TicketIssued", slug).unwrap_or_else(|| panic!("{slug} was not issued"));
    let ticket = &events[issued]["Ticket"];
    events
        .iter()
        .position(|event| event["Type"] == "TicketFinished" && event["Ticket"] == *ticket)
        .unwrap()
}

fn with(mut step: Value, changes: Value) -> Value {
    step.as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    step
}

fn with_properties(mut step: Value, properties: Value) -> Value {
    let own = step["Actions"][0]["Properties"].as_object_mut().unwrap();
    own.extend(properties.as_object().unwrap().clone());
    step
}

async fn run(installation: &Installation, name: &str, steps: Vec<Value>) -> (Value, Vec<Value>) {
    let project = installation.project(name, steps).await;
    let task = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&task).await;
    (over, installation.events(&task).await)
}

/// A and B start together; C waits for both, D for B only: D must start while A still runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_starts_when_its_own_dependencies_are_over_and_not_later() {
    let installation = Installation::start().await;
    let gate = installation.folder.path().join("gate");
    let wait = format!("until test -e {}; do sleep 0.02; done", gate.display());
    let open = format!("touch {}", gate.display());
    let steps = vec![
        step("a", Some(&[]), &wait),
        step("b", Some(&[]), "echo b"),
        step("c", Some(&["a", "b"]), "echo c"),
        step("d", Some(&["b"]), &open),
    ];
    let (task, events) = run(&installation, "N", steps).await;
    assert_eq!(task["State"], "Success", "{task}");
    assert!(position(&events, "TicketIssued", "d").unwrap() < finished(&events, "a"));
    assert!(finished(&events, "a") < position(&events, "TicketIssued", "c").unwrap());
    let verdict = installation
        .get(&format!(
            "/api/Spaces-1/tasks/{}/verdict",
            text(&task["Id"])
        ))
        .await;
    assert_eq!(
        (
            &verdict["DependenciesTotal"],
            &verdict["DependenciesRespected"]
        ),
        (&json!(3), &json!(3))
    );
}

/// Three scripts that each wait for the other two can only end if they run at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn three_lanes_run_at_the_same_time() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().display().to_string();
    let meet = |own: &str| {
        format!(
            "touch {folder}/{own}; until test -e {folder}/x -a -e {folder}/y -a -e {folder}/z; do sleep 0.02; done"
        )
    };
    let steps = ["x", "y", "z"]
        .map(|name| step(name, Some(&[]), &meet(name)))
        .into();
    let (task, _) = run(&installation, "Lanes", steps).await;
    assert_eq!(task["State"], "Success", "{task}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_stops_what_depends_on_it_and_nothing_else() {
    let installation = Installation::start().await;
    let steps = vec![
        step("bad", Some(&[]), "exit 3"),
        step("other", Some(&[]), "echo fine"),
        step("after-bad", Some(&["bad"]), "echo never"),
        step("after-other", Some(&["other"]), "echo fine"),
        with(
            step("on-failure", Some(&["bad"]), "echo sorry"),
            json!({"Condition": "Failure"}),
        ),
        with(
            step("always", Some(&["bad"]), "echo anyway"),
            json!({"Condition": "Always"}),
        ),
    ];
    let (task, events) = run(&installation, "Failure", steps).await;
    assert_eq!(task["State"], "Failed");
    for ran in ["other", "after-other", "on-failure", "always"] {
        assert!(position(&events, "TicketIssued", ran).is_some(), "{ran}");
    }
    let skipped = position(&events, "StepSkipped", "after-bad").unwrap();
    assert_eq!(events[skipped]["Reason"], "BlockedBy");
    assert!(
        task["ErrorMessage"].as_str().unwrap().contains("bad"),
        "{task}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_is_repeated_as_often_as_asked() {
    let installation = Installation::start().await;
    let tries = installation.folder.path().join("tries");
    let script = format!(
        "echo try >> {0}; test $(wc -l < {0}) -ge 3",
        tries.display()
    );
    let retry = json!({"Octopus.Action.AutoRetry.MaximumCount": "3", "Octopus.Action.AutoRetry.MinimumBackoff": "0"});
    let (task, events) = run(
        &installation,
        "Retry",
        vec![with_properties(step("flaky", None, &script), retry)],
    )
    .await;
    assert_eq!(task["State"], "Success", "{task}");
    let attempts: Vec<_> = events
        .iter()
        .filter(|event| event["Type"] == "TicketIssued")
        .map(|event| &event["Attempt"])
        .collect();
    assert_eq!(attempts, [1, 2, 3]);
    let details = installation
        .get(&format!(
            "/api/tasks/{}/details?verbose=true",
            text(&task["Id"])
        ))
        .await;
    let place = &details["ActivityLogs"][0]["Children"][0]["Children"][0];
    assert_eq!(place["Children"].as_array().unwrap().len(), 3, "{place}");
}

/// Regression case 11 and DESIGN D5: what a step reads was set by a step it waits for.
#[tokio::test(flavor = "multi_thread")]
async fn an_output_is_seen_by_steps_that_wait_for_its_setter_only() {
    let installation = Installation::start().await;
    let read = "echo \"got [$(get_octopusvariable 'Octopus.Action[set].Output.Color')]\"";
    let steps = vec![
        step("set", Some(&[]), "set_octopusvariable Color green"),
        step("after", Some(&["set"]), read),
        step("beside", Some(&[]), read),
    ];
    let (task, _) = run(&installation, "Output", steps).await;
    let id = text(&task["Id"]);
    let lines = async |step: &str| {
        let log = installation
            .get(&format!("/api/Spaces-1/tasks/{id}/log?step={step}"))
            .await;
        log["Lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| text(&line["MessageText"]))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(lines("after").await.contains("got [green]"));
    assert!(lines("beside").await.contains("got []"));
}

/// A target that only an agent of its own reaches: the deployment says so at once, and does not try for minutes.
#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_has_to_run_on_a_target_fails_at_once_and_says_what_to_do() {
    let installation = Installation::start().await;
    let environment = installation
        .post("/api/environments", json!({"Name": "Test"}))
        .await;
    let target = json!({
        "Name": "far away", "EnvironmentIds": [environment["Id"]], "Roles": ["web"],
        "Endpoint": {"CommunicationStyle": "TentaclePassive", "Uri": "https://tentacle.example:10933/", "Thumbprint": "AABBCC"},
    });
    installation.post("/api/Spaces-1/machines", target).await;
    let mut on_target = with_properties(
        step("on-target", None, "echo ok"),
        json!({"Octopus.Action.RunOnServer": "false"}),
    );
    on_target["Properties"]["Octopus.Action.TargetRoles"] = json!("web");
    let (task, events) = run(&installation, "Far", vec![on_target]).await;
    assert_eq!(task["State"], "Failed", "{task}");
    let issued = events
        .iter()
        .filter(|event| event["Type"] == "TicketIssued");
    assert_eq!(issued.count(), 1);
    let end = &events[finished(&events, "on-target")];
    assert_eq!(end["Outcome"], "Failed", "{end}");
    let message = text(&end["Message"]);
    assert!(
        message.contains("far away") && message.contains("RunOnServer"),
        "{message}"
    );
    let log = installation
        .get(&format!("/api/Spaces-1/tasks/{}/log", text(&task["Id"])))
        .await;
    assert!(log.to_string().contains("cannot reach targets"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_again_with_its_key_deploys_once() {
    let installation = Installation::start().await;
    let project = installation
        .project("Once", vec![step("one", None, "echo 1")])
        .await;
    let body = json!({"SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": project.version, "EnvironmentNames": ["Test"]});
    let send = async |key: &str, body: &Value| {
        let url = format!(
            "{}/api/Spaces-1/deployments/create/untenanted/v1",
            installation.base
        );
        let request = reqwest::Client::new()
            .post(url)
            .header("X-Octopus-ApiKey", crate::installation::ADMIN_KEY);
        let answer = request
            .header("Idempotency-Key", key)
            .json(body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (first, second) = (send("k", &body).await, send("k", &body).await);
    assert_eq!(first, second);
    let mut other = body.clone();
    other["Comments"] = json!("different");
    assert_eq!(send("k", &other).await.0, StatusCode::CONFLICT);
    assert_ne!(send("l", &body).await.1, first.1);
}

/// All that run end in one turn, again and again: what they held must be free for what comes next.
#[tokio::test(flavor = "multi_thread")]
async fn many_quick_steps_never_wait_for_slots_that_are_free() {
    let installation = Installation::start().await;
    let names: Vec<String> = (0..120).map(|index| format!("q{index}")).collect();
    let steps = names
        .iter()
        .map(|name| step(name, Some(&[]), "true"))
        .collect();
    let project = installation.project("Quick", steps).await;
    let (first, second) = (
        installation.deploy(&project, json!({})).await,
        installation.deploy(&project, json!({})).await,
    );
    for task in [first, second] {
        assert_eq!(installation.finished(&task).await["State"], "Success");
    }
}
