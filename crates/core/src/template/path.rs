//! Names as paths: `Octopus.Action[Step A].Output.X` is four steps down a tree.
//!
//! A path has one spelling as a key: lower case, names joined by `.`, indexes in `[ ]`.
//! Brackets in an index are balanced, so no two paths share a key and all children of a
//! node share a prefix.

use super::ast::Step;
use super::parse;

/// A path with every step known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    Name(String),
    Index(String),
    First,
}

/// What two names are compared by.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.to_lowercase()
    }
}

/// Appends `.name` or `[index]` to a key.
pub(super) fn push_name(key: &mut String, name: &str) {
    if !key.is_empty() {
        key.push('.');
    }
    key.push_str(&fold(name));
}

/// Appends `[index]` to a key.
pub(super) fn push_index(key: &mut String, index: &str) {
    key.push('[');
    key.push_str(&fold(index.trim()));
    key.push(']');
}

/// The key of a variable's name. A name the language cannot spell gets a key no path has,
/// so that only a direct question for that name finds it.
#[must_use]
pub fn key_of(name: &str) -> String {
    let name = name.trim();
    if is_simple(name) {
        return name.to_ascii_lowercase();
    }
    let mut key = String::with_capacity(name.len());
    if let Some(symbol) = parse::name(name) {
        for step in &symbol.steps {
            match step {
                Step::Name(name) => push_name(&mut key, name),
                Step::Index(index) => push_index(&mut key, index),
                Step::First => push_index(&mut key, "*"),
                Step::IndexOf(_) => return unspellable(name),
            }
        }
        return key;
    }
    unspellable(name)
}

fn unspellable(name: &str) -> String {
    format!("\0{}", fold(name))
}

/// Most names are words joined by dots; those need no parser.
fn is_simple(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    name.bytes().all(plain)
        && !name.is_empty()
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
}

/// The index at the start of `rest`, which begins behind a `[`; ends at the matching `]`.
pub(super) fn index_at(rest: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 0 => return Some(&rest[..at]),
            b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_key() {
        for (name, key) in [
            ("A", "a"),
            ("A.B", "a.b"),
            (" A . B ", "a.b"),
            ("A[B].C", "a[b].c"),
            ("A[ B.C ]", "a[b.c]"),
            ("A[B[C]]", "a[b[c]]"),
            ("A[]", "a[]"),
            (
                "Octopus.Action[Step A].Output.Größe",
                "octopus.action[step a].output.größe",
            ),
            ("50% off", "\u{0}50% off"),
            ("A..B", "\u{0}a..b"),
            ("A[B", "\u{0}a[b"),
        ] {
            assert_eq!(key_of(name), key, "{name}");
        }
    }
}
