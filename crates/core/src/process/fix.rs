//! Fixes as edits: what a click changes in the document, worked out here so that no client needs to know how.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::graph;
use super::problem::{Fix, Kind};
use super::start::StartRule;
use super::{DeploymentProcess, Step, keys, lint};

/// Values to set in one step. Keys are places as in [`super::problem::Problem::field`], from the step on: `Name`,
/// `Properties[Regatta.Step.DependsOn]`, `Actions[0].Properties[…]`; null removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Edit {
    /// Slug of the step as it is before the edit.
    pub step: String,
    /// From 1, as in the list: a step that was never saved may have no slug yet.
    pub number: usize,
    pub set: BTreeMap<String, Value>,
}

impl Fix {
    /// What its button says.
    #[must_use]
    pub fn label(&self, process: &DeploymentProcess) -> String {
        let name = |slug: &String| {
            let found = process.step_by_slug(slug);
            found.map_or_else(|| slug.clone(), |step| step.name.clone())
        };
        match self {
            Self::AddDependency { step, on } => format!("Let {} wait for {}", name(step), name(on)),
            Self::RemoveDependency { step, on } if lists(process, step, on) => {
                format!("{}: remove the dependency on {}", name(step), name(on))
            }
            Self::RemoveDependency { step, on } => {
                format!("Let {} no longer wait for {}", name(step), name(on))
            }
            Self::SetDependencies { step, on } if on.is_empty() => {
                format!("Start {} with the deployment", name(step))
            }
            Self::SetDependencies { step, on } => {
                let names: Vec<_> = on.iter().map(name).collect();
                format!("Start {} after {}", name(step), names.join(", "))
            }
            Self::ReplaceText { from, to, .. } => format!("Replace {from} by {to}"),
            Self::Rename { to, .. } => format!("Rename to {to}"),
            Self::Set { step, field, to } if field == keys::MACHINE_LOCK && to == "deployment" => {
                format!("Let {} share its machines", name(step))
            }
            Self::Set { field, to, .. } => format!("Set {field} to {to}"),
            Self::MarkIntended { .. } => "Mark as intended".to_owned(),
            Self::Open { section, .. } => format!("Open {section}"),
        }
    }

    /// What it changes; nothing for [`Fix::Open`], and for a fix whose step is not there.
    #[must_use]
    pub fn edits(&self, process: &DeploymentProcess) -> Vec<Edit> {
        let step = match self {
            Self::AddDependency { step, .. }
            | Self::RemoveDependency { step, .. }
            | Self::SetDependencies { step, .. }
            | Self::ReplaceText { step, .. }
            | Self::Rename { step, .. }
            | Self::Set { step, .. }
            | Self::MarkIntended { step, .. }
            | Self::Open { step, .. } => step,
        };
        let found = process.steps.iter().position(|known| known.slug == *step);
        let edit = found.map(|at| Edit {
            step: step.clone(),
            number: at + 1,
            set: self.set(process, at),
        });
        edit.into_iter()
            .filter(|edit| !edit.set.is_empty())
            .collect()
    }

    fn set(&self, process: &DeploymentProcess, at: usize) -> BTreeMap<String, Value> {
        let step = &process.steps[at];
        match self {
            Self::AddDependency { on, .. } => {
                let mut list = dependencies(process, at);
                list.push(on.clone());
                after(&list)
            }
            Self::RemoveDependency { on, .. } => after(&without(&dependencies(process, at), on)),
            Self::SetDependencies { on, .. } => after(on),
            Self::ReplaceText {
                field, from, to, ..
            } => replaced(step, field, from, to),
            Self::Rename { to, .. } => BTreeMap::from([("Name".to_owned(), Value::from(&**to))]),
            Self::Set { field, to, .. } => {
                let is_property = field.contains('.');
                let place = if is_property {
                    property(field)
                } else {
                    field.clone()
                };
                BTreeMap::from([(place, Value::from(&**to))])
            }
            Self::MarkIntended { kind, .. } => BTreeMap::from([intended(step, *kind)]),
            Self::Open { .. } => BTreeMap::new(),
        }
    }
}

/// Whether the dependency is in the step's own list, and not only follows from its place among the others.
fn lists(process: &DeploymentProcess, step: &str, on: &str) -> bool {
    let rule = process.step_by_slug(step).map(StartRule::of);
    matches!(rule, Some(Ok(StartRule::After(slugs))) if slugs.iter().any(|slug| slug == on))
}

fn property(key: &str) -> String {
    format!("Properties[{key}]")
}

/// The dependency list, or for a step without one the steps it waits for now, which a list must then keep.
fn dependencies(process: &DeploymentProcess, at: usize) -> Vec<String> {
    if let Ok(StartRule::After(slugs)) = StartRule::of(&process.steps[at]) {
        return slugs;
    }
    let (direct, _) = graph::direct(&process.steps);
    let slug = |on: &usize| process.steps[*on].slug.clone();
    direct[at].iter().map(slug).collect()
}

/// A dependency on a step that is listed twice goes once; one on anything else goes wholly.
fn without(list: &[String], on: &str) -> Vec<String> {
    let times = list.iter().filter(|slug| *slug == on).count();
    let mut kept = 0;
    let stays = |slug: &&String| {
        if *slug != on {
            return true;
        }
        kept += 1;
        kept < times
    };
    list.iter().filter(stays).cloned().collect()
}

fn after(slugs: &[String]) -> BTreeMap<String, Value> {
    let list = Value::from(slugs).to_string();
    BTreeMap::from([
        ("StartTrigger".to_owned(), Value::from("StartWithPrevious")),
        (property(keys::DEPENDS_ON), Value::from(list)),
    ])
}

fn intended(step: &Step, kind: Kind) -> (String, Value) {
    let mut kinds = lint::intended(step);
    if !kinds.iter().any(|known| known == kind.as_str()) {
        kinds.push(kind.as_str().to_owned());
    }
    let list = Value::from(kinds).to_string();
    (property(keys::INTENDED), Value::from(list))
}

fn replaced(step: &Step, field: &str, from: &str, to: &str) -> BTreeMap<String, Value> {
    let step = serde_json::to_value(step).expect("a step is plain data");
    let text = at(&step, field).and_then(Value::as_str);
    text.map(|text| (field.to_owned(), Value::from(text.replace(from, to))))
        .into_iter()
        .collect()
}

/// The value at a place such as `Actions[0].Properties[Octopus.Action.Script.ScriptBody]`.
fn at<'v>(value: &'v Value, place: &str) -> Option<&'v Value> {
    if place.is_empty() {
        return Some(value);
    }
    if let Some(rest) = place.strip_prefix('[') {
        let (key, rest) = rest.split_once(']')?;
        let inner = key.parse().ok().and_then(|index: usize| value.get(index));
        return at(
            inner.or_else(|| value.get(key))?,
            rest.trim_start_matches('.'),
        );
    }
    let end = place.find(['.', '[']).unwrap_or(place.len());
    at(
        value.get(&place[..end])?,
        place[end..].trim_start_matches('.'),
    )
}
