//! From nothing to a deployment that is over; versions of releases.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{run, texts, traffic};
use crate::installation::{Installation, text};

#[tokio::test(flavor = "multi_thread")]
async fn from_a_new_space_to_a_finished_deployment_and_away_again() {
    let installation = Installation::start().await;
    let space_name = json!({ "space": "smoke" });
    let told = run(&installation, "smoke", &space_name).await;
    insta::assert_snapshot!("npm_smoke_traffic", traffic(&installation).await);
    let space = text(&told["made"]["space"]["Id"]);
    let own = format!("/api/{space}");

    let release = text(&told["release"]["ReleaseId"]);
    let release = installation.get(&format!("{own}/releases/{release}")).await;
    assert_eq!(
        (&release["Version"], &release["ProjectId"]),
        (&json!("0.0.1"), &told["made"]["project"]["Id"])
    );
    let frozen = text(&release["ProjectDeploymentProcessSnapshotId"]);
    let frozen = installation
        .get(&format!("{own}/deploymentprocesses/{frozen}"))
        .await;
    assert_eq!(frozen["Steps"][0]["Name"], "greet");

    let deployment = text(&told["deployment"]["DeploymentId"]);
    let deployment = installation
        .get(&format!("{own}/deployments/{deployment}"))
        .await;
    let task = text(&told["deployment"]["ServerTaskId"]);
    assert_eq!(
        (&deployment["TaskId"], &deployment["EnvironmentId"]),
        (&json!(task), &told["made"]["environment"]["Id"])
    );
    let ended = installation.get(&format!("/api/tasks/{task}")).await;
    assert_eq!(
        (&ended["State"], &ended["FinishedSuccessfully"]),
        (&json!("Success"), &json!(true))
    );
    assert_eq!(told["task"], ended, "the client was told the same");
    assert_eq!(told["polled"], json!([task]));
    let log = installation
        .get(&format!("{own}/tasks/{task}/log?step=greet"))
        .await;
    assert!(
        log["Lines"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["MessageText"] == "hello from P1"),
        "{log}"
    );
    assert!(
        text(&told["raw"]).contains("hello from P1"),
        "{}",
        told["raw"]
    );
    // Task, step, target: the lines are on the third level.
    let step = &told["details"]["ActivityLogs"][0]["Children"][0];
    let lines = &step["Children"][0]["LogElements"];
    assert_eq!(step["Status"], "Success", "{step}");
    assert!(
        texts(lines, "MessageText").contains(&"hello from P1"),
        "{step}"
    );

    let left = run(&installation, "leave", &space_name).await;
    assert_eq!(left["refused"]["status"], 400, "{}", left["refused"]);
    for gone in [format!("/api/spaces/{space}"), format!("{own}/projects")] {
        let (status, _) = installation
            .try_send(Method::GET, &gone, None)
            .await
            .unwrap();
        assert_eq!(status, StatusCode::NOT_FOUND, "{gone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_count_up_and_a_release_is_made_once() {
    let installation = Installation::start().await;
    let told = run(&installation, "releases", &json!({ "space": "releases" })).await;
    insta::assert_snapshot!("npm_releases_traffic", traffic(&installation).await);
    assert_eq!(
        texts(&told["made"], "ReleaseVersion"),
        ["0.0.1", "5.0.0", "5.0.1"]
    );
    assert_eq!(told["same"]["ReleaseId"], told["made"][1]["ReleaseId"]);

    let project = text(&told["of"]["Id"]);
    let own = format!(
        "/api/{}/projects/{project}/releases",
        text(&told["of"]["SpaceId"])
    );
    let releases = installation.get(&own).await;
    assert_eq!(
        texts(&releases["Items"], "Version"),
        ["5.0.1", "5.0.0", "0.0.1"],
        "newest first, and none twice"
    );
    assert_eq!(releases["Items"][1]["ReleaseNotes"], "*Five*");
    assert_eq!(told["found"], releases["Items"][1]);
    assert_eq!(told["all"]["Items"], releases["Items"]);
    assert_eq!(texts(&told["list"]["Items"], "Version"), ["5.0.1", "5.0.0"]);
    assert_eq!(told["list"]["TotalResults"], 3);
    assert_eq!(texts(&told["searched"]["Items"], "Version"), ["0.0.1"]);

    let refused = &told["refused"];
    for (what, status, word) in [
        ("again", 400, "5.0.0"),
        ("project", 404, "P2"),
        ("channel", 400, "Nightly"),
    ] {
        let said = refused[what].to_string();
        assert_eq!(refused[what]["status"], status, "{what}: {said}");
        assert!(said.contains(word), "{what}: {said}");
    }
    assert_eq!(project_count(&installation, &told).await, 1);
}

async fn project_count(installation: &Installation, told: &Value) -> u64 {
    let path = format!("/api/{}/projects", text(&told["of"]["SpaceId"]));
    installation.get(&path).await["TotalResults"]
        .as_u64()
        .unwrap()
}
