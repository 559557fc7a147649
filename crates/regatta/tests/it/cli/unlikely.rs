//! Servers that answer what ours hardly ever does.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::shell::Shell;
use crate::installation::{Installation, step};

/// A server that gives these answers, one a connection, and then stops. Its address.
fn answering(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = connection.read(&mut request).unwrap();
            assert!(read > 0);
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

pub(super) fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again_and_others_are_not() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    let busy = answer(
        "503 Service Unavailable",
        r#"{"ErrorMessage": "Busy.", "Code": "Busy"}"#,
    );
    let fine = answer("200 OK", r#"{"Id": "Fine-1"}"#);
    let cases = [
        (vec![busy, fine], 0, "Fine-1"),
        (vec![answer("502 Bad Gateway", "<html>no</html>")], 7, "502"),
        (vec![answer("500 Internal Server Error", "{")], 1, "500"),
        (vec![answer("418 I'm a teapot", "\u{1b}[2J")], 1, "418"),
        // Cut off in the middle of the body.
        (
            vec!["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned()],
            7,
            "does not answer",
        ),
        (vec!["nonsense\r\n\r\n".to_owned()], 7, "does not answer"),
    ];
    for (answers, code, says) in cases {
        shell.set("REGATTA_URL", &answering(answers));
        let ran = shell
            .run(&["api", "POST", "/api/anything", "-o", "id"])
            .await;
        assert_eq!(ran.code, code, "{says}: {}{}", ran.out, ran.err);
        assert!(
            format!("{}{}", ran.out, ran.err).contains(says),
            "{}{}",
            ran.out,
            ran.err
        );
        assert!(!ran.err.contains('\x1b'));
    }
}

/// A proxy that moved, or speaks https now, is daily life; the key stays here, and so does what a POST was to do.
#[tokio::test(flavor = "multi_thread")]
async fn no_redirect_is_followed() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let other_address = format!("http://{}", other.local_addr().unwrap());
    let asked = format!("{other_address}/api/anything");
    let login = format!("regatta login {other_address}\n");
    let cases = [
        ("301 Moved Permanently", asked.as_str(), login.as_str()),
        ("302 Found", &asked, &login),
        ("303 See Other", &asked, &login),
        ("307 Temporary Redirect", &asked, &login),
        ("308 Permanent Redirect", &asked, &login),
        (
            "302 Found",
            "https://x:1/regatta/api/anything",
            "regatta login https://x:1/regatta\n",
        ),
        ("302 Found", "/sign-in", "/sign-in (302 Found)"),
        ("302 Found", "http://[", "does not say where"),
    ];
    for (status, location, says) in cases {
        let answer = format!(
            "HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        shell.set("REGATTA_URL", &answering(vec![answer.clone(), answer]));
        for method in ["GET", "POST"] {
            let ran = shell.run(&["api", method, "/api/anything"]).await;
            assert_eq!(ran.code, 2, "{status} {location}: {}{}", ran.out, ran.err);
            assert!(ran.err.contains(says), "{says}: {}", ran.err);
        }
    }
    let followed = other.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(followed, Err(std::io::ErrorKind::WouldBlock));
}

/// Answers each request by its path, as ours would.
pub(super) fn serving(route: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        // Whoever announced more than it sent keeps its client waiting.
        let mut open = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") {
                connection.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            let request = String::from_utf8(request).unwrap();
            let path = request.split(' ').nth(1).unwrap();
            connection.write_all(route(path).as_bytes()).unwrap();
            open.push(connection);
        }
    });
    address
}

