//! Every operation of the table, tried by nobody, by somebody without a role, by each built-in role, and by the
//! administrator of another space. The table says what must come out.

use regatta_core::permission::{Level, Permission, builtin};
use reqwest::Method;
use serde_json::{Value, json};

use crate::project::project;
use crate::test_server::{ADMIN_KEY, PASSWORD, TestServer};

struct Tried {
    method: Method,
    /// With ids of the own space.
    path: String,
    id: String,
    permission: Option<Permission>,
    scope: String,
    is_anonymous: bool,
    in_space: bool,
}

/// Reads the operations back from the OpenAPI document, as any client could.
async fn operations(server: &TestServer, space: &str) -> Vec<Tried> {
    let document = server.get("/api/openapi.json").await;
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scope = operation["x-scope"].as_str().unwrap_or_default();
            let filled = path
                .replace("{spaceId}", space)
                .replace("{project}", "Projects-1");
            let id = id_of(path, scope);
            all.push(Tried {
                method: method.to_uppercase().parse().unwrap(),
                path: fill(&filled, id),
                id: operation["operationId"].as_str().unwrap().to_owned(),
                permission: operation["x-permission"]
                    .as_str()
                    .and_then(Permission::parse),
                scope: scope.to_owned(),
                is_anonymous: operation["security"] == json!([]),
                in_space: path.contains("{spaceId}"),
            });
        }
    }
    all
}

fn id_of(path: &str, scope: &str) -> &'static str {
    let ids = [
        ("Projects", "Projects-1"),
        ("ProjectGroups", "ProjectGroups-1"),
        ("Environments", "Environments-1"),
        ("Lifecycles", "Lifecycles-1"),
        ("Channels", "Channels-1"),
        ("DeploymentProcesses", "deploymentprocess-Projects-1"),
        ("Machines", "Machines-1"),
        ("Users", "Users-1"),
        ("Teams", "teams-managers"),
        ("UserRoles", "userroles-projectviewer"),
        ("ScopedUserRoles", "scopeduserroles-builtin1"),
        ("Spaces", "Spaces-1"),
        ("WorkerPools", "WorkerPools-1"),
        ("MachinePolicies", "MachinePolicies-1"),
        ("Feeds", "feeds-builtin"),
    ];
    if scope.starts_with("project ") {
        return "Projects-1";
    }
    let found = ids
        .iter()
        .find(|(kind, _)| scope.starts_with(&format!("{kind} ")));
    found.map_or(
        if path.contains("/variables/") {
            "variableset-Projects-1"
        } else {
            "Nothing-1"
        },
        |(_, id)| id,
    )
}

