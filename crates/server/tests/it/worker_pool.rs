//! Worker pools that processes name.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::{project, step};
use crate::task_cap::deployed;
use crate::test_server::TestServer;

/// A step whose action names this pool.
fn on(pool: &Value) -> Value {
    let mut step = step("Build", None);
    step["Actions"][0]["WorkerPoolId"] = pool.clone();
    step
}

#[tokio::test]
async fn a_process_names_pools_of_its_space_and_keeps_them_as_sent() {
    let server = TestServer::start().await;
    let other = json!({ "Name": "Other", "SpaceManagersTeams": ["teams-administrators"] });
    let other = server.post("/api/spaces", other).await;
    let other = format!("/api/{}/workerpools", other["Id"].as_str().unwrap());
    let foreign = server.get(&other).await["Items"][0]["Id"].clone();
    let pool = json!({ "Name": "Build farm", "WorkerPoolType": "StaticWorkerPool" });
    let pool = server.post("/api/Spaces-1/workerpools", pool).await;
    let id = pool["Id"].as_str().unwrap();
    let made = project(&server, "Shop").await;
    let own = made["Links"]["DeploymentProcess"].as_str().unwrap();

    for unknown in [json!("nonsense"), json!("WorkerPools-99"), foreign] {
        let mut process = server.get(own).await;
        process["Steps"] = json!([step("First", None), on(&unknown)]);
        let lint = format!("{own}/lint");
        let looked = server
            .expect(Method::POST, &lint, Some(process.clone()), 200)
            .await;
        assert_eq!(looked["CanBeSaved"], false);
        let refused = server.expect(Method::PUT, own, Some(process), 400).await;
        let message = format!(
            "Build: `{}` is no worker pool of this space. Name one by its id, or leave it empty for the default pool.",
            unknown.as_str().unwrap()
        );
        assert_eq!(refused["Errors"], json!([message]));
        let problem = &refused["Facts"]["Problems"][0];
        assert_eq!(
            (&problem["Kind"], &problem["Field"]),
            (
                &json!("UnknownWorkerPool"),
                &json!("Steps[1].Actions[0].WorkerPoolId")
            )
        );
    }
    assert_eq!(server.get(own).await["Steps"], json!([]));

    let lower = id.to_lowercase();
    for known in [
        json!(null),
        json!(""),
        json!("#{Pool}"),
        json!(id),
        json!(lower),
        json!("build farm"),
        pool["Slug"].clone(),
    ] {
        let mut process = server.get(own).await;
        process["Steps"] = json!([on(&known)]);
        server.put(own, process).await;
        let kept = server.get(own).await;
        assert_eq!(kept["Steps"][0]["Actions"][0]["WorkerPoolId"], known);
    }
}

/// The dashboard promises no end of a run that waits for a worker there is none of.
#[tokio::test]
async fn a_run_on_a_pool_without_a_worker_has_no_end_in_sight() {
    let server = TestServer::start().await;
    let test = json!({ "Name": "Test" });
    server.post("/api/environments", test).await;
    let farm = json!({ "Name": "Build farm", "WorkerPoolType": "StaticWorkerPool" });
    let farm = server.post("/api/Spaces-1/workerpools", farm).await;
    let near = deployed(&server, "Near", json!([step("Near", None)])).await;
    let far = deployed(&server, "Far", json!([on(&farm["Id"])])).await;
    for task in [&near, &far] {
        let runs = async || server.get(&format!("{task}/run")).await["AsOf"] != 0;
        server.until("the task runs", runs).await;
    }
    let board = server.get("/api/Spaces-1/dashboard?extended=true").await;
    let items = board["Items"].as_array().unwrap();
    let remaining = |task: &str| {
        let id = task.rsplit_once('/').unwrap().1;
        let item = items.iter().find(|item| item["TaskId"] == id).unwrap();
        item["Regatta.RemainingMs"].clone()
    };
    assert!(remaining(&near).is_number(), "{board}");
    assert_eq!(remaining(&far), Value::Null, "{board}");
}
