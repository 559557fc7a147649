//! Order that is not what it looks like: dependencies that add nothing, steps that start early, approvals nobody waits for.

use super::Subject;
use crate::process::problem::{Fix, Kind, Problem};
use crate::process::{StartRule, keys};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for i in subject.positions() {
        if let Ok(StartRule::After(_)) = StartRule::of(subject.step(i)) {
            redundant(subject, i, problems);
            problems.extend(starts_early(subject, i));
        }
        problems.extend(unreachable_approval(subject, i));
    }
}

fn redundant(subject: &Subject<'_>, i: usize, problems: &mut Vec<Problem>) {
    for &on in subject.graph.waits_for(i) {
        let Some(via) = subject.graph.implied_through(i, on) else {
            continue;
        };
        let kind = Kind::RedundantDependency;
        let message = format!(
            "{} waiting for {} is already implied through {}.",
            subject.name(i),
            subject.name(on),
            subject.name(via)
        );
        let problem = subject
            .problem(kind, &[i, on, via], message)
            .at(format!("Steps[{i}].Properties[{}]", keys::DEPENDS_ON));
        let step = subject.slug(i);
        let problem = problem.fix(Fix::RemoveDependency {
            step: step.clone(),
            on: subject.slug(on),
        });
        problems.push(problem.fix(Fix::MarkIntended { step, kind }));
    }
}

/// A step that waits for nothing, listed below one that does.
fn starts_early(subject: &Subject<'_>, i: usize) -> Option<Problem> {
    let waits = |step: usize| !subject.graph.waits_for(step).is_empty();
    if waits(i) {
        return None;
    }
    let above = (0..i).rev().find(|step| waits(*step))?;
    let before = i - 1;
    let kind = Kind::StartsEarly;
    let message = format!(
        "{} has no dependencies: it starts with the deployment, before {} above it.",
        subject.name(i),
        subject.name(above)
    );
    let step = subject.slug(i);
    let copied = subject
        .graph
        .waits_for(before)
        .iter()
        .map(|on| subject.slug(*on))
        .collect();
    let problem = subject
        .problem(kind, &[i, above], message)
        .fix(Fix::SetDependencies {
            step: step.clone(),
            on: copied,
        })
        .fix(Fix::SetDependencies {
            step: step.clone(),
            on: vec![subject.slug(before)],
        });
    Some(problem.fix(Fix::MarkIntended { step, kind }))
}

/// An approval is there to hold something up. If other steps run beside it and none waits for it, it does not.
fn unreachable_approval(subject: &Subject<'_>, i: usize) -> Option<Problem> {
    let is_approval = subject
        .step(i)
        .actions
        .iter()
        .any(|action| action.action_type == keys::MANUAL && !action.is_disabled);
    let beside: Vec<usize> = subject
        .positions()
        .filter(|j| subject.graph.may_overlap(i, *j))
        .collect();
    if !is_approval || !subject.graph.is_last(i) || beside.is_empty() {
        return None;
    }
    let message = format!(
        "{} is not waited for by any later step; nothing will pause.",
        subject.name(i)
    );
    let kind = Kind::UnreachableApproval;
    let mut problem = subject.problem(kind, &[i], message);
    for later in beside.into_iter().filter(|j| *j > i) {
        problem = problem.fix(Fix::AddDependency {
            step: subject.slug(later),
            on: subject.slug(i),
        });
    }
    Some(problem.fix(Fix::MarkIntended {
        step: subject.slug(i),
        kind,
    }))
}
