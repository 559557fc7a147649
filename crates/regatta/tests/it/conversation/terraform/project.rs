//! Lifecycles, groups, library sets, projects with their processes, variables, channels, runbooks and tenants.

use serde_json::{Value, json};

use super::super::client::{Client, plain};
use super::{applied, applied_bare, id, is_as_planned, is_settled};
use crate::installation::text;

pub(super) async fn is_applied(client: &Client<'_>) {
    client.aside();
    let environments = client.pages(&client.link("Environments")).await;
    let environment = id(&environments[0]);
    let lifecycle = lifecycle(client, &environment).await;
    let group = json!({ "Name": "Terraformed", "Description": "d", "SpaceId": client.space });
    let at = client.link("ProjectGroups");
    let group = id(&applied(client, "octopusdeploy_project_group", &at, group).await);
    let library = library(client).await;
    let project = project(client, (&lifecycle, &group, &library)).await;
    process(
        client,
        &text(&project["DeploymentProcessId"]),
        "DeploymentProcesses",
    )
    .await;
    variables(client, &text(&project["VariableSetId"]), &environment).await;
    channel(client, (&id(&project), &lifecycle)).await;
    runbook(client, (&id(&project), &environment)).await;
    tenant(client, (&id(&project), &environment)).await;
}

/// Retention that the plan leaves out is sent as the space's default, and looked for as it was sent.
async fn lifecycle(client: &Client<'_>, environment: &str) -> String {
    let default = json!({ "QuantityToKeep": 0, "ShouldKeepForever": true, "Unit": "Items", "Strategy": "Default" });
    let forever = json!({ "QuantityToKeep": 0, "ShouldKeepForever": true, "Unit": "Items", "Strategy": "Forever" });
    let count = json!({ "QuantityToKeep": 30, "ShouldKeepForever": false, "Unit": "Days", "Strategy": "Count" });
    let phase = |name: &str, retention: [&Value; 2]| {
        json!({
            "Name": name, "AutomaticDeploymentTargets": [], "OptionalDeploymentTargets": [], "MinimumEnvironmentsBeforePromotion": 0,
            "IsOptionalPhase": false, "IsPriorityPhase": false, "ReleaseRetentionPolicy": retention[0], "TentacleRetentionPolicy": retention[1],
        })
    };
    let mut first = phase("First", [&count, &forever]);
    first["OptionalDeploymentTargets"] = json!([environment]);
    let lifecycle = json!({
        "Name": "Terraformed", "Description": "d", "SpaceId": client.space, "Phases": [first, phase("Second", [&default, &default])],
        "ReleaseRetentionPolicy": default, "TentacleRetentionPolicy": default,
    });
    let at = client.link("Lifecycles");
    let made = applied(client, "octopusdeploy_lifecycle", &at, lifecycle).await;
    assert!(!text(&made["Phases"][0]["Id"]).is_empty());
    id(&made)
}

/// Templates are kept by their ids, with texts as they are.
fn templates() -> Value {
    json!([
        { "Id": "7c4a2f9e-1111-4f5e-9e9a-000000000001", "Name": "Region.Name", "Label": "Region", "HelpText": "where", "DefaultValue": "north", "DisplaySettings": { "Octopus.ControlType": "SingleLineText" } },
        { "Id": "7c4a2f9e-1111-4f5e-9e9a-000000000002", "Name": "Empty", "Label": "", "HelpText": "", "DefaultValue": "", "DisplaySettings": { "Octopus.ControlType": "Select", "Octopus.SelectOptions": "a|A\nb|B" } },
    ])
}

async fn library(client: &Client<'_>) -> String {
    let set = json!({ "Name": "Terraformed", "Description": "d", "SpaceId": client.space, "ContentType": "Variables", "Templates": templates() });
    let at = client.link("LibraryVariables");
    let made = applied(client, "octopusdeploy_library_variable_set", &at, set).await;
    // It looks at these without a look whether they are there.
    let templates = made["Templates"].as_array().unwrap().iter();
    assert!(templates.clone().all(|one| one["DefaultValue"].is_string()));
    let module = json!({ "Name": "Module", "Description": "d", "SpaceId": client.space, "ContentType": "ScriptModule" });
    applied(client, "octopusdeploy_script_module", &at, module).await;
    id(&made)
}

