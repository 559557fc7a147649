//! What a deployment may be asked for: steps left out, and when it starts.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::position;
use crate::installation::{Installation, Project, step, tomorrow};

/// Regression case 1: skipping the first step of a parallel block leaves the others running; case 19: required steps cannot be skipped.
#[tokio::test(flavor = "multi_thread")]
async fn steps_can_be_skipped_unless_they_are_required() {
    let installation = Installation::start().await;
    let mut required = step("must", None, "echo must");
    required["Actions"][0]["IsRequired"] = json!(true);
    let steps = vec![
        step("one", Some(&[]), "echo 1"),
        step("two", Some(&[]), "echo 2"),
        step("three", Some(&["one"]), "echo 3"),
        required,
    ];
    let project = installation.project("Skip", steps).await;
    let task = installation
        .deploy(&project, json!({"SkipStepNames": ["one"]}))
        .await;
    assert_eq!(installation.finished(&task).await["State"], "Success");
    let events = installation.events(&task).await;
    assert!(position(&events, "TicketIssued", "one").is_none());
    for ran in ["two", "three", "must"] {
        assert!(position(&events, "TicketIssued", ran).is_some(), "{ran}");
    }
    for (skip, says) in [("must", "required"), ("nothing", "no step")] {
        let (status, text) =
            refused(&installation, &project, json!({"SkipStepNames": [skip]})).await;
        assert!(
            status == StatusCode::BAD_REQUEST && text.contains(says),
            "{text}"
        );
    }
}

async fn refused(
    installation: &Installation,
    project: &Project,
    more: Value,
) -> (StatusCode, String) {
    let mut body = json!({"SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": project.version, "EnvironmentNames": ["Test"]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    installation
        .try_send(
            Method::POST,
            "/api/Spaces-1/deployments/create/untenanted/v1",
            Some(&body),
        )
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_deployment_waits_and_one_that_expires_never_runs() {
    let installation = Installation::start().await;
    let project = installation
        .project("Later", vec![step("one", None, "echo 1")])
        .await;
    let later = installation
        .deploy(&project, json!({"RunAt": tomorrow()}))
        .await;
    let explained = installation
        .get(&format!("/api/Spaces-1/tasks/{later}/explain"))
        .await;
    assert_eq!(explained["Task"]["State"], "Queued", "{explained}");
    installation
        .post(&format!("/api/tasks/{later}/cancel"), json!({}))
        .await;
    assert_eq!(installation.finished(&later).await["State"], "Canceled");
    for (more, says) in [
        (json!({"RunAt": "2099-01-01T00:00:00+00:00"}), "30 days"),
        (json!({"NoRunAfter": "2020-01-01T00:00:00+00:00"}), "expire"),
        (json!({"RunAt": "soon"}), "no time"),
    ] {
        let (status, text) = refused(&installation, &project, more).await;
        assert!(
            status == StatusCode::BAD_REQUEST && text.contains(says),
            "{text}"
        );
    }
}
