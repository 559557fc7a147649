//! Past versions of processes: every save is kept as it was shown, with who saved it and what it changed.
//!
//! A version never changes and goes with its project. It holds no secret: a sensitive property is only said to have a value.

use regatta_core::diff;
use regatta_core::process::DeploymentProcess;
use regatta_core::time::Time;
use regatta_store::{Conn, Document, Order, Query, Tx};
use serde_json::{Value, json};

use super::{found, parse, shown};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::page::page;
use crate::resource::{read, write};
use crate::shape::{INT, Object, TEXT, TEXTS, TIME, field};
use crate::time_text::iso;

pub(in crate::http) const KIND: &str = "ProcessVersions";
/// Of the one a project was made with, or that was there before versions were kept.
const FIRST: &str = "The first version that was kept";
/// Changes named in the summary.
const NAMED_MAX: usize = 3;

pub(in crate::http) static OBJECT: Object = Object {
    name: "ProcessVersion",
    fields: &[
        field("Version", INT),
        field("SavedOn", TIME),
        field("SavedBy", TEXT).about("Null of the one a project was made with."),
        field("SavedById", TEXT),
        field("Summary", TEXT),
        field("Changes", TEXTS).about("What it changed, in sentences."),
    ],
};

/// Keeps what a save made, and what it replaced where that was not saved but made with the project.
pub(super) async fn keep(
    tx: &mut Tx,
    call: &Call,
    (before, after): (&Document, &Document),
    changes: &[diff::Change],
) -> Result<(), ApiError> {
    let replaced = parse(before)?;
    if kept(tx, before, replaced.version).await?.is_none() {
        let body = body(
            &replaced,
            (before.updated_at, Value::Null, Value::Null),
            &[],
        )?;
        tx.document_insert(&document(
            before,
            replaced.version,
            &body,
            before.updated_at,
        ))
        .await?;
    }
    let process = parse(after)?;
    let (name, id) = (call.caller.username().into(), call.caller.user_id().into());
    let body = body(&process, (after.updated_at, name, id), changes)?;
    tx.document_insert(&document(after, process.version, &body, after.updated_at))
        .await?;
    Ok(())
}

fn id_of(process: &Document, version: i32) -> String {
    format!("{}-v-{version}", process.id)
}

fn document(process: &Document, version: i32, body: &Value, now: Time) -> Document {
    let owner = process.owner_id.as_deref().unwrap_or_default();
    let belongs = (process.space_id.clone(), owner);
    write::part(KIND, &id_of(process, version), belongs, (body, now))
}

async fn kept(
    conn: &mut Conn,
    process: &Document,
    version: i32,
) -> Result<Option<Document>, ApiError> {
    Ok(conn.document(KIND, &id_of(process, version)).await?)
}

fn body(
    process: &DeploymentProcess,
    (saved_at, name, id): (Time, Value, Value),
    changes: &[diff::Change],
) -> Result<Value, ApiError> {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let mut process_shown = shown(process)?;
    let own = process_shown["Links"]["Self"].as_str().unwrap_or_default();
    process_shown["Links"]["Self"] = format!("{own}/versions/{}", process.version).into();
    Ok(json!({
        "Version": process.version, "SavedOn": iso(saved_at), "SavedById": id,
        "Summary": if name.is_null() { FIRST.to_owned() } else { summary(&changes) }, "SavedBy": name, "Changes": changes, "Process": process_shown,
    }))
}

fn summary(changes: &[String]) -> String {
    match changes.len() {
        0 => "Nothing was changed".to_owned(),
        count if count > NAMED_MAX => {
            let named = changes[..NAMED_MAX].join("; ");
            format!("{named}; and {} more", count - NAMED_MAX)
        }
        _ => changes.join("; "),
    }
}

/// What there is of a process that was not saved since its project was made.
fn as_made(process: &Document) -> Result<Value, ApiError> {
    let made = (process.updated_at, Value::Null, Value::Null);
    body(&parse(process)?, made, &[])
}

pub(in crate::http) async fn list(call: Call) -> Answer {
    let process = found(&call).await?;
    let (skip, take) = call.query.window()?;
    let query = Query {
        kind: KIND.to_owned(),
        owner_id: process.owner_id.clone(),
        order: Order::Newest,
        skip,
        take: Some(take),
        ..Query::default()
    };
    let kept = call.read().await?.documents(&query).await?;
    let mut total = kept.total;
    let mut items: Vec<Value> = kept
        .items
        .iter()
        .map(|one| Value::Object(read::body(one)))
        .collect();
    if total == 0 {
        total = 1;
        items.extend(
            (skip == 0 && take > 0)
                .then(|| as_made(&process))
                .transpose()?,
        );
    }
    for item in &mut items {
        let item = item.as_object_mut();
        item.and_then(|item| item.shift_remove("Process"));
    }
    let path = call.uri_path.trim_end_matches('/');
    Ok(ok(page("ProcessVersion", items, total, path, &call.query)))
}

pub(in crate::http) async fn one(call: Call) -> Answer {
    let process = found(&call).await?;
    Ok(ok(of(&call, &process, call.parameter("number")).await?))
}

/// The process as it was shown when this version was saved.
pub(super) async fn of(call: &Call, process: &Document, wanted: &str) -> Result<Value, ApiError> {
    let missing = || {
        ApiError::not_found(wanted).help("The versions there are: …/deploymentprocesses/versions.")
    };
    let version: i32 = wanted.parse().map_err(|_| missing())?;
    let mut body = match kept(&mut call.read().await?, process, version).await? {
        Some(kept) => Value::Object(read::body(&kept)),
        None if parse(process)?.version == version => as_made(process)?,
        None => return Err(missing()),
    };
    Ok(body["Process"].take())
}
