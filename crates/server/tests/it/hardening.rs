//! Ways around a check that other servers have had: spellings of paths, override headers, secrets in answers.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::test_server::{ADMIN_KEY, PASSWORD, TestServer, answered};

/// Sends bytes as they are: clients tidy paths up before they send them.
async fn raw(server: &TestServer, request_line: &str, headers: &str) -> (u16, String) {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request =
        format!("{request_line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[tokio::test]
async fn no_spelling_of_a_path_gets_past_the_check() {
    let server = TestServer::start().await;
    let protected = [
        "users",
        "teams/all",
        "Spaces-1/environments",
        "users/Users-1/apikeys",
        "userroles",
    ];
    let spellings: [fn(&str) -> String; 16] = [
        |path| format!("/api/{path}"),
        |path| format!("/api//{path}"),
        |path| format!("//api/{path}"),
        |path| format!("/api/./{path}"),
        |path| format!("/api/%2e/{path}"),
        |path| format!("/api/x/../{path}"),
        |path| format!("/api/x/%2e%2e/{path}"),
        |path| format!("/api/users/login/../../{path}"),
        |path| format!("/api/users/login%2f..%2f..%2f{path}"),
        |path| format!("/api/{path}/"),
        |path| format!("/api/{path};.json"),
        |path| format!("/api/{path}%00"),
        |path| format!("/api/{path}?X-Octopus-ApiKey=API-X"),
        |path| format!("/API/{}", path.to_uppercase()),
        |path| format!("/%61pi/{path}"),
        |path| format!("/health/../api/{path}"),
    ];
    for path in protected {
        for spelling in spellings {
            let spelled = spelling(path);
            let (status, answer) = raw(&server, &format!("GET {spelled}"), "").await;
            assert!(matches!(status, 400 | 401 | 404), "GET {spelled}: {answer}");
            assert!(!answer.contains("admin\""), "GET {spelled}: {answer}");
        }
    }
}

#[tokio::test]
async fn no_header_changes_the_method_the_path_or_the_caller() {
    let server = TestServer::start().await;
    let user = json!({ "Username": "bob", "Password": PASSWORD });
    let user = server.post("/api/users", user).await;
    let id = user["Id"].as_str().unwrap();
    let key = server
        .post(
            &format!("/api/users/{id}/apikeys"),
            json!({ "Purpose": "x" }),
        )
        .await;
    let own = format!("X-Octopus-ApiKey: {}\r\n", key["ApiKey"].as_str().unwrap());
    for tricks in [
        "X-HTTP-Method-Override: DELETE\r\n",
        "X-Method-Override: DELETE\r\n",
        "X-Original-URL: /api/users/login\r\n",
        "X-Rewrite-URL: /api\r\n",
        "X-Forwarded-For: 127.0.0.1\r\n",
        "X-Forwarded-User: admin\r\n",
        "Remote-User: admin\r\n",
    ] {
        for (method, wanted) in [("GET", 403), ("DELETE", 403)] {
            let line = format!("{method} /api/users/Users-1");
            let (status, answer) = raw(&server, &line, &format!("{own}{tricks}")).await;
            assert_eq!(status, wanted, "{method} {tricks}{answer}");
        }
    }
    assert_eq!(server.get("/api/users/Users-1").await["Username"], "admin");
}

#[tokio::test]
async fn two_credentials_are_never_added_up() {
    let server = TestServer::start().await;
    // A bad key is refused even beside a good one: no header is a fallback for another.
    let both = format!("X-Octopus-ApiKey: API-WRONG\r\nAuthorization: Bearer {ADMIN_KEY}\r\n");
    assert_eq!(raw(&server, "GET /api/users/me", &both).await.0, 401);
}

#[tokio::test]
async fn no_answer_holds_a_password_a_key_or_a_hash() {
    let server = TestServer::start().await;
    let bob = json!({ "Username": "bob", "EmailAddress": "bob@example.org", "Password": "Canary-Password-1" });
    let bob = server.post("/api/users", bob).await;
    let id = bob["Id"].as_str().unwrap();
    let mut changed = bob.clone();
    changed["Password"] = json!("Canary-Password-2");
    changed["CurrentPassword"] = json!("Canary-Password-1");
    changed["DisplayName"] = json!("Bob");
    server.put(&format!("/api/users/{id}"), changed).await;
    let key = server
        .post(
            &format!("/api/users/{id}/apikeys"),
            json!({ "Purpose": "canary" }),
        )
        .await;
    let key = key["ApiKey"].as_str().unwrap();
    let login = json!({ "Username": "bob", "Password": "Canary-Password-2" });
    let signed_in = server
        .send_as(None, Method::POST, "/api/users/login", Some(login))
        .await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    let mut seen = signed_in.text;
    for path in [
        "/api/users/all".to_owned(),
        "/api/users/me".to_owned(),
        format!("/api/users/{id}"),
        format!("/api/users/{id}/apikeys"),
        format!("/api/users/{id}/permissions"),
        format!("/api/users/{id}/teams"),
        "/api/teams/all".to_owned(),
        "/api/events?take=100".to_owned(),
    ] {
        seen += &server.send(Method::GET, &path, None).await.text;
    }
    for secret in ["Canary-Password", "$argon2", key, ADMIN_KEY] {
        assert!(!seen.contains(secret), "an answer contains {secret}");
    }
    // Nor do the files: only hashes are kept.
    for file in ["regatta.db", "regatta.db-wal"] {
        let bytes =
            std::fs::read(server.data_dir.path().join("data").join(file)).unwrap_or_default();
        for secret in ["Canary-Password", key, ADMIN_KEY] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{file} contains {secret}");
        }
    }
}

/// Every operation of the API document: method and a path with something in the place of each parameter.
async fn operations(server: &TestServer) -> Vec<(Method, String, bool)> {
    let document = server.get("/api/openapi.json").await;
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let segments: Vec<_> = path
            .split('/')
            .map(|segment| match segment {
                "{spaceId}" => "Spaces-1",
                other if other.starts_with('{') => "Nothing-1",
                other => other,
            })
            .collect();
        for (method, operation) in methods.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let is_open = operation["security"] == json!([]);
            all.push((method, segments.join("/"), is_open));
        }
    }
    assert!(
        all.len() > 50,
        "the document lists only {} operations",
        all.len()
    );
    all
}

