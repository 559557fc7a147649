//! Versions of releases: SemVer and its relatives in the wild (`1.2`, `2024.01.05.7`, `v3.0.0-rc.1+abc`), their order,
//! and the version the next release gets from a template.
//!
//! Packages have the same versions; what is special about theirs is in [`crate::package`].

use std::cmp::Ordering;

pub mod template;

/// A release's version. Kept as typed; compared by meaning.
#[derive(Debug, Clone)]
pub struct Version {
    text: String,
    /// Major, minor, patch, build; missing ones are 0.
    parts: [u64; 4],
    /// Without the hyphen; empty for a release proper.
    pre: String,
    /// Without the plus sign; empty when there is none.
    meta: String,
}

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a version: write up to four numbers and, if you like, a suffix, for example 1.2.3, 2026.11.23.1 or 2.0.0-rc.1+build.5"
)]
pub struct VersionError {
    pub text: String,
}

/// Longer versions fit no column and no file name.
const CHARS_MAX: usize = 100;

impl Version {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Major, minor, patch, build.
    #[must_use]
    pub const fn parts(&self) -> [u64; 4] {
        self.parts
    }

    /// What follows the first hyphen, without build metadata; empty for a release proper.
    #[must_use]
    pub fn pre_release(&self) -> &str {
        &self.pre
    }

    /// What follows the plus sign; empty when there is none.
    #[must_use]
    pub fn metadata(&self) -> &str {
        &self.meta
    }
}

impl std::str::FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let wrong = || VersionError {
            text: text.to_owned(),
        };
        let is_word = |s: &str| {
            !s.is_empty()
                && s.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        };
        let (rest, meta) = text
            .split_once('+')
            .map_or((text, None), |(rest, meta)| (rest, Some(meta)));
        let (core, pre) = rest
            .split_once('-')
            .map_or((rest, None), |(core, pre)| (core, Some(pre)));
        if text.len() > CHARS_MAX || ![meta, pre].into_iter().flatten().all(is_word) {
            return Err(wrong());
        }
        let numbers = core.strip_prefix(['v', 'V']).unwrap_or(core);
        let mut parts = [0; 4];
        for (i, number) in numbers.split('.').enumerate() {
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let value = number.parse().ok().filter(|_| digits).ok_or_else(wrong)?;
            *parts.get_mut(i).ok_or_else(wrong)? = value;
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
            pre: pre.unwrap_or_default().to_owned(),
            meta: meta.unwrap_or_default().to_owned(),
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// By precedence (SemVer's rule): numbers, then a pre-release before its release, then its parts. `1.0` equals
/// `1.0.0`; build metadata has no say.
impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_pre = || match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_pre(&self.pre, &other.pre),
        };
        self.parts.cmp(&other.parts).then_with(by_pre)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => compare_identifier(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn compare_identifier(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.to_lowercase().cmp(&b.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn versions_are_ordered_by_meaning() {
        let ascending = [
            "0.0.1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0",
            "1.0.0.1",
            "1.2",
            "1.10",
            "2024.01.05",
        ];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        assert_eq!(version("v1.0"), version("1.0.0+build.5"));
        assert_eq!(version(" 2024.01.05 ").as_str(), "2024.01.05");
        assert_eq!(version("1.0.0-rc-2+x").pre_release(), "rc-2");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "one",
            "1.",
            "1..2",
            "1.2.3.4.5",
            "1.0-",
            "1.0+",
            "1.0-a b",
            "+1",
            "1.-1",
            "99999999999999999999",
            "1.0-é",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert!(
            format!("1.0-{}", "x".repeat(100))
                .parse::<Version>()
                .is_err()
        );
    }
}
