//! Taking single variables of a release as they are now, and telling whether what was frozen is still so.

use std::collections::{BTreeMap, BTreeSet};

use regatta_core::release::Release;
use regatta_store::{Conn, Document, StoreError, Tx};
use serde_json::Value;

use super::{freeze, write};
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read::body;
use crate::resource::{Body, texts};
use crate::shape::{Object, Shape, TEXT, field};
use crate::stored::{PROCESSES, VARIABLES};

static ONE: Object = Object {
    name: "VariableByName",
    fields: &[
        field("OwnerId", TEXT)
            .required()
            .about("The project, or one of its library variable sets."),
        field("Name", TEXT).required(),
    ],
};
pub(super) static NAMED: Object = Object {
    name: "VariablesByName",
    fields: &[field("Variables", Shape::List(&Shape::Object(&ONE))).required()],
};

/// Names in small letters, by the living set they are taken from.
type Wanted = BTreeMap<String, BTreeSet<String>>;

pub(super) async fn by_name(mut call: Call) -> Answer {
    let wanted = wanted(&call.json().await?)?;
    let before = call.document().clone();
    let mut shown = body(&before);
    let mut tx = call.begin().await?;
    let (mut replaced, mut problems) = (Vec::new(), Vec::new());
    let copies = write::variable_copies(&shown);
    for (living, names) in &wanted {
        let Some(frozen) = copies.iter().find(|copy| freeze::of_living(copy) == living) else {
            let owner = living.trim_start_matches("variableset-");
            problems.push(format!(
                "OwnerId: the release has no variables of '{owner}'."
            ));
            continue;
        };
        match refrozen(&mut tx, (living, frozen), names, &call).await? {
            Ok(copy) => {
                put(&mut shown, frozen, &copy);
                replaced.push(frozen.clone());
            }
            Err(unknown) => problems.extend(unknown),
        }
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    write::store_refrozen(&call, tx, (before, shown), &replaced).await
}

fn wanted(sent: &Value) -> Result<Wanted, ApiError> {
    let mut wanted = Wanted::new();
    for one in sent["Variables"].as_array().into_iter().flatten() {
        let text = |key: &str| one[key].as_str().unwrap_or_default().trim();
        let owner = text("OwnerId").trim_start_matches("variableset-");
        let names = wanted.entry(format!("variableset-{owner}")).or_default();
        names.insert(text("Name").to_lowercase());
    }
    if wanted.is_empty() {
        return Err(ApiError::invalid_one(
            "Variables: name at least one, or send nothing to snapshot-variables to take all of them.",
        ));
    }
    Ok(wanted)
}

/// A copy of the frozen set in which these names have the values of the living one; or what is unknown.
async fn refrozen(
    tx: &mut Tx,
    (living, frozen): (&str, &str),
    names: &BTreeSet<String>,
    call: &Call,
) -> Result<Result<String, Vec<String>>, ApiError> {
    let living = tx.document(VARIABLES, living).await?;
    let living = living.ok_or_else(|| ApiError::not_found(frozen))?;
    let frozen = tx.document(VARIABLES, frozen).await?;
    let frozen = frozen.ok_or_else(|| ApiError::not_found(&living.id))?;
    let is_named = |variable: &Value| {
        let name = variable["Name"].as_str().unwrap_or_default();
        names.contains(&name.trim().to_lowercase())
    };
    let (kept, old): (Vec<_>, Vec<_>) = variables(&frozen)
        .into_iter()
        .partition(|one| !is_named(one));
    let new: Vec<_> = variables(&living).into_iter().filter(is_named).collect();
    let known: BTreeSet<String> = old.iter().chain(&new).filter_map(name_of).collect();
    let unknown: Vec<String> = names
        .difference(&known)
        .map(|name| format!("Variables: there is no variable '{name}'."))
        .collect();
    if !unknown.is_empty() {
        return Ok(Err(unknown));
    }
    let mut mixed = body(&frozen);
    mixed.insert("Variables".into(), kept.into_iter().chain(new).collect());
    let copy = freeze::copy_of(tx, living, mixed, call.now()).await?;
    Ok(Ok(copy))
}

fn variables(set: &Document) -> Vec<Value> {
    let variables = body(set).shift_remove("Variables");
    match variables {
        Some(Value::Array(variables)) => variables,
        _ => Vec::new(),
    }
}

fn name_of(variable: &Value) -> Option<String> {
    Some(variable["Name"].as_str()?.trim().to_lowercase())
}

fn put(release: &mut Body, old: &str, new: &str) {
    for value in release.values_mut() {
        match value {
            Value::String(id) if id == old => new.clone_into(id),
            Value::Array(ids) => ids.iter_mut().filter(|id| *id == old).for_each(|id| {
                *id = new.into();
            }),
            _ => {}
        }
    }
}

/// What was changed since the release was made.
pub(super) struct Modified {
    pub process: bool,
    pub variables: bool,
    pub libraries: bool,
}

pub(super) async fn modified(conn: &mut Conn, release: &Release) -> Result<Modified, StoreError> {
    let process = release.project_deployment_process_snapshot_id.as_str();
    let own = release.project_variable_set_snapshot_id.as_str();
    let frozen = &release.library_variable_set_snapshot_ids;
    let project = conn
        .document("Projects", release.project_id.as_str())
        .await?;
    let included = project.map(|project| texts(&body(&project), "IncludedLibraryVariableSetIds"));
    let mut libraries = {
        let frozen = frozen.iter().map(|copy| freeze::of_living(copy.as_str()));
        let included = included.unwrap_or_default();
        let included: Vec<_> = included
            .iter()
            .map(|set| format!("variableset-{set}"))
            .collect();
        !frozen.eq(included.iter().map(String::as_str))
    };
    for copy in frozen {
        libraries |= differs(conn, (VARIABLES, "Variables"), copy.as_str()).await?;
    }
    Ok(Modified {
        process: differs(conn, (PROCESSES, "Steps"), process).await?,
        variables: differs(conn, (VARIABLES, "Variables"), own).await?,
        libraries,
    })
}

async fn differs(
    conn: &mut Conn,
    (kind, key): (&str, &str),
    copy: &str,
) -> Result<bool, StoreError> {
    let living = conn.document(kind, freeze::of_living(copy)).await?;
    let frozen = conn.document(kind, copy).await?;
    let part = |document: Option<Document>| body(&document?).shift_remove(key);
    Ok(part(living) != part(frozen))
}
