//! A channel: which lifecycle the releases of a project go through, and which packages they may use.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ChannelId, LifecycleId, ProjectId, SpaceId};
use crate::json::{Other, api_enum, blank_as_none, null_as_default};
use crate::name::{Name, Slug};

api_enum! {
    /// Octopus' CLI refuses a channel without a type.
    #[derive(Default)]
    ChannelType {
        #[default]
        Lifecycle,
        EphemeralEnvironment,
    }
}

/// Octopus' channel document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Channel {
    pub id: ChannelId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    pub project_id: ProjectId,
    #[serde(default)]
    pub description: Option<String>,
    /// `None` = the project's.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub lifecycle_id: Option<LifecycleId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_default: bool,
    /// Version rules for packages, as sent.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rules: Vec<Value>,
    /// Only tenants with these canonical tag names; empty = all.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenant_tags: Vec<String>,
    #[serde(rename = "Type", default, deserialize_with = "null_as_default")]
    pub channel_type: ChannelType,
    #[serde(flatten)]
    pub other: Other,
}
