//! An environment: where releases are deployed to.

use serde::{Deserialize, Serialize};

use crate::id::{EnvironmentId, SpaceId};
use crate::json::{Other, null_as_default};
use crate::name::{Name, Slug};

/// Octopus' environment document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Environment {
    pub id: EnvironmentId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    /// Place in lists and in lifecycles without phases.
    #[serde(default, deserialize_with = "null_as_default")]
    pub sort_order: i32,
    /// Guided failure, where neither deployment nor project decides.
    #[serde(default, deserialize_with = "null_as_default")]
    pub use_guided_failure: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub allow_dynamic_infrastructure: bool,
    #[serde(flatten)]
    pub other: Other,
}
