//! Runbooks: what belongs to one, what a snapshot freezes, and who may run what.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::package::upload::push;
use crate::project::step;
use crate::test_server::{PASSWORD, TestServer};

const SPACE: &str = "/api/Spaces-1";

fn id(made: &Value) -> String {
    made["Id"].as_str().unwrap().to_owned()
}

/// A runbook of the world's project with these steps.
async fn runbook(world: &World<'_>, name: &str, steps: Value) -> Value {
    let body = json!({ "Name": name, "ProjectId": world.id("projects") });
    let made = world.server.post(&format!("{SPACE}/runbooks"), body).await;
    set_steps(world, &made, steps).await;
    made
}

async fn set_steps(world: &World<'_>, runbook: &Value, steps: Value) {
    let path = process(runbook);
    let mut process = world.server.get(&path).await;
    process["Steps"] = steps;
    world.server.put(&path, process).await;
}

fn process(runbook: &Value) -> String {
    let id = runbook["RunbookProcessId"].as_str().unwrap();
    format!("{SPACE}/runbookProcesses/{id}")
}

async fn snapshot(world: &World<'_>, runbook: &Value, publish: bool) -> Value {
    let path = format!("{SPACE}/runbookSnapshots?publish={publish}");
    world
        .server
        .post(&path, json!({ "RunbookId": runbook["Id"] }))
        .await
}

async fn run_v1(world: &World<'_>, key: Option<&str>, more: Value) -> crate::test_server::Answered {
    let mut body = json!({
        "spaceIdOrName": "Spaces-1", "projectName": world.id("projects"), "runbookName": "back-up",
        "environmentNames": [world.id("environments")], "runAt": "2026-01-03T03:04:05Z",
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let path = format!("{SPACE}/runbook-runs/create/v1");
    match key {
        Some(key) => {
            world
                .server
                .send_as(Some(key), Method::POST, &path, Some(body))
                .await
        }
        None => world.server.send(Method::POST, &path, Some(body)).await,
    }
}

#[tokio::test]
async fn a_snapshot_keeps_what_the_runbook_was_and_is_numbered_when_it_has_no_name() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let made = runbook(&world, "Back up", json!([step("Dump", None)])).await;
    let template = format!("{SPACE}/runbooks/{}/runbookSnapshotTemplate", id(&made));
    assert_eq!(
        server.get(&template).await["NextNameIncrement"],
        "Snapshot 1"
    );
    let first = snapshot(&world, &made, true).await;
    assert_eq!(first["Name"], "Snapshot 1");
    let second_step = step("Upload", Some("[\"dump\"]"));
    set_steps(&world, &made, json!([step("Dump", None), second_step])).await;
    let second = snapshot(&world, &made, false).await;
    assert_eq!(second["Name"], "Snapshot 2");

    let frozen = async |snapshot: &Value| {
        let id = snapshot["FrozenRunbookProcessId"].as_str().unwrap();
        server.get(&format!("{SPACE}/runbookProcesses/{id}")).await
    };
    let names = |process: &Value| -> Vec<Value> {
        let steps = process["Steps"].as_array().unwrap().iter();
        steps.map(|step| step["Name"].clone()).collect()
    };
    assert_eq!(names(&frozen(&first).await), ["Dump"]);
    let both = frozen(&second).await;
    assert_eq!(names(&both), ["Dump", "Upload"]);
    assert_eq!(
        both["Steps"][1]["Properties"]["Regatta.Step.DependsOn"],
        "[\"dump\"]"
    );
    let path = format!("{SPACE}/runbookProcesses/{}", both["Id"].as_str().unwrap());
    let refused = server
        .expect(Method::PUT, &path, Some(both.clone()), 400)
        .await;
    assert!(refused.to_string().contains("frozen copy"), "{refused}");

    let shown = server.get(&format!("{SPACE}/runbooks/{}", id(&made))).await;
    assert_eq!(
        shown["PublishedRunbookSnapshotId"], first["Id"],
        "the second is a draft"
    );
    let own = format!("{SPACE}/runbookSnapshots/{}", id(&first));
    let refused = server.expect(Method::DELETE, &own, None, 409).await;
    assert!(refused.to_string().contains("published"), "{refused}");
    let mut publish = shown.clone();
    publish["PublishedRunbookSnapshotId"] = second["Id"].clone();
    server
        .put(&format!("{SPACE}/runbooks/{}", id(&made)), publish)
        .await;
    server.expect(Method::DELETE, &own, None, 200).await;
    server.expect(Method::GET, &own, None, 404).await;
    let process = first["FrozenRunbookProcessId"].as_str().unwrap();
    let process = format!("{SPACE}/runbookProcesses/{process}");
    server.expect(Method::GET, &process, None, 404).await;
}

#[tokio::test]
async fn what_cannot_run_is_refused_where_it_is_saved_and_where_it_is_frozen() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let made = runbook(&world, "Back up", json!([])).await;
    let path = format!("{SPACE}/runbookSnapshots");
    let body = json!({ "RunbookId": made["Id"] });
    let refused = server.expect(Method::POST, &path, Some(body), 400).await;
    assert!(refused.to_string().contains("has no steps"), "{refused}");
    let process = process(&made);
    let mut circle = server.get(&process).await;
    circle["Steps"] = json!([step("A", Some("[\"b\"]")), step("B", Some("[\"a\"]"))]);
    let refused = server
        .expect(Method::PUT, &process, Some(circle.clone()), 400)
        .await;
    assert!(
        refused["Facts"]["Problems"][0]["Kind"] == "Loop",
        "{refused}"
    );
    let lint = server
        .expect(Method::POST, &format!("{process}/lint"), Some(circle), 200)
        .await;
    assert_eq!(lint["CanBeSaved"], false, "{lint}");
    let mut stale = server.get(&process).await;
    set_steps(&world, &made, json!([step("A", None)])).await;
    stale["Steps"] = json!([step("B", None)]);
    server.expect(Method::PUT, &process, Some(stale), 409).await;
    let versions = server.get(&format!("{process}/versions")).await;
    assert_eq!(versions["TotalResults"], 3, "{versions}");

    let elsewhere = world.make("projects").await;
    let id = made["RunbookProcessId"].as_str().unwrap();
    let foreign = format!("{SPACE}/projects/{elsewhere}/runbookProcesses/{id}");
    server.expect(Method::GET, &foreign, None, 404).await;
    // A runbook's process is no deployment process: other permissions are needed for it.
    let other = format!("{SPACE}/deploymentprocesses/{id}");
    server.expect(Method::GET, &other, None, 404).await;
}

