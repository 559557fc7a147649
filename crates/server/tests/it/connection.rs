//! Clients that connect and do not go on: their places are taken back.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::test_server::TestServer;

/// A connection that is open for so long stays open.
const STUCK_AFTER: Duration = Duration::from_secs(60);

async fn impatient() -> TestServer {
    TestServer::start_changed(|config| config.patience = Duration::from_millis(200)).await
}

/// What the server says to this until it closes the connection.
async fn said_to(server: &TestServer, text: &str) -> String {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let read = tokio::time::timeout(STUCK_AFTER, stream.read_to_end(&mut said));
    // Whether the end comes in order or with a reset depends on what was on its way.
    drop(read.await.expect("the server closes the connection"));
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn who_connects_has_to_send_a_whole_request() {
    let server = impatient().await;
    let half = "GET /health HTTP/1.1\r\nHost: x\r\n";
    // The last is how HTTP/2 begins.
    for text in ["", "G", half, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let said = said_to(&server, text).await;
        assert!(!said.contains("200 OK"), "{text:?}: {said}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_go_on_is_given_up() {
    let server = impatient().await;
    let said = said_to(
        &server,
        "POST /api/users/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    )
    .await;
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(said.contains("TooSlow"), "{said}");
}
