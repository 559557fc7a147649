//! Deploying a release: what is asked for, from either endpoint. What comes of it is in [`super::queue`].

use regatta_store::Document;
use serde_json::{Value, json};

use super::keys::NAMED;
use super::queue::task_id;
use super::request::{self, How, Wanted, named, text, texts};
use super::{idempotency, read, tenanted};
use crate::call::{Call, created};
use crate::driver::run_kind::RunKind;
use crate::error::ApiError;
use crate::http::release;
use crate::operation::Answer;

/// `POST deployments/create/untenanted/v1`.
pub(super) async fn untenanted_v1(mut call: Call) -> Answer {
    let body = call.json().await?;
    let release = release_of(&call, &body).await?;
    let wanted = Wanted {
        places: request::untenanted(&call, &texts(&body, "EnvironmentNames")).await?,
        ..v1(&call, &body, release)?
    };
    answer_v1(call, &body, wanted).await
}

/// The release the executions API names.
async fn release_of(call: &Call, body: &Value) -> Result<Document, ApiError> {
    let project = release::project(call, text(body, "ProjectName").unwrap_or_default()).await?;
    let version = text(body, "ReleaseVersion").unwrap_or_default();
    let found = release::find_version(&mut call.read().await?, &project.id, version).await?;
    found.ok_or_else(|| {
        ApiError::not_found(version)
            .help(format!("The project {} has no such release.", project.name))
    })
}

/// What both commands of the executions API have; the places are to be filled in.
fn v1(call: &Call, body: &Value, release: Document) -> Result<Wanted, ApiError> {
    Ok(Wanted {
        subject: release,
        places: Vec::new(),
        named: named(
            body,
            [
                "SkipStepNames",
                "SpecificMachineNames",
                "ExcludedMachineNames",
                "Variables",
            ],
        ),
        how: How::read(
            RunKind::Deployment,
            body,
            ["RunAt", "NoRunAfter"],
            call.now(),
        )?,
    })
}

async fn answer_v1(mut call: Call, body: &Value, wanted: Wanted) -> Answer {
    let made = idempotency::once(&mut call, body, wanted).await?;
    let tasks: Vec<Value> = made
        .iter()
        .map(|deployment| json!({"DeploymentId": deployment.id, "ServerTaskId": task_id(deployment)}))
        .collect();
    Ok(created(json!({"DeploymentServerTasks": tasks})))
}

/// `POST deployments/create/tenanted/v1`.
pub(super) async fn tenanted_v1(mut call: Call) -> Answer {
    let body = call.json().await?;
    let release = release_of(&call, &body).await?;
    let wanted = Wanted {
        places: tenanted::places(&call, owner(&release), &body).await?,
        ..v1(&call, &body, release)?
    };
    answer_v1(call, &body, wanted).await
}

fn owner(release: &Document) -> &str {
    release.owner_id.as_deref().unwrap_or_default()
}

/// `POST deployments`.
pub(super) async fn create(mut call: Call) -> Answer {
    let body = call.json().await?;
    let id = text(&body, "ReleaseId").unwrap_or_default();
    let release = call
        .find(&mut call.read().await?, release::KIND, id)
        .await?;
    let environment = text(&body, "EnvironmentId").map(str::to_owned);
    let wanted = Wanted {
        subject: release,
        places: tenanted::place(&call, environment.as_slice(), text(&body, "TenantId")).await?,
        named: named(&body, NAMED),
        how: How::read(
            RunKind::Deployment,
            &body,
            ["QueueTime", "QueueTimeExpiry"],
            call.now(),
        )?,
    };
    let made = idempotency::once(&mut call, &body, wanted).await?;
    let deployment = made
        .first()
        .ok_or_else(|| ApiError::internal("no deployment was made"))?;
    Ok(created(read::view(deployment)))
}