fn fill(path: &str, id: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { id } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// A user with a key, in a team of its own that holds the role in the space (or in the system).
async fn somebody(server: &TestServer, name: &str, roles: &[(&str, Option<&str>)]) -> String {
    let user = server
        .post(
            "/api/users",
            json!({ "Username": name, "DisplayName": name, "Password": PASSWORD }),
        )
        .await;
    let id = user["Id"].as_str().unwrap();
    let team = server
        .post(
            "/api/teams",
            json!({ "Name": format!("Team of {name}"), "MemberUserIds": [id] }),
        )
        .await;
    for (role, space) in roles {
        server
            .post(
                "/api/scopeduserroles",
                json!({ "TeamId": team["Id"], "UserRoleId": role, "SpaceId": space }),
            )
            .await;
    }
    let key = server
        .post(
            &format!("/api/users/{id}/apikeys"),
            json!({ "Purpose": "test" }),
        )
        .await;
    key["ApiKey"].as_str().unwrap().to_owned()
}

async fn try_it(server: &TestServer, key: Option<&str>, tried: &Tried) -> (u16, String) {
    // A body that no operation accepts: whoever gets as far as that was let in, and nothing is changed.
    let body = (tried.method != Method::GET).then(|| Value::from("not accepted by any operation"));
    let answer = server
        .send_as(key, tried.method.clone(), &tried.path, body)
        .await;
    (answer.status, answer.text)
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn the_table_decides_for_every_operation_and_role() {
    let server = TestServer::start().await;
    project(&server, "Shop").await;
    server
        .post("/api/environments", json!({ "Name": "Test" }))
        .await;
    let region = json!({ "Name": "Region", "Endpoint": { "CommunicationStyle": "None" }, "EnvironmentIds": ["Environments-1"], "Roles": ["web"] });
    server.post("/api/machines", region).await;
    let mut operations = operations(&server, "Spaces-1").await;
    // Documents of kinds that cannot be made yet: there is nothing to be let in to.
    let mut reachable = Vec::new();
    for tried in operations.drain(..) {
        if !tried.scope.contains('{')
            || tried.method == Method::DELETE
            || try_it(&server, Some(ADMIN_KEY), &tried).await.0 != 404
        {
            reachable.push(tried);
        }
    }
    let operations = reachable;
    assert!(
        operations.len() > 80,
        "only {} operations were read",
        operations.len()
    );
    let nobody = somebody(&server, "nobody", &[]).await;
    for tried in &operations {
        let (status, text) = try_it(&server, None, tried).await;
        assert_eq!(
            status == 401,
            !tried.is_anonymous,
            "anonymous {} {}: {status} {text}",
            tried.method,
            tried.path
        );
        if tried.permission.is_some() && tried.method != Method::DELETE {
            let (status, text) = try_it(&server, Some(&nobody), tried).await;
            assert!(
                matches!(status, 403 | 404),
                "nobody {} {}: {status} {text}",
                tried.method,
                tried.path
            );
        }
    }
    for role in builtin::roles() {
        let id = role.id();
        let key = somebody(
            &server,
            role.name,
            &[(id.as_str(), Some("Spaces-1")), (id.as_str(), None)],
        )
        .await;
        for tried in operations
            .iter()
            .filter(|tried| tried.method != Method::DELETE)
        {
            let Some(permission) = tried.permission else {
                continue;
            };
            // Without a space in the path the body may name one.
            let is_held = if tried.in_space {
                role.space.contains(&permission)
            } else {
                role.system.contains(&permission)
                    || tried.scope == "anywhere" && role.space.contains(&permission)
            };
            let (status, text) = try_it(&server, Some(&key), tried).await;
            let refused = status == 403
                || text.contains("was not found") && tried.in_space && role.space.is_empty();
            assert_eq!(
                refused, !is_held,
                "{} as {}: {} {} {status} {text}",
                tried.id, role.name, tried.method, tried.path
            );
            if status == 403 {
                assert!(
                    text.contains(permission.as_str()),
                    "{}: the refusal does not name {permission}: {text}",
                    tried.id
                );
            }
        }
    }
    assert!(
        operations.iter().all(|tried| tried
            .permission
            .is_none_or(|p| p.level() != Level::System || !tried.in_space)),
        "a system permission in a space"
    );
}

#[tokio::test]
async fn the_administrator_of_another_space_sees_nothing_of_this_one() {
    let server = TestServer::start().await;
    project(&server, "Shop").await;
    let space = server
        .post(
            "/api/spaces",
            json!({ "Name": "Other", "SpaceManagersTeams": ["teams-administrators"] }),
        )
        .await;
    let other = space["Id"].as_str().unwrap();
    let foreign = somebody(
        &server,
        "foreign",
        &[("userroles-spacemanager", Some(other))],
    )
    .await;
    for tried in operations(&server, "Spaces-1")
        .await
        .iter()
        .filter(|tried| tried.in_space)
    {
        let (status, found) = try_it(&server, Some(&foreign), tried).await;
        let missing = Tried {
            path: tried.path.replace("Spaces-1", "Spaces-999"),
            method: tried.method.clone(),
            id: String::new(),
            scope: String::new(),
            ..*tried
        };
        let (_, missing) = try_it(&server, Some(&foreign), &missing).await;
        assert_eq!(
            (status, found.replace("Spaces-1", "S")),
            (404, missing.replace("Spaces-999", "S")),
            "{} {}",
            tried.method,
            tried.path
        );
        // And through the own space's address, where the ids belong to nobody.
        if tried.scope.contains('{') {
            let crossed = Tried {
                path: tried.path.replace("/Spaces-1/", &format!("/{other}/")),
                method: tried.method.clone(),
                id: String::new(),
                scope: String::new(),
                ..*tried
            };
            assert_eq!(
                try_it(&server, Some(&foreign), &crossed).await.0,
                404,
                "{} {}",
                crossed.method,
                crossed.path
            );
        }
    }
}

#[tokio::test]
async fn whoever_lacks_process_edit_may_look_and_is_told_what_is_missing() {
    let server = TestServer::start().await;
    let project = project(&server, "Shop").await;
    let own = project["Links"]["DeploymentProcess"].as_str().unwrap();
    let viewer = somebody(
        &server,
        "viewer",
        &[("userroles-projectviewer", Some("Spaces-1"))],
    )
    .await;
    let process = server.send_as(Some(&viewer), Method::GET, own, None).await;
    assert_eq!(process.status, 200);
    let refused = server
        .send_as(Some(&viewer), Method::PUT, own, Some(process.body))
        .await;
    assert_eq!(refused.status, 403);
    insta::assert_json_snapshot!(refused.body);
}

#[tokio::test]
async fn a_grant_restricted_to_one_project_shows_and_changes_only_that_one() {
    let server = TestServer::start().await;
    let (shop, blog) = (
        project(&server, "Shop").await,
        project(&server, "Blog").await,
    );
    let user = server
        .post(
            "/api/users",
            json!({ "Username": "one", "Password": PASSWORD }),
        )
        .await;
    let team = server
        .post(
            "/api/teams",
            json!({ "Name": "One", "MemberUserIds": [user["Id"]] }),
        )
        .await;
    let body = json!({ "TeamId": team["Id"], "UserRoleId": "userroles-projectlead", "SpaceId": "Spaces-1", "ProjectIds": [shop["Id"]] });
    server.post("/api/scopeduserroles", body).await;
    let key = server
        .post(
            &format!("/api/users/{}/apikeys", user["Id"].as_str().unwrap()),
            json!({ "Purpose": "t" }),
        )
        .await["ApiKey"]
        .as_str()
        .unwrap()
        .to_owned();
    let list = server
        .send_as(Some(&key), Method::GET, "/api/projects", None)
        .await
        .body;
    assert_eq!(
        (&list["TotalResults"], &list["Items"][0]["Name"]),
        (&json!(1), &json!("Shop"))
    );
    let channels = server
        .send_as(Some(&key), Method::GET, "/api/channels/all", None)
        .await
        .body;
    assert_eq!(channels.as_array().unwrap().len(), 1);
    let status = async |path: &Value| {
        server
            .send_as(Some(&key), Method::GET, path.as_str().unwrap(), None)
            .await
            .status
    };
    assert_eq!(
        (
            status(&shop["Links"]["Self"]).await,
            status(&blog["Links"]["Self"]).await
        ),
        (200, 403)
    );
    assert_eq!(
        (
            status(&shop["Links"]["Variables"]).await,
            status(&blog["Links"]["Variables"]).await
        ),
        (200, 403)
    );
}
