//! A process analysed without saving it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::{project, step};
use crate::test_server::TestServer;

/// The seven steps of the sample project, in three lanes.
fn sample() -> Value {
    let mut read = step(
        "Deploy web",
        Some("[\"migrate-database\",\"upload-assets\"]"),
    );
    read["Actions"][0]["Properties"]["Octopus.Action.Script.ScriptBody"] =
        json!("echo #{Octopus.Action[Migrate database].Output.SchemaVersion}");
    json!([
        step("Back up database", None),
        step("Migrate database", Some("[\"back-up-database\"]")),
        step("Upload assets", Some("[\"back-up-database\"]")),
        step("Warm cache", Some("[\"back-up-database\"]")),
        step("Deploy API", Some("[\"migrate-database\"]")),
        read,
        step("Smoke test", None)
    ])
}

#[tokio::test]
async fn a_draft_is_analysed_whole() {
    let server = TestServer::start().await;
    let own = project(&server, "Shop").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let plan = format!("{own}/plan");
    let body = json!({ "Steps": sample() });
    let mut answer = server.expect(Method::POST, &plan, Some(body), 200).await;
    for step in answer["Steps"].as_array_mut().unwrap() {
        step["StepId"] = json!("an id");
    }
    insta::assert_json_snapshot!(answer);
    assert_eq!(
        server.get(&own).await["Steps"],
        json!([]),
        "nothing was saved"
    );
}

