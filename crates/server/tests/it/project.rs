//! Projects with what belongs to them: process, variables, channels, settings; and that secrets never come back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::TestServer;

pub(crate) async fn project(server: &TestServer, name: &str) -> Value {
    server.post("/api/projects", json!({ "Name": name, "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1" })).await
}

pub(crate) fn step(name: &str, depends_on: Option<&str>) -> Value {
    let mut step = json!({
        "Name": name,
        "Properties": {},
        "Actions": [{
            "Name": name, "ActionType": "Octopus.Script",
            "Properties": {
                "Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.ScriptSource": "Inline",
                "Octopus.Action.Script.Syntax": "Bash", "Octopus.Action.Script.ScriptBody": "echo hello"
            }
        }]
    });
    if let Some(list) = depends_on {
        step["StartTrigger"] = json!("StartWithPrevious");
        step["Properties"]["Regatta.Step.DependsOn"] = json!(list);
    }
    step
}

#[tokio::test]
async fn a_new_project_brings_a_channel_a_process_variables_and_settings() {
    let server = TestServer::start().await;
    let made = project(&server, "Shop").await;
    let mut shown = made.clone();
    shown["LastModifiedOn"] = json!("a time");
    insta::assert_json_snapshot!(shown);
    let own = made["Links"]["Self"].as_str().unwrap();
    let channels = server.get(&format!("{own}/channels")).await;
    assert_eq!(
        (
            channels["TotalResults"].as_u64(),
            &channels["Items"][0]["IsDefault"],
            &channels["Items"][0]["Type"]
        ),
        (Some(1), &json!(true), &json!("Lifecycle"))
    );
    assert_eq!(
        server
            .get(made["Links"]["DeploymentProcess"].as_str().unwrap())
            .await["Steps"],
        json!([])
    );
    assert_eq!(
        server
            .get(made["Links"]["Variables"].as_str().unwrap())
            .await["Variables"],
        json!([])
    );
    assert_eq!(
        server
            .get(made["Links"]["DeploymentSettings"].as_str().unwrap())
            .await["Regatta.FailurePolicy"],
        Value::Null
    );

    server.expect(Method::DELETE, own, None, 200).await;
    for gone in [
        "/api/deploymentprocesses/deploymentprocess-Projects-1",
        "/api/variables/variableset-Projects-1",
        "/api/channels/Channels-1",
    ] {
        server.expect(Method::GET, gone, None, 404).await;
    }
}

