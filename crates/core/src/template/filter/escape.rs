//! Escaping for the formats values are put into.

use std::fmt::Write as _;

use super::Input;

fn each_char(input: &Input<'_>, escape: impl Fn(char, &mut String)) -> Option<String> {
    let value = input.alone()?;
    let mut out = String::with_capacity(value.len());
    value.chars().for_each(|c| escape(c, &mut out));
    Some(out)
}

pub(super) fn html(input: &Input<'_>) -> Option<String> {
    each_char(input, |c, out| match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&apos;"),
        '/' => out.push_str("&#x2F;"),
        c => out.push(c),
    })
}

pub(super) fn xml(input: &Input<'_>) -> Option<String> {
    each_char(input, |c, out| match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&apos;"),
        c => out.push(c),
    })
}

/// The letter behind the backslash for what most formats escape alike.
const fn short_escape(c: char) -> Option<char> {
    match c {
        '\r' => Some('r'),
        '\n' => Some('n'),
        '\t' => Some('t'),
        '"' | '\\' => Some(c),
        _ => None,
    }
}

fn push_escaped(out: &mut String, letter: char) {
    out.push('\\');
    out.push(letter);
}

/// `\uXXXX` for each UTF-16 unit.
fn push_units(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

pub(super) fn json(input: &Input<'_>) -> Option<String> {
    each_char(input, |c, out| match short_escape(c) {
        Some(letter) => push_escaped(out, letter),
        None => out.push(c),
    })
}

pub(super) fn yaml_double(input: &Input<'_>) -> Option<String> {
    each_char(input, |c, out| match short_escape(c) {
        Some(letter) => push_escaped(out, letter),
        None if c.is_ascii() => out.push(c),
        None => push_units(out, c),
    })
}

/// Quotes are doubled, and every run of line breaks gets one more, as YAML folds one away.
pub(super) fn yaml_single(input: &Input<'_>) -> Option<String> {
    let value = input.alone()?;
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let breaks = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        if breaks > 0 {
            let line_break = if rest.starts_with("\r\n") {
                "\r\n"
            } else {
                &rest[..1]
            };
            out.push_str(line_break);
            out.push_str(&rest[..breaks]);
            rest = &rest[breaks..];
            continue;
        }
        out.push_str(if c == '\'' {
            "''"
        } else {
            &rest[..c.len_utf8()]
        });
        rest = &rest[c.len_utf8()..];
    }
    Some(out)
}

fn properties(c: char, out: &mut String) {
    match c {
        '\\' | '\r' | '\n' | '\t' => push_escaped(out, short_escape(c).unwrap_or(c)),
        c if c as u32 <= 0xFF => out.push(c),
        c => push_units(out, c),
    }
}

pub(super) fn properties_key(input: &Input<'_>) -> Option<String> {
    each_char(input, |c, out| match c {
        ' ' | ':' | '=' => push_escaped(out, c),
        c => properties(c, out),
    })
}

pub(super) fn properties_value(input: &Input<'_>) -> Option<String> {
    let escaped = each_char(input, properties)?;
    Some(if escaped.starts_with(' ') {
        format!("\\{escaped}")
    } else {
        escaped
    })
}

/// Escapes a whole URI: what has a meaning in one stays.
pub(super) fn uri(input: &Input<'_>) -> Option<String> {
    each_char(input, |c, out| percent(c, "-_.~:/?#[]@!$&'()*+,;=", out))
}

/// Escapes a part of a URI: only what never has a meaning stays.
pub(super) fn uri_data(input: &Input<'_>) -> Option<String> {
    each_char(input, |c, out| percent(c, "-_.~", out))
}

fn percent(c: char, kept: &str, out: &mut String) {
    if c.is_ascii_alphanumeric() || kept.contains(c) {
        return out.push(c);
    }
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        // Writing to a String cannot fail.
        let _ = write!(out, "%{byte:02X}");
    }
}
