//! Everything else the client makes, changes, lists and deletes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{run, texts, traffic};
use crate::installation::{Installation, text};

#[tokio::test(flavor = "multi_thread")]
async fn tenants_tags_environments_and_what_is_deployed_for_them() {
    let installation = Installation::start().await;
    let told = run(&installation, "records", &json!({ "space": "records" })).await;
    insta::assert_snapshot!("npm_records_traffic", traffic(&installation).await);
    let own = format!("/api/{}", text(&told["of"]["SpaceId"]));
    let get = async |below: &str| installation.get(&format!("{own}/{below}")).await;

    let sets = get("tagsets").await;
    assert_eq!(
        texts(&sets["Items"], "Name"),
        ["Other", "Ring"],
        "as sorted"
    );
    let ring = &sets["Items"][1];
    assert_eq!(ring["Description"], "Who goes first");
    assert_eq!(ring["Tags"], told["ring"]["Tags"], "tags keep their ids");
    let environments = get("environments").await;
    assert_eq!(texts(&environments["Items"], "Name"), ["Production", "Dev"]);
    assert_eq!(environments["Items"][0]["Description"], "The real one");
    let second = &told["second"]["Items"];
    assert_eq!(texts(second, "Name"), ["Production", "Dev"]);
    assert_eq!(texts(second, "Type"), ["Static", "Static"]);
    let none = get("environments/v2?type=Ephemeral&take=2147483647").await;
    assert_eq!(none["TotalResults"], 0);

    let tenants = get("tenants").await;
    assert_eq!(
        texts(&tenants["Items"], "Name"),
        ["Acme"],
        "the other was deleted"
    );
    assert_eq!(tenants["Items"][0], told["changed"]);
    assert_eq!(tenants["Items"][0]["TenantTags"], json!(["Ring/Early"]));
    for gone in [
        format!("{own}/projectgroups/{}", text(&told["group"]["Id"])),
        format!("{own}/lifecycles/{}", text(&told["lifecycle"]["Id"])),
    ] {
        let (status, _) = installation
            .try_send(Method::GET, &gone, None)
            .await
            .unwrap();
        assert_eq!(status, StatusCode::NOT_FOUND, "{gone}");
    }
    deployed(&installation, &own, &told).await;
}

/// By tag, so for the one tenant that carries it.
async fn deployed(installation: &Installation, own: &str, told: &Value) {
    let deployments = installation.get(&format!("{own}/deployments")).await;
    assert_eq!(deployments["TotalResults"], 1, "{deployments}");
    let deployment = &deployments["Items"][0];
    assert_eq!(deployment["TenantId"], told["tenant"]["Id"]);
    assert_eq!(told["listed"]["Items"][0], *deployment);
    let task = text(&deployment["TaskId"]);
    let ended = installation.get(&format!("/api/tasks/{task}")).await;
    assert_eq!(ended["State"], "Success", "{ended}");
    assert_eq!(told["ended"], ended);
    let raw = installation.text(&format!("{own}/tasks/{task}/raw")).await;
    assert!(raw.contains("for Acme"), "{raw}");

    assert_eq!(told["missing"]["status"], 404, "{}", told["missing"]);
    assert_eq!(told["stranger"]["status"], 401, "{}", told["stranger"]);
    assert_eq!(
        told["unknownSpace"]["message"],
        "No spaces exist with name 'Nowhere'"
    );
}
