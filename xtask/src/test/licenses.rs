//! Every dependency's licence must be built from those `deny.toml` allows.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::server_process::repository;

pub(crate) fn check() -> Result<()> {
    let allowed = allowed()?;
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(repository())
        .output()?;
    if !output.status.success() {
        bail!(
            "`cargo metadata` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists packages")?;
    let mut refused = Vec::new();
    let mut checked = 0;
    for package in packages
        .iter()
        .filter(|package| !package["source"].is_null())
    {
        let license = package["license"].as_str().unwrap_or_default();
        checked += 1;
        if !is_allowed(license, &allowed) {
            refused.push(format!(
                "{} {}: '{license}'",
                package["name"], package["version"]
            ));
        }
    }
    if !refused.is_empty() {
        bail!(
            "licences that deny.toml does not allow:\n  {}",
            refused.join("\n  ")
        );
    }
    println!(
        "{checked} dependencies, all under {} permissive licences",
        allowed.len()
    );
    Ok(())
}

/// The quoted texts of `allow = [ … ]`.
fn allowed() -> Result<BTreeSet<String>> {
    let path = repository().join("deny.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let (_, list) = text
        .split_once("\nallow = [")
        .context("deny.toml has a list `allow`")?;
    let (list, _) = list
        .split_once(']')
        .context("the list `allow` of deny.toml ends")?;
    Ok(list
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect())
}

/// Whether an SPDX expression can be met with allowed licences. `/` is the old way to write OR.
fn is_allowed(license: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = license
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let is_met = any(&mut words, allowed);
    is_met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut is_met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        // Not short-circuited: the words must be read either way.
        is_met |= all(words, allowed);
    }
    is_met
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut is_met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        is_met &= one(words, allowed);
    }
    is_met
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    match words.next() {
        Some("(") => {
            let is_met = any(words, allowed);
            is_met && words.next() == Some(")")
        }
        Some(name) => match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
            Some(exception) => allowed.contains(&format!("{name} WITH {exception}")),
            None => allowed.contains(name),
        },
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_or_not() {
        let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "ISC"]
            .map(str::to_owned)
            .into();
        for (license, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("ISC AND (GPL-3.0-only OR Apache-2.0)", true),
            ("(MIT OR ISC) AND GPL-3.0-only", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0 WITH other-exception", false),
            ("", false),
            ("MIT ISC", false),
        ] {
            assert_eq!(is_allowed(license, &allowed), expected, "{license}");
        }
    }
}
