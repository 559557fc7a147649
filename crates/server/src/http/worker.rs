//! Workers as documents. The built-in worker is part of the server and has none; other workers cannot connect yet,
//! so creating one is refused instead of being stored and never used.

use axum::http::StatusCode;
use regatta_core::permission::Permission as P;
use regatta_store::Order;
use serde_json::json;

use crate::call::ok;
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::resource::{self, Hooks, Resource};
use crate::shape::{
    BOOL, ID, LINKS_FIELD, NAME, Object, SLUG, SPACE_ID, Shape, TEXT, TEXTS, field,
};

static OBJECT: Object = Object {
    name: "Worker",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        field("Endpoint", Shape::Object(&super::machine::ENDPOINT)).required(),
        field("WorkerPoolIds", TEXTS).or("[]"),
        field("MachinePolicyId", TEXT),
        field("IsDisabled", BOOL).or("false"),
        LINKS_FIELD,
    ],
};

pub static WORKER: Resource = Resource {
    kind: "Workers",
    item_type: "Worker",
    place: Place::Space,
    names: names!("worker", "/workers"),
    object: &OBJECT,
    view: P::WorkerView,
    create: None,
    edit: None,
    delete: None,
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        filters: &[
            ("workerPoolIds", "pool"),
            ("commStyles", "style"),
            ("healthStatuses", "health"),
            ("shellNames", "shell"),
            ("thumbprint", "thumbprint"),
        ],
        flags: &[("isDisabled", "disabled")],
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&WORKER);
    all.push(
        post(
            "workerCreate",
            Place::Space,
            "/workers",
            needs(P::WorkerEdit, From::Space),
            |_| refuse(),
        )
        .body(&OBJECT),
    );
    all.push(
        get(
            "workerDiscover",
            Place::Space,
            "/workers/discover",
            needs(P::WorkerEdit, From::Space),
            |_| async { Err(unreachable("workers")) },
        )
        .query(&["host", "port", "type", "proxyId"]),
    );
    for (id, path) in [
        (
            "workerOperatingSystems",
            "/workers/operatingsystem/names/all",
        ),
        ("workerShells", "/workers/operatingsystem/shells/all"),
    ] {
        // There is no worker document, so none reports either.
        all.push(
            get(
                id,
                Place::Space,
                path,
                needs(P::WorkerView, From::Space),
                |_| async { Ok(ok(json!([]))) },
            )
            .answers_shape(TEXTS),
        );
    }
    all
}

async fn refuse() -> Answer {
    Err(ApiError::new(StatusCode::BAD_REQUEST, "NotSupported", "This server cannot connect to workers other than its built-in one yet.")
        .help("Leave the worker pool of steps empty, or choose the default pool: the built-in worker serves it."))
}

/// Looking at a machine from afar is not possible; what a client would do next is.
pub(super) fn unreachable(what: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "NotSupported",
        format!("This server cannot connect to {what} yet, so it cannot ask one for its fingerprint or thumbprint."),
    )
    .help("Look it up on the machine itself and give it when you register the machine.")
}
