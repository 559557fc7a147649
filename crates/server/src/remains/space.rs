//! Deleting all that is in a space: its tasks, every other document, and the content of its packages.
//!
//! As with its tasks, files go after the commit that deletes what names them. Not here: who may delete a space, and what
//! is about it without being in it.

use regatta_core::time::Time;
use regatta_store::{Query, StoreError, TasksOf, Tx};

use super::{RemainsError, tasks};
use crate::app::App;
use crate::package::{self, Package};
use crate::stored;

/// Deletes all that is in a space whose tasks are over; its files go with [`remove`], after the commit.
///
/// # Errors
/// When the database fails, or the files cannot be marked.
pub(crate) async fn empty(app: &App, tx: &mut Tx, id: &str, at: Time) -> Result<(), RemainsError> {
    let packages = Query {
        kind: package::KIND.to_owned(),
        space_id: Some(Some(id.to_owned())),
        ..Query::default()
    };
    for document in tx.documents(&packages).await?.items {
        let package: Package = stored::parse(&document)?;
        app.packages.let_go(&package.blob).await?;
    }
    tasks::delete(app, tx, &TasksOf::Space(id.to_owned()), at).await?;
    Ok(tx.space_empty(id).await?)
}

/// Removes the files of spaces that are gone. What cannot be removed now only takes room, until the next start.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn remove(app: &App) -> Result<(), StoreError> {
    if let Err(error) = app.packages.sweep(&app.store).await {
        tracing::warn!(%error, "packages of a deleted space stay until the next start");
    }
    tasks::remove(app).await
}
