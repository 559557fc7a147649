//! Automatic deployments: what follows when a release is made, has been deployed, or got rid of a defect.
//!
//! Whatever makes something automatic leaves a document in the transaction of its own change ([`deployed`],
//! [`created`], [`defect_resolved`]). The document goes in the transaction that queues what follows, so a server
//! killed in between neither forgets a deployment nor makes it twice.

use std::time::Duration;

use regatta_core::time::Time;
use regatta_store::{Document, Order, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::{self, Author, Record};
use crate::driver::run_kind::RunKind;
use crate::error::ApiError;
use crate::http::deployment::hold::hold;
use crate::http::deployment::queue;
use crate::http::deployment::request::How;
use crate::resource::write;

mod due;

use due::due;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "AutomaticDeployments";
/// Another server may have left something.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// Why something may be automatic now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Because {
    Created,
    /// The task of a deployment that succeeded.
    Deployed(String),
    DefectResolved,
}

/// The body of a document.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Left {
    because: Because,
}

fn document(
    (release, space): (&str, Option<String>),
    mark: &str,
    because: &Because,
    now: Time,
) -> Document {
    let body = json!({ "Because": because });
    write::part(
        KIND,
        &format!("{KIND}-{mark}"),
        (space, release),
        (&body, now),
    )
}

/// To be stored with the end of a deployment.
pub(crate) fn deployed(release: &str, space: &str, task: &str, now: Time) -> Document {
    let place = (release, Some(space.to_owned()));
    document(place, task, &Because::Deployed(task.to_owned()), now)
}

/// To be stored with a new release.
pub(crate) fn created(release: &Document) -> Document {
    let place = (release.id.as_str(), release.space_id.clone());
    document(place, &release.id, &Because::Created, release.created_at)
}

/// To be stored with the end of a defect.
pub(crate) fn defect_resolved(release: &Document, defect: &str, now: Time) -> Document {
    let place = (release.id.as_str(), release.space_id.clone());
    document(place, defect, &Because::DefectResolved, now)
}

/// Queues what was left to be queued, for as long as the server runs.
pub(crate) async fn run(app: App) {
    loop {
        let pause = match settle_all(&app).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                let error = why(&error);
                tracing::warn!(
                    error,
                    "automatic deployments cannot be queued; trying again"
                );
                PAUSE
            }
        };
        tokio::select! {
            () = app.driver().automatic_wanted() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn settle_all(app: &App) -> Result<(), ApiError> {
    let left = Query {
        kind: KIND.into(),
        order: Order::Oldest,
        ..Query::default()
    };
    let left = app.store.read().await?.documents(&left).await?.items;
    let mut failed = None;
    for document in left {
        // One that cannot be settled now keeps nobody else waiting.
        if let Err(error) = settle(app, &document).await {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Settles at once what a new release makes automatic; what goes wrong is tried again later.
pub(crate) async fn settle_now(app: &App, document: &Document) -> Vec<String> {
    match settle(app, document).await {
        Ok(names) => names,
        Err(error) => {
            let error = why(&error);
            tracing::warn!(error, "automatic deployments wait to be queued");
            app.driver().look_for_automatic();
            Vec::new()
        }
    }
}

/// Queues what follows from the document; answers the names of the environments.
async fn settle(app: &App, document: &Document) -> Result<Vec<String>, ApiError> {
    let release = document.owner_id.clone().unwrap_or_default();
    let found = app
        .store
        .read()
        .await?
        .document("Releases", &release)
        .await?;
    let due = match &found {
        Some(release) => due(app, document, release).await?,
        None => Vec::new(),
    };
    let author = Author::system(app.now());
    let mut tx = app.store.begin().await?;
    for checked in due.iter().filter_map(|due| due.checked.as_ref().ok()) {
        hold(&mut tx, &checked.0).await?;
    }
    if !tx.document_delete(KIND, &document.id).await? {
        // Somebody else was faster.
        return Ok(Vec::new());
    }
    let how = How {
        kind: RunKind::Deployment,
        comments: Some("Deployed automatically: the release has reached this phase.".to_owned()),
        scheduled_at: None,
        expires_at: None,
        prioritised: false,
    };
    let mut names = Vec::new();
    for due in &due {
        match &due.checked {
            Ok(checked) => {
                queue::insert(&mut tx, &author, &how, (&checked.0, &checked.1)).await?;
                names.push(due.environment.name.to_string());
            }
            Err(why) => {
                let Some(release) = &found else { continue };
                let message = format!(
                    "Release {} was not deployed to {} automatically: {why}",
                    release.name, due.environment.name
                );
                let mut record = Record::about(release, "AutoDeployDeploymentBlocked", message);
                record.related.push(due.environment.id.to_string());
                audit::record(&mut tx, &author, record).await?;
            }
        }
    }
    tx.commit().await?;
    app.driver().queue_changed();
    Ok(names)
}

fn why(error: &ApiError) -> String {
    let body = error.body();
    let all = body.get("Errors").and_then(Value::as_array);
    let all: Vec<&str> = all
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if all.is_empty() {
        let message = body.get("ErrorMessage").and_then(Value::as_str);
        message.unwrap_or_default().to_owned()
    } else {
        all.join(" ")
    }
}