#[tokio::test]
async fn a_runbook_runs_where_and_for_whom_it_says() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let made = runbook(&world, "Back up", json!([step("Dump", None)])).await;
    let none = run_v1(&world, None, json!({})).await;
    assert_eq!(none.status, 400, "{}", none.text);
    assert!(none.text.contains("no published snapshot"), "{}", none.text);
    snapshot(&world, &made, true).await;
    let own = format!("{SPACE}/runbooks/{}", id(&made));
    let other = world.make("environments").await;
    let mut changed = server.get(&own).await;
    changed["EnvironmentScope"] = json!("Specified");
    changed["Environments"] = json!([other]);
    let mut changed = server.put(&own, changed).await;
    let refused = run_v1(&world, None, json!({})).await;
    assert!(refused.text.contains("does not run in"), "{}", refused.text);
    let open = server.get(&format!("{own}/environments")).await;
    assert_eq!(open.as_array().unwrap().len(), 1);
    assert_eq!(open[0]["Id"], json!(other));
    let run = run_v1(&world, None, json!({ "environmentNames": [other] })).await;
    assert_eq!(run.status, 201, "{}", run.text);

    changed["MultiTenancyMode"] = json!("Tenanted");
    changed["EnvironmentScope"] = json!("All");
    server.put(&own, changed).await;
    let refused = run_v1(&world, None, json!({})).await;
    assert!(
        refused.text.contains("for tenants only"),
        "{}",
        refused.text
    );
    let project = format!("{SPACE}/projects/{}", world.id("projects"));
    let mut tenanted = server.get(&project).await;
    tenanted["TenantedDeploymentMode"] = json!("TenantedOrUntenanted");
    server.put(&project, tenanted).await;
    let tenant =
        json!({ "Name": "Acme", "ProjectEnvironments": { world.id("projects"): [other] } });
    server.post(&format!("{SPACE}/tenants"), tenant).await;
    let refused = run_v1(&world, None, json!({ "tenants": ["Acme"] })).await;
    assert!(
        refused.text.contains("is not connected to the project"),
        "{}",
        refused.text
    );
    let both = json!({ "tenants": ["Acme"], "environmentNames": [other] });
    let run = run_v1(&world, None, both).await;
    assert_eq!(run.status, 201, "{}", run.text);
    let run = &run.body["RunbookRunServerTasks"][0];
    let run = server
        .get(&format!(
            "{SPACE}/runbookRuns/{}",
            run["RunbookRunId"].as_str().unwrap()
        ))
        .await;
    assert!(run["TenantId"].is_string(), "{run}");
}

