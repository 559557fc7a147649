//! Steps that no deployment will ever run: their condition or their scopes leave no case.

use super::{LintContext, Subject};
use crate::process::problem::{Fix, Kind, Problem};
use crate::process::step::Condition;
use crate::process::{Action, Step};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for i in subject.positions() {
        let step = subject.step(i);
        if step.is_disabled() {
            continue;
        }
        let found = condition(subject, i)
            .or_else(|| scopes(step, &subject.context))
            .or_else(|| targets(step, &subject.context));
        if let Some((why, section)) = found {
            let kind = Kind::NeverRuns;
            let message = format!("{} never runs: {why}.", subject.name(i));
            let problem = subject.problem(kind, &[i], message).fix(Fix::Open {
                step: subject.slug(i),
                section,
            });
            problems.push(problem.fix(Fix::MarkIntended {
                step: subject.slug(i),
                kind,
            }));
        }
    }
}

/// Why, and the section of the step's settings where it can be changed.
type Reason = (String, &'static str);

fn condition(subject: &Subject<'_>, i: usize) -> Option<Reason> {
    const SECTION: &str = "Run Condition";
    let step = subject.step(i);
    match step.condition {
        Condition::Failure if subject.graph.waits_for(i).is_empty() => Some((
            "it runs when a step it waits for has failed, and it waits for none".into(),
            SECTION,
        )),
        Condition::Variable if step.condition_expression().is_some_and(is_false) => Some((
            format!(
                "its condition is always `{}`",
                step.condition_expression().unwrap_or_default()
            ),
            SECTION,
        )),
        _ => None,
    }
}

/// What Octopus takes for false, written out.
fn is_false(expression: &str) -> bool {
    let text = expression.trim();
    text == "0"
        || ["false", "no"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

/// A step runs if any of its actions does.
fn scopes(step: &Step, context: &LintContext<'_>) -> Option<Reason> {
    let mut reasons = step
        .actions
        .iter()
        .filter(|action| !action.is_disabled)
        .map(|action| action_scope(action, context));
    let first = reasons.next()??;
    reasons.all(|reason| reason.is_some()).then_some(first)
}

fn action_scope(action: &Action, context: &LintContext<'_>) -> Option<Reason> {
    const SECTION: &str = "Environments";
    let excluded = |id: &String| action.excluded_environments.contains(id);
    let known = |id: &String| {
        context
            .environments
            .is_none_or(|all| all.iter().any(|e| e.as_str() == id))
    };
    if !action.environments.is_empty() && action.environments.iter().all(excluded) {
        return Some((
            "every environment it is limited to is also excluded".into(),
            SECTION,
        ));
    }
    if !action.environments.is_empty() && !action.environments.iter().any(known) {
        return Some((
            "the environments it is limited to do not exist any more".into(),
            SECTION,
        ));
    }
    let all_excluded = context.environments.is_some_and(|all| {
        !all.is_empty()
            && all.iter().all(|e| {
                action
                    .excluded_environments
                    .iter()
                    .any(|id| id == e.as_str())
            })
    });
    if all_excluded {
        return Some(("every environment is excluded".into(), SECTION));
    }
    let no_channel = context.channels.is_some_and(|all| {
        !action.channels.is_empty()
            && !all
                .iter()
                .any(|c| action.channels.iter().any(|id| id == c.as_str()))
    });
    no_channel.then(|| {
        (
            "the channels it is limited to do not exist any more".into(),
            "Channels",
        )
    })
}

/// No machine of the space has its tags in an environment it runs in. Silent while there are no machines at all.
fn targets(step: &Step, context: &LintContext<'_>) -> Option<Reason> {
    let machines = context.machines.filter(|all| !all.is_empty())?;
    let roles = step.target_roles();
    let has_tag = |own: &[String]| {
        own.iter()
            .any(|tag| roles.iter().any(|role| role.eq_ignore_ascii_case(tag)))
    };
    let runs_in = |environment: &str| {
        step.actions.iter().any(|action| {
            (action.environments.is_empty()
                || action.environments.iter().any(|id| id == environment))
                && !action
                    .excluded_environments
                    .iter()
                    .any(|id| id == environment)
        })
    };
    let fits = machines
        .iter()
        .any(|m| has_tag(&m.roles) && m.environment_ids.iter().any(|e| runs_in(e.as_str())));
    let why = || {
        format!(
            "no machine in its environments has any of the target tags {}",
            roles.join(", ")
        )
    };
    (!roles.is_empty() && !fits).then(|| (why(), "Where it runs"))
}
