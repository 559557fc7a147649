//! Build information: which build, commits and work items a version of a package comes from (octopus-api §2.7).
//!
//! It belongs to an id and a version, not to a file: builds often send it before the package, or without one.

use regatta_core::package;
use regatta_core::package::file_name::is_id;
use regatta_core::permission::Permission as P;
use regatta_core::version::Version;
use regatta_store::{Conn, Document, Query, StoreError, Tx};
use serde_json::{Map, Value, json};

use super::package::Overwrite;
use crate::audit::{self, Record};
use crate::call::{Call, created, done, ok};
use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, delete, get, needs, post};
use crate::package::Package;
use crate::page::{page, window};
use crate::resource::read::body;
use crate::shape::{ID, LINKS_FIELD, Object, SPACE_ID, Shape, TEXT, TIME, field};
use crate::time_text::iso;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "BuildInformation";

static COMMIT: Object = Object {
    name: "BuildCommit",
    fields: &[field("Id", TEXT).required(), field("Comment", TEXT)],
};

static BUILD: Object = Object {
    name: "OctopusBuildInformation",
    fields: &[
        field("BuildEnvironment", TEXT).max(200),
        field("BuildNumber", TEXT).max(200),
        field("BuildUrl", TEXT).max(2_000),
        field("Branch", TEXT).max(500),
        field("VcsType", TEXT).max(100),
        field("VcsRoot", TEXT).max(2_000),
        field("VcsCommitNumber", TEXT).max(200),
        field("Commits", Shape::List(&Shape::Object(&COMMIT))),
    ],
};

static PUSHED: Object = Object {
    name: "BuildInformationPush",
    fields: &[
        field("SpaceId", TEXT),
        field("PackageId", TEXT)
            .required()
            .max(package::ID_CHARS_MAX),
        field("Version", TEXT).required().max(100),
        field("OverwriteMode", TEXT),
        field("OctopusBuildInformation", Shape::Object(&BUILD)).required(),
    ],
};

static OBJECT: Object = Object {
    name: "BuildInformation",
    fields: &[
        ID,
        SPACE_ID,
        field("PackageId", TEXT).read_only(),
        field("Version", TEXT).read_only(),
        field("Created", TIME).read_only(),
        LINKS_FIELD,
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::FeedView, From::Space);
    let administer = needs(P::BuildInformationAdminister, From::Space);
    let space = Place::Space;
    vec![
        get(
            "buildInformationList",
            space,
            "/build-information",
            view,
            list,
        )
        .answers_page(&OBJECT)
        .query(&["skip", "take", "packageId", "filter", "latest"]),
        get(
            "buildInformationGet",
            space,
            "/build-information/{id}",
            needs(P::FeedView, From::Document(KIND, "id")),
            one,
        )
        .answers(&OBJECT),
        // What it was called before it was called build information.
        get(
            "packageMetadataList",
            space,
            "/package-metadata",
            view,
            list,
        )
        .answers_page(&OBJECT)
        .query(&["skip", "take", "packageId", "filter", "latest"]),
        get(
            "packageMetadataGet",
            space,
            "/package-metadata/{id}",
            needs(P::FeedView, From::Document(KIND, "id")),
            one,
        )
        .answers(&OBJECT),
        post(
            "buildInformationPush",
            space,
            "/build-information",
            needs(P::BuildInformationPush, From::Space),
            push,
        )
        .body(&PUSHED)
        .answers(&OBJECT)
        .query(&["overwriteMode"]),
        delete(
            "buildInformationDelete",
            space,
            "/build-information/{id}",
            needs(P::BuildInformationAdminister, From::Document(KIND, "id")),
            remove,
        ),
        delete(
            "buildInformationDeleteSeveral",
            space,
            "/build-information/bulk",
            administer,
            remove_several,
        )
        .query(&["ids"]),
    ]
}

/// What is known of the build of a package.
pub(super) async fn of_package(
    conn: &mut Conn,
    space_id: &str,
    package: &Package,
) -> Result<Option<Value>, StoreError> {
    let found = find(conn, space_id, (&package.package_id, &package.version())).await?;
    Ok(found.as_ref().map(view))
}

async fn find(
    conn: &mut Conn,
    space_id: &str,
    (id, version): (&str, &Version),
) -> Result<Option<Document>, StoreError> {
    let query = Query {
        kind: KIND.into(),
        space_id: Some(Some(space_id.to_owned())),
        slug: Some(package::key(id, version)),
        take: Some(1),
        ..Query::default()
    };
    Ok(conn.documents(&query).await?.items.pop())
}

async fn list(call: Call) -> Answer {
    call.query.window()?;
    let query = Query {
        kind: KIND.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        name: call.query.get("packageId").map(str::to_owned),
        partial_name: call.query.get("filter").map(str::to_owned),
        ..Query::default()
    };
    let documents = call.read().await?.documents(&query).await?.items;
    let mut found: Vec<_> = documents
        .into_iter()
        .filter_map(|document| Some((version_of(&document)?, document)))
        .collect();
    found.sort_by(|(a_version, a), (b_version, b)| {
        let by_name = a
            .name
            .to_ascii_lowercase()
            .cmp(&b.name.to_ascii_lowercase());
        by_name.then_with(|| package::compare_versions(b_version, a_version))
    });
    if call.query.flag("latest")?.unwrap_or(false) {
        found.dedup_by(|(_, later), (_, before)| package::same_id(&later.name, &before.name));
    }
    call.query.window()?;
    let total = found.len() as u64;
    let items = window(found, &call.query);
    let items = items.iter().map(|(_, document)| view(document)).collect();
    let path = call.uri_path.trim_end_matches('/');
    Ok(ok(page(
        "BuildInformation",
        items,
        total,
        path,
        &call.query,
    )))
}

