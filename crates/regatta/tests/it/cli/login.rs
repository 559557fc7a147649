//! Signing in through the portal, where a person confirms.

use regex::Regex;
use reqwest::Method;
use serde_json::{Value, json};

use super::shell::{Shell, Terminal};
use crate::installation::{Installation, PASSWORD};

/// A browser in which the administrator has signed in.
struct Browser<'i> {
    installation: &'i Installation,
    http: reqwest::Client,
    csrf: String,
}

impl<'i> Browser<'i> {
    async fn open(installation: &'i Installation) -> Self {
        let mut browser = Self {
            installation,
            http: reqwest::Client::builder()
                .cookie_store(true)
                .build()
                .unwrap(),
            csrf: String::new(),
        };
        let login = json!({ "Username": "admin", "Password": PASSWORD });
        let (status, user) = browser.send(Method::POST, "/api/users/login", &login).await;
        assert_eq!(status, 200, "{user}");
        browser.csrf = user["CsrfToken"].as_str().unwrap().to_owned();
        browser
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.installation.base);
        let request = self.http.request(method, url).json(body);
        let answer = request
            .header("X-Regatta-Csrf", &self.csrf)
            .send()
            .await
            .unwrap();
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or_default(),
        )
    }

    async fn decides(&self, code: &str, verb: &str) -> u16 {
        let path = format!("/api/signinrequests/{code}/{verb}");
        self.send(Method::POST, &path, &json!({})).await.0
    }
}

/// The code a terminal shows, once it waits.
async fn code(terminal: &mut Terminal) -> String {
    terminal.until("Ctrl-C ends it").await;
    let screen = terminal.screen();
    let code = Regex::new("[A-Z]{3}-[A-Z]{3}-[A-Z]{3}").unwrap();
    code.find(&screen).unwrap().as_str().to_owned()
}

async fn keys(installation: &Installation) -> Vec<String> {
    let keys = installation.get("/api/users/me/apikeys").await;
    let items = keys["Items"].as_array().unwrap().clone();
    let purposes = items.iter().map(|key| key["Purpose"].to_string());
    purposes
        .filter(|purpose| purpose.contains("regatta on"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_confirms_in_the_portal_and_the_terminal_is_signed_in() {
    let installation = Installation::start().await;
    let shell = Shell::anonymous(&installation);
    let browser = Browser::open(&installation).await;
    let login = ["login", &installation.base, "--no-browser"];
    let mut terminal = shell.in_terminal(&login);
    let typed = code(&mut terminal).await;
    let page = format!("{}/connect", installation.base);
    assert!(terminal.screen().contains(&page), "{}", terminal.screen());
    assert_eq!(browser.decides(&typed, "approve").await, 200);
    assert_eq!(terminal.end().await, 0, "{}", terminal.text());
    assert!(terminal.text().contains("Signed in to"));
    assert!(
        !terminal.text().contains("API-"),
        "the key is shown nowhere"
    );
    assert_eq!(shell.json(&["whoami"]).await["Username"], "admin");
    assert_eq!(keys(&installation).await.len(), 1);

    let mut refused = shell.in_terminal(&login);
    let typed = code(&mut refused).await;
    assert_eq!(browser.decides(&typed, "refuse").await, 200);
    assert_eq!(refused.end().await, 4, "{}", refused.text());
    assert!(refused.text().contains("refused in the portal"));
    assert_eq!(keys(&installation).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_leaves_nothing() {
    let installation = Installation::start().await;
    let shell = Shell::anonymous(&installation);
    let browser = Browser::open(&installation).await;
    let login = ["login", &installation.base, "--no-browser"];
    let mut interrupted = shell.in_terminal(&login);
    let typed = code(&mut interrupted).await;
    interrupted.press(b"\x03").await;
    assert_eq!(interrupted.end().await, 130, "{}", interrupted.text());
    assert_eq!(browser.decides(&typed, "approve").await, 404);

    let limited = shell
        .run(&[&login[..], &["--timeout", "1s"]].concat())
        .await;
    assert_eq!(limited.code, 12, "{}", limited.err);
    assert!(limited.err.contains("Nobody confirmed"), "{}", limited.err);
    let shown = Regex::new("[A-Z]{3}-[A-Z]{3}-[A-Z]{3}").unwrap();
    let typed = shown.find(&limited.err).unwrap().as_str();
    assert_eq!(browser.decides(typed, "approve").await, 404);
    assert!(keys(&installation).await.is_empty());
    assert!(!shell.home.join(".config/regatta").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_kept_is_deleted_again() {
    let installation = Installation::start().await;
    let shell = Shell::anonymous(&installation);
    let browser = Browser::open(&installation).await;
    let mut terminal = shell.in_terminal(&["login", &installation.base, "--no-browser"]);
    let typed = code(&mut terminal).await;
    std::fs::create_dir_all(shell.home.join(".config")).unwrap();
    std::fs::write(shell.home.join(".config/regatta"), "in the way").unwrap();
    assert_eq!(browser.decides(&typed, "approve").await, 200);
    assert_ne!(terminal.end().await, 0, "{}", terminal.text());
    assert!(keys(&installation).await.is_empty());
}
