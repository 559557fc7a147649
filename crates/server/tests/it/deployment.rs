//! Deploying again: the same request, the same task, other variables.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::test_server::{ADMIN_KEY, Answered, PASSWORD, TestServer, answered};

const DAY_MS: i64 = 24 * 3_600_000;

async fn deploy_once(world: &World<'_>, key: &str, body: &Value) -> Answered {
    once(world, key, ("deployments", "k1"), body).await
}

async fn once(
    world: &World<'_>,
    api_key: &str,
    (path, key): (&str, &str),
    body: &Value,
) -> Answered {
    let url = format!("{}/api/{}/{path}", world.server.base, world.space);
    let request = world
        .server
        .http
        .post(url)
        .header("X-Octopus-ApiKey", api_key);
    answered(request.header("Idempotency-Key", key).json(body)).await
}

#[tokio::test]
async fn a_key_whose_deployment_was_deleted_is_refused_instead_of_answered_with_nothing() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let at = "2026-01-03T03:04:05Z";
    let project = format!("/api/Spaces-1/projects/{}", world.id("projects"));
    let environment = format!("/api/Spaces-1/environments/{}", world.id("environments"));
    let release = format!("/api/Spaces-1/releases/{}", world.id("releases"));
    let by_id = json!({ "ReleaseId": world.id("releases"), "EnvironmentId": world.id("environments"), "QueueTime": at });
    let by_name = json!({
        "ProjectName": server.get(&project).await["Name"], "ReleaseVersion": server.get(&release).await["Version"],
        "EnvironmentNames": [server.get(&environment).await["Name"]], "RunAt": at,
    });
    let run = json!({ "RunbookId": world.id("runbooks"), "EnvironmentId": world.id("environments"), "QueueTime": at });
    let v1 = "deployments/create/untenanted/v1";
    for (path, key, body) in [
        ("deployments", "k1", by_id),
        (v1, "k2", by_name),
        ("runbookRuns", "k3", run),
    ] {
        let made = once(&world, ADMIN_KEY, (path, key), &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let of_v1 = &made.body["DeploymentServerTasks"][0];
        let (id, task) = match of_v1["DeploymentId"].as_str() {
            Some(id) => (id, &of_v1["ServerTaskId"]),
            None => (made.body["Id"].as_str().unwrap(), &made.body["TaskId"]),
        };
        let cancel = format!("/api/tasks/{}/cancel", task.as_str().unwrap());
        server.expect(Method::POST, &cancel, None, 200).await;
        let list = path.split('/').next().unwrap();
        let own = format!("/api/Spaces-1/{list}/{id}");
        server.expect(Method::DELETE, &own, None, 200).await;
        let again = once(&world, ADMIN_KEY, (path, key), &body).await;
        assert_eq!(again.status, 409, "{}", again.text);
        let said = format!("made {id}, which was deleted");
        assert!(again.text.contains(&said), "{}", again.text);
        let new_key = format!("{key} again");
        let other = once(&world, ADMIN_KEY, (path, &new_key), &body).await;
        assert_eq!(other.status, 201, "{}", other.text);
    }
}

#[tokio::test]
async fn a_repeated_request_is_checked_again_and_its_key_is_forgotten_after_a_day() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let user = json!({ "Username": "deployer", "Password": PASSWORD });
    let user = server.post("/api/users", user).await;
    let team = json!({ "Name": "Deployers", "MemberUserIds": [user["Id"]] });
    let team = server.post("/api/teams", team).await;
    let role = json!({ "TeamId": team["Id"], "UserRoleId": "userroles-deploymentcreator", "SpaceId": "Spaces-1" });
    let role = server.post("/api/scopeduserroles", role).await;
    let viewer = json!({ "TeamId": team["Id"], "UserRoleId": "userroles-projectviewer", "SpaceId": "Spaces-1" });
    server.post("/api/scopeduserroles", viewer).await;
    let keys = format!("/api/users/{}/apikeys", user["Id"].as_str().unwrap());
    let key = server.post(&keys, json!({ "Purpose": "t" })).await;
    let key = key["ApiKey"].as_str().unwrap();
    let body =
        json!({ "ReleaseId": world.id("releases"), "EnvironmentId": world.id("environments") });

    let first = deploy_once(&world, key, &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(
        deploy_once(&world, key, &body).await.body["Id"],
        first.body["Id"]
    );
    let own = format!("/api/scopeduserroles/{}", role["Id"].as_str().unwrap());
    server.expect(Method::DELETE, &own, None, 200).await;
    let refused = deploy_once(&world, key, &body).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert!(refused.text.contains("DeploymentCreate"));

    let made = deploy_once(&world, ADMIN_KEY, &body).await.body["Id"].clone();
    server.advance_ms(DAY_MS - 1);
    assert_eq!(deploy_once(&world, ADMIN_KEY, &body).await.body["Id"], made);
    server.advance_ms(1);
    let later = deploy_once(&world, ADMIN_KEY, &body).await;
    assert_eq!(later.status, 201, "{}", later.text);
    assert_ne!(later.body["Id"], made);
}

