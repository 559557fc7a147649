//! Files that scripts hand over and their progress, from a real script to whoever asks for them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::installation::{ADMIN_KEY, Installation, step, text};

/// More than the agent sends in one piece.
const LARGE_BYTES: usize = 3_000_000;

async fn artifacts(installation: &Installation, task: &str) -> Vec<Value> {
    let page = installation
        .get(&format!(
            "/api/Spaces-1/artifacts?regarding={task}&order=asc"
        ))
        .await;
    page["Items"].as_array().unwrap().clone()
}

async fn bytes(installation: &Installation, artifact: &Value) -> (String, Vec<u8>) {
    let url = format!(
        "{}{}",
        installation.base,
        text(&artifact["Links"]["Content"])
    );
    let request = reqwest::Client::new()
        .get(url)
        .header("X-Octopus-ApiKey", ADMIN_KEY);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "application/octet-stream");
    let name = headers["content-disposition"].to_str().unwrap().to_owned();
    (name, answer.bytes().await.unwrap().to_vec())
}

/// The server is killed while the script runs and again when it has ended: each file is there once, whole, and
/// nothing else is left.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_script_survive_a_killed_server_whole_and_once() {
    let mut installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let (gate, begun) = (folder.join("gate"), folder.join("begun"));
    let script = format!(
        "head -c {LARGE_BYTES} /dev/zero | tr '\\0' x > large.bin
         echo small > small.txt
         new_octopusartifact large.bin
         new_octopusartifact small.txt '../../Größe.txt'
         new_octopusartifact missing.txt
         touch {}; until test -e {}; do sleep 0.02; done",
        begun.display(),
        gate.display()
    );
    let project = installation
        .project("Files", vec![step("files", None, &script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    installation
        .until("the script runs", async || begun.exists().then_some(()))
        .await;
    installation.kill_server().await;
    std::fs::write(&gate, "").unwrap();
    installation.start_server().await;
    assert_eq!(installation.finished(&task).await["State"], "Success");
    installation.kill_server().await;
    installation.start_server().await;
    let found = artifacts(&installation, &task).await;
    let names: Vec<_> = found.iter().map(|found| text(&found["Filename"])).collect();
    assert_eq!(names, ["large.bin", "Größe.txt"]);
    assert_eq!(found[0]["ServerTaskId"], json!(task));
    assert_eq!(found[0]["LengthBytes"], json!(LARGE_BYTES));
    let (_, large) = bytes(&installation, &found[0]).await;
    assert!(large.len() == LARGE_BYTES && large.iter().all(|byte| *byte == b'x'));
    let (name, small) = bytes(&installation, &found[1]).await;
    assert_eq!(small, b"small\n");
    assert_eq!(
        name,
        "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt"
    );
    let log = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert!(log.contains("missing.txt"), "{log}");
    let incoming = installation.data_dir().join("artifacts/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
}

/// Octopus' way of attaching a file, and what is refused.
#[tokio::test(flavor = "multi_thread")]
async fn clients_attach_rename_and_delete_files() {
    let installation = Installation::start().await;
    let project = installation
        .project("Attached", vec![step("none", None, "echo none")])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    installation.finished(&task).await;
    let made = installation
        .post(
            "/api/Spaces-1/artifacts",
            json!({"Filename": "a/b.txt", "ServerTaskId": task, "Source": "me"}),
        )
        .await;
    let path = text(&made["Links"]["Self"]);
    let content = format!("{path}/content");
    let get = async |path: &str| {
        installation
            .try_send(Method::GET, path, None)
            .await
            .unwrap()
    };
    assert_eq!(get(&content).await.0, StatusCode::NOT_FOUND);
    let put = reqwest::Client::new()
        .put(format!("{}{content}", installation.base))
        .header("X-Octopus-ApiKey", ADMIN_KEY)
        .body("hello");
    let put = put.send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
    let put: Value = put.json().await.unwrap();
    assert_eq!(get(&content).await.1, "hello");
    let sha = text(&put["Sha256"]);
    let blob = installation
        .data_dir()
        .join("artifacts")
        .join(&sha[..2])
        .join(&sha);
    assert!(blob.exists());
    let renamed = installation.put(&path, json!({"Filename": "c.txt"})).await;
    assert_eq!(
        renamed,
        json!({
            "Id": "Artifacts-1", "SpaceId": "Spaces-1", "Filename": "c.txt", "Source": "me", "ServerTaskId": task,
            "Created": made["Created"], "LogCorrelationId": "", "LengthBytes": 5,
            "Sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            "Links": {"Self": path, "Content": content},
        })
    );
    installation.send(Method::DELETE, &path, None).await;
    assert!(!blob.exists());
    assert_eq!(get(&path).await.0, StatusCode::NOT_FOUND);
    let wrong = [
        json!({"Filename": "x", "ServerTaskId": "ServerTasks-999"}),
        json!({"ServerTaskId": task}),
        json!({"Filename": 7, "ServerTaskId": task}),
    ];
    for body in wrong {
        let answer = installation.try_send(Method::POST, "/api/Spaces-1/artifacts", Some(&body));
        assert_eq!(answer.await.unwrap().0, StatusCode::BAD_REQUEST, "{body}");
    }
}

/// What a script says of its progress is shown while it runs, in the snapshot, in the details and in the stream.
#[tokio::test(flavor = "multi_thread")]
async fn progress_of_a_script_is_shown_while_it_runs() {
    let installation = Installation::start().await;
    let gate = installation.folder.path().join("gate");
    let script = format!(
        "update_progress 42 'copying files'
         until test -e {}; do sleep 0.02; done",
        gate.display()
    );
    let project = installation
        .project("Progress", vec![step("slow", None, &script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let said = installation
        .until("the progress is shown", async || {
            let run = installation
                .get(&format!("/api/Spaces-1/tasks/{task}/run"))
                .await;
            let said = run["Steps"][0]["ActionRuns"][0]["Progress"].clone();
            said.is_object().then_some(said)
        })
        .await;
    assert_eq!(said, json!({"Percentage": 42, "Message": "copying files"}));
    let details = installation
        .get(&format!("/api/tasks/{task}/details"))
        .await;
    let place = &details["ActivityLogs"][0]["Children"][0]["Children"][0];
    assert_eq!(
        (&place["ProgressPercentage"], &place["ProgressMessage"]),
        (&json!(42), &json!("copying files"))
    );
    std::fs::write(&gate, "").unwrap();
    installation.finished(&task).await;
    let run = installation
        .get(&format!("/api/Spaces-1/tasks/{task}/run"))
        .await;
    assert!(run["Steps"][0]["ActionRuns"][0].get("Progress").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_beyond_the_bound_of_a_script_are_not_kept_and_its_log_says_so() {
    let installation = Installation::start().await;
    let script = "for i in $(seq 1003); do echo $i > file$i; new_octopusartifact file$i; done";
    let project = installation
        .project("Many", vec![step("many", None, script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&task).await;
    let log = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(over["State"], "Success", "{over}\n{log}");
    let page = installation
        .get(&format!("/api/Spaces-1/artifacts?regarding={task}&take=1"))
        .await;
    assert_eq!(page["TotalResults"], 1000);
    let said = "The artifact \"file1001\" was not kept: it and 2 more come after the first 1000 files of the script";
    assert!(log.contains(said), "{log}");
}
