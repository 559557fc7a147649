//! `project-group …`, `environment …`, `lifecycle …`, `project …`, `channel …`, `project variables …`.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Refusal, plain};
use super::go;
use crate::installation::{Installation, text};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_set_up() {
    let installation = Installation::start().await;
    let client = Client::start(&installation).await;
    client.command("project-group create");
    let body = json!({ "Name": "Fire Group", "SpaceId": client.space });
    let group = client.post(&client.link("ProjectGroups"), body).await;
    client.command("environment create");
    let mut environments = Vec::new();
    for name in ["Dev", "Production"] {
        let body = json!({ "Name": name, "Description": "", "UseGuidedFailure": false, "AllowDynamicInfrastructure": false, "ExtensionSettings": [] });
        environments.push(client.post(&client.link("Environments"), body).await["Id"].clone());
    }
    client.command("lifecycle, made and changed");
    let retention = json!({ "Unit": "Days", "QuantityToKeep": 3, "ShouldKeepForever": false, "Strategy": "Count" });
    let phase = |name: &str, environment: &Value| json!({ "Name": name, "AutomaticDeploymentTargets": [], "OptionalDeploymentTargets": [environment], "MinimumEnvironmentsBeforePromotion": 0, "IsOptionalPhase": false });
    let lifecycle = json!({ "Name": "Fire Lifecycle", "Phases": [phase("Dev", &environments[0]), phase("Production", &environments[1])], "ReleaseRetentionPolicy": retention, "TentacleRetentionPolicy": retention });
    let lifecycle = client.post(&client.link("Lifecycles"), lifecycle).await;
    assert_eq!(lifecycle["ReleaseRetentionPolicy"]["Strategy"], "Count");
    saved_as_read(&client, &lifecycle, &environments[0]).await;
    client.command("environment list");
    client.pages(&client.link("Environments")).await;
    client.command("environment view");
    client.find("Environments", "DEV").await;
    client.command("project-group list");
    let groups = client.get("/api/projectgroups/all").await;
    assert!(groups.is_array(), "{groups}");
    client.command("project-group view");
    let found = client.find("ProjectGroups", "Fire Group").await;
    client.pages(&plain(&found["Links"]["Projects"])).await;
    client.aside();
    assert_eq!(found["Id"], group["Id"]);

    client.command("project create");
    let found = client.find("Lifecycles", "fire lifecycle").await;
    assert_eq!(found["Id"], lifecycle["Id"]);
    client.find("ProjectGroups", "Fire Group").await;
    let body = json!({
        "Name": "Fire Project", "LifecycleId": lifecycle["Id"], "ProjectGroupId": group["Id"],
        "ProjectConnectivityPolicy": { "AllowDeploymentsToNoTargets": false, "ExcludeUnhealthyTargets": false },
        "AllowIgnoreChannelRules": false, "DefaultToSkipIfAlreadyInstalled": false, "AutoCreateRelease": false, "IsDisabled": false,
        "DiscreteChannelRelease": false, "IsVersionControlled": false,
    });
    client.post(&client.link("Projects"), body).await;
    client.command("project list");
    client.pages(&client.link("Projects")).await;
    client.command("project view");
    let project = client.find("Projects", "Fire Project").await;
    client.aside();
    is_a_project(&project);
    assert_eq!(
        client
            .pages(&plain(&group["Links"]["Projects"]))
            .await
            .len(),
        1
    );

    process_survives(&client, &project).await;
    settings_survive(&client, &project).await;
    channels(&client, &project, &lifecycle).await;
    variables(&client, &project, &environments[0]).await;
    not_here(&client, &project).await;
    clones(&client, project).await;
    insta::assert_snapshot!("conversation_project_commands", client.said());
    insta::assert_snapshot!("conversation_project_traffic", traffic(&installation).await);
}

/// What the library insists on before it hands a project to a command.
fn is_a_project(project: &Value) {
    for key in ["Name", "LifecycleId", "ProjectGroupId"] {
        assert!(!text(&project[key]).is_empty(), "{key}: {project}");
    }
    assert_eq!(project["PersistenceSettings"]["Type"], "Database");
    for link in [
        "Channels",
        "Releases",
        "DeploymentProcess",
        "DeploymentSettings",
        "Progression",
        "Summary",
        "Self",
    ] {
        assert!(
            plain(&project["Links"][link]).starts_with("/api/"),
            "{link}"
        );
    }
}

