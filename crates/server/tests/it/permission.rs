//! What roles let people do, told as stories; the whole table is tried in [`crate::matrix`].

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::project::project;
use crate::test_server::{ADMIN_KEY, PASSWORD, TestServer};

/// A user with a key, in a team of its own that holds the role in the space (or in the system).
pub(crate) async fn somebody(
    server: &TestServer,
    name: &str,
    roles: &[(&str, Option<&str>)],
) -> String {
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
    let told = &refused.body["Facts"]["Teams"];
    // Whom to ask is known before one tries, and is the same.
    let holders = format!(
        "/api/Spaces-1/permissions/holders?permission=ProcessEdit&project={}",
        project["Id"].as_str().unwrap()
    );
    let asked = server
        .send_as(Some(&viewer), Method::GET, &holders, None)
        .await;
    assert_eq!(
        asked.body,
        json!({ "Permission": "ProcessEdit", "Description": "Edit process", "IsHeld": false, "Teams": told })
    );
    let unknown = "/api/Spaces-1/permissions/holders?permission=Everything";
    server.expect(Method::GET, unknown, None, 400).await;
    insta::assert_json_snapshot!(refused.body);
}

#[tokio::test]
async fn of_a_space_one_has_no_part_in_no_team_and_no_grant_of_others_is_told() {
    let server = TestServer::start().await;
    let role = json!({ "Name": "Reception", "GrantedSystemPermissions": ["UserView"] });
    let role = server.post("/api/userroles", role).await;
    let viewer = somebody(&server, "viewer", &[(role["Id"].as_str().unwrap(), None)]).await;
    let user = json!({ "Username": "spy", "Password": PASSWORD });
    let user = server.post("/api/users", user).await["Id"].clone();
    let space = json!({ "Name": "Hidden", "SpaceManagersTeamMembers": [user] });
    let space = server.post("/api/spaces", space).await["Id"].clone();
    let (user, space) = (user.as_str().unwrap(), space.as_str().unwrap());
    let keys = format!("/api/users/{user}/apikeys");
    let own = server.post(&keys, json!({ "Purpose": "t" })).await;
    let own = own["ApiKey"].as_str().unwrap();
    for path in [
        format!("/api/users/{user}/teams"),
        format!("/api/users/{user}/permissions"),
        format!("/api/users/{user}/permissions/configuration"),
        format!("/api/teammembership?userId={user}"),
    ] {
        let told = async |key: &str| {
            let answer = server.send_as(Some(key), Method::GET, &path, None).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            answer
        };
        let seen = told(&viewer).await;
        assert!(!seen.text.contains(space), "{path}: {}", seen.text);
        assert!(!seen.text.contains("Hidden"), "{path}: {}", seen.text);
        let himself = told(own).await;
        assert!(himself.text.contains("Hidden"), "{path}: {}", himself.text);
        if path.contains("permissions") {
            let complete = ["IsPermissionsComplete", "IsTeamsComplete"];
            assert_eq!(complete.map(|key| seen.body[key] == true), [false, false]);
            assert_eq!(complete.map(|key| himself.body[key] == true), [true, true]);
        }
    }
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

/// A user whose team holds the role in the default space, for these only.
async fn restricted(server: &TestServer, name: &str, role: &str, only: &[Value]) -> String {
    let user = json!({ "Username": name, "Password": PASSWORD });
    let user = server.post("/api/users", user).await;
    let team = json!({ "Name": name, "MemberUserIds": [user["Id"]] });
    let team = server.post("/api/teams", team).await;
    for restriction in only {
        let mut grant = json!({ "TeamId": team["Id"], "UserRoleId": role, "SpaceId": "Spaces-1" });
        for (key, ids) in restriction.as_object().unwrap() {
            grant[key] = ids.clone();
        }
        server.post("/api/scopeduserroles", grant).await;
    }
    let path = format!("/api/users/{}/apikeys", user["Id"].as_str().unwrap());
    let key = server.post(&path, json!({ "Purpose": "t" })).await;
    key["ApiKey"].as_str().unwrap().to_owned()
}

/// A grant for a project and an environment shows what is about both, never what is about one of them.
#[tokio::test]
async fn events_and_questions_are_inside_one_grant_as_a_whole() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    // The question's project is one of its own; its environment is the world's.
    let asked = format!("/api/Spaces-1/interruptions/{}", world.id("interruptions"));
    let asked = server.get(&asked).await;
    let related = asked["RelatedDocumentIds"].as_array().unwrap();
    let project = related
        .iter()
        .find(|id| id.as_str().unwrap().starts_with("Projects-"))
        .unwrap();
    let elsewhere = server
        .post("/api/environments", json!({ "Name": "Elsewhere" }))
        .await;
    let (here, other) = (
        json!([world.id("environments")]),
        json!([world.id("projects")]),
    );
    let both = json!({ "ProjectIds": [project], "EnvironmentIds": here });
    let neither = [
        json!({ "ProjectIds": [project], "EnvironmentIds": [elsewhere["Id"]] }),
        json!({ "ProjectIds": other, "EnvironmentIds": here }),
    ];
    let viewer = "userroles-projectviewer";
    let inside = restricted(&server, "inside", viewer, &[both]).await;
    let outside = restricted(&server, "outside", viewer, &neither).await;
    let total = async |key: &str, path: &str| {
        let list = server.send_as(Some(key), Method::GET, path, None).await;
        list.body["TotalResults"].as_u64().unwrap()
    };
    let events = format!(
        "/api/Spaces-1/events?regarding={}&take=0",
        project.as_str().unwrap()
    );
    let queued = format!("{events}&eventCategories=DeploymentQueued");
    assert_eq!(
        (
            total(&inside, &queued).await,
            total(&outside, &queued).await
        ),
        (1, 0)
    );
    assert_eq!(
        total(&outside, &events).await,
        0,
        "events about a project are about no environment"
    );
    let questions = "/api/Spaces-1/interruptions?take=1";
    assert_eq!(
        (
            total(&inside, questions).await,
            total(&outside, questions).await
        ),
        (1, 0)
    );
    let one = format!("/api/Spaces-1/interruptions/{}", world.id("interruptions"));
    let status = async |key: &str| {
        server
            .send_as(Some(key), Method::GET, &one, None)
            .await
            .status
    };
    assert_eq!((status(&inside).await, status(&outside).await), (200, 403));
}

