//! What the deployment page lives from: one snapshot of the run, then nothing but its events.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::installation::{Installation, step, text};

/// A page without any knowledge of rules: it replaces what events bring, by name.
struct Page {
    as_of: u64,
    steps: BTreeMap<String, Map<String, Value>>,
}

/// Keys of a step that follow from the events of its run alone.
const STATE: [&str; 9] = [
    "Number",
    "StepSlug",
    "State",
    "StartedAt",
    "EndedAt",
    "SkipReason",
    "Message",
    "ConditionError",
    "HasWarnings",
];

impl Page {
    fn of(snapshot: &Value) -> Self {
        let mut page = Self {
            as_of: snapshot["AsOf"].as_u64().unwrap(),
            steps: BTreeMap::new(),
        };
        page.merge(&snapshot["Steps"]);
        page
    }

    fn merge(&mut self, steps: &Value) {
        for step in steps.as_array().unwrap() {
            let shown = self.steps.entry(text(&step["StepSlug"])).or_default();
            for key in STATE {
                match step.get(key) {
                    Some(value) => shown.insert(key.to_owned(), value.clone()),
                    None => shown.remove(key),
                };
            }
            for run in step["ActionRuns"].as_array().unwrap() {
                let mut run = run.clone();
                run.as_object_mut().unwrap().remove("Waiting");
                let key = format!("{} {}", run["ActionSlug"], run["MachineId"]);
                shown.insert(key, run);
            }
        }
    }

    fn event(&mut self, event: &Value) {
        let seq = event["Seq"].as_u64().unwrap();
        if seq > self.as_of {
            assert_eq!(seq, self.as_of + 1, "an event is missing");
            self.as_of = seq;
            self.merge(&event["Steps"]);
        }
    }
}

async fn snapshot(installation: &Installation, task: &str) -> Value {
    installation
        .get(&format!("/api/Spaces-1/tasks/{task}/run"))
        .await
}

/// Null before the task has started.
fn find<'v>(snapshot: &'v Value, slug: &str) -> &'v Value {
    let steps = snapshot["Steps"].as_array().unwrap();
    let found = steps.iter().find(|step| step["StepSlug"] == slug);
    found.unwrap_or(&Value::Null)
}

