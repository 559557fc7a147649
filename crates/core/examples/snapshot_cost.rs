//! What the parts of a run's snapshot cost: `cargo run --release -p regatta-core --example snapshot_cost`.
//!
//! 100 steps in 10 layers, each on 50 targets, in the middle of the run; every place takes a different time.

#![allow(clippy::print_stdout, reason = "it is a report")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use regatta_core::engine::event::{Event, Recorded};
use regatta_core::engine::plan::{
    ActionCondition, ActionKind, FailurePolicy, Limits, MachineLock, Plan, PlanAction, PlanStep,
    PlanTarget, Retry, StepCondition, StepIx, TargetIx,
};
use regatta_core::engine::{Run, World};
use regatta_core::simulate::{Setup, Times, forecast};
use regatta_core::time::Time;

const LAYERS: u32 = 10;
const PER_LAYER: u32 = 10;
const TARGETS: u32 = 50;
const ROUNDS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let plan = Arc::new(plan());
    let setup = Setup {
        world: World::of_one_worker("Workers-1", "pool", 200),
        unknown_ms: 10_000,
    };
    let whole = measure("forecast of the whole run", || {
        forecast(&plan, &[], Time(0), &setup)
    })?;
    let log = &measured(&whole.log[..whole.log.len() / 2]);
    let now = log.last().map_or(Time(0), |event| event.at);
    println!("{} events in all, {} by now", whole.log.len(), log.len());
    let run = measure("fold", || -> Result<Run, Box<dyn Error>> {
        let mut run = Run::new(Arc::clone(&plan));
        log.iter().try_for_each(|event| run.apply(event))?;
        Ok(run)
    })?;
    measure("view", || Ok::<_, Box<dyn Error>>(run.view()))?;
    measure("explain", || {
        Ok::<_, Box<dyn Error>>(run.explain(now, &setup.world))
    })?;
    measure("next", || {
        Ok::<_, Box<dyn Error>>(run.next(now, &setup.world))
    })?;
    measure("times", || {
        Ok::<_, Box<dyn Error>>(Times::of(&plan, &whole.log))
    })?;
    measure("forecast from the middle", || {
        forecast(&plan, log, now, &setup)
    })?;
    Ok(())
}

/// The log as if it had happened: expected tickets have other names than real ones.
fn measured(log: &[Recorded]) -> Vec<Recorded> {
    let mut log = log.to_vec();
    for recorded in &mut log {
        if let Event::TicketIssued { ticket, .. }
        | Event::TicketStarted { ticket }
        | Event::TicketFinished { ticket, .. } = &mut recorded.event
        {
            ticket.0.insert_str(0, "real-");
        }
    }
    log
}

/// The quickest of some rounds.
fn measure<T, E>(what: &str, mut work: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut best = f64::INFINITY;
    for _ in 1..ROUNDS {
        let began = Instant::now();
        work()?;
        best = best.min(began.elapsed().as_secs_f64() * 1_000.0);
    }
    println!("{what:>28}: {best:9.3} ms");
    work()
}

fn plan() -> Plan {
    let steps = (0..LAYERS * PER_LAYER).map(|step| {
        let layer_before = (step / PER_LAYER)
            .checked_sub(1)
            .map(|layer| layer * PER_LAYER);
        let name = format!("step-{step}");
        PlanStep {
            id: name.clone(),
            slug: name.clone(),
            name: name.clone(),
            waits_for: layer_before.map_or_else(Vec::new, |first| {
                (0..3)
                    .map(|next| StepIx(first + (step + next) % PER_LAYER))
                    .collect()
            }),
            condition: StepCondition::Success,
            skip: None,
            on: (0..TARGETS).map(|target| Some(TargetIx(target))).collect(),
            window: None,
            machine_lock: MachineLock::Deployment,
            actions: vec![action(name, i64::from(step * 7_919 % 5_003) + 1_000)],
        }
    });
    Plan {
        steps: steps.collect(),
        targets: (0..TARGETS)
            .map(|target| PlanTarget {
                id: format!("Machines-{target}"),
                name: format!("web-{target}"),
            })
            .collect(),
        failure_policy: FailurePolicy::FinishBranches,
        guided_failure: false,
        limits: Limits {
            running_max: Some(100),
            per_machine_max: None,
        },
    }
}

fn action(name: String, expected_ms: i64) -> PlanAction {
    PlanAction {
        id: name.clone(),
        slug: name.clone(),
        name,
        action_type: "Octopus.Script".to_owned(),
        kind: ActionKind::OnWorker,
        condition: ActionCondition::Success,
        skip: None,
        required: false,
        retry: Retry::default(),
        timeout_ms: None,
        worker_pool: Some("pool".to_owned()),
        expected_ms: Some(expected_ms),
    }
}
