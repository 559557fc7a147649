//! Bytes that are wrong in some way, and the documents about the API itself.

mod octopus;

use reqwest::Method;
use serde_json::json;

use crate::test_server::{TestServer, answered};

#[tokio::test]
async fn wrong_bodies_are_refused_with_the_place_and_the_reason() {
    let server = TestServer::start().await;
    let post = |body: &str, media_type: &str| {
        let request = server
            .http
            .post(format!("{}/api/projectgroups", server.base))
            .header("X-Octopus-ApiKey", crate::test_server::ADMIN_KEY);
        answered(
            request
                .header("Content-Type", media_type)
                .body(body.to_owned()),
        )
    };
    let json = "application/json";
    let cases = [
        ("{\n  \"Name\": nope }", json, 400),
        ("[]", json, 400),
        ("", json, 400),
        ("{\"Name\": 3}", json, 400),
        ("{\"Name\": \"\"}", json, 400),
        ("{\"Name\": \"a\\u0000b\"}", json, 400),
        ("{\"Name\": \"x\"", json, 400),
        ("Name=x", "application/x-www-form-urlencoded", 415),
        (&"[".repeat(100_000), json, 400),
        (
            &format!("{{\"Name\": \"{}\"}}", "x".repeat(10_000_000)),
            json,
            413,
        ),
        (
            &format!("{{\"Name\": \"{}\"}}", "x".repeat(1_000_000)),
            json,
            400,
        ),
    ];
    for (body, media_type, status) in cases {
        let short: String = body.chars().take(30).collect();
        let refused = post(body, media_type).await;
        assert_eq!(refused.status, status, "{short}: {}", refused.text);
    }
    let located = post("{\n  \"Name\": nope }", json).await;
    assert_eq!(
        located.body["Errors"],
        json!(["The request body is not valid JSON: expected ident at line 2, column 12."])
    );
}

#[tokio::test]
async fn paths_cannot_be_bent_around_the_check() {
    let server = TestServer::start().await;
    let paths = [
        "/api/users",
        "/API/Users/",
        "/api/%75sers",
        "/api//users",
        "/api/./users",
        "/api/users;x=1",
        "/api/users%2f",
        "/api/Spaces-1/../users",
        "/api/users/me/..",
        "/api/%2e%2e/metrics",
        "/metrics",
        "//api/users",
        "/api/users?x",
        "/api/users/all",
        "/api/Spaces-1/projectgroups",
        "/api/spaces/Spaces-1/projectgroups",
    ];
    for path in paths {
        let answered = server.send_as(None, Method::GET, path, None).await;
        assert!(
            matches!(answered.status, 401 | 404),
            "{path}: {} {}",
            answered.status,
            answered.text
        );
    }
    assert_eq!(
        server
            .send(Method::PATCH, "/api/projectgroups", None)
            .await
            .status,
        405
    );
    assert_eq!(
        server
            .send(Method::GET, "/api/projectgroups/%FF", None)
            .await
            .status,
        400
    );
    assert_eq!(
        server
            .send(Method::GET, "/api/projectgroups/Fire%20Project", None)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_roots_hold_every_link_as_text() {
    let server = TestServer::start().await;
    let root = server.send_as(None, Method::GET, "/api/", None).await.body;
    let space = server.get("/api/Spaces-1").await;
    assert!(space.get("Version").is_none() && space["Links"]["Projects"].is_string());
    for links in [&root["Links"], &space["Links"]] {
        assert!(
            links
                .as_object()
                .unwrap()
                .values()
                .all(serde_json::Value::is_string)
        );
    }
    let mut root = root;
    root["InstallationId"] = json!("a UUID");
    insta::assert_json_snapshot!(root);
}

#[tokio::test]
async fn the_open_api_document_is_as_reviewed() {
    let server = TestServer::start().await;
    insta::assert_json_snapshot!(
        server
            .send_as(None, Method::GET, "/api/openapi.json", None)
            .await
            .body
    );
}
