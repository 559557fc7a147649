//! Behind a proxy: whom it names is who asks, and nobody else can say so.

use regatta_server::config::Config;
use serde_json::json;

use crate::test_server::{Answered, PASSWORD, TestServer, answered};

const STRANGER: &str = "192.0.2.1";
const OWNER: &str = "198.51.100.1";

fn named(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
}

/// Signs in through a proxy that was connected by `client`.
async fn sign_in(server: &TestServer, client: &str, username: &str, password: &str) -> Answered {
    let request = server
        .http
        .post(format!("{}/api/users/login", server.base))
        .header("X-Forwarded-For", client)
        .json(&json!({ "Username": username, "Password": password }));
    answered(request).await
}

/// Guesses at made-up names until there is no more guessing.
async fn guess(server: &TestServer, client: &str) {
    for i in 0..100 {
        let guess = sign_in(server, client, &format!("nobody{i}"), "wrong").await;
        if guess.status == 429 {
            return;
        }
        assert_eq!(guess.status, 401, "{}", guess.text);
    }
    panic!("guesses are not counted");
}

#[tokio::test]
async fn a_stranger_behind_the_same_proxy_keeps_nobody_from_signing_in() {
    let server = TestServer::start_changed(named).await;
    guess(&server, STRANGER).await;
    let owner = sign_in(&server, OWNER, "admin", PASSWORD).await;
    assert_eq!(owner.status, 200, "{}", owner.text);
    // The header of a client that the proxy has added to.
    let lied = format!("{OWNER}, {STRANGER}");
    let stranger = sign_in(&server, &lied, "admin", "wrong").await;
    assert_eq!(stranger.status, 429, "{}", stranger.text);
}

#[tokio::test]
async fn what_anybody_else_says_about_their_address_counts_for_nothing() {
    let server = TestServer::start().await;
    guess(&server, STRANGER).await;
    let elsewhere = sign_in(&server, OWNER, "admin", PASSWORD).await;
    assert_eq!(elsewhere.status, 429, "{}", elsewhere.text);
}
