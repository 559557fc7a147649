//! `login`, `space …`, `user …`, `api …`, and what clients ask before they begin.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::Client;
use crate::installation::{Installation, text};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_finds_its_way_in() {
    let installation = Installation::start().await;
    let client = Client::start(&installation).await;
    client.command("login");
    let root = client.get("/api/").await;
    let id = text(&root["InstallationId"]);
    let parts: Vec<_> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "it must be a UUID: {id}");
    let me = client.get(&client.link("CurrentUser")).await;
    assert_eq!(me["Username"], "admin");
    client.command("what commands ask beside their own");
    let toggle = "/api/configuration/feature-toggles?Name=indicate-missing-packages-for-release";
    let toggles = client.get(toggle).await;
    assert_eq!(
        toggles["FeatureToggles"][0]["Name"],
        "indicate-missing-packages-for-release"
    );
    let capabilities = client.get("/api/capabilities").await;
    let able = capabilities["Capabilities"].as_array().unwrap();
    assert!(
        able.contains(&json!("CreateReleaseCommandV1")),
        "{capabilities}"
    );
    assert!(client.get("/api/serverstatus").await["Links"].is_object());
    let zones = client.get(&client.link("Timezones")).await;
    assert!(zones.as_array().is_some_and(|zones| !zones.is_empty()));

    client.command("space create");
    client.get("/api/spaces/all").await;
    let teams = client.get("/api/teams?includeSystem=true").await;
    let team = teams["Items"][0]["Id"].clone();
    let users = client.get("/api/users/all").await;
    assert_eq!(users[0]["Id"], me["Id"]);
    let body = json!({ "Name": "Second", "IsDefault": false, "SpaceManagersTeams": [team], "SpaceManagersTeamMembers": [me["Id"]], "TaskQueueStopped": false });
    let space = client.post("/api/spaces", body).await;
    client.command("space list");
    client.pages("/api/spaces").await;
    client.command("space view");
    let found = client.find("Spaces", "SECOND").await;
    assert_eq!(found["Id"], space["Id"]);
    assert!(text(&found["Links"]["Web"]).starts_with("/app#/"));
    client.aside();
    seeded(&client, &text(&space["Id"])).await;
    removed(&client, space).await;
}

/// A new space has what projects are made of.
async fn seeded(client: &Client<'_>, space: &str) {
    for (collection, least) in [
        ("lifecycles", 1),
        ("projectgroups", 1),
        ("machinepolicies", 1),
        ("workerpools", 1),
    ] {
        let all = client.get(&format!("/api/{space}/{collection}/all")).await;
        assert!(
            all.as_array().is_some_and(|all| all.len() >= least),
            "{collection}: {all}"
        );
    }
    let feeds = client
        .get(&format!("/api/{space}/feeds?feedType=BuiltIn&take=1"))
        .await;
    assert_eq!(feeds["Items"].as_array().map(Vec::len), Some(1), "{feeds}");
}

async fn removed(client: &Client<'_>, mut space: Value) {
    client.command("space delete");
    let own = format!("/api/spaces/{}", text(&space["Id"]));
    let running = client.try_send(Method::DELETE, &own, None).await;
    assert_eq!(running.unwrap_err().status, StatusCode::BAD_REQUEST);
    space["TaskQueueStopped"] = json!(true);
    client.put(&own, &space).await;
    client.delete(&own).await;
    client.aside();
    let gone = client.try_send(Method::GET, &own, None).await.unwrap_err();
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    client.aside();
    let user = json!({ "Username": "robot", "DisplayName": "Robot", "IsService": true });
    let user = client.post("/api/users", user).await;
    client.command("user list");
    client.get("/api/users/all").await;
    client.command("user delete");
    let found = client.pages("/api/users?filter=robot").await;
    assert_eq!(found[0]["Id"], user["Id"]);
    client
        .delete(&format!("/api/users/{}", text(&user["Id"])))
        .await;
    insta::assert_snapshot!("conversation_server_commands", client.said());
    insta::assert_snapshot!(
        "conversation_server_traffic",
        traffic(client.installation).await
    );
}