#[tokio::test]
async fn a_loop_is_told_and_the_rest_is_worked_out() {
    let server = TestServer::start().await;
    let own = project(&server, "Shop").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let steps = json!([
        step("A", Some("[]")),
        step("B", Some("[\"a\", \"c\"]")),
        step("C", Some("[\"b\"]")),
        step("D", Some("[\"a\"]")),
        step("E", Some("[\"c\"]"))
    ]);
    let body = json!({ "Steps": steps });
    let answer = server
        .expect(Method::POST, &format!("{own}/plan"), Some(body), 200)
        .await;
    assert_eq!(answer["CanBeSaved"], false);
    assert_eq!(answer["Loops"], json!([["b", "c"]]));
    let starts: Vec<_> = answer["Steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["StartsAfterMs"].as_i64())
        .collect();
    assert_eq!(starts, [Some(0), None, None, Some(1000), None]);
    let problem = &answer["Problems"][0];
    assert_eq!(
        (&problem["Kind"], &problem["Fixes"][0]["Edits"]),
        (
            &json!("Loop"),
            &json!([{ "Step": "b", "Number": 2, "Set": { "Properties[Regatta.Step.DependsOn]": "[\"a\"]", "StartTrigger": "StartWithPrevious" } }])
        )
    );
}

#[tokio::test]
async fn what_if_changes_the_times_and_nothing_else() {
    let server = TestServer::start().await;
    let own = project(&server, "Shop").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let steps = json!([
        step("A", Some("[]")),
        step("B", Some("[]")),
        step("C", Some("[\"a\"]"))
    ]);
    let plan = format!("{own}/plan");
    let ask = async |what_if: Value| {
        let body = json!({ "Steps": steps, "WhatIf": what_if });
        server.send(Method::POST, &plan, Some(body)).await
    };
    for (what_if, expected_ms, at_once) in [
        (json!({}), 2_000, 2),
        (json!({ "MaxRunning": 1 }), 3_000, 1),
        (
            json!({ "Durations": [{ "StepSlug": "b", "Ms": 9_000 }] }),
            9_000,
            2,
        ),
        (
            json!({ "AddDependencies": [{ "StepSlug": "b", "WaitsForSlug": "c" }] }),
            3_000,
            1,
        ),
        (
            json!({ "RemoveDependencies": [{ "StepSlug": "c", "WaitsForSlug": "a" }] }),
            2_000,
            2,
        ),
    ] {
        let answer = ask(what_if.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let (took, most) = (&answer.body["ExpectedMs"], &answer.body["AtOnceMax"]);
        assert_eq!(
            (took, most),
            (&json!(expected_ms), &json!(at_once)),
            "{what_if}"
        );
        assert_eq!(answer.body["Steps"][1]["WaitsFor"], json!([]));
    }
    for wrong in [
        json!({ "MaxRunning": -1 }),
        json!({ "MaxRunning": "many" }),
        json!({ "Durations": [{ "StepSlug": "nobody", "Ms": 1 }] }),
        json!({ "Durations": [{ "StepSlug": "a", "Ms": -1 }] }),
        json!({ "Windows": [{ "StepSlug": "a", "Targets": 5_000_000_000_i64 }] }),
        json!({ "Locks": [{ "StepSlug": "a", "MachineLock": "Maybe" }] }),
        json!({ "AddDependencies": [{ "StepSlug": "a", "WaitsForSlug": "c" }] }),
        json!({ "AddDependencies": [{ "StepSlug": "a" }] }),
        json!(3),
    ] {
        assert_eq!(ask(wrong.clone()).await.status, 400, "{wrong}");
    }
    for (key, value) in [
        ("EnvironmentId", "Environments-9"),
        ("ChannelId", "Channels-9"),
    ] {
        let mut body = json!({ "Steps": steps });
        body[key] = json!(value);
        let refused = server.expect(Method::POST, &plan, Some(body), 400).await;
        assert!(refused["Errors"][0].as_str().unwrap().contains(value));
    }
}

#[tokio::test]
async fn an_environment_decides_what_is_skipped_and_which_machines_take_part() {
    let server = TestServer::start().await;
    let own = project(&server, "Shop").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let test = server
        .post("/api/environments", json!({ "Name": "Test" }))
        .await;
    let live = server
        .post("/api/environments", json!({ "Name": "Live" }))
        .await;
    for (name, environment) in [("web-1", &test), ("web-2", &live), ("web-3", &live)] {
        let machine = json!({ "Name": name, "Roles": ["web"], "EnvironmentIds": [environment["Id"]],
            "Endpoint": { "CommunicationStyle": "TentacleActive", "Thumbprint": "", "Uri": "" } });
        server.post("/api/machines", machine).await;
    }
    let mut on_web = step("Web", Some("[]"));
    on_web["Properties"]["Octopus.Action.TargetRoles"] = json!("web");
    on_web["Actions"][0]["Properties"]["Octopus.Action.RunOnServer"] = json!("false");
    let mut only_live = step("Announce", Some("[\"web\"]"));
    only_live["Actions"][0]["Environments"] = json!([live["Id"]]);
    let looked = async |environment: Value| {
        let body = json!({ "Steps": [on_web, only_live], "EnvironmentId": environment });
        let answer = server
            .expect(Method::POST, &format!("{own}/plan"), Some(body), 200)
            .await;
        let machines = answer["Steps"][0]["RunsOn"]["Machines"]
            .as_array()
            .unwrap()
            .len();
        (machines, answer["Steps"][1]["Skip"].clone())
    };
    let (machines, skip) = looked(Value::Null).await;
    assert_eq!((machines, skip), (3, Value::Null));
    let (machines, skip) = looked(test["Id"].clone()).await;
    assert_eq!((machines, skip.is_string()), (1, true), "{skip}");
    let (machines, skip) = looked(json!("live")).await;
    assert_eq!((machines, skip), (2, Value::Null));
}

#[tokio::test]
async fn a_draft_is_compared_with_what_is_saved() {
    let server = TestServer::start().await;
    let own = project(&server, "Shop").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut process = server.get(&own).await;
    process["Steps"] = sample();
    let saved = server.put(&own, process).await;
    let mut steps = saved["Steps"].clone();
    let changed = steps.as_array_mut().unwrap();
    changed[6]["StartTrigger"] = json!("StartWithPrevious");
    changed[6]["Properties"]["Regatta.Step.DependsOn"] = json!("[\"deploy-api\",\"deploy-web\"]");
    changed[4]["Actions"][0]["Properties"]["Octopus.Action.Script.ScriptBody"] =
        json!("echo one\necho two");
    changed.remove(3);
    changed.push(step("Announce", Some("[\"smoke-test\"]")));
    let diff = format!("{own}/diff");
    let answer = server
        .expect(Method::POST, &diff, Some(json!({ "Steps": steps })), 200)
        .await;
    insta::assert_json_snapshot!(answer);
    let same = server
        .expect(Method::POST, &diff, Some(json!({})), 200)
        .await;
    assert_eq!(
        (&same["Changes"], &same["AddedWaits"]),
        (&json!([]), &json!([]))
    );
    for other in ["deploymentprocess-Projects-9", "Nothing-1"] {
        let body = json!({ "FromId": other });
        server.expect(Method::POST, &diff, Some(body), 404).await;
    }
}

/// What grows with the square of the steps is left out where it would be megabytes, and refused where it would be
/// too much for the rules as well.
#[tokio::test]
async fn large_processes_are_answered_in_bounds() {
    let server = TestServer::start().await;
    let own = project(&server, "Large").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let plan = format!("{own}/plan");
    let steps = |count: usize| -> Value {
        let each = (0..count).map(|i| {
            let after: Vec<_> = (i.saturating_sub(3)..i)
                .map(|on| format!("s{on}"))
                .collect();
            step(&format!("S{i}"), Some(&json!(after).to_string()))
        });
        json!({ "Steps": each.collect::<Vec<_>>() })
    };
    let small = server
        .expect(Method::POST, &plan, Some(steps(300)), 200)
        .await;
    let refused = small["Steps"][0]["CannotDependOn"].as_array().unwrap();
    assert_eq!(refused.len(), 299);
    assert_eq!(
        refused[298]["Reason"],
        "It waits for this step: 300 → 297 → 294 → 291 → 288 → 285 → 282 → … → 1."
    );
    let large = server
        .expect(Method::POST, &plan, Some(steps(301)), 200)
        .await;
    assert_eq!(large["Steps"][0]["CannotDependOn"], Value::Null);
    assert_eq!(large["Steps"][0]["CanOverlapWith"], Value::Null);
    let mut about = steps(301);
    about["RefusalsAbout"] = json!(["s300", "s0"]);
    let named = server.expect(Method::POST, &plan, Some(about), 200).await;
    let of = |i: usize| &named["Steps"][i]["CannotDependOn"];
    assert_eq!(of(0).as_array().unwrap().len(), 300);
    assert_eq!((of(1), of(300)), (&Value::Null, &json!([])));
    let too_large = server
        .expect(Method::POST, &plan, Some(steps(2_001)), 400)
        .await;
    assert_eq!(
        too_large["Errors"][0],
        "The process has 2001 steps; at most 2000 are allowed. Split it into several projects, or put several \
         commands into one step."
    );
}

/// Who edits one step need not be told what all others may not wait for.
#[tokio::test]
async fn refusals_are_told_about_the_steps_that_are_asked_about() {
    let server = TestServer::start().await;
    let own = project(&server, "Asked").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let chain = ["A", "B", "C", "D"].map(|name| step(name, None));
    let told = async |about: Value| -> Value {
        let mut body = json!({ "Steps": chain });
        if !about.is_null() {
            body["RefusalsAbout"] = about;
        }
        let plan = format!("{own}/plan");
        let plan = server.expect(Method::POST, &plan, Some(body), 200).await;
        let steps = plan["Steps"].as_array().unwrap().iter();
        let names = |refused: &Value| -> Vec<String> {
            let refused = refused.as_array().unwrap().iter();
            refused
                .map(|one| one["StepSlug"].as_str().unwrap().to_owned())
                .collect()
        };
        steps.map(|step| names(&step["CannotDependOn"])).collect()
    };
    let all = json!([["b", "c", "d"], ["c", "d"], ["d"], []]);
    assert_eq!(told(Value::Null).await, all);
    assert_eq!(told(json!([])).await, json!([[], [], [], []]));
    assert_eq!(told(json!(["c"])).await, json!([["c"], ["c"], ["d"], []]));
    assert_eq!(
        told(json!(["b", "gone"])).await,
        json!([["b"], ["c", "d"], [], []])
    );
}
