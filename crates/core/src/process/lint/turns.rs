//! Steps set to run in parallel that will take turns: exclusive machine locks, limits, too few workers.
//!
//! By default steps of one deployment share its machines (DESIGN D6), so shared targets alone are no problem.

use super::{Subject, pool};
use crate::machine::Machine;
use crate::process::problem::{Fix, Kind, Problem};
use crate::process::step::StartTrigger;
use crate::process::{Step, keys};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for i in subject
        .positions()
        .filter(|i| is_parallel(subject.step(*i)))
    {
        for j in subject
            .positions()
            .filter(|j| subject.graph.may_overlap(i, *j))
        {
            // Of two parallel steps the later one reports.
            if j < i || !is_parallel(subject.step(j)) {
                problems.extend(on_machines(subject, i, j));
            }
        }
    }
    let lanes = lanes(subject, |_| true);
    if let Some(limit) = subject.context.limits.running_max.map(|max| max as usize) {
        problems.extend(too_many(
            subject,
            &lanes,
            limit,
            format!("the project lets {limit} run at once"),
            "Limits",
        ));
    }
    let pools = subject.context.pool_slots.unwrap_or_default().iter();
    // Where there is no worker at all nothing takes turns.
    for (pool, slots) in pools.filter(|(_, slots)| *slots > 0) {
        let lanes = self::lanes(subject, |step| uses_pool(step, pool));
        let place = if pool.is_empty() {
            "the default worker pool runs".to_owned()
        } else {
            format!("the worker pool {pool} runs")
        };
        problems.extend(too_many(
            subject,
            &lanes,
            *slots,
            format!("{place} {slots} at once"),
            "Where it runs",
        ));
    }
}

fn is_parallel(step: &Step) -> bool {
    step.start_trigger == StartTrigger::StartWithPrevious && !step.is_disabled()
}

fn is_exclusive(step: &Step) -> bool {
    step.properties
        .filled(keys::MACHINE_LOCK)
        .is_some_and(|text| text.eq_ignore_ascii_case("exclusive"))
}

/// Two steps that may overlap, on machines that let only one of them in.
fn on_machines(subject: &Subject<'_>, i: usize, j: usize) -> Option<Problem> {
    let (a, b) = (subject.step(i), subject.step(j));
    let one_at_a_time = subject.context.limits.per_machine_max == Some(1);
    if !(is_exclusive(a) || is_exclusive(b) || one_at_a_time) || b.is_disabled() {
        return None;
    }
    // What a worker does in the name of a machine leaves the machine to others.
    if !runs_on_machines(a) || !runs_on_machines(b) {
        return None;
    }
    let shared = shared(subject, a, b)?;
    let because = match (is_exclusive(a), is_exclusive(b)) {
        (true, _) => format!("{} asks for its machines alone", a.name),
        (false, true) => format!("{} asks for its machines alone", b.name),
        (false, false) => "the project lets one step run on a machine at a time".to_owned(),
    };
    let message = format!(
        "{} and {} both run on {shared}, and {because}: they will take turns.",
        b.name, a.name
    );
    let mut problem = subject.problem(Kind::TakesTurns, &[i, j], message);
    for step in [i, j]
        .into_iter()
        .filter(|step| is_exclusive(subject.step(*step)))
    {
        problem = problem.fix(Fix::Set {
            step: subject.slug(step),
            field: keys::MACHINE_LOCK.into(),
            to: "deployment".into(),
        });
    }
    Some(problem.fix(Fix::MarkIntended {
        step: subject.slug(i),
        kind: Kind::TakesTurns,
    }))
}

fn runs_on_machines(step: &Step) -> bool {
    step.actions.iter().any(|action| {
        let is_elsewhere = action.runs_on_server() || action.is_in_server();
        !(is_elsewhere || action.is_disabled || action.action_type == keys::MANUAL)
    })
}

/// What both steps run on, in words; machines where they are known, else target tags.
fn shared(subject: &Subject<'_>, a: &Step, b: &Step) -> Option<String> {
    let (roles_a, roles_b) = (a.target_roles(), b.target_roles());
    let has = |roles: &[&str], tag: &str| roles.iter().any(|role| role.eq_ignore_ascii_case(tag));
    let names: Vec<&str> = match subject.context.machines {
        Some(machines) => {
            let fits = |m: &&Machine, roles: &[&str]| m.roles.iter().any(|tag| has(roles, tag));
            machines
                .iter()
                .filter(|m| m.endpoint.runs_scripts())
                .filter(|m| fits(m, &roles_a) && fits(m, &roles_b))
                .map(|m| m.name.as_str())
                .collect()
        }
        None => roles_a
            .into_iter()
            .filter(|role| has(&roles_b, role))
            .collect(),
    };
    match names.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        [one, two] => Some(format!("{one} and {two}")),
        [one, .., last] => Some(format!("{one} to {last} ({} machines)", names.len())),
    }
}

/// The most steps that stand at the same distance from the start, so that all of them may run at once.
fn lanes(subject: &Subject<'_>, counts: impl Fn(&Step) -> bool) -> Vec<usize> {
    let mut depth = vec![0_usize; subject.process.steps.len()];
    for &step in subject.graph.order() {
        depth[step] = subject
            .graph
            .waits_for(step)
            .iter()
            .map(|on| depth[*on] + 1)
            .max()
            .unwrap_or(0);
    }
    let at = |level: usize| -> Vec<usize> {
        let counted = |i: &usize| {
            depth[*i] == level && !subject.step(*i).is_disabled() && counts(subject.step(*i))
        };
        subject.positions().filter(counted).collect()
    };
    let levels = depth.iter().max().map_or(0, |deepest| deepest + 1);
    (0..levels).map(at).max_by_key(Vec::len).unwrap_or_default()
}

fn too_many(
    subject: &Subject<'_>,
    lanes: &[usize],
    limit: usize,
    because: String,
    section: &'static str,
) -> Option<Problem> {
    let first_parallel = *lanes.iter().find(|i| is_parallel(subject.step(**i)))?;
    if lanes.len() <= limit {
        return None;
    }
    let mut steps = vec![first_parallel];
    steps.extend(lanes.iter().copied().filter(|i| *i != first_parallel));
    let names: Vec<&str> = lanes.iter().map(|i| subject.name(*i)).collect();
    let message = format!(
        "{} steps could run at once ({}), and {because}: some will take turns.",
        lanes.len(),
        names.join(", ")
    );
    let step = subject.slug(first_parallel);
    let problem = subject
        .problem(Kind::TakesTurns, &steps, message)
        .fix(Fix::Open {
            step: step.clone(),
            section,
        });
    Some(problem.fix(Fix::MarkIntended {
        step,
        kind: Kind::TakesTurns,
    }))
}

/// Whether a step needs a worker of this pool (`""` = the default one).
fn uses_pool(step: &Step, pool: &str) -> bool {
    let mut actions = step.actions.iter();
    actions.any(|action| pool::named(step, action) == Some(pool))
}