/// Read, held by the library, and saved: nothing changes, though it has no names for some keys.
async fn saved_as_read(client: &Client<'_>, lifecycle: &Value, environment: &Value) {
    let own = format!("{}/{}", client.link("Lifecycles"), text(&lifecycle["Id"]));
    let held = client.held(&own, &go::LIFECYCLE).await;
    same(lifecycle, &client.put(&own, &held).await);
    client.command("environment, read, changed and saved");
    let own = format!("{}/{}", client.link("Environments"), text(environment));
    let before = client.get(&own).await;
    let held = client.held(&own, &go::ENVIRONMENT).await;
    same(&before, &client.put(&own, &held).await);
}

/// But for when it was saved, and for nothing said of what there is nothing of.
fn same(before: &Value, after: &Value) {
    let settled = |value: &Value| {
        let mut value = value.clone();
        value["LastModifiedOn"] = Value::Null;
        said(&value)
    };
    assert_eq!(settled(before), settled(after));
}

fn said(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                entries
                    .map(|(key, value)| (key.clone(), said(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(said).collect(),
        other => other.clone(),
    }
}

/// Among the settings are keys of ours, and one that the library calls otherwise.
async fn settings_survive(client: &Client<'_>, project: &Value) {
    let own = plain(&project["Links"]["DeploymentSettings"]);
    client.command("project settings, read, changed and saved");
    let mut settings = client.get(&own).await;
    settings["Regatta.FailurePolicy"] = json!("CancelRunning");
    settings["Regatta.MaxRunning"] = json!(2);
    settings["ConnectivityPolicy"]["AllowDeploymentsToNoTargets"] = json!(true);
    let before = client.put(&own, &settings).await;
    let mut held = client.held(&own, &go::SETTINGS).await;
    same(&before, &client.put(&own, &held).await);
    held["ProjectConnectivityPolicy"] =
        json!({ "AllowDeploymentsToNoTargets": false, "ExcludeUnhealthyTargets": true });
    let after = client.put(&own, &held).await;
    assert_eq!(after["ConnectivityPolicy"]["ExcludeUnhealthyTargets"], true);
    assert_eq!(after["Regatta.MaxRunning"], 2);
    client.command("project, read, changed and saved");
    let whole = plain(&project["Links"]["Self"]);
    let before = client.get(&whole).await;
    let held = client.held(&whole, &go::PROJECT).await;
    same(&before, &client.put(&whole, &held).await);
    client.aside();
    // The project has nothing to say about these.
    same(&after, &client.get(&own).await);
}

/// What was read before the last change, and steps that wait for each other; each with the reason.
async fn refused(client: &Client<'_>, own: &str, stale: &Value) {
    let refusal = client.try_send(Method::PUT, own, Some(stale)).await;
    assert_eq!(refusal.unwrap_err().body["Code"], "StaleVersion");
    let mut loops = client.held(own, &go::PROCESS).await;
    loops["Steps"][1]["Properties"] = json!({ "Regatta.Step.DependsOn": r#"["ship"]"# });
    let refused = client.try_send(Method::PUT, own, Some(&loops)).await;
    assert!(refused.unwrap_err().body["Errors"].is_array());
}

async fn process_survives(client: &Client<'_>, project: &Value) {
    let own = plain(&project["Links"]["DeploymentProcess"]);
    client.command("project process, read, changed and saved");
    let mut process = client.get(&own).await;
    let action = |name: &str| json!({ "Name": name, "ActionType": "Octopus.Script", "Properties": { "Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.ScriptBody": "echo", "Octopus.Action.Script.Syntax": "Bash", "Octopus.Action.Script.ScriptSource": "Inline" } });
    let step = |name: &str, depends: Option<&str>| {
        let properties = depends.map_or(
            json!({}),
            |depends| json!({ "Regatta.Step.DependsOn": depends }),
        );
        let trigger = depends.map_or("StartAfterPrevious", |_| "StartWithPrevious");
        json!({ "Name": name, "StartTrigger": trigger, "Properties": properties, "Actions": [action(name)] })
    };
    process["Steps"] = json!([
        step("ship", Some(r#"["build"]"#)),
        step("build", Some("[]")),
        step("tell", None)
    ]);
    let first = client
        .put(&plain(&process["Links"]["Self"]), &process)
        .await;
    // Only the name, the properties and the action of a step were sent.
    let defaults = (&json!("Success"), &json!("LetOctopusDecide"));
    assert_eq!(
        (
            &first["Steps"][2]["Condition"],
            &first["Steps"][2]["PackageRequirement"]
        ),
        defaults
    );

    let mut again = client.held(&own, &go::PROCESS).await;
    assert!(
        again["Steps"][0].get("Slug").is_none(),
        "the library has no name for it"
    );
    again["Steps"][1]["Name"] = json!("compile");
    let saved = client.put(&plain(&again["Links"]["Self"]), &again).await;
    client.aside();
    let by_id = client
        .get(&format!(
            "{}/{}",
            client.link("DeploymentProcesses"),
            text(&project["DeploymentProcessId"])
        ))
        .await;
    assert_eq!(by_id["Steps"], saved["Steps"]);
    let rules = |process: &Value| -> Vec<Value> {
        let steps = process["Steps"].as_array().unwrap().iter();
        steps
            .map(|step| {
                json!([
                    step["Id"],
                    step["Slug"],
                    step["StartTrigger"],
                    step["Properties"]
                ])
            })
            .collect()
    };
    assert_eq!(
        rules(&saved),
        rules(&first),
        "ids, slugs and the graph are as they were"
    );
    assert_eq!(saved["Steps"][1]["Name"], "compile");
    refused(client, &own, &again).await;
    let template = client.get(&plain(&saved["Links"]["Template"])).await;
    assert_eq!(template["NextVersionIncrement"], "0.0.1");
}

async fn channels(client: &Client<'_>, project: &Value, lifecycle: &Value) {
    client.command("channel create");
    client.find("Projects", "Fire Project").await;
    client.find("Lifecycles", "Fire Lifecycle").await;
    // Empty lists are left out.
    let body = json!({ "Name": "Hotfix", "ProjectId": project["Id"], "LifecycleId": lifecycle["Id"], "IsDefault": false });
    let made = client.post(&client.link("Channels"), body).await;
    client.command("channel, read, changed and saved");
    let own = format!("{}/{}", client.link("Channels"), text(&made["Id"]));
    let held = client.held(&own, &go::CHANNEL).await;
    same(&made, &client.put(&own, &held).await);
    client.command("channel list, channel view, channel delete");
    let all = client.pages(&plain(&project["Links"]["Channels"])).await;
    assert_eq!(all.len(), 2);
    for channel in &all {
        assert_eq!(channel["Type"], "Lifecycle", "{channel}");
        assert_eq!(
            client.get(&plain(&channel["Links"]["Projects"])).await["Id"],
            project["Id"]
        );
        assert!(
            client
                .pages(&plain(&channel["Links"]["Releases"]))
                .await
                .is_empty()
        );
    }
    client.delete(&own).await;
    assert_eq!(
        client
            .pages(&plain(&project["Links"]["Channels"]))
            .await
            .len(),
        1
    );
}

/// Each change reads the whole set, changes the list, saves the whole set and reads it again.
async fn variables(client: &Client<'_>, project: &Value, environment: &Value) {
    let path = format!(
        "{}/{}",
        client.link("Variables"),
        text(&project["VariableSetId"])
    );
    let add = async |variable: Value| {
        // The library has a text for every value, so it sends an empty one for what it was not told.
        let mut set = client.held(&path, &go::VARIABLES).await;
        set["Variables"].as_array_mut().unwrap().push(variable);
        client.put(&path, &set).await;
        client.get(&path).await
    };
    client.command("project variables create");
    client.find("Projects", "Fire Project").await;
    // Only the type says that it is a secret.
    add(json!({ "Name": "Password", "Value": "hunter2", "Description": "", "Type": "Sensitive", "IsSensitive": false, "IsEditable": true, "Scope": {} })).await;
    let set = add(json!({ "Id": "", "Name": "Color", "Value": "red", "Description": "", "IsEditable": true, "Type": "String", "IsSensitive": false, "Scope": { "Environment": [environment] } })).await;
    let listed = set["Variables"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&listed[0]["Value"], &listed[0]["IsSensitive"]),
        (&Value::Null, &json!(true)),
        "a secret is not answered"
    );
    let (_, raw) = client
        .installation
        .try_send(Method::GET, &path, None)
        .await
        .unwrap();
    assert!(!raw.contains("hunter2"), "{raw}");

    changed(client, &path).await;
    client.aside();
    let set_of = client
        .post(
            &client.link("LibraryVariables"),
            json!({ "Name": "Shared", "ContentType": "Variables" }),
        )
        .await;
    client.command("project variables include, project variables exclude");
    client.find("Projects", "Fire Project").await;
    let all = client.get("/api/libraryvariablesets/all").await;
    assert!(all.is_array(), "{all}");
    let own = plain(&project["Links"]["Self"]);
    let mut including = client.held(&own, &go::PROJECT).await;
    including["IncludedLibraryVariableSetIds"] = json!([set_of["Id"]]);
    let included = client.put(&own, &including).await;
    assert_eq!(
        included["IncludedLibraryVariableSetIds"],
        json!([set_of["Id"]])
    );
    including
        .as_object_mut()
        .unwrap()
        .remove("IncludedLibraryVariableSetIds");
    let excluded = client.put(&own, &including).await;
    assert_eq!(excluded["IncludedLibraryVariableSetIds"], json!([]));
}

/// One is given another value, then it goes; the secret beside it stays, though nobody could read it.
async fn changed(client: &Client<'_>, path: &str) {
    client.command("project variables list, project variables view");
    client.find("Projects", "Fire Project").await;
    client.get(path).await;
    client.command("project variables update, project variables delete");
    let mut set = client.held(path, &go::VARIABLES).await;
    set["Variables"][1]["Value"] = json!("green");
    client.put(path, &set).await;
    let mut set = client.held(path, &go::VARIABLES).await;
    assert_eq!(set["Variables"][1]["Value"], "green");
    set["Variables"].as_array_mut().unwrap().pop();
    client.put(path, &set).await;
    let left = client.get(path).await;
    let one = &left["Variables"][0];
    let secret = (&json!("Sensitive"), &json!(true));
    assert_eq!((&one["Type"], &one["IsSensitive"]), secret);
}

/// What this server does not have is refused in words that the command prints.
async fn not_here(client: &Client<'_>, project: &Value) {
    let below = format!("{}/{}", client.link("Projects"), text(&project["Id"]));
    client.command("ephemeral-environment list");
    let list = format!(
        "/api/{}/environments/v2?skip=0&take=2147483647&type=Ephemeral",
        client.space
    );
    assert!(client.pages(&list).await.is_empty());
    let convert = json!({ "VersionControlSettings": { "Type": "VersionControlled", "Url": "https://git.example/shop", "DefaultBranch": "main", "BasePath": ".octopus", "Credentials": { "Type": "Anonymous" } }, "CommitMessage": "Start" });
    let from_git = json!({ "spaceId": client.space, "spaceIdOrName": client.space, "projectName": project["Name"], "gitRef": "refs/heads/main", "ignoreIfAlreadyExists": false, "ignoreChannelRules": false });
    let mut said = String::new();
    for (command, method, path, body) in [
        (
            "project convert",
            Method::POST,
            format!("{below}/git/convert"),
            Some(convert),
        ),
        (
            "project branch list",
            Method::GET,
            format!("{below}/git/branches"),
            None,
        ),
        (
            "release create, from git",
            Method::POST,
            format!("/api/{}/releases/create/v1", client.space),
            Some(from_git),
        ),
        (
            "ephemeral-environment create",
            Method::POST,
            format!("{below}/environments/ephemeral"),
            Some(json!({ "EnvironmentName": "pr-1" })),
        ),
    ] {
        client.command(command);
        let sent = client.try_send(method, &path, body.as_ref()).await;
        let Refusal { status, body } = sent.expect_err(command);
        writeln!(
            said,
            "{command}: {status} {} {}",
            body["ErrorMessage"], body["Errors"]
        )
        .unwrap();
    }
    insta::assert_snapshot!("conversation_project_refusals", said);
}

async fn clones(client: &Client<'_>, project: Value) {
    client.command("project clone");
    client.find("Projects", "Fire Project").await;
    // The library has no names of its own for these keys, hence the capitals.
    let body = json!({ "Name": "Second Fire", "Description": "", "ProjectGroupID": project["ProjectGroupId"], "LifecycleID": project["LifecycleId"] });
    let clone = client
        .post(
            &format!("{}?clone={}", client.link("Projects"), text(&project["Id"])),
            body,
        )
        .await;
    client.aside();
    is_a_project(&clone);
    let process = client
        .get(&plain(&clone["Links"]["DeploymentProcess"]))
        .await;
    assert_eq!(
        process["Steps"][0]["Properties"]["Regatta.Step.DependsOn"],
        r#"["build"]"#
    );
    client.command("project disable, project enable");
    let own = plain(&clone["Links"]["Self"]);
    let mut disabled = client.held(&own, &go::PROJECT).await;
    disabled["IsDisabled"] = json!(true);
    assert_eq!(client.put(&own, &disabled).await["IsDisabled"], true);
    client.aside();
    assert_eq!(
        client
            .get("/api/projects/all")
            .await
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    client.command("project delete");
    client.find("Projects", "Second Fire").await;
    client.delete(&own).await;
    client.aside();
    assert_eq!(
        client
            .get("/api/projects/all")
            .await
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}
