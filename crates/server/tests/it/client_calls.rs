//! Smaller calls that clients of Octopus make, each with the exact shape they read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::permission::somebody;
use crate::project::{project, step};
use crate::test_server::TestServer;

const SPACE: &str = "/api/Spaces-1";

fn id(made: &Value) -> String {
    made["Id"].as_str().unwrap().to_owned()
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

async fn environments(server: &TestServer) -> Vec<String> {
    let mut ids = Vec::new();
    for name in ["Test", "Production"] {
        let made = server
            .post(&format!("{SPACE}/environments"), json!({ "Name": name }))
            .await;
        ids.push(id(&made));
    }
    ids
}

#[tokio::test]
async fn a_lifecycle_shows_the_phases_it_has_today() {
    let server = TestServer::start().await;
    let ids = environments(&server).await;
    let default = server
        .get(&format!("{SPACE}/lifecycles/Lifecycles-1/preview"))
        .await;
    let implied = |at: usize| json!({ "Name": default["Phases"][at]["Name"], "By hand": default["Phases"][at]["OptionalDeploymentTargets"] });
    assert_eq!(implied(0), json!({ "Name": "Test", "By hand": [ids[0]] }));
    assert_eq!(
        implied(1),
        json!({ "Name": "Production", "By hand": [ids[1]] })
    );
    let written = json!({ "Name": "Own", "Phases": [
        { "Name": "First", "OptionalDeploymentTargets": [ids[1]], "MinimumEnvironmentsBeforePromotion": 1 },
        { "Name": "Rest", "IsOptionalPhase": true },
    ] });
    let made = server.post(&format!("{SPACE}/lifecycles"), written).await;
    let shown = server
        .get(&format!("{SPACE}/lifecycles/{}/preview", id(&made)))
        .await;
    // Whole, as a lifecycle is; the phase without environments stands for all that no other names.
    assert_eq!(keys(&shown), keys(&made));
    let mut expected = made["Phases"].clone();
    expected[1]["OptionalDeploymentTargets"] = json!([ids[0]]);
    assert_eq!(shown["Phases"], expected);
}

#[allow(
    clippy::too_many_lines,
    reason = "one server, and one thing after the other"
)]
#[tokio::test]
async fn a_release_says_what_was_changed_since_and_takes_single_variables() {
    let server = TestServer::start().await;
    let shop = project(&server, "Shop").await;
    let shop = id(&shop);
    let process = format!("{SPACE}/projects/{shop}/deploymentprocesses");
    let save_steps = async |steps: Value| {
        let mut changed = server.get(&process).await;
        changed["Steps"] = steps;
        server.put(&process, changed).await
    };
    save_steps(json!([step("First", None)])).await;
    let path = format!("{SPACE}/variables/variableset-{shop}");
    let save = async |variables: Value| {
        let mut set = server.get(&path).await;
        set["Variables"] = variables;
        server.put(&path, set).await
    };
    save(json!([{ "Name": "Host", "Value": "one" }, { "Name": "Port", "Value": "1" }])).await;
    let release = server
        .post(
            &format!("{SPACE}/releases"),
            json!({ "ProjectId": shop, "Version": "1.0.0" }),
        )
        .await;
    let own = release["Links"]["Self"].as_str().unwrap();
    let flags = async || {
        let template = server.get(&format!("{own}/deployments/template")).await;
        let keys = [
            "IsDeploymentProcessModified",
            "IsVariableSetModified",
            "IsLibraryVariableSetModified",
        ];
        keys.map(|key| template[key].as_bool().unwrap())
    };
    assert_eq!(flags().await, [false, false, false]);
    save(json!([{ "Name": "Host", "Value": "two" }, { "Name": "Port", "Value": "2" }, { "Name": "New", "Value": "n" }])).await;
    assert_eq!(flags().await, [false, true, false]);

    let by_name = format!("{own}/snapshot-variables-by-name");
    for (owner, name, says) in [
        (shop.as_str(), "Nobody", "there is no variable 'nobody'"),
        ("Projects-99", "Host", "no variables of 'Projects-99'"),
    ] {
        let body = json!({ "Variables": [{ "OwnerId": owner, "Name": name }] });
        let refused = server.expect(Method::POST, &by_name, Some(body), 400).await;
        assert!(
            refused["Errors"][0].as_str().unwrap().contains(says),
            "{refused}"
        );
    }
    let body = json!({ "Variables": [{ "OwnerId": shop, "Name": "host" }, { "OwnerId": shop, "Name": "New" }] });
    let taken = server.expect(Method::POST, &by_name, Some(body), 200).await;
    let frozen = taken["ProjectVariableSetSnapshotId"].as_str().unwrap();
    assert_ne!(
        taken["ProjectVariableSetSnapshotId"],
        release["ProjectVariableSetSnapshotId"]
    );
    let frozen = server.get(&format!("{SPACE}/variables/{frozen}")).await;
    let mut values: Vec<String> = frozen["Variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{}={}",
                one["Name"].as_str().unwrap(),
                one["Value"].as_str().unwrap()
            )
        })
        .collect();
    values.sort();
    assert_eq!(values, ["Host=two", "New=n", "Port=1"]);
    // Nothing was deployed with what the release had before, so it is gone.
    let former = release["ProjectVariableSetSnapshotId"].as_str().unwrap();
    server
        .expect(
            Method::GET,
            &format!("{SPACE}/variables/{former}"),
            None,
            404,
        )
        .await;

    save_steps(json!([step("First", None), step("Another", None)])).await;
    let set = server
        .post(
            &format!("{SPACE}/libraryvariablesets"),
            json!({ "Name": "Shared" }),
        )
        .await;
    let mut including = server.get(&format!("{SPACE}/projects/{shop}")).await;
    including["IncludedLibraryVariableSetIds"] = json!([id(&set)]);
    server
        .put(&format!("{SPACE}/projects/{shop}"), including)
        .await;
    assert_eq!(flags().await, [true, true, true]);
}

