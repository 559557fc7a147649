//! Worker pools: which workers may run a step. The built-in worker serves the default pool.

use regatta_core::permission::Permission as P;
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::page::page;
use crate::resource::{self, Change, Hooks, Resource, read, sort};
use crate::shape::{
    BOOL, DESCRIPTION, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG,
    SPACE_ID, Shape, TEXT, field,
};

static OBJECT: Object = Object {
    name: "WorkerPool",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field(
            "WorkerPoolType",
            Shape::Word(&["StaticWorkerPool", "DynamicWorkerPool"]),
        )
        .or("\"StaticWorkerPool\""),
        field("WorkerType", TEXT),
        field("IsDefault", BOOL).or("false"),
        field("SortOrder", INT),
        field("CanAddWorkers", BOOL).read_only(),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static WORKER_POOL: Resource = Resource {
    kind: "WorkerPools",
    item_type: "WorkerPool",
    place: Place::Space,
    names: names!("workerPool", "/workerpools"),
    object: &OBJECT,
    view: P::WorkerView,
    create: Some(P::WorkerEdit),
    edit: Some(P::WorkerEdit),
    delete: Some(P::WorkerEdit),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Sorted,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |change| Box::pin(is_not_default(change)),
        deleted: |app| {
            app.driver().pools_changed();
            Box::pin(async { Ok(()) })
        },
        afterwards: |app| app.driver().pools_changed(),
        sort_order: |body| body.get("SortOrder").and_then(Value::as_i64).unwrap_or(0),
        view: |view| {
            view.body.insert("CanAddWorkers".to_owned(), json!(true));
            view.link("Workers", &format!("/workerpools/{}/workers", view.id));
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&WORKER_POOL);
    let view = needs(P::WorkerView, From::Document("WorkerPools", "id"));
    all.push(get(
        "workerPoolWorkers",
        Place::Space,
        "/workerpools/{id}/workers",
        view,
        workers,
    ));
    all.push(sort::operation(
        &WORKER_POOL,
        ("workerPoolSort", "/workerpools/sortorder"),
        P::WorkerEdit,
    ));
    let view = needs(P::WorkerView, From::Space);
    for (id, path) in [
        ("workerPoolDynamicTypes", "/workerpools/dynamicworkertypes"),
        ("workerPoolSupportedTypes", "/workerpools/supportedtypes"),
    ] {
        let names = if id == "workerPoolSupportedTypes" {
            json!(["StaticWorkerPool"])
        } else {
            json!([])
        };
        all.push(get(id, Place::Space, path, view, move |_| {
            let names = names.clone();
            async move { Ok(ok(names)) }
        }));
    }
    all
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change
        .text("WorkerPoolType")
        .eq_ignore_ascii_case("DynamicWorkerPool")
    {
        return Err(ApiError::invalid_one(
            "WorkerPoolType: dynamic pools are leased from a cloud; this server has only static ones.",
        ));
    }
    let wants_default = change
        .body
        .get("IsDefault")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let was_default = change
        .before
        .as_ref()
        .and_then(|before| before.get("IsDefault"))
        .and_then(Value::as_bool)
        .unwrap_or(false);
    if was_default && !wants_default {
        return Err(ApiError::invalid_one(
            "IsDefault: make another pool the default one instead.",
        ));
    }
    if wants_default && !was_default {
        demote_others(change).await?;
    }
    if change.body.get("SortOrder").is_none_or(Value::is_null) {
        change.set("SortOrder", 0);
    }
    Ok(())
}

/// There is exactly one default pool.
async fn demote_others(change: &mut Change<'_>) -> Result<(), ApiError> {
    let all = Query {
        kind: WORKER_POOL.kind.to_owned(),
        space_id: Some(change.space_id.clone()),
        ..Query::default()
    };
    for mut pool in change.tx.documents(&all).await?.items {
        let mut body = read::body(&pool);
        if pool.id != change.id && body.get("IsDefault") == Some(&Value::Bool(true)) {
            body.insert("IsDefault".to_owned(), Value::Bool(false));
            pool.body = Value::Object(body).to_string();
            pool.updated_at = change.now;
            change.tx.document_replace(&pool).await?;
        }
    }
    Ok(())
}

async fn is_not_default(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.body.get("IsDefault") == Some(&Value::Bool(true)) {
        return Err(ApiError::invalid_one(
            "This is the default pool of the space, which the built-in worker serves. It cannot be deleted.",
        ));
    }
    Ok(())
}

/// Workers with a document; the built-in one has none.
async fn workers(call: Call) -> Answer {
    Ok(ok(page(
        "Worker",
        Vec::new(),
        0,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}
