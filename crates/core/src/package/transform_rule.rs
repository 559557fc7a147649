//! Which files of a package transform which: `Web.Release.config` changes `Web.config`, and what else a step says.
//! Names are the same in any case of letters here, as they are where such files come from.

use std::collections::BTreeMap;
use std::fmt;

/// A rule of which file transforms which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformRule {
    /// As written.
    text: String,
    /// The transform, with `/` between its parts.
    transform: String,
    /// What it changes; none for what lies beside it and is called so without its last part but one.
    target: Option<String>,
}

impl fmt::Display for TransformRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{line}' does not say which file transforms which; write Web.Other.config => Web.config, with paths from one to the other inside of the package"
)]
pub struct TransformRuleError {
    pub line: String,
}

/// A file of a package and what changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transforming {
    pub target: String,
    /// In this order.
    pub transforms: Vec<String>,
}

impl Transforming {
    /// Whether this file is one of those that change it.
    #[must_use]
    pub fn is_by(&self, path: &str) -> bool {
        self.transforms.iter().any(|transform| transform == path)
    }
}

impl TransformRule {
    /// Of files called after something: `Web.Release.config` for `Release`.
    #[must_use]
    pub fn called(name: &str) -> Self {
        Self {
            text: name.to_owned(),
            transform: name.to_owned(),
            target: None,
        }
    }

    /// Rules parted by commas or line ends.
    ///
    /// # Errors
    /// Naming the first that is none.
    pub fn parse(text: &str) -> Result<Vec<Self>, TransformRuleError> {
        let lines = text.split([',', '\n', '\r']).map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(Self::one)
            .collect()
    }

    fn one(line: &str) -> Result<Self, TransformRuleError> {
        let wrong = || TransformRuleError {
            line: line.chars().take(200).collect(),
        };
        let clean = |path: &str| {
            let path = path.trim().replace('\\', "/");
            let path = path.trim_start_matches("./").to_owned();
            let is_whole = path.starts_with('/') || path.get(1..2) == Some(":");
            let is_name = !path.is_empty() && !path.ends_with('/');
            (is_name && !is_whole).then_some(path).ok_or_else(wrong)
        };
        let Some((transform, target)) = line.split_once("=>") else {
            return Ok(Self {
                transform: clean(line)?,
                ..Self::called(line)
            });
        };
        if target.contains("=>") {
            return Err(wrong());
        }
        Ok(Self {
            text: line.to_owned(),
            transform: clean(transform)?,
            target: Some(clean(target)?),
        })
    }

    /// What the transforms of a file are called, if this changes it. All in small letters.
    fn wanted(&self, target: &str) -> Option<Wanted> {
        let (target_folder, target_name) = parts(target);
        let rule = self.transform.to_lowercase();
        let Some(own) = self.target.as_deref().map(str::to_lowercase) else {
            let stem = target_name.strip_suffix(".config")?;
            return Some(Wanted::new(target_folder, format!("{stem}.{rule}")));
        };
        let (own_folder, own_name) = parts(&own);
        let (rule_folder, rule_name) = parts(&rule);
        let base = without_end(target_folder, own_folder)?;
        let name = match (own_name.strip_prefix('*'), rule_name.strip_prefix('*')) {
            // `*.Release.config` changes the `*.config` that begins alike.
            (Some(own_end), Some(rule_end)) if !rule_end.contains('*') => {
                format!("{}{rule_end}", target_name.strip_suffix(own_end)?)
            }
            (Some(own_end), _) if target_name.ends_with(own_end) => rule_name.to_owned(),
            (None, _) if target_name == own_name => rule_name.to_owned(),
            _ => return None,
        };
        Some(Wanted::new(&joined(base, rule_folder)?, name))
    }
}

/// What a transform is called, and where it lies.
struct Wanted {
    folder: String,
    /// With and without the ending that may be left out; a `*` stands for anything.
    names: Vec<String>,
}

impl Wanted {
    fn new(folder: &str, name: String) -> Self {
        let mut names = Vec::new();
        if !name.ends_with(".config") {
            names.push(format!("{name}.config"));
        }
        names.push(name);
        Self {
            folder: folder.to_owned(),
            names,
        }
    }

    fn means(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| fits(wanted, name))
    }
}

/// The files of a package by folder and name, in small letters.
#[derive(Default)]
struct Index<'p>(BTreeMap<String, BTreeMap<String, Vec<&'p String>>>);

impl<'p> Index<'p> {
    fn of(paths: &'p [String]) -> Self {
        let mut index = Self::default();
        for path in paths {
            let lower = path.to_lowercase();
            let (folder, name) = parts(&lower);
            let folder = index.0.entry(folder.to_owned()).or_default();
            folder.entry(name.to_owned()).or_default().push(path);
        }
        index
    }

    fn find(&self, wanted: &Wanted) -> Vec<&'p String> {
        let Some(folder) = self.0.get(&wanted.folder) else {
            return Vec::new();
        };
        let is_pattern = wanted.names.iter().any(|name| name.contains('*'));
        if !is_pattern {
            let named = wanted.names.iter().filter_map(|name| folder.get(name));
            return named.flatten().copied().collect();
        }
        let named = folder.iter().filter(|(name, _)| wanted.means(name));
        named.flat_map(|(_, paths)| paths).copied().collect()
    }
}