async fn project(client: &Client<'_>, (lifecycle, group, library): (&str, &str, &str)) -> Value {
    let project = json!({
        "Name": "Terraformed", "Description": "d", "SpaceId": client.space, "LifecycleId": lifecycle, "ProjectGroupId": group,
        "IncludedLibraryVariableSetIds": [library], "IsDisabled": false, "AutoCreateRelease": false, "DefaultGuidedFailureMode": "On",
        "DefaultToSkipIfAlreadyInstalled": true, "DiscreteChannelRelease": true, "IsVersionControlled": false, "AllowIgnoreChannelRules": false,
        "TenantedDeploymentMode": "TenantedOrUntenanted", "DeploymentChangesTemplate": "changes", "ReleaseNotesTemplate": "notes",
        "Slug": "terraformed-project", "ProjectTags": ["Region/South", "Region/North"], "Templates": templates(),
        "ProjectConnectivityPolicy": { "AllowDeploymentsToNoTargets": true, "ExcludeUnhealthyTargets": true, "SkipMachineBehavior": "SkipUnavailableMachines", "TargetRoles": ["web"] },
        "VersioningStrategy": { "Template": "#{Octopus.Version.LastMajor}.0.i" },
        "AutoDeployReleaseOverrides": [],
    });
    let at = client.link("Projects");
    let made = applied(client, "octopusdeploy_project", &at, project).await;
    // Nothing was planned for these, and the provider reads what is there.
    let strategy = &made["VersioningStrategy"];
    assert!(strategy["DonorPackageStepId"].is_null(), "{strategy}");
    assert!(strategy["DonorPackage"].is_null(), "{strategy}");
    assert!(made["ReleaseCreationStrategy"].is_null(), "{made}");
    let bare = json!({ "Name": "Bare", "LifecycleId": lifecycle, "ProjectGroupId": group });
    let left_out = [
        "Description",
        "IncludedLibraryVariableSetIds",
        "Templates",
        "ProjectTags",
        "ReleaseNotesTemplate",
        "DeploymentChangesTemplate",
        "ReleaseCreationStrategy",
        "AutoDeployReleaseOverrides",
        "ClonedFromProjectId",
        "ExtensionSettings",
        "IsVersionControlled",
    ];
    applied_bare(client, &at, bare, &left_out).await;
    for (number, template) in templates().as_array().unwrap().iter().enumerate() {
        is_as_planned(template, &made["Templates"][number], "template");
    }
    made
}

/// One step after the other is added to the process that was read; each is found by its name, and nothing is added to its
/// properties.
async fn process(client: &Client<'_>, process: &str, link: &str) {
    client.command(
        "octopusdeploy_process, octopusdeploy_process_step, octopusdeploy_process_steps_order",
    );
    let own = format!("{}/{process}", client.link(link));
    let step = |name: &str, depends: Value| {
        json!({
            "Name": name, "Condition": "Success", "StartTrigger": "StartWithPrevious", "PackageRequirement": "LetOctopusDecide", "Properties": depends,
            "Actions": [{
                "Name": name, "ActionType": "Octopus.Script", "Condition": "Success", "IsDisabled": false, "IsRequired": false, "Notes": "n",
                "Environments": [], "ExcludedEnvironments": [], "Channels": [], "TenantTags": [], "Packages": [], "GitDependencies": [],
                "WorkerPoolId": "", "WorkerPoolVariable": "", "Container": { "FeedId": "", "Image": "" }, "CanBeUsedForProjectVersioning": false,
                "Properties": { "Octopus.Action.RunOnServer": "True", "Octopus.Action.Script.ScriptBody": "echo", "Octopus.Action.Script.Syntax": "Bash", "Octopus.Action.Script.ScriptSource": "Inline" },
            }],
        })
    };
    let steps = [
        step("Build", json!({ "Regatta.Step.DependsOn": "[]" })),
        step("Ship", json!({ "Regatta.Step.DependsOn": "[\"build\"]" })),
    ];
    for planned in &steps {
        let mut whole = client.get(&own).await;
        whole["Steps"].as_array_mut().unwrap().push(planned.clone());
        let saved = client.put(&own, &whole).await;
        let found = saved["Steps"].as_array().unwrap().iter();
        let found = found.clone().find(|step| step["Name"] == planned["Name"]);
        let found = found.expect("it was added");
        is_as_planned(planned, found, "step");
        assert_eq!(found["Properties"], planned["Properties"]);
        let properties = &found["Actions"][0]["Properties"];
        assert_eq!(*properties, planned["Actions"][0]["Properties"]);
        assert!(!text(&found["Actions"][0]["Slug"]).is_empty());
        is_settled(&saved, &client.get(&own).await);
    }
    let mut whole = client.get(&own).await;
    let ids = [id(&whole["Steps"][1]), id(&whole["Steps"][0])];
    whole["Steps"].as_array_mut().unwrap().reverse();
    let saved = client.put(&own, &whole).await;
    assert_eq!([id(&saved["Steps"][0]), id(&saved["Steps"][1])], ids);
}

