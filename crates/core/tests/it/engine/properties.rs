//! Rules that hold for every process, every fate and every order of events.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use regatta_core::engine::command::{Command, Decision, StopReason};
use regatta_core::engine::event::{Cell, Event, Recorded};
use regatta_core::engine::plan::*;
use regatta_core::engine::{ActionState, ActionView, Run, StepState, WaitKind, WaitReason, Watch};

use super::draw::{self, Shape};
use super::play::{Fate, Play};
use super::reference::Reference;
use super::rng::Rng;
use super::shell::Shell;

fn shapes() -> impl Strategy<Value = Shape> {
    let policies = prop_oneof![
        3 => Just(FailurePolicy::FinishBranches),
        1 => Just(FailurePolicy::StartNothingNew),
        1 => Just(FailurePolicy::CancelRunning),
    ];
    let steps = prop_oneof![4 => 1..12_usize, 1 => 12..60_usize];
    (steps, 0..4_usize, any::<(bool, bool, bool)>(), policies).prop_map(
        |(steps, targets, flags, policy)| {
            let (guided, rolling, tight) = flags;
            Shape {
                steps,
                targets,
                guided,
                policy,
                rolling,
                tight,
            }
        },
    )
}

fn fates() -> impl Strategy<Value = Fate> {
    let cancels = prop_oneof![3 => Just(None), 1 => (0..60_usize).prop_map(Some)];
    let failures = prop_oneof![Just(0_usize), Just(10), Just(40)];
    (any::<u64>(), failures, any::<bool>(), cancels).prop_map(
        |(seed, failures, exclusions, cancel_after)| Fate {
            seed,
            failures,
            exclusions,
            cancel_after,
        },
    )
}

fn refold(plan: &Arc<Plan>, log: &[Recorded]) -> Run {
    let mut run = Run::new(plan.clone());
    log.iter().for_each(|recorded| run.apply(recorded).unwrap());
    run
}

/// Every action that has not started and is not over has exactly one reason.
fn check_explained(shell: &Shell) {
    let waiting = shell.run.explain(shell.now, &shell.world);
    let steps: BTreeSet<StepIx> = waiting
        .iter()
        .filter(|it| it.cell.is_none())
        .map(|it| it.step)
        .collect();
    let cells: Vec<Cell> = waiting.iter().filter_map(|it| it.cell).collect();
    let distinct: BTreeSet<Cell> = cells.iter().copied().collect();
    assert_eq!(distinct.len(), cells.len(), "two reasons for one action");
    for step in shell.run.view().steps {
        for action in step.actions {
            let open = matches!(
                action.state,
                ActionState::Pending
                    | ActionState::Ready
                    | ActionState::Queued
                    | ActionState::Retrying { .. }
                    | ActionState::Interrupted { .. }
            );
            let planned = &shell.run.plan().steps[step.step.0 as usize].actions
                [action.cell.action.0 as usize];
            let explained = steps.contains(&step.step) || distinct.contains(&action.cell);
            let skipped_later = planned.skip.is_some() && !explained;
            assert!(
                open == explained || skipped_later,
                "{:?} is {:?}: {}",
                action.cell,
                action.state,
                shell.why()
            );
        }
    }
}

/// A run is idle exactly when somebody is asked and everything that has not started says that it waits behind people.
fn check_idle(shell: &Shell) {
    let waiting = shell.run.explain(shell.now, &shell.world);
    let behind = [WaitKind::Person, WaitKind::Dependency];
    let in_line = |reason: &WaitReason| {
        behind.contains(&reason.kind()) || matches!(reason, WaitReason::Window { .. })
    };
    let is_asked = waiting
        .iter()
        .any(|it| it.reason.kind() == WaitKind::Person);
    let nothing_else = waiting.iter().all(|it| in_line(&it.reason));
    let nothing_out = shell.run.tickets_out().next().is_none();
    assert_eq!(
        shell.run.is_idle(),
        is_asked && nothing_else && nothing_out,
        "{}",
        shell.why()
    );
}

/// The event that just happened, once more: refused, and nothing changes.
fn check_duplicate(shell: &mut Shell) {
    let Some(last) = shell.log.last().cloned() else {
        return;
    };
    let before = (shell.run.view(), shell.run.next(shell.now, &shell.world));
    assert!(shell.run.apply(&last).is_err(), "the same number twice");
    shell.try_event(last.event).unwrap_err();
    assert_eq!(
        before,
        (shell.run.view(), shell.run.next(shell.now, &shell.world))
    );
}