/// Retries, a failure, a question, an approval and what is blocked: at every event the page that knows only the
/// first snapshot and events says what a fresh snapshot says.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_and_the_events_after_it_say_all_there_is() {
    let installation = Installation::start().await;
    let gate = installation.folder.path().join("gate");
    let mut flaky = step("flaky", Some(&[]), "exit 4");
    flaky["Actions"][0]["Properties"]["Octopus.Action.AutoRetry.MaximumCount"] = json!("2");
    flaky["Actions"][0]["Properties"]["Octopus.Action.AutoRetry.MinimumBackoff"] = json!("0");
    let mut approve = step("approve", Some(&[]), "");
    approve["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    approve["Actions"][0]["Properties"] = json!({"Octopus.Action.Manual.Instructions": "Look"});
    let wait = format!("until test -e {}; do sleep 0.02; done", gate.display());
    let steps = vec![
        step("gate", Some(&[]), &wait),
        approve,
        flaky,
        step("blocked", Some(&["flaky"]), "echo never"),
        step("after-all", None, "echo never"),
    ];
    let project = installation.project("Watched", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    let first = installation
        .until("the gate runs and the approval waits", async || {
            let now = snapshot(&installation, &task).await;
            let asked = now["Questions"]
                .as_array()
                .is_some_and(|asked| !asked.is_empty());
            let over = find(&now, "flaky")["State"] == "Failed";
            (asked && over && find(&now, "gate")["State"] == "Running").then_some(now)
        })
        .await;
    check_while_running(&first);
    let mut page = Page::of(&first);
    let question = text(&first["Questions"][0]["InterruptionId"]);
    let path = format!("/api/Spaces-1/interruptions/{question}");
    installation
        .put(&format!("{path}/responsible"), json!({}))
        .await;
    installation
        .post(&format!("{path}/submit"), json!({"Result": "Proceed"}))
        .await;
    std::fs::write(&gate, "").unwrap();
    installation.finished(&task).await;

    let events = installation.events(&task).await;
    let last = snapshot(&installation, &task).await;
    for event in &events {
        page.event(event);
        // Repeats do no harm.
        page.event(event);
    }
    assert_eq!(page.as_of, last["AsOf"].as_u64().unwrap());
    assert_eq!(json!(page.steps), json!(Page::of(&last).steps));
    let mut from_the_start = Page {
        as_of: 0,
        steps: BTreeMap::new(),
    };
    events.iter().for_each(|event| from_the_start.event(event));
    assert_eq!(json!(from_the_start.steps), json!(page.steps));
    check_when_over(&last);
    check_asked_again(&installation, (&task, &events), &last).await;
    check_timeline(&installation, &task).await;
    check_what_if(&installation, &task).await;
}

/// Whatever the reader knows when it asks again, with what it is told it knows all.
async fn check_asked_again(
    installation: &Installation,
    (task, events): (&str, &[Value]),
    last: &Value,
) {
    let mut page = Page {
        as_of: 0,
        steps: BTreeMap::new(),
    };
    let count = |snapshot: &Value| -> usize {
        let steps = snapshot["Steps"].as_array().unwrap().iter();
        steps
            .map(|step| step["ActionRuns"].as_array().unwrap().len())
            .sum()
    };
    for event in events {
        page.event(event);
        let path = format!("/api/Spaces-1/tasks/{task}/run?after={}", page.as_of);
        let again = installation.get(&path).await;
        let mut asked = Page {
            as_of: page.as_of,
            steps: page.steps.clone(),
        };
        asked.merge(&again["Steps"]);
        let whole = Page::of(last).steps;
        assert_eq!(json!(asked.steps), json!(whole), "after {}", page.as_of);
    }
    let nothing = format!("/api/Spaces-1/tasks/{task}/run?after={}", page.as_of);
    assert_eq!(count(&installation.get(&nothing).await), 0);
}

/// Every row tells what the events tell; nothing is expected any more.
async fn check_timeline(installation: &Installation, task: &str) {
    let timeline = installation
        .get(&format!("/api/Spaces-1/tasks/{task}/timeline"))
        .await;
    let kinds = |slug: &str| -> Vec<String> {
        let segments = find(&timeline, slug)["Segments"].as_array().unwrap();
        segments
            .iter()
            .inspect(|segment| assert!(segment["FromMs"].as_i64() <= segment["ToMs"].as_i64()))
            .inspect(|segment| assert!(segment.get("IsExpected").is_none()))
            .map(|segment| text(&segment["Kind"]))
            .filter(|kind| kind != "Worker" && kind != "Limit")
            .collect()
    };
    assert_eq!(kinds("gate"), ["Running"]);
    assert_eq!(kinds("approve"), ["Person"]);
    let flaky = kinds("flaky");
    assert_eq!(
        flaky.iter().filter(|kind| *kind == "Running").count(),
        3,
        "{flaky:?}"
    );
    assert!(kinds("after-all").is_empty());
    assert_eq!(timeline["CriticalPath"], json!(["gate"]));
}

async fn check_what_if(installation: &Installation, task: &str) {
    let path = format!("/api/Spaces-1/tasks/{task}/whatif");
    let verdict = installation
        .get(&format!("/api/Spaces-1/tasks/{task}/verdict"))
        .await;
    let takes = async |changes: Value| {
        let played = installation.post(&path, changes).await;
        assert_eq!(played["After"]["Stuck"], json!([]), "{played}");
        played["After"]["TakesMs"].clone()
    };
    assert_eq!(takes(json!({"AtOnceMax": 1})).await, verdict["OneByOneMs"]);
    assert_eq!(
        takes(json!({"NoLimits": true, "NoLocks": true})).await,
        verdict["BestPossibleMs"]
    );
    let edge = json!({"StepSlug": "flaky", "WaitsForSlug": "gate"});
    let chained = json!({
        "NoLimits": true,
        "AddDependencies": [edge],
        "Durations": [{"StepSlug": "gate", "Ms": 60_000}, {"StepSlug": "flaky", "Ms": 5_000}],
    });
    assert_eq!(takes(chained).await, 65_000);
    let wrong = [
        json!({"AddDependencies": [{"StepSlug": "no-such", "WaitsForSlug": "gate"}]}),
        json!({"AddDependencies": [edge, {"StepSlug": "gate", "WaitsForSlug": "flaky"}]}),
        json!({"Durations": [{"StepSlug": "gate", "Ms": -1}]}),
        json!({"AtOnceMax": 0}),
        json!({"AtOnceMax": "many"}),
    ];
    for body in wrong {
        let answer = installation
            .try_send(Method::POST, &path, Some(&body))
            .await;
        let (status, text) = answer.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {text}");
    }
}

fn check_while_running(now: &Value) {
    assert_eq!(now["Counts"]["Total"], 5, "{now}");
    assert_eq!(now["Counts"]["WaitingForPerson"], 1);
    let gate = find(now, "gate");
    assert_eq!(gate["Number"], 1);
    assert!(gate.get("Waiting").is_none());
    assert_eq!(gate["Expected"]["IsGuessed"], true);
    let approve = &find(now, "approve")["ActionRuns"][0];
    assert_eq!(approve["Waiting"]["Kind"], "Person", "{approve}");
    let after_all = find(now, "after-all");
    assert_eq!(after_all["Waiting"]["Kind"], "Dependency");
    assert_eq!(
        after_all["Waiting"]["Message"],
        "waiting for gate (running), approve (waiting for a person)"
    );
    let edges: Vec<_> = after_all["WaitsFor"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            (
                text(&edge["StepSlug"]),
                text(&edge["Kind"]),
                edge["IsRedundant"] == true,
            )
        })
        .collect();
    let implicit = "Implicit".to_owned();
    let named = |slug: &str, redundant| (slug.to_owned(), implicit.clone(), redundant);
    assert_eq!(
        edges,
        [
            named("gate", false),
            named("approve", false),
            named("flaky", true),
            named("blocked", false)
        ]
    );
    assert_eq!(find(now, "blocked")["WaitsFor"][0]["Kind"], "Explicit");
    assert_eq!(find(now, "blocked")["SkipReason"], "BlockedBy");
    let lanes: Vec<_> = now["Steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["Lane"])
        .collect();
    assert_eq!(lanes, [0, 1, 2, 2, 0]);
    let question = &now["Questions"][0];
    assert_eq!(question["StepsHeld"], json!(["after-all"]));
    assert_eq!(question["StepsGoingOn"], json!(["gate"]));
    assert!(now["Forecast"]["RemainingMs"]["From"].is_i64(), "{now}");
}

fn check_when_over(last: &Value) {
    assert_eq!(last["Task"]["State"], "Failed");
    assert!(last.get("Forecast").is_none());
    let attempts = find(last, "flaky")["ActionRuns"][0]["Attempts"]
        .as_array()
        .unwrap();
    assert_eq!(attempts.len(), 3);
    assert_eq!(attempts[2]["Outcome"], "Failed");
    assert_eq!(attempts[2]["Message"], "The script exited with code 4");
    assert_eq!(find(last, "after-all")["State"], "Skipped");
}

/// Before its turn a task has no plan yet, and says why it waits and behind whom.
#[tokio::test(flavor = "multi_thread")]
async fn a_queued_task_says_its_place_and_who_is_ahead() {
    let installation = Installation::start().await;
    let gate = installation.folder.path().join("gate");
    let wait = format!("until test -e {}; do sleep 0.02; done", gate.display());
    let project = installation
        .project("Queued", vec![step("gate", None, &wait)])
        .await;
    let ahead = installation.deploy(&project, json!({})).await;
    let behind = installation.deploy(&project, json!({})).await;
    let queue = installation
        .until("the second waits for the first", async || {
            let now = snapshot(&installation, &behind).await;
            (now["Queue"]["Reason"] == "TagHeld").then_some(now)
        })
        .await;
    assert_eq!(queue["Queue"]["HolderTaskIds"], json!([ahead]));
    assert_eq!(queue["Queue"]["Position"], 1);
    assert_eq!((&queue["AsOf"], &queue["Steps"]), (&json!(0), &json!([])));
    std::fs::write(&gate, "").unwrap();
    installation.finished(&behind).await;
}
