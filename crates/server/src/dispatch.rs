//! Every request, from its first byte to its last: find the operation, find out who calls, check, run, log.
//!
//! This is the only way to a handler.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use crate::app::App;
use crate::auth::caller::{Credential, sign_in};
use crate::auth::{credential, session};
use crate::call::Call;
use crate::client_address;
use crate::error::ApiError;
use crate::operation::{Access, Answer, From, Place};
use crate::path;
use crate::portal;
use crate::query::Query;
use crate::router::{Found, SpaceIn};
use crate::scope;

/// Answers a request. Never fails: every error is an answer with a JSON body.
pub async fn dispatch(app: App, request: Request) -> Response {
    let began = Instant::now();
    let request_id = uuid::Uuid::now_v7().to_string();
    let (method, uri) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id = %request_id, %method, path = %uri, operation = tracing::field::Empty);
    let mut operation = "none";
    let handled = AssertUnwindSafe(answer(&app, request, &mut operation))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let mut response = match handled {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(panic) => span
            .in_scope(|| ApiError::internal(panic_text(panic.as_ref())))
            .into_response(),
    };
    finish(&mut response, &request_id);
    let took = began.elapsed();
    span.in_scope(|| {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            operation,
            status = response.status().as_u16(),
            took_ms,
            "answered"
        );
    });
    crate::metrics::request(operation, response.status().as_u16(), took);
    response
}

async fn answer(app: &App, request: Request, name: &mut &'static str) -> Answer {
    let segments = path::segments(request.uri().path())?;
    if let Some(page) = portal::answer(&request, &segments) {
        *name = "portal";
        return Ok(page);
    }
    let found = app.router.find(request.method(), &segments)?;
    *name = found.operation.id;
    let is_head = request.method() == axum::http::Method::HEAD;
    let call = check(app, found, request).await?;
    let handler = std::sync::Arc::clone(&call.operation.handler);
    let mut response = handler(call).await?;
    if is_head {
        *response.body_mut() = Body::empty();
    }
    Ok(response)
}

/// Everything that must hold before the handler runs.
async fn check(app: &App, found: Found<'_>, request: Request) -> Result<Call, ApiError> {
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query().unwrap_or_default())?;
    let operation = found.operation.clone();
    query.check(&operation)?;
    let mut conn = app.store.read().await?;
    let caller = credential::caller(app, &mut conn, &parts, operation.access).await?;
    if operation.access != Access::Anonymous && caller.user.is_none() {
        return Err(sign_in());
    }
    let space = match found.space {
        SpaceIn::Nothing => None,
        SpaceIn::Default => Some(
            caller
                .directory
                .default_space()
                .cloned()
                .ok_or_else(no_default_space)?,
        ),
        SpaceIn::Named(name) => {
            let known = caller
                .directory
                .space(&name)
                .filter(|space| caller.knows_space(&space.id));
            Some(known.cloned().ok_or_else(|| ApiError::not_found(&name))?)
        }
    };
    debug_assert!(
        space.is_none() || !matches!(operation.place, Place::System | Place::Root),
        "only operations of a space get one"
    );
    let mut call = Call {
        app: app.clone(),
        caller,
        query,
        address: address(app, &parts),
        uri_path: parts.uri.path().to_owned(),
        headers: parts.headers,
        operation,
        space,
        parameters: found.parameters,
        document: None,
        body: std::sync::Mutex::new(Some(body)),
        may_write: false,
        granted: Vec::new(),
    };
    authorise(&mut call, &mut conn).await?;
    drop(conn);
    if let Credential::Session {
        hash,
        extended_to: Some(end),
    } = &call.caller.credential
    {
        // Later requests note it as well; while nothing can be written, people shall still see.
        if let Err(error) = session::note_use(app, hash, *end).await {
            tracing::warn!(?error, "the use of a session could not be noted");
        }
    }
    Ok(call)
}

/// Checks the operation's permission where its scope can be known before the handler runs.
async fn authorise(call: &mut Call, conn: &mut regatta_store::Conn) -> Result<(), ApiError> {
    let Access::Needs(permission, from) = call.operation.access else {
        return Ok(());
    };
    match from {
        From::System => call.require(&scope::of_space(None)),
        From::Space => call.require(&call.scope()),
        From::Anywhere if call.space.is_none() && call.caller.holds_anywhere(permission) => Ok(()),
        From::Items | From::Anywhere => {
            let space = call.space.as_ref().map(|space| space.id.as_str());
            if call.caller.holds_somewhere(permission, space) {
                Ok(())
            } else {
                Err(call.caller.refusal(permission, &call.scope()))
            }
        }
        From::Project(parameter) => named(call, conn, "Projects", parameter).await,
        From::Document(kind, parameter) => named(call, conn, kind, parameter).await,
    }
}

async fn named(
    call: &mut Call,
    conn: &mut regatta_store::Conn,
    kind: &str,
    parameter: &str,
) -> Result<(), ApiError> {
    let document = call.find(conn, kind, call.parameter(parameter)).await?;
    let scope = scope::of_document(conn, &document).await?;
    call.document = Some(document);
    call.require(&scope)
}

fn no_default_space() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "NoDefaultSpace",
        "There is no default space, so the address must name a space.",
    )
    .help("Put the space's id into the address, for example /api/Spaces-2/projects.")
}

fn address(app: &App, parts: &axum::http::request::Parts) -> IpAddr {
    let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| {
        address.ip()
    });
    let trusted = &app.config.trusted_proxies;
    app.proxy_hint.note(&parts.headers, peer, trusted);
    client_address::client(&parts.headers, peer, trusted)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!(
        "panic: {}",
        text.unwrap_or_else(|| "without a message".to_owned())
    )
}

/// Headers that every answer has.
fn finish(response: &mut Response, request_id: &str) {
    const FIXED: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", value);
    }
}
