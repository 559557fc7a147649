//! Which step waits for which, as rows and as a drawing with lanes.

use regatta_core::process::graph::Graph;
use regatta_core::process::step::Condition;
use regatta_core::process::{StartRule, Step};
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::signs::{Lanes, Signs};
use crate::text::visible;

fn graph(steps: &[Step]) -> Result<Graph> {
    Graph::of(steps).map_err(|errors| {
        Failure::invalid("The steps have no order.")
            .why(format!("{errors:?}"))
            .next("regatta process lint")
    })
}

/// One row a step, as people number them.
pub(super) fn rows(steps: &[Step]) -> Result<Vec<Value>> {
    let graph = graph(steps)?;
    let row = |(at, step): (usize, &Step)| {
        json!({
            "Number": at + 1, "Name": step.name, "Slug": step.slug, "WaitsFor": waits_for(&graph, at, step),
            "Condition": condition(step), "On": on(step), "Actions": step.actions.len(),
        })
    };
    Ok(steps.iter().enumerate().map(row).collect())
}

/// `1, 3`, or the rule in words where that is shorter.
fn waits_for(graph: &Graph, at: usize, step: &Step) -> String {
    let on = graph.waits_for(at);
    if on.is_empty() {
        return "nothing".to_owned();
    }
    if StartRule::of(step) == Ok(StartRule::AfterPrevious) {
        return "all before".to_owned();
    }
    numbers(on)
}

fn numbers(steps: &[usize]) -> String {
    let mut numbers: Vec<usize> = steps.iter().map(|on| on + 1).collect();
    numbers.sort_unstable();
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

fn condition(step: &Step) -> &'static str {
    if step.is_disabled() {
        return "never: disabled";
    }
    match step.condition {
        Condition::Success => "",
        Condition::Failure => "on failure",
        Condition::Always => "always",
        Condition::Variable => "if variable",
    }
}

fn on(step: &Step) -> String {
    step.target_roles().join(", ")
}

/// Steps in an order they can run in. A lane is open from a step to the last one that waits for it.
pub(super) fn text(steps: &[Step], signs: Signs) -> Result<String> {
    let graph = graph(steps)?;
    let mut lanes: Vec<Option<usize>> = Vec::new();
    let mut left: Vec<usize> = (0..steps.len())
        .map(|step| needed(&graph, step).len())
        .collect();
    let mut lines = Vec::new();
    for &step in graph.order() {
        let parents = direct(&graph, step);
        for parent in &parents {
            left[*parent] -= 1;
        }
        // The lane of a parent nobody else waits for goes on; the others end here.
        let own = lanes
            .iter()
            .position(|lane| lane.is_some_and(|of| parents.contains(&of) && left[of] == 0));
        let own = own
            .or_else(|| lanes.iter().position(Option::is_none))
            .unwrap_or_else(|| {
                lanes.push(None);
                lanes.len() - 1
            });
        let row = signs
            .lanes()
            .map(|signs| drawn(&signs, &lanes, own, (&parents, &left)));
        for lane in &mut lanes {
            if lane.is_some_and(|of| left[of] == 0) {
                *lane = None;
            }
        }
        lanes[own] = (left[step] > 0).then_some(step);
        let label = label(&graph, step, &steps[step], signs);
        lines.push((row.unwrap_or_default(), label));
    }
    let wide = lines
        .iter()
        .map(|(row, _)| row.chars().count())
        .max()
        .unwrap_or(0);
    let line = |(row, label): (String, String)| match wide {
        0 => format!("{label}\n"),
        _ => format!("{row:<wide$} {label}\n"),
    };
    Ok(lines.into_iter().map(line).collect())
}

/// What a step waits for without what is implied by another it waits for.
fn direct(graph: &Graph, step: usize) -> Vec<usize> {
    let on = graph.waits_for(step).iter().copied();
    on.filter(|on| graph.implied_through(step, *on).is_none())
        .collect()
}

/// The steps that wait for it directly.
fn needed(graph: &Graph, step: usize) -> Vec<usize> {
    graph
        .dependants(step)
        .filter(|later| direct(graph, *later).contains(&step))
        .collect()
}

fn drawn(
    signs: &Lanes,
    lanes: &[Option<usize>],
    own: usize,
    (parents, left): (&[usize], &[usize]),
) -> String {
    let mark = |(at, lane): (usize, &Option<usize>)| match lane {
        _ if at == own => signs.step,
        Some(of) if parents.contains(of) && left[*of] == 0 => signs.last,
        Some(of) if parents.contains(of) => signs.joined,
        Some(_) => signs.passing,
        None => ' ',
    };
    let marks = lanes.iter().enumerate().map(mark);
    let row: String = marks.flat_map(|mark| [mark, ' ']).collect();
    row.trim_end().to_owned()
}

fn label(graph: &Graph, at: usize, step: &Step, signs: Signs) -> String {
    let mut label = format!("{} {}", at + 1, visible(&step.name));
    let on = direct(graph, at);
    if !on.is_empty() {
        label.push_str(&format!("  {}{}", signs.waits_for(), numbers(&on)));
    }
    for note in [condition(step).to_owned(), on_targets(step)] {
        if !note.is_empty() {
            label.push_str(&format!("  ({note})"));
        }
    }
    label
}

fn on_targets(step: &Step) -> String {
    match on(step) {
        tags if tags.is_empty() => tags,
        tags => format!("on {}", visible(&tags)),
    }
}
