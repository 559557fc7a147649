//! Snapshots of a runbook found by id, name or page.

use regatta_store::{Conn, Document, Order, Query};

use super::{KIND, SNAPSHOT};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::runbook::of_path;
use crate::operation::Answer;
use crate::page::page;
use crate::resource::read;

/// The name the next snapshot gets when nobody chooses one.
pub(in crate::http::runbook) async fn next_name(
    conn: &mut Conn,
    runbook: &str,
) -> Result<String, ApiError> {
    let all = conn.documents(&owned(runbook)).await?.items;
    let numbers = all.iter().filter_map(|snapshot| {
        let number = snapshot.name.strip_prefix("Snapshot ")?;
        number.parse::<u64>().ok()
    });
    Ok(format!("Snapshot {}", numbers.max().unwrap_or(0) + 1))
}

fn owned(runbook: &str) -> Query {
    Query {
        kind: KIND.to_owned(),
        owner_id: Some(runbook.to_owned()),
        order: Order::Newest,
        ..Query::default()
    }
}

/// The snapshot of a runbook with this id or name.
pub(in crate::http::runbook) async fn named(
    conn: &mut Conn,
    runbook: &Document,
    wanted: &str,
) -> Result<Document, ApiError> {
    let is_it = |own: &str| own.eq_ignore_ascii_case(wanted.trim());
    let all = conn.documents(&owned(&runbook.id)).await?.items;
    let found = all
        .into_iter()
        .find(|snapshot| is_it(&snapshot.id) || is_it(&snapshot.name));
    found.ok_or_else(|| {
        ApiError::not_found(wanted).help(format!(
            "The runbook {} has no such snapshot.",
            runbook.name
        ))
    })
}

fn in_project(project: &str) -> Query {
    Query {
        kind: KIND.to_owned(),
        tags: vec![vec![format!("project:{project}")]],
        order: Order::Newest,
        ..Query::default()
    }
}

async fn list(call: &Call, all: Query) -> Answer {
    let (skip, take) = call.query.window()?;
    let query = Query {
        partial_name: call.query.get("searchByName").map(str::to_owned),
        skip,
        take: Some(take),
        ..all
    };
    let found = call.read().await?.documents(&query).await?;
    let items = found.items.iter();
    let items = items.map(|document| read::view(&SNAPSHOT, document));
    Ok(ok(page(
        SNAPSHOT.item_type,
        items.collect(),
        found.total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

pub(super) async fn of_runbook(call: Call) -> Answer {
    list(&call, owned(&call.document().id)).await
}

pub(super) async fn of_runbook_of_project(call: Call) -> Answer {
    let runbook = of_path(&call, &mut call.read().await?).await?;
    list(&call, owned(&runbook.id)).await
}

pub(super) async fn of_project(call: Call) -> Answer {
    list(&call, in_project(&call.document().id)).await
}

pub(super) async fn one_of_any_runbook(call: Call) -> Answer {
    let wanted = call.parameter("snapshot");
    let is_it = |own: &str| own.eq_ignore_ascii_case(wanted.trim());
    let query = in_project(&call.document().id);
    let all = call.read().await?.documents(&query).await?.items;
    let found = all
        .iter()
        .find(|snapshot| is_it(&snapshot.id) || is_it(&snapshot.name));
    let found = found.ok_or_else(|| ApiError::not_found(wanted))?;
    Ok(ok(read::view(&SNAPSHOT, found)))
}

pub(super) async fn one_of_project(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let runbook = of_path(&call, &mut conn).await?;
    let found = named(&mut conn, &runbook, call.parameter("snapshot")).await?;
    Ok(ok(read::view(&SNAPSHOT, &found)))
}
