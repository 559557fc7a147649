//! The forms a secret is likely to be printed in.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::CHARS_MIN;

/// Bytes that fill one line of base64 as tools wrap it: at 64 characters (PEM) and at 76 (MIME).
const WRAPS: [usize; 2] = [48, 57];

/// Adds every form of a secret: its lines one by one, and the whole in encodings without line breaks.
pub(super) fn push(secret: &str, patterns: &mut Vec<String>) {
    for line in secret.lines() {
        add(line, patterns);
        add(line.trim(), patterns);
        if is_long_enough(line) {
            encoded(line, patterns);
        }
    }
    if secret.contains('\n') && is_long_enough(secret) {
        encoded(secret, patterns);
        encoded(secret.trim_end(), patterns);
    }
}

fn is_long_enough(text: &str) -> bool {
    text.trim().chars().nth(CHARS_MIN - 1).is_some()
}

/// A pattern never spans lines, so that a finished line can always be let go.
fn add(form: &str, patterns: &mut Vec<String>) {
    if is_long_enough(form) && !form.contains('\n') {
        patterns.push(form.to_owned());
    }
}

fn encoded(text: &str, patterns: &mut Vec<String>) {
    base64(text, patterns);
    for kept in ["-_.~", "-_.!~*'()", "-_.~:/?#[]@!$&'()*+,;="] {
        let upper = percent(text, kept);
        add(&upper.replace("%20", "+"), patterns);
        add(&lower_escapes(&upper), patterns);
        add(&upper, patterns);
    }
    for escaped in [json(text, false), json(text, true)] {
        add(&escaped.replace('/', "\\/"), patterns);
        add(&escaped, patterns);
    }
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    add(&hex.to_uppercase(), patterns);
    add(&hex, patterns);
    markup(text, patterns);
    add(&text.replace('\'', "'\\''"), patterns);
    add(&text.replace('\'', "''"), patterns);
    add(&text.replace('"', "\"\""), patterns);
}

fn markup(text: &str, patterns: &mut Vec<String>) {
    let basic = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let quoted = basic.replace('"', "&quot;");
    add(&quoted.replace('\'', "&#39;"), patterns);
    add(&quoted.replace('\'', "&apos;"), patterns);
    add(&quoted, patterns);
    add(&basic, patterns);
}

/// Wherever a text stands inside something encoded, it starts at one of three places of a group
/// of four characters. Characters it shares with its neighbours are left out.
fn base64(text: &str, patterns: &mut Vec<String>) {
    let mut add_both = |standard: &str| {
        add(standard, patterns);
        add(&standard.replace('+', "-").replace('/', "_"), patterns);
    };
    for shift in 0..3 {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(text.as_bytes());
        let own = if shift == 0 { 0 } else { shift + 1 };
        let full = bytes.len() * 8 / 6;
        add_both(&STANDARD.encode(&bytes)[own..full]);
    }
    add_both(&STANDARD.encode(text));
    add(URL_SAFE.encode(text).trim_end_matches('='), patterns);
    for wrap in WRAPS.into_iter().filter(|wrap| text.len() > *wrap) {
        for line in text.as_bytes().chunks(wrap) {
            add(&STANDARD.encode(line), patterns);
        }
    }
}

fn percent(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn lower_escapes(upper: &str) -> String {
    let mut parts = upper.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(part.len().min(2));
        out.push('%');
        out.push_str(&code.to_lowercase());
        out.push_str(rest);
    }
    out
}

/// As in a JSON string, with or without escapes for everything beyond ASCII.
fn json(text: &str, ascii_only: bool) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = &quoted[1..quoted.len() - 1];
    if !ascii_only {
        return inner.to_owned();
    }
    let mut out = String::with_capacity(inner.len());
    for c in inner.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}
