//! The official npm client of Octopus Deploy, unmodified, against a real server. Its programs are in `tests/npm`; what
//! became of them is looked at in the server, not only in what the client was told.

mod graph;
mod packages;
mod records;
mod smoke;
mod waiting;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::installation::{ADMIN_KEY, Installation};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/npm")
}

/// Runs a program; answers what it told.
async fn run(installation: &Installation, program: &str, input: &Value) -> Value {
    let folder = folder();
    assert!(
        folder
            .join("node_modules/@octopusdeploy/api-client")
            .exists(),
        "the npm client is not installed: run `npm ci` in {}; `cargo xtask test` does",
        folder.display()
    );
    let ran = Command::new("node")
        .arg(format!("{program}.mjs"))
        .current_dir(&folder)
        .env("REGATTA_URL", &installation.base)
        .env("REGATTA_KEY", ADMIN_KEY)
        .env("REGATTA_INPUT", input.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("Node.js is needed");
    let (told, said) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{program}: {said}{told}");
    serde_json::from_str(&told).unwrap_or_else(|error| panic!("{program}: {error}: {told}"))
}

/// Which operations were called, and what they answered, since the server started.
pub(crate) async fn traffic(installation: &Installation) -> String {
    let metrics = installation.text("/metrics").await;
    let mut calls: Vec<_> = metrics
        .lines()
        .filter_map(|line| {
            let labels = line.strip_prefix("regatta_http_requests_total{operation=\"")?;
            let (operation, rest) = labels.split_once("\",status=\"")?;
            Some(format!("{operation} {}", rest.split_once('"')?.0))
        })
        .collect();
    calls.sort();
    calls.join("\n")
}

fn texts<'v>(items: &'v Value, key: &str) -> Vec<&'v str> {
    let items = items.as_array().unwrap().iter();
    items.map(|item| item[key].as_str().unwrap()).collect()
}
