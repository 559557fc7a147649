//! What a step that deploys a package does besides unpacking it: what its action asks for, and what of that nobody does.

use super::{Action, keys};

/// Templates are evaluated in files of the package.
pub const SUBSTITUTE: &str = "Octopus.Features.SubstituteInFiles";
/// Values are put into configuration files by the place they name.
pub const STRUCTURED: &str = "Octopus.Features.JsonConfigurationVariables";
/// XML files of the package are changed by others.
pub const TRANSFORM: &str = "Octopus.Features.ConfigurationTransforms";
/// Settings of `.config` files get the values of variables.
pub const SETTINGS: &str = "Octopus.Features.ConfigurationVariables";
/// Features that only say that their properties count.
const BY_PROPERTIES: [&str; 2] = [
    "Octopus.Features.CustomDirectory",
    "Octopus.Features.CustomScripts",
];
const SUBSTITUTE_FLAG: &str = "Octopus.Action.SubstituteInFiles.Enabled";
const STRUCTURED_FLAG: &str = "Octopus.Action.Package.JsonConfigurationVariablesEnabled";
const TRANSFORM_FLAG: &str =
    "Octopus.Action.Package.AutomaticallyRunConfigurationTransformationFiles";
const SETTINGS_FLAG: &str =
    "Octopus.Action.Package.AutomaticallyUpdateAppSettingsAndConnectionStrings";
const OWN_SCRIPTS: &str = "Octopus.Action.CustomScripts.";

/// Something an action asks for that does not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The property that asks.
    pub property: String,
    /// As a thing that cannot be done: `the feature Octopus.Features.…`.
    pub what: String,
}

/// Whether templates are evaluated in files of the package.
#[must_use]
pub fn substitutes(action: &Action) -> bool {
    enables(action, SUBSTITUTE) || action.properties.is_true(SUBSTITUTE_FLAG)
}

/// Whether values are put into configuration files of the package.
#[must_use]
pub fn structures(action: &Action) -> bool {
    enables(action, STRUCTURED) || action.properties.is_true(STRUCTURED_FLAG)
}

/// Whether files of the package are changed by others: those the action names, and ...
#[must_use]
pub fn transforms(action: &Action) -> bool {
    enables(action, TRANSFORM)
}

/// ... those whose names say which file they change (`Web.Release.config`).
#[must_use]
pub fn transforms_by_name(action: &Action) -> bool {
    transforms(action) && action.properties.is_true(TRANSFORM_FLAG)
}

/// Whether settings of the `.config` files in the package get the values of variables.
#[must_use]
pub fn sets(action: &Action) -> bool {
    enables(action, SETTINGS) && action.properties.is_true(SETTINGS_FLAG)
}

fn enables(action: &Action, feature: &str) -> bool {
    let mut enabled = enabled(action).into_iter();
    enabled.any(|known| known.eq_ignore_ascii_case(feature))
}

fn enabled(action: &Action) -> Vec<&str> {
    action.properties.list(keys::ENABLED_FEATURES)
}

/// What the action asks for and does not get: it would be deployed as if it had not asked.
#[must_use]
pub fn missing(action: &Action) -> Vec<Missing> {
    if action.action_type != keys::DEPLOY_PACKAGE {
        return Vec::new();
    }
    let is_done = |feature: &str| {
        let done = [SUBSTITUTE, STRUCTURED, TRANSFORM, SETTINGS]
            .into_iter()
            .chain(BY_PROPERTIES);
        done.into_iter()
            .any(|known| known.eq_ignore_ascii_case(feature))
    };
    let features = enabled(action)
        .into_iter()
        .filter(|feature| !is_done(feature));
    let features = features.map(|feature| Missing {
        property: keys::ENABLED_FEATURES.to_owned(),
        what: format!("the feature {feature}"),
    });
    features.chain(scripts(action)).collect()
}

/// The step's own scripts in languages they are not run in.
fn scripts(action: &Action) -> impl Iterator<Item = Missing> {
    let own = action.properties.iter().filter_map(|(key, _)| {
        let script = key.strip_prefix(OWN_SCRIPTS)?;
        let ending = script.rsplit_once('.').map_or("", |(_, ending)| ending);
        let is_run = ["sh", "py", "ps1"].contains(&ending);
        let is_filled = action.properties.filled(key).is_some();
        (is_filled && !is_run).then(|| key.to_owned())
    });
    own.map(|property| Missing {
        what: format!(
            "running scripts of the step that are not Bash, Python or PowerShell ({property})"
        ),
        property,
    })
}
