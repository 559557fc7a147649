//! `deployment_settings.ocl`: how a project deploys, as text.
//!
//! Octopus' words, and ours (`failure_policy`, `max_running`, `max_running_per_machine`). A text replaces all of them;
//! what it has no word for stays as it was.

use std::num::NonZeroU32;

use serde_json::{Value as Json, json};

use super::OclError;
use super::error::Fault;
use super::take::Words;
use super::tree::{Body, Document, Value};
use crate::project::settings::{FailurePolicySetting, SkipMachineBehavior};
use crate::project::{
    ConnectivityPolicy, DeploymentSettings, GuidedFailureMode, VersioningStrategy,
};

const WORDS: &[&str] = &[
    "default_guided_failure_mode",
    "default_to_skip_if_already_installed",
    "deployment_changes_template",
    "failure_policy",
    "force_package_download",
    "max_running",
    "max_running_per_machine",
    "release_notes_template",
    "connectivity_policy",
    "versioning_strategy",
];
const POLICY_WORDS: &[&str] = &[
    "allow_deployments_to_no_targets",
    "exclude_unhealthy_targets",
    "skip_machine_behavior",
    "target_roles",
];
/// Fields the server keeps without knowing them.
const TEMPLATES: [(&str, &str); 2] = [
    ("deployment_changes_template", "DeploymentChangesTemplate"),
    ("release_notes_template", "ReleaseNotesTemplate"),
];
const FLAGS: [(&str, &str); 2] = [
    (
        "default_to_skip_if_already_installed",
        "DefaultToSkipIfAlreadyInstalled",
    ),
    ("force_package_download", "ForcePackageDownload"),
];

/// The settings as text. Defaults are left out.
#[must_use]
pub fn print(settings: &DeploymentSettings) -> String {
    let mut body = Body::default();
    if settings.default_guided_failure_mode != GuidedFailureMode::default() {
        body.set_text(
            "default_guided_failure_mode",
            settings.default_guided_failure_mode.as_str(),
        );
    }
    let other = |key: &str| settings.other.get(key);
    if other(FLAGS[0].1) == Some(&Json::Bool(true)) {
        body.set(FLAGS[0].0, Value::Bool(true));
    }
    body.set_text(
        TEMPLATES[0].0,
        other(TEMPLATES[0].1)
            .and_then(Json::as_str)
            .unwrap_or_default(),
    );
    if settings.failure_policy != FailurePolicySetting::default() {
        body.set_text("failure_policy", settings.failure_policy.as_str());
    }
    if other(FLAGS[1].1) == Some(&Json::Bool(true)) {
        body.set(FLAGS[1].0, Value::Bool(true));
    }
    let limits = [
        ("max_running", settings.running_max),
        ("max_running_per_machine", settings.per_machine_max),
    ];
    for (name, limit) in limits {
        if let Some(limit) = limit {
            body.set(name, Value::Number(limit.to_string()));
        }
    }
    body.set_text(
        TEMPLATES[1].0,
        other(TEMPLATES[1].1)
            .and_then(Json::as_str)
            .unwrap_or_default(),
    );
    policy(&mut body, &settings.connectivity_policy);
    strategy(&mut body, settings.versioning_strategy.as_ref());
    super::print(&Document { body })
}

fn policy(body: &mut Body, policy: &ConnectivityPolicy) {
    let mut block = Body::default();
    if policy.allow_deployments_to_no_targets {
        block.set("allow_deployments_to_no_targets", Value::Bool(true));
    }
    if policy.exclude_unhealthy_targets {
        block.set("exclude_unhealthy_targets", Value::Bool(true));
    }
    if policy.skip_machine_behavior != SkipMachineBehavior::default() {
        block.set_text(
            "skip_machine_behavior",
            policy.skip_machine_behavior.as_str(),
        );
    }
    block.set_texts("target_roles", policy.target_roles.clone());
    if !block.items.is_empty() {
        body.block("connectivity_policy", Vec::new(), block);
    }
}

fn strategy(body: &mut Body, strategy: Option<&VersioningStrategy>) {
    let Some(strategy) = strategy else { return };
    let mut block = Body::default();
    block.set_text("template", strategy.template.as_deref().unwrap_or_default());
    let donor = strategy.other.get("DonorPackage").and_then(Json::as_object);
    if let Some(donor) = donor {
        let text = |key: &str| donor.get(key).and_then(Json::as_str).unwrap_or_default();
        let mut package = Body::default();
        package.set_text("package", text("PackageReference"));
        package.set_text("step", text("DeploymentAction"));
        block.block("donor_package", Vec::new(), package);
    }
    if !block.items.is_empty() {
        body.block("versioning_strategy", Vec::new(), block);
    }
}

