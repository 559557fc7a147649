//! What roles let people do, told as stories; the whole table is tried in [`crate::matrix`].

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::project;
use crate::test_server::{PASSWORD, TestServer};

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
