//! A deployment or a runbook run as it was asked for. It never changes; what became of it is its task.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{EnvironmentId, MachineId, TenantId};
use crate::json::{Other, blank_as_none, null_as_default};

/// What Octopus' documents of deployments and of runbook runs have in common: something frozen, and where it goes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub id: String,
    /// The release, or the snapshot of a runbook.
    #[serde(rename = "ReleaseId", alias = "RunbookSnapshotId")]
    pub subject_id: String,
    pub environment_id: EnvironmentId,
    #[serde(default, deserialize_with = "blank_as_none")]
    pub tenant_id: Option<TenantId>,
    #[serde(default)]
    pub comments: Option<String>,
    #[serde(flatten)]
    pub choices: DeploymentChoices,
    #[serde(flatten)]
    pub other: Other,
}

/// What a person chooses when deploying; carried over to a retry unchanged.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentChoices {
    /// Ids of actions or steps to leave out.
    #[serde(default, deserialize_with = "null_as_default")]
    pub skip_actions: Vec<String>,
    /// Only these machines; empty = all that match.
    #[serde(default, deserialize_with = "null_as_default")]
    pub specific_machine_ids: Vec<MachineId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub excluded_machine_ids: Vec<MachineId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub force_package_download: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub force_package_redeployment: bool,
    /// `None` = as project and environment say.
    #[serde(default)]
    pub use_guided_failure: Option<bool>,
    /// Values of prompted variables, by variable id.
    #[serde(default, deserialize_with = "null_as_default")]
    pub form_values: Map<String, Value>,
}

impl DeploymentChoices {
    /// Whether machines are chosen or left out, so that they have to be known.
    #[must_use]
    pub fn names_machines(&self) -> bool {
        !self.specific_machine_ids.is_empty() || !self.excluded_machine_ids.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_documents_say_what_goes_where() {
        for (key, id) in [
            ("ReleaseId", "Releases-4"),
            ("RunbookSnapshotId", "RunbookSnapshots-2"),
        ] {
            let request: Request = serde_json::from_value(json!({
                "Id": "x", key: id, "EnvironmentId": "Environments-1", "TenantId": "", "SkipActions": ["a"], "Name": "n",
            }))
            .unwrap();
            assert_eq!(request.subject_id, id);
            assert_eq!(request.choices.skip_actions, ["a"]);
            assert_eq!(
                (request.tenant_id, &request.other["Name"]),
                (None, &json!("n"))
            );
        }
    }
}
