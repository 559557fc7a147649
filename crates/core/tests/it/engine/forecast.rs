//! Forecasts, what-ifs, and the times and the order read off a log.

use std::sync::Arc;

use proptest::prelude::*;
use regatta_core::engine::World;
use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;
use regatta_core::simulate::{
    Change, Forecast, LostTo, OrderCheck, Setup, Times, forecast, what_if,
};
use regatta_core::time::Time;

use super::draw::{self, Shape};
use super::play::{Fate, Play};
use super::rng::Rng;
use super::shell::Shell;
use super::text::plan;

fn wide() -> Setup {
    Setup {
        world: World::of_one_worker("Workers-1", "pool", 10_000),
        unknown_ms: 10,
    }
}

fn preview(plan: &Plan, slots: u32) -> Forecast {
    let setup = Setup {
        world: World::of_one_worker("Workers-1", "pool", slots),
        unknown_ms: 10,
    };
    forecast(&Arc::new(plan.clone()), &[], Time(0), &setup).unwrap()
}

fn ends(forecast: &Forecast) -> Vec<i64> {
    forecast
        .times
        .steps
        .iter()
        .map(|step| step.over_at.unwrap().0)
        .collect()
}

const DIAMOND: &str = "build takes 100; test after build takes 300; pack after build takes 50; deploy after test pack takes 20";

#[test]
fn a_preview_knows_ends_slack_and_the_critical_path() {
    let found = preview(&plan(DIAMOND), 9);
    assert_eq!(ends(&found), [100, 400, 150, 420]);
    let slack: Vec<_> = found.times.steps.iter().map(|step| step.slack_ms).collect();
    assert_eq!(slack, [0, 0, 250, 0]);
    assert_eq!(found.times.critical_path, [StepIx(0), StepIx(1), StepIx(3)]);
    let times = &found.times;
    assert_eq!(
        (
            times.one_by_one_ms,
            times.actual_ms,
            times.best_possible_ms,
            times.saved_ms()
        ),
        (470, 420, 420, 50)
    );
}

#[test]
fn short_workers_cost_time_and_the_longest_path_goes_first() {
    let found = preview(
        &plan("a takes 10; b takes 10; long takes 50; end after long takes 50"),
        2,
    );
    assert_eq!(
        ends(&found),
        [10, 20, 50, 100],
        "a and b first would make it 110"
    );
    assert_eq!(found.times.lost_ms[&LostTo::Workers], 10);
}

#[test]
fn what_if_changes_limits_edges_durations_and_locks() {
    let base = plan(DIAMOND);
    let end = |changes: &[Change]| {
        preview(&what_if(&base, changes).unwrap(), 9)
            .times
            .actual_ms
    };
    assert_eq!(
        end(&[Change::Limits(Limits {
            running_max: Some(1),
            per_machine_max: None
        })]),
        470
    );
    assert_eq!(
        end(&[Change::RemoveWait {
            step: StepIx(1),
            waits_for: StepIx(0)
        }]),
        320
    );
    assert_eq!(
        end(&[Change::Takes {
            step: StepIx(1),
            ms: 40
        }]),
        170
    );
    let cycle = what_if(
        &base,
        &[Change::AddWait {
            step: StepIx(0),
            waits_for: StepIx(3),
        }],
    )
    .unwrap_err();
    assert!(cycle.to_string().contains("wait for each other"), "{cycle}");
    let machines = plan("a on 1 takes 100; b on 1 takes 100");
    let alone = what_if(
        &machines,
        &[Change::Lock {
            step: StepIx(0),
            machine_lock: MachineLock::Exclusive,
        }],
    )
    .unwrap();
    assert_eq!(
        (
            preview(&machines, 9).times.actual_ms,
            preview(&alone, 9).times.actual_ms
        ),
        (100, 200)
    );
}

#[test]
fn a_forecast_that_cannot_end_says_what_it_waits_for() {
    let found = forecast(
        &Arc::new(plan("a")),
        &[],
        Time(0),
        &Setup {
            world: World::default(),
            unknown_ms: 1,
        },
    )
    .unwrap();
    assert_eq!(
        found.stuck[0].reason.text(&plan("a")),
        "worker pool pool has no worker; choose another pool"
    );
    assert_eq!(found.guessed.into_iter().collect::<Vec<_>>(), [StepIx(0)]);
}

