//! Every save of a process can be looked at again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::{project, step};
use crate::test_server::TestServer;

#[tokio::test]
async fn every_save_is_kept_with_who_when_and_what() {
    let server = TestServer::start().await;
    let made = project(&server, "Shop").await;
    let own = made["Links"]["DeploymentProcess"].as_str().unwrap();
    let versions = format!("{own}/versions");
    let numbers = async || -> Vec<i64> {
        let all = server.get(&versions).await;
        let items = all["Items"].as_array().unwrap();
        assert_eq!(all["TotalResults"], items.len());
        items
            .iter()
            .map(|one| one["Version"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(numbers().await, [0], "before the first save");
    assert_eq!(
        server.get(&format!("{versions}/0")).await["Steps"],
        json!([])
    );

    let mut build = step("Build", None);
    build["Actions"][0]["Properties"]["Secret"] =
        json!({ "HasValue": true, "NewValue": "hush-hush" });
    let mut process = server.get(own).await;
    process["Steps"] = json!([build]);
    let first = server.put(own, process).await;
    server.advance_ms(60_000);
    let mut process = first.clone();
    process["Steps"][0]["Name"] = json!("Compile");
    process["Steps"]
        .as_array_mut()
        .unwrap()
        .push(step("Test", Some("[\"build\"]")));
    let second = server.put(own, process).await;

    assert_eq!(numbers().await, [2, 1, 0]);
    insta::assert_json_snapshot!(server.get(&versions).await);
    for saved in [&first, &second] {
        let mut kept = server
            .get(&format!("{versions}/{}", saved["Version"]))
            .await;
        assert_eq!(
            kept["Links"]["Self"],
            format!("{versions}/{}", saved["Version"])
        );
        kept["Links"] = saved["Links"].clone();
        assert_eq!(kept, *saved, "it is what the save answered");
    }
    compared(&server, own).await;
    let page = server.get(&format!("{versions}?skip=1&take=1")).await;
    assert_eq!(page["Items"][0]["Version"], 1);

    let mut stale = first.clone();
    stale["Steps"] = json!([]);
    server.expect(Method::PUT, own, Some(stale), 409).await;
    assert_eq!(numbers().await, [2, 1, 0], "a refused save is no version");
    for wrong in ["3", "-1", "x", "99999999999"] {
        server
            .expect(Method::GET, &format!("{versions}/{wrong}"), None, 404)
            .await;
    }
    gone_with_its_project(&server, &made).await;
}

/// What changed between versions, or since one; a secret that no version holds is no change.
async fn compared(server: &TestServer, own: &str) {
    let diff = format!("{own}/diff");
    let changes = async |body: Value| {
        let told = server.expect(Method::POST, &diff, Some(body), 200).await;
        let texts = told["Changes"].as_array().unwrap().iter();
        let texts: Vec<Value> = texts.map(|change| change["Text"].clone()).collect();
        (
            told["FromVersion"].clone(),
            told["ToVersion"].clone(),
            texts.len(),
        )
    };
    let between = changes(json!({ "FromVersion": 1, "ToVersion": 2 })).await;
    let since = changes(json!({ "FromVersion": 1 })).await;
    assert_eq!(
        between,
        (json!(1), json!(2), 2),
        "renamed, and a step added"
    );
    assert_eq!(since, between);
    let back = changes(json!({ "FromVersion": 2, "ToVersion": 1 })).await;
    assert_eq!((back.0, back.1), (json!(2), json!(1)));
    assert_eq!(changes(json!({ "FromVersion": 2 })).await.2, 0);
    let missing = json!({ "FromVersion": 7 });
    server.expect(Method::POST, &diff, Some(missing), 404).await;
}

async fn gone_with_its_project(server: &TestServer, project: &Value) {
    let mut conn = server.store().await.read().await.unwrap();
    let query = regatta_store::Query {
        kind: "ProcessVersions".into(),
        ..regatta_store::Query::default()
    };
    assert_eq!(conn.document_count(&query).await.unwrap(), 3);
    let all = conn.documents(&query).await.unwrap().items;
    assert!(all.iter().all(|kept| !kept.body.contains("Sealed")));
    drop(conn);
    let own = project["Links"]["Self"].as_str().unwrap();
    server.expect(Method::DELETE, own, None, 200).await;
    let mut conn = server.store().await.read().await.unwrap();
    assert_eq!(conn.document_count(&query).await.unwrap(), 0);
}
