//! Programs that a person signs in from the portal, and everybody else who would like to have the key.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{ADMIN_KEY, Answered, PASSWORD, TestServer, answered};

const TEN_MINUTES_MS: i64 = 600_000;

/// A browser with a session.
struct Person<'s> {
    server: &'s TestServer,
    cookie: String,
    csrf: String,
}

impl<'s> Person<'s> {
    async fn sign_in(server: &'s TestServer, username: &str) -> Self {
        let login = json!({ "Username": username, "Password": PASSWORD });
        let signed_in = server
            .send_as(None, Method::POST, "/api/users/login", Some(login))
            .await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.text);
        let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
        Self {
            server,
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: signed_in.body["CsrfToken"].as_str().unwrap().to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/signinrequests/{path}", self.server.base);
        self.server
            .http
            .request(method, url)
            .header("Cookie", &self.cookie)
    }

    async fn look(&self, code: &str) -> Answered {
        answered(self.request(Method::GET, code)).await
    }

    async fn act(&self, code: &str, verb: &str, body: &Value) -> Answered {
        let request = self.request(Method::POST, &format!("{code}/{verb}"));
        answered(request.header("X-Regatta-Csrf", &self.csrf).json(body)).await
    }

    async fn approve(&self, code: &str) {
        let approved = self.act(code, "approve", &json!({})).await;
        assert_eq!(approved.status, 200, "{}", approved.text);
    }
}

/// A program's request: its code and its secret.
async fn ask(server: &TestServer, device: &str) -> (String, String) {
    let body = json!({ "Device": device });
    let asked = server
        .send_as(None, Method::POST, "/api/signinrequests", Some(body))
        .await;
    assert_eq!(asked.status, 201, "{}", asked.text);
    let text = |key: &str| asked.body[key].as_str().unwrap().to_owned();
    assert_eq!(text("Page"), "/connect");
    (text("Code"), text("Secret"))
}

async fn collect(server: &TestServer, secret: &str) -> Answered {
    let body = json!({ "Secret": secret });
    let path = "/api/signinrequests/collect";
    server.send_as(None, Method::POST, path, Some(body)).await
}

async fn key_count(server: &TestServer) -> u64 {
    let keys = server.get("/api/users/me/apikeys").await;
    keys["TotalResults"].as_u64().unwrap()
}

#[tokio::test]
async fn a_person_confirms_and_the_program_gets_a_key_of_theirs_once() {
    let server = TestServer::start().await;
    let person = Person::sign_in(&server, "admin").await;
    let (code, secret) = ask(&server, "regatta on build-7").await;
    let before = key_count(&server).await;
    assert_eq!(collect(&server, &secret).await.body["State"], "Waiting");
    let seen = person.look(&code.to_lowercase().replace('-', "")).await;
    assert_eq!(
        seen.body,
        json!({
            "Code": code, "Device": "regatta on build-7", "Address": "127.0.0.1", "IsFromYourNetwork": true,
            "Created": "2026-01-02T03:04:05.000+00:00", "Expires": "2026-01-02T03:14:05.000+00:00",
        })
    );
    let until = json!({ "Expires": "2026-02-01T00:00:00Z" });
    let approved = person.act(&code, "approve", &until).await;
    assert_eq!((approved.status, approved.text.as_str()), (200, "{}"));
    assert_eq!(
        key_count(&server).await,
        before,
        "a key that nobody collects is never made"
    );

    let collected = collect(&server, &secret).await;
    assert_eq!(collected.body["State"], "Approved", "{}", collected.text);
    let made = &collected.body["ApiKey"];
    assert_eq!(made["Purpose"], "regatta on build-7");
    assert_eq!(made["Expires"], "2026-02-01T00:00:00.000+00:00");
    let key = made["ApiKey"].as_str().unwrap();
    let me = server
        .send_as(Some(key), Method::GET, "/api/users/me", None)
        .await;
    assert_eq!(me.body["Username"], "admin");
    let events = server.get("/api/events?take=1").await;
    let event = &events["Items"][0];
    assert_eq!(
        (&event["Username"], &event["Category"]),
        (&json!("admin"), &json!("Created")),
        "{event}"
    );

    let again = collect(&server, &secret).await;
    assert_eq!(
        (again.status, &again.body["Code"]),
        (404, &json!("SignInRequestGone"))
    );
    assert_eq!(person.look(&code).await.status, 404);
    assert_eq!(key_count(&server).await, before + 1);
}

#[tokio::test]
async fn a_program_that_waits_hears_at_once_what_was_decided() {
    let server = TestServer::start().await;
    let person = Person::sign_in(&server, "admin").await;
    let (code, secret) = ask(&server, "a").await;
    let waiting = {
        let url = format!("{}/api/signinrequests/collect", server.base);
        let body = json!({ "Secret": secret, "WaitSeconds": 20 });
        tokio::spawn(answered(server.http.post(url).json(&body)))
    };
    person.approve(&code).await;
    assert_eq!(waiting.await.unwrap().body["State"], "Approved");

    let (code, secret) = ask(&server, "b").await;
    let refused = person.act(&code, "refuse", &json!({})).await;
    assert_eq!(refused.status, 200, "{}", refused.text);
    assert_eq!(
        person.act(&code, "approve", &json!({})).await.body["Code"],
        "NoSuchCode"
    );
    assert_eq!(collect(&server, &secret).await.body["State"], "Refused");
    assert_eq!(collect(&server, &secret).await.status, 404);
}

