//! The things a scope may name: what `ScopeValues` shows, and what a save is checked against.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::scope::Dimension;

/// What exists, by dimension. A dimension that is missing here is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeCatalogue {
    values: BTreeMap<Dimension, Vec<ScopeValue>>,
}

/// One thing a scope may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeValue {
    pub id: String,
    pub name: String,
    /// Whether a process owner is a runbook (`ProcessType`).
    pub is_runbook: bool,
}

impl ScopeValue {
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            is_runbook: false,
        }
    }
}

impl ScopeCatalogue {
    #[must_use]
    pub fn with(mut self, dimension: Dimension, values: Vec<ScopeValue>) -> Self {
        self.values.insert(dimension, values);
        self
    }

    /// Whether `id` may be named in `dimension`. Target tags may always: a tag exists by being used.
    #[must_use]
    pub fn allows(&self, dimension: Dimension, id: &str) -> bool {
        match self.values.get(&dimension) {
            Some(values) if dimension != Dimension::Role => {
                values.iter().any(|value| value.id.eq_ignore_ascii_case(id))
            }
            _ => true,
        }
    }

    /// The `ScopeValues` object of a variable set.
    #[must_use]
    pub fn to_api(&self) -> Value {
        let list = |dimension| self.values.get(&dimension).map_or(&[][..], Vec::as_slice);
        let plain = |dimension| -> Value {
            list(dimension)
                .iter()
                .map(|value| json!({"Id": value.id, "Name": value.name}))
                .collect()
        };
        let mut object = Map::new();
        for (key, dimension) in [
            ("Environments", Dimension::Environment),
            ("Machines", Dimension::Machine),
            ("Actions", Dimension::Action),
            ("Roles", Dimension::Role),
            ("Channels", Dimension::Channel),
            ("TenantTags", Dimension::TenantTag),
        ] {
            object.insert(key.to_owned(), plain(dimension));
        }
        let process = |value: &ScopeValue| {
            let kind = if value.is_runbook {
                "Runbook"
            } else {
                "Deployment"
            };
            json!({"Id": value.id, "Name": value.name, "ProcessType": kind})
        };
        object.insert(
            "Processes".to_owned(),
            list(Dimension::ProcessOwner).iter().map(process).collect(),
        );
        Value::Object(object)
    }
}
