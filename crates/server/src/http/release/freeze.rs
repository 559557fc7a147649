//! Frozen copies: a process and variable sets as they are at one moment, under ids of their own.
//!
//! A copy is an ordinary document of the same kind, so clients read it at the same address as
//! the living one (octopus-api §1.4), and it never changes again.

use regatta_core::time::Time;
use regatta_store::{Document, Query, Tx};
use serde_json::Value;

use crate::error::ApiError;
use crate::resource::Body;
use crate::stored::{PROCESSES, RUNBOOK_PROCESSES, VARIABLES};

/// The ids of one freezing of a project's variables.
pub(in crate::http) struct FrozenVariables {
    pub project: String,
    pub libraries: Vec<String>,
}

/// Copies a document; answers the id of the copy.
pub(in crate::http) async fn copy(
    tx: &mut Tx,
    kind: &str,
    id: &str,
    now: Time,
) -> Result<String, ApiError> {
    let living = tx
        .document(kind, id)
        .await?
        .ok_or_else(|| ApiError::not_found(id))?;
    let body = crate::resource::read::body(&living);
    copy_of(tx, living, body, now).await
}

/// Freezes this content as a copy of the living document; answers the id of the copy.
pub(in crate::http) async fn copy_of(
    tx: &mut Tx,
    living: Document,
    mut body: Body,
    now: Time,
) -> Result<String, ApiError> {
    let id = living.id.clone();
    let number = tx.next_id("Snapshots").await?;
    let number = number.rsplit('-').next().unwrap_or("0").to_owned();
    let copy_id = format!("{id}-s-{number}-{}", mark()?);
    if let Some(stored_id) = body.get_mut("Id") {
        *stored_id = copy_id.clone().into();
    }
    let copy = Document {
        id: copy_id.clone(),
        name: copy_id.clone(),
        name_is_unique: false,
        slug: None,
        tags: vec![format!("frozen:{id}")],
        version: 1,
        body: Value::Object(body).to_string(),
        created_at: now,
        updated_at: now,
        ..living
    };
    tx.document_insert(&copy).await?;
    Ok(copy_id)
}

/// The living document a frozen copy was made of.
pub(in crate::http) fn of_living(copy: &str) -> &str {
    copy.split("-s-").next().unwrap_or(copy)
}

/// Copies the variables a project uses: its own and those of its library sets, in their order.
pub(in crate::http) async fn variables(
    tx: &mut Tx,
    project: &Document,
    now: Time,
) -> Result<FrozenVariables, ApiError> {
    let body = crate::resource::read::body(project);
    let own = copy(tx, VARIABLES, &format!("variableset-{}", project.id), now).await?;
    let mut libraries = Vec::new();
    for set in crate::resource::texts(&body, "IncludedLibraryVariableSetIds") {
        let id = format!("variableset-{set}");
        if tx.document(VARIABLES, &id).await?.is_some() {
            libraries.push(copy(tx, VARIABLES, &id, now).await?);
        }
    }
    Ok(FrozenVariables {
        project: own,
        libraries,
    })
}

/// Removes copies that nothing refers to any more.
pub(in crate::http) async fn forget(tx: &mut Tx, ids: &[String]) -> Result<(), ApiError> {
    for kind in [PROCESSES, RUNBOOK_PROCESSES, VARIABLES] {
        let query = Query {
            kind: kind.into(),
            ids: Some(ids.to_vec()),
            ..Query::default()
        };
        for copy in tx.documents(&query).await?.items {
            tx.document_delete(kind, &copy.id).await?;
        }
    }
    Ok(())
}

/// Copies the release itself has replaced, but which a deployment of it was made with, stay as long as the release.
pub(in crate::http) async fn keep_for(
    tx: &mut Tx,
    release_id: &str,
    ids: &[String],
) -> Result<(), ApiError> {
    for id in ids {
        if let Some(mut copy) = tx.document(VARIABLES, id).await? {
            copy.tags.push(kept_for(release_id));
            tx.document_replace(&copy).await?;
        }
    }
    Ok(())
}

/// Removes what [`keep_for`] kept.
pub(in crate::http) async fn forget_kept_for(
    tx: &mut Tx,
    release_id: &str,
) -> Result<(), ApiError> {
    let kept = Query {
        kind: VARIABLES.into(),
        tags: vec![vec![kept_for(release_id)]],
        ..Query::default()
    };
    for copy in tx.documents(&kept).await?.items {
        tx.document_delete(VARIABLES, &copy.id).await?;
    }
    Ok(())
}

fn kept_for(release_id: &str) -> String {
    format!("kept-for:{release_id}")
}

/// Four letters that make the id of a copy unguessable enough not to be mistaken for another.
fn mark() -> Result<String, ApiError> {
    let mut bytes = [0_u8; 5];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(b'A' + byte % 26))
        .collect())
}