/// Each variable is added to the set that was read, and found by what it says.
async fn variables(client: &Client<'_>, set: &str, environment: &str) {
    client.command("octopusdeploy_variable");
    let own = format!("{}/{set}", client.link("Variables"));
    let planned = [
        json!({ "Name": "Plain", "Value": "1", "Description": "d", "Type": "String", "IsEditable": true, "IsSensitive": false, "Scope": { "Environment": [environment], "Role": ["web"] } }),
        json!({ "Name": "Asked", "Value": "a", "Description": "", "Type": "String", "IsEditable": true, "IsSensitive": false, "Scope": {}, "Prompt": { "Label": "L", "Description": "D", "Required": true, "DisplaySettings": { "Octopus.ControlType": "Select", "Octopus.SelectOptions": "a|A\nb|B" } } }),
        json!({ "Name": "Hidden", "Value": "hush", "Description": "d", "Type": "Sensitive", "IsEditable": true, "IsSensitive": true, "Scope": {} }),
    ];
    for variable in &planned {
        let mut whole = client.get(&own).await;
        whole["Variables"]
            .as_array_mut()
            .unwrap()
            .push(variable.clone());
        let saved = client.put(&own, &whole).await;
        let found = saved["Variables"].as_array().unwrap().iter();
        let found = found.clone().find(|one| one["Name"] == variable["Name"]);
        let found = found.expect("it was added");
        let mut expected = variable.clone();
        if variable["IsSensitive"] == true {
            assert!(found["Value"].is_null(), "{found}");
            expected["Value"] = Value::Null;
        }
        is_as_planned(&expected, found, "variable");
        assert!(!text(&found["Id"]).is_empty());
        is_settled(&saved, &client.get(&own).await);
    }
}

async fn channel(client: &Client<'_>, (project, lifecycle): (&str, &str)) {
    let channel = json!({
        "Name": "Hot", "Description": "d", "ProjectId": project, "SpaceId": client.space, "LifecycleId": lifecycle, "IsDefault": false,
        "TenantTags": ["Region/North"], "Type": "Lifecycle", "GitReferenceRules": [], "GitResourceRules": [], "CustomFieldDefinitions": [],
        "Rules": [{ "Id": "7c4a2f9e-1111-4f5e-9e9a-000000000003", "VersionRange": "[1.0,2.0)", "Tag": "^hot$", "ActionPackages": [] }],
    });
    let at = client.link("Channels");
    applied(client, "octopusdeploy_channel", &at, channel).await;
    let bare = json!({ "Name": "Bare", "ProjectId": project, "Type": "Lifecycle" });
    let left_out = [
        "Description",
        "LifecycleId",
        "IsDefault",
        "Rules",
        "TenantTags",
    ];
    applied_bare(client, &at, bare, &left_out).await;
}

async fn runbook(client: &Client<'_>, (project, environment): (&str, &str)) {
    let runbook = json!({
        "Name": "Back up", "Description": "d", "ProjectId": project, "SpaceId": client.space, "MultiTenancyMode": "TenantedOrUntenanted",
        "EnvironmentScope": "Specified", "Environments": [environment], "DefaultGuidedFailureMode": "Off", "ForcePackageDownload": true,
        "ConnectivityPolicy": { "AllowDeploymentsToNoTargets": true, "ExcludeUnhealthyTargets": false, "SkipMachineBehavior": "None", "TargetRoles": [] },
        "RunRetentionPolicy": { "QuantityToKeep": 10, "ShouldKeepForever": false, "Strategy": "Count", "Unit": "Items" },
    });
    let at = client.link("Runbooks");
    let made = applied(client, "octopusdeploy_runbook", &at, runbook).await;
    process(client, &text(&made["RunbookProcessId"]), "RunbookProcesses").await;
}

/// The tenant, its projects, and the values of what the project and the library set ask of it.
async fn tenant(client: &Client<'_>, (project, environment): (&str, &str)) {
    let tenant = json!({ "Name": "Acme", "Description": "d", "SpaceId": client.space, "TenantTags": ["Region/South", "Region/North"], "IsDisabled": false, "ProjectEnvironments": {} });
    let at = client.link("Tenants");
    let mut made = applied(client, "octopusdeploy_tenant", &at, tenant).await;
    let bare = json!({ "Name": "Bare" });
    let left_out = [
        "Description",
        "TenantTags",
        "IsDisabled",
        "ClonedFromTenantId",
    ];
    applied_bare(client, &at, bare, &left_out).await;
    client.command("octopusdeploy_tenant_project");
    let own = plain(&made["Links"]["Self"]);
    made["ProjectEnvironments"] = json!({ project: [environment] });
    let saved = client.put(&own, &made).await;
    assert_eq!(saved["ProjectEnvironments"], made["ProjectEnvironments"]);
    client.command("octopusdeploy_tenant_project_variable, octopusdeploy_tenant_common_variable");
    let variables = plain(&saved["Links"]["Variables"]);
    let mut values = client.get(&variables).await;
    let template = "7c4a2f9e-1111-4f5e-9e9a-000000000001";
    values["ProjectVariables"][project]["Variables"][environment] = json!({ template: "south" });
    let library = values["LibraryVariables"]
        .as_object()
        .unwrap()
        .keys()
        .next();
    let library = library.expect("the project includes a set").clone();
    values["LibraryVariables"][&library]["Variables"] = json!({ template: "west" });
    let put = client.put(&variables, &values).await;
    let again = client.get(&variables).await;
    for answer in [&put, &again] {
        let own = &answer["ProjectVariables"][project]["Variables"][environment];
        assert_eq!(own[template], "south", "{answer}");
        let common = &answer["LibraryVariables"][&library]["Variables"];
        assert_eq!(common[template], "west", "{answer}");
    }
}