#[tokio::test]
async fn a_draft_is_run_by_those_who_may_edit_the_runbook() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let made = runbook(&world, "Back up", json!([step("Dump", None)])).await;
    snapshot(&world, &made, true).await;
    let draft = snapshot(&world, &made, false).await;
    let user = json!({ "Username": "operator", "Password": PASSWORD });
    let user = server.post("/api/users", user).await;
    let team = json!({ "Name": "Operators", "MemberUserIds": [user["Id"]] });
    let team = server.post("/api/teams", team).await;
    let role = json!({ "TeamId": team["Id"], "UserRoleId": "userroles-runbookconsumer", "SpaceId": "Spaces-1" });
    server.post("/api/scopeduserroles", role).await;
    let key = json!({ "Purpose": "t" });
    let key = server
        .post(&format!("/api/users/{}/apikeys", id(&user)), key)
        .await;
    let key = key["ApiKey"].as_str().unwrap();

    let published = run_v1(&world, Some(key), json!({})).await;
    assert_eq!(published.status, 201, "{}", published.text);
    let refused = run_v1(&world, Some(key), json!({ "snapshot": draft["Name"] })).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert!(refused.text.contains("RunbookEdit"), "{}", refused.text);
    let edited = run_v1(&world, None, json!({ "snapshot": draft["Name"] })).await;
    assert_eq!(edited.status, 201, "{}", edited.text);
}

#[tokio::test]
async fn a_clone_has_the_steps_and_secrets_but_neither_snapshots_nor_runs() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let mut secret = step("Dump", None);
    secret["Actions"][0]["Properties"]["Password"] =
        json!({ "HasValue": true, "NewValue": "hush-hush" });
    let made = runbook(&world, "Back up", json!([secret])).await;
    snapshot(&world, &made, true).await;
    let path = format!("{SPACE}/runbooks?clone={}", id(&made));
    let clone = server.post(&path, json!({ "Name": "Back up more" })).await;
    assert_eq!(clone["PublishedRunbookSnapshotId"], Value::Null);
    assert_eq!(clone["ClonedFromRunbookId"], made["Id"]);
    let (old, new) = (
        server.get(&process(&made)).await,
        server.get(&process(&clone)).await,
    );
    assert_eq!(new["RunbookId"], clone["Id"]);
    assert_ne!(old["Steps"][0]["Id"], new["Steps"][0]["Id"]);
    let password = &new["Steps"][0]["Actions"][0]["Properties"]["Password"];
    assert_eq!(password["HasValue"], true, "{new}");

    let run = run_v1(&world, None, json!({})).await;
    let task = run.body["RunbookRunServerTasks"][0]["ServerTaskId"].clone();
    let own = format!("{SPACE}/runbooks/{}", id(&made));
    let refused = server.expect(Method::DELETE, &own, None, 409).await;
    assert!(refused.to_string().contains("has not ended"), "{refused}");
    let cancel = format!("{SPACE}/tasks/{}/cancel", task.as_str().unwrap());
    server.expect(Method::POST, &cancel, None, 200).await;
    server.expect(Method::DELETE, &own, None, 200).await;
    server.expect(Method::GET, &process(&made), None, 404).await;
    let runs = format!("{SPACE}/runbookRuns?runbooks={}", id(&made));
    assert_eq!(server.get(&runs).await["TotalResults"], 0);
    server.get(&process(&clone)).await;
}

