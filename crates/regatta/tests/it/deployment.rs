//! Deployments end to end: order, parallel lanes, failures, people, cancel, outputs, restarts.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::installation::{Installation, Project, step, text, tomorrow};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_script_past_its_time_limit_is_killed_and_failed() {
    let installation = Installation::start().await;
    let limit = json!({"Octopus.Action.ExecutionTimeout.Minutes": "0.01"});
    let (task, events) = run(
        &installation,
        "Limit",
        vec![with_properties(step("slow", None, "sleep 600"), limit)],
    )
    .await;
    assert_eq!(task["State"], "Failed");
    assert_eq!(events[finished(&events, "slow")]["Outcome"], "TimedOut");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_deployment_ends_its_scripts_and_starts_nothing_more() {
    let installation = Installation::start().await;
    let started = installation.folder.path().join("started");
    let script = format!("touch {}; sleep 600", started.display());
    let steps = vec![
        step("long", None, &script),
        with(
            step("cleanup", None, "echo no"),
            json!({"Condition": "Always"}),
        ),
    ];
    let project = installation.project("Cancel", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    installation
        .until("the script starts", async || started.exists().then_some(()))
        .await;
    // No body, as the Go client sends it, and `{}`, as the npm client does.
    installation
        .send(
            Method::POST,
            &format!("/api/spaces/Spaces-1/tasks/{task}/cancel"),
            None,
        )
        .await;
    installation
        .post(&format!("/api/tasks/{task}/cancel"), json!({}))
        .await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Canceled");
    let events = installation.events(&task).await;
    assert!(position(&events, "TicketIssued", "cleanup").is_none());
}

/// A script that cannot be stopped, because nothing on its machine moves any more, is named; given up, the driver
/// knows and the task is over for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_cannot_be_stopped_is_named_and_given_up() {
    let installation = Installation::start().await;
    let started = installation.folder.path().join("started");
    let release = installation.folder.path().join("end");
    let script = format!(
        "trap 'yes {} | head -n 12000; exit' TERM; echo $$ >{}; until test -e {}; do sleep 0.1; done",
        "x".repeat(500),
        started.display(),
        release.display()
    );
    let project = installation
        .project("Stuck", vec![step("stuck", None, &script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let path = |what: &str| format!("/api/Spaces-1/tasks/{task}/{what}");
    let is_abandoned = async |body: Value| {
        let path = path("abandon");
        let sent = installation.try_send(Method::POST, &path, Some(&body));
        sent.await.unwrap()
    };
    installation
        .until("the script starts", async || {
            let running = installation.get(&path("running")).await;
            (started.exists() && running["Items"][0]["StartedAt"].is_string()).then_some(())
        })
        .await;
    assert_eq!(is_abandoned(json!({})).await.0, StatusCode::CONFLICT);
    installation.freeze_link();
    installation.post(&path("cancel"), json!({})).await;
    let running = installation.get(&path("running")).await;
    assert_eq!(running["Items"][0]["StepSlug"], "stuck", "{running}");
    assert!(running["CanAbandonAt"].is_string());
    let early = is_abandoned(json!({})).await;
    assert_eq!(early.0, StatusCode::CONFLICT);
    assert!(early.1.contains("30 s"), "{}", early.1);
    let given_up = installation
        .until("the script may be given up", async || {
            let wrong = is_abandoned(json!({"Ticket": "no such"})).await;
            if wrong.0 == StatusCode::CONFLICT {
                return None;
            }
            assert_eq!(wrong.0, StatusCode::BAD_REQUEST, "{}", wrong.1);
            Some(installation.post(&path("abandon"), json!({})).await)
        })
        .await;
    assert_eq!(given_up["Abandoned"][0]["StepSlug"], "stuck", "{given_up}");
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Canceled");
    let events = installation.events(&task).await;
    let end = &events[finished(&events, "stuck")];
    assert_eq!(end["Outcome"], "Unknown");
    assert_eq!(end["Message"], "admin gave it up; it may still be running");
    assert_eq!(events.last().unwrap()["Result"], "Canceled");
    // The end was the driver's own: nothing is left that it waits for.
    assert_eq!(installation.get(&path("running")).await["Items"], json!([]));
    // Its machine moves again: what the script writes now is nobody's, and the agent can let go of it.
    installation.thaw_link();
    let pid = std::fs::read_to_string(&started).unwrap();
    let process = std::path::Path::new("/proc").join(pid.trim());
    let kept = format!("worker/spool/{}.out", text(&end["Ticket"]));
    let kept = installation.data_dir().join(kept);
    installation
        .until("the agent lets go of the script", async || {
            (!process.exists() && !kept.exists()).then_some(())
        })
        .await;
    std::fs::write(&release, "").unwrap();
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

fn manual(name: &str, after: Option<&[&str]>) -> Value {
    let mut manual = step(name, after, "");
    manual["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    manual["Actions"][0]["Properties"] =
        json!({"Octopus.Action.Manual.Instructions": "Look at #{Octopus.Environment.Name}"});
    manual
}

async fn open_questions(installation: &Installation, task: &str, count: usize) -> Vec<Value> {
    installation
        .until("questions are asked", async || {
            let page = installation
                .get(&format!(
                    "/api/Spaces-1/interruptions?regarding={task}&pendingOnly=true"
                ))
                .await;
            let items = page["Items"].as_array().unwrap().clone();
            (items.len() == count).then_some(items)
        })
        .await
}

async fn answer(installation: &Installation, question: &Value, form: Value) -> Value {
    let path = format!("/api/Spaces-1/interruptions/{}", text(&question["Id"]));
    installation
        .put(&format!("{path}/responsible"), json!({}))
        .await;
    installation.post(&format!("{path}/submit"), form).await
}

/// Regression case 8: questions asked at the same time are independent, and each is answered once.
#[tokio::test(flavor = "multi_thread")]
async fn two_questions_at_the_same_time_are_independent() {
    let installation = Installation::start().await;
    let steps = vec![
        manual("left", Some(&[])),
        manual("right", Some(&[])),
        step("after-left", Some(&["left"]), "echo ok"),
    ];
    let project = installation.project("People", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    let questions = open_questions(&installation, &task, 2).await;
    let left = questions
        .iter()
        .find(|question| text(&question["Title"]).contains("left"))
        .unwrap();
    let right = questions
        .iter()
        .find(|question| text(&question["Title"]).contains("right"))
        .unwrap();
    assert_eq!(left["Form"]["Values"]["Instructions"], "", "{left}");
    answer(
        &installation,
        left,
        json!({"Result": "Proceed", "Notes": "fine"}),
    )
    .await;
    installation
        .until("what waits for the left one runs", async || {
            let events = installation.events(&task).await;
            position(&events, "TicketIssued", "after-left")
        })
        .await;
    let still_open = open_questions(&installation, &task, 1).await;
    assert_eq!(still_open[0]["Id"], right["Id"]);
    let again = format!("/api/Spaces-1/interruptions/{}/submit", text(&left["Id"]));
    let (status, _) = installation
        .try_send(Method::POST, &again, Some(&json!({"Result": "Abort"})))
        .await
        .unwrap();
    assert_eq!(status, StatusCode::CONFLICT);
    answer(&installation, right, json!({"Result": "Abort"})).await;
    assert_eq!(installation.finished(&task).await["State"], "Failed");
}

async fn check_stated(installation: &Installation, path: &str) {
    let effects = installation.get(&format!("{path}/effects")).await;
    let stated: Vec<String> = effects["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|effect| {
            let policy = effect["FailurePolicy"].as_str().unwrap_or("-");
            format!(
                "{} {policy}: {}",
                text(&effect["Choice"]),
                text(&effect["Text"])
            )
        })
        .collect();
    assert_eq!(
        stated,
        [
            "Retry -: bad starts now. long keeps running. next, more still wait.",
            "Fail FinishBranches: next is skipped. long keeps running. more still waits.",
            "Fail StartNothingNew: next is skipped. long keeps running. more will not run.",
            "Fail CancelRunning: long is told to stop. next is skipped. more will not run.",
            "Ignore -: next starts now. long keeps running. more still waits.",
        ]
    );
}

/// The cards of a failure say what each choice does; the one that is taken does it, and whoever comes second is
/// told who was first.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_does_what_was_stated_and_the_second_person_is_told_of_the_first() {
    let installation = Installation::start().await;
    let long = "sleep 600";
    let steps = vec![
        step("bad", Some(&[]), "exit 1"),
        step("long", Some(&[]), long),
        step("next", Some(&["bad"]), "echo never"),
        step("more", Some(&["long"]), "echo never"),
    ];
    let project = installation.project("Choices", steps).await;
    let task = installation
        .deploy(&project, json!({"UseGuidedFailure": true}))
        .await;
    let question = open_questions(&installation, &task, 1).await.remove(0);
    let path = format!("/api/Spaces-1/interruptions/{}", text(&question["Id"]));
    installation
        .until("the other lane runs", async || {
            let events = installation.events(&task).await;
            let is_long =
                |event: &Value| event["Type"] == "TicketStarted" && event["StepSlug"] == "long";
            events.iter().any(is_long).then_some(())
        })
        .await;
    check_stated(&installation, &path).await;
    let form = json!({"Guidance": "Fail", "FailurePolicy": "CancelRunning", "Notes": "no use"});
    let wrong = json!({"Guidance": "Fail", "FailurePolicy": "Whatever"});
    let submit = format!("{path}/submit");
    installation
        .put(&format!("{path}/responsible"), json!({}))
        .await;
    let refused = installation
        .try_send(Method::POST, &submit, Some(&wrong))
        .await;
    assert_eq!(refused.unwrap().0, StatusCode::BAD_REQUEST);
    let (one, other) = tokio::join!(
        installation.try_send(Method::POST, &submit, Some(&form)),
        installation.try_send(Method::POST, &submit, Some(&form)),
    );
    let (won, lost): (Vec<_>, Vec<_>) = [one.unwrap(), other.unwrap()]
        .into_iter()
        .partition(|(status, _)| status.is_success());
    assert_eq!((won.len(), lost.len()), (1, 1), "{won:?} {lost:?}");
    assert_eq!(lost[0].0, StatusCode::CONFLICT);
    assert!(
        lost[0].1.contains("admin answered Fail 0 s ago"),
        "{}",
        lost[0].1
    );
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Failed");
    let events = installation.events(&task).await;
    assert_eq!(events[finished(&events, "long")]["Outcome"], "Canceled");
    assert!(position(&events, "TicketIssued", "more").is_none());
    let closed = installation.get(&format!("{path}/effects")).await;
    assert_eq!(closed["Items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guided_failure_is_retried_ignored_or_failed_as_a_person_says() {
    let installation = Installation::start().await;
    let project = installation
        .project(
            "Guided",
            vec![step("bad", None, "exit 1"), step("next", None, "echo next")],
        )
        .await;
    let task = installation
        .deploy(&project, json!({"UseGuidedFailure": true}))
        .await;
    for (guidance, is_last) in [("Retry", false), ("Ignore", true)] {
        let question = open_questions(&installation, &task, 1).await.remove(0);
        assert_eq!(question["Type"], "GuidedFailure");
        answer(&installation, &question, json!({"Guidance": guidance})).await;
        if !is_last {
            installation
                .until("it is tried again", async || {
                    let page = installation
                        .get(&format!("/api/Spaces-1/interruptions?regarding={task}"))
                        .await;
                    (page["TotalResults"] == 2).then_some(())
                })
                .await;
        }
    }
    let over = installation.finished(&task).await;
    assert_eq!(
        (&over["State"], &over["HasWarningsOrErrors"]),
        (&json!("Success"), &json!(true))
    );
    let failed = installation
        .deploy(&project, json!({"UseGuidedFailure": true}))
        .await;
    let question = open_questions(&installation, &failed, 1).await.remove(0);
    answer(&installation, &question, json!({"Guidance": "Fail"})).await;
    assert_eq!(installation.finished(&failed).await["State"], "Failed");
}

/// Regression case 1: skipping the first step of a parallel block leaves the others running; case 19: required steps cannot be skipped.
#[tokio::test(flavor = "multi_thread")]
async fn steps_can_be_skipped_unless_they_are_required() {
    let installation = Installation::start().await;
    let mut required = step("must", None, "echo must");
    required["Actions"][0]["IsRequired"] = json!(true);
    let steps = vec![
        step("one", Some(&[]), "echo 1"),
        step("two", Some(&[]), "echo 2"),
        step("three", Some(&["one"]), "echo 3"),
        required,
    ];
    let project = installation.project("Skip", steps).await;
    let task = installation
        .deploy(&project, json!({"SkipStepNames": ["one"]}))
        .await;
    assert_eq!(installation.finished(&task).await["State"], "Success");
    let events = installation.events(&task).await;
    assert!(position(&events, "TicketIssued", "one").is_none());
    for ran in ["two", "three", "must"] {
        assert!(position(&events, "TicketIssued", ran).is_some(), "{ran}");
    }
    for (skip, says) in [("must", "required"), ("nothing", "no step")] {
        let (status, text) =
            refused(&installation, &project, json!({"SkipStepNames": [skip]})).await;
        assert!(
            status == StatusCode::BAD_REQUEST && text.contains(says),
            "{text}"
        );
    }
}

async fn refused(
    installation: &Installation,
    project: &Project,
    more: Value,
) -> (StatusCode, String) {
    let mut body = json!({"SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": project.version, "EnvironmentNames": ["Test"]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    installation
        .try_send(
            Method::POST,
            "/api/Spaces-1/deployments/create/untenanted/v1",
            Some(&body),
        )
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_deployment_waits_and_one_that_expires_never_runs() {
    let installation = Installation::start().await;
    let project = installation
        .project("Later", vec![step("one", None, "echo 1")])
        .await;
    let later = installation
        .deploy(&project, json!({"RunAt": tomorrow()}))
        .await;
    let explained = installation
        .get(&format!("/api/Spaces-1/tasks/{later}/explain"))
        .await;
    assert_eq!(explained["Task"]["State"], "Queued", "{explained}");
    installation
        .post(&format!("/api/tasks/{later}/cancel"), json!({}))
        .await;
    assert_eq!(installation.finished(&later).await["State"], "Canceled");
    for (more, says) in [
        (json!({"RunAt": "2099-01-01T00:00:00+00:00"}), "30 days"),
        (json!({"NoRunAfter": "2020-01-01T00:00:00+00:00"}), "expire"),
        (json!({"RunAt": "soon"}), "no time"),
    ] {
        let (status, text) = refused(&installation, &project, more).await;
        assert!(
            status == StatusCode::BAD_REQUEST && text.contains(says),
            "{text}"
        );
    }
}

/// The headline promise (DESIGN D8): a killed server loses nothing and starts nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_where_it_was() {
    let mut installation = Installation::start().await;
    let folder = installation.folder.path().display().to_string();
    let script = format!(
        "echo first >> {folder}/runs; until test -e {folder}/gate; do sleep 0.02; done; echo after"
    );
    let project = installation
        .project(
            "Kill",
            vec![
                step("first", None, &script),
                step("second", None, &format!("echo second >> {folder}/runs")),
            ],
        )
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let runs = installation.folder.path().join("runs");
    installation
        .until("the script starts", async || runs.exists().then_some(()))
        .await;
    installation.kill_server().await;
    std::fs::write(installation.folder.path().join("gate"), "").unwrap();
    installation.start_server().await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    assert_eq!(std::fs::read_to_string(runs).unwrap(), "first\nsecond\n");
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(raw.matches("after").count(), 1, "{raw}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_had_as_json_lines_whole_or_what_fits() {
    let installation = Installation::start().await;
    let steps = vec![
        step("many", Some(&[]), "seq 2500"),
        step("other", Some(&[]), "echo other"),
    ];
    let project = installation.project("Lines", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    installation.finished(&task).await;
    let lines = async |query: &str| -> Vec<Value> {
        let path = format!("/api/tasks/{task}/raw?format=jsonl{query}");
        let text = installation.text(&path).await;
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    };
    // The last lines may come after the end of the task.
    let is_last = |line: &Value| line["MessageText"] == "2500";
    let whole = async || lines("").await.iter().any(is_last).then_some(());
    installation.until("the last line", whole).await;
    let all = lines("").await;
    let numbers: Vec<u64> = all
        .iter()
        .map(|line| line["Number"].as_u64().unwrap())
        .collect();
    let expected: Vec<u64> = (1..).take(all.len()).collect();
    assert_eq!(numbers, expected, "each line once, in order");
    let many = lines("&step=many").await;
    assert!(many.iter().all(|line| line["StepSlug"] == "many"));
    let said = many.iter().filter(|line| line["MessageText"] == "2500");
    assert_eq!(said.count(), 1);
    assert!(many.len() >= 2500 && all.len() > many.len());
    let wrong = installation
        .text(&format!("/api/tasks/{task}/raw?format=xml"))
        .await;
    assert!(wrong.contains("neither txt nor jsonl"), "{wrong}");
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