/// `before` with what the text says.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(text: &str, before: &DeploymentSettings) -> Result<DeploymentSettings, OclError> {
    let document = super::parse(text)?;
    settings(&document.body, before).map_err(|fault| fault.locate(text))
}

fn settings(body: &Body, before: &DeploymentSettings) -> Result<DeploymentSettings, Fault> {
    let mut words = Words::of("deployment settings", body)?;
    let mut after = before.clone();
    after.default_guided_failure_mode = words
        .word(
            "default_guided_failure_mode",
            GuidedFailureMode::VALUES,
            GuidedFailureMode::parse,
        )?
        .unwrap_or_default();
    after.failure_policy = words
        .word(
            "failure_policy",
            FailurePolicySetting::VALUES,
            FailurePolicySetting::parse,
        )?
        .unwrap_or_default();
    after.running_max = limit(&mut words, "max_running")?;
    after.per_machine_max = limit(&mut words, "max_running_per_machine")?;
    for (name, key) in FLAGS {
        let flag = words.flag(name)?;
        set_other(&mut after, key, flag.then_some(Json::Bool(true)));
    }
    for (name, key) in TEMPLATES {
        let text = words.text(name)?;
        set_other(&mut after, key, text.map(Json::String));
    }
    after.connectivity_policy = read_policy(&mut words, &before.connectivity_policy)?;
    after.versioning_strategy = read_strategy(&mut words)?.or_else(|| {
        // A project always has a way to number its releases; saying nothing about it changes nothing.
        before.versioning_strategy.clone()
    });
    words.nothing_else(WORDS)?;
    Ok(after)
}

/// Sets a field the server keeps, or takes away one it has.
fn set_other(settings: &mut DeploymentSettings, key: &str, value: Option<Json>) {
    match (value, settings.other.get_mut(key)) {
        (Some(value), _) => {
            settings.other.insert(key.to_owned(), value);
        }
        (None, Some(known)) => {
            *known = if known.is_boolean() {
                json!(false)
            } else {
                Json::Null
            }
        }
        (None, None) => {}
    }
}

fn limit(words: &mut Words<'_>, name: &str) -> Result<Option<NonZeroU32>, Fault> {
    let Some(attribute) = words.attribute(name) else {
        return Ok(None);
    };
    let parsed = match &attribute.value {
        Value::Number(text) | Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    let what = format!("`{name}` is not a whole number from 1.");
    let fault = || {
        Fault::new(
            attribute.span.start,
            what,
            "Leave the line out for no limit.",
        )
    };
    parsed.map(Some).ok_or_else(fault)
}

fn read_policy(
    words: &mut Words<'_>,
    before: &ConnectivityPolicy,
) -> Result<ConnectivityPolicy, Fault> {
    let mut policy = ConnectivityPolicy {
        other: before.other.clone(),
        ..ConnectivityPolicy::default()
    };
    let Some(block) = words.block("connectivity_policy")? else {
        return Ok(policy);
    };
    let mut words = Words::of("a connectivity policy", &block.body)?;
    policy.allow_deployments_to_no_targets = words.flag("allow_deployments_to_no_targets")?;
    policy.exclude_unhealthy_targets = words.flag("exclude_unhealthy_targets")?;
    policy.skip_machine_behavior = words
        .word(
            "skip_machine_behavior",
            SkipMachineBehavior::VALUES,
            SkipMachineBehavior::parse,
        )?
        .unwrap_or_default();
    policy.target_roles = words.texts("target_roles")?.unwrap_or_default().0;
    words.nothing_else(POLICY_WORDS)?;
    Ok(policy)
}

fn read_strategy(words: &mut Words<'_>) -> Result<Option<VersioningStrategy>, Fault> {
    let Some(block) = words.block("versioning_strategy")? else {
        return Ok(None);
    };
    let mut words = Words::of("a versioning strategy", &block.body)?;
    let mut strategy = VersioningStrategy {
        template: words.text("template")?,
        other: crate::json::Other::new(),
    };
    if let Some(donor) = words.block("donor_package")? {
        let mut words = Words::of("a donor package", &donor.body)?;
        let donor = json!({
            "DeploymentAction": words.text("step")?.unwrap_or_default(),
            "PackageReference": words.text("package")?.unwrap_or_default(),
        });
        strategy.other.insert("DonorPackage".to_owned(), donor);
        words.nothing_else(&["package", "step"])?;
    }
    words.nothing_else(&["template", "donor_package"])?;
    Ok(Some(strategy))
}
