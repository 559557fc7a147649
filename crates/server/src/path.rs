//! Request paths as segments. The raw path is split first and each segment decoded afterwards, because a
//! segment may hold an encoded `/` (a git ref such as `refs%2Fheads%2Fmain`).

use axum::http::StatusCode;

use crate::error::ApiError;

/// No real path is longer; a bound keeps matching cheap.
const SEGMENTS_MAX: usize = 32;

/// The decoded segments of a raw path. One slash at the end is ignored; empty segments elsewhere match nothing.
pub(crate) fn segments(raw: &str) -> Result<Vec<String>, ApiError> {
    let raw = raw.strip_prefix('/').unwrap_or(raw);
    let raw = raw.strip_suffix('/').unwrap_or(raw);
    if raw.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<_> = raw.split('/').collect();
    if parts.len() > SEGMENTS_MAX {
        return Err(ApiError::not_found(
            &raw.chars().take(200).collect::<String>(),
        ));
    }
    parts.into_iter().map(|part| decode(part, false)).collect()
}

/// Decodes `%XX`, and `+` as a space where `plus_is_space` (queries only).
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let pair = (rest.next().and_then(hex), rest.next().and_then(hex));
                let (Some(high), Some(low)) = pair else {
                    return Err(bad_url("'%' is not followed by two hexadecimal digits"));
                };
                bytes.push(high << 4 | low);
            }
            b'+' if plus_is_space => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    // No id or name holds a NUL, and PostgreSQL cannot even be asked about one.
    if bytes.contains(&0) {
        return Err(bad_url("it holds a NUL character"));
    }
    String::from_utf8(bytes).map_err(|_| bad_url("its decoded bytes are not UTF-8"))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

fn bad_url(why: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "BadUrl",
        format!("The address cannot be read: {why}."),
    )
}

/// Encodes what must not stand in a segment or a query value as it is.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        assert_eq!(
            segments("/api/x/refs%2Fheads%2Fmain/y/").unwrap(),
            ["api", "x", "refs/heads/main", "y"]
        );
        assert_eq!(segments("/api//x").unwrap(), ["api", "", "x"]);
        assert_eq!(segments("/").unwrap(), [""; 0]);
        for bad in ["/%", "/%4", "/%zz", "/%ff", "/a%00"] {
            assert_eq!(
                segments(bad).unwrap_err().status(),
                StatusCode::BAD_REQUEST,
                "{bad}"
            );
        }
    }

    #[test]
    fn plus_is_a_space_in_queries_only() {
        assert_eq!(decode("a+b%20c", true).unwrap(), "a b c");
        assert_eq!(decode("a+b", false).unwrap(), "a+b");
        assert_eq!(decode(&encode("a +/ü"), true).unwrap(), "a +/ü");
    }
}
