//! `project-group …`, `environment …`, `lifecycle …`, `project …`, `channel …`, `project variables …`.

use serde_json::{Value, json};

use super::client::{Client, plain};
use crate::installation::{Installation, text};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_set_up() {
    let installation = Installation::start().await;
    let client = Client::start(&installation).await;
    let group = client
        .post(
            &client.link("ProjectGroups"),
            json!({ "Name": "Fire Group", "Description": "" }),
        )
        .await;
    let mut environments = Vec::new();
    for name in ["Dev", "Production"] {
        let body = json!({ "Name": name, "Description": "", "UseGuidedFailure": false, "AllowDynamicInfrastructure": false, "ExtensionSettings": [] });
        environments.push(client.post(&client.link("Environments"), body).await["Id"].clone());
    }
    let retention = json!({ "Unit": "Days", "QuantityToKeep": 3, "ShouldKeepForever": false, "Strategy": "Count" });
    let phase = |name: &str, environment: &Value| json!({ "Name": name, "AutomaticDeploymentTargets": [], "OptionalDeploymentTargets": [environment], "MinimumEnvironmentsBeforePromotion": 0, "IsOptionalPhase": false });
    let lifecycle = json!({ "Name": "Fire Lifecycle", "Phases": [phase("Dev", &environments[0]), phase("Production", &environments[1])], "ReleaseRetentionPolicy": retention, "TentacleRetentionPolicy": retention });
    let lifecycle = client.post(&client.link("Lifecycles"), lifecycle).await;
    assert_eq!(lifecycle["ReleaseRetentionPolicy"]["Strategy"], "Count");
    let found = client.find("Lifecycles", "fire lifecycle").await;
    assert_eq!(found["Id"], lifecycle["Id"]);
    assert_eq!(
        client.find("ProjectGroups", "Fire Group").await["Id"],
        group["Id"]
    );

    let body = json!({
        "Name": "Fire Project", "LifecycleId": lifecycle["Id"], "ProjectGroupId": group["Id"], "Description": "", "ExtensionSettings": [],
        "ProjectConnectivityPolicy": { "AllowDeploymentsToNoTargets": false, "ExcludeUnhealthyTargets": false, "SkipMachineBehavior": "None", "TargetRoles": [] },
        "DefaultToSkipIfAlreadyInstalled": false, "AutoCreateRelease": false, "IsDisabled": false, "DiscreteChannelRelease": false,
        "IsVersionControlled": false, "CombineHealthAndSyncStatusInDashboardLiveStatus": false, "Links": {},
    });
    client.post(&client.link("Projects"), body).await;
    let project = client.find("Projects", "Fire Project").await;
    is_a_project(&project);
    assert_eq!(
        client
            .pages(&plain(&group["Links"]["Projects"]))
            .await
            .len(),
        1
    );

    process_survives(&client, &project).await;
    channels(&client, &project, &lifecycle).await;
    variables(&client, &project, &environments[0]).await;
    clones(&client, project).await;
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

/// The library keeps of a step and of an action the fields it has; everything else is lost when it saves.
fn as_the_library_keeps_it(mut process: Value) -> Value {
    const STEP: [&str; 8] = [
        "Id",
        "Name",
        "Slug",
        "StartTrigger",
        "Condition",
        "PackageRequirement",
        "Properties",
        "Actions",
    ];
    for step in process["Steps"].as_array_mut().unwrap() {
        step.as_object_mut()
            .unwrap()
            .retain(|key, _| STEP.contains(&key.as_str()));
    }
    process
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "LastModifiedOn");
    process
}

async fn process_survives(client: &Client<'_>, project: &Value) {
    let own = plain(&project["Links"]["DeploymentProcess"]);
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

    let mut again = as_the_library_keeps_it(client.get(&own).await);
    again["Steps"][1]["Name"] = json!("compile");
    let saved = client.put(&plain(&again["Links"]["Self"]), &again).await;
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
    let template = client.get(&plain(&saved["Links"]["Template"])).await;
    assert_eq!(template["NextVersionIncrement"], "0.0.1");
}

async fn channels(client: &Client<'_>, project: &Value, lifecycle: &Value) {
    let body = json!({ "Name": "Hotfix", "ProjectId": project["Id"], "LifecycleId": lifecycle["Id"], "IsDefault": false, "Rules": [], "TenantTags": [] });
    let made = client.post(&client.link("Channels"), body).await;
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
    client
        .delete(&format!(
            "{}/{}",
            client.link("Channels"),
            text(&made["Id"])
        ))
        .await;
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
        let mut set = client.get(&path).await;
        // The library has a text for every value, so it sends an empty one for what it was not told.
        for variable in set["Variables"].as_array_mut().unwrap() {
            if variable["Value"].is_null() {
                variable["Value"] = json!("");
            }
        }
        set["Variables"].as_array_mut().unwrap().push(variable);
        client.put(&path, &set).await;
        client.get(&path).await
    };
    add(json!({ "Name": "Password", "Value": "hunter2", "Type": "Sensitive", "IsSensitive": true, "Scope": {} })).await;
    let set = add(json!({ "Id": "", "Name": "Color", "Value": "red", "Type": "String", "IsSensitive": false, "Scope": { "Environment": [environment] } })).await;
    let listed = set["Variables"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["Value"], Value::Null, "a secret is not answered");
    let (_, raw) = client
        .installation
        .try_send(reqwest::Method::GET, &path, None)
        .await
        .unwrap();
    assert!(!raw.contains("hunter2"), "{raw}");

    let set_of = client
        .post(
            &client.link("LibraryVariables"),
            json!({ "Name": "Shared", "ContentType": "Variables" }),
        )
        .await;
    let mut including = project.clone();
    including["IncludedLibraryVariableSetIds"] = json!([set_of["Id"]]);
    let own = plain(&project["Links"]["Self"]);
    let included = client.put(&own, &including).await;
    assert_eq!(
        included["IncludedLibraryVariableSetIds"],
        json!([set_of["Id"]])
    );
    let excluded = client.put(&own, project).await;
    assert_eq!(excluded["IncludedLibraryVariableSetIds"], json!([]));
}

async fn clones(client: &Client<'_>, project: Value) {
    // The library has no names of its own for these keys, hence the capitals.
    let body = json!({ "Name": "Second Fire", "Description": "", "ProjectGroupID": project["ProjectGroupId"], "LifecycleID": project["LifecycleId"] });
    let clone = client
        .post(
            &format!("{}?clone={}", client.link("Projects"), text(&project["Id"])),
            body,
        )
        .await;
    is_a_project(&clone);
    let process = client
        .get(&plain(&clone["Links"]["DeploymentProcess"]))
        .await;
    assert_eq!(
        process["Steps"][0]["Properties"]["Regatta.Step.DependsOn"],
        r#"["build"]"#
    );
    let own = plain(&clone["Links"]["Self"]);
    let mut disabled = clone.clone();
    disabled["IsDisabled"] = json!(true);
    assert_eq!(client.put(&own, &disabled).await["IsDisabled"], true);
    assert_eq!(
        client
            .get("/api/projects/all")
            .await
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    client.delete(&own).await;
    assert_eq!(
        client
            .get("/api/projects/all")
            .await
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}