#[tokio::test]
async fn nothing_that_needs_a_caller_answers_without_one() {
    let server = TestServer::start().await;
    for (method, path, is_open) in operations(&server).await {
        let answer = server.send_as(None, method.clone(), &path, None).await;
        assert!(
            is_open || answer.status == 401,
            "{method} {path}: {} {}",
            answer.status,
            answer.text
        );
    }
}

#[tokio::test]
async fn no_change_by_cookie_is_made_for_a_foreign_page() {
    let server = TestServer::start().await;
    let login = json!({ "Username": "admin", "Password": PASSWORD });
    let signed_in = server
        .send_as(None, Method::POST, "/api/users/login", Some(login))
        .await;
    let cookies = signed_in.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies
        .map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap())
        .collect();
    let (cookie, token) = (
        cookies.join("; "),
        signed_in.body["CsrfToken"].as_str().unwrap(),
    );
    assert!(
        cookies.contains(&format!("regatta-csrf={token}").as_str()),
        "{cookies:?}"
    );
    for (method, path, is_open) in operations(&server).await {
        if method == Method::GET || is_open {
            continue;
        }
        for (name, value) in [
            ("Origin", "http://evil.example"),
            ("Sec-Fetch-Site", "cross-site"),
            ("X-Regatta-Csrf", "guess"),
        ] {
            let mut request = server
                .http
                .request(method.clone(), format!("{}{path}", server.base))
                .header("Cookie", &cookie);
            if name != "X-Regatta-Csrf" {
                request = request.header("X-Regatta-Csrf", token);
            }
            let answer = answered(request.header(name, value)).await;
            assert_eq!(
                answer.body["Code"], "ForeignRequest",
                "{method} {path} {name}: {}",
                answer.text
            );
        }
    }
}

/// More than the bound of a request's body and all that a connection's buffers hold: who sends it stands still until
/// it is read.
const TOO_LONG_BYTES: usize = 32 << 20;
/// A server that does not read would keep its client waiting for ever; reading takes a second.
const STUCK_AFTER: std::time::Duration = std::time::Duration::from_secs(60);

/// Sends the head and these bytes of a body, and reads nothing before all of them are sent.
async fn send_all(server: &TestServer, head: &str, bytes: usize) -> String {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/environments HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {ADMIN_KEY}\r\n\
         Content-Type: application/json\r\nConnection: close\r\n{head}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let is_chunked = head.contains("chunked");
    if is_chunked {
        let size = format!("{bytes:x}\r\n");
        stream.write_all(size.as_bytes()).await.unwrap();
    }
    stream.write_all(&vec![b' '; bytes]).await.unwrap();
    if is_chunked {
        stream.write_all(b"\r\n0\r\n\r\n").await.unwrap();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn whoever_sends_too_much_reads_why_it_was_refused() {
    let server = TestServer::start().await;
    let length = format!("Content-Length: {TOO_LONG_BYTES}\r\n");
    let chunked = "Transfer-Encoding: chunked\r\n".to_owned();
    let ask = format!("{length}Expect: 100-continue\r\n");
    for (head, bytes) in [
        (length, TOO_LONG_BYTES),
        (chunked, TOO_LONG_BYTES),
        (ask, 0),
    ] {
        let answer = tokio::time::timeout(STUCK_AFTER, send_all(&server, &head, bytes)).await;
        let answer = answer.unwrap_or_else(|_| panic!("nobody reads: {head}"));
        assert!(answer.starts_with("HTTP/1.1 413 "), "{head}: {answer}");
        assert!(answer.contains("larger than 8388608 bytes"), "{answer}");
    }
}
