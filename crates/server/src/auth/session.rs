//! Sessions of browsers: a random token in a cookie that scripts cannot read, its hash in the store.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regatta_core::time::Time;
use regatta_store::Conn;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::error::ApiError;

const COOKIE: &str = "regatta-session";
/// Readable by our own pages, and by nobody else's.
const CSRF_COOKIE: &str = "regatta-csrf";
/// Without use a session ends after 12 hours ...
const IDLE_MS: i64 = 12 * 3_600_000;
/// ... and in any case after 7 days.
const ABSOLUTE_MS: i64 = 7 * 24 * 3_600_000;
/// A use is noted only this often, so that reading does not mean writing.
const NOTE_EVERY_MS: i64 = 5 * 60_000;

/// A session that is valid now.
pub(crate) struct Session {
    pub(crate) user_id: String,
    pub(crate) hash: [u8; 32],
    /// When its use is to be noted: until when it is valid then.
    pub(crate) extended_to: Option<Time>,
}

/// A new token: 256 random bits.
pub(crate) fn make() -> Result<String, ApiError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The row of a new session.
pub(crate) fn row(token: &str, user_id: &str, now: Time, body: String) -> regatta_store::Session {
    regatta_store::Session {
        hash: hash(token),
        user_id: user_id.to_owned(),
        created_at: now,
        last_used_at: now,
        expires_at: now.plus_ms(IDLE_MS),
        body,
    }
}

/// The session this token belongs to. Whoever is done with the connection calls [`note_use`] when it says so.
pub(crate) async fn find(
    app: &App,
    conn: &mut Conn,
    token: &str,
) -> Result<Option<Session>, ApiError> {
    let now = app.now();
    let hash = hash(token);
    let Some(found) = conn.session(&hash, now).await? else {
        return Ok(None);
    };
    let is_due = now.since_ms(found.last_used_at) >= NOTE_EVERY_MS;
    let end = found
        .created_at
        .plus_ms(ABSOLUTE_MS)
        .min(now.plus_ms(IDLE_MS));
    Ok(Some(Session {
        user_id: found.user_id,
        hash,
        extended_to: is_due.then_some(end),
    }))
}

/// Notes a use. Takes a connection of its own, so the caller must not hold one: with as many callers as
/// connections, each would wait for the others.
pub(crate) async fn note_use(app: &App, hash: &[u8; 32], end: Time) -> Result<(), ApiError> {
    let mut tx = app.store.begin().await?;
    tx.session_use(hash, app.now(), end).await?;
    Ok(tx.commit().await?)
}

/// The token in the request's cookie.
pub(crate) fn token_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// The headers that give the browser its cookie, and beside it the token that pages repeat in a header
/// ([`csrf`](super::csrf)); without a session they take both away.
pub(crate) fn cookies(token: Option<&str>, is_secure: bool) -> [HeaderValue; 2] {
    let (session, csrf) = token.map_or_else(Default::default, |token| {
        (token.to_owned(), super::csrf::token(token))
    });
    let age = if token.is_some() {
        ABSOLUTE_MS / 1000
    } else {
        0
    };
    let secure = if is_secure { "; Secure" } else { "" };
    // Lax, not Strict: a link from a chat to an artifact should find its reader signed in.
    let shared = format!("Path=/; SameSite=Lax; Max-Age={age}{secure}");
    [
        format!("{COOKIE}={session}; HttpOnly; {shared}"),
        format!("{CSRF_COOKIE}={csrf}; {shared}"),
    ]
    .map(|text| {
        HeaderValue::from_str(&text).expect("a cookie of base64 and fixed words is a valid header")
    })
}
