//! Outputs read of steps that are missing, later, or not waited for (DESIGN D5).

use std::collections::HashSet;

use super::Subject;
use crate::name::Slug;
use crate::process::output::{self, PlacedRead};
use crate::process::problem::{Fix, Kind, Problem};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for i in subject.positions() {
        // One report per step read, however often it is read.
        let mut told = HashSet::new();
        for placed in output::reads_of_step(subject.step(i)) {
            if let Some(problem) = problem(subject, i, &placed)
                && told.insert((problem.kind, placed.read.of.clone()))
            {
                problems.push(problem.at(format!("Steps[{i}].{}", placed.field)));
            }
        }
    }
}

fn problem(subject: &Subject<'_>, i: usize, placed: &PlacedRead) -> Option<Problem> {
    let read = &placed.read;
    let what = format!(
        "{} reads `Output[{}].{}` (line {})",
        subject.name(i),
        read.of,
        read.variable,
        read.line
    );
    let Some((of, action)) = output::find(subject.process, &read.of) else {
        return Some(missing(subject, i, placed, &what));
    };
    if of == i {
        // Child steps run in order: one may read those before it. A text on the step itself is read before all.
        let is_earlier =
            matches!((placed.action, action), (Some(reader), Some(read)) if read <= reader);
        let is_own = placed.action.is_some() && action.is_none();
        let message =
            format!("{what}, which has not run by then. Move it before, or read another step.");
        return (!is_earlier && !is_own)
            .then(|| subject.problem(Kind::OutputOfLaterStep, &[i], message));
    }
    if subject.graph.is_after(i, of) {
        return None;
    }
    if subject.graph.is_after(of, i) {
        let message = format!(
            "{what}, and {} only runs after {}. Turn their order round, or remove the read.",
            subject.name(of),
            subject.name(i)
        );
        return Some(subject.problem(Kind::OutputOfLaterStep, &[i, of], message));
    }
    let message = format!(
        "{what} but does not wait for {}; the value may be missing.",
        subject.name(of)
    );
    let kind = Kind::ReadsWithoutWaiting;
    let step = subject.slug(i);
    let problem = subject
        .problem(kind, &[i, of], message)
        .fix(Fix::AddDependency {
            step: step.clone(),
            on: subject.slug(of),
        });
    Some(problem.fix(Fix::MarkIntended { step, kind }))
}

fn missing(subject: &Subject<'_>, i: usize, placed: &PlacedRead, what: &str) -> Problem {
    let name = &placed.read.of;
    let message =
        format!("{what}, and there is no step called {name}. It may have been renamed or deleted.");
    let mut problem = subject.problem(Kind::OutputOfMissingStep, &[i], message);
    if let Some(to) = closest(subject, i, name) {
        let fix = Fix::ReplaceText {
            step: subject.slug(i),
            field: placed.field.clone(),
            from: format!("[{name}]"),
            to: format!("[{to}]"),
        };
        problem = problem.fix(fix);
    }
    problem
}

/// The step that was probably meant: one whose slug is still that of the old name, else the name with the fewest changes.
fn closest<'a>(subject: &'a Subject<'_>, reader: usize, name: &str) -> Option<&'a str> {
    let slug = Slug::from_name(name);
    let others = || subject.positions().filter(move |i| *i != reader);
    let by_slug = others().find(|i| subject.step(*i).slug == slug.as_str());
    let distance = |i: &usize| edits(&subject.name(*i).to_lowercase(), &name.to_lowercase());
    let by_name = || {
        others()
            .min_by_key(distance)
            .filter(|i| distance(i) <= 1 + name.chars().count() / 4)
    };
    by_slug.or_else(by_name).map(|i| subject.name(i))
}

/// How many letters must change, come or go to make one text the other (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
