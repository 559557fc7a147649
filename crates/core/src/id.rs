//! Ids of documents, as the API spells them: `Projects-12`.
//!
//! One type per collection, so that a project's id cannot be handed in for an environment's.
//! Numbers come from the store; ids that derive from their owner (`variableset-Projects-1`)
//! are in [`derived`]. Ids of steps and actions are opaque text and live with the process.

use serde::{Deserialize, Serialize};

pub mod derived;

/// Why a text is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of {collection}; it should look like `{example}`")]
pub struct IdError {
    pub text: String,
    pub collection: &'static str,
    pub example: String,
}

/// Whether a collection has ids that are words (`feeds-builtin`) beside the numbered ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Never,
    Allowed,
}

/// The canonical spelling of `text`, which may differ from it in case only.
fn canonical(text: &str, collection: &'static str, words: Words) -> Result<String, IdError> {
    let wrong = || IdError {
        text: text.to_owned(),
        collection,
        example: format!("{collection}-1"),
    };
    let (prefix, tail) = text.split_at_checked(collection.len()).ok_or_else(wrong)?;
    let tail = tail.strip_prefix('-').ok_or_else(wrong)?;
    if !prefix.eq_ignore_ascii_case(collection) || tail.is_empty() || tail.len() > 100 {
        return Err(wrong());
    }
    if tail.bytes().all(|b| b.is_ascii_digit()) && !tail.starts_with('0') {
        return Ok(format!("{collection}-{tail}"));
    }
    let is_word = tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && tail.as_bytes()[0].is_ascii_alphabetic();
    if words == Words::Allowed && is_word {
        return Ok(format!("{}-{tail}", collection.to_ascii_lowercase()));
    }
    Err(wrong())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $collection:literal $($words:ident)?;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The word before the number.
            pub const COLLECTION: &'static str = $collection;

            /// The id with this number; numbers start at 1.
            #[must_use]
            pub fn numbered(number: u64) -> Self {
                Self(format!("{}-{number}", Self::COLLECTION))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
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
                canonical(text, Self::COLLECTION, ids!(@words $($words)?)).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
    (@words) => { Words::Never };
    (@words words) => { Words::Allowed };
}

ids! {
    AccountId = "Accounts";
    ArtifactId = "Artifacts";
    CertificateId = "Certificates";
    ChannelId = "Channels";
    DeploymentId = "Deployments";
    EnvironmentId = "Environments";
    EventId = "Events";
    /// Numbered, or `feeds-builtin`.
    FeedId = "Feeds" words;
    LibraryVariableSetId = "LibraryVariableSets";
    LifecycleId = "Lifecycles";
    MachineId = "Machines";
    MachinePolicyId = "MachinePolicies";
    ProjectGroupId = "ProjectGroups";
    ProjectId = "Projects";
    ReleaseId = "Releases";
    RunbookId = "Runbooks";
    RunbookRunId = "RunbookRuns";
    RunbookSnapshotId = "RunbookSnapshots";
    ScopedUserRoleId = "ScopedUserRoles";
    ServerTaskId = "ServerTasks";
    SpaceId = "Spaces";
    TagSetId = "TagSets";
    /// Numbered, or a built-in team such as `teams-everyone`.
    TeamId = "Teams" words;
    TenantId = "Tenants";
    TriggerId = "ProjectTriggers";
    UserId = "Users";
    /// Numbered, or a built-in role such as `userroles-projectlead`.
    UserRoleId = "UserRoles" words;
    WorkerId = "Workers";
    WorkerPoolId = "WorkerPools";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_any_case_and_written_in_one() {
        assert_eq!(
            "projects-12".parse::<ProjectId>().unwrap().as_str(),
            "Projects-12"
        );
        assert_eq!(
            "Feeds-Builtin".parse::<FeedId>().unwrap().as_str(),
            "feeds-Builtin"
        );
        assert_eq!(
            "teams-spacemanagers-Spaces-1"
                .parse::<TeamId>()
                .unwrap()
                .as_str(),
            "teams-spacemanagers-Spaces-1"
        );
        assert_eq!(ProjectId::numbered(3).to_string(), "Projects-3");
    }

    #[test]
    fn what_is_no_id_is_refused_and_the_right_form_shown() {
        for text in [
            "",
            "Projects",
            "Projects-",
            "Projects-0",
            "Projects-01",
            "Projects-x",
            "Project-1",
            "Prøjects-1",
            "Channels-1",
        ] {
            let error = text.parse::<ProjectId>().unwrap_err();
            assert!(
                error
                    .to_string()
                    .ends_with("it should look like `Projects-1`"),
                "{error}"
            );
        }
    }
}
