//! Who gets in, and what a refusal says.

use regatta_core::time::Time;
use regatta_server::config::{Config, FirstAdmin};
use regatta_server::server;
use reqwest::Method;
use serde_json::json;

use crate::test_server::{ADMIN_KEY, PASSWORD, TestServer, answered};

#[tokio::test]
async fn the_set_up_token_makes_one_administrator_and_then_the_route_is_gone() {
    let server = TestServer::start_with(None).await;
    let file = server.data_dir.path().join("data/setup-token");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let token = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        server.send_as(None, Method::GET, "/api", None).await.body["NeedsSetup"],
        true
    );

    let wrong = json!({ "Token": "guess", "Username": "admin", "Password": PASSWORD });
    assert_eq!(
        server
            .send_as(None, Method::POST, "/api/setup", Some(wrong))
            .await
            .status,
        401
    );
    let short = json!({ "Token": token, "Username": "admin", "Password": "short" });
    assert_eq!(
        server
            .send_as(None, Method::POST, "/api/setup", Some(short))
            .await
            .status,
        400
    );
    let right = json!({ "Token": token, "Username": "admin", "Password": PASSWORD });
    let made = server
        .send_as(None, Method::POST, "/api/setup", Some(right.clone()))
        .await;
    assert_eq!(
        (made.status, &made.body["Username"]),
        (201, &json!("admin")),
        "{}",
        made.text
    );
    assert_eq!(
        server
            .send_as(None, Method::POST, "/api/setup", Some(right))
            .await
            .status,
        404
    );
    assert!(!file.exists());
}