fn check_restart(plan: &Arc<Plan>, shell: &Shell) {
    let again = refold(plan, &shell.log);
    assert_eq!(
        again.next(shell.now, &shell.world),
        shell.run.next(shell.now, &shell.world)
    );
    assert_eq!(again.view(), shell.run.view());
    assert_eq!(again.machines_held(), shell.run.machines_held());
    assert_eq!(again.deadline(shell.now), shell.run.deadline(shell.now));
}

/// A server that was killed after any event, also between those of one turn, folds its way back to where it was.
fn check_prefixes(plan: &Arc<Plan>, shell: &Shell, dice: &mut Rng) {
    let mut live = Run::new(plan.clone());
    let picks: BTreeSet<usize> = (0..3).map(|_| dice.below(shell.log.len())).collect();
    for (ix, recorded) in shell.log.iter().enumerate() {
        live.apply(recorded).unwrap();
        // Asking what next, as a living server does all the time, leaves no trace.
        let commands = live.next(recorded.at, &shell.world);
        if picks.contains(&ix) {
            let again = refold(plan, &shell.log[..=ix]);
            assert_eq!(again.next(recorded.at, &shell.world), commands);
            assert_eq!(again.view(), live.view());
            assert_eq!(
                again.explain(recorded.at, &shell.world),
                live.explain(recorded.at, &shell.world)
            );
        }
    }
}

fn states(run: &Run) -> Vec<(StepState, Vec<ActionState>)> {
    let steps = run.view().steps.into_iter();
    steps
        .map(|step| {
            (
                step.state,
                step.actions
                    .into_iter()
                    .map(|action| action.state)
                    .collect(),
            )
        })
        .collect()
}

/// The plan and its end, for whoever has to find out why.
fn transcript(shell: &Shell) -> String {
    let mut text = String::new();
    for (planned, step) in shell.run.plan().steps.iter().zip(shell.run.view().steps) {
        let actions: Vec<_> = step
            .actions
            .iter()
            .map(|action| (action.cell.target, &action.state))
            .collect();
        let _ = writeln!(
            text,
            "{} after {:?} {:?}: {:?} {actions:?}",
            planned.name, planned.waits_for, planned.condition, step.state
        );
    }
    text
}

/// While it is cancelled, whatever runs is told to stop, every turn anew.
fn check_stops(shell: &Shell) {
    if !shell.run.view().canceling {
        return;
    }
    let commands = shell.run.next(shell.now, &shell.world);
    let stops: BTreeSet<_> = commands
        .iter()
        .filter_map(|command| match command {
            Command::Decided(Decision::Stop {
                ticket,
                why: StopReason::Canceled,
            }) => Some(ticket),
            _ => None,
        })
        .collect();
    assert!(
        shell
            .run
            .tickets_out()
            .all(|out| stops.contains(out.ticket)),
        "{commands:?}"
    );
}

/// Whatever is out on a machine is covered by the deployment's lock on it.
fn check_locks(shell: &Shell) {
    let (plan, held) = (shell.run.plan(), shell.run.machines_held());
    for out in shell.run.tickets_out() {
        let action = &plan.steps[out.cell.step.0 as usize].actions[out.cell.action.0 as usize];
        let machine = out
            .cell
            .target
            .filter(|_| action.kind == ActionKind::OnTarget);
        assert!(
            machine.is_none_or(|ix| held.contains_key(&plan.targets[ix.0 as usize].id)),
            "{:?}",
            out.cell
        );
    }
}

/// Whoever replaces the states that each event is told to change has the whole view at any time.
fn check_told(plan: &Arc<Plan>, log: &[Recorded]) {
    let mut run = Run::new(plan.clone());
    let mut watch = Watch::of(&run);
    let mut shown = run.view().steps;
    for recorded in log {
        run.apply(recorded).unwrap();
        for mut changed in watch.changes(&run, &recorded.event) {
            let old = &mut shown[changed.step.0 as usize];
            let actions = std::mem::take(&mut changed.actions);
            changed.actions = std::mem::take(&mut old.actions);
            for action in actions {
                let cell = action.cell;
                let same = |own: &&mut ActionView| own.cell == cell;
                *changed.actions.iter_mut().find(same).unwrap() = action;
            }
            *old = changed;
        }
        assert_eq!(shown, run.view().steps, "after {recorded:?}");
    }
}

