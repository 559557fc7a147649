//! Ids made from the id of their owner. Clients build and take them apart themselves, so their form is part of the API.
//!
//! A frozen copy has the id of the living document and a suffix: `variableset-Projects-1-s-2-XMNV`.

use serde::{Deserialize, Serialize};

use super::{IdError, ProjectId, RunbookId};

macro_rules! derived {
    ($($(#[$doc:meta])* $name:ident: $($prefix:literal => $owner:literal),+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepted prefixes, each with the collection of the owner behind it.
            const FORMS: &'static [(&'static str, &'static str)] = &[$(($prefix, $owner)),+];

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The owner's id, e.g. `Projects-1`.
            #[must_use]
            pub fn owner(&self) -> &str {
                let (_, tail) = self.0.split_once('-').expect("parsed with a prefix");
                tail.split_once("-s-").map_or(tail, |(owner, _)| owner)
            }

            /// The mark of a frozen copy, e.g. `2-XMNV`; `None` for the living document.
            #[must_use]
            pub fn snapshot(&self) -> Option<&str> {
                self.0.split_once("-s-").map(|(_, mark)| mark)
            }

            /// The id of a frozen copy. `mark` makes it unguessable and is chosen by the caller.
            #[must_use]
            pub fn frozen(&self, number: u64, mark: &str) -> Self {
                let living = self.0.split_once("-s-").map_or(self.0.as_str(), |(living, _)| living);
                Self(format!("{living}-s-{number}-{mark}"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                canonical(text, Self::FORMS).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

derived! {
    /// A process: `deploymentprocess-Projects-1` or `RunbookProcess-Runbooks-1`.
    ProcessId: "deploymentprocess" => "Projects", "RunbookProcess" => "Runbooks";
    /// A set of variables: `variableset-Projects-1`, `variableset-LibraryVariableSets-1`.
    VariableSetId: "variableset" => "Projects", "variableset" => "LibraryVariableSets";
    /// How a project deploys: `deploymentsettings-Projects-1`.
    DeploymentSettingsId: "deploymentsettings" => "Projects";
}

fn canonical(text: &str, forms: &[(&'static str, &'static str)]) -> Result<String, IdError> {
    let (prefix, collection) = forms[0];
    let wrong = || IdError {
        text: text.to_owned(),
        collection: prefix,
        example: format!("{prefix}-{collection}-1"),
    };
    let (living, mark) = text
        .split_once("-s-")
        .map_or((text, None), |(living, mark)| (living, Some(mark)));
    let (head, owner) = living.split_once('-').ok_or_else(wrong)?;
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if mark.is_some_and(|mark| mark.is_empty() || mark.len() > 40 || !mark.bytes().all(is_word)) {
        return Err(wrong());
    }
    let (prefix, owner) = forms
        .iter()
        .filter(|(prefix, _)| head.eq_ignore_ascii_case(prefix))
        .find_map(|(prefix, collection)| {
            super::canonical(owner, collection, super::Words::Never)
                .ok()
                .map(|owner| (*prefix, owner))
        })
        .ok_or_else(wrong)?;
    Ok(mark.map_or_else(
        || format!("{prefix}-{owner}"),
        |mark| format!("{prefix}-{owner}-s-{mark}"),
    ))
}

impl ProcessId {
    #[must_use]
    pub fn of_project(project: &ProjectId) -> Self {
        Self(format!("deploymentprocess-{project}"))
    }

    #[must_use]
    pub fn of_runbook(runbook: &RunbookId) -> Self {
        Self(format!("RunbookProcess-{runbook}"))
    }
}

impl VariableSetId {
    #[must_use]
    pub fn of_project(project: &ProjectId) -> Self {
        Self(format!("variableset-{project}"))
    }

    #[must_use]
    pub fn of_library(set: &super::LibraryVariableSetId) -> Self {
        Self(format!("variableset-{set}"))
    }
}

impl DeploymentSettingsId {
    #[must_use]
    pub fn of_project(project: &ProjectId) -> Self {
        Self(format!("deploymentsettings-{project}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_snapshot_can_be_read_back() {
        let id = ProcessId::of_project(&ProjectId::numbered(1));
        assert_eq!(
            (id.as_str(), id.owner(), id.snapshot()),
            ("deploymentprocess-Projects-1", "Projects-1", None)
        );
        let frozen = id.frozen(2, "XMNV");
        assert_eq!(frozen.as_str(), "deploymentprocess-Projects-1-s-2-XMNV");
        assert_eq!(frozen.as_str().parse(), Ok(frozen.clone()));
        assert_eq!(
            (frozen.owner(), frozen.snapshot()),
            ("Projects-1", Some("2-XMNV"))
        );
        assert_eq!(
            frozen.frozen(3, "A").as_str(),
            "deploymentprocess-Projects-1-s-3-A"
        );
    }

    #[test]
    fn both_owners_of_a_process_are_accepted_and_nothing_else() {
        assert_eq!(
            "runbookprocess-runbooks-4"
                .parse::<ProcessId>()
                .unwrap()
                .as_str(),
            "RunbookProcess-Runbooks-4"
        );
        assert!(
            "variableset-LibraryVariableSets-2"
                .parse::<VariableSetId>()
                .is_ok()
        );
        for text in [
            "deploymentprocess",
            "deploymentprocess-Runbooks-1",
            "variableset-Projects-1",
            "deploymentprocess-Projects-1-s-",
            "deploymentprocess-Projects-1-s-../x",
        ] {
            assert!(text.parse::<ProcessId>().is_err(), "{text}");
        }
    }
}
