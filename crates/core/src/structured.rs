//! Values of variables put into configuration files by the place they name: `Servers:0:Host`. Only what is there is
//! replaced, and nothing around it is touched; nothing is added. Not the template language, which is evaluated in
//! texts wherever it stands.

mod json;

use std::collections::BTreeMap;

/// Values by name. Names are the same in any case of letters.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, Named>);

#[derive(Debug, Clone)]
struct Named {
    name: String,
    value: String,
}

/// A file with values put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub text: String,
    /// The variables whose values are in there now, in the order of their places.
    pub names: Vec<String>,
    /// Those that name a place which cannot hold their value.
    pub unfit: Vec<String>,
}

/// A file that values cannot be put into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StructuredError {
    #[error("line {line} is no JSON: {problem}")]
    NotJson { line: usize, problem: &'static str },
    #[error("only JSON files can be changed so far, and its name does not end in .json")]
    UnknownKind,
}

impl Values {
    /// The variables that can name a place. Those of the system (`Octopus.…`) do not; `Octopus:…` names a place in a file.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let named = variables.into_iter().filter_map(|(name, value)| {
            let lower = name.to_lowercase();
            let is_system = lower.starts_with("octopus") && !lower.starts_with("octopus:");
            (!is_system && !lower.is_empty()).then_some((lower, Named { name, value }))
        });
        Self(named.collect())
    }

    fn of(&self, place: &str) -> Option<&Named> {
        self.0.get(&place.to_lowercase())
    }

    /// The file with every value in its place. `path` says what kind of file it is.
    ///
    /// # Errors
    /// When it cannot be read as what it is.
    pub fn put_into(&self, path: &str, text: &str) -> Result<Replaced, StructuredError> {
        let is_json = std::path::Path::new(path)
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        if is_json {
            json::replace(text, self)
        } else {
            Err(StructuredError::UnknownKind)
        }
    }
}