#[allow(
    clippy::too_many_lines,
    reason = "one server, and one thing after the other"
)]
#[tokio::test]
async fn everybody_configures_a_dashboard_of_their_own() {
    let server = TestServer::start().await;
    let ids = environments(&server).await;
    let shop = id(&project(&server, "Shop").await);
    project(&server, "Web").await;
    let path = format!("{SPACE}/dashboardconfiguration");
    let mut own = server.get(&path).await;
    assert_eq!(
        keys(&own),
        [
            "Id",
            "IncludedProjectGroupIds",
            "IncludedProjectIds",
            "IncludedEnvironmentIds",
            "IncludedTenantIds",
            "IncludedTenantTags",
            "ProjectLimit",
            "Links"
        ]
    );
    let shown = async || {
        let board = server.get(&format!("{SPACE}/dashboard")).await;
        let names = |key: &str| -> Vec<String> {
            let items = board[key].as_array().unwrap().iter();
            items
                .map(|item| item["Name"].as_str().unwrap().to_owned())
                .collect()
        };
        (
            names("Projects"),
            names("Environments"),
            board["IsFiltered"] == true,
        )
    };
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        shown().await,
        (
            names(&["Shop", "Web"]),
            names(&["Test", "Production"]),
            false
        )
    );
    own["IncludedProjectIds"] = json!([shop]);
    own["IncludedEnvironmentIds"] = json!([ids[1]]);
    assert_eq!(server.put(&path, own.clone()).await, own);
    assert_eq!(server.get(&path).await, own);
    assert_eq!(
        shown().await,
        (names(&["Shop"]), names(&["Production"]), true)
    );
    // Somebody else's is untouched, and a client that names its projects is not restricted by it.
    let viewer = somebody(
        &server,
        "viewer",
        &[("userroles-projectviewer", Some("Spaces-1"))],
    )
    .await;
    let theirs = server
        .send_as(Some(&viewer), Method::GET, &path, None)
        .await;
    assert_eq!(theirs.body["IncludedProjectIds"], json!([]));
    let dynamic = server
        .get(&format!(
            "{SPACE}/dashboard/dynamic?environments={}",
            ids[0]
        ))
        .await;
    assert_eq!(dynamic["Projects"].as_array().unwrap().len(), 2);
    own["IncludedProjectIds"] = json!([]);
    own["ProjectLimit"] = json!(1);
    server.put(&path, own.clone()).await;
    assert_eq!(shown().await.0, names(&["Shop"]));
    own["IncludedProjectIds"] = json!(["Projects-99"]);
    own["ProjectLimit"] = json!(0);
    let refused = server.expect(Method::PUT, &path, Some(own), 400).await;
    assert_eq!(refused["Errors"].as_array().unwrap().len(), 2, "{refused}");
}

