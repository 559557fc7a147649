//! `tenant …` and `project connect`.

use serde_json::{Value, json};

use super::client::{Client, plain};
use super::go;
use crate::installation::{Installation, text};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_connected_and_get_their_values() {
    let installation = Installation::start().await;
    let client = Client::start(&installation).await;
    let environment = client
        .post(&client.link("Environments"), json!({ "Name": "Dev" }))
        .await;
    let project = shop(&client).await;
    let tags = json!({ "Name": "Ring", "Scopes": ["Tenant"], "Type": "MultiSelect", "Tags": [{ "Name": "Early", "Color": "#333333" }] });
    client.post(&client.link("TagSets"), tags).await;
    let tenants = client.link("Tenants");
    client.command("tenant create");
    client
        .get(&format!("{}?scopes=Tenant", client.link("TagSets")))
        .await;
    // The library leaves empty lists out, and says whose clone it is even of none.
    let body = json!({ "ClonedFromTenantId": "", "Description": "", "Name": "Acme", "SpaceId": client.space, "IsDisabled": false });
    client.post(&tenants, body).await;
    client.command("tenant list");
    client.pages(&tenants).await;
    client.get("/api/projects/all").await;
    client.get("/api/environments/all").await;
    client.command("tenant view");
    let found = client.find("Tenants", "ACME").await;
    let own = format!("{tenants}/{}", text(&found["Id"]));

    client.command("tenant connect, project connect");
    client.find("Tenants", "Acme").await;
    client.find("Projects", "Shop").await;
    client.get("/api/environments/all").await;
    let progression = client.get(&plain(&project["Links"]["Progression"])).await;
    assert_eq!(progression["Environments"][0]["Id"], environment["Id"]);
    let whole = plain(&project["Links"]["Self"]);
    let mut tenanted = client.held(&whole, &go::PROJECT).await;
    tenanted["TenantedDeploymentMode"] = json!("TenantedOrUntenanted");
    tenanted["Templates"] = json!([{ "Id": "", "Name": "Host", "Label": "Host", "DefaultValue": null, "DisplaySettings": { "Octopus.ControlType": "SingleLineText" } }]);
    let tenanted = client.put(&whole, &tenanted).await;
    let mut tenant = client.held(&own, &go::TENANT).await;
    tenant["ProjectEnvironments"] = json!({ text(&project["Id"]): [environment["Id"]] });
    client.put(&own, &tenant).await;
    client.command("tenant tag");
    let sets = format!("{}?scopes=Tenant", client.link("TagSets"));
    client.get(&sets).await;
    let mut tenant = client.held(&own, &go::TENANT).await;
    tenant["TenantTags"] = json!(["Ring/Early"]);
    let connected = client.put(&own, &tenant).await;
    assert_eq!(connected["Slug"], found["Slug"], "not sent, and kept");
    assert_eq!(
        connected["ProjectEnvironments"],
        tenant["ProjectEnvironments"]
    );
    let template = &tenanted["Templates"][0]["Id"];
    values(
        &client,
        &connected,
        &project,
        (&environment["Id"], template),
    )
    .await;

    comes_and_goes(&client, connected).await;
    insta::assert_snapshot!("conversation_tenant_commands", client.said());
    insta::assert_snapshot!("conversation_tenant_traffic", traffic(&installation).await);
}

async fn shop(client: &Client<'_>) -> Value {
    let first = |items: Vec<Value>| items[0]["Id"].clone();
    let (lifecycle, group) = (
        first(client.pages(&client.link("Lifecycles")).await),
        first(client.pages(&client.link("ProjectGroups")).await),
    );
    let body = json!({ "Name": "Shop", "LifecycleId": lifecycle, "ProjectGroupId": group });
    client.post(&client.link("Projects"), body).await
}

/// Cloned, disabled, disconnected, deleted.
async fn comes_and_goes(client: &Client<'_>, tenant: Value) {
    let tenants = client.link("Tenants");
    let own = format!("{tenants}/{}", text(&tenant["Id"]));
    client.command("tenant clone");
    let clone = client
        .post(
            &format!("{tenants}?clone={}", text(&tenant["Id"])),
            json!({ "Name": "Bolt", "Description": "" }),
        )
        .await;
    assert_eq!(
        (&clone["TenantTags"], &clone["ClonedFromTenantId"]),
        (&json!(["Ring/Early"]), &tenant["Id"])
    );
    client.command("tenant disable, tenant enable");
    let mut disabled = client.held(&own, &go::TENANT).await;
    disabled["IsDisabled"] = json!(true);
    assert_eq!(client.put(&own, &disabled).await["IsDisabled"], true);
    client.aside();
    assert_eq!(
        client
            .pages(&format!("{tenants}?isDisabled=true"))
            .await
            .len(),
        1
    );
    client.command("tenant disconnect, project disconnect");
    let mut apart = client.held(&own, &go::TENANT).await;
    apart.as_object_mut().unwrap().remove("ProjectEnvironments");
    let apart = client.put(&own, &apart).await;
    assert_eq!(apart["ProjectEnvironments"], json!({}));
    client.command("tenant delete");
    client.find("Tenants", "Acme").await;
    client.delete(&own).await;
    client.aside();
    let left = client.get(&format!("{tenants}/all")).await;
    assert_eq!(left.as_array().map(Vec::len), Some(1));
}

/// In both forms, depending on a toggle that the client asks for.
async fn values(client: &Client<'_>, tenant: &Value, project: &Value, at: (&Value, &Value)) {
    let (environment, template) = at;
    client.command("tenant variables list, tenant variables update");
    let toggles = client
        .get("/api/configuration/feature-toggles?Name=CommonVariableScopingFeatureToggle")
        .await;
    assert_eq!(
        toggles["FeatureToggles"][0]["Name"],
        "CommonVariableScopingFeatureToggle"
    );
    let missing = format!(
        "{}?tenantId={}&includeDetails=true",
        client.link("TenantsMissingVariables"),
        text(&tenant["Id"])
    );
    let missing_now = async || client.get(&missing).await.as_array().map_or(0, Vec::len);
    assert_eq!(missing_now().await, 1);
    let older = plain(&tenant["Links"]["Variables"]);
    let mut variables = client.get(&older).await;
    // It is printed where there is no value, without a look whether it is there.
    let shown = &variables["ProjectVariables"][text(&project["Id"])]["Templates"][0];
    assert_eq!(shown["DefaultValue"], "", "{shown}");
    let (project, of, template) = (text(&project["Id"]), text(environment), text(template));
    variables["ProjectVariables"][&project]["Variables"][&of] =
        json!({ &template: "acme.example" });
    let saved = client.post(&older, variables).await;
    assert_eq!(
        saved["ProjectVariables"][&project]["Variables"][&of][&template],
        "acme.example"
    );
    assert_eq!(missing_now().await, 0);

    let newer = format!(
        "{}/{}/projectvariables",
        client.link("Tenants"),
        text(&tenant["Id"])
    );
    let read = client
        .get(&format!("{newer}?IncludeMissingVariables=true"))
        .await;
    let mut one = read["Variables"][0].clone();
    assert_eq!(one["Value"], "acme.example", "{read}");
    one["Value"] = json!("new.example");
    client.put(&newer, &json!({ "Variables": [one] })).await;
    let again = client.get(&older).await;
    assert_eq!(
        again["ProjectVariables"][&project]["Variables"][&of][&template],
        "new.example"
    );
}
