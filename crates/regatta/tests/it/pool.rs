//! Worker pools: what is said of one that has no worker, before a deployment and in it.

use serde_json::{Value, json};

use crate::installation::{Installation, step, text};

const MESSAGE: &str = "worker pool Build farm has no worker; choose another pool";

/// The steps that a plan says could never start, and why.
fn stuck(plan: &Value) -> Vec<(String, String)> {
    let stuck = plan["Stuck"].as_array().unwrap().iter();
    stuck
        .map(|step| (text(&step["StepSlug"]), text(&step["Message"])))
        .collect()
}

/// What a task waits for, if it is one step.
async fn waits_for(installation: &Installation, task: &str) -> Option<Value> {
    let path = format!("/api/Spaces-1/tasks/{task}/explain");
    let explained = installation.get(&path).await;
    let items = explained["Items"].as_array()?.clone();
    let [only] = <[Value; 1]>::try_from(items).ok()?;
    Some(only)
}

/// What plans promise is what happens: the step on the pool never starts, and all of them say so with the same words.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_on_a_pool_without_a_worker_is_said_to_be_stuck_beforehand() {
    let installation = Installation::start().await;
    let farm = json!({"Name": "Build farm", "WorkerPoolType": "StaticWorkerPool"});
    let farm = installation.post("/api/Spaces-1/workerpools", farm).await;
    let mut far = step("far", Some(&[]), "echo never");
    far["Actions"][0]["WorkerPoolId"] = farm["Id"].clone();
    let near = step("near", Some(&[]), "echo near");
    let project = installation.project("Pools", vec![near, far]).await;
    let far_is_stuck = [("far".to_owned(), MESSAGE.to_owned())];

    let own = format!("/api/Spaces-1/projects/{}", project.id);
    let path = format!("{own}/deploymentprocesses/plan");
    let plan = installation.post(&path, json!({})).await;
    assert_eq!(stuck(&plan), far_is_stuck, "{plan}");
    let problems = plan["Problems"].as_array().unwrap();
    let found: Vec<_> = problems
        .iter()
        .map(|problem| (text(&problem["Kind"]), text(&problem["Message"])))
        .collect();
    let warning = "far runs on the worker pool Build farm, which has no worker: a deployment would wait for ever.";
    assert_eq!(
        found,
        [("PoolWithoutWorker".to_owned(), warning.to_owned())]
    );

    let first = async |path: &str| text(&installation.get(path).await["Items"][0]["Id"]);
    let release = first(&format!("{own}/releases")).await;
    let environment = first("/api/environments").await;
    let plan = installation
        .get(&format!(
            "/api/Spaces-1/releases/{release}/plan/{environment}"
        ))
        .await;
    assert_eq!(stuck(&plan), far_is_stuck, "{plan}");

    let task = installation.deploy(&project, json!({})).await;
    let why = installation
        .until("only the step on the pool waits", async || {
            let only = waits_for(&installation, &task).await?;
            (only["StepSlug"] == "far").then_some(only)
        })
        .await;
    assert_eq!(
        (&why["Reason"], &why["Message"], &why["WorkerPoolId"]),
        (&json!("NoWorker"), &json!(MESSAGE), &farm["Id"])
    );
}

/// A process of one step that names a pool.
async fn on_pool(installation: &Installation, name: &str, pool: &Value) -> String {
    let mut only = step("only", None, "echo works");
    only["Actions"][0]["WorkerPoolId"] = pool["Id"].clone();
    let project = installation.project(name, vec![only]).await;
    installation.deploy(&project, json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_goes_with_the_default_pool_while_tasks_are_open() {
    let installation = Installation::start().await;
    let pools = "/api/Spaces-1/workerpools";
    let former = installation.get(pools).await["Items"][0].clone();
    assert_eq!(former["IsDefault"], true);
    let farm = json!({"Name": "Build farm", "WorkerPoolType": "StaticWorkerPool"});
    let mut farm = installation.post(pools, farm).await;
    let task = on_pool(&installation, "Waits", &farm).await;
    let no_worker = async |task: &str| {
        let why = waits_for(&installation, task).await?;
        (why["Reason"] == "NoWorker").then(|| text(&why["Message"]))
    };
    let why = installation
        .until("it waits for the pool", async || no_worker(&task).await)
        .await;
    assert_eq!(why, MESSAGE);

    farm["IsDefault"] = json!(true);
    let path = format!("{pools}/{}", text(&farm["Id"]));
    installation.put(&path, farm).await;
    // Nobody asks the task anything now: it is woken by the pool alone.
    assert_eq!(installation.finished(&task).await["State"], "Success");

    let task = on_pool(&installation, "Is late", &former).await;
    let why = installation
        .until("it waits for the pool", async || no_worker(&task).await)
        .await;
    let name = text(&former["Name"]);
    assert_eq!(
        why,
        format!("worker pool {name} has no worker; choose another pool")
    );
}
