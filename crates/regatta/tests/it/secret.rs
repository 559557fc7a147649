//! Invariant I7: a secret is nowhere but in the sealed store and in the script that needs it.

use std::path::Path;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::installation::{ADMIN_KEY, Installation, PASSWORD, step, text};

const CANARIES: [&str; 3] = [
    "kanari/VARIABLE+0123 456=",
    "kanari/PROMPTED+0123 456=",
    "kanari/OUTPUT+0123 456=",
];

fn url_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The forms scripts print secrets in.
fn forms(secret: &str) -> Vec<String> {
    vec![
        secret.to_owned(),
        base64::engine::general_purpose::STANDARD.encode(secret),
        url_encoded(secret),
    ]
}

fn print_all(variable: &str) -> String {
    format!(
        "v=\"$({variable})\"; echo raw \"$v\"; echo error \"$v\" >&2; printf %s \"$v\" | base64 -w0; echo; \
         printf %s \"$v\" | od -An -v -tx1 | tr -d ' \\n' | sed 's/../%&/g' | tr a-f A-F; echo; echo json \"\\\"$v\\\"\""
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_anywhere_after_a_deployment_that_prints_them_all() {
    let installation = Installation::start().await;
    let [variable, prompted, output] = CANARIES;
    let steps = vec![
        step("variable", None, &print_all("get_octopusvariable Secret")),
        step("prompted", None, &print_all("get_octopusvariable Asked")),
        step(
            "set",
            None,
            "set_octopusvariable Out \"$(get_octopusvariable Raw | rev)\" -sensitive",
        ),
        step(
            "output",
            None,
            &print_all("get_octopusvariable 'Octopus.Action[set].Output.Out'"),
        ),
    ];
    let mut project = installation.project("Secrets", steps).await;
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut set = installation.get(&path).await;
    let reversed: String = output.chars().rev().collect();
    set["Variables"] = json!([
        {"Name": "Secret", "Type": "Sensitive", "IsSensitive": true, "Value": variable},
        {"Name": "Raw", "Type": "Sensitive", "IsSensitive": true, "Value": reversed},
        {"Name": "Asked", "Type": "Sensitive", "IsSensitive": true, "Value": null, "Prompt": {"Label": "Asked", "Required": true}},
    ]);
    let stored = installation.put(&path, set).await;
    installation.release(&mut project).await;
    let task = installation
        .deploy(&project, json!({"Variables": {"Asked": prompted}}))
        .await;
    let over = installation.finished(&task).await;
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(over["State"], "Success", "{over}\n{raw}");
    assert!(raw.matches("********").count() >= 9, "{raw}");

    let mut seen = vec![("answer of the save".to_owned(), stored.to_string())];
    seen.extend(answers(&installation, &task, &over).await);
    seen.push(("standard error".to_owned(), installation.server_log()));
    collect(&installation.data_dir(), &mut seen);
    let mut secrets: Vec<String> = CANARIES.iter().flat_map(|secret| forms(secret)).collect();
    secrets.extend([reversed, ADMIN_KEY.to_owned(), PASSWORD.to_owned()]);
    for (place, content) in seen {
        for secret in &secrets {
            assert!(!content.contains(secret.as_str()), "{secret} is in {place}");
        }
    }
}

/// What the API says about the deployment and everything it is made of.
async fn answers(installation: &Installation, task: &str, over: &Value) -> Vec<(String, String)> {
    let deployment = text(&over["Arguments"]["DeploymentId"]);
    let deployed = installation
        .get(&format!("/api/Spaces-1/deployments/{deployment}"))
        .await;
    let release = installation
        .get(&format!(
            "/api/Spaces-1/releases/{}",
            text(&deployed["ReleaseId"])
        ))
        .await;
    let mut all = Vec::new();
    for path in [
        format!("/api/tasks/{task}/details?verbose=true"),
        format!("/api/tasks/{task}/raw"),
        format!("/api/Spaces-1/tasks/{task}/events"),
        format!("/api/Spaces-1/tasks/{task}/log"),
        format!("/api/Spaces-1/deployments/{deployment}"),
        format!(
            "/api/Spaces-1/variables/{}",
            text(&release["ProjectVariableSetSnapshotId"])
        ),
        format!(
            "/api/Spaces-1/releases/{}/deployments/preview/{}",
            text(&release["Id"]),
            text(&deployed["EnvironmentId"])
        ),
        "/api/events?take=1000".to_owned(),
        "/api/users".to_owned(),
    ] {
        all.push((path.clone(), installation.text(&path).await));
    }
    all
}

/// Every file below a folder, as far as it reads as text.
fn collect(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if let Ok(bytes) = std::fs::read(&path) {
            into.push((
                path.display().to_string(),
                String::from_utf8_lossy(&bytes).into_owned(),
            ));
        }
    }
}
