//! A machine that a person took out of the deployment: nothing starts there any more, not even again.

use proptest::prelude::*;
use regatta_core::engine::StepState;
use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;
use std::sync::Arc;

use super::draw::{self, Shape};
use super::play::{Fate, Play};
use super::reference::Reference;
use super::rng::Rng;
use super::shell::Shell;

/// `bad` failed on both machines and was taken out with the first one; the other steps run there still.
fn taken_out(others: &str) -> Shell {
    let mut run = Shell::start_with(&format!("bad on 2; {others}"), |plan| {
        plan.guided_failure = true;
    });
    run.fail("bad@0");
    run.answer("bad@0", Answer::ExcludeMachine);
    run.succeed("bad@1");
    run
}

fn not_started() -> Outcome {
    Outcome::NotStarted {
        message: "disk full".to_owned(),
    }
}

#[test]
fn a_script_that_fails_there_is_not_tried_again_but_ignored() {
    for outcome in [
        Outcome::Failed {
            message: "exit code 1".to_owned(),
        },
        Outcome::TimedOut,
        Outcome::Canceled,
    ] {
        let mut run = taken_out("long on 2 retries 3");
        run.begins("long@0");
        run.ends("long@0", outcome);
        run.wait(3_600_000);
        assert_eq!(run.out(), "long@1");
        assert_eq!(run.finish(), TaskResult::SuccessWithWarnings);
        assert_eq!(run.states(), "bad=Ignored long=Ignored");
    }
}

#[test]
fn elsewhere_it_is_tried_again_as_ever() {
    let mut run = taken_out("long on 2 retries 3");
    run.fail("long@1");
    run.wait(3_600_000);
    assert_eq!(run.out(), "long@0 long@1");
}

#[test]
fn a_script_that_never_started_there_is_skipped() {
    let mut run = taken_out("long on 1");
    run.ends("long@0", not_started());
    run.wait(3_600_000);
    assert_eq!(run.run.result(), Some(TaskResult::SuccessWithWarnings));
    assert_eq!(
        run.run.step_view(StepIx(1)).skip,
        Some(SkipReason::TargetExcluded)
    );
}

#[test]
fn a_script_that_never_started_again_there_is_ignored() {
    let mut run = Shell::start_with("bad on 1; long on 1 retries 1", |plan| {
        plan.guided_failure = true;
    });
    run.fail("long@0");
    run.wait(3_600_000);
    run.fail("bad@0");
    run.answer("bad@0", Answer::ExcludeMachine);
    run.ends("long@0", not_started());
    assert_eq!(run.state("long"), StepState::Ignored);
    assert_eq!(run.run.result(), Some(TaskResult::SuccessWithWarnings));
}

#[test]
fn open_questions_about_it_offer_no_retry_any_more() {
    for (word, before) in [
        (
            "",
            vec![
                Answer::Retry,
                Answer::Fail,
                Answer::Ignore,
                Answer::ExcludeMachine,
            ],
        ),
        ("required", vec![Answer::Retry, Answer::Fail]),
    ] {
        let mut run = Shell::start_with(&format!("bad on 2; too on 2 {word}"), |plan| {
            plan.guided_failure = true;
        });
        run.fail("too@0");
        run.fail("too@1");
        let [here, there] = ["too@0", "too@1"].map(|place| run.question(place));
        assert_eq!(run.run.answers(&here), before);
        run.fail("bad@0");
        run.answer("bad@0", Answer::ExcludeMachine);
        assert_eq!(run.run.answers(&here), [Answer::Fail, Answer::Ignore]);
        assert_eq!(run.run.answers(&there), before);
        run.answer("too@0", Answer::Ignore);
        run.answer("too@1", Answer::Retry);
        assert_eq!(run.finish(), TaskResult::SuccessWithWarnings);
    }
}

/// Nobody knows whether it still runs there, so somebody has to hear of it.
#[test]
fn an_end_nobody_knows_is_asked_about_there_too() {
    let mut run = taken_out("long on 1 retries 3");
    run.ends(
        "long@0",
        Outcome::Unknown {
            message: "lost".to_owned(),
        },
    );
    let question = run.question("long@0");
    assert_eq!(run.run.answers(&question), [Answer::Fail, Answer::Ignore]);
    run.answer("long@0", Answer::Fail);
    assert_eq!(run.run.result(), Some(TaskResult::Failed));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Runs in which much fails, people take machines out and scripts are tried again end by the rules, of which one
    /// is that nothing starts on a machine that was taken out.
    #[test]
    fn nothing_starts_on_a_machine_that_was_taken_out(
        steps in 2..12_usize,
        targets in 1..3_usize,
        flags: (bool, bool),
        seeds: (u64, u64, u64),
    ) {
        let shape = Shape {
            steps,
            targets,
            guided: true,
            policy: FailurePolicy::FinishBranches,
            rolling: flags.0,
            tight: flags.1,
        };
        let mut plan = draw::plan(&mut Rng::new(seeds.0), shape);
        let actions = plan.steps.iter_mut().flat_map(|step| &mut step.actions);
        actions.for_each(|action| action.retry.retries_max += 1);
        let plan = Arc::new(plan);
        let fate = Fate {
            seed: seeds.1,
            failures: 60,
            exclusions: true,
            cancel_after: None,
        };
        let mut play = Play::new(&plan, fate, seeds.2);
        play.run(|_| ());
        let reference = Reference::new(&plan, &play.shell.log);
        let verdict = reference.check().and_then(|()| reference.check_end());
        prop_assert_eq!(verdict, Ok(()));
    }
}
