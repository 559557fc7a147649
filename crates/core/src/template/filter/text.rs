//! Cutting, joining, searching.

use regex::{NoExpand, Regex, RegexBuilder};

use super::{Input, yes_or_no};

pub(super) fn to_lower(input: &Input<'_>) -> Option<String> {
    input.alone().map(str::to_lowercase)
}

pub(super) fn to_upper(input: &Input<'_>) -> Option<String> {
    input.alone().map(str::to_uppercase)
}

pub(super) fn trim(input: &Input<'_>) -> Option<String> {
    let value = input.value?;
    let trimmed = match input.options {
        [] => value.trim(),
        [side] if side.eq_ignore_ascii_case("start") => value.trim_start(),
        [side] if side.eq_ignore_ascii_case("end") => value.trim_end(),
        _ => return None,
    };
    Some(trimmed.to_owned())
}

/// The first `n` characters, and a suffix (`...`) when something was cut off.
pub(super) fn truncate(input: &Input<'_>) -> Option<String> {
    let value = input.value?;
    let (length, suffix) = match input.options {
        [length] => (length, "..."),
        [length, suffix] => (length, *suffix),
        _ => return None,
    };
    let length: usize = length.trim().parse().ok()?;
    match value.char_indices().nth(length) {
        Some((end, _)) => Some(format!("{}{suffix}", &value[..end])),
        None => Some(value.to_owned()),
    }
}

pub(super) fn substring(input: &Input<'_>) -> Option<String> {
    let value = input.value?;
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let (start, length) = match input.options {
        [length] => (0, number(length)?),
        [start, length] => (number(start)?, number(length)?),
        _ => return None,
    };
    if start > value.chars().count() {
        return None;
    }
    Some(value.chars().skip(start).take(length).collect())
}

/// Also makes a value where there was none.
pub(super) fn append(input: &Input<'_>) -> Option<String> {
    match input.options {
        [] => None,
        options => Some(format!(
            "{}{}",
            input.value.unwrap_or_default(),
            options.concat()
        )),
    }
}

/// Also makes a value where there was none.
pub(super) fn prepend(input: &Input<'_>) -> Option<String> {
    match input.options {
        [] => None,
        options => Some(format!(
            "{}{}",
            options.concat(),
            input.value.unwrap_or_default()
        )),
    }
}

/// Widest indentation by number; more is given as text.
const INDENT_MAX: usize = 255;

/// Text before the first line and after every line break; empty text stays empty.
pub(super) fn indent(input: &Input<'_>) -> Option<String> {
    let value = input.value?;
    let (first, rest) = match input.options {
        [] => (" ".repeat(4), " ".repeat(4)),
        [one] => one_indent(one),
        [first, rest] => ((*first).to_owned(), (*rest).to_owned()),
        _ => return None,
    };
    if value.is_empty() {
        return Some(String::new());
    }
    Some(format!(
        "{first}{}",
        value.replace('\n', &format!("\n{rest}"))
    ))
}

fn one_indent(option: &str) -> (String, String) {
    let spaces = |text: &str| {
        text.trim()
            .parse()
            .ok()
            .filter(|n| *n <= INDENT_MAX)
            .map(|n| " ".repeat(n))
    };
    if let Some(both) = spaces(option) {
        return (both.clone(), both);
    }
    if let Some((first, rest)) = option.split_once('/') {
        let first = if first.is_empty() {
            Some(String::new())
        } else {
            spaces(first)
        };
        if let (Some(first), Some(rest)) = (first, spaces(rest)) {
            return (first, rest);
        }
    }
    (option.to_owned(), option.to_owned())
}

/// Bound on the memory of a compiled pattern, so that none can be made to hurt.
const REGEX_BYTES_MAX: usize = 1 << 20;

fn regex(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .build()
        .ok()
}

pub(super) fn replace(input: &Input<'_>) -> Option<String> {
    let value = input.value?;
    let (pattern, replacement) = match input.options {
        [pattern] => (pattern, ""),
        [pattern, replacement] => (pattern, *replacement),
        _ => return None,
    };
    let regex = regex(pattern)?;
    if !replacement.contains('$') {
        return Some(regex.replace_all(value, NoExpand(replacement)).into_owned());
    }
    Some(
        regex
            .replace_all(value, braced_groups(replacement, &regex).as_str())
            .into_owned(),
    )
}

/// .NET reads `$1x` as group 1 and an `x`, and keeps `$` before what is no group; the `regex`
/// crate reads a group named `1x` and drops what it does not know.
fn braced_groups(replacement: &str, regex: &Regex) -> String {
    let mut out = String::with_capacity(replacement.len() + 8);
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push_str("$$");
            rest = after;
            continue;
        }
        let (group, after) = group_at(rest);
        match group {
            Some(group) if is_group(group, regex) => {
                out.push_str(&format!("${{{group}}}"));
                rest = after;
            }
            _ => out.push_str("$$"),
        }
    }
    out.push_str(rest);
    out
}

/// The group named behind a `$`: digits, `&` for the whole match, or a name in braces.
fn group_at(rest: &str) -> (Option<&str>, &str) {
    if let Some(after) = rest.strip_prefix('&') {
        return (Some("0"), after);
    }
    if let Some((name, after)) = rest
        .strip_prefix('{')
        .and_then(|inner| inner.split_once('}'))
    {
        return (Some(name), after);
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (
        Some(&rest[..digits]).filter(|digits| !digits.is_empty()),
        &rest[digits..],
    )
}

fn is_group(group: &str, regex: &Regex) -> bool {
    match group.parse::<usize>() {
        Ok(number) => number < regex.captures_len(),
        Err(_) => regex.capture_names().flatten().any(|name| name == group),
    }
}

pub(super) fn matches(input: &Input<'_>) -> Option<String> {
    let (value, pattern) = input.with_one()?;
    Some(yes_or_no(regex(pattern)?.is_match(value)))
}

pub(super) fn starts_with(input: &Input<'_>) -> Option<String> {
    input
        .with_one()
        .map(|(value, text)| yes_or_no(value.starts_with(text)))
}

pub(super) fn ends_with(input: &Input<'_>) -> Option<String> {
    input
        .with_one()
        .map(|(value, text)| yes_or_no(value.ends_with(text)))
}

pub(super) fn contains(input: &Input<'_>) -> Option<String> {
    input
        .with_one()
        .map(|(value, text)| yes_or_no(value.contains(text)))
}
