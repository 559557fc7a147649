//! A project group: order in the list of projects, and a scope for permissions.

use serde::{Deserialize, Serialize};

use crate::id::{ProjectGroupId, SpaceId};
use crate::json::Other;
use crate::name::{Name, Slug};

/// Octopus' project group document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProjectGroup {
    pub id: ProjectGroupId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(flatten)]
    pub other: Other,
}
