//! Uploads that are wrong in every way: each is told what is wrong, and nothing of it stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::upload::{MULTIPART, audit, files, form, post, push_with, zip};
use crate::test_server::{ADMIN_KEY, TestServer};

#[allow(clippy::too_many_lines, reason = "a table of what is wrong")]
#[tokio::test]
async fn what_is_no_package_is_refused_and_nothing_stays() {
    let server = TestServer::start().await;
    let good = zip("x");
    let mut tar = vec![0; 2048];
    let mut two = form("f", "a.1.0.0.zip", &good);
    two.truncate(two.len() - "--\r\n".len());
    two.extend(&form("f", "b.1.0.0.zip", &good)["--x-boundary".len()..]);
    tar[..7].copy_from_slice(b"../evil");
    let cut = form("f", "a.1.0.0.zip", &good);
    let no_name = String::from_utf8(form("f", "a", b"x"))
        .unwrap()
        .replace("; filename=\"a\"", "");
    for (what, media_type, body, status, words) in [
        (
            "no form",
            "application/zip",
            good.clone(),
            415,
            "multipart/form-data",
        ),
        (
            "no boundary",
            "multipart/form-data",
            good.clone(),
            415,
            "multipart/form-data",
        ),
        (
            "an empty form",
            MULTIPART,
            b"--x-boundary--\r\n".to_vec(),
            400,
            "holds no file",
        ),
        (
            "no file name",
            MULTIPART,
            no_name.into_bytes(),
            400,
            "holds no file",
        ),
        ("two files", MULTIPART, two, 400, "more than one file"),
        (
            "cut off",
            MULTIPART,
            cut[..cut.len() - 20].to_vec(),
            400,
            "ended before it was complete",
        ),
        (
            "no version",
            MULTIPART,
            form("f", "hello.zip", &good),
            400,
            "Name it id.version.extension",
        ),
        (
            "no kind",
            MULTIPART,
            form("f", "a.1.0.0.exe", &good),
            400,
            ".tar.gz",
        ),
        (
            "no archive",
            MULTIPART,
            form("f", "a.1.0.0.zip", b"PK"),
            400,
            "no readable zip",
        ),
        (
            "half a zip",
            MULTIPART,
            form("f", "a.1.0.0.zip", &good[..10]),
            400,
            "cut off or damaged",
        ),
        (
            "half a tar",
            MULTIPART,
            form("f", "a.1.0.0.tar", &[1; 700]),
            400,
            "cut off or damaged",
        ),
        (
            "an empty file",
            MULTIPART,
            form("f", "a.1.0.0.tgz", b""),
            400,
            "cut off or damaged",
        ),
        (
            "a tar that climbs",
            MULTIPART,
            form("f", "a.1.0.0.tar", &tar),
            400,
            "cannot be used",
        ),
    ] {
        let answer = post(&server, (ADMIN_KEY, ""), media_type, body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        assert!(answer.text.contains(words), "{what}: {}", answer.text);
        assert!(files(&server).is_empty(), "{what}: {:?}", files(&server));
    }
    assert_eq!(server.get("/api/packages").await["TotalResults"], 0);
    assert!(audit(&server).await.is_empty());
    let sneaky = push_with(&server, "", "../../../a.1.0.0.zip", &good).await;
    assert_eq!(
        sneaky.body["Id"], "packages-a.1.0.0",
        "folders are not part of a name"
    );
}

/// A file of more than the general limit of bodies goes through; one of more than the limit of packages does not, whether
/// its length was announced or not.
#[tokio::test]
async fn large_packages_stream_to_the_disk_up_to_the_limit() {
    const LIMIT: u64 = 32 * 1024 * 1024;
    let server = TestServer::start_changed(|config| config.package_bytes_max = LIMIT).await;
    // A zip whose end is found behind much that belongs to no entry.
    let mut large = vec![7; 20 * 1024 * 1024];
    large.extend(zip(""));
    let pushed = push_with(&server, "", "large.1.0.0.zip", &large).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    assert_eq!(pushed.body["PackageSizeBytes"], large.len());

    let huge = form(
        "f",
        "huge.1.0.0.zip",
        &vec![0; usize::try_from(LIMIT).unwrap() + 1],
    );
    let head = form("f", "huge.1.0.0.zip", b"");
    let announced = format!(
        "POST /api/packages/raw HTTP/1.1\r\nHost: x\r\nX-Octopus-ApiKey: {ADMIN_KEY}\r\n\
        Content-Type: {MULTIPART}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        huge.len() * 2
    );
    let mut socket = tokio::net::TcpStream::connect(server.base.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    socket.write_all(announced.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    socket.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413", "before anything was sent");

    let sent = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&sent);
    let zeros = bytes::Bytes::from(vec![0; 1024 * 1024]);
    let endless = futures_util::stream::iter(
        std::iter::once(bytes::Bytes::from(head[..head.len() - 18].to_vec()))
            .chain(std::iter::repeat_n(zeros, 40)),
    );
    let endless = endless.map(move |piece| {
        count.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok::<_, std::io::Error>(piece)
    });
    let url = format!("{}/api/packages/raw", server.base);
    let request = server.http.post(url).header("X-Octopus-ApiKey", ADMIN_KEY);
    let request = request
        .header("Content-Type", MULTIPART)
        .body(reqwest::Body::wrap_stream(endless));
    // A client may not come to read the answer, because the server has closed the connection meanwhile.
    if let Ok(answer) = request.send().await {
        assert_eq!(answer.status().as_u16(), 413);
    }
    server
        .until("what came of it is gone", async || {
            files(&server).len() == 1
        })
        .await;
    assert!(sent.load(Ordering::Relaxed) > LIMIT);
}

/// The connection breaks in the middle: nothing stays, and the same package can be sent again.
#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let server = TestServer::start().await;
    let body = form("f", "a.1.0.0.zip", &zip("x"));
    let head = format!(
        "POST /api/packages/raw HTTP/1.1\r\nHost: x\r\nX-Octopus-ApiKey: {ADMIN_KEY}\r\n\
        Content-Type: {MULTIPART}\r\nContent-Length: {}\r\n\r\n",
        body.len() + 1000
    );
    let mut socket = tokio::net::TcpStream::connect(server.base.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&body[..body.len() - 30]).await.unwrap();
    server
        .until("it has begun", async || files(&server).len() == 1)
        .await;
    drop(socket);
    server
        .until("what came of it is gone", async || {
            files(&server).is_empty()
        })
        .await;
    assert_eq!(
        push_with(&server, "", "a.1.0.0.zip", &zip("x"))
            .await
            .status,
        201
    );
}

/// A server that is killed between two steps leaves files and notes; the next one puts them in order.
#[tokio::test]
async fn the_next_server_clears_up_after_one_that_was_killed() {
    let mut server = TestServer::start().await;
    let kept = push_with(&server, "", "a.1.0.0.zip", &zip("kept")).await;
    let kept = kept.body["Hash"].as_str().unwrap().to_owned();
    let folder = server.data_dir.path().join("data/packages");
    server.stop().await;
    let lost = "ab".repeat(32);
    for path in [
        "incoming/7".to_owned(),
        format!("ab/{lost}"),
        format!("doubtful/{lost}"),
        format!("doubtful/{kept}"),
    ] {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "half").unwrap();
    }
    let server = server.start_again().await;
    let left = files(&server);
    assert_eq!(left, [folder.join(&kept[..2]).join(&kept)]);
    assert_eq!(
        server.get("/api/packages/packages-a.1.0.0").await["Hash"],
        json!(kept)
    );
}
