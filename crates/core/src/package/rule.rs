//! What a channel, or somebody who looks for versions, allows: a range of versions and a pattern for what stands behind
//! the numbers.

use fancy_regex::Regex;

use super::range::{Range, RangeError};
use crate::version::Version;

/// Patterns are short; a long one is a mistake or an attack.
const PATTERN_CHARS_MAX: usize = 500;
/// Steps of matching one version. A pattern that needs more is one that explodes.
const STEPS_MAX: usize = 100_000;

/// A range and a pattern; each may be left out.
#[derive(Debug, Clone, Default)]
pub struct VersionRule {
    range: Option<Range>,
    tag: Option<Regex>,
}

/// Why a rule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error(transparent)]
    Range(#[from] RangeError),
    #[error("'{pattern}' is not a regular expression: {why}")]
    Tag { pattern: String, why: String },
}

/// Why a version is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is not in the version range {0}")]
    Range(String),
    #[error("its pre-release tag '{tag}' does not match {pattern}")]
    Tag { tag: String, pattern: String },
}

impl VersionRule {
    /// Empty texts allow everything.
    ///
    /// # Errors
    /// When a text is no range, or no pattern.
    pub fn new(range: &str, tag: &str) -> Result<Self, RuleError> {
        let (range, tag) = (range.trim(), tag.trim());
        let range = (!range.is_empty()).then(|| range.parse()).transpose()?;
        let tag = (!tag.is_empty()).then(|| pattern(tag)).transpose()?;
        Ok(Self { range, tag })
    }

    /// # Errors
    /// Saying why the version is not allowed.
    pub fn check(&self, version: &Version) -> Result<(), Refusal> {
        if let Some(range) = &self.range
            && !range.contains(version)
        {
            return Err(Refusal::Range(range.as_str().to_owned()));
        }
        let Some(regex) = &self.tag else {
            return Ok(());
        };
        let tag = tag_of(version);
        // One that takes too many steps has not matched.
        if regex.is_match(&tag).unwrap_or(false) {
            return Ok(());
        }
        let pattern = regex.as_str().to_owned();
        Err(Refusal::Tag { tag, pattern })
    }

    #[must_use]
    pub fn allows(&self, version: &Version) -> bool {
        self.check(version).is_ok()
    }
}

/// What a pattern sees of a version: `beta.1` of `1.0.0-beta.1`, `+5` of `1.0.0+5`, nothing of `1.0.0`.
fn tag_of(version: &Version) -> String {
    match version.metadata() {
        "" => version.pre_release().to_owned(),
        metadata => format!("{}+{metadata}", version.pre_release()),
    }
}

fn pattern(text: &str) -> Result<Regex, RuleError> {
    let wrong = |why: String| RuleError::Tag {
        pattern: text.chars().take(100).collect(),
        why,
    };
    if text.chars().count() > PATTERN_CHARS_MAX {
        return Err(wrong(format!(
            "it is longer than {PATTERN_CHARS_MAX} characters"
        )));
    }
    let built = fancy_regex::RegexBuilder::new(text)
        .backtrack_limit(STEPS_MAX)
        .build();
    built.map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(range: &str, tag: &str, version: &str) -> bool {
        let rule = VersionRule::new(range, tag).unwrap();
        rule.allows(&version.parse().unwrap())
    }

    #[test]
    fn patterns_see_what_stands_behind_the_numbers() {
        for (tag, inside, outside) in [
            ("^$", &["1.0"][..], &["1.0-beta", "1.0+5"][..]),
            ("^(|\\+.*)$", &["1.0", "1.0+5"], &["1.0-beta", "1.0-beta+5"]),
            (".+", &["1.0-beta", "1.0+5"], &["1.0"]),
            ("^beta", &["1.0-beta.2"], &["1.0", "1.0-rc"]),
            ("^(?!beta).+", &["1.0-rc"], &["1.0-beta.1", "1.0"]),
            ("", &["1.0", "1.0-x"], &[]),
        ] {
            for version in inside {
                assert!(allows("", tag, version), "{tag} allows {version}");
            }
            for version in outside {
                assert!(!allows("", tag, version), "{tag} refuses {version}");
            }
        }
        assert!(allows("[1.0,2.0)", "^$", "1.5"));
        assert!(!allows("[1.0,2.0)", "^$", "1.5-a"));
        assert!(!allows("[1.0,2.0)", "^$", "2.5"));
    }

    #[test]
    fn bad_rules_are_refused_and_slow_ones_do_not_match() {
        assert!(VersionRule::new("[1", "").is_err());
        assert!(VersionRule::new("", "(").is_err());
        assert!(VersionRule::new("", &"a".repeat(501)).is_err());
        let slow = format!("1.0-{}", "a".repeat(60));
        assert!(!allows("", "^(?=(a+)+\\+$)(a|aa)+\\+$", &slow));
    }
}
