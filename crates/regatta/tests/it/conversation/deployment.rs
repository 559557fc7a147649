//! `release deploy` and `runbook run` with more to say: for tenants, later, asking when something fails, with answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{Client, plain};
use super::go;
use crate::installation::{Installation, step, text, tomorrow};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_deployed_as_it_was_asked() {
    let installation = Installation::start().await;
    let mut project = installation
        .project("Fire Project", vec![step("build", None, "echo #{Color}")])
        .await;
    let client = Client::start(&installation).await;
    world(&client).await;
    installation.release(&mut project).await;

    client.command("release deploy, later and with answers");
    let asked = preview(&client).await;
    let names = asked["Form"]["Elements"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|one| text(&one["Control"]["Name"])).collect();
    assert_eq!(names, ["Key", "Color"], "by their labels");
    let at = tomorrow();
    let body = json!({
        "environmentNames": ["Test"], "useGuidedFailure": true, "variables": { "Color": "blue", "Key": "hush" }, "runAt": at, "noRunAfter": null,
        "skipStepNames": ["ship"], "comments": "as asked",
    });
    let refused = deploy(&client, "untenanted", body.clone())
        .await
        .unwrap_err();
    assert!(refused.contains("ship"), "{refused}");
    let mut body = body;
    body.as_object_mut().unwrap().remove("skipStepNames");
    let task = deploy(&client, "untenanted", body).await.unwrap();
    client.aside();
    let deployments = client.pages(&client.link("Deployments")).await;
    let made = go::DEPLOYMENT.kept(&deployments[0], "a deployment");
    assert_eq!(
        (&made["TaskId"], &made["UseGuidedFailure"]),
        (&json!(task), &json!(true))
    );
    assert!(text(&made["QueueTime"]).starts_with(&at[..16]), "{made}");
    let given = made["FormValues"].as_object().unwrap().values();
    let given: BTreeSet<_> = given.map(text).collect();
    assert_eq!(given, BTreeSet::from([String::new(), "blue".to_owned()]));
    let task = client.held(&format!("/api/tasks/{task}"), &go::TASK).await;
    assert_eq!(task["State"], "Queued");

    client.command("release deploy, for tenants");
    for whom in [
        json!({ "tenants": ["Acme"] }),
        json!({ "tenantTags": ["Ring/Early"] }),
    ] {
        let mut body =
            json!({ "environmentName": "test", "variables": { "Color": "red", "Key": "hush" } });
        body.as_object_mut()
            .unwrap()
            .extend(whom.as_object().unwrap().clone());
        let task = deploy(&client, "tenanted", body).await.unwrap();
        assert_eq!(installation.finished(&task).await["State"], "Success");
    }
    let body = json!({ "environmentName": "Test", "tenants": ["Nobody"], "variables": { "Color": "red" } });
    let refused = deploy(&client, "tenanted", body).await.unwrap_err();
    assert!(refused.contains("Nobody"), "{refused}");
    insta::assert_snapshot!("conversation_deployment_commands", client.said());
    insta::assert_snapshot!(
        "conversation_deployment_traffic",
        traffic(&installation).await
    );
}

/// The project asks for a color, and is deployed for one tenant.
async fn world(client: &Client<'_>) {
    client.aside();
    let project = client.find("Projects", "Fire Project").await;
    let own = plain(&project["Links"]["Self"]);
    let mut tenanted = client.held(&own, &go::PROJECT).await;
    tenanted["TenantedDeploymentMode"] = json!("TenantedOrUntenanted");
    client.put(&own, &tenanted).await;
    let tags = json!({ "Name": "Ring", "Scopes": ["Tenant"], "Type": "MultiSelect", "Tags": [{ "Name": "Early", "Color": "#333333" }] });
    client.post(&client.link("TagSets"), tags).await;
    let environment = client.find("Environments", "Test").await;
    let tenant = json!({ "Name": "Acme", "TenantTags": ["Ring/Early"], "ProjectEnvironments": { text(&project["Id"]): [environment["Id"]] } });
    client.post(&client.link("Tenants"), tenant).await;
    let path = format!(
        "{}/{}",
        client.link("Variables"),
        text(&project["VariableSetId"])
    );
    let mut set = client.held(&path, &go::VARIABLES).await;
    set["Variables"].as_array_mut().unwrap().push(json!({
        "Name": "Color", "Value": "green", "Description": "", "Type": "String", "IsSensitive": false, "IsEditable": true, "Scope": {},
        "Prompt": { "Label": "Which", "Required": true },
    }));
    set["Variables"].as_array_mut().unwrap().push(json!({
        "Name": "Key", "Value": "", "Description": "", "Type": "Sensitive", "IsSensitive": false, "IsEditable": true, "Scope": {},
        "Prompt": { "Label": "Key", "Required": true },
    }));
    client.put(&path, &set).await;
}

async fn preview(client: &Client<'_>) -> Value {
    let release = client.installation.get("/api/releases").await["Items"][0].clone();
    let environment = client.find("Environments", "Test").await;
    let body = json!({ "DeploymentPreviews": [{ "EnvironmentId": environment["Id"], "TenantId": "" }], "IncludeDisabledSteps": true, "ReleaseId": release["Id"], "SpaceId": client.space });
    let path = format!(
        "{}/{}/deployments/previews",
        client.link("Releases"),
        text(&release["Id"])
    );
    let preview = client.post(&path, body).await[0].clone();
    let values = preview["Form"]["Values"].as_object().expect("a map");
    assert!(values.values().all(Value::is_string), "{preview}");
    preview
}

/// The id of the only task, or what is said instead.
async fn deploy(client: &Client<'_>, how: &str, more: Value) -> Result<String, String> {
    let release = client.installation.get("/api/releases").await["Items"][0].clone();
    let mut body = json!({
        "spaceId": client.space, "spaceIdOrName": client.space, "projectName": "Fire Project", "releaseVersion": release["Version"],
        "forcePackageDownload": false, "forcePackageRedeployment": false, "updateVariableSnapshot": false, "useGuidedFailure": null,
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let path = format!("/api/{}/deployments/create/{how}/v1", client.space);
    let made = client
        .try_send(reqwest::Method::POST, &path, Some(&body))
        .await;
    let made = made.map_err(|refusal| refusal.body["Errors"].to_string())?;
    let tasks = made["DeploymentServerTasks"].as_array().expect("a list");
    assert_eq!(tasks.len(), 1, "{made}");
    Ok(text(&tasks[0]["ServerTaskId"]))
}
