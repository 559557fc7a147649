//! Artifacts: files attached to tasks, by scripts or by clients (octopus-api §2.12).
//!
//! What may be seen depends on the project and environment of the task, so each handler checks.

use axum::http::StatusCode;
use regatta_core::permission::{Permission, Scope};
use regatta_store::{Conn, Document, Order, Query};
use serde_json::{Value, json};

use crate::artifact::{self, Artifact, BYTES_MAX, KIND};
use crate::audit::{self, Record};
use crate::call::body::Pace;
use crate::call::{Call, created, done, ok};
use crate::error::ApiError;
use crate::http::download::{Download, blob_failed, download};
use crate::http::task::scope_of;
use crate::operation::{Access, Answer, Operation, Place, delete, get, post, put};
use crate::page::page;
use crate::shape::{Object, TEXT, field};
use crate::time_text::iso;

static ARTIFACT: Object = Object {
    name: "Artifact",
    fields: &[
        field("Filename", TEXT).required().max(1_000),
        field("ServerTaskId", TEXT).required().max(200),
        field("Source", TEXT).max(200),
        field("LogCorrelationId", TEXT).max(500),
    ],
};

static RENAMED: Object = Object {
    name: "ArtifactRename",
    fields: &[field("Filename", TEXT).required().max(1_000)],
};

/// The operations on artifacts.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let (space, signed) = (Place::Space, Access::SignedIn);
    vec![
        get("artifactList", space, "/artifacts", signed, list).query(&[
            "skip",
            "take",
            "regarding",
            "ids",
            "partialName",
            "order",
        ]),
        post("artifactCreate", space, "/artifacts", signed, create)
            .body(&ARTIFACT)
            .summary("Announces a file; its content follows with PUT."),
        get("artifactGet", space, "/artifacts/{id}", signed, one),
        put("artifactRename", space, "/artifacts/{id}", signed, rename).body(&RENAMED),
        delete("artifactDelete", space, "/artifacts/{id}", signed, remove),
        get(
            "artifactContent",
            space,
            "/artifacts/{id}/content",
            signed,
            content,
        )
        .answers_raw("application/octet-stream"),
        put(
            "artifactUpload",
            space,
            "/artifacts/{id}/content",
            signed,
            upload,
        )
        .streams_body(),
    ]
}

async fn list(call: Call) -> Answer {
    let (skip, take) = call.query.window()?;
    let mut query = Query {
        kind: KIND.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        // One whose task is gone belongs to nobody.
        is_of_task: true,
        within: visible(&call).await?,
        skip,
        take: Some(take),
        ids: call.query.list("ids")?,
        partial_name: call.query.get("partialName").map(str::to_owned),
        order: match call.query.get("order") {
            Some(order) if order.eq_ignore_ascii_case("asc") => Order::Oldest,
            _ => Order::Newest,
        },
        ..Query::default()
    };
    if let Some(regarding) = call.query.list("regarding")? {
        let tags = regarding.into_iter().map(|id| format!("regarding:{id}"));
        query.tags.push(tags.collect());
    }
    let found = call.read().await?.documents(&query).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for document in &found.items {
        items.push(view(document, &parse(document)?));
    }
    let path = call.uri_path.trim_end_matches('/');
    Ok(ok(page("Artifact", items, found.total, path, &call.query)))
}

/// What the caller may see, as the tags artifacts have of their tasks' places, so that the database can page.
async fn visible(call: &Call) -> Result<Option<Vec<Vec<Vec<String>>>>, ApiError> {
    let tag = |id: String| format!("regarding:{id}");
    let tags = |lists: Vec<Vec<String>>| -> Vec<Vec<String>> {
        let lists = lists.into_iter();
        lists
            .map(|ids| ids.into_iter().map(tag).collect())
            .collect()
    };
    let within = call.within(Permission::ArtifactView).await?;
    Ok(within.map(|all| all.into_iter().map(tags).collect()))
}

async fn one(mut call: Call) -> Answer {
    let (document, artifact) = find(&mut call, Permission::ArtifactView).await?;
    Ok(ok(view(&document, &artifact)))
}

async fn create(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let text = |key: &str| sent[key].as_str().unwrap_or_default().to_owned();
    let task_id = text("ServerTaskId");
    let mut conn = call.read().await?;
    let space = call.space_id().to_owned();
    let task = conn.task(&task_id).await?;
    let task = task
        .filter(|task| task.space_id.as_deref() == Some(space.as_str()))
        .ok_or_else(|| {
            ApiError::invalid_one(format!("ServerTaskId: there is no task '{task_id}'."))
        })?;
    let wanted = scope_of(&mut conn, &task).await?;
    drop(conn);
    call.caller.require(Permission::ArtifactCreate, &wanted)?;
    call.decided();
    let related = [
        &task.project_id,
        &task.environment_id,
        &task.tenant_id,
        &task.release_id,
        &task.deployment_id,
    ];
    let artifact = Artifact {
        filename: artifact::safe_name(&text("Filename")),
        source: text("Source"),
        task_id: task.id.clone(),
        log_correlation_id: text("LogCorrelationId"),
        blob: None,
        length_bytes: 0,
        related: related.into_iter().flatten().cloned().collect(),
    };
    let mut tx = call.begin().await?;
    let document = artifact.document(&tx.next_id(KIND).await?, &space, call.now());
    tx.document_insert(&document).await?;
    record(&mut tx, &call, (&document, &artifact), "Created", "added").await?;
    tx.commit().await?;
    Ok(created(view(&document, &artifact)))
}

async fn rename(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let (mut document, mut artifact) = find(&mut call, Permission::ArtifactEdit).await?;
    artifact.filename = artifact::safe_name(sent["Filename"].as_str().unwrap_or_default());
    replace(&call, &mut document, &artifact, "renamed").await?;
    Ok(ok(view(&document, &artifact)))
}

