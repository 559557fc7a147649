//! A release looked at before it is deployed: choices, changes, and what stands in the way.

use regatta_core::time::Time;
use regatta_store::StepDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::project::{project, step};
use crate::stream::Messages;
use crate::test_server::{ADMIN_KEY, PASSWORD, TestServer};

struct Shop {
    server: TestServer,
    release: String,
    environment: String,
    plan: String,
}

fn manual() -> Value {
    let mut ask = step("Ask", Some("[]"));
    ask["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    ask["Actions"][0]["Properties"] = json!({ "Octopus.Action.Manual.Instructions": "Well?" });
    ask
}

/// Ask, then Web on two targets, of which one cannot be reached; Build beside them; one prompt.
async fn shop() -> Shop {
    let server = TestServer::start().await;
    let made = project(&server, "Shop").await;
    let links = |name: &str| made["Links"][name].as_str().unwrap().to_owned();
    let test = server
        .post("/api/environments", json!({ "Name": "Test" }))
        .await;
    for (name, health) in [("web-1", "Healthy"), ("web-2", "Unavailable")] {
        let machine = json!({ "Name": name, "Roles": ["web"], "EnvironmentIds": [test["Id"]],
            "Endpoint": { "CommunicationStyle": "TentacleActive", "Thumbprint": "", "Uri": "" } });
        let machine = server.post("/api/machines", machine).await;
        set_health(&server, &machine, health).await;
    }
    let mut web = step("Web", Some("[\"ask\"]"));
    web["Properties"]["Octopus.Action.TargetRoles"] = json!("web");
    web["Actions"][0]["Properties"]["Octopus.Action.RunOnServer"] = json!("false");
    let mut process = server.get(&links("DeploymentProcess")).await;
    process["Steps"] = json!([manual(), web, step("Build", Some("[]"))]);
    server.put(&links("DeploymentProcess"), process).await;
    let mut variables = server.get(&links("Variables")).await;
    variables["Variables"] = json!([{ "Name": "Ticket", "Value": "", "Type": "String",
        "Prompt": { "Label": "Change ticket", "Required": true } }]);
    server.put(&links("Variables"), variables).await;
    let release = json!({ "ProjectId": made["Id"], "Version": "1.0.0" });
    let release = server.post("/api/releases", release).await;
    let id = |made: &Value| made["Id"].as_str().unwrap().to_owned();
    Shop {
        plan: format!("/api/Spaces-1/releases/{}/plan/{}", id(&release), id(&test)),
        release: id(&release),
        environment: id(&test),
        server,
    }
}

/// What a check of the target would find.
async fn set_health(server: &TestServer, machine: &Value, health: &str) {
    let mut tx = server.store().await.begin().await.unwrap();
    let id = machine["Id"].as_str().unwrap();
    let mut document = tx.document("Machines", id).await.unwrap().unwrap();
    let mut body: Value = serde_json::from_str(&document.body).unwrap();
    body["HealthStatus"] = json!(health);
    document.body = body.to_string();
    tx.document_replace(&document).await.unwrap();
    tx.commit().await.unwrap();
}

impl Shop {
    async fn ask(&self, body: Value) -> Value {
        self.server
            .expect(Method::POST, &self.plan, Some(body), 200)
            .await
    }

    /// Past runs of Build that took this long.
    async fn took(&self, all: &[i64]) {
        let mut tx = self.server.store().await.begin().await.unwrap();
        for (at, ms) in (1..).zip(all) {
            let duration = StepDuration {
                project_id: "Projects-1".into(),
                step: "build".into(),
                action: "build".into(),
                ended_at: Time(at),
                ms: *ms,
            };
            tx.step_duration_insert(&duration).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

fn slugs(of: &Value, key: &str) -> Vec<String> {
    let all = of.as_array().unwrap().iter();
    all.map(|one| one[key].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_plan_says_how_long_it_takes_on_what_ground_and_what_is_missing() {
    let shop = shop().await;
    shop.took(&[10_000, 20_000, 30_000, 40_000]).await;
    let plan = shop.server.get(&shop.plan).await;
    let mut shown = plan.clone();
    for step in shown["Steps"].as_array_mut().unwrap() {
        step["StepId"] = json!("an id");
        step["Actions"][0]["ActionId"] = json!("an id");
    }
    shown["MissingPrompts"][0]["Id"] = json!("an id");
    insta::assert_json_snapshot!(shown);
    assert_eq!(
        plan["Expected"],
        json!({ "FromMs": 20_000, "ToMs": 40_000 })
    );
    assert_eq!(plan["ExpectedMs"], 30_000);

    let answered = shop
        .ask(json!({ "FormValues": { "Ticket": "CHG-1" } }))
        .await;
    assert_eq!(answered["MissingPrompts"], json!([]));
    let wrong = json!({ "FormValues": { "Tickets": "CHG-1" } });
    shop.server
        .expect(Method::POST, &shop.plan, Some(wrong), 400)
        .await;
}

#[tokio::test]
async fn choices_and_changes_are_played_and_nothing_is_made() {
    let shop = shop().await;
    let skipped = shop.ask(json!({ "SkipActions": ["build"] })).await;
    assert_eq!(slugs(&skipped["SkippedSteps"], "StepSlug"), ["build"]);
    let by_query = shop.server.get(&format!("{}?skip=build", shop.plan)).await;
    assert_eq!(by_query["SkippedSteps"], skipped["SkippedSteps"]);

    let one = shop.ask(json!({ "SpecificMachineIds": ["web-1"] })).await;
    assert_eq!(slugs(&one["Machines"], "Name"), ["web-1"]);
    assert_eq!(one["OfflineTargets"], json!([]));
    let other = shop.ask(json!({ "ExcludedMachineIds": ["web-1"] })).await;
    assert_eq!(slugs(&other["Machines"], "Name"), ["web-2"]);

    assert_eq!(shop.ask(json!({})).await["WhatIfSavedMs"], Value::Null);
    for (what_if, expected_ms, saved_ms) in [
        (json!({}), 1_000, 0),
        (json!({ "AtOnceMax": 1 }), 2_000, -1_000),
        (
            json!({ "Durations": [{ "StepSlug": "build", "Ms": 5_000 }] }),
            5_000,
            -4_000,
        ),
        (
            json!({ "AddDependencies": [{ "StepSlug": "build", "WaitsForSlug": "web" }] }),
            2_000,
            -1_000,
        ),
        (json!({ "PerMachineMax": 1 }), 1_000, 0),
    ] {
        let plan = shop.ask(json!({ "WhatIf": what_if })).await;
        let took = (&plan["ExpectedMs"], &plan["WhatIfSavedMs"]);
        assert_eq!(took, (&json!(expected_ms), &json!(saved_ms)), "{what_if}");
    }
    for wrong in [
        json!({ "SkipActions": ["nothing"] }),
        json!({ "SpecificMachineIds": ["web-9"] }),
        json!({ "WhatIf": { "AtOnceMax": 0 } }),
        json!({ "WhatIf": { "PerMachineMax": 0 } }),
        json!({ "WhatIf": { "AddDependencies": [{ "StepSlug": "ask", "WaitsForSlug": "web" }] } }),
    ] {
        let refused = shop
            .server
            .send(Method::POST, &shop.plan, Some(wrong.clone()))
            .await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.text);
    }
    let missing = json!({ "TenantId": "Tenants-9" });
    shop.server
        .expect(Method::POST, &shop.plan, Some(missing), 404)
        .await;
    let made = shop.server.get("/api/Spaces-1/deployments").await;
    assert_eq!(made["TotalResults"], 0);
}

#[tokio::test]
async fn steps_that_will_take_turns_are_named_while_both_of_them_run() {
    let shop = shop().await;
    let server = &shop.server;
    let path = "/api/Spaces-1/projects/Projects-1/deploymentprocesses";
    let mut process = server.get(path).await;
    for (at, lock) in [(1, None), (2, Some("exclusive"))] {
        let step = &mut process["Steps"][at];
        step["Properties"] =
            json!({ "Octopus.Action.TargetRoles": "web", "Regatta.Step.DependsOn": "[]" });
        if let Some(lock) = lock {
            step["Properties"]["Regatta.Step.MachineLock"] = json!(lock);
        }
        step["Actions"][0]["Properties"]["Octopus.Action.RunOnServer"] = json!("false");
    }
    server.put(path, process).await;
    let release = json!({ "ProjectId": "Projects-1", "Version": "2.0.0" });
    let release = server.post("/api/releases", release).await;
    let id = release["Id"].as_str().unwrap();
    let plan = format!("/api/Spaces-1/releases/{id}/plan/{}", shop.environment);
    let turns = async |body: Value| {
        let plan = server.expect(Method::POST, &plan, Some(body), 200).await;
        plan["TakesTurns"].clone()
    };
    let says = "Web and Build both run on web-1 and web-2, and Build asks for its machines alone: they will take turns.";
    assert_eq!(turns(json!({})).await, json!([says]));
    let one = json!({ "SpecificMachineIds": ["web-1"] });
    assert_eq!(turns(one).await, json!([says.replace(" and web-2", "")]));
    assert_eq!(turns(json!({ "SkipActions": ["web"] })).await, json!([]));
    let before = server.get(&shop.plan).await;
    assert_eq!(
        before["TakesTurns"],
        json!([]),
        "the first release knows nothing of it"
    );
}

#[tokio::test]
async fn what_runs_already_is_named_to_those_who_may_see_it() {
    let shop = shop().await;
    let mut messages = Messages::open(&shop.server, ADMIN_KEY, "", None).await;
    let deployment = json!({ "ReleaseId": shop.release, "EnvironmentId": shop.environment,
        "FormValues": { "Ticket": "CHG-1" } });
    let deployment = shop.server.post("/api/deployments", deployment).await;
    let asks =
        |m: &crate::stream::Message| m.name == "task" && m.data["HasPendingInterruptions"] == true;
    messages.until(asks).await;
    let plan = shop.server.get(&shop.plan).await;
    assert_eq!(plan["Queue"]["Reason"], "TagHeld");
    assert_eq!(
        plan["Queue"]["HolderTaskIds"],
        json!([deployment["TaskId"]])
    );
    assert_eq!(
        slugs(&plan["TasksAhead"], "TaskId"),
        [deployment["TaskId"].as_str().unwrap()]
    );
    assert_eq!(plan["TasksAheadHidden"], 0);

    let key = viewer_of_releases(&shop.server).await;
    let plan = shop
        .server
        .send_as(Some(&key), Method::GET, &shop.plan, None)
        .await;
    assert_eq!(plan.status, 200, "{}", plan.text);
    assert_eq!(
        (&plan.body["TasksAhead"], &plan.body["TasksAheadHidden"]),
        (&json!([]), &json!(1))
    );
    assert!(
        !plan.text.contains(deployment["TaskId"].as_str().unwrap()),
        "{}",
        plan.text
    );
}

/// The key of somebody who may see releases, and no tasks.
async fn viewer_of_releases(server: &TestServer) -> String {
    let role =
        json!({ "Name": "Planner", "GrantedSpacePermissions": ["ReleaseView", "EnvironmentView"] });
    let role = server.post("/api/userroles", role).await;
    let user = json!({ "Username": "planner", "Password": PASSWORD });
    let user = server.post("/api/users", user).await;
    let team = json!({ "Name": "Planners", "MemberUserIds": [user["Id"]] });
    let team = server.post("/api/teams", team).await;
    let given = json!({ "TeamId": team["Id"], "UserRoleId": role["Id"], "SpaceId": "Spaces-1" });
    server.post("/api/scopeduserroles", given).await;
    let keys = format!("/api/users/{}/apikeys", user["Id"].as_str().unwrap());
    let key = server.post(&keys, json!({ "Purpose": "t" })).await;
    key["ApiKey"].as_str().unwrap().to_owned()
}

/// A limit made of a secret, or of a value that uses itself: refused wherever a plan is made, without showing the secret.
#[tokio::test]
async fn plans_show_no_secret_and_leave_no_limit_out() {
    const SECRET: &str = "canary-s3cret";
    let server = TestServer::start().await;
    let made = project(&server, "Shop").await;
    let link = |name: &str| made["Links"][name].as_str().unwrap().to_owned();
    let test = server
        .post("/api/environments", json!({ "Name": "Test" }))
        .await;
    let mut variables = server.get(&link("Variables")).await;
    variables["Variables"] = json!([
        { "Name": "Password", "Type": "Sensitive", "IsSensitive": true, "Value": SECRET },
        { "Name": "Loop", "Type": "String", "Value": "#{Loop}" },
    ]);
    server.put(&link("Variables"), variables).await;
    for (version, (key, value, why)) in (0..).zip([
        (
            "Octopus.Action.MaxParallelism",
            "#{Password}",
            "uses a sensitive variable",
        ),
        (
            "WorkerPoolVariable",
            "Password",
            "uses a sensitive variable",
        ),
        (
            "Octopus.Action.MaxParallelism",
            "#{Loop}",
            "`Loop` uses itself",
        ),
    ]) {
        let mut limited = step("Limited", None);
        match key {
            "WorkerPoolVariable" => limited["Actions"][0][key] = json!(value),
            property => limited["Properties"][property] = json!(value),
        }
        let mut process = server.get(&link("DeploymentProcess")).await;
        process["Steps"] = json!([limited]);
        server.put(&link("DeploymentProcess"), process).await;
        let release = json!({ "ProjectId": made["Id"], "Version": format!("1.0.{version}") });
        let release = server.post("/api/releases", release).await;
        let id = release["Id"].as_str().unwrap();
        let environment = test["Id"].as_str().unwrap();
        let deployment = json!({ "ReleaseId": id, "EnvironmentId": environment });
        for (method, path, body) in [
            (
                Method::POST,
                format!("/api/Spaces-1/releases/{id}/plan/{environment}"),
                Some(json!({})),
            ),
            (
                Method::GET,
                format!("/api/Spaces-1/releases/{id}/deployments/preview/{environment}"),
                None,
            ),
            (
                Method::POST,
                "/api/Spaces-1/deployments".to_owned(),
                Some(deployment),
            ),
        ] {
            let answer = server.send(method.clone(), &path, body).await;
            assert!(!answer.text.contains(SECRET), "{path}: {}", answer.text);
            // What a preview lists has no limits in it.
            if answer.status != 200 || method == Method::POST {
                assert_eq!(answer.status, 400, "{path}: {}", answer.text);
                assert!(answer.text.contains(why), "{path}: {}", answer.text);
            }
        }
    }
}
