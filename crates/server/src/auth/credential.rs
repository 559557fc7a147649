//! How a request proves who makes it: an API key, or a session cookie.
//!
//! A credential that is present and bad is refused with 401, never taken for "anonymous". The one exception is a
//! stale cookie on an anonymous operation: browsers send it unasked, and signing in again must be possible.

use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use regatta_store::Conn;

use super::caller::{Caller, Credential, sign_in};
use super::directory::Directory;
use super::{api_key, csrf, session};
use crate::app::App;
use crate::error::ApiError;
use crate::operation::Access;

/// Finds out who calls.
pub(crate) async fn caller(
    app: &App,
    conn: &mut Conn,
    parts: &Parts,
    access: Access,
) -> Result<Caller, ApiError> {
    let directory = app.directories.current(conn).await?;
    if let Some(key) = key_of(&parts.headers)? {
        return by_key(app, conn, directory, &key).await;
    }
    let Some(token) = session::token_of(&parts.headers) else {
        return Ok(anonymous(directory));
    };
    match by_session(app, conn, &directory, &token).await {
        Ok(caller) => {
            if access != Access::Anonymous {
                csrf::check(&parts.method, &parts.headers, &token)?;
            }
            Ok(caller)
        }
        Err(error)
            if access == Access::Anonymous
                && error.status() == axum::http::StatusCode::UNAUTHORIZED =>
        {
            Ok(anonymous(directory))
        }
        Err(error) => Err(error),
    }
}

fn anonymous(directory: Arc<Directory>) -> Caller {
    Caller {
        user: None,
        credential: Credential::Anonymous,
        grants: Vec::new(),
        directory,
    }
}

/// The API key, from its own header or as a bearer token. An empty header is what the npm client sends for "none".
fn key_of(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let text = |name: &header::HeaderName| -> Result<Option<String>, ApiError> {
        let Some(value) = headers.get(name) else {
            return Ok(None);
        };
        let text = value.to_str().map_err(|_| bad_key())?.trim().to_owned();
        Ok((!text.is_empty()).then_some(text))
    };
    if let Some(key) = text(&header::HeaderName::from_static("x-octopus-apikey"))? {
        return Ok(Some(key));
    }
    let Some(authorization) = text(&header::AUTHORIZATION)? else {
        return Ok(None);
    };
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token.trim().to_owned()))
        }
        _ => Err(ApiError::unauthorized(
            "BadCredential",
            "The Authorization header is not understood.",
        )
        .help("Send 'Authorization: Bearer <API key>' or the header X-Octopus-ApiKey.")),
    }
}

async fn by_key(
    app: &App,
    conn: &mut Conn,
    directory: Arc<Directory>,
    key: &str,
) -> Result<Caller, ApiError> {
    let Some(found) = conn.api_key_by_hash(&api_key::hash(key)).await? else {
        return Err(bad_key());
    };
    if found.expires_at.is_some_and(|end| end <= app.now()) {
        return Err(ApiError::unauthorized(
            "ApiKeyExpired",
            format!("The API key {} has expired.", found.hint),
        )
        .help("Make a new API key in your profile."));
    }
    let credential = Credential::ApiKey {
        id: found.id,
        expires_at: found.expires_at,
    };
    active(directory, &found.user_id, credential)
}

async fn by_session(
    app: &App,
    conn: &mut Conn,
    directory: &Arc<Directory>,
    token: &str,
) -> Result<Caller, ApiError> {
    let ended =
        || ApiError::unauthorized("SessionEnded", "Your session has ended.").help("Sign in again.");
    let found = session::find(app, conn, token).await?.ok_or_else(ended)?;
    active(
        Arc::clone(directory),
        &found.user_id,
        Credential::Session {
            hash: found.hash,
            extended_to: found.extended_to,
        },
    )
}

/// 401 when what the caller proved themselves with has ended since.
pub(crate) async fn still_holds(
    app: &App,
    conn: &mut Conn,
    caller: &Caller,
) -> Result<(), ApiError> {
    let holds = match &caller.credential {
        Credential::Anonymous | Credential::System => true,
        Credential::ApiKey { id, expires_at } => {
            let keys = conn.api_keys(caller.user_id().unwrap_or_default()).await?;
            let is_there = keys.iter().any(|key| key.id == *id);
            is_there && expires_at.is_none_or(|end| end > app.now())
        }
        Credential::Session { hash, .. } => conn.session(hash, app.now()).await?.is_some(),
    };
    if holds { Ok(()) } else { Err(sign_in()) }
}

/// The caller, unless the user was disabled or deleted since the credential was made.
fn active(
    directory: Arc<Directory>,
    user_id: &str,
    credential: Credential,
) -> Result<Caller, ApiError> {
    let Some(user) = directory.user(user_id).filter(|user| user.is_active) else {
        return Err(ApiError::unauthorized(
            "UserDisabled",
            "This user account is disabled or deleted.",
        )
        .help("Ask an administrator to enable it."));
    };
    let grants = directory.grants_of(user_id);
    Ok(Caller {
        user: Some(user),
        credential,
        grants,
        directory,
    })
}

fn bad_key() -> ApiError {
    ApiError::unauthorized("BadApiKey", "The API key is not valid.")
        .help("Check the key, or make a new one in your profile.")
}
