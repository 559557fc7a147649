//! What an answer would do, stated beforehand, is what it does.

use proptest::prelude::*;
use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;
use regatta_core::engine::{Effect, StepState};
use std::sync::Arc;

use super::draw::{self, Shape};
use super::play::{Fate, Play};
use super::rng::Rng;
use super::shell::Shell;

/// Three lanes: `bad` has failed and is asked about, `long` runs, `next` waits for both, `more` for `long`.
fn asked() -> Shell {
    let mut run = Shell::start_with(
        "bad on 2; long; next after bad long; more after long; notify after bad if failure; web on 2 after long",
        |plan| plan.guided_failure = true,
    );
    run.begins("long");
    run.begins("bad@0");
    run.begins("bad@1");
    run.fail("bad@0");
    run.succeed("bad@1");
    run
}

fn texts(run: &Shell, place: &str) -> Vec<String> {
    let effects = run.run.effects(&run.question(place), run.now, &run.world);
    let text = |effect: &Effect| {
        let policy = effect.choice.failure_policy;
        let policy = policy.map_or_else(String::new, |policy| format!(" {policy:?}"));
        format!(
            "{:?}{policy}: {}",
            effect.choice.answer,
            effect.text(run.run.plan())
        )
    };
    effects.iter().map(text).collect()
}

#[test]
fn each_choice_says_what_it_does_to_the_other_lanes() {
    assert_eq!(
        texts(&asked(), "bad@0"),
        [
            "Retry: bad starts now. long keeps running. next, more, web still wait. notify will not run.",
            "Fail FinishBranches: notify starts now. long keeps running. more, web still wait. next will not run.",
            "Fail StartNothingNew: notify starts now. long keeps running. next, more, web will not run.",
            "Fail CancelRunning: notify starts now. long is told to stop. next, more, web will not run.",
            "Ignore: notify is skipped. long keeps running. next, more, web still wait.",
            "ExcludeMachine: notify is skipped. web skips web-0. long keeps running. next, more, web still wait.",
        ]
    );
}

#[test]
fn the_policy_chosen_with_a_refusal_counts_and_not_the_plans() {
    for (policy, more) in [
        (FailurePolicy::FinishBranches, StepState::Running),
        (FailurePolicy::StartNothingNew, StepState::Skipped),
    ] {
        let mut run = asked();
        run.event(Event::FailurePolicyChosen { policy });
        run.answer("bad@0", Answer::Fail);
        run.succeed("long");
        run.turn();
        let states = run.states();
        let found = run.state("more");
        assert!(
            found == more || (more == StepState::Running && found == StepState::Ready),
            "{policy:?}: {states}"
        );
    }
}

/// A second failure, with which somebody chooses to cancel, cancels, although the first one did not.
#[test]
fn a_policy_chosen_later_than_the_first_failure_still_takes_effect() {
    let mut run = Shell::start_with("a; b; long", |plan| plan.guided_failure = true);
    for step in ["a", "b", "long"] {
        run.begins(step);
    }
    run.fail("a");
    run.fail("b");
    run.answer("a", Answer::Fail);
    assert!(run.stopped.is_empty());
    run.event(Event::FailurePolicyChosen {
        policy: FailurePolicy::CancelRunning,
    });
    run.answer("b", Answer::Fail);
    assert_eq!(run.stopped.len(), 1);
}

fn shapes() -> impl Strategy<Value = Shape> {
    (2..14_usize, 0..4_usize, any::<(bool, bool)>()).prop_map(
        |(steps, targets, (rolling, tight))| Shape {
            steps,
            targets,
            guided: true,
            policy: FailurePolicy::FinishBranches,
            rolling,
            tight,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every question of any run, every choice: given for real, it starts, stops and skips what was stated.
    #[test]
    fn what_was_stated_is_what_happens(shape in shapes(), seed: u64) {
        let plan = Arc::new(draw::plan(&mut Rng::new(seed), shape));
        let fate = Fate { seed, failures: 40, exclusions: true, cancel_after: None };
        let mut play = Play::new(&plan, fate, seed);
        play.run(|play| {
            play.shell.world.free_slots = None;
            for question in play.shell.run.questions_open() {
                for effect in play.shell.run.effects(&question, play.shell.now, &play.shell.world) {
                    check(play, &question, &effect);
                }
            }
        });
    }
}

fn check(play: &Play, question: &InterruptionId, effect: &Effect) {
    let mut real = Shell::new(play.shell.run.plan().clone());
    real.run = play.shell.run.clone();
    (real.log, real.now, real.world) = (
        play.shell.log.clone(),
        play.shell.now,
        play.shell.world.clone(),
    );
    real.stopped.clone_from(&play.shell.stopped);
    real.ids_from(1 << 40);
    let before = real.log.len();
    if let Some(policy) = effect.choice.failure_policy {
        real.event(Event::FailurePolicyChosen { policy });
    }
    real.event(Event::InterruptionAnswered {
        interruption: question.clone(),
        answer: effect.choice.answer,
    });
    // Conditions cannot be known beforehand.
    let asks = !real.run.is_finished() && has_conditions(real.run.plan());
    real.turn();
    let issued: Vec<Cell> = real.log[before..]
        .iter()
        .filter_map(|recorded| match recorded.event {
            Event::TicketIssued { cell, .. } => Some(cell),
            _ => None,
        })
        .collect();
    if !asks {
        assert_eq!(issued, effect.starts);
        assert_eq!(real.run.result(), effect.ends);
    }
    for (step, _) in &effect.skips {
        assert_eq!(real.run.step_state(*step), StepState::Skipped);
    }
    for step in &effect.goes_on {
        assert!(!real.run.step_state(*step).is_settled());
    }
    for cell in &effect.stops {
        let stopped = real
            .run
            .tickets_out()
            .filter(|out| real.stopped.contains(out.ticket));
        assert!(stopped.map(|out| out.cell).any(|stopped| stopped == *cell));
    }
}

fn has_conditions(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| {
        matches!(step.condition, StepCondition::Variable(_))
            || step
                .actions
                .iter()
                .any(|action| matches!(action.condition, ActionCondition::Variable(_)))
    })
}
