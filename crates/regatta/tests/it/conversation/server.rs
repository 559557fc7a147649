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
    let me = client.get(&client.link("CurrentUser")).await;
    assert_eq!(me["Username"], "admin");
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

    let team = client.get("/api/teams/all").await[0]["Id"].clone();
    let users = client.get("/api/users/all").await;
    assert_eq!(users[0]["Id"], me["Id"]);
    let body = json!({ "Name": "Second", "IsDefault": false, "SpaceManagersTeams": [team], "SpaceManagersTeamMembers": [me["Id"]], "TaskQueueStopped": false });
    let space = client.post("/api/spaces", body).await;
    let found = client.find("Spaces", "SECOND").await;
    assert_eq!(found["Id"], space["Id"]);
    assert!(text(&found["Links"]["Web"]).starts_with("/app#/"));
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
    let own = format!("/api/spaces/{}", text(&space["Id"]));
    let running = client.try_send(Method::DELETE, &own, None).await;
    assert_eq!(running.unwrap_err().status, StatusCode::BAD_REQUEST);
    space["TaskQueueStopped"] = json!(true);
    client.put(&own, &space).await;
    client.delete(&own).await;
    let gone = client.try_send(Method::GET, &own, None).await.unwrap_err();
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    let user = json!({ "Username": "robot", "DisplayName": "Robot", "IsService": true });
    let user = client.post("/api/users", user).await;
    let found = client.pages("/api/users?filter=robot").await;
    assert_eq!(found[0]["Id"], user["Id"]);
    client
        .delete(&format!("/api/users/{}", text(&user["Id"])))
        .await;
    insta::assert_snapshot!(
        "conversation_server_traffic",
        traffic(client.installation).await
    );
}