fn version_of(document: &Document) -> Option<Version> {
    body(document).get("Version")?.as_str()?.parse().ok()
}

async fn one(call: Call) -> Answer {
    Ok(ok(view(call.document())))
}

async fn push(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let mode = match sent["OverwriteMode"]
        .as_str()
        .filter(|mode| !mode.is_empty())
    {
        Some(mode) if call.query.get("overwriteMode").is_none() => Overwrite::named(mode)?,
        _ => Overwrite::of(&call.query)?,
    };
    let (id, version) = subject(&sent)?;
    let mut tx = call.begin().await?;
    let there = find(&mut tx, call.space_id(), (&id, &version)).await?;
    match (there, mode) {
        (None, _) => {
            let document = insert(&mut tx, &call, (&id, &version), &sent).await?;
            tx.commit().await?;
            Ok(created(view(&document)))
        }
        (Some(there), Overwrite::Ignore) => Ok(ok(view(&there))),
        (Some(_), Overwrite::Fail) => Err(ApiError::conflict(
            "BuildInformationExists",
            "Metadata for the specified Package ID and version already exists.",
        )
        .help("Send it with overwriteMode=IgnoreIfExists to keep what is there, or OverwriteExisting to replace it.")),
        (Some(there), Overwrite::Replace) => {
            drop(tx);
            call.also_require(P::BuildInformationAdminister, &call.scope())?;
            replace(&call, there, &sent).await
        }
    }
}

fn subject(sent: &Value) -> Result<(String, Version), ApiError> {
    let text = |key: &str| sent[key].as_str().unwrap_or_default().trim().to_owned();
    let (id, version) = (text("PackageId"), text("Version"));
    let mut problems = Vec::new();
    if !is_id(&id) {
        problems.push(format!(
            "PackageId: '{}' is no id of a package; use letters, digits and single '.', '_' or '-' between them.",
            package::entry::shown(&id)
        ));
    }
    match version.parse() {
        Ok(version) if problems.is_empty() => return Ok((id, version)),
        Ok(_) => {}
        Err(error) => problems.push(format!("Version: {error}.")),
    }
    Err(ApiError::invalid(problems))
}

async fn insert(
    tx: &mut Tx,
    call: &Call,
    (id, version): (&str, &Version),
    sent: &Value,
) -> Result<Document, ApiError> {
    let mut stored = build(sent);
    stored.insert("PackageId".into(), id.into());
    stored.insert("Version".into(), version.as_str().into());
    let now = call.now();
    let document = Document {
        kind: KIND.into(),
        id: tx.next_id(KIND).await?,
        space_id: Some(call.space_id().to_owned()),
        owner_id: None,
        name: id.to_owned(),
        name_is_unique: false,
        slug: Some(package::key(id, version)),
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: Value::Object(stored).to_string(),
        created_at: now,
        updated_at: now,
    };
    tx.document_insert(&document).await?;
    record(tx, call, &document, ("Created", "pushed")).await?;
    Ok(document)
}

async fn replace(call: &Call, mut there: Document, sent: &Value) -> Answer {
    let mut stored = build(sent);
    for key in ["PackageId", "Version"] {
        let kept = body(&there).get(key).cloned();
        stored.insert(key.into(), kept.unwrap_or_default());
    }
    there.body = Value::Object(stored).to_string();
    there.updated_at = call.now();
    let mut tx = call.begin().await?;
    there.version = tx.document_replace(&there).await?;
    record(&mut tx, call, &there, ("Modified", "replaced")).await?;
    tx.commit().await?;
    Ok(created(view(&there)))
}

/// What was sent of the build, as it was sent.
fn build(sent: &Value) -> Map<String, Value> {
    let build = sent["OctopusBuildInformation"].as_object();
    build.cloned().unwrap_or_default()
}

async fn remove(call: Call) -> Answer {
    let document = call.document().clone();
    remove_all(&call, &[document]).await
}

async fn remove_several(call: Call) -> Answer {
    let ids = call.query.list("ids")?.ok_or_else(|| {
        ApiError::invalid_one("ids: name the build information to delete, separated by commas.")
    })?;
    let mut conn = call.read().await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(call.find(&mut conn, KIND, &id).await?);
    }
    drop(conn);
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    remove_all(&call, &found).await
}

async fn remove_all(call: &Call, documents: &[Document]) -> Answer {
    let mut tx = call.begin().await?;
    for document in documents {
        tx.document_delete(KIND, &document.id).await?;
        record(&mut tx, call, document, ("Deleted", "deleted")).await?;
    }
    tx.commit().await?;
    Ok(done())
}

async fn record(
    tx: &mut Tx,
    call: &Call,
    document: &Document,
    (category, what): (&'static str, &str),
) -> Result<(), ApiError> {
    let version = version_of(document).map_or_else(String::new, |version| version.to_string());
    let message = format!(
        "Build information of {} {version} was {what}",
        document.name
    );
    let entry = Record::about(document, category, message);
    Ok(audit::record(tx, &call.author(), entry).await?)
}

fn view(document: &Document) -> Value {
    let space = document.space_id.as_deref().unwrap_or_default();
    let mut shown = Map::new();
    shown.insert("Id".into(), document.id.clone().into());
    shown.insert("SpaceId".into(), space.into());
    shown.extend(body(document));
    let commits = shown.get("Commits").and_then(Value::as_array).cloned();
    shown.insert("Commits".into(), commits.unwrap_or_default().into());
    shown.insert("WorkItems".into(), json!([]));
    shown.insert("Created".into(), iso(document.updated_at).into());
    let own = format!("/api/{space}/build-information/{}", document.id);
    shown.insert("Links".into(), json!({ "Self": own }));
    Value::Object(shown)
}