fn watch(plan: &Arc<Plan>, play: &mut Play) {
    match play.dice.below(12) {
        0 => check_explained(&play.shell),
        1 => check_duplicate(&mut play.shell),
        2 => check_restart(plan, &play.shell),
        3 => check_stops(&play.shell),
        4 => check_locks(&play.shell),
        5 => check_idle(&play.shell),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every run ends; order, windows, limits and locks hold by the reference's reading of the log;
    /// every wait is explained; a duplicate changes nothing; a restart at any point changes nothing;
    /// nothing starts after a cancel; no lock is left.
    #[test]
    fn every_run_ends_by_the_rules(shape in shapes(), fate in fates(), seed: u64) {
        let plan = Arc::new(draw::plan(&mut Rng::new(seed), shape));
        let mut play = Play::new(&plan, fate, seed);
        play.run(|play| watch(&plan, play));
        check_prefixes(&plan, &play.shell, &mut play.dice);
        let shell = &play.shell;
        let reference = Reference::new(&plan, &shell.log);
        let verdict = reference.check().and_then(|()| reference.check_end());
        prop_assert_eq!(verdict, Ok(()), "{}", transcript(shell));
        prop_assert!(shell.run.machines_held().is_empty());
        prop_assert!(states(&shell.run).iter().all(|(state, _)| state.is_settled()));
        prop_assert_eq!(shell.run.explain(shell.now, &shell.world), vec![]);
        check_told(&plan, &shell.log);
    }

    /// What happens decides how it ends, not when: same fate, other dice, same final states.
    /// (Windows, policies that react to the first failure, cancels and taken-out machines depend on timing by nature.)
    #[test]
    fn the_order_of_arrival_does_not_matter(mut shape in shapes(), mut fate in fates(), seed: u64, dice: (u64, u64)) {
        (shape.rolling, shape.policy) = (false, FailurePolicy::FinishBranches);
        (fate.exclusions, fate.cancel_after) = (false, None);
        let plan = Arc::new(draw::plan(&mut Rng::new(seed), shape));
        let ends = [dice.0, dice.1].map(|dice| {
            let mut play = Play::new(&plan, fate, dice);
            play.run(|_| ());
            (states(&play.shell.run), play.shell.run.result())
        });
        prop_assert_eq!(&ends[0], &ends[1]);
    }
}

/// With room for everything the end comes after the longest chain, and no later.
#[test]
fn without_contention_a_run_takes_as_long_as_its_longest_chain() {
    for seed in 0..200 {
        let mut rng = Rng::new(seed);
        let steps = 1 + rng.below(40);
        let shape = Shape {
            steps,
            targets: 0,
            guided: false,
            policy: FailurePolicy::FinishBranches,
            rolling: false,
            tight: false,
        };
        let mut plan = draw::plan(&mut rng, shape);
        for step in &mut plan.steps {
            (step.condition, step.skip) = (StepCondition::Always, None);
            step.actions = vec![super::text::action(&step.name, false)];
        }
        let takes = |step: StepIx| 1 + i64::from(step.0 * 7 % 5);
        let mut ends = vec![0; plan.steps.len()];
        for step in plan.order() {
            let from = plan.steps[step.0 as usize]
                .waits_for
                .iter()
                .map(|waited| ends[waited.0 as usize])
                .max();
            ends[step.0 as usize] = from.unwrap_or(0) + takes(step);
        }
        let mut shell = Shell::start(Shell::new(Arc::new(plan)));
        let began = shell.now;
        while !shell.run.is_finished() {
            let due = |out: &regatta_core::engine::TicketOut<'_>| {
                let began = shell.run.step_view(out.cell.step).started_at.unwrap();
                began.plus_ms(takes(out.cell.step))
            };
            let (ticket, at) = shell
                .run
                .tickets_out()
                .map(|out| (out.ticket.clone(), due(&out)))
                .min_by_key(|it| it.1)
                .unwrap();
            shell.now = at;
            let outcome = regatta_core::engine::event::Outcome::Succeeded { warnings: false };
            shell.event(Event::TicketFinished { ticket, outcome });
            shell.turn();
        }
        assert_eq!(
            shell.now.since_ms(began),
            ends.into_iter().max().unwrap(),
            "SEED={seed}"
        );
    }
}
