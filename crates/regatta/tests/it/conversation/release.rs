//! `release …` and `task wait`.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, plain};
use super::go;
use crate::installation::{Installation, step, text, tomorrow};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_made_deployed_and_waited_for() {
    let installation = Installation::start().await;
    let steps = vec![
        step("build", Some(&[]), "echo built"),
        step("ship", Some(&["build"]), "echo shipped"),
    ];
    installation.project("Fire Project", steps).await;
    let client = Client::start(&installation).await;
    client.command("release create");
    let project = client.find("Projects", "Fire Project").await;
    let release = create(
        &client,
        json!({ "releaseVersion": "1.2.3", "releaseNotes": "Hot", "channelName": "Default" }),
    )
    .await;
    assert_eq!(
        (&release["Version"], &release["ReleaseNotes"]),
        (&json!("1.2.3"), &json!("Hot"))
    );
    let channel = client
        .get(&format!(
            "{}/{}",
            client.link("Channels"),
            text(&release["ChannelId"])
        ))
        .await;
    assert_eq!(channel["Name"], "Default");
    let same = create(
        &client,
        json!({ "releaseVersion": "1.2.3", "ignoreIfAlreadyExists": true }),
    )
    .await;
    assert_eq!(same["Id"], release["Id"]);

    listed(&client, &project, &release).await;
    client.command("release deploy, asking");
    previewed(&client, &project, &release).await;
    client.command("release snapshot-variables");
    let again = format!(
        "{}/{}/snapshot-variables",
        client.link("Releases"),
        text(&release["Id"])
    );
    let again = client.try_send(Method::POST, &again, None).await.unwrap();
    assert_eq!(again["Id"], release["Id"]);

    client.command("release deploy");
    let task = deploy(&client, "1.2.3").await;
    client.find("Projects", "Fire Project").await;
    client
        .get(&format!("{}/1.2.3", plain(&project["Links"]["Releases"])))
        .await;
    client.command("task wait");
    waited_for(&client, &task, "Success").await;
    promoted(&client, &project).await;
    client.command("task list, task view");
    seen(&client, &project, &task).await;
    client.command("release progression prevent, release progression allow");
    client.find("Projects", "Fire Project").await;
    let by_version = client
        .get(&format!("{}/1.2.3", plain(&project["Links"]["Releases"])))
        .await;
    client.aside();
    let deployments = client
        .pages(&plain(&by_version["Links"]["Deployments"]))
        .await;
    assert_eq!(deployments[0]["TaskId"], task.as_str());
    progressed(&client, &project, &by_version).await;
    client.command("release progression prevent, release progression allow");
    held(&client, &by_version).await;
    deleted(&client, &project).await;
    insta::assert_snapshot!("conversation_release_commands", client.said());
    insta::assert_snapshot!("conversation_release_traffic", traffic(&installation).await);
}

/// The release is the one that the dashboard shows in the environment it comes from; then it is deployed as any other.
async fn promoted(client: &Client<'_>, project: &Value) {
    client.command("release promote");
    client.find("Projects", "Fire Project").await;
    let named = format!("{}?name=Test", client.link("Environments"));
    let environment = client.pages(&named).await[0].clone();
    let dynamic = format!("/api/{}/dashboard/dynamic", client.space);
    for previous in ["", "&includePrevious=true"] {
        let shown = format!(
            "{dynamic}?environments={}&projects={}{previous}",
            text(&environment["Id"]),
            text(&project["Id"])
        );
        let shown = client.get(&shown).await;
        let items = shown["Items"].as_array().unwrap();
        let done = items.iter().find(|item| item["State"] == "Success");
        assert_eq!(done.unwrap()["ReleaseVersion"], "1.2.3", "{shown}");
    }
    client
        .get(&format!("{}/1.2.3", plain(&project["Links"]["Releases"])))
        .await;
}

async fn listed(client: &Client<'_>, project: &Value, release: &Value) {
    client.command("release list");
    let listed = client.pages(&plain(&project["Links"]["Releases"])).await;
    let ids = format!("{},{}", text(&release["ChannelId"]), "Channels-99").replace(',', "%2C");
    let channels = client
        .get(&format!("{}?ids={ids}&take=2", client.link("Channels")))
        .await;
    assert_eq!(
        (listed.len(), channels["TotalResults"].as_u64()),
        (2, Some(1))
    );
}

