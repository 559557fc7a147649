//! Runbooks of a project found by id, slug, name or page.

use regatta_store::{Conn, Document, Query};

use super::{KIND, RUNBOOK};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::page::page;
use crate::resource::read;

pub(super) async fn list_of_project(call: Call) -> Answer {
    let (skip, take) = call.query.window()?;
    let query = Query {
        kind: KIND.to_owned(),
        owner_id: Some(call.document().id.clone()),
        ids: call.query.list("ids")?,
        partial_name: call.query.get("partialName").map(str::to_owned),
        skip,
        take: Some(take),
        ..Query::default()
    };
    let found = call.read().await?.documents(&query).await?;
    let items = found.items.iter();
    let items = items.map(|document| read::view(&RUNBOOK, document));
    Ok(ok(page(
        RUNBOOK.item_type,
        items.collect(),
        found.total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

/// The runbook of a project with this id, slug or name.
pub(super) async fn named(
    conn: &mut Conn,
    project: &str,
    wanted: &str,
) -> Result<Document, ApiError> {
    let wanted = wanted.trim();
    let own = Query {
        kind: KIND.to_owned(),
        owner_id: Some(project.to_owned()),
        take: Some(1),
        ..Query::default()
    };
    // One question each, so that it takes no longer with many runbooks.
    for query in [
        Query {
            ids: Some(vec![wanted.to_owned()]),
            ..own.clone()
        },
        Query {
            slug: Some(wanted.to_lowercase()),
            ..own.clone()
        },
        Query {
            name: Some(wanted.to_owned()),
            ..own
        },
    ] {
        if let Some(found) = conn.documents(&query).await?.items.pop() {
            return Ok(found);
        }
    }
    Err(ApiError::not_found(wanted).help("The project has no runbook with this name, id or slug."))
}

/// The runbook that the path names inside its project.
pub(super) async fn of_path(call: &Call, conn: &mut Conn) -> Result<Document, ApiError> {
    named(conn, &call.document().id, call.parameter("runbook")).await
}

pub(super) async fn one_of_project(call: Call) -> Answer {
    let found = of_path(&call, &mut call.read().await?).await?;
    Ok(ok(read::view(&RUNBOOK, &found)))
}
