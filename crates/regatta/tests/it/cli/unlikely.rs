//! Servers that answer what ours hardly ever does.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::shell::Shell;
use crate::installation::Installation;

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

fn answer(status: &str, body: &str) -> String {
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