#[tokio::test]
async fn a_credential_that_is_present_and_bad_is_never_anonymous() {
    let server = TestServer::start().await;
    let get = |name: &'static str, value: &'static str| {
        answered(
            server
                .http
                .get(format!("{}/api", server.base))
                .header(name, value),
        )
    };
    assert_eq!(get("X-Octopus-ApiKey", "").await.status, 200);
    assert_eq!(get("X-Octopus-ApiKey", "API-WRONG").await.status, 401);
    assert_eq!(get("Authorization", "Bearer API-WRONG").await.status, 401);
    assert_eq!(get("Authorization", "Basic YTpi").await.status, 401);
    let bearer = answered(
        server
            .http
            .get(format!("{}/api/users/me", server.base))
            .bearer_auth(ADMIN_KEY),
    )
    .await;
    assert_eq!(bearer.body["Username"], "admin");
    assert_eq!(
        server
            .send_as(None, Method::GET, "/api/users/me", None)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_session_needs_its_token_and_our_origin_for_changes() {
    let server = TestServer::start().await;
    let login = json!({ "username": "ADMIN", "password": PASSWORD });
    let signed_in = server
        .send_as(None, Method::POST, "/api/users/login", Some(login))
        .await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let token = signed_in.body["CsrfToken"].as_str().unwrap().to_owned();
    let request = |method: Method, path: &str| {
        server
            .http
            .request(method, format!("{}{path}", server.base))
            .header("Cookie", &cookie)
    };

    let me = answered(request(Method::GET, "/api/users/me")).await;
    assert_eq!((me.status, &me.body["CsrfToken"]), (200, &json!(token)));
    let group = json!({ "Name": "G" });
    let post = || request(Method::POST, "/api/projectgroups").json(&group);
    assert_eq!(answered(post()).await.body["Code"], "ForeignRequest");
    assert_eq!(
        answered(
            post()
                .header("X-Regatta-Csrf", &token)
                .header("Origin", "http://evil.example")
        )
        .await
        .status,
        403
    );
    assert_eq!(
        answered(
            post()
                .header("X-Regatta-Csrf", &token)
                .header("Sec-Fetch-Site", "cross-site")
        )
        .await
        .status,
        403
    );
    assert_eq!(
        answered(
            post()
                .header("X-Regatta-Csrf", &token)
                .header("Origin", &server.base)
        )
        .await
        .status,
        201
    );

    assert_eq!(
        answered(request(Method::POST, "/api/users/logout").header("X-Regatta-Csrf", &token))
            .await
            .status,
        200
    );
    assert_eq!(
        answered(request(Method::GET, "/api/users/me")).await.status,
        401
    );
}

#[tokio::test]
async fn sessions_end_without_use() {
    let server = TestServer::start().await;
    let login = json!({ "Username": "admin", "Password": PASSWORD });
    let signed_in = server
        .send_as(None, Method::POST, "/api/users/login", Some(login))
        .await;
    let cookie = signed_in.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let me = || {
        answered(
            server
                .http
                .get(format!("{}/api/users/me", server.base))
                .header("Cookie", &cookie),
        )
    };
    for _ in 0..20 {
        server.advance_ms(8 * 3_600_000);
        assert_eq!(me().await.status, 200);
    }
    server.advance_ms(12 * 3_600_000);
    assert_eq!(me().await.body["Code"], "SessionEnded");
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_and_says_nothing_about_users() {
    let server = TestServer::start().await;
    let guess = |name: &'static str| {
        server.send_as(
            None,
            Method::POST,
            "/api/users/login",
            Some(json!({ "Username": name, "Password": "wrong-guess" })),
        )
    };
    let (known, unknown) = (guess("admin").await, guess("nobody").await);
    assert_eq!((known.status, known.body), (401, unknown.body));
    for name in ["Admin", " admin", "admin\u{200B}", "ADMIN "] {
        assert_eq!(guess(name).await.status, 401);
    }
    let refused = guess("admin").await;
    assert_eq!(
        (
            refused.status,
            refused.headers["retry-after"].to_str().unwrap()
        ),
        (429, "60")
    );
    server.advance_ms(60_000);
    assert_eq!(guess("admin").await.status, 401);
}

#[tokio::test]
async fn keys_are_shown_once_expire_and_do_not_outlive_the_key_they_were_made_with() {
    let server = TestServer::start().await;
    let made = server
        .post(
            "/api/users/me/apikeys",
            json!({ "Purpose": "CI", "Expires": "2026-01-02T04:04:05+00:00" }),
        )
        .await;
    let key = made["ApiKey"].as_str().unwrap().to_owned();
    let shown = server
        .get(&format!(
            "/api/users/me/apikeys/{}",
            made["Id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(shown["ApiKey"]["NewValue"], json!(null));
    assert!(
        !server
            .get("/api/users/me/apikeys")
            .await
            .to_string()
            .contains(&key)
    );

    let child = server
        .send_as(
            Some(&key),
            Method::POST,
            "/api/users/me/apikeys",
            Some(json!({ "Purpose": "child" })),
        )
        .await;
    assert_eq!(child.body["Expires"], made["Expires"]);
    let longer = json!({ "Purpose": "child", "Expires": "2027-01-02T04:04:05+00:00" });
    assert_eq!(
        server
            .send_as(
                Some(&key),
                Method::POST,
                "/api/users/me/apikeys",
                Some(longer)
            )
            .await
            .status,
        400
    );
    server.advance_ms(3_600_000);
    assert_eq!(
        server
            .send_as(Some(&key), Method::GET, "/api/users/me", None)
            .await
            .body["Code"],
        "ApiKeyExpired"
    );
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_with_every_credential() {
    let server = TestServer::start().await;
    let user = server
        .post(
            "/api/users",
            json!({ "Username": "bob", "DisplayName": "Bob", "Password": PASSWORD }),
        )
        .await;
    let id = user["Id"].as_str().unwrap();
    assert!(!user.to_string().contains(PASSWORD) && !user.to_string().contains("argon2"));
    let key = server
        .post(
            &format!("/api/users/{id}/apikeys"),
            json!({ "Purpose": "x" }),
        )
        .await["ApiKey"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        server
            .send_as(Some(&key), Method::GET, "/api/users/me", None)
            .await
            .body["Username"],
        "bob"
    );
    let mut disabled = user.clone();
    disabled["IsActive"] = json!(false);
    server.put(&format!("/api/users/{id}"), disabled).await;
    assert_eq!(
        server
            .send_as(Some(&key), Method::GET, "/api/users/me", None)
            .await
            .body["Code"],
        "UserDisabled"
    );
    let login = json!({ "Username": "bob", "Password": PASSWORD });
    assert_eq!(
        server
            .send_as(None, Method::POST, "/api/users/login", Some(login))
            .await
            .status,
        401
    );
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn anybody_changes_their_own_password_and_nothing_that_widens_their_rights() {
    let server = TestServer::start().await;
    let bob = json!({ "Username": "bob", "DisplayName": "Bob", "Password": PASSWORD });
    let bob = server.post("/api/users", bob).await;
    let path = format!("/api/users/{}", bob["Id"].as_str().unwrap());
    let key = server
        .post(&format!("{path}/apikeys"), json!({ "Purpose": "x" }))
        .await;
    let key = key["ApiKey"].as_str().unwrap().to_owned();
    let put = async |changes: serde_json::Value| {
        let mut body = bob.clone();
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        server
            .send_as(Some(&key), Method::PUT, &path, Some(body))
            .await
    };
    assert_eq!(
        put(json!({ "DisplayName": "Robert" })).await.body["DisplayName"],
        "Robert"
    );
    for widening in [
        json!({ "Username": "admin2" }),
        json!({ "IsService": true }),
    ] {
        assert_eq!(put(widening).await.body["Facts"]["Permission"], "UserEdit");
    }
    let new = "Another-Horse-2";
    assert_eq!(put(json!({ "Password": new })).await.status, 400);
    assert_eq!(
        put(json!({ "Password": new, "CurrentPassword": "wrong-one" }))
            .await
            .status,
        400
    );

    let login = async |password: &str| {
        let body = json!({ "Username": "bob", "Password": password });
        server
            .send_as(None, Method::POST, "/api/users/login", Some(body))
            .await
    };
    let signed_in = login(PASSWORD).await;
    let cookie = signed_in.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let me = || {
        answered(
            server
                .http
                .get(format!("{}/api/users/me", server.base))
                .header("Cookie", &cookie),
        )
    };
    assert_eq!(me().await.status, 200);
    assert_eq!(
        put(json!({ "Password": new, "CurrentPassword": PASSWORD }))
            .await
            .status,
        200
    );
    assert_eq!(
        me().await.status,
        401,
        "the old sessions end with the old password"
    );
    assert_eq!(
        (login(PASSWORD).await.status, login(new).await.status),
        (401, 200)
    );
    let stored = server.get(&path).await.to_string();
    assert!(!stored.contains("Password\""), "{stored}");
}

#[tokio::test]
async fn a_refusal_names_the_permission_and_who_has_it() {
    let server = TestServer::start().await;
    let bob = server
        .post(
            "/api/users",
            json!({ "Username": "bob", "Password": PASSWORD }),
        )
        .await;
    let team = json!({ "Name": "Viewers", "MemberUserIds": [bob["Id"]] });
    let team = server.post("/api/teams", team).await;
    let role = json!({ "TeamId": team["Id"], "UserRoleId": "userroles-projectviewer", "SpaceId": "Spaces-1" });
    server.post("/api/scopeduserroles", role).await;
    let key = server
        .post(
            &format!("/api/users/{}/apikeys", bob["Id"].as_str().unwrap()),
            json!({ "Purpose": "x" }),
        )
        .await;
    let key = key["ApiKey"].as_str().unwrap();
    let group = json!({ "Name": "G" });
    let refused = server
        .send_as(
            Some(key),
            Method::POST,
            "/api/Spaces-1/projectgroups",
            Some(group),
        )
        .await;
    assert_eq!(refused.status, 403);
    insta::assert_json_snapshot!(refused.body, @r#"
    {
      "ErrorMessage": "You do not have the ProjectGroupCreate permission.",
      "Code": "Forbidden",
      "HelpText": "Ask somebody to add you to a team that has it: Octopus Administrators, Octopus Managers, Space Managers of Default.",
      "Facts": {
        "Permission": "ProjectGroupCreate",
        "Teams": [
          "Octopus Administrators",
          "Octopus Managers",
          "Space Managers of Default"
        ]
      }
    }
    "#);
    // The same person, looking at what they may do.
    let rights = server
        .send_as(Some(key), Method::GET, "/api/users/me/permissions", None)
        .await
        .body;
    assert_eq!(
        rights["SpacePermissions"]["ProcessView"][0]["SpaceId"],
        "Spaces-1"
    );
    assert!(rights["SpacePermissions"].get("ProcessEdit").is_none());
    assert_eq!(
        rights["SystemPermissions"],
        json!(["TeamView", "UserRoleView", "UserView"])
    );
}

/// Noting the use of a session takes a connection of its own; with as many requests as the pool has connections, none
/// must wait for another one's.
#[tokio::test]
async fn many_sessions_that_are_used_at_once_do_not_wait_for_each_other() {
    let server = TestServer::start().await;
    let login = json!({ "Username": "admin", "Password": PASSWORD });
    let signed_in = server
        .send_as(None, Method::POST, "/api/users/login", Some(login))
        .await;
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    server.advance_ms(6 * 60_000);
    let requests = (0..64).map(|_| {
        let url = format!("{}/api/users/me", server.base);
        answered(server.http.get(url).header("Cookie", cookie))
    });
    for answer in futures_util::future::join_all(requests).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    // The use was noted: without it the session would have ended by now.
    server.advance_ms(11 * 3_600_000 + 58 * 60_000);
    let url = format!("{}/api/users/me", server.base);
    let answer = answered(server.http.get(url).header("Cookie", cookie)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Octopus' rule: a key that was made without an end has none.
#[tokio::test]
async fn a_key_without_an_end_stays_valid() {
    let server = TestServer::start().await;
    let made = server
        .post("/api/users/me/apikeys", json!({ "Purpose": "robot" }))
        .await;
    assert_eq!(made["Expires"], json!(null));
    server.advance_ms(10 * 365 * 24 * 3_600_000);
    let key = made["ApiKey"].as_str().unwrap();
    let me = server
        .send_as(Some(key), Method::GET, "/api/users/me", None)
        .await;
    assert_eq!(me.status, 200, "{}", me.text);
}

/// A container is started again with the settings of its first start, or with what is left of them.
#[tokio::test]
async fn settings_of_a_first_administrator_count_only_while_there_is_no_user() {
    let folder = tempfile::TempDir::new().unwrap();
    let open = async |password: Option<&str>| {
        let admin = FirstAdmin::parse(Some("admin".into()), password.map(str::to_owned), None);
        let config = Config {
            first_admin: admin,
            ..Config::new(folder.path().join("data"))
        };
        let opened = server::open(config, std::sync::Arc::new(|| Time(1))).await;
        opened.map_err(|error| error.to_string())
    };
    let refused = open(None).await.err().unwrap();
    assert_eq!(
        refused,
        "the first start failed: set REGATTA_ADMIN_USERNAME and REGATTA_ADMIN_PASSWORD together (and REGATTA_ADMIN_API_KEY only beside them)"
    );
    let first = open(Some(PASSWORD)).await.unwrap();
    first.app.store.close().await;
    drop(first);
    for left in [None, Some("short")] {
        let again = open(left).await.unwrap();
        again.app.store.close().await;
    }
}