/// As the project, the dashboard and the release show it.
async fn progressed(client: &Client<'_>, project: &Value, release: &Value) {
    client
        .held(&plain(&project["Links"]["Progression"]), &go::PROGRESSION)
        .await;
    let dashboard = format!("/api/{}/dashboard", client.space);
    let dashboard = client.held(&dashboard, &go::DASHBOARD).await;
    assert_eq!(dashboard["Items"].as_array().map(Vec::len), Some(1));
    let progression = client.get(&plain(&release["Links"]["Progression"])).await;
    assert!(progression["Phases"].is_array(), "{progression}");
}

async fn create(client: &Client<'_>, more: Value) -> Value {
    let mut body = json!({ "spaceId": client.space, "spaceIdOrName": client.space, "projectName": "Fire Project", "ignoreIfAlreadyExists": false, "ignoreChannelRules": false });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = client
        .post(&format!("/api/{}/releases/create/v1", client.space), body)
        .await;
    let own = format!("{}/{}", client.link("Releases"), text(&made["ReleaseId"]));
    go::RELEASE.kept(&client.get(&own).await, &own);
    client.get(&own).await
}

/// Lists of a parameter are joined, and the comma in between is encoded.
async fn seen(client: &Client<'_>, project: &Value, task: &str) {
    let list = |states: &str| {
        format!(
            "/api/tasks?states={states}&project={}&spaces={}&take=20",
            text(&project["Id"]),
            client.space
        )
    };
    let over = client.pages(&list("Success%2CFailed")).await;
    assert_eq!(
        over.iter().map(|one| text(&one["Id"])).collect::<Vec<_>>(),
        [task]
    );
    assert!(client.pages(&list("Queued%2CExecuting")).await.is_empty());
    client.held(&format!("/api/tasks/{task}"), &go::TASK).await;
}

async fn deploy(client: &Client<'_>, version: &str) -> String {
    let body = json!({
        "spaceId": client.space, "spaceIdOrName": client.space, "projectName": "fire-project", "releaseVersion": version, "environmentNames": ["test"],
        "forcePackageDownload": false, "forcePackageRedeployment": false, "updateVariableSnapshot": false, "useGuidedFailure": null,
    });
    let path = format!("/api/{}/deployments/create/untenanted/v1", client.space);
    let made = client.post(&path, body).await;
    assert_eq!(
        made["DeploymentServerTasks"].as_array().map(Vec::len),
        Some(1)
    );
    text(&made["DeploymentServerTasks"][0]["ServerTaskId"])
}

/// `task wait --progress`: asks until it is over, and prints the lines below steps that are.
async fn waited_for(client: &Client<'_>, task: &str, state: &str) {
    let path = format!("{}?ids={task}&ids=ServerTasks-99999", client.link("Tasks"));
    let over = client
        .installation
        .until(&path, async || {
            let tasks = client.pages(&path).await;
            assert_eq!(tasks.len(), 1, "what nobody knows is left out");
            (tasks[0]["IsCompleted"] == true).then(|| tasks[0].clone())
        })
        .await;
    assert_eq!(
        (&over["State"], &over["FinishedSuccessfully"]),
        (&json!(state), &json!(state == "Success"))
    );
    // It looks at these without a look whether they are there.
    assert!(over["IsCompleted"].is_boolean() && over["FinishedSuccessfully"].is_boolean());
    let details = format!("/api/tasks/{task}/details");
    let details = client.held(&details, &go::TASK_DETAILS).await;
    let steps = details["ActivityLogs"][0]["Children"].as_array().unwrap();
    let said: Vec<_> = steps
        .iter()
        .flat_map(|step| step["Children"].as_array().unwrap())
        .flat_map(|target| target["LogElements"].as_array().unwrap())
        .map(|line| text(&line["MessageText"]))
        .collect();
    for line in ["built", "shipped"] {
        assert_eq!(
            said.iter().any(|said| said == line),
            state == "Success",
            "{line}: {said:?}"
        );
    }
}