#[tokio::test]
async fn the_built_in_feed_can_be_renamed_and_stays_what_it_is() {
    let server = TestServer::start().await;
    let feeds = server.get(&format!("{SPACE}/feeds?feedType=BuiltIn")).await;
    let mut feed = feeds["Items"][0].clone();
    let own = format!("{SPACE}/feeds/{}", id(&feed));
    feed["Name"] = json!("Our packages");
    assert_eq!(server.put(&own, feed.clone()).await["Name"], "Our packages");
    feed["FeedType"] = json!("NuGet");
    server.expect(Method::PUT, &own, Some(feed), 400).await;
    let refused = server.expect(Method::DELETE, &own, None, 400).await;
    assert_eq!(refused["Code"], "NotSupported");
    for path in ["/api/feeds/stats", "/api/Spaces-1/feeds/stats"] {
        assert_eq!(server.get(path).await, json!({ "TotalPackages": 0 }));
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_what_can() {
    let server = TestServer::start().await;
    for (method, path, body) in [
        (
            Method::GET,
            "/api/Spaces-1/machines/discover?host=h&port=10933&type=TentaclePassive",
            None,
        ),
        (Method::GET, "/api/Spaces-1/workers/discover?host=h", None),
        (
            Method::POST,
            "/api/tasks",
            Some(json!({ "Name": "Health", "Arguments": { "Timeout": "00:05:00" } })),
        ),
        (
            Method::POST,
            "/api/Spaces-1/tasks",
            Some(json!({ "Name": "adhocscript" })),
        ),
    ] {
        let refused = server.expect(method, path, body, 400).await;
        assert_eq!(refused["Code"], "NotSupported", "{path}");
        assert!(!refused["HelpText"].as_str().unwrap().is_empty(), "{path}");
    }
    let tasks = server.get("/api/tasks").await;
    assert_eq!(tasks["TotalResults"], 0, "nothing was queued");
    let unknown = json!({ "Name": "Dance" });
    let refused = server
        .expect(Method::POST, "/api/tasks", Some(unknown), 400)
        .await;
    assert_eq!(
        refused["Errors"],
        json!(["Name: 'Dance' is no kind of task."])
    );
    let clouds = server.get("/api/accounts/azureenvironments").await;
    assert_eq!(clouds[0]["Name"], "AzureCloud");
    assert_eq!(
        keys(&clouds[0]),
        [
            "Name",
            "DisplayName",
            "AuthenticationEndpoint",
            "ResourceManagerEndpoint",
            "GraphEndpoint",
            "ManagementEndpoint",
            "StorageEndpointSuffix"
        ]
    );
}

async fn target(server: &TestServer, endpoint: Value) -> Value {
    let environments = environments(server).await;
    let body = json!({ "Name": "Web", "Endpoint": endpoint, "EnvironmentIds": environments, "Roles": ["web"], "TenantIds": null, "TenantTags": null, "TenantedDeploymentParticipation": null });
    server.post(&format!("{SPACE}/machines"), body).await
}

/// Octopus' CLI prints it without a look whether it is there, and stops where it is not.
#[tokio::test]
async fn a_tentacle_has_a_version_even_when_nobody_knows_it() {
    let server = TestServer::start().await;
    let passive = json!({ "CommunicationStyle": "TentaclePassive", "Uri": "https://web:10933/", "Thumbprint": "AA" });
    let made = target(&server, passive).await;
    assert_eq!(made["Endpoint"]["TentacleVersionDetails"]["Version"], "");
    let mut known = made.clone();
    known["Endpoint"]["TentacleVersionDetails"]["Version"] = json!("8.1.0");
    let own = made["Links"]["Self"].as_str().unwrap();
    let saved = server.put(own, known).await;
    assert_eq!(
        saved["Endpoint"]["TentacleVersionDetails"]["Version"],
        "8.1.0"
    );
}

/// Octopus' Go client says null for lists nobody touched, and stops when it reads one.
#[tokio::test]
async fn a_list_sent_as_nothing_is_answered_empty() {
    let server = TestServer::start().await;
    let made = target(&server, json!({ "CommunicationStyle": "None" })).await;
    assert_eq!(
        (
            &made["TenantIds"],
            &made["TenantTags"],
            &made["TenantedDeploymentParticipation"]
        ),
        (&json!([]), &json!([]), &json!("Untenanted"))
    );
    let tenant = json!({ "Name": "Acme", "ProjectEnvironments": null, "TenantTags": null });
    let made = server.post(&format!("{SPACE}/tenants"), tenant).await;
    assert_eq!(
        (&made["ProjectEnvironments"], &made["TenantTags"]),
        (&json!({}), &json!([]))
    );
}
