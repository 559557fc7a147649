//! The web portal: the files of `web/dist`, held by the binary, and the one page that stands for every address of it.
//! It knows no data and no permissions; what the pages show comes from the API.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `npm run build` made. Without it the server works and says how to get the portal.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";
/// File names below it contain a hash of their content, so they never change.
const HASHED: &str = "assets/";
/// Everything comes from this origin, nothing is inline, nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The first segments of addresses that are not the portal's.
const NOT_OURS: [&str; 3] = ["api", "health", "metrics"];

/// A file of the portal, or its page for an address a browser navigates to; `None` for everything else.
pub(crate) fn answer(request: &Request<Body>, segments: &[String]) -> Option<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let first = segments.first().map(String::as_str).unwrap_or_default();
    if NOT_OURS
        .iter()
        .any(|other| first.eq_ignore_ascii_case(other))
    {
        return None;
    }
    let path = segments.join("/");
    if let Some(file) = Files::get(&path).filter(|_| !path.is_empty()) {
        return Some(found(&path, &file, request.headers()));
    }
    if !is_navigation(request.headers()) || path.starts_with(HASHED) {
        return None;
    }
    Some(match Files::get(INDEX) {
        Some(index) => found(INDEX, &index, request.headers()),
        None => missing(),
    })
}

/// Browsers ask for a page by name; programs that mistyped an address get the API's error instead.
fn is_navigation(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}

fn found(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    let caching = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if has(asked, header::IF_NONE_MATCH, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body(path, file, asked)
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::VARY, "accept-encoding"),
        (header::ETAG, &etag),
    ];
    for (name, value) in fixed {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

/// The file, as it was compressed when the portal was built if the browser takes that.
fn body(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let kind = (header::CONTENT_TYPE, media_type(path));
    let compressed = has(asked, header::ACCEPT_ENCODING, "gzip")
        .then(|| Files::get(&format!("{path}.gz")))
        .flatten();
    match compressed {
        Some(compressed) => (
            [kind, (header::CONTENT_ENCODING, "gzip")],
            compressed.data.into_owned(),
        )
            .into_response(),
        None => ([kind], file.data.clone().into_owned()).into_response(),
    }
}

fn has(headers: &HeaderMap, name: header::HeaderName, what: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(what))
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// For a binary that was built without the portal.
fn missing() -> Response {
    let text = "<!doctype html><meta charset=utf-8><title>Regatta</title><h1>The portal is not part of this build</h1>\
         <p>The API and the command line work. To get the portal, run <code>cargo xtask build</code> (it needs Node.js) \
         and start the server it builds.</p>";
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        text,
    )
        .into_response()
}