#[tokio::test]
async fn only_the_secret_collects_and_only_in_time() {
    let server = TestServer::start().await;
    let person = Person::sign_in(&server, "admin").await;
    let (code, secret) = ask(&server, "a").await;
    let (_, other_secret) = ask(&server, "b").await;
    person.approve(&code).await;
    let before = key_count(&server).await;
    for wrong in [code.as_str(), "guess", ADMIN_KEY, &secret[1..]] {
        let answer = collect(&server, wrong).await;
        assert_eq!(
            (answer.status, &answer.body["Code"]),
            (404, &json!("SignInRequestGone")),
            "{wrong}"
        );
    }
    let empty = collect(&server, "").await;
    assert_eq!(empty.status, 400, "{}", empty.text);
    assert_eq!(
        collect(&server, &other_secret).await.body["State"],
        "Waiting",
        "what was confirmed for one is not for another"
    );
    server.advance_ms(TEN_MINUTES_MS);
    assert_eq!(collect(&server, &secret).await.status, 404);
    assert_eq!(person.look(&code).await.status, 404);
    assert_eq!(key_count(&server).await, before);
}

#[tokio::test]
async fn only_a_session_of_our_own_pages_confirms() {
    let server = TestServer::start().await;
    let person = Person::sign_in(&server, "admin").await;
    let (code, secret) = ask(&server, "a").await;
    let path = format!("/api/signinrequests/{code}/approve");
    let by_key = server.send(Method::POST, &path, Some(json!({}))).await;
    assert_eq!(by_key.status, 403, "{}", by_key.text);
    let nobody = server
        .send_as(None, Method::POST, &path, Some(json!({})))
        .await;
    assert_eq!(nobody.status, 401);
    let approve = || {
        person
            .request(Method::POST, &format!("{code}/approve"))
            .json(&json!({}))
    };
    let without_token = answered(approve()).await;
    assert_eq!(without_token.body["Code"], "ForeignRequest");
    for (header, value) in [
        ("Origin", "http://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let token = approve().header("X-Regatta-Csrf", &person.csrf);
        let foreign = answered(token.header(header, value)).await;
        assert_eq!(foreign.status, 403, "{header}: {}", foreign.text);
        let ask = server
            .http
            .post(format!("{}/api/signinrequests", server.base))
            .json(&json!({ "Device": "a page" }));
        let foreign = answered(ask.header(header, value)).await;
        assert_eq!(foreign.body["Code"], "ForeignRequest");
    }
    assert_eq!(collect(&server, &secret).await.body["State"], "Waiting");
}

#[tokio::test]
async fn the_key_is_of_whoever_confirmed_and_of_nobody_who_may_not_sign_in_any_more() {
    let server = TestServer::start().await;
    let bob = json!({ "Username": "bob", "DisplayName": "Bob", "Password": PASSWORD });
    let mut bob = server.post("/api/users", bob).await;
    let person = Person::sign_in(&server, "bob").await;
    let (code, secret) = ask(&server, "a").await;
    person.approve(&code).await;
    let admin = Person::sign_in(&server, "admin").await;
    let stolen = admin.act(&code, "approve", &json!({})).await;
    assert_eq!(stolen.status, 404, "somebody else has confirmed it already");
    let collected = collect(&server, &secret).await;
    assert_eq!(collected.body["ApiKey"]["UserId"], bob["Id"]);

    let (code, secret) = ask(&server, "b").await;
    person.approve(&code).await;
    bob["IsActive"] = json!(false);
    let path = format!("/api/users/{}", bob["Id"].as_str().unwrap());
    server.put(&path, bob).await;
    let refused = collect(&server, &secret).await;
    assert_eq!(refused.body["Code"], "UserDisabled", "{}", refused.text);
    let keys = server.get(&format!("{path}/apikeys")).await;
    assert_eq!(keys["TotalResults"], 1, "{keys}");
}

#[tokio::test]
async fn a_program_that_gives_up_leaves_nothing_to_confirm() {
    let server = TestServer::start().await;
    let person = Person::sign_in(&server, "admin").await;
    let (code, secret) = ask(&server, "a").await;
    let withdraw = json!({ "Secret": secret });
    let path = "/api/signinrequests/withdraw";
    for _ in 0..2 {
        let withdrawn = server
            .send_as(None, Method::POST, path, Some(withdraw.clone()))
            .await;
        assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
    }
    let late = person.act(&code, "approve", &json!({})).await;
    assert_eq!(late.body["Code"], "NoSuchCode");
    assert_eq!(collect(&server, &secret).await.status, 404);
}

#[tokio::test]
async fn codes_are_not_guessed_and_what_asks_cannot_disguise_itself() {
    let server = TestServer::start().await;
    let person = Person::sign_in(&server, "admin").await;
    let disguised = "reg\u{202E}atta\non \u{200B}build\u{7} ";
    let (code, _) = ask(&server, disguised).await;
    assert_eq!(person.look(&code).await.body["Device"], "regattaon build");
    for device in ["", "\u{200B}", "\n"] {
        let body = Some(json!({ "Device": device }));
        let asked = server
            .send_as(None, Method::POST, "/api/signinrequests", body)
            .await;
        assert_eq!(asked.status, 400, "{device:?}: {}", asked.text);
    }
    let past = json!({ "Expires": "2020-01-01T00:00:00Z" });
    assert_eq!(person.act(&code, "approve", &past).await.status, 400);
    for guess in 0..5 {
        assert_eq!(person.look(&format!("BCD-FGH-{guess}")).await.status, 404);
    }
    let braked = person.look(&code).await;
    assert_eq!(
        (braked.status, &braked.body["Code"]),
        (429, &json!("TooManyAttempts"))
    );
    server.advance_ms(60_000);
    assert_eq!(person.look(&code).await.status, 200);
}
