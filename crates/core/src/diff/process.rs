//! Changes of a process: steps that came, went and moved; who waits for whom now; and what they do.

use serde_json::Value;

use super::{Change, fields};
use crate::process::graph::Graph;
use crate::process::{Action, DeploymentProcess, StartRule, Step, keys};

/// The changes of a process, in the order of its steps.
#[must_use]
pub fn process(before: &DeploymentProcess, after: &DeploymentProcess) -> Vec<Change> {
    let mut changes = Vec::new();
    let old = |step: &Step| before.steps.iter().position(|s| s.id == step.id);
    for step in before
        .steps
        .iter()
        .filter(|step| !after.steps.iter().any(|s| s.id == step.id))
    {
        changes.push(about(step, format!("Removed the step {}", step.name)));
    }
    for (i, step) in after.steps.iter().enumerate() {
        let Some(was_at) = old(step) else {
            changes.push(about(
                step,
                format!(
                    "Added the step {}, which starts {}",
                    step.name,
                    starts(after, i)
                ),
            ));
            continue;
        };
        let was = &before.steps[was_at];
        if was.name != step.name {
            changes.push(about(
                step,
                format!("Renamed {} to {}", was.name, step.name),
            ));
        }
        start(before, was_at, after, i, &mut changes);
        step_fields(was, step, &mut changes);
        actions(was, step, &mut changes);
    }
    changes.extend(moved(before, after));
    changes
}

fn about(step: &Step, text: String) -> Change {
    Change {
        text,
        subject: step.name.clone(),
        field: None,
        texts: None,
    }
}

/// One sentence when the order of the steps that stayed is another.
fn moved(before: &DeploymentProcess, after: &DeploymentProcess) -> Option<Change> {
    let stayed = |of: &DeploymentProcess, other: &DeploymentProcess| -> Vec<String> {
        of.steps
            .iter()
            .filter(|s| other.steps.iter().any(|o| o.id == s.id))
            .map(|s| s.id.clone())
            .collect()
    };
    let order: Vec<&str> = after.steps.iter().map(|step| step.name.as_str()).collect();
    let text = format!("Steps are now listed in the order {}", order.join(", "));
    let is_other = stayed(before, after) != stayed(after, before);
    is_other.then(|| Change {
        text,
        subject: String::new(),
        field: Some("Steps".into()),
        texts: None,
    })
}

/// When a step starts: list changes edge by edge, anything else as the rule it is now and was.
fn start(
    before: &DeploymentProcess,
    was_at: usize,
    after: &DeploymentProcess,
    at: usize,
    changes: &mut Vec<Change>,
) {
    let step = &after.steps[at];
    let (was, is) = (StartRule::of(&before.steps[was_at]), StartRule::of(step));
    if was == is {
        return;
    }
    if let (Ok(StartRule::After(old)), Ok(StartRule::After(new))) = (&was, &is)
        && !old.is_empty()
        && !new.is_empty()
    {
        let name = |slug: &String| {
            let found = after
                .step_by_slug(slug)
                .or_else(|| before.step_by_slug(slug));
            found.map_or_else(|| slug.clone(), |step| step.name.clone())
        };
        let edge =
            |verb: &str, slug: &String| about(step, format!("{} {verb} {}", step.name, name(slug)));
        changes.extend(
            new.iter()
                .filter(|slug| !old.contains(slug))
                .map(|slug| edge("now waits for", slug)),
        );
        changes.extend(
            old.iter()
                .filter(|slug| !new.contains(slug))
                .map(|slug| edge("no longer waits for", slug)),
        );
        return;
    }
    let text = format!(
        "{}: starts {} (was: {})",
        step.name,
        starts(after, at),
        starts(before, was_at)
    );
    changes.push(Change {
        field: Some("StartTrigger".into()),
        ..about(step, text)
    });
}