#[tokio::test]
async fn running_a_task_again_is_refused_where_a_new_deployment_would_be() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let again = format!("/api/Spaces-1/tasks/rerun/{}", world.id("rerun"));
    server.expect(Method::POST, &again, None, 201).await;
    let path = format!("/api/Spaces-1/projects/{}", world.id("projects"));
    let mut project = server.get(&path).await;
    project["IsDisabled"] = json!(true);
    let mut project = server.put(&path, project).await;
    let refused = server.send(Method::POST, &again, None).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("disabled"), "{}", refused.text);

    project["IsDisabled"] = json!(false);
    server.put(&path, project).await;
    let lifecycle = format!("/api/Spaces-1/lifecycles/{}", world.id("lifecycles"));
    let mut phases = server.get(&lifecycle).await;
    let elsewhere = server
        .post("/api/environments", json!({ "Name": "Elsewhere" }))
        .await;
    phases["Phases"] = json!([{ "Name": "One", "OptionalDeploymentTargets": [elsewhere["Id"]] }]);
    server.put(&lifecycle, phases).await;
    let refused = server.send(Method::POST, &again, None).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(
        refused.text.contains("cannot be deployed"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn frozen_variables_stay_as_long_as_something_was_deployed_with_them() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let release = world.make("releases").await;
    let path = format!("/api/Spaces-1/releases/{release}");
    let refresh = async || {
        let path = format!("{path}/snapshot-variables");
        server
            .expect(Method::POST, &path, Some(json!({})), 200)
            .await["ProjectVariableSetSnapshotId"]
            .clone()
    };
    let status = async |id: &Value| {
        let path = format!("/api/Spaces-1/variables/{}", id.as_str().unwrap());
        server.send(Method::GET, &path, None).await.status
    };
    let first = server.get(&path).await["ProjectVariableSetSnapshotId"].clone();
    let second = refresh().await;
    assert_eq!(
        (status(&first).await, status(&second).await),
        (404, 200),
        "nothing was deployed with the first"
    );

    let (_, task) = world.deployment(&release, true).await;
    let third = refresh().await;
    assert_eq!((status(&second).await, status(&third).await), (200, 200));
    let cancel = format!("/api/tasks/{task}/cancel");
    server.expect(Method::POST, &cancel, None, 200).await;
    let fourth = refresh().await;
    assert_eq!(
        (status(&second).await, status(&third).await),
        (200, 404),
        "only the second was deployed"
    );
    server.expect(Method::DELETE, &path, None, 200).await;
    assert_eq!(
        (status(&second).await, status(&fourth).await),
        (404, 404),
        "all of them go with the release"
    );
}

/// Whoever loses is told who won, also when the answer ended the task.
#[tokio::test]
async fn of_eight_answers_at_once_one_counts_and_the_others_hear_whose() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let question = format!("/api/Spaces-1/interruptions/{}", world.id("interruptions"));
    let task = server.get(&question).await["TaskId"].clone();
    let task = format!("/api/tasks/{}", task.as_str().unwrap());
    let responsible = format!("{question}/responsible");
    server.expect(Method::PUT, &responsible, None, 200).await;
    let submit = format!("{question}/submit");
    let form = json!({ "Result": "Abort" });
    let answers = (0..8).map(|_| server.send(Method::POST, &submit, Some(form.clone())));
    let mut answers = futures_util::future::join_all(answers).await;
    while server.get(&task).await["IsCompleted"] != true {
        tokio::task::yield_now().await;
    }
    answers.push(server.send(Method::POST, &submit, Some(form.clone())).await);
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409, 409]);
    for lost in answers.iter().filter(|answer| answer.status == 409) {
        assert!(lost.text.contains("admin answered Abort"), "{}", lost.text);
    }
}

