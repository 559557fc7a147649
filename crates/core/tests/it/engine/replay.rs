//! A run played again: as it was, one step after the other, and with room for everything.

use std::sync::Arc;

use proptest::prelude::*;

use regatta_core::engine::plan::*;
use regatta_core::engine::{WaitKind, World};
use regatta_core::simulate::{
    Bars, Change, Doing, Measured, OrderCheck, Setup, Times, one_by_one, without_limits,
    without_locks,
};
use regatta_core::time::Time;

use super::draw::{self, Shape};
use super::play::{Fate, Play};
use super::rng::Rng;
use super::shell::Shell;

fn slots(slots: u32) -> Setup {
    Setup {
        world: World::of_one_worker("Workers-1", "pool", slots),
        unknown_ms: 10,
    }
}

fn free(plan: &Plan) -> Vec<Change> {
    let mut changes = without_locks(plan);
    changes.push(without_limits());
    changes
}

/// Two lanes on one worker slot: `b` waited for the worker while `a` ran.
fn two_lanes() -> Shell {
    let mut run = Shell::start("a; b; end after a b");
    run.begins("a");
    run.wait(100);
    run.succeed("a");
    run.begins("b");
    run.wait(40);
    run.succeed("b");
    run.begins("end");
    run.wait(10);
    run.succeed("end");
    run.finish();
    run
}

#[test]
fn limits_edges_and_durations_change_the_end() {
    let run = two_lanes();
    let measured = Measured::of(&run.run, &run.log);
    let end = |changes: &[Change], width: u32| {
        let played = measured.replay(changes, &slots(width)).unwrap();
        assert!(played.stuck.is_empty());
        played.times.actual_ms
    };
    assert_eq!(end(&[], 1), 150, "as it was");
    assert_eq!(end(&[], 9), 110, "with more workers");
    assert_eq!(end(&one_by_one(run.run.plan()), 9), 150);
    let (a, b) = (StepIx(0), StepIx(1));
    let edge = Change::AddWait {
        step: b,
        waits_for: a,
    };
    assert_eq!(end(std::slice::from_ref(&edge), 9), 150);
    assert_eq!(end(&[Change::Takes { step: a, ms: 20 }], 9), 50);
    let without = Change::RemoveWait {
        step: StepIx(2),
        waits_for: a,
    };
    assert_eq!(end(&[without], 9), 100);
    let back = Change::AddWait {
        step: a,
        waits_for: b,
    };
    let fault = measured.replay(&[edge, back], &slots(9)).unwrap_err();
    assert!(fault.to_string().contains("wait for each other"), "{fault}");
}

#[test]
fn bars_tell_waiting_from_running_and_how_much_ran_at_once() {
    let run = two_lanes();
    let bars = Bars::of(run.run.plan(), &run.log);
    let texts: Vec<String> = bars
        .segments
        .iter()
        .map(|segment| {
            let doing = match &segment.doing {
                Doing::Waiting(kind) => format!("{kind:?}"),
                Doing::Running { attempt, .. } => format!("runs {attempt}"),
            };
            let start = run.log[0].at;
            let (from, to) = (segment.from.since_ms(start), segment.to.since_ms(start));
            format!("{} {doing} {from}..{to}", segment.cell.step.0)
        })
        .collect();
    assert_eq!(
        texts,
        [
            "0 runs 1 0..100",
            "1 Worker 0..100",
            "1 runs 1 100..140",
            "2 Dependency 0..140",
            "2 runs 1 140..150"
        ]
    );
    assert_eq!(bars.waited_ms()[&(WaitKind::Worker, None)], 100);
    assert_eq!(bars.at_once.iter().map(|(_, steps)| *steps).max(), Some(1));
    let edges = OrderCheck::of(run.run.plan(), &run.log).edges;
    assert_eq!(edges.len(), 2);
    assert!(edges.iter().all(|edge| edge.is_respected));
}

fn shapes() -> impl Strategy<Value = Shape> {
    (1..14_usize, 0..4_usize, any::<(bool, bool)>()).prop_map(
        |(steps, targets, (guided, tight))| Shape {
            steps,
            targets,
            guided,
            policy: FailurePolicy::FinishBranches,
            rolling: false,
            tight,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// One at a time it takes the sum, with room for everything the longest chain: what the result card says.
    #[test]
    fn the_figures_of_a_run_are_what_its_replay_takes(shape in shapes(), seed: u64, failures in prop_oneof![Just(0_usize), Just(20)]) {
        let plan = Arc::new(draw::plan(&mut Rng::new(seed), shape));
        let fate = Fate { seed, failures, exclusions: false, cancel_after: None };
        let mut play = Play::new(&plan, fate, seed);
        // Time passes between any two things that happen.
        play.run(|play| play.shell.now = play.shell.now.plus_ms(7 + play.dice.below(90) as i64));
        let (run, log) = (&play.shell.run, &play.shell.log);
        let times = Times::of(&plan, log);
        let measured = Measured::of(run, log);
        let wide = slots(1_000_000);
        let mut serial = free(&plan);
        serial.extend(one_by_one(&plan));
        let serial = measured.replay(&serial, &wide).unwrap();
        prop_assert!(serial.stuck.is_empty(), "{:?}", serial.stuck);
        prop_assert_eq!(serial.times.actual_ms, times.one_by_one_ms);
        let parallel = measured.replay(&free(&plan), &wide).unwrap();
        prop_assert_eq!(parallel.times.actual_ms, times.best_possible_ms);
        prop_assert_eq!(Time(0).plus_ms(parallel.times.one_by_one_ms), Time(times.one_by_one_ms));
    }
}
