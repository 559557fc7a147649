//! `api`: the answer, the whole answer, and nothing but the answer.

use reqwest::Client;
use serde_json::{Value, json};

use super::shell::Shell;
use crate::installation::{ADMIN_KEY, Installation, step, text};

/// Gives an artifact its content; answers its address.
async fn artifact(installation: &Installation, task: &str, content: &[u8]) -> String {
    let body = json!({"Filename": "noise.bin", "ServerTaskId": task});
    let made = installation.post("/api/Spaces-1/artifacts", body).await;
    let path = format!("/api/Spaces-1/artifacts/{}/content", text(&made["Id"]));
    let sent = Client::new()
        .put(format!("{}{path}", installation.base))
        .header("X-Octopus-ApiKey", ADMIN_KEY)
        .body(content.to_vec())
        .send()
        .await
        .unwrap();
    assert!(sent.status().is_success(), "{}", sent.text().await.unwrap());
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_byte_for_byte() {
    let installation = Installation::start().await;
    let project = installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let shell = Shell::of(&installation);
    let noise: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    // The last one is a document, but this one is a file.
    for content in [noise, Vec::new(), b"{\"b\":1,\"a\":  2}".to_vec()] {
        let path = artifact(&installation, &task, &content).await;
        let output = shell
            .command(&["api", "GET", &path])
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout == content, "{} bytes", output.stdout.len());
    }
    let log = format!("/api/tasks/{task}/raw");
    installation.finished(&task).await;
    assert_eq!(
        shell.out(&["api", "GET", &log]).await,
        installation.text(&log).await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_page_is_printed_as_it_is() {
    let installation = Installation::start().await;
    let shell = Shell::of(&installation);
    for path in ["/api/users/me", "/api/spaces/all", "/api/spaces"] {
        let out = shell.out(&["api", "GET", path, "--paginate"]).await;
        let shown: Value = serde_json::from_str(&out).unwrap();
        let mut expected = installation.get(path).await;
        if path == "/api/spaces" {
            expected = expected["Items"].clone();
        }
        assert_eq!(shown, expected, "{path}");
        assert_ne!(shown, json!([]), "{path}");
    }
    let posted = ["api", "POST", "/api/spaces", "--paginate"];
    assert_eq!(shell.run(&posted).await.code, 2);
}
