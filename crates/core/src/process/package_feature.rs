//! What a step that deploys a package does besides unpacking it: what its action asks for, and what of that nobody does.

use super::{Action, keys};

/// Templates are evaluated in files of the package.
pub const SUBSTITUTE: &str = "Octopus.Features.SubstituteInFiles";
/// Values are put into configuration files by the place they name.
pub const STRUCTURED: &str = "Octopus.Features.JsonConfigurationVariables";
/// Features that only say that their properties count.
const BY_PROPERTIES: [&str; 2] = [
    "Octopus.Features.CustomDirectory",
    "Octopus.Features.CustomScripts",
];
const SUBSTITUTE_FLAG: &str = "Octopus.Action.SubstituteInFiles.Enabled";
const STRUCTURED_FLAG: &str = "Octopus.Action.Package.JsonConfigurationVariablesEnabled";
const SKIP_INSTALLED: &str = "Octopus.Action.Package.SkipIfAlreadyInstalled";
const OWN_SCRIPTS: &str = "Octopus.Action.CustomScripts.";

/// Something an action asks for that does not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The property that asks.
    pub property: String,
    /// As a thing that cannot be done: `changing XML files by transforms (Octopus.Features.…)`.
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
        let done = [SUBSTITUTE, STRUCTURED].into_iter().chain(BY_PROPERTIES);
        done.into_iter()
            .any(|known| known.eq_ignore_ascii_case(feature))
    };
    let features = enabled(action)
        .into_iter()
        .filter(|feature| !is_done(feature));
    let features = features.map(|feature| Missing {
        property: keys::ENABLED_FEATURES.to_owned(),
        what: feature_called(feature),
    });
    let skips = action.properties.is_true(SKIP_INSTALLED).then(|| Missing {
        property: SKIP_INSTALLED.to_owned(),
        what: format!("leaving alone what is installed already ({SKIP_INSTALLED})"),
    });
    features.chain(skips).chain(scripts(action)).collect()
}

fn feature_called(feature: &str) -> String {
    let what = match feature.to_ascii_lowercase().as_str() {
        "octopus.features.configurationtransforms" => "changing XML files by transforms",
        "octopus.features.configurationvariables" => "putting values into .config files",
        _ => return format!("the feature {feature}"),
    };
    format!("{what} ({feature})")
}

/// The step's own scripts in languages they are not run in.
fn scripts(action: &Action) -> impl Iterator<Item = Missing> {
    let own = action.properties.iter().filter_map(|(key, _)| {
        let script = key.strip_prefix(OWN_SCRIPTS)?;
        let is_bash = script.rsplit_once('.').is_some_and(|(_, end)| end == "sh");
        let is_filled = action.properties.filled(key).is_some();
        (is_filled && !is_bash).then(|| key.to_owned())
    });
    own.map(|property| Missing {
        what: format!("running scripts of the step that are not Bash ({property})"),
        property,
    })
}
