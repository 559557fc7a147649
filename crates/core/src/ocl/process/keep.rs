//! What a text does not say and a process must not lose: ids, sensitive values, and fields nobody here knows.

use crate::process::{Action, Step};
use crate::property::{Properties, PropertyValue};

/// Gives each of `steps` the identity of the step and actions of `before` with the same slug.
pub fn keep(steps: &mut [Step], before: &[Step]) {
    for step in steps {
        let old = before
            .iter()
            .find(|old| !step.slug.is_empty() && old.slug == step.slug);
        let Some(old) = old else { continue };
        step.id.clone_from(&old.id);
        step.other.clone_from(&old.other);
        secrets(&mut step.properties, &old.properties);
        for action in &mut step.actions {
            let same = |old: &&Action| !action.slug.is_empty() && old.slug == action.slug;
            if let Some(old) = old.actions.iter().find(same) {
                keep_action(action, old);
            }
        }
    }
}

fn keep_action(action: &mut Action, old: &Action) {
    action.id.clone_from(&old.id);
    action.other.clone_from(&old.other);
    action.can_be_used_for_project_versioning = old.can_be_used_for_project_versioning;
    secrets(&mut action.properties, &old.properties);
    for package in &mut action.packages {
        if let Some(old) = old.packages.iter().find(|old| old.name == package.name) {
            package.id.clone_from(&old.id);
            package.other.clone_from(&old.other);
        }
    }
}

/// A sensitive value stays under its key unless the text says something else for it.
fn secrets(properties: &mut Properties, old: &Properties) {
    for (key, value) in old.iter() {
        if let (PropertyValue::Sensitive(secret), None) = (value, properties.get(key)) {
            let mut kept = secret.clone();
            kept.sealed = None;
            properties.set_sensitive(key, kept);
        }
    }
}
