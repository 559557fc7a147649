//! Defects of releases: while one is unresolved the release goes to no phase it has not reached.

use regatta_core::permission::Permission as P;
use regatta_store::{Conn, Document, Order, Query, StoreError};
use serde_json::{Map, Value, json};

use super::KIND as RELEASES;
use crate::audit::{self, Record};
use crate::automatic;
use crate::call::{Call, created, ok};
use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::page::page;
use crate::resource::read::body;
use crate::resource::write;
use crate::shape::{ID, LINKS_FIELD, Object, Shape, TEXT, TIME, field};
use crate::time_text::iso;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "Defects";
const UNRESOLVED: &str = "status:Unresolved";

static DEFECT: Object = Object {
    name: "Defect",
    fields: &[
        ID,
        field("ReleaseId", TEXT).read_only(),
        field("Description", TEXT)
            .required()
            .max(10_000)
            .about("Why the release must not go further."),
        field("Status", Shape::Word(&["Unresolved", "Resolved"])).read_only(),
        field("Created", TIME).read_only(),
        field("ReportedBy", TEXT).read_only(),
        field("Resolved", TIME).read_only(),
        field("ResolvedBy", TEXT).read_only(),
        LINKS_FIELD,
    ],
};

static RESOLVE: Object = Object {
    name: "DefectResolve",
    fields: &[field("ReleaseId", TEXT)],
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::ReleaseView, From::Document(RELEASES, "id"));
    let report = needs(P::DefectReport, From::Document(RELEASES, "id"));
    let resolves = needs(P::DefectResolve, From::Document(RELEASES, "id"));
    let space = Place::Space;
    const PATH: &str = "/releases/{id}/defects";
    vec![
        get("releaseDefectList", space, PATH, view, list)
            .answers_page(&DEFECT)
            .query(&["skip", "take"]),
        post("releaseDefectReport", space, PATH, report, self::report)
            .body(&DEFECT)
            .answers(&DEFECT)
            .summary("Keeps the release out of phases it has not reached."),
        post(
            "releaseDefectResolve",
            space,
            "/releases/{id}/defects/resolve",
            resolves,
            resolve,
        )
        .body(&RESOLVE)
        .answers(&DEFECT)
        .acts()
        .summary("Lets the release go on; what is automatic by now is deployed."),
    ]
}

fn of_release(release: &str) -> Query {
    Query {
        kind: KIND.into(),
        owner_id: Some(release.to_owned()),
        order: Order::Newest,
        ..Query::default()
    }
}

fn open(release: &str) -> Query {
    Query {
        tags: vec![vec![UNRESOLVED.to_owned()]],
        ..of_release(release)
    }
}

/// Whether the release has a defect that is not resolved.
pub(crate) async fn is_open(conn: &mut Conn, release: &str) -> Result<bool, StoreError> {
    Ok(conn.document_count(&open(release)).await? > 0)
}

/// The releases of a project with a defect that is not resolved.
pub(crate) async fn releases_with_one(
    conn: &mut Conn,
    project: &str,
) -> Result<Vec<String>, StoreError> {
    let query = Query {
        kind: KIND.into(),
        tags: vec![
            vec![UNRESOLVED.to_owned()],
            vec![format!("project:{project}")],
        ],
        ..Query::default()
    };
    let found = conn.documents(&query).await?.items.into_iter();
    Ok(found.filter_map(|defect| defect.owner_id).collect())
}

async fn list(call: Call) -> Answer {
    let (skip, take) = call.query.window()?;
    let query = Query {
        skip,
        take: Some(take),
        ..of_release(&call.document().id)
    };
    let found = call.read().await?.documents(&query).await?;
    Ok(ok(page(
        "Defect",
        found.items.iter().map(view).collect(),
        found.total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

fn view(defect: &Document) -> Value {
    let mut shown = Map::new();
    shown.insert("Id".into(), defect.id.clone().into());
    shown.extend(body(defect));
    let space = defect.space_id.as_deref().unwrap_or_default();
    let release = defect.owner_id.as_deref().unwrap_or_default();
    let release = format!("/api/{space}/releases/{release}");
    shown.insert("Links".into(), json!({ "Release": release }));
    Value::Object(shown)
}

async fn report(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let release = call.document().clone();
    let mut tx = call.begin().await?;
    if is_open(&mut tx, &release.id).await? {
        return Err(ApiError::conflict(
            "DefectExists",
            format!("Release {} has an unresolved defect already.", release.name),
        )
        .help("Resolve it first; releases/{id}/defects lists it."));
    }
    let id = tx.next_id(KIND).await?;
    let content = json!({
        "ReleaseId": release.id, "Description": sent["Description"], "Status": "Unresolved",
        "Created": iso(call.now()), "ReportedBy": call.caller.username(), "Resolved": null, "ResolvedBy": null,
    });
    let belongs = (release.space_id.clone(), release.id.as_str());
    let project = release.owner_id.clone().unwrap_or_default();
    let defect = Document {
        tags: vec![UNRESOLVED.to_owned(), format!("project:{project}")],
        ..write::part(KIND, &id, belongs, (&content, call.now()))
    };
    tx.document_insert(&defect).await?;
    let message = format!("A defect of release {} was reported", release.name);
    let mut record = Record::about(&defect, "Created", message);
    record.related.push(project);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    Ok(created(view(&defect)))
}

async fn resolve(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let release = call.document().clone();
    let named = sent["ReleaseId"].as_str().filter(|id| !id.is_empty());
    if named.is_some_and(|named| named != release.id) {
        return Err(ApiError::invalid_one(
            "ReleaseId: it is not the release of the address. Leave it out.",
        ));
    }
    let mut tx = call.begin().await?;
    let Some(before) = tx.documents(&open(&release.id)).await?.items.pop() else {
        return Err(ApiError::conflict(
            "NoDefect",
            format!("Release {} has no unresolved defect.", release.name),
        ));
    };
    let mut content = body(&before);
    content.insert("Status".into(), "Resolved".into());
    content.insert("Resolved".into(), iso(call.now()).into());
    content.insert("ResolvedBy".into(), call.caller.username().into());
    let mut after = before.clone();
    after.body = Value::Object(content).to_string();
    after.tags.retain(|tag| tag != UNRESOLVED);
    after.updated_at = call.now();
    after.version = tx.document_replace(&after).await?;
    let next = automatic::defect_resolved(&release, &after.id, call.now());
    tx.document_insert(&next).await?;
    let message = format!("The defect of release {} was resolved", release.name);
    let mut record = Record::about(&after, "Modified", message).changed(&before, &after);
    record.related.extend(release.owner_id.clone());
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    call.app.driver().look_for_automatic();
    Ok(ok(view(&after)))
}
