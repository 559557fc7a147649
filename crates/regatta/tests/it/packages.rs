//! Packages from a push to the script that uses them: real archives, a real worker, and whatever is killed between.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::installation::{ADMIN_KEY, Installation, Project, step, text};

/// Packs a folder with the system's tar.
pub(crate) fn tar_gz(folder: &Path) -> Vec<u8> {
    let packed = Command::new("tar")
        .arg("-czf-")
        .arg("-C")
        .arg(folder)
        .arg(".")
        .output()
        .unwrap();
    assert!(packed.status.success());
    packed.stdout
}

fn form(file: &str, content: &[u8]) -> Vec<u8> {
    let mut body =
        format!("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{file}\"\r\n\r\n")
            .into_bytes();
    body.extend(content);
    body.extend(b"\r\n--b--\r\n");
    body
}

pub(crate) async fn push(
    installation: &Installation,
    file: &str,
    content: &[u8],
    mode: &str,
) -> Value {
    let url = format!(
        "{}/api/Spaces-1/packages/raw?overwriteMode={mode}",
        installation.base
    );
    let request = reqwest::Client::new()
        .post(url)
        .header("X-Octopus-ApiKey", ADMIN_KEY);
    let request = request
        .header("Content-Type", "multipart/form-data; boundary=b")
        .body(form(file, content));
    let answer = request.send().await.unwrap();
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::CREATED, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// A step that uses a package of tools, unpacked, and one more as it is.
fn using(script: &str) -> Value {
    let mut step = step("use", None, script);
    step["Actions"][0]["Packages"] = json!([
        {"Name": "Tools", "PackageId": "Acme.Tools", "FeedId": "feeds-builtin", "AcquisitionLocation": "Server", "Properties": {"Extract": "True"}},
        {"Name": "As it is", "PackageId": "Acme.Tools", "FeedId": "feeds-builtin", "AcquisitionLocation": "ExecutionTarget", "Properties": {"Extract": "False"}},
    ]);
    step
}

const SCRIPT: &str = r#"
set -e
tools=$(get_octopusvariable "Octopus.Action.Package[Tools].ExtractedPath")
"$tools/bin/hello"
echo "here: $(cat Tools/current/data.txt)"
echo "version #{Octopus.Action.Package[Tools].PackageVersion} of $(get_octopusvariable 'Octopus.Action.Package[Tools].PackageId')"
file=$(get_octopusvariable "Octopus.Action.Package[As it is].PackageFilePath")
echo "sha $(sha256sum < "$file" | cut -c1-64) $(basename "$file")"
"#;

/// Version 1.0.0 of the tools, and what is in them.
fn tools(installation: &Installation, word: &str) -> Vec<u8> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = installation.folder.path().join(format!("tools-{word}"));
    std::fs::create_dir_all(folder.join("bin")).unwrap();
    std::fs::create_dir_all(folder.join("v1")).unwrap();
    std::fs::write(
        folder.join("bin/hello"),
        format!("#!/bin/sh\necho hello {word}\n"),
    )
    .unwrap();
    std::fs::set_permissions(
        folder.join("bin/hello"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    std::fs::write(folder.join("v1/data.txt"), word).unwrap();
    std::os::unix::fs::symlink("v1", folder.join("current")).unwrap();
    tar_gz(&folder)
}

pub(crate) async fn log_of(installation: &Installation, project: &Project, state: &str) -> String {
    let task = installation.deploy(project, json!({})).await;
    let ended = installation.finished(&task).await;
    let log = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(ended["State"], state, "{log}");
    log
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[allow(
    clippy::too_many_lines,
    reason = "one installation, and one thing after the other"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_script_finds_its_packages_and_never_other_bytes() {
    let mut installation = Installation::start().await;
    let pushed = push(
        &installation,
        "Acme.Tools.1.0.0.tar.gz",
        &tools(&installation, "world"),
        "FailIfExists",
    )
    .await;
    let sha = text(&pushed["Hash"]);
    let mut project = installation.project("Shop", vec![using(SCRIPT)]).await;
    let log = log_of(&installation, &project, "Success").await;
    for line in [
        "hello world",
        "here: world",
        "version 1.0.0 of Acme.Tools",
        &format!("sha {sha} Acme.Tools.1.0.0.tar.gz"),
    ] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    let packages = installation.data_dir().join("worker/packages");
    let cached = packages.join("cache").join(&sha);
    assert!(cached.exists());
    assert!(
        files_below(&packages.join("ready")).is_empty(),
        "what was unpacked went to the script, and with it"
    );

    // Half of it, as after a crash, and other bytes of the same length, as after a fault of the disk.
    let whole = std::fs::read(&cached).unwrap();
    for damaged in [whole[..whole.len() / 2].to_vec(), vec![b'x'; whole.len()]] {
        std::fs::write(&cached, damaged).unwrap();
        let log = log_of(&installation, &project, "Success").await;
        assert!(log.contains("hello world"), "{log}");
        assert_eq!(std::fs::read(&cached).unwrap(), whole);
    }
    // What a link that was killed left behind is nothing to the next one.
    std::fs::create_dir_all(packages.join("incoming")).unwrap();
    std::fs::write(packages.join("incoming/left"), "half").unwrap();
    installation.kill_link();
    let log = log_of(&installation, &project, "Success").await;
    assert!(log.contains("hello world"), "{log}");
    assert!(files_below(&packages.join("incoming")).is_empty());

    // A release means the bytes it was made with. Others under the same version are not them.
    std::fs::remove_file(&cached).unwrap();
    push(
        &installation,
        "Acme.Tools.1.0.0.tar.gz",
        &tools(&installation, "mars"),
        "OverwriteExisting",
    )
    .await;
    let log = log_of(&installation, &project, "Failed").await;
    assert!(
        log.contains("deleted or replaced after the release was made") && !log.contains("hello"),
        "{log}"
    );
    installation.release(&mut project).await;
    let log = log_of(&installation, &project, "Success").await;
    assert!(log.contains("hello mars"), "{log}");

    // The server dies between making a deployment and its worker having the package: it goes on all the same.
    std::fs::remove_dir_all(packages.join("cache")).unwrap();
    let task = installation.deploy(&project, json!({})).await;
    installation.kill_server().await;
    installation.start_server().await;
    let ended = installation.finished(&task).await;
    let log = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(ended["State"], "Success", "{log}");
    assert_eq!(log.matches("hello mars").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_mid_upload_has_nothing_of_it() {
    let mut installation = Installation::start().await;
    let folder = installation.data_dir().join("packages");
    let body = form("big.1.0.0.zip", &vec![7; 3_000_000]);
    let head = format!(
        "POST /api/packages/raw HTTP/1.1\r\nHost: x\r\nX-Octopus-ApiKey: {ADMIN_KEY}\r\n\
        Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let address = installation
        .base
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&body[..2_000_000]).await.unwrap();
    installation
        .until("a part of it is on the disk", async || {
            let files = files_below(&folder);
            files
                .iter()
                .any(|file| file.metadata().is_ok_and(|found| found.len() > 0))
                .then_some(())
        })
        .await;
    installation.kill_server().await;
    assert_eq!(files_below(&folder).len(), 1);
    installation.start_server().await;
    assert!(
        files_below(&folder).is_empty(),
        "{:?}",
        files_below(&folder)
    );
    assert_eq!(installation.get("/api/packages").await["TotalResults"], 0);
}