async fn remove(mut call: Call) -> Answer {
    let (document, artifact) = find(&mut call, Permission::ArtifactDelete).await?;
    if let Some(blob) = &artifact.blob {
        let noted = call.app.artifacts.let_go(blob).await;
        noted.map_err(|error| blob_failed(&error))?;
    }
    let mut tx = call.begin().await?;
    tx.document_delete(KIND, &document.id).await?;
    record(&mut tx, &call, (&document, &artifact), "Deleted", "deleted").await?;
    tx.commit().await?;
    if let Some(blob) = &artifact.blob {
        let mut conn = call.read().await?;
        call.app.artifacts.remove_unused(&mut conn, blob).await?;
    }
    Ok(done())
}

/// The bytes of the request's body become the content; nothing changes unless all of them arrive.
async fn upload(mut call: Call) -> Answer {
    let (mut document, mut artifact) = find(&mut call, Permission::ArtifactEdit).await?;
    let files = call.app.artifacts.clone();
    let mut writer = files
        .blobs
        .write()
        .await
        .map_err(|error| blob_failed(&error))?;
    let mut body = call.take_body()?.into_data_stream();
    let mut length_bytes = 0;
    let mut pace = Pace::new(call.app.config.patience);
    while let Some(piece) = pace.next(&mut body).await? {
        length_bytes += piece.len() as u64;
        if length_bytes > BYTES_MAX {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "TooLarge",
                format!("An artifact has {BYTES_MAX} bytes at most."),
            ));
        }
        writer
            .push(&piece)
            .await
            .map_err(|error| blob_failed(&error))?;
    }
    let (blob, length_bytes) = files
        .store(writer)
        .await
        .map_err(|error| blob_failed(&error))?;
    let before = artifact.blob.replace(blob.clone());
    if let Some(before) = &before {
        files
            .let_go(before)
            .await
            .map_err(|error| blob_failed(&error))?;
    }
    artifact.length_bytes = length_bytes;
    let replaced = replace(&call, &mut document, &artifact, "uploaded").await;
    if let Err(error) = replaced {
        let mut conn = call.read().await?;
        files.given_up(&mut conn, &blob).await?;
        return Err(error);
    }
    files.named(&blob).await;
    if let Some(before) = before.filter(|before| *before != blob) {
        let mut conn = call.read().await?;
        files.remove_unused(&mut conn, &before).await?;
    }
    Ok(ok(view(&document, &artifact)))
}

async fn content(mut call: Call) -> Answer {
    let (document, artifact) = find(&mut call, Permission::ArtifactView).await?;
    let Some(blob) = &artifact.blob else {
        return Err(ApiError::not_found(&format!("{}/content", document.id))
            .help("The artifact was announced, but its content was never sent."));
    };
    let file = Download {
        blob,
        length_bytes: artifact.length_bytes,
        filename: &artifact.filename,
    };
    download(&call, &call.app.artifacts, &file).await
}

fn parse(document: &Document) -> Result<Artifact, ApiError> {
    serde_json::from_str(&document.body).map_err(ApiError::internal)
}

async fn scope(conn: &mut Conn, artifact: &Artifact) -> Result<Scope, ApiError> {
    let task = conn.task(&artifact.task_id).await?;
    let task = task.ok_or_else(|| ApiError::not_found(&artifact.task_id))?;
    Ok(scope_of(conn, &task).await?)
}

/// The artifact of the path, if the caller holds `permission` for it.
async fn find(call: &mut Call, permission: Permission) -> Result<(Document, Artifact), ApiError> {
    let mut conn = call.read().await?;
    let document = call.find(&mut conn, KIND, call.parameter("id")).await?;
    let artifact = parse(&document)?;
    let wanted = scope(&mut conn, &artifact).await?;
    drop(conn);
    call.caller.require(permission, &wanted)?;
    call.decided();
    Ok((document, artifact))
}

async fn replace(
    call: &Call,
    document: &mut Document,
    artifact: &Artifact,
    what: &str,
) -> Result<(), ApiError> {
    document.name.clone_from(&artifact.filename);
    document.body = serde_json::to_string(artifact).map_err(ApiError::internal)?;
    document.tags = artifact.tags();
    document.updated_at = call.now();
    let mut tx = call.begin().await?;
    tx.document_replace(document).await?;
    record(&mut tx, call, (document, artifact), "Modified", what).await?;
    tx.commit().await?;
    Ok(())
}

async fn record(
    tx: &mut regatta_store::Tx,
    call: &Call,
    (document, artifact): (&Document, &Artifact),
    category: &'static str,
    what: &str,
) -> Result<(), ApiError> {
    let related = artifact.related.iter().chain([&artifact.task_id]);
    let related = related.chain([&document.id]).cloned().collect();
    let message = format!("Artifact \"{}\" was {what}", artifact.filename);
    let mut entry = Record::of(category, KIND, related, message);
    entry.space_id.clone_from(&document.space_id);
    Ok(audit::record(tx, &call.author(), entry).await?)
}

fn view(document: &Document, artifact: &Artifact) -> Value {
    let space = document.space_id.as_deref().unwrap_or_default();
    let own = format!("/api/{space}/artifacts/{}", document.id);
    json!({
        "Id": document.id,
        "SpaceId": space,
        "Filename": artifact.filename,
        "Source": artifact.source,
        "ServerTaskId": artifact.task_id,
        "Created": iso(document.created_at),
        "LogCorrelationId": artifact.log_correlation_id,
        "LengthBytes": artifact.length_bytes,
        "Sha256": artifact.blob.as_ref().map(regatta_store::BlobId::as_str),
        "Links": {"Self": own, "Content": format!("{own}/content")},
    })
}
