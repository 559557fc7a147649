//! Library variable sets: variables, variable templates and script modules that projects share.
//!
//! Not here: the variables themselves, which are a [`crate::variable::VariableSet`] of their own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::derived::VariableSetId;
use crate::id::{LibraryVariableSetId, SpaceId};
use crate::json::{Other, api_enum, null_as_default};
use crate::name::Name;

api_enum! {
    /// What a set is for.
    #[derive(Default)]
    ContentType {
        #[default]
        Variables,
        /// Functions for scripts, held by two variables of the set (octopus-api §2.2).
        ScriptModule,
    }
}

/// Octopus' library variable set document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LibraryVariableSet {
    pub id: LibraryVariableSetId,
    pub name: Name,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub content_type: ContentType,
    /// Variables that tenants give values for.
    #[serde(default, deserialize_with = "null_as_default")]
    pub templates: Vec<VariableTemplate>,
    #[serde(flatten)]
    pub other: Other,
}

/// A variable that somebody else gives the value for: a tenant, or whoever uses a step template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VariableTemplate {
    /// Given by the server.
    #[serde(default, deserialize_with = "null_as_default")]
    pub id: String,
    pub name: Name,
    /// Text, or a sensitive value.
    #[serde(default)]
    pub default_value: Option<Value>,
    /// Holds the control type among other things.
    #[serde(default)]
    pub display_settings: Option<Value>,
    #[serde(flatten)]
    pub other: Other,
}

impl VariableTemplate {
    /// Whether values given for it are secrets.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        let control = self
            .display_settings
            .as_ref()
            .and_then(|settings| settings.get("Octopus.ControlType"));
        control.and_then(Value::as_str) == Some("Sensitive")
    }
}

impl LibraryVariableSet {
    #[must_use]
    pub fn variable_set_id(&self) -> VariableSetId {
        VariableSetId::of_library(&self.id)
    }
}
