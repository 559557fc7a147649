//! Requests a foreign page made the browser send (cross-site request forgery).
//!
//! Only cookies are sent by browsers unasked, so only requests that rely on the session cookie are checked: a
//! state change needs the session's own token in a header *and* must not come from another origin.

use axum::http::{HeaderMap, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::ApiError;

/// The header a page repeats the token in; the second is what Octopus' own portal and clients send.
const HEADERS: [&str; 2] = ["x-regatta-csrf", "x-octopus-csrf-token"];

/// The token that belongs to a session. It cannot be turned back into the session's own token.
pub(crate) fn token(session: &str) -> String {
    let digest = Sha256::new()
        .chain_update(b"regatta csrf token of ")
        .chain_update(session)
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// 403 unless the request comes from our own pages.
pub(crate) fn check(method: &Method, headers: &HeaderMap, session: &str) -> Result<(), ApiError> {
    if method.is_safe() {
        return Ok(());
    }
    same_origin(headers)?;
    let expected = token(session);
    let sent = HEADERS.iter().filter_map(|name| headers.get(*name));
    let matches = sent
        .into_iter()
        .any(|value| bool::from(value.as_bytes().ct_eq(expected.as_bytes())));
    if matches {
        Ok(())
    } else {
        Err(refused("it does not carry this session's token"))
    }
}

/// 403 when the browser says that another site is behind the request.
pub(crate) fn same_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site"))
        && !matches!(site, "same-origin" | "none")
    {
        return Err(refused("another site caused it"));
    }
    let Some(origin) = text(header::ORIGIN) else {
        return Ok(());
    };
    let host = text(header::HOST).unwrap_or_default();
    let origin_host = origin.split_once("://").map_or(origin, |(_, host)| host);
    if origin_host.eq_ignore_ascii_case(host) {
        Ok(())
    } else {
        Err(refused("it comes from another origin"))
    }
}

fn refused(why: &str) -> ApiError {
    ApiError::new(axum::http::StatusCode::FORBIDDEN, "ForeignRequest", format!("The request was refused because {why}."))
        .help("Requests that rely on the session cookie need the header X-Regatta-Csrf with the token that signing in answered. Programs should use an API key.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn a_state_change_needs_the_token_and_our_origin() {
        let token = token("session");
        let ours = [
            ("host", "h:1"),
            ("origin", "http://h:1"),
            ("sec-fetch-site", "same-origin"),
            ("x-regatta-csrf", token.as_str()),
        ];
        assert!(check(&Method::POST, &headers(&ours), "session").is_ok());
        assert!(check(&Method::POST, &headers(&ours), "another session").is_err());
        assert!(check(&Method::POST, &headers(&ours[..3]), "session").is_err());
        assert!(check(&Method::GET, &headers(&[]), "session").is_ok());
        for evil in [
            ("origin", "http://evil"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let mut all = headers(&ours);
            all.insert(evil.0, evil.1.parse().unwrap());
            assert!(check(&Method::POST, &all, "session").is_err(), "{evil:?}");
        }
    }

    #[test]
    fn the_session_itself_is_no_token() {
        assert_ne!(token("session"), "session");
        assert!(
            check(
                &Method::PUT,
                &headers(&[("x-regatta-csrf", "session")]),
                "session"
            )
            .is_err()
        );
    }
}
