//! Which variables a person may see or change. Permissions themselves: [`crate::permission`].

use super::scope::{Dimension, Scope};

/// What a permission such as `VariableView` gives somebody in one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableAccess {
    /// Environments the permission covers; `None` = all.
    pub environments: Option<Vec<String>>,
    /// Whether values without an environment are covered (`VariableViewUnscoped`, `VariableEditUnscoped`).
    pub unscoped: bool,
}

impl VariableAccess {
    /// Everything.
    pub const FULL: Self = Self {
        environments: None,
        unscoped: true,
    };

    /// A value is covered when one of its environments is (Octopus' rule), or, without any, by `unscoped`.
    #[must_use]
    pub fn allows(&self, scope: &Scope) -> bool {
        self.covers(scope.ids(Dimension::Environment))
    }

    /// The same of a value with these environments.
    #[must_use]
    pub fn covers(&self, named: &[String]) -> bool {
        if named.is_empty() {
            return self.unscoped;
        }
        let Some(covered) = &self.environments else {
            return true;
        };
        named
            .iter()
            .any(|id| covered.iter().any(|known| known.eq_ignore_ascii_case(id)))
    }
}
