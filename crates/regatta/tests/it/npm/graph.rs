//! A graph that an Octopus client sets, and that outlives what such a client saves.

use serde_json::{Value, json};

use super::{run, traffic};
use crate::installation::{Installation, text};

/// What decides the order: trigger and dependencies of each step.
fn rules(process: &Value) -> Vec<(String, String, Value)> {
    let steps = process["Steps"].as_array().unwrap().iter();
    steps
        .map(|step| {
            let rule = step["Properties"]["Regatta.Step.DependsOn"].clone();
            (text(&step["Slug"]), text(&step["StartTrigger"]), rule)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_survives_what_the_client_reads_changes_and_saves() {
    let installation = Installation::start().await;
    let told = run(&installation, "graph", &json!({ "space": "graph" })).await;
    insta::assert_snapshot!("npm_graph_traffic", traffic(&installation).await);
    let own = format!("/api/{}", text(&told["of"]["SpaceId"]));
    let project = text(&told["of"]["Id"]);
    let process = installation
        .get(&format!("{own}/projects/{project}/deploymentprocesses"))
        .await;
    let with = "StartWithPrevious";
    let wanted = [
        ("ship", with, json!(r#"["build","test"]"#)),
        ("build", with, json!("[]")),
        ("lint", with, Value::Null),
        ("test", with, json!(r#"["build"]"#)),
        ("tell", "StartAfterPrevious", Value::Null),
    ];
    let wanted = wanted.map(|(slug, trigger, rule)| (slug.to_owned(), trigger.to_owned(), rule));
    assert_eq!(rules(&told["before"]), wanted);
    assert_eq!(rules(&process), wanted);
    assert_eq!(process["Steps"][1]["Actions"][0]["Notes"], "with a note");
    for key in ["Id", "Slug"] {
        let of = |process: &Value| -> Vec<Value> {
            let steps = process["Steps"].as_array().unwrap().iter();
            steps
                .map(|step| json!([step[key], step["Actions"][0][key]]))
                .collect()
        };
        assert_eq!(of(&process), of(&told["before"]), "{key} stays");
    }
    let renamed = installation.get(&format!("{own}/projects/{project}")).await;
    assert_eq!(renamed["Description"], "Renamed");

    let task = text(&told["deployment"]["ServerTaskId"]);
    assert_eq!(installation.finished(&task).await["State"], "Success");
    let verdict = installation
        .get(&format!("{own}/tasks/{task}/verdict"))
        .await;
    // ship ← build, test; test ← build; tell ← the four before it. `lint` starts with `build`.
    assert_eq!(
        (
            &verdict["DependenciesTotal"],
            &verdict["DependenciesRespected"]
        ),
        (&json!(7), &json!(7)),
        "{verdict}"
    );
}