/// The files that are changed, in the order of their paths, each by what the rules say in their order. The second list
/// are the rules that nothing came of.
#[must_use]
pub fn transforming<'r>(
    rules: &'r [TransformRule],
    paths: &[String],
) -> (Vec<Transforming>, Vec<&'r TransformRule>) {
    let index = Index::of(paths);
    let mut is_idle = vec![true; rules.len()];
    let mut all = Vec::new();
    for target in paths {
        let lower = target.to_lowercase();
        let mut transforms: Vec<String> = Vec::new();
        for (rule, is_idle) in rules.iter().zip(&mut is_idle) {
            let wanted = rule.wanted(&lower);
            for transform in wanted.iter().flat_map(|wanted| index.find(wanted)) {
                // One that two rules mean is applied once.
                if transform.to_lowercase() != lower && !transforms.contains(transform) {
                    *is_idle = false;
                    transforms.push(transform.clone());
                }
            }
        }
        if !transforms.is_empty() {
            all.push(Transforming {
                target: target.clone(),
                transforms,
            });
        }
    }
    let idle = rules.iter().zip(is_idle).filter(|(_, is_idle)| *is_idle);
    (all, idle.map(|(rule, _)| rule).collect())
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((before, behind)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut rest) = name.strip_prefix(before) else {
        return false;
    };
    let mut pieces: Vec<&str> = behind.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Folder and name of a path.
fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folder that another one is below.
fn without_end<'f>(folder: &'f str, end: &str) -> Option<&'f str> {
    if end.is_empty() {
        return Some(folder);
    }
    let base = folder.strip_suffix(end)?;
    if base.is_empty() {
        Some(base)
    } else {
        base.strip_suffix('/')
    }
}

/// A folder from another one; `..` leads up, but never out.
fn joined(base: &str, way: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in way
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rules: &[TransformRule], paths: &[&str]) -> Vec<String> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let (all, _) = transforming(rules, &paths);
        all.iter()
            .map(|one| format!("{} < {}", one.target, one.transforms.join(" ")))
            .collect()
    }

    #[test]
    fn files_called_after_a_release_an_environment_and_a_tenant_change_what_lies_beside_them() {
        let rules = ["Release", "Test"].map(TransformRule::called);
        let paths = [
            "Web.config",
            "web.release.config",
            "Web.Test.config",
            "web.Debug.config",
            "a/Web.Release.config",
            "a/b/Shop.exe.config",
            "a/b/Shop.exe.Test.config",
            "Release.config",
        ];
        assert_eq!(
            found(&rules, &paths),
            [
                "Web.config < web.release.config Web.Test.config",
                "a/b/Shop.exe.config < a/b/Shop.exe.Test.config"
            ]
        );
    }

    #[test]
    fn rules_name_files_and_ways_between_them() {
        for (rule, transform, target) in [
            (
                "Extra.config => Web.config",
                "a/Extra.config",
                "a/Web.config",
            ),
            ("Extra=>Web.config", "Extra.config", "web.config"),
            (
                "Path\\Extra.config => Web.config",
                "a/Path/Extra.config",
                "a/Web.config",
            ),
            (
                "..\\x\\Extra.config => Web.config",
                "x/Extra.config",
                "a/Web.config",
            ),
            (
                "*.Extra.config => *.config",
                "foo.Extra.config",
                "foo.config",
            ),
            ("*.Extra.xml => *.xml", "foo.Extra.xml", "foo.xml"),
            (
                "*.Extra.config => Web.config",
                "foo.Extra.config",
                "Web.config",
            ),
            (
                "Extra.config => Path\\*.config",
                "Extra.config",
                "Path/foo.config",
            ),
            ("Ex*a.config => Web.config", "Extra.config", "Web.config"),
            ("Extra.config", "Web.Extra.config", "Web.config"),
        ] {
            let rules = TransformRule::parse(rule).unwrap();
            assert_eq!(
                found(&rules, &[transform, target]),
                [format!("{target} < {transform}")],
                "{rule}"
            );
        }
    }

    #[test]
    fn rules_that_do_not_fit_join_nothing_and_are_told() {
        for (rule, transform, target) in [
            (
                "Extra.config => Web.config",
                "b/Extra.config",
                "a/Web.config",
            ),
            (
                "Path\\Extra.config => Web.config",
                "Extra.config",
                "Web.config",
            ),
            (
                "*.Extra.config => *.config",
                "foo.Extra.config",
                "bar.config",
            ),
            (
                "..\\Extra.config => Web.config",
                "Extra.config",
                "Web.config",
            ),
            ("Web.config => Web.config", "Web.config", "Other.config"),
        ] {
            let rules = TransformRule::parse(rule).unwrap();
            let paths = [transform.to_owned(), target.to_owned()];
            let (all, idle) = transforming(&rules, &paths);
            assert!(all.is_empty(), "{rule}");
            assert_eq!(idle, rules.iter().collect::<Vec<_>>(), "{rule}");
        }
        for bad in [
            "/etc/a => b",
            "C:\\a => b",
            "a => b => c",
            "a =>",
            "a/ => b",
        ] {
            assert!(TransformRule::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_two_rules_mean_is_done_once_and_rules_come_in_their_order() {
        let mut rules =
            TransformRule::parse("Web.Test.config => Web.config, Web.Extra.config=>Web.config")
                .unwrap();
        rules.extend(["Release", "Test", "test"].map(TransformRule::called));
        assert_eq!(
            found(
                &rules,
                &[
                    "Web.Test.config",
                    "Web.Extra.config",
                    "Web.Release.config",
                    "Web.config"
                ]
            ),
            ["Web.config < Web.Test.config Web.Extra.config Web.Release.config"]
        );
    }
}
