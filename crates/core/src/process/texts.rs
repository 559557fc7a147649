//! Every text in a step that may name a variable, with its place in the document.
//!
//! What a text reads is not decided here: [`super::output`] looks for outputs, [`crate::variable::usage`] for variables.

use super::{Action, Step};
use crate::property::{Properties, PropertyValue};

/// A text of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedText<'s> {
    pub text: &'s str,
    /// Position of the action it belongs to; `None` for the step's own properties.
    pub action: Option<usize>,
    /// Below the step, e.g. `Actions[0].Properties[Octopus.Action.Script.ScriptBody]`.
    pub field: String,
}

/// All texts of a step: its own properties, then action by action. Sensitive ones are no text.
#[must_use]
pub fn of_step(step: &Step) -> Vec<PlacedText<'_>> {
    let mut found = Vec::new();
    in_properties(&step.properties, None, "Properties", &mut found);
    for (j, action) in step.actions.iter().enumerate() {
        let path = format!("Actions[{j}].Properties");
        in_properties(&action.properties, Some(j), &path, &mut found);
        in_fields(action, j, &mut found);
    }
    found
}

fn in_properties<'s>(
    properties: &'s Properties,
    action: Option<usize>,
    path: &str,
    found: &mut Vec<PlacedText<'s>>,
) {
    for (key, value) in properties.iter() {
        if let PropertyValue::Plain(text) = value {
            found.push(PlacedText {
                text,
                action,
                field: format!("{path}[{key}]"),
            });
        }
    }
}

fn in_fields<'s>(action: &'s Action, j: usize, found: &mut Vec<PlacedText<'s>>) {
    let container = [
        ("Container.Image", &action.container.image),
        ("Container.FeedId", &action.container.feed_id),
    ];
    let own = container
        .into_iter()
        .chain([("WorkerPoolVariable", &action.worker_pool_variable)]);
    let own = own.filter_map(|(field, text)| text.as_deref().map(|text| (field.to_owned(), text)));
    let packages = action.packages.iter().enumerate().flat_map(|(k, package)| {
        let version = package.version.as_deref().unwrap_or_default();
        [
            ("PackageId", package.package_id.as_str()),
            ("FeedId", package.feed_id.as_str()),
            ("Version", version),
        ]
        .map(|(field, text)| (format!("Packages[{k}].{field}"), text))
    });
    found.extend(own.chain(packages).map(|(field, text)| PlacedText {
        text,
        action: Some(j),
        field: format!("Actions[{j}].{field}"),
    }));
}
