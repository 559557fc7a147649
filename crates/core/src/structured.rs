//! Values of variables put into configuration files by the place they name: `Servers:0:Host`, an XPath in XML, the key
//! in properties files. Only what is there is replaced, and nothing around it is touched; nothing is added. Not the
//! template language, which is evaluated in texts wherever it stands.

mod edit;
mod json;
mod properties;
mod settings;
mod xml;
mod yaml;

use std::collections::BTreeMap;

use crate::xml::XmlError;

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
    /// The variables whose values are in there now.
    pub names: Vec<String>,
    /// Those that name a place which cannot hold their value.
    pub unfit: Vec<String>,
}

/// A file that values cannot be put into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StructuredError {
    #[error("line {line} is no JSON: {problem}")]
    NotJson { line: usize, problem: &'static str },
    #[error("line {line} is no YAML: {problem}")]
    NotYaml { line: usize, problem: &'static str },
    #[error("{0}")]
    NotXml(#[from] XmlError),
    #[error("the file would be no YAML any more, or say something else, with {name} in its place")]
    Spoilt { name: String },
}

/// What a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Xml,
    Yaml,
    Properties,
}

impl Format {
    /// What a file is tried as, one after the other. JSON is tried first whatever it is called; the last one says what
    /// is wrong with it.
    fn of(path: &str) -> &'static [Self] {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
            "json" => &[Self::Json],
            "xml" => &[Self::Json, Self::Xml],
            "yaml" | "yml" => &[Self::Json, Self::Yaml],
            "properties" => &[Self::Json, Self::Properties],
            _ => &[Self::Json, Self::Xml, Self::Yaml, Self::Properties],
        }
    }

    fn replace(self, text: &str, values: &Values) -> Result<Replaced, StructuredError> {
        match self {
            Self::Json => json::replace(text, values),
            Self::Xml => xml::replace(text, values),
            Self::Yaml => yaml::replace(text, values),
            Self::Properties => Ok(properties::replace(text, values)),
        }
    }
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

    /// All variables, those of the system among them.
    pub fn all(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let named = variables
            .into_iter()
            .map(|(name, value)| (name.to_lowercase(), Named { name, value }));
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
        let mut tried = Err(StructuredError::NotJson {
            line: 1,
            problem: "a value is missing",
        });
        for format in Format::of(path) {
            tried = format.replace(text, self);
            // What was read and cannot be written is no reason to read it as something else.
            if matches!(tried, Ok(_) | Err(StructuredError::Spoilt { .. })) {
                break;
            }
        }
        tried
    }
}