#[test]
fn a_running_deployment_is_forecast_from_what_it_did_so_far() {
    let mut run = Shell::start(DIAMOND);
    run.begins("build");
    run.wait(40);
    let rest = |run: &Shell| forecast(run.run.plan(), &run.log, run.now, &wide()).unwrap();
    assert_eq!(rest(&run).times.actual_ms, 420);
    assert!(rest(&run).overdue_ms.is_empty());
    run.wait(160);
    let overdue: Vec<_> = rest(&run).overdue_ms.into_iter().collect();
    assert_eq!(overdue, [(StepIx(0), 100)]);
    run.succeed("build");
    assert!(rest(&run).overdue_ms.is_empty());
    assert_eq!(
        rest(&run).times.actual_ms,
        520,
        "it was 100 slower than expected"
    );
}

#[test]
fn people_and_pauses_are_taken_out_of_the_figures() {
    let mut run = Shell::start("a retries 1 backoff 500; ask after a manual; b after ask");
    run.begins("a");
    run.wait(100);
    run.fail("a");
    run.wait(500);
    run.begins("a");
    run.wait(100);
    run.succeed("a");
    run.wait(7_000);
    run.answer("ask", Answer::Proceed);
    run.begins("b");
    run.wait(50);
    run.succeed("b");
    let times = Times::of(run.run.plan(), &run.log);
    assert_eq!(
        (
            times.one_by_one_ms,
            times.actual_ms,
            times.best_possible_ms,
            times.people_ms
        ),
        (250, 750, 250, 7_000)
    );
    assert_eq!(times.lost_ms[&LostTo::Retries], 500);
}

#[test]
fn what_has_only_just_started_counts_as_running_at_once() {
    let mut run = Shell::start("a; b; c after a");
    let at_once = |run: &Shell| OrderCheck::of(run.run.plan(), &run.log).at_once_max;
    run.begins("a");
    run.begins("b");
    assert_eq!(at_once(&run), 2, "nothing has happened since");
    run.wait(10);
    run.succeed("a");
    run.begins("c");
    assert_eq!(at_once(&run), 2, "one had ended before the other began");
}

#[test]
fn what_takes_less_than_a_millisecond_ran_all_the_same() {
    let mut run = Shell::start("a");
    run.begins("a");
    run.succeed("a");
    run.finish();
    assert_eq!(OrderCheck::of(run.run.plan(), &run.log).at_once_max, 1);
}

#[test]
fn the_order_check_sees_a_broken_order() {
    let mut run = Shell::start("a; b after a; c after a");
    run.begins("a");
    run.wait(10);
    run.succeed("a");
    run.begins("b");
    run.begins("c");
    run.wait(10);
    run.finish();
    let good = OrderCheck::of(run.run.plan(), &run.log);
    assert_eq!(
        good.text(),
        "Ran in parallel: up to 2 at once. Order respected: 2 of 2."
    );
    let mut other = run.run.plan().as_ref().clone();
    other.steps[1].waits_for = vec![StepIx(2)];
    assert_eq!(OrderCheck::of(&other, &run.log).violations.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// From any point of any run the forecast reaches an end, and its figures bound each other.
    #[test]
    fn every_run_has_a_forecast(steps in 1..30_usize, targets in 0..3_usize, guided: bool, seed: u64) {
        let shape = Shape { steps, targets, guided, policy: FailurePolicy::FinishBranches, rolling: true, tight: true };
        let plan = Arc::new(draw::plan(&mut Rng::new(seed), shape));
        let fate = Fate { seed, failures: 20, exclusions: true, cancel_after: None };
        let mut play = Play::new(&plan, fate, seed);
        let mut forecasts = Vec::new();
        play.run(|play| {
            if play.dice.chance(10) {
                forecasts.push(forecast(&plan, &play.shell.log, play.shell.now, &wide()).unwrap());
            }
        });
        let done = Times::of(&plan, &play.shell.log);
        prop_assert_eq!(OrderCheck::of(&plan, &play.shell.log).violations, vec![]);
        prop_assert!(forecasts.iter().all(|found| found.stuck.is_empty()));
        for times in forecasts.iter().map(|found| &found.times).chain([&done]) {
            prop_assert!(times.best_possible_ms <= times.one_by_one_ms);
            prop_assert!(times.best_possible_ms <= times.actual_ms);
        }
    }

    /// With room for everything the end is the end of the longest chain, and the critical path has no slack.
    #[test]
    fn without_contention_actual_is_best_possible(steps in 1..40_usize, seed: u64) {
        let shape = Shape { steps, targets: 0, guided: false, policy: FailurePolicy::FinishBranches, rolling: false, tight: false };
        let plan = draw::plan(&mut Rng::new(seed), shape);
        let found = preview(&plan, 10_000).times;
        prop_assert_eq!(found.actual_ms, found.best_possible_ms);
        let slack: i64 = found.critical_path.iter().map(|step| found.steps[step.0 as usize].slack_ms).sum();
        prop_assert_eq!(slack, 0);
    }
}