/// When the step at this place starts, in words.
#[must_use]
pub fn starts(process: &DeploymentProcess, at: usize) -> String {
    match StartRule::of(&process.steps[at]) {
        Ok(StartRule::AfterPrevious) if at > 0 => "after all above".to_owned(),
        Ok(StartRule::AfterPrevious) => "with the deployment".to_owned(),
        Ok(StartRule::WithPrevious) => match at.checked_sub(1) {
            Some(before) => format!("together with {}", process.steps[before].name),
            None => "with the deployment".to_owned(),
        },
        Ok(StartRule::After(slugs)) if slugs.is_empty() => "with the deployment".to_owned(),
        Ok(StartRule::After(slugs)) => {
            let name = |slug: &String| {
                process
                    .step_by_slug(slug)
                    .map_or_else(|| slug.clone(), |step| step.name.clone())
            };
            format!(
                "after {}",
                slugs.iter().map(name).collect::<Vec<_>>().join(", ")
            )
        }
        Err(_) => "by a list that cannot be read".to_owned(),
    }
}

fn step_fields(was: &Step, is: &Step, changes: &mut Vec<Change>) {
    fields(&is.name, "", &own_fields(was), &own_fields(is), changes);
}

/// A step as JSON without what has sentences of its own.
fn own_fields(step: &Step) -> Value {
    let mut step = Step {
        actions: Vec::new(),
        name: String::new(),
        ..step.clone()
    };
    step.start_trigger = crate::process::step::StartTrigger::default();
    step.properties.remove(keys::DEPENDS_ON);
    serde_json::to_value(step).expect("a step is plain data")
}

fn actions(was: &Step, is: &Step, changes: &mut Vec<Change>) {
    // The only action of a step is the step, for people.
    let label = |action: &Action| {
        if is.actions.len() == 1 {
            is.name.clone()
        } else {
            format!("{} / {}", is.name, action.name)
        }
    };
    for action in was
        .actions
        .iter()
        .filter(|a| !is.actions.iter().any(|b| b.id == a.id))
    {
        changes.push(about(is, format!("{}: removed {}", is.name, action.name)));
    }
    for action in &is.actions {
        let Some(old) = was.actions.iter().find(|a| a.id == action.id) else {
            changes.push(about(is, format!("{}: added {}", is.name, action.name)));
            continue;
        };
        if old.is_disabled != action.is_disabled {
            let verb = if action.is_disabled {
                "Disabled"
            } else {
                "Enabled"
            };
            changes.push(about(is, format!("{verb} {}", label(action))));
        }
        if old.name != action.name && is.actions.len() > 1 {
            changes.push(about(
                is,
                format!("{}: renamed {} to {}", is.name, old.name, action.name),
            ));
        }
        let own = |action: &Action| {
            let action = Action {
                name: String::new(),
                is_disabled: false,
                ..action.clone()
            };
            serde_json::to_value(action).expect("an action is plain data")
        };
        fields(&label(action), "", &own(old), &own(action), changes);
    }
}

/// Who waits for whom differently: what a graph draws as added and removed edges.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EdgeChanges {
    pub added: Vec<Edge>,
    pub removed: Vec<Edge>,
}

/// `step` waits for `on`; ids of steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Edge {
    pub step: String,
    pub on: String,
}

/// The edges that came and went; `None` if one of the processes has no order.
#[must_use]
pub fn edges(before: &DeploymentProcess, after: &DeploymentProcess) -> Option<EdgeChanges> {
    let (old, new) = (edges_of(before)?, edges_of(after)?);
    let without = |from: &[Edge], other: &[Edge]| {
        let other: std::collections::HashSet<_> = other.iter().collect();
        from.iter()
            .filter(|edge| !other.contains(edge))
            .cloned()
            .collect()
    };
    Some(EdgeChanges {
        added: without(&new, &old),
        removed: without(&old, &new),
    })
}

fn edges_of(process: &DeploymentProcess) -> Option<Vec<Edge>> {
    let graph = Graph::of(&process.steps).ok()?;
    let id = |i: usize| process.steps[i].id.clone();
    let of_step = |i: usize| {
        graph
            .waits_for(i)
            .iter()
            .map(move |on| Edge {
                step: id(i),
                on: id(*on),
            })
            .collect::<Vec<_>>()
    };
    Some((0..graph.len()).flat_map(of_step).collect())
}
