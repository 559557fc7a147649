//! The root documents and what the server says about itself to everybody.

use axum::http::StatusCode;
use regatta_core::permission::Permission as P;
use serde_json::json;

use super::link;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Access, Answer, From, Operation, Place, get, needs};
use crate::shape::{LINKS_FIELD, Object, TEXT, field};

/// Clients compare it: the npm client wants at least 2022.3.5512, Terraform 2025.3 (octopus-api §1.2).
pub const OCTOPUS_VERSION: &str = "2026.1.5000";

static ROOT: Object = Object {
    name: "Root",
    fields: &[
        field("Application", TEXT),
        field("Version", TEXT).about("The version of Octopus Deploy this API behaves like."),
        field("ApiVersion", TEXT),
        field("InstallationId", TEXT),
        LINKS_FIELD,
    ],
};
static SPACE_ROOT: Object = Object {
    name: "SpaceRoot",
    fields: &[LINKS_FIELD],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("root", Place::System, "/", Access::Anonymous, root).answers(&ROOT),
        get("spaceRoot", Place::Space, "/", Access::SignedIn, space_root).answers(&SPACE_ROOT),
        get(
            "openApi",
            Place::System,
            "/openapi.json",
            Access::Anonymous,
            open_api,
        ),
        get("health", Place::Root, "/health", Access::Anonymous, health),
        get(
            "metrics",
            Place::Root,
            "/metrics",
            needs(P::ConfigureServer, From::System),
            metrics,
        )
        .answers_raw("text/plain"),
    ]
}

async fn root(call: Call) -> Answer {
    let default_space = call
        .caller
        .directory
        .default_space()
        .map(|space| space.id.as_str());
    Ok(ok(json!({
        "Application": "Octopus Deploy",
        "Version": OCTOPUS_VERSION,
        "ApiVersion": "3.0.0",
        "InstallationId": call.app.installation_id,
        "IsEarlyAccessProgram": false,
        "HasLongTermSupport": false,
        "Product": "Regatta",
        "ProductVersion": env!("CARGO_PKG_VERSION"),
        "NeedsSetup": call.caller.directory.has_no_users(),
        "Links": link::of_server(default_space),
    })))
}

/// Links only: a test of Octopus' Go client wants `Version` and `ApiVersion` to be absent here.
async fn space_root(call: Call) -> Answer {
    Ok(ok(json!({ "Links": link::of_space(call.space_id()) })))
}

async fn open_api(call: Call) -> Answer {
    Ok(ok(crate::openapi::document(call.app.router.operations())))
}

/// 200 while the server can do its work.
async fn health(call: Call) -> Answer {
    let found = call.app.health.look(&call.app).await;
    if !found.problems.is_empty() {
        let (status, told) = (StatusCode::SERVICE_UNAVAILABLE, found.problems.join(" "));
        let error = ApiError::new(status, "Unhealthy", told);
        return Err(error.fact("Problems", found.problems));
    }
    let mut told = json!({ "Status": "Healthy" });
    if !found.other_servers.is_empty() {
        told["OtherServers"] = json!(found.other_servers);
    }
    Ok(ok(told))
}

async fn metrics(call: Call) -> Answer {
    use axum::response::IntoResponse as _;
    Ok(call.app.metrics.render().into_response())
}