/// The server takes a thousand ids at once, and proxies take less.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_may_be_longer_than_one_request() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    let page = |items: Vec<serde_json::Value>| {
        let page = json!({"TotalResults": items.len(), "Items": items});
        answer("200 OK", &page.to_string())
    };
    let address = serving(move |path| {
        if path.starts_with("/api/spaces") {
            return page(vec![json!({"Id": "Spaces-1", "IsDefault": true})]);
        }
        if let Some(ids) = path.strip_prefix("/api/tasks?ids=") {
            let ids = ids.split('&').next().unwrap().split(',');
            let tasks: Vec<_> = ids.map(|id| json!({"Id": id, "State": id})).collect();
            return if path.len() > 8_000 {
                answer("414 URI Too Long", "")
            } else {
                page(tasks)
            };
        }
        assert_eq!(path, "/api/Spaces-1/deployments?take=1201");
        let deployment =
            |n| json!({"Id": format!("Deployments-{n}"), "TaskId": format!("ServerTasks-{n}")});
        page((1..=1201).map(deployment).collect())
    });
    shell.set("REGATTA_URL", &address);
    let listed = shell.json(&["deployment", "list", "--take", "1201"]).await;
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 1201);
    for deployment in listed {
        assert_eq!(deployment["Task"]["State"], deployment["TaskId"]);
    }
}

/// Passes everything on, but loses the first answer to a request for a deployment. Its address.
async fn losing_an_answer(server: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = server.trim_start_matches("http://").to_owned();
    let lost = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (server, lost) = (server.clone(), lost.clone());
            tokio::spawn(async move {
                let mut upstream = tokio::net::TcpStream::connect(server).await.unwrap();
                let (mut up, mut down) = ([0; 65_536], [0; 65_536]);
                let mut drops = false;
                loop {
                    tokio::select! {
                        read = client.read(&mut up) => match read {
                            Ok(read) if read > 0 => {
                                let creates = String::from_utf8_lossy(&up[..read]).contains("deployments/create");
                                drops |= creates && !lost.swap(creates, std::sync::atomic::Ordering::SeqCst);
                                upstream.write_all(&up[..read]).await.unwrap();
                            }
                            _ => return,
                        },
                        read = upstream.read(&mut down) => match read {
                            Ok(read) if read > 0 && !drops => client.write_all(&down[..read]).await.unwrap(),
                            _ => return,
                        },
                    }
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_does_not_deploy_twice() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let mut shell = Shell::of(&installation);
    shell.set("REGATTA_URL", &losing_an_answer(&installation.base).await);
    let ran = shell
        .run(&["release", "deploy", "-p", "web", "--env", "Test", "--wait"])
        .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("Trying again"),
        "an answer was lost: {}",
        ran.err
    );
    let tasks = installation.get("/api/tasks?take=10").await;
    assert_eq!(tasks["TotalResults"], json!(1), "{tasks}");
}

/// A wait is not over with an error because the server was away when it was asked how the task ended.
#[tokio::test(flavor = "multi_thread")]
async fn how_it_ended_is_asked_until_somebody_answers() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    let looks = std::sync::atomic::AtomicU32::new(0);
    let address = serving(move |path| {
        let ok = |body: serde_json::Value| answer("200 OK", &body.to_string());
        match path {
            "/api/tasks/ServerTasks-1" => {
                let look = looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                match look {
                    0 => ok(json!({"Id": "ServerTasks-1", "Description": "Deploy it"})),
                    1 | 2 => answer("502 Bad Gateway", "<html>no</html>"),
                    _ => ok(json!({"Id": "ServerTasks-1", "State": "Success"})),
                }
            }
            "/api/Spaces-1/tasks/ServerTasks-1/events?after=0" => {
                answer("200 OK", "data: {\"Seq\":1,\"Type\":\"Finished\"}\n\n")
            }
            "/api/Spaces-1/tasks/ServerTasks-1/verdict" => ok(json!({"ActualMs": 1000})),
            "/api/Spaces-1/tasks/ServerTasks-1/run" => ok(json!({"Task": {}, "Steps": []})),
            _ => {
                let spaces = [json!({"Id": "Spaces-1", "IsDefault": true})];
                ok(json!({"TotalResults": 1, "Items": spaces}))
            }
        }
    });
    shell.set("REGATTA_URL", &address);
    let ran = shell.run(&["task", "wait", "1"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.err.matches("how it ended is asked again").count(),
        1,
        "{}",
        ran.err
    );
    assert!(ran.err.contains("Succeeded in 1.0s"), "{}", ran.err);
}
