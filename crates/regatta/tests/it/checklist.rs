//! Defects Octopus really had with parallel steps, as far as only a whole installation shows them. The others, by their
//! number, are in the core's tests; `docs/checklist.md` says where each is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::installation::{Installation, step, text};

/// Every slug that appears in events of this type, with how often.
fn slugs(events: &[Value], kind: &str) -> Vec<String> {
    let of_kind = events.iter().filter(|event| event["Type"] == kind);
    let mut slugs: Vec<_> = of_kind.map(|event| text(&event["StepSlug"])).collect();
    slugs.sort();
    slugs
}

/// `a` waits for a file that only its parallel `b` makes: a step put between them by anybody would stop both.
#[tokio::test(flavor = "multi_thread")]
async fn octopus_06_nothing_implicit_splits_a_block_or_runs_too_early() {
    let installation = Installation::start().await;
    let gate = installation
        .folder
        .path()
        .join("gate")
        .display()
        .to_string();
    let wait = format!("until test -e {gate}; do sleep 0.02; done");
    let mut parallel = step("b", None, &format!("touch {gate}"));
    parallel["StartTrigger"] = json!("StartWithPrevious");
    let steps = vec![step("a", None, &wait), parallel, step("c", None, "echo c")];
    let project = installation.project("Implicit", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    let events = installation.events(&task).await;
    assert_eq!(slugs(&events, "TicketIssued"), ["a", "b", "c"]);
    let named = events.iter().filter_map(|event| event["StepSlug"].as_str());
    let named: BTreeSet<_> = named.collect();
    assert_eq!(named, BTreeSet::from(["a", "b", "c"]), "no other step");
    let details = installation
        .get(&format!("/api/tasks/{task}/details"))
        .await;
    let children = details["ActivityLogs"][0]["Children"].as_array().unwrap();
    assert_eq!(children.len(), 3, "{details}");
}

/// What a run writes must not grow with what it does not use.
#[tokio::test(flavor = "multi_thread")]
async fn octopus_22_bookkeeping_does_not_grow_with_the_number_of_variables() {
    let installation = Installation::start().await;
    let steps = || vec![step("a", None, "echo a"), step("b", None, "echo b")];
    let mut written = Vec::new();
    for (name, count) in [("Few", 1), ("Many", 3_000)] {
        let mut project = installation.project(name, steps()).await;
        let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
        let mut set = installation.get(&path).await;
        let variable = |ix: usize| json!({"Name": format!("Variable{ix}"), "Value": "x".repeat(50), "Type": "String"});
        set["Variables"] = (0..count).map(variable).collect();
        installation.put(&path, set).await;
        installation.release(&mut project).await;
        let task = installation.deploy(&project, json!({})).await;
        assert_eq!(installation.finished(&task).await["State"], "Success");
        let events = installation.events(&task).await;
        let sizes: Vec<_> = events
            .iter()
            .map(|event| (text(&event["Type"]), event.to_string().len() / 64))
            .collect();
        written.push(sizes);
    }
    assert_eq!(written[0], written[1]);
}
