//! Stored documents as the core's types.
//!
//! A document's id and space are columns; the core's types have them as fields.

use regatta_core::process::DeploymentProcess;
use regatta_store::{Conn, Document, Query, StoreError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Kind of the documents of deployment processes, living and frozen.
pub(crate) const PROCESSES: &str = "DeploymentProcesses";
/// Kind of the documents of runbooks' processes, living and frozen. Other permissions are needed for them.
pub(crate) const RUNBOOK_PROCESSES: &str = "RunbookProcesses";
/// Kind of the documents of variable sets, living and frozen.
pub(crate) const VARIABLES: &str = "VariableSets";

/// The kind of the process with this id.
pub(crate) fn process_kind(id: &str) -> &'static str {
    if id.starts_with("RunbookProcess-") {
        RUNBOOK_PROCESSES
    } else {
        PROCESSES
    }
}

/// The process with this id, of a project or a runbook, living or frozen.
///
/// # Errors
/// As [`need`].
pub(crate) async fn process(conn: &mut Conn, id: &str) -> Result<DeploymentProcess, StoreError> {
    need(conn, process_kind(id), id).await
}

/// The document as a type.
///
/// # Errors
/// [`StoreError::Corrupt`] when it does not fit.
pub(crate) fn parse<T: DeserializeOwned>(document: &Document) -> Result<T, StoreError> {
    let corrupt = |error: serde_json::Error| StoreError::Corrupt {
        what: document.id.clone(),
        why: error.to_string(),
    };
    let mut body: Map<String, Value> = serde_json::from_str(&document.body).map_err(corrupt)?;
    body.insert("Id".into(), document.id.clone().into());
    if let Some(space) = &document.space_id {
        body.insert("SpaceId".into(), space.clone().into());
    }
    serde_json::from_value(Value::Object(body)).map_err(corrupt)
}

/// The document with this id as a type.
///
/// # Errors
/// When the database fails or the document does not fit.
pub(crate) async fn get<T: DeserializeOwned>(
    conn: &mut Conn,
    kind: &str,
    id: &str,
) -> Result<Option<T>, StoreError> {
    conn.document(kind, id)
        .await?
        .as_ref()
        .map(parse)
        .transpose()
}

/// The document with this id as a type; missing is an error of the data.
///
/// # Errors
/// [`StoreError::Missing`], or as [`get`].
pub(crate) async fn need<T: DeserializeOwned>(
    conn: &mut Conn,
    kind: &str,
    id: &str,
) -> Result<T, StoreError> {
    let found = get(conn, kind, id).await?;
    found.ok_or_else(|| StoreError::Missing {
        kind: kind.to_owned(),
        id: id.to_owned(),
    })
}

/// All documents of a kind in a space, as a type.
///
/// # Errors
/// When the database fails or a document does not fit.
pub(crate) async fn all<T: DeserializeOwned>(
    conn: &mut Conn,
    kind: &str,
    space: &str,
) -> Result<Vec<T>, StoreError> {
    read(conn, kind, space, Vec::new()).await
}

/// Those of them that have a tag.
///
/// # Errors
/// As [`all`].
pub(crate) async fn tagged<T: DeserializeOwned>(
    conn: &mut Conn,
    kind: &str,
    space: &str,
    tag: &str,
) -> Result<Vec<T>, StoreError> {
    read(conn, kind, space, vec![vec![tag.to_owned()]]).await
}

async fn read<T: DeserializeOwned>(
    conn: &mut Conn,
    kind: &str,
    space: &str,
    tags: Vec<Vec<String>>,
) -> Result<Vec<T>, StoreError> {
    let query = Query {
        kind: kind.to_owned(),
        space_id: Some(Some(space.to_owned())),
        tags,
        ..Query::default()
    };
    let found = conn.documents(&query).await?;
    found.items.iter().map(parse).collect()
}