#[tokio::test]
async fn a_defect_keeps_a_release_where_it_is_until_it_is_resolved() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let other = world.make("environments").await;
    let lifecycle = format!("/api/Spaces-1/lifecycles/{}", world.id("lifecycles"));
    let mut phases = server.get(&lifecycle).await;
    phases["Phases"] = json!([
        { "Name": "Try", "OptionalDeploymentTargets": [world.id("environments")], "IsOptionalPhase": true },
        { "Name": "Go", "AutomaticDeploymentTargets": [other] },
    ]);
    server.put(&lifecycle, phases).await;
    let release = world.id("releases");
    let own = format!("/api/Spaces-1/releases/{release}");
    let defects = format!("{own}/defects");
    server
        .expect(Method::POST, &defects, Some(json!({})), 400)
        .await;
    let defect = server
        .post(&defects, json!({ "Description": "It loses orders" }))
        .await;
    assert_eq!(defect["Status"], "Unresolved");
    let again = json!({ "Description": "Twice" });
    server
        .expect(Method::POST, &defects, Some(again), 409)
        .await;
    let there = json!({ "ReleaseId": release, "EnvironmentId": other });
    let path = "/api/Spaces-1/deployments";
    let refused = server
        .expect(Method::POST, path, Some(there.clone()), 400)
        .await;
    assert!(
        refused.to_string().contains("has an unresolved defect"),
        "{refused}"
    );
    let progression = server.get(&format!("{own}/progression")).await;
    assert_eq!(progression["HasUnresolvedDefect"], true);
    let of_project = format!(
        "/api/Spaces-1/projects/{}/progression",
        world.id("projects")
    );
    let shown = server.get(&of_project).await;
    let shown = shown["Releases"].as_array().unwrap().iter();
    let shown: Vec<_> = shown
        .filter(|row| row["HasUnresolvedDefect"] == true)
        .map(|row| &row["Release"]["Id"])
        .cloned()
        .collect();
    assert_eq!(shown, [json!(release)]);

    let resolve = format!("{defects}/resolve");
    let resolved = server
        .expect(Method::POST, &resolve, Some(json!({})), 200)
        .await;
    assert_eq!(
        (&resolved["Status"], &resolved["ResolvedBy"]),
        (&json!("Resolved"), &json!("admin"))
    );
    server
        .expect(Method::POST, &resolve, Some(json!({})), 409)
        .await;
    assert_eq!(server.get(&defects).await["TotalResults"], 1);
    // What was held back is automatic, so it goes there without being asked.
    let list = format!("{path}?releases={release}&environments={other}");
    loop {
        let made = server.get(&list).await;
        if made["TotalResults"] == 1 {
            assert_eq!(made["Items"][0]["DeployedBy"], "system");
            break;
        }
        tokio::task::yield_now().await;
    }
}

/// Steps of this process reach no machines, so none are read for it; whoever names some is told of all the same.
#[tokio::test]
async fn a_machine_that_is_named_is_known_wherever_it_is() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let here = world.id("environments");
    let elsewhere = world.make("environments").await;
    let machine = async |name: &str, environment: &str| {
        let body = json!({
            "Name": name, "EnvironmentIds": [environment], "Roles": ["web"],
            "Endpoint": { "CommunicationStyle": "None" },
        });
        server.post("/api/Spaces-1/machines", body).await["Id"].clone()
    };
    let near = machine("near", &here).await;
    let far = machine("far", &elsewhere).await;
    let deploy = async |key: &str, machine: &Value, status: u16| {
        let mut body = json!({ "ReleaseId": world.id("releases"), "EnvironmentId": here });
        body[key] = json!([machine]);
        let path = "/api/Spaces-1/deployments";
        let answer = server.expect(Method::POST, path, Some(body), status).await;
        answer["Errors"][0].clone()
    };
    deploy("SpecificMachineIds", &near, 201).await;
    deploy("ExcludedMachineIds", &far, 201).await;
    let refused = deploy("SpecificMachineIds", &far, 400).await;
    let far = far.as_str().unwrap();
    assert_eq!(
        refused,
        format!("The machine {far} cannot take part: it is not in this environment.")
    );
    let unknown = deploy("ExcludedMachineIds", &json!("Machines-999"), 400).await;
    assert_eq!(unknown, "There is no machine 'Machines-999' in this space.");
}