/// A project's progression shows what the dashboard shows, and no more.
#[tokio::test]
async fn a_progression_shows_only_environments_and_deployments_the_caller_may_see() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let release = world.make("releases").await;
    world.deployment(&release, true).await;
    let release = server
        .get(&format!("/api/Spaces-1/releases/{release}"))
        .await;
    let project = release["ProjectId"].as_str().unwrap();
    let here = world.id("environments");
    let path = format!("/api/Spaces-1/projects/{project}/progression");
    let role = json!({ "Name": "Projects alone", "GrantedSpacePermissions": ["ProjectView"] });
    let role = server.post("/api/userroles", role).await;
    let role = role["Id"].as_str().unwrap();
    let without = restricted(&server, "without", role, &[json!({})]).await;
    let only = json!({ "EnvironmentIds": [here] });
    let within = restricted(&server, "within", "userroles-projectviewer", &[only]).await;
    let seen = async |key: &str| {
        let answer = server.send_as(Some(key), Method::GET, &path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let all = answer.body["Releases"].as_array().unwrap().clone();
        let shown = all.iter().any(|one| !one["Deployments"][&here].is_null());
        (shown, answer.text.contains(&here))
    };
    assert_eq!(seen(ADMIN_KEY).await, (true, true));
    assert_eq!(seen(&within).await, (true, true));
    assert_eq!(seen(&without).await, (false, false));
}
