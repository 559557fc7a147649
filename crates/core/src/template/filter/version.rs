//! Parts of version numbers, read tolerantly: `v1.2`, `1.2.3.4-beta.5+sha`, `2.0_rc1`.

use super::Input;

struct Version<'a> {
    numbers: Vec<&'a str>,
    pre_release: &'a str,
    metadata: &'a str,
}

/// `None` when it does not start with a number.
fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (text, metadata) = text.split_once('+').unwrap_or((text, ""));
    let mut numbers = Vec::new();
    let mut rest = text;
    while numbers.len() < 4 {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        numbers.push(&rest[..digits]);
        rest = &rest[digits..];
        match rest.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) && numbers.len() < 4 => {
                rest = next;
            }
            _ => break,
        }
    }
    let pre_release = rest
        .strip_prefix(['-', '.', '_', '\\', '/'])
        .unwrap_or(rest);
    (!numbers.is_empty()).then_some(Version {
        numbers,
        pre_release,
        metadata,
    })
}

fn number(input: &Input<'_>, position: usize) -> Option<String> {
    let value = input.alone()?;
    let version = parse(value);
    let digits = version
        .as_ref()
        .and_then(|version| version.numbers.get(position))
        .copied()
        .unwrap_or("0");
    let short = digits.trim_start_matches('0');
    Some(if short.is_empty() { "0" } else { short }.to_owned())
}

fn label(input: &Input<'_>, part: impl Fn(&Version<'_>) -> String) -> Option<String> {
    let value = input.alone()?;
    Some(parse(value).as_ref().map(part).unwrap_or_default())
}

pub(super) fn major(input: &Input<'_>) -> Option<String> {
    number(input, 0)
}

pub(super) fn minor(input: &Input<'_>) -> Option<String> {
    number(input, 1)
}

pub(super) fn patch(input: &Input<'_>) -> Option<String> {
    number(input, 2)
}

pub(super) fn revision(input: &Input<'_>) -> Option<String> {
    number(input, 3)
}

pub(super) fn pre_release(input: &Input<'_>) -> Option<String> {
    label(input, |version| version.pre_release.to_owned())
}

/// `beta` of `beta.5`.
pub(super) fn pre_release_prefix(input: &Input<'_>) -> Option<String> {
    label(input, |version| split(version.pre_release).0.to_owned())
}

/// `5` of `beta.5`.
pub(super) fn pre_release_counter(input: &Input<'_>) -> Option<String> {
    label(input, |version| split(version.pre_release).1.to_owned())
}

pub(super) fn metadata(input: &Input<'_>) -> Option<String> {
    label(input, |version| version.metadata.to_owned())
}

/// At the first separator, as Octopus does; the separator belongs to neither part.
fn split(pre_release: &str) -> (&str, &str) {
    pre_release
        .split_once(['.', '-', '_', '\\', '/'])
        .unwrap_or((pre_release, ""))
}
