//! The steps of a snapshot: what was planned, how it stands, why it waits, when it is expected.

use std::collections::HashMap;

use regatta_core::engine::event::{Cell, Seq};
use regatta_core::engine::plan::{Plan, PlanStep, StepIx};
use regatta_core::engine::{ActionState, ActionView, RunView, StepView, Waiting};
use regatta_core::process::graph::Graph;
use regatta_core::process::rail::Rail;
use regatta_core::process::{DeploymentProcess, StartRule};
use regatta_core::time::Time;
use serde_json::{Map, Value, json};

use super::forecast::Expected;
use crate::activity::{reason, state};
use crate::folded::Folded;

/// Which action runs a reader has to be told of. A run may have thousands, and most of them stay as they are from
/// one look to the next.
pub(super) enum Told {
    All,
    /// What settled at this time or later; `None`: nothing did.
    Since(Option<Time>),
}

impl Told {
    /// To a reader that knows the run as of this event; `None`: one that knows nothing.
    pub(super) fn after(folded: &Folded, known: Option<Seq>) -> Self {
        known.map_or(Self::All, |known| {
            let news = folded.events.iter().filter(|event| event.seq > known);
            // The clock may have been set back between two events.
            Self::Since(news.map(|event| event.at).min())
        })
    }

    /// What changes without an event, reasons and progress, is told whenever there is any.
    fn wants(&self, action: &ActionView, over_at: Option<Time>, waits: bool) -> bool {
        let Self::Since(since) = self else {
            return true;
        };
        // What is skipped with its step has no time of its own.
        match action.settled_at.or(over_at) {
            Some(at) => since.is_some_and(|since| at >= since),
            None => waits || !matches!(action.state, ActionState::Pending),
        }
    }
}

pub(super) fn bodies(
    folded: &Folded,
    mut view: RunView,
    told: &Told,
    (waiting, said): (&[Waiting], &[(Cell, Value)]),
    expected: Option<&Expected>,
) -> Value {
    let plan = &folded.frozen.plan;
    let waits: HashMap<(StepIx, Option<Cell>), Value> = waiting
        .iter()
        .map(|waiting| {
            let reason = reason::body(plan, &waiting.reason);
            ((waiting.step, waiting.cell), Value::Object(reason))
        })
        .collect();
    let shape = Shape::of(plan, &folded.process);
    for step in &mut view.steps {
        let waits = |cell: Cell| waits.contains_key(&(step.step, Some(cell)));
        let over_at = step.settled_at;
        step.actions
            .retain(|action| told.wants(action, over_at, waits(action.cell)));
    }
    let bodies = view.steps.iter().map(|step| {
        let mut body = state::step(plan, step);
        add(&mut body, step, &waits);
        add_progress(&mut body, step, said);
        body.extend(shape.step(step.step));
        if let Some(expected) = expected.and_then(|expected| expected.step(step.step)) {
            body.insert("Expected".into(), expected);
        }
        Value::Object(body)
    });
    bodies.collect()
}

fn add(
    body: &mut Map<String, Value>,
    step: &StepView,
    waits: &HashMap<(StepIx, Option<Cell>), Value>,
) {
    if let Some(reason) = waits.get(&(step.step, None)) {
        body.insert("Waiting".into(), reason.clone());
    }
    let Some(Value::Array(actions)) = body.get_mut("ActionRuns") else {
        return;
    };
    for (body, action) in actions.iter_mut().zip(&step.actions) {
        if let Some(reason) = waits.get(&(step.step, Some(action.cell))) {
            body["Waiting"] = reason.clone();
        }
    }
}

fn add_progress(body: &mut Map<String, Value>, step: &StepView, said: &[(Cell, Value)]) {
    let Some(Value::Array(actions)) = body.get_mut("ActionRuns") else {
        return;
    };
    for (cell, said) in said.iter().filter(|(cell, _)| cell.step == step.step) {
        let own = step.actions.iter().position(|action| action.cell == *cell);
        if let Some(body) = own.and_then(|own| actions.get_mut(own)) {
            body["Progress"] = said.clone();
        }
    }
}

/// What never changes while the task runs.
struct Shape<'a> {
    plan: &'a Plan,
    process: &'a DeploymentProcess,
    graph: Option<Graph>,
    rails: Vec<Rail>,
}

impl<'a> Shape<'a> {
    fn of(plan: &'a Plan, process: &'a DeploymentProcess) -> Self {
        let graph = graph(plan);
        Self {
            plan,
            process,
            rails: graph.as_ref().map(Graph::rails).unwrap_or_default(),
            graph,
        }
    }

    fn step(&self, ix: StepIx) -> Map<String, Value> {
        let step = &self.plan.steps[ix.0 as usize];
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        put("StepId", step.id.clone().into());
        put("StepName", step.name.clone().into());
        if let Some(rail) = self.rails.get(ix.0 as usize) {
            put("Lane", rail.lane.into());
            put("RailFrom", (rail.from + 1).into());
            put("RailTo", (rail.to + 1).into());
        }
        put("WaitsFor", self.waits_for(ix, step));
        put("Condition", json!(condition(step)));
        put("MachineLock", json!(step.machine_lock));
        if let Some(window) = step.window {
            put("WindowSize", window.into());
        }
        let machines = step.on.iter().flatten();
        let machines = machines.map(|on| self.plan.targets[on.0 as usize].id.clone());
        put("MachineIds", machines.collect());
        put("Actions", step.actions.iter().map(action).collect());
        body
    }

    fn waits_for(&self, ix: StepIx, step: &PlanStep) -> Value {
        let authored = self.process.steps.iter().find(|own| own.id == step.id);
        let is_explicit = authored
            .is_some_and(|authored| matches!(StartRule::of(authored), Ok(StartRule::After(_))));
        let edges = step.waits_for.iter().map(|on| {
            let implied = self
                .graph
                .as_ref()
                .and_then(|graph| graph.implied_through(ix.0 as usize, on.0 as usize));
            json!({
                "StepSlug": self.plan.steps[on.0 as usize].slug,
                "Kind": if is_explicit { "Explicit" } else { "Implicit" },
                "IsRedundant": implied.is_some(),
            })
        });
        edges.collect()
    }
}

/// Who waits for whom in a plan.
pub(super) fn graph(plan: &Plan) -> Option<Graph> {
    let edges = plan
        .steps
        .iter()
        .map(|step| step.waits_for.iter().map(|on| on.0 as usize).collect())
        .collect();
    // A plan was checked for loops before it was frozen.
    Graph::from_edges(edges).ok()
}

fn condition(step: &PlanStep) -> &'static str {
    use regatta_core::engine::plan::StepCondition::{Always, Failure, Success, Variable};
    match step.condition {
        Success => "Success",
        Failure => "Failure",
        Always => "Always",
        Variable(_) => "Variable",
    }
}

fn action(action: &regatta_core::engine::plan::PlanAction) -> Value {
    json!({
        "ActionId": action.id,
        "ActionSlug": action.slug,
        "ActionName": action.name,
        "ActionType": action.action_type,
        "RunsOn": action.kind,
        "WorkerPoolId": action.worker_pool,
        "IsRequired": action.required,
        "RetriesMax": action.retry.retries_max,
        "TimeoutMs": action.timeout_ms,
        "ExpectedMs": action.expected_ms,
    })
}
