//! Sends packages as clients do, and looks at what is on the disk.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::Value;

use crate::test_server::{ADMIN_KEY, Answered, TestServer, answered};

/// The smallest zip: no entries, and some bytes of comment that make it differ from others.
pub(crate) fn zip(comment: &str) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06".to_vec();
    bytes.extend([0; 16]);
    bytes.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
    bytes.extend(comment.as_bytes());
    bytes
}

/// A zip with one file that is not compressed.
pub(crate) fn stored(name: &str, content: &[u8]) -> Vec<u8> {
    let crc = content.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    });
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let (name_length, no_length) = (u16::try_from(name.len()).unwrap().to_le_bytes(), [0; 2]);
    let mut both = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58];
    for part in [
        &(!crc).to_le_bytes()[..],
        &length,
        &length,
        &name_length,
        &no_length,
    ] {
        both.extend(part);
    }
    let head = [&b"PK\x03\x04"[..], &both, name.as_bytes(), content].concat();
    let entry = [&b"PK\x01\x02\x14\x00"[..], &both, &[0; 14], name.as_bytes()].concat();
    let sizes = [entry.len(), head.len()].map(|size| u32::try_from(size).unwrap().to_le_bytes());
    let end = [
        &b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..],
        &sizes[0],
        &sizes[1],
        &no_length,
    ]
    .concat();
    [head, entry, end].concat()
}

/// A form with one part.
pub(crate) fn form(field: &str, file: &str, content: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--x-boundary\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend(content);
    body.extend(b"\r\n--x-boundary--\r\n");
    body
}

/// Posts a body to `packages/raw` of the default space.
pub(crate) async fn post(
    server: &TestServer,
    (key, query): (&str, &str),
    media_type: &str,
    body: impl Into<reqwest::Body>,
) -> Answered {
    let url = format!("{}/api/Spaces-1/packages/raw{query}", server.base);
    let request = server.http.post(url).header("X-Octopus-ApiKey", key);
    answered(request.header("Content-Type", media_type).body(body)).await
}

pub(crate) const MULTIPART: &str = "multipart/form-data; boundary=x-boundary";

pub(crate) async fn push_with(
    server: &TestServer,
    query: &str,
    file: &str,
    content: &[u8],
) -> Answered {
    post(
        server,
        (ADMIN_KEY, query),
        MULTIPART,
        form("file", file, content),
    )
    .await
}

/// A push that must work.
pub(crate) async fn push(server: &TestServer, file: &str) -> Value {
    let pushed = push_with(server, "", file, &zip(file)).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    pushed.body
}

/// The files below the folder of packages, without the folders.
pub(crate) fn files(server: &TestServer) -> Vec<PathBuf> {
    let mut all = Vec::new();
    list(&server.data_dir.path().join("data/packages"), &mut all);
    all
}

fn list(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, all);
        } else {
            all.push(path);
        }
    }
}

/// How much the audit says of packages, newest first.
pub(crate) async fn audit(server: &TestServer) -> Vec<String> {
    let events = server
        .get("/api/Spaces-1/events?documentTypes=Packages")
        .await;
    let all = events["Items"].as_array().unwrap().iter();
    let text = |event: &Value| {
        let (category, message) = (&event["Category"], &event["Message"]);
        format!(
            "{}: {}",
            category.as_str().unwrap(),
            message.as_str().unwrap()
        )
    };
    all.map(text)
        .filter(|text| text.contains("ackage"))
        .collect()
}

/// The bytes of a download, with its status and headers.
pub(crate) async fn raw(
    server: &TestServer,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let mut request = server
        .http
        .request(Method::GET, format!("{}{path}", server.base))
        .header("X-Octopus-ApiKey", ADMIN_KEY);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap().to_vec())
}
