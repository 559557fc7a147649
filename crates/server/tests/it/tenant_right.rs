//! Rights that are held for some tenants only: what they reach of tasks, and of what waits for people.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::step;
use crate::test_server::{ADMIN_KEY, PASSWORD, TestServer};

const SPACE: &str = "/api/Spaces-1";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Somebody who holds these roles for one tenant.
async fn limited(server: &TestServer, tenant: &Value, roles: &[&str]) -> String {
    let user = json!({ "Username": "limited", "Password": PASSWORD });
    let user = server.post("/api/users", user).await;
    let team = json!({ "Name": "Limited", "MemberUserIds": [user["Id"]] });
    let team = server.post("/api/teams", team).await;
    for role in roles {
        let role = json!({
            "TeamId": team["Id"], "UserRoleId": role, "SpaceId": "Spaces-1", "TenantIds": [tenant],
        });
        server.post("/api/scopeduserroles", role).await;
    }
    let keys = format!("/api/users/{}/apikeys", text(&user["Id"]));
    text(&server.post(&keys, json!({ "Purpose": "t" })).await["ApiKey"])
}

fn approval() -> Value {
    let mut approval = step("Approve", None);
    approval["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    approval["Actions"][0]["Properties"] = json!({ "Octopus.Action.Manual.Instructions": "Look" });
    approval
}

/// A release of a project with these steps, for the tenants Acme and Bolt; their ids.
async fn shop(server: &TestServer, steps: Value) -> [Value; 2] {
    let test = server
        .post(&format!("{SPACE}/environments"), json!({ "Name": "Test" }))
        .await;
    let project = json!({
        "Name": "Shop", "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1",
        "TenantedDeploymentMode": "Tenanted", "DefaultGuidedFailureMode": "On",
    });
    let project = server.post(&format!("{SPACE}/projects"), project).await;
    let own = text(&project["Links"]["DeploymentProcess"]);
    let mut process = server.get(&own).await;
    process["Steps"] = steps;
    server.put(&own, process).await;
    let release = json!({ "ProjectName": "Shop", "ReleaseVersion": "1.0.0" });
    let path = format!("{SPACE}/releases/create/v1");
    server.post(&path, release).await;
    let mut tenants = Vec::new();
    for name in ["Acme", "Bolt"] {
        let connected = json!({ text(&project["Id"]): [test["Id"]] });
        let tenant = json!({ "Name": name, "ProjectEnvironments": connected });
        let tenant = server.post(&format!("{SPACE}/tenants"), tenant).await;
        tenants.push(tenant["Id"].clone());
    }
    tenants.try_into().unwrap()
}

/// Deploys for a tenant; the task.
async fn deploy(server: &TestServer, tenant: &str) -> String {
    let deployment = json!({
        "ProjectName": "Shop", "ReleaseVersion": "1.0.0", "EnvironmentName": "Test", "Tenants": [tenant],
    });
    let path = format!("{SPACE}/deployments/create/tenanted/v1");
    let made = server.post(&path, deployment).await;
    text(&made["DeploymentServerTasks"][0]["ServerTaskId"])
}

pub(crate) async fn until_asked(server: &TestServer, task: &str) {
    let path = format!("{SPACE}/tasks/{task}");
    let asked = async || server.get(&path).await["HasPendingInterruptions"] == true;
    server.until("a person is asked", asked).await;
}

pub(crate) async fn question(server: &TestServer, task: &str) -> String {
    let path = format!("{SPACE}/interruptions?regarding={task}");
    let found = server.get(&path).await;
    format!("{SPACE}/interruptions/{}", text(&found["Items"][0]["Id"]))
}

#[tokio::test]
async fn a_right_for_one_tenant_reaches_its_tasks_and_no_others() {
    let server = TestServer::start().await;
    let [acme, _] = shop(&server, json!([approval()])).await;
    let (own, others) = (deploy(&server, "Acme").await, deploy(&server, "Bolt").await);
    until_asked(&server, &own).await;
    until_asked(&server, &others).await;
    let key = limited(&server, &acme, &["userroles-projectdeployer"]).await;
    let send = async |method: Method, path: &str| {
        server.send_as(Some(&key), method, path, None).await.status
    };
    let of = |task: &str, below: &str| format!("{SPACE}/tasks/{task}{below}");
    for below in ["", "/details", "/raw", "/run", "/events", "/log"] {
        let status = (
            send(Method::GET, &of(&own, below)).await,
            send(Method::GET, &of(&others, below)).await,
        );
        assert_eq!(status, (200, 403), "{below}");
    }
    let listed = server
        .send_as(Some(&key), Method::GET, &format!("{SPACE}/tasks"), None)
        .await;
    let listed: Vec<&Value> = listed.body["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["Id"])
        .collect();
    assert_eq!(listed, [&json!(own)]);
    let board = format!("{SPACE}/dashboard");
    let board = server.send_as(Some(&key), Method::GET, &board, None).await;
    let items = board.body["Items"].as_array().unwrap().iter();
    let shown: Vec<&Value> = items.map(|item| &item["TaskId"]).collect();
    assert_eq!(shown, [&json!(own)]);
    let watched = format!("{SPACE}/stream?tasks={others}");
    let watched = server
        .send_as(Some(&key), Method::GET, &watched, None)
        .await;
    assert_eq!(watched.body["Messages"][0]["Event"], "missing");

    let theirs = question(&server, &others).await;
    let responsible = format!("{theirs}/responsible");
    assert_eq!(send(Method::GET, &theirs).await, 403);
    assert_eq!(send(Method::PUT, &responsible).await, 403);
    assert_eq!(send(Method::POST, &of(&others, "/cancel")).await, 403);
    assert_eq!(
        server.get(&of(&others, "")).await["State"],
        "Executing",
        "nothing happened to it"
    );

    let mine = question(&server, &own).await;
    assert_eq!(send(Method::GET, &mine).await, 200);
    let responsible = format!("{mine}/responsible");
    assert_eq!(send(Method::PUT, &responsible).await, 200);
    let form = Some(json!({ "Result": "Proceed" }));
    let submit = format!("{mine}/submit");
    let answered = server
        .send_as(Some(&key), Method::POST, &submit, form)
        .await;
    assert_eq!(answered.status, 200, "{}", answered.text);
    let over = async || server.get(&of(&own, "")).await["IsCompleted"] == true;
    server.until("the task is over", over).await;
    let again = format!("{SPACE}/tasks/rerun/{own}");
    assert_eq!(send(Method::POST, &again).await, 201);
}

/// The queue is one for all spaces and tenants; what waits there is told of those ahead that it may see.
#[tokio::test]
async fn whoever_waits_is_told_nothing_of_tasks_they_may_not_see() {
    let server = TestServer::start_changed(|config| config.task_cap = 1).await;
    // The script waits for a worker, so the first task keeps its place while somebody is asked.
    let steps = json!([approval(), step("Beside", Some("[]"))]);
    let [acme, _] = shop(&server, steps).await;
    let running = deploy(&server, "Bolt").await;
    until_asked(&server, &running).await;
    let own = deploy(&server, "Acme").await;
    let key = limited(&server, &acme, &["userroles-projectdeployer"]).await;
    for (key, holders) in [(ADMIN_KEY, json!([running])), (key.as_str(), json!([]))] {
        let explain = format!("{SPACE}/tasks/{own}/explain");
        let why = server.send_as(Some(key), Method::GET, &explain, None).await;
        let queue = &why.body["Task"]["Queue"];
        assert_eq!(queue["Reason"], "CapReached", "{}", why.text);
        assert_eq!(queue["HolderTaskIds"], holders);
        let behind = format!("{SPACE}/tasks/{own}/queued-behind");
        let behind = server.send_as(Some(key), Method::GET, &behind, None).await;
        let items = behind.body["Items"].as_array().unwrap().iter();
        assert_eq!(
            items.map(|task| task["Id"].clone()).collect::<Value>(),
            holders
        );
        let is_named = why.text.contains(&running);
        assert_eq!(is_named, key == ADMIN_KEY, "{}", why.text);
    }
}

/// A machine that another tenant's deployment has: the reason is told, not who it is.
#[tokio::test]
async fn whoever_waits_for_a_machine_is_told_nothing_of_a_holder_they_may_not_see() {
    let server = TestServer::start().await;
    let mut on_machine = step("Web", None);
    on_machine["Properties"] = json!({ "Octopus.Action.TargetRoles": "web" });
    on_machine["Actions"][0]["Properties"]["Octopus.Action.RunOnServer"] = json!("False");
    let [acme, bolt] = shop(&server, json!([on_machine])).await;
    let machine = json!({
        "Name": "web-1", "Roles": ["web"], "EnvironmentIds": ["Environments-1"], "TenantIds": [acme, bolt],
        "TenantedDeploymentParticipation": "Tenanted",
        "Endpoint": { "CommunicationStyle": "TentaclePassive", "Uri": "https://web.example:10933/", "Thumbprint": "AABBCC" },
    });
    server.post(&format!("{SPACE}/machines"), machine).await;
    // Its script fails, because nothing reaches the machine, and keeps it until somebody decides.
    let holder = deploy(&server, "Bolt").await;
    until_asked(&server, &holder).await;
    let own = deploy(&server, "Acme").await;
    let explain = format!("{SPACE}/tasks/{own}/explain");
    let waits = async || server.get(&explain).await["Items"][0]["HolderTaskId"] == json!(holder);
    server.until("the second waits for it", waits).await;
    let key = limited(&server, &acme, &["userroles-projectdeployer"]).await;
    for below in ["explain", "run", "timeline"] {
        let path = format!("{SPACE}/tasks/{own}/{below}");
        let told = async |key: &str| {
            server
                .send_as(Some(key), Method::GET, &path, None)
                .await
                .text
        };
        let all = told(ADMIN_KEY).await;
        assert!(
            all.contains(&format!("web-1 is used by {holder}")),
            "{below}: {all}"
        );
        let less = told(&key).await;
        assert!(!less.contains(&holder), "{below}: {less}");
        let said = "web-1 is used by a task you may not see";
        assert!(less.contains(said), "{below}: {less}");
    }
}