/// What a person is asked before a deployment.
async fn previewed(client: &Client<'_>, project: &Value, release: &Value) {
    let environment = client.find("Environments", "Test").await;
    let own = format!("{}/{}", client.link("Releases"), text(&release["Id"]));
    for key in [
        "ProjectVariableSetSnapshotId",
        "ProjectDeploymentProcessSnapshotId",
    ] {
        let link = if key.contains("Variable") {
            "Variables"
        } else {
            "DeploymentProcesses"
        };
        let frozen = client
            .get(&format!("{}/{}", client.link(link), text(&release[key])))
            .await;
        assert_eq!(frozen["Id"], release[key]);
    }
    let body = json!({ "DeploymentPreviews": [{ "EnvironmentId": environment["Id"], "TenantId": "" }], "IncludeDisabledSteps": true, "ReleaseId": release["Id"], "SpaceId": client.space });
    let previews = client
        .post(&format!("{own}/deployments/previews"), body)
        .await;
    let steps = previews[0]["StepsToExecute"]
        .as_array()
        .expect("a bare array of previews");
    assert_eq!(
        steps
            .iter()
            .map(|step| text(&step["ActionName"]))
            .collect::<Vec<_>>(),
        ["build", "ship"]
    );
    assert!(previews[0]["Form"]["Elements"].is_array());
    let one = client
        .get(&format!(
            "{own}/deployments/preview/{}",
            text(&environment["Id"])
        ))
        .await;
    assert_eq!(one["StepsToExecute"], previews[0]["StepsToExecute"]);
    let template = client.get(&format!("{own}/deployments/template")).await;
    assert_eq!(
        template["PromoteTo"][0]["Id"], environment["Id"],
        "{template}"
    );
    assert_eq!(
        client.get(&format!("{own}/missingpackages")).await["Packages"],
        json!([])
    );
    let below = format!(
        "{}/{}/releases",
        plain(&project["Links"]["Channels"]),
        text(&release["ChannelId"])
    );
    assert_eq!(client.pages(&below).await.len(), 2);
}

/// `release progression prevent` and `allow`: the defects are looked at before each.
async fn held(client: &Client<'_>, release: &Value) {
    let own = format!(
        "{}/{}/defects",
        client.link("Releases"),
        text(&release["Id"])
    );
    let open = async || {
        let defects = client.pages(&own).await;
        let open = defects
            .iter()
            .filter(|defect| defect["Status"] == "Unresolved");
        open.count()
    };
    assert_eq!(open().await, 0);
    let reason = json!({ "ReleaseId": release["Id"], "Description": "smells" });
    client.post(&own, reason).await;
    assert_eq!(open().await, 1);
    client.aside();
    let progression = client.get(&plain(&release["Links"]["Progression"])).await;
    client.command("release progression prevent, release progression allow");
    assert_eq!(progression["HasUnresolvedDefect"], true, "{progression}");
    let resolve = json!({ "ReleaseId": release["Id"] });
    client.post(&format!("{own}/resolve"), resolve).await;
    assert_eq!(open().await, 0);
}

/// A queued task is cancelled without a body; then the release can go.
async fn deleted(client: &Client<'_>, project: &Value) {
    client.aside();
    create(client, json!({})).await;
    let releases = plain(&project["Links"]["Releases"]);
    let newest = client.pages(&releases).await[0].clone();
    assert_eq!(newest["Version"], "1.2.4");
    let body = json!({ "ReleaseId": newest["Id"], "EnvironmentId": client.find("Environments", "Test").await["Id"], "QueueTime": tomorrow() });
    let deployment = client.post(&client.link("Deployments"), body).await;
    let task = text(&deployment["TaskId"]);
    let cancel = format!("/api/spaces/{}/tasks/{task}/cancel", client.space);
    client.command("task cancel");
    let canceled = client.try_send(Method::POST, &cancel, None).await.unwrap();
    assert_eq!(canceled["Id"], task.as_str());
    client.aside();
    waited_for(client, &task, "Canceled").await;
    client.command("release delete");
    client.find("Projects", "Fire Project").await;
    client.pages(&releases).await;
    client
        .delete(&format!(
            "{}/{}",
            client.link("Releases"),
            text(&newest["Id"])
        ))
        .await;
    assert_eq!(client.pages(&releases).await.len(), 2);
}
