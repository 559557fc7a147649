//! Deleting packages, with their content when nothing else has it.

use crate::call::{Call, done};
use crate::error::ApiError;
use crate::http::download::blob_failed;
use crate::operation::Answer;
use crate::package::{Found, KIND};

use super::read::find;
use super::upload::{record, text};

pub(super) async fn one(call: Call) -> Answer {
    let found = find(&call, call.parameter("id")).await?;
    remove(&call, vec![found]).await
}

/// All of them or, when one is not there, none.
pub(super) async fn several(call: Call) -> Answer {
    let ids = call.query.list("ids")?.ok_or_else(|| {
        ApiError::invalid_one("ids: name the packages to delete, separated by commas.")
    })?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(find(&call, &id).await?);
    }
    found.sort_by(|a, b| a.document.id.cmp(&b.document.id));
    found.dedup_by(|a, b| a.document.id == b.document.id);
    remove(&call, found).await
}

async fn remove(call: &Call, all: Vec<Found>) -> Answer {
    let files = &call.app.packages;
    for one in &all {
        let noted = files.let_go(&one.package.blob).await;
        noted.map_err(|error| blob_failed(&error))?;
    }
    let mut tx = call.begin().await?;
    for one in &all {
        tx.document_delete(KIND, &one.document.id).await?;
        let message = format!("Package {} was deleted", text(&one.package));
        record(&mut tx, call, &one.document, ("Deleted", &message)).await?;
    }
    tx.commit().await?;
    for one in &all {
        files
            .remove_unused(&mut call.read().await?, &one.package.blob)
            .await?;
    }
    Ok(done())
}
