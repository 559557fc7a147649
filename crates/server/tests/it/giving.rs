//! Nobody gives more than they have, in any of the ways there are to give.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Answered, PASSWORD, TestServer};

/// A person with a key, in a team of their own with these roles: (role, space, restriction to projects).
struct Person {
    id: String,
    team: String,
    key: String,
}

async fn person(server: &TestServer, name: &str, roles: &[(&str, Option<&str>)]) -> Person {
    let user = server
        .post(
            "/api/users",
            json!({ "Username": name, "DisplayName": name, "Password": PASSWORD }),
        )
        .await;
    let id = text(&user["Id"]);
    let team = server
        .post(
            "/api/teams",
            json!({ "Name": format!("{name}'s"), "MemberUserIds": [id] }),
        )
        .await;
    let team = text(&team["Id"]);
    for (role, space) in roles {
        let scoped = json!({ "TeamId": team, "UserRoleId": role, "SpaceId": space });
        server.post("/api/scopeduserroles", scoped).await;
    }
    let key = server
        .post(
            &format!("/api/users/{id}/apikeys"),
            json!({ "Purpose": "test" }),
        )
        .await;
    let key = text(&key["ApiKey"]);
    Person { id, team, key }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Person {
    async fn send(&self, server: &TestServer, method: Method, path: &str, body: Value) -> Answered {
        server
            .send_as(Some(&self.key), method, path, Some(body))
            .await
    }
}

#[tokio::test]
async fn a_system_manager_cannot_become_an_administrator() {
    let server = TestServer::start().await;
    let manager = person(&server, "mia", &[("userroles-systemmanager", None)]).await;
    let refused = async |method, path: &str, body| {
        let answer = manager.send(&server, method, path, body).await;
        assert_eq!(
            (answer.status, &answer.body["Code"]),
            (403, &json!("MoreThanYouHave")),
            "{path}: {}",
            answer.text
        );
        answer.body
    };
    // By joining the team, by giving the role, by changing the role, by taking over the account.
    let mut administrators = server.get("/api/teams/teams-administrators").await;
    let members = administrators["MemberUserIds"].as_array_mut().unwrap();
    members.push(json!(manager.id));
    refused(
        Method::PUT,
        "/api/teams/teams-administrators",
        administrators,
    )
    .await;
    let role = json!({ "TeamId": manager.team, "UserRoleId": "userroles-systemadministrator" });
    let why = refused(Method::POST, "/api/scopeduserroles", role).await;
    assert_eq!(
        why["ErrorMessage"],
        "You cannot give AdministerSystem in the system, because you do not have it there yourself."
    );
    let custom = server
        .post(
            "/api/userroles",
            json!({ "Name": "Custom", "GrantedSystemPermissions": ["UserView"] }),
        )
        .await;
    let held = json!({ "TeamId": manager.team, "UserRoleId": custom["Id"] });
    assert_eq!(
        manager
            .send(&server, Method::POST, "/api/scopeduserroles", held)
            .await
            .status,
        201
    );
    let mut wider = custom.clone();
    wider["GrantedSystemPermissions"] = json!(["UserView", "AdministerSystem"]);
    refused(
        Method::PUT,
        &format!("/api/userroles/{}", text(&custom["Id"])),
        wider,
    )
    .await;
    let mut admin = server.get("/api/users/me").await;
    admin["Password"] = json!("taken-over-1");
    let path = format!("/api/users/{}", text(&admin["Id"]));
    refused(Method::PUT, &path, admin).await;
    refused(
        Method::POST,
        &format!("{path}/apikeys"),
        json!({ "Purpose": "x" }),
    )
    .await;
    refused(Method::DELETE, &path, json!({})).await;
    // What they have, they may give.
    let same = json!({ "TeamId": "teams-everyone", "UserRoleId": "userroles-systemmanager" });
    assert_eq!(
        manager
            .send(&server, Method::POST, "/api/scopeduserroles", same)
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn somebody_can_always_administer_the_server() {
    let server = TestServer::start().await;
    let admin = server.get("/api/users/me").await;
    let path = format!("/api/users/{}", text(&admin["Id"]));
    let mut disabled = admin.clone();
    disabled["IsActive"] = json!(false);
    let mut service = admin.clone();
    service["IsService"] = json!(true);
    let mut nobody = server.get("/api/teams/teams-administrators").await;
    nobody["MemberUserIds"] = json!([]);
    for (path, body) in [
        (path.as_str(), disabled.clone()),
        (&path, service),
        ("/api/teams/teams-administrators", nobody),
    ] {
        let answer = server.send(Method::PUT, path, Some(body)).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains("administ"), "{}", answer.text);
    }
    // With a second one it is possible.
    person(&server, "ada", &[("userroles-systemadministrator", None)]).await;
    server.put(&path, disabled).await;
}

#[tokio::test]
async fn what_is_taken_away_is_gone_with_the_next_request() {
    let server = TestServer::start().await;
    let viewer = person(
        &server,
        "vic",
        &[("userroles-projectviewer", Some("Spaces-1"))],
    )
    .await;
    let look = async || {
        viewer
            .send(
                &server,
                Method::GET,
                "/api/Spaces-1/environments",
                Value::Null,
            )
            .await
            .status
    };
    assert_eq!(look().await, 200);
    let mut team = server.get(&format!("/api/teams/{}", viewer.team)).await;
    team["MemberUserIds"] = json!([]);
    server
        .put(&format!("/api/teams/{}", viewer.team), team)
        .await;
    assert_eq!(look().await, 404);
}

#[tokio::test]
async fn a_space_manager_gives_in_their_space_only() {
    let server = TestServer::start().await;
    let other = server
        .post(
            "/api/spaces",
            json!({ "Name": "Other", "SpaceManagersTeams": ["teams-administrators"] }),
        )
        .await;
    let boss = person(
        &server,
        "sam",
        &[("userroles-spacemanager", Some("Spaces-1"))],
    )
    .await;
    let team = json!({ "Name": "Deployers", "SpaceId": "Spaces-1", "MemberUserIds": [boss.id] });
    let team = boss
        .send(&server, Method::POST, "/api/Spaces-1/teams", team)
        .await;
    assert_eq!(team.status, 201, "{}", team.text);
    let give = async |role: &str, space: Value| {
        let body = json!({ "TeamId": team.body["Id"], "UserRoleId": role, "SpaceId": space });
        boss.send(&server, Method::POST, "/api/scopeduserroles", body)
            .await
            .status
    };
    assert_eq!(
        give("userroles-projectdeployer", json!("Spaces-1")).await,
        201
    );
    assert_eq!(give("userroles-systemmanager", Value::Null).await, 403);
    // A space they cannot see does not exist for them, exactly like one that does not exist.
    assert_eq!(
        give("userroles-projectdeployer", other["Id"].clone()).await,
        404
    );
    assert_eq!(
        give("userroles-projectdeployer", json!("Spaces-99")).await,
        404
    );
}

#[tokio::test]
async fn what_is_built_in_stays_what_it_is() {
    let server = TestServer::start().await;
    let role = server.get("/api/userroles/userroles-projectviewer").await;
    assert_eq!(
        (&role["CanBeDeleted"], &role["SystemPermissionDescriptions"]),
        (
            &json!(false),
            &json!(["View team", "View user role", "View user"])
        )
    );
    let held = server
        .get("/api/teams/teams-administrators/scopeduserroles")
        .await;
    let of_system = held["Items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|held| held["SpaceId"].is_null());
    let of_system = format!("/api/scopeduserroles/{}", text(&of_system.unwrap()["Id"]));
    let team = server.get("/api/teams/teams-spacemanagers-Spaces-1").await;
    assert_eq!(team["SpaceId"], "Spaces-1");
    for (method, path, body) in [
        (
            Method::PUT,
            "/api/userroles/userroles-projectviewer",
            role.clone(),
        ),
        (
            Method::DELETE,
            "/api/userroles/userroles-projectviewer",
            Value::Null,
        ),
        (Method::DELETE, "/api/teams/teams-everyone", Value::Null),
        (
            Method::DELETE,
            "/api/teams/teams-spacemanagers-Spaces-1",
            Value::Null,
        ),
        (Method::DELETE, of_system.as_str(), Value::Null),
    ] {
        let answer = server.send(method, path, Some(body)).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        assert!(answer.text.contains("uilt"), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_managers_of_a_space_are_the_same_in_its_team_and_its_document() {
    let server = TestServer::start().await;
    let boss = person(&server, "sam", &[]).await;
    let path = "/api/teams/teams-spacemanagers-Spaces-1";
    let mut team = server.get(path).await;
    team["MemberUserIds"] = json!([boss.id]);
    server.put(path, team).await;
    let space = server.get("/api/spaces/Spaces-1").await;
    assert_eq!(space["SpaceManagersTeamMembers"], json!([boss.id]));
    let sent = boss
        .send(
            &server,
            Method::POST,
            "/api/Spaces-1/projectgroups",
            json!({ "Name": "G" }),
        )
        .await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    // A team of the space is found below it, and below no other.
    assert_eq!(
        server
            .get("/api/Spaces-1/teams/all")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    server
        .post(
            "/api/spaces",
            json!({ "Name": "Other", "SpaceManagersTeams": ["teams-administrators"] }),
        )
        .await;
    server
        .expect(
            Method::GET,
            "/api/Spaces-2/teams/teams-spacemanagers-Spaces-1",
            None,
            404,
        )
        .await;
    let both = server
        .get("/api/teams?spaces=Spaces-1&includeSystem=true&take=100")
        .await;
    let ids: Vec<_> = both["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|team| text(&team["Id"]))
        .collect();
    assert!(
        ids.contains(&"teams-everyone".to_owned())
            && !ids.contains(&"teams-spacemanagers-Spaces-2".to_owned()),
        "{ids:?}"
    );
}
