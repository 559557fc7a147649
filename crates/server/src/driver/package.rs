//! The packages of an action, as its release has frozen them: for the agent, and as variables.

use regatta_core::package::selection::{Wanted, of_action as wanted_by, wanted};
use regatta_core::process::Action;
use regatta_core::release::SelectedPackage;
use regatta_store::{Conn, StoreError};
use serde_json::Value;

use super::plan_input::{PlanInput, Subject};
use super::script::Unrunnable;
use crate::gateway::ScriptPackage;
use crate::package::{self, Package};

/// The packages of a task. Releases and the snapshots of runbooks have frozen their own; what a runbook without a
/// snapshot uses, or an old snapshot does not name, is looked up now and is the newest.
pub(super) async fn selected(
    conn: &mut Conn,
    input: &PlanInput,
) -> Result<Vec<SelectedPackage>, StoreError> {
    let named = match &input.subject {
        Subject::Release { release, .. } => return Ok(release.selected_packages.clone()),
        Subject::Runbook { snapshot, .. } => &snapshot.selected_packages,
    };
    let mut all = Vec::new();
    for wanted in wanted(&input.process) {
        let is_it = |one: &&SelectedPackage| {
            one.action_name.eq_ignore_ascii_case(&wanted.action_name)
                && one
                    .package_reference_name
                    .eq_ignore_ascii_case(&wanted.reference_name)
        };
        let frozen = named.iter().find(is_it);
        if let Some(frozen) = frozen.filter(|one| one.other.contains_key("Hash")) {
            all.push(frozen.clone());
            continue;
        }
        let version = frozen.map(|one| one.version.clone());
        let version = version.or_else(|| wanted.fixed_version.clone());
        let found = in_feed(conn, input, (&wanted, version.as_deref())).await?;
        let mut one = SelectedPackage {
            action_name: wanted.action_name,
            package_reference_name: wanted.reference_name,
            version: version.unwrap_or_default(),
            other: serde_json::Map::new(),
        };
        if let Some(found) = found {
            one.version.clone_from(&found.version);
            one.other
                .insert("PackageId".into(), found.package_id.into());
            one.other.insert("Hash".into(), found.blob.as_str().into());
            one.other
                .insert("FileExtension".into(), found.extension.into());
            one.other
                .insert("PackageSizeBytes".into(), found.length_bytes.into());
        }
        all.push(one);
    }
    Ok(all)
}

async fn in_feed(
    conn: &mut Conn,
    input: &PlanInput,
    (wanted, version): (&Wanted, Option<&str>),
) -> Result<Option<Package>, StoreError> {
    let space = input.project.space_id.as_str();
    let found = match version.map(str::parse) {
        None => package::versions(conn, space, &wanted.package_id)
            .await?
            .into_iter()
            .next(),
        Some(Ok(version)) => package::find(conn, space, (&wanted.package_id, &version)).await?,
        Some(Err(_)) => None,
    };
    Ok(found.map(|found| found.package))
}

/// What the agent must have before the action's script starts.
pub(super) fn of_action(
    selected: &[SelectedPackage],
    action: &Action,
) -> Result<Vec<ScriptPackage>, Unrunnable> {
    let mut all = Vec::new();
    for wanted in wanted_by(action) {
        let reference = action
            .packages
            .iter()
            .find(|reference| reference.name == wanted.reference_name);
        let location = reference.map_or("", |reference| reference.acquisition_location.as_str());
        if location.eq_ignore_ascii_case("NotAcquired") {
            continue;
        }
        let called = match wanted.reference_name.as_str() {
            "" => wanted.package_id.clone(),
            name => format!("{} (reference \"{name}\")", wanted.package_id),
        };
        let chosen = chosen(selected, action, &wanted.reference_name).ok_or_else(|| {
            Unrunnable::Package(format!(
                "there is no version of the package {called} for this run: the release was made before the step used it. Create a new release"
            ))
        })?;
        let text = |key: &str| {
            chosen
                .other
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let sha256 = text("Hash");
        if sha256.is_empty() {
            return Err(Unrunnable::Package(format!(
                "the package {called} is not in the built-in feed, and this server fetches from no other. Push it there and create a new release"
            )));
        }
        let extract = reference.and_then(|reference| reference.properties.get("Extract"));
        let is_wanted_whole = extract
            .and_then(Value::as_str)
            .is_some_and(|extract| extract.eq_ignore_ascii_case("False"));
        all.push(ScriptPackage {
            reference: wanted.reference_name,
            package_id: text("PackageId"),
            version: chosen.version.clone(),
            extension: text("FileExtension"),
            sha256,
            length_bytes: chosen
                .other
                .get("PackageSizeBytes")
                .and_then(Value::as_u64)
                .unwrap_or(0),
            extract: !is_wanted_whole,
        });
    }
    Ok(all)
}

/// `Octopus.Action.Package[Ref].PackageVersion` and the like; where they lie is known to the agent only.
pub(super) fn facts(
    selected: &[SelectedPackage],
    action: &Action,
    facts: &mut Vec<(String, String)>,
) {
    for wanted in wanted_by(action) {
        let Some(chosen) = chosen(selected, action, &wanted.reference_name) else {
            continue;
        };
        let mut prefixes = vec![format!("Octopus.Action.Package[{}]", wanted.reference_name)];
        if wanted.reference_name.is_empty() {
            prefixes.push("Octopus.Action.Package".to_owned());
        }
        for prefix in prefixes {
            for (name, value) in [
                ("PackageId", wanted.package_id.as_str()),
                ("FeedId", &wanted.feed_id),
                ("PackageVersion", &chosen.version),
            ] {
                facts.push((format!("{prefix}.{name}"), value.to_owned()));
            }
        }
    }
}

fn chosen<'s>(
    selected: &'s [SelectedPackage],
    action: &Action,
    reference: &str,
) -> Option<&'s SelectedPackage> {
    selected.iter().find(|one| {
        one.action_name.eq_ignore_ascii_case(&action.name)
            && one.package_reference_name.eq_ignore_ascii_case(reference)
    })
}