#[tokio::test]
async fn a_snapshot_freezes_the_packages_it_names_and_the_newest_of_the_others() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    for file in ["Tool.1.0.0.zip", "Tool.2.0.0.zip", "Data.1.0.0.zip"] {
        push(&server, file).await;
    }
    let mut using = step("Dump", None);
    let package =
        |name: &str, id: &str| json!({ "Name": name, "PackageId": id, "FeedId": "feeds-builtin" });
    using["Actions"][0]["Packages"] = json!([package("Tool", "Tool"), package("Data", "Data")]);
    let made = runbook(&world, "Back up", json!([using])).await;
    let path = format!("{SPACE}/runbookSnapshots");
    let named = |version: &str| {
        json!({ "RunbookId": made["Id"], "SelectedPackages": [
            { "ActionName": "Dump", "PackageReferenceName": "Tool", "Version": version },
        ] })
    };
    let taken = server.post(&path, named("1.0.0")).await;
    let selected = |snapshot: &Value| -> Vec<String> {
        let all = snapshot["SelectedPackages"].as_array().unwrap().iter();
        all.map(|one| {
            assert_eq!(one["Hash"].as_str().unwrap().len(), 64, "its content, too");
            let text = |key: &str| one[key].as_str().unwrap();
            format!("{} {}", text("PackageReferenceName"), text("Version"))
        })
        .collect()
    };
    assert_eq!(selected(&taken), ["Tool 1.0.0", "Data 1.0.0"]);
    push(&server, "Data.3.0.0.zip").await;
    let own = taken["Links"]["Self"].as_str().unwrap();
    assert_eq!(
        selected(&server.get(own).await),
        ["Tool 1.0.0", "Data 1.0.0"]
    );
    let next = server.post(&path, json!({ "RunbookId": made["Id"] })).await;
    assert_eq!(selected(&next), ["Tool 2.0.0", "Data 3.0.0"]);
    let refused = server
        .expect(Method::POST, &path, Some(named("9.0.0")), 400)
        .await;
    let says = refused["Errors"][0].as_str().unwrap();
    assert!(says.contains("no version 9.0.0 of Tool"), "{says}");
}

/// What has changed since a snapshot was taken is told before the next one is; who compares names only processes of the
/// same runbook.
#[tokio::test]
async fn a_process_is_compared_with_the_snapshot_that_is_published() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let made = runbook(&world, "Back up", json!([step("Dump", None)])).await;
    let first = snapshot(&world, &made, true).await;
    let steps = json!([step("Dump", None), step("Upload", Some("[\"dump\"]"))]);
    set_steps(&world, &made, steps).await;
    let diff = format!("{}/diff", process(&made));
    let since = json!({ "FromId": first["FrozenRunbookProcessId"] });
    let answer = server
        .expect(Method::POST, &diff, Some(since.clone()), 200)
        .await;
    assert_eq!(answer["AddedSteps"], json!(["upload"]));
    let text = "Added the step Upload, which starts after Dump";
    assert_eq!(answer["Changes"][0]["Text"], text);
    let draft = json!({ "Steps": [step("Dump", None)] });
    let answer = server.expect(Method::POST, &diff, Some(draft), 200).await;
    assert_eq!(answer["RemovedSteps"], json!(["upload"]));
    let other = runbook(&world, "Restore", json!([step("Load", None)])).await;
    let elsewhere = format!("{}/diff", process(&other));
    server
        .expect(Method::POST, &elsewhere, Some(since), 404)
        .await;
}

#[tokio::test]
async fn a_run_is_planned_before_it_is_made() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let steps = json!([step("Dump", None), step("Upload", Some("[\"dump\"]"))]);
    let made = runbook(&world, "Back up", steps).await;
    let taken = snapshot(&world, &made, true).await;
    let plan = format!(
        "{SPACE}/runbookSnapshots/{}/plan/{}",
        id(&taken),
        world.id("environments")
    );
    let answer = server.get(&plan).await;
    assert_eq!(answer["Steps"][1]["WaitsFor"], json!(["dump"]));
    let without = server.get(&format!("{plan}?skip=Upload")).await;
    assert_eq!(without["SkippedSteps"][0]["StepSlug"], "upload");
    let body = json!({ "SkipActions": ["Upload"] });
    let chosen = server.expect(Method::POST, &plan, Some(body), 200).await;
    assert_eq!(chosen["SkippedSteps"], without["SkippedSteps"]);
}