#[tokio::test]
async fn a_process_is_saved_at_every_address_and_keeps_ids() {
    let server = TestServer::start().await;
    let project = project(&server, "Shop").await;
    let own = project["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let by_id = "/api/Spaces-1/deploymentprocesses/deploymentprocess-Projects-1";
    let mut process = server.get(&own).await;
    process["Steps"] = json!([
        step("Build", None),
        step("Test", Some("[\"build\"]")),
        step("Lint", Some("[]"))
    ]);
    let saved = server.put(&own, process).await;
    assert_eq!(
        (&saved["Version"], &saved["Steps"][1]["Slug"]),
        (&json!(1), &json!("test"))
    );
    let mut again = saved.clone();
    again["Steps"][0]["Name"] = json!("Compile");
    let renamed = server.put(by_id, again).await;
    assert_eq!(
        (
            &renamed["Version"],
            &renamed["Steps"][0]["Id"],
            &renamed["Steps"][0]["Slug"]
        ),
        (&json!(2), &saved["Steps"][0]["Id"], &json!("build"))
    );
    assert_eq!(
        server
            .get("/api/spaces/Spaces-1/projects/shop/deploymentprocesses")
            .await,
        renamed
    );

    let stale = server.send(Method::PUT, &own, Some(saved)).await;
    assert_eq!(
        (stale.status, &stale.body["Code"]),
        (409, &json!("StaleVersion"))
    );
    assert_eq!(
        stale.body["Facts"],
        json!({ "YourVersion": 1, "CurrentVersion": 2, "SavedBy": "admin", "SavedOn": "2026-01-02T03:04:05.000+00:00" })
    );
    let message = stale.body["ErrorMessage"].as_str().unwrap();
    assert!(message.contains('1') && message.contains('2'), "{message}");

    let events = server
        .get("/api/Spaces-1/events?regarding=Projects-1&documentTypes=DeploymentProcesses-")
        .await;
    assert_eq!(events["TotalResults"], 2);
    assert!(
        events["Items"][0]["Details"]
            .to_string()
            .contains("Compile"),
        "{}",
        events["Items"][0]
    );
}

#[tokio::test]
async fn a_process_that_cannot_run_is_refused_with_every_reason() {
    let server = TestServer::start().await;
    let own = project(&server, "Shop").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut process = server.get(&own).await;
    process["Steps"] = json!([
        step("A", Some("[\"b\"]")),
        step("B", Some("[\"a\"]")),
        step("C", Some("[\"nobody\"]")),
        step("c", None)
    ]);
    let refused = server.send(Method::PUT, &own, Some(process.clone())).await;
    assert_eq!(refused.status, 400);
    let errors = refused.body["Errors"].as_array().unwrap();
    assert!(errors.len() >= 3, "{}", refused.text);
    assert!(
        refused.text.contains("A") && refused.text.contains("nobody"),
        "{}",
        refused.text
    );
    let lint = server
        .expect(Method::POST, &format!("{own}/lint"), Some(process), 200)
        .await;
    assert_eq!(lint["CanBeSaved"], false);
    assert_eq!(server.get(&own).await["Version"], 0);
    for wrong in [
        json!({ "Steps": 3, "Version": 0 }),
        json!({ "Steps": [] }),
        json!({ "Version": 0, "Steps": [{ "Name": "x", "Actions": [{}] }] }),
    ] {
        server.expect(Method::PUT, &own, Some(wrong), 400).await;
    }
}

const CANARY: &str = "canary-7f3a9c-secret";

#[tokio::test]
async fn no_answer_ever_holds_a_secret() {
    let server = TestServer::start().await;
    let project = project(&server, "Shop").await;
    let (variables, process) = (
        project["Links"]["Variables"].as_str().unwrap(),
        project["Links"]["DeploymentProcess"].as_str().unwrap(),
    );
    let mut set = server.get(variables).await;
    set["Variables"] = json!([
        { "Name": "Password", "Value": CANARY, "IsSensitive": true, "Type": "Sensitive" },
        { "Name": "Plain", "Value": "visible" }
    ]);
    let saved = server.put(variables, set).await;
    assert_eq!(
        (
            &saved["Variables"][0]["Value"],
            &saved["Variables"][1]["Value"]
        ),
        (&Value::Null, &json!("visible"))
    );
    // Go's client sends untouched secrets back as empty text.
    let mut again = saved.clone();
    again["Variables"][0]["Value"] = json!("");
    again["Variables"][1]["Value"] = json!("changed");
    let again = server.put(variables, again).await;
    assert_eq!(again["Variables"][0]["Id"], saved["Variables"][0]["Id"]);
    server
        .expect(Method::PUT, variables, Some(saved), 409)
        .await;

    let mut steps = server.get(process).await;
    let mut secretive = step("Deploy", None);
    secretive["Actions"][0]["Properties"]["My.Secret"] =
        json!({ "HasValue": true, "NewValue": CANARY });
    steps["Steps"] = json!([secretive]);
    let saved = server.put(process, steps).await;
    assert_eq!(
        saved["Steps"][0]["Actions"][0]["Properties"]["My.Secret"],
        json!({ "HasValue": true, "NewValue": null, "Hint": null })
    );
    server.put(process, saved).await;
    let clone = server
        .post(
            "/api/projects?clone=Projects-1",
            json!({ "Name": "Copy", "ProjectGroupID": "ProjectGroups-1" }),
        )
        .await;

    // There is no file when the tests run on PostgreSQL.
    let stored = std::fs::read(server.data_dir.path().join("data/regatta.db")).unwrap_or_default();
    let journal =
        std::fs::read(server.data_dir.path().join("data/regatta.db-wal")).unwrap_or_default();
    for bytes in [stored, journal] {
        assert!(
            !bytes
                .windows(CANARY.len())
                .any(|window| window == CANARY.as_bytes())
        );
    }
    for path in readable(&server, &clone).await {
        let answer = server.send(Method::GET, &path, None).await;
        assert!(
            !answer.text.contains(CANARY)
                && !answer.text.contains("argon2")
                && !answer.text.contains("Sealed"),
            "{path}: {}",
            answer.text
        );
    }
}

/// Every GET of the OpenAPI document, with ids that exist.
async fn readable(server: &TestServer, clone: &Value) -> Vec<String> {
    let document = server.get("/api/openapi.json").await;
    let ids = [
        "Projects-1",
        clone["Id"].as_str().unwrap(),
        "deploymentprocess-Projects-1",
        "variableset-Projects-1",
        "Users-1",
        "Events-1",
    ];
    let paths = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, item)| item.get("get").is_some());
    let filled = |path: &str, id: &str| {
        let parts = path.split('/').map(|part| match part {
            "{spaceId}" => "Spaces-1",
            part if part.starts_with('{') => id,
            part => part,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    paths
        .flat_map(|(path, _)| ids.map(|id| filled(path, id)))
        .collect()
}

#[tokio::test]
async fn settings_and_project_show_the_same() {
    let server = TestServer::start().await;
    let mut project = project(&server, "Shop").await;
    let own = project["Links"]["Self"].as_str().unwrap().to_owned();
    project["DefaultGuidedFailureMode"] = json!("on");
    server.put(&own, project).await;
    let mut settings = server.get(&format!("{own}/deploymentsettings")).await;
    assert_eq!(settings["DefaultGuidedFailureMode"], "On");
    settings["DefaultGuidedFailureMode"] = json!("Off");
    settings["Regatta.FailurePolicy"] = json!("cancelrunning");
    let saved = server
        .put(&format!("{own}/deploymentsettings"), settings)
        .await;
    assert_eq!(saved["Regatta.FailurePolicy"], "CancelRunning");
    assert_eq!(server.get(&own).await["DefaultGuidedFailureMode"], "Off");
    assert_eq!(
        server.get(&format!("{own}/deploymentsettings")).await,
        saved
    );
}

/// A save that does not say what it is based on could undo somebody else's.
#[tokio::test]
async fn variables_are_not_overwritten_by_a_save_without_a_version() {
    let server = TestServer::start().await;
    let made = project(&server, "Shop").await;
    let path = format!(
        "/api/Spaces-1/variables/variableset-{}",
        made["Id"].as_str().unwrap()
    );
    // What Octopus' Go client sends of a set whose version is 0.
    let first = json!({ "Variables": [{ "Name": "A", "Value": "1" }] });
    assert_eq!(server.put(&path, first.clone()).await["Version"], 1);
    let refused = server
        .send(Method::PUT, &path, Some(json!({ "Variables": [] })))
        .await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.text.contains("Version: this field is required"),
        "{}",
        refused.text
    );
    let stale = server
        .send(
            Method::PUT,
            &path,
            Some(json!({ "Version": 0, "Variables": [] })),
        )
        .await;
    assert_eq!(stale.status, 409);
    assert_eq!(
        server.get(&path).await["Variables"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// Clients of typed languages drop keys they have no name for; Octopus' Go client calls the policy otherwise, too.
#[tokio::test]
async fn settings_that_a_client_has_no_name_for_stay() {
    let server = TestServer::start().await;
    let made = project(&server, "Shop").await;
    let path = format!(
        "{}/deploymentsettings",
        made["Links"]["Self"].as_str().unwrap()
    );
    let mut settings = server.get(&path).await;
    settings["Regatta.FailurePolicy"] = json!("CancelRunning");
    settings["Regatta.MaxRunning"] = json!(2);
    settings["ConnectivityPolicy"]["AllowDeploymentsToNoTargets"] = json!(true);
    let before = server.put(&path, settings).await;

    let less = json!({ "DefaultGuidedFailureMode": "On", "ProjectConnectivityPolicy": null });
    let after = server.put(&path, less).await;
    assert_eq!(after["DefaultGuidedFailureMode"], "On");
    for key in [
        "Regatta.FailurePolicy",
        "Regatta.MaxRunning",
        "ConnectivityPolicy",
    ] {
        assert_eq!(after[key], before[key], "{key}");
    }
    let theirs = json!({ "ProjectConnectivityPolicy": { "ExcludeUnhealthyTargets": true } });
    let after = server.put(&path, theirs).await;
    assert_eq!(after["ConnectivityPolicy"]["ExcludeUnhealthyTargets"], true);
    assert!(after.get("ProjectConnectivityPolicy").is_none(), "{after}");
    // Nothing said is kept; "nothing" said is the default.
    let reset = json!({ "Regatta.FailurePolicy": null, "Regatta.MaxRunning": null });
    let after = server.put(&path, reset).await;
    assert_eq!(
        (
            &after["Regatta.FailurePolicy"],
            &after["Regatta.MaxRunning"]
        ),
        (&json!("FinishBranches"), &Value::Null)
    );
}

#[tokio::test]
async fn an_address_from_before_a_project_got_another_slug_still_leads_to_it() {
    let server = TestServer::start().await;
    let mut shop = project(&server, "Shop").await;
    let rename = async |project: &mut Value, slug: &str| {
        project["Slug"] = json!(slug);
        let own = project["Links"]["Self"].as_str().unwrap().to_owned();
        *project = server.put(&own, project.clone()).await;
    };
    let id = async |slug: &str| {
        let path = format!("/api/Spaces-1/projects/{slug}");
        server.get(&path).await["Id"].clone()
    };
    rename(&mut shop, "web-shop").await;
    rename(&mut shop, "web").await;
    for slug in ["shop", "web-shop", "web", "SHOP"] {
        assert_eq!(id(slug).await, "Projects-1", "{slug}");
    }
    let process = server
        .get("/api/Spaces-1/projects/shop/deploymentprocesses")
        .await;
    assert_eq!(process["ProjectId"], "Projects-1");
    // Whoever has it now goes first.
    let mut other = project(&server, "Shop again").await;
    rename(&mut other, "shop").await;
    assert_eq!(id("shop").await, "Projects-2");
    rename(&mut other, "other").await;
    assert_eq!(id("shop").await, "Projects-2");
    let own = other["Links"]["Self"].as_str().unwrap();
    server.expect(Method::DELETE, own, None, 200).await;
    server
        .expect(Method::GET, "/api/Spaces-1/projects/shop", None, 404)
        .await;
    assert_eq!(id("web-shop").await, "Projects-1");
}
