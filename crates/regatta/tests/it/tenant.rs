//! Deployments for tenants: whom they reach, what scripts see, and what keeps them out.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::installation::{Installation, Project, step, text};

const SPACE: &str = "/api/Spaces-1";

async fn tenant(installation: &Installation, project: &Project, name: &str, ring: &str) -> Value {
    let own = json!({ &project.id: ["Environments-1"] });
    let tenant =
        json!({ "Name": name, "TenantTags": [format!("Ring/{ring}")], "ProjectEnvironments": own });
    installation.post(&format!("{SPACE}/tenants"), tenant).await
}

/// A project for tenants whose one step says which tenant it is for, with two tenants and a value of their own each.
async fn shop(installation: &Installation) -> Project {
    let say = "echo \"for $(get_octopusvariable Octopus.Deployment.Tenant.Name) on $(get_octopusvariable Host)\"";
    let only_beta = "echo beta";
    let mut beta = step("beta", Some(&[]), only_beta);
    beta["Actions"][0]["TenantTags"] = json!(["Ring/Beta"]);
    installation
        .post(
            &format!("{SPACE}/tagsets"),
            json!({ "Name": "Ring", "Tags": [{ "Name": "Beta" }, { "Name": "Stable" }] }),
        )
        .await;
    let project = installation
        .project("Shop", vec![step("say", Some(&[]), say), beta])
        .await;
    let own = format!("{SPACE}/projects/{}", project.id);
    let mut changed = installation.get(&own).await;
    changed["TenantedDeploymentMode"] = json!("Tenanted");
    changed["Templates"] = json!([{ "Name": "Host", "DefaultValue": "nowhere" }]);
    let changed = installation.put(&own, changed).await;
    let host = text(&changed["Templates"][0]["Id"]);
    let acme = tenant(installation, &project, "Acme", "Beta").await;
    tenant(installation, &project, "Bolt", "Stable").await;
    let value = json!({ "ProjectId": project.id, "TemplateId": host, "Value": "acme.example", "Scope": { "EnvironmentIds": ["Environments-1"] } });
    installation
        .put(
            &format!("{SPACE}/tenants/{}/projectvariables", text(&acme["Id"])),
            json!({ "Variables": [value] }),
        )
        .await;
    project
}

fn command(project: &Project, more: &Value) -> Value {
    let mut command = json!({
        "spaceId": "Spaces-1", "projectName": "Shop", "releaseVersion": project.version, "environmentName": "Test",
    });
    let own = command.as_object_mut().unwrap();
    own.extend(more.as_object().unwrap().clone());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tenant_gets_a_deployment_of_its_own_with_its_own_values() {
    let installation = Installation::start().await;
    let project = shop(&installation).await;
    let tenanted = format!("{SPACE}/deployments/create/tenanted/v1");
    let made = installation
        .post(
            &tenanted,
            command(
                &project,
                &json!({ "tenantTags": ["Ring/Beta", "Ring/Stable"] }),
            ),
        )
        .await;
    let tasks = made["DeploymentServerTasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 2, "{made}");
    for (task, said, beta) in [
        (&tasks[0], "for Acme on acme.example", true),
        (&tasks[1], "for Bolt on nowhere", false),
    ] {
        let id = text(&task["ServerTaskId"]);
        let over = installation.finished(&id).await;
        assert_eq!(over["State"], "Success", "{over}");
        let log = installation.text(&format!("{SPACE}/tasks/{id}/raw")).await;
        assert!(log.contains(said), "{log}");
        let events = installation.events(&id).await;
        let ran = |event: &Value| event["Type"] == "TicketIssued" && event["StepSlug"] == "beta";
        assert_eq!(
            events.iter().any(ran),
            beta,
            "the step is for one ring only"
        );
    }
    let of_acme = installation
        .get(&format!("{SPACE}/deployments?tenants=Tenants-1"))
        .await;
    assert_eq!(of_acme["TotalResults"], 1);
    assert_eq!(of_acme["Items"][0]["TenantId"], "Tenants-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_get_the_project_there_is_refused_with_the_reason() {
    let installation = Installation::start().await;
    let project = shop(&installation).await;
    let tenanted = format!("{SPACE}/deployments/create/tenanted/v1");
    installation
        .post(&format!("{SPACE}/tenants"), json!({ "Name": "Nobody" }))
        .await;
    let untenanted = format!("{SPACE}/deployments/create/untenanted/v1");
    for (path, more, reason) in [
        (
            &tenanted,
            json!({ "tenants": ["Nobody"] }),
            "The tenant Nobody is not connected to the project Shop. Connect it first.",
        ),
        (
            &tenanted,
            json!({ "tenants": ["Acme", "Ghost"] }),
            "There is no tenant 'Ghost' in this space.",
        ),
        (
            &tenanted,
            json!({ "tenantTags": ["Ring/Gamma"] }),
            "No tenant that gets Shop in Test has the tags Ring/Gamma.",
        ),
        (
            &tenanted,
            json!({}),
            "Name at least one tenant in Tenants, or tags in TenantTags.",
        ),
        (
            &untenanted,
            json!({ "environmentNames": ["Test"] }),
            "The project Shop is deployed to tenants only. Name a tenant.",
        ),
    ] {
        let (status, answer) = installation
            .try_send(Method::POST, path, Some(&command(&project, &more)))
            .await
            .unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["Errors"], json!([reason]));
    }
    // All or none: the one that could have been served was not deployed either.
    let none = installation.get(&format!("{SPACE}/deployments")).await;
    assert_eq!(none["TotalResults"], 0);
}
