//! Names people choose and the slugs made from them.
//!
//! Not here: whether a name is still free. That is a question to the store.

use serde::{Deserialize, Serialize};

/// A name as people see it: trimmed, 1 to 200 characters, nothing invisible that could disguise it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("The name is empty. Enter at least one visible character.")]
    Empty,
    #[error(
        "The name has {chars} characters; at most {} are allowed.",
        Name::CHARS_MAX
    )]
    TooLong { chars: usize },
    #[error(
        "The name contains the invisible character U+{code:04X} at position {position}. Remove it."
    )]
    Invisible { code: u32, position: usize },
}

impl Name {
    pub const CHARS_MAX: usize = 200;

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names are compared by: names that differ in case only are the same name (Octopus' rule).
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.0)
    }
}

/// The comparison form of any text that names something.
#[must_use]
pub fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Control characters break logs and terminals; bidirectional controls and zero-width
/// characters let one name pass for another.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}')
}

impl std::str::FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let chars = text.chars().count();
        if chars > Self::CHARS_MAX {
            return Err(NameError::TooLong { chars });
        }
        if let Some((i, c)) = text.chars().enumerate().find(|(_, c)| is_deceptive(*c)) {
            return Err(NameError::Invisible {
                code: u32::from(c),
                position: i + 1,
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A handle for URLs and files: lower-case ASCII letters, digits and single hyphens, e.g. `deploy-web`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text cannot be a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a slug: use lower-case letters, digits and single hyphens, at most {} characters, for example `{suggestion}`",
    Slug::CHARS_MAX
)]
pub struct SlugError {
    pub text: String,
    pub suggestion: Slug,
}

impl Slug {
    pub const CHARS_MAX: usize = 200;

    /// The slug of a name. A name without any ASCII letter or digit gives `unnamed`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let mut text = String::with_capacity(name.len());
        for c in name.chars().map(|c| c.to_ascii_lowercase()) {
            if c.is_ascii_alphanumeric() {
                text.push(c);
            } else if !text.is_empty() && !text.ends_with('-') {
                text.push('-');
            }
        }
        text.truncate(Self::CHARS_MAX);
        let text = text.trim_end_matches('-');
        Self(if text.is_empty() { "unnamed" } else { text }.to_owned())
    }

    /// This slug, or the first of `slug-2`, `slug-3`, ... that is not taken.
    #[must_use]
    pub fn unique(self, taken: impl Fn(&str) -> bool) -> Self {
        if !taken(&self.0) {
            return self;
        }
        (2_u64..)
            .map(|n| format!("{}-{n}", self.0))
            .find(|candidate| !taken(candidate))
            .map(Self)
            .expect("the numbers do not run out")
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        let is_slug = !text.is_empty()
            && text.len() <= Self::CHARS_MAX
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if is_slug {
            Ok(Self(text.to_owned()))
        } else {
            Err(SlugError {
                text: text.to_owned(),
                suggestion: Self::from_name(text),
            })
        }
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;
    fn try_from(text: String) -> Result<Self, SlugError> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_trimmed_and_bad_ones_say_why() {
        assert_eq!("  Web shop\n".parse::<Name>().unwrap().as_str(), "Web shop");
        assert_eq!("Web Shop".parse::<Name>().unwrap().key(), "web shop");
        assert_eq!(" \t".parse::<Name>(), Err(NameError::Empty));
        assert_eq!(
            "x".repeat(201).parse::<Name>(),
            Err(NameError::TooLong { chars: 201 })
        );
        assert!("é".repeat(200).parse::<Name>().is_ok());
        let error = "Prod\u{202E}tset".parse::<Name>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "The name contains the invisible character U+202E at position 5. Remove it."
        );
        assert!("a\u{0}b".parse::<Name>().is_err());
    }

    #[test]
    fn slugs_come_from_names_and_stay_unique() {
        assert_eq!(
            Slug::from_name("Deploy Web (v2)!").as_str(),
            "deploy-web-v2"
        );
        assert_eq!(Slug::from_name("数据库").as_str(), "unnamed");
        let taken = ["deploy", "deploy-2"];
        assert_eq!(
            Slug::from_name("Deploy")
                .unique(|s| taken.contains(&s))
                .as_str(),
            "deploy-3"
        );
        let error = "Deploy Web".parse::<Slug>().unwrap_err().to_string();
        assert!(error.ends_with("for example `deploy-web`"), "{error}");
    }

    proptest! {
        #[test]
        fn every_generated_slug_is_a_slug(name in ".{0,300}") {
            let slug = Slug::from_name(&name);
            prop_assert_eq!(slug.as_str().parse::<Slug>().unwrap(), slug);
        }
    }
}
