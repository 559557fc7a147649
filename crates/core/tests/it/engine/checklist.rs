//! Defects Octopus really had with parallel steps, by their number in our checklist.
//!
//! Numbers that are missing concern other parts; `docs/checklist.md` says where each is.

use std::collections::BTreeSet;

use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;
use regatta_core::engine::{IllegalEvent, StepState};

use super::shell::Shell;

#[test]
fn octopus_01_first_step_of_a_block_skipped_the_others_still_run() {
    let mut run = Shell::start("a disabled; b; c; d after a b c");
    assert_eq!(run.out(), "b c");
    assert_eq!(run.finish(), TaskResult::Success);
    assert_eq!(
        run.states(),
        "a=Skipped b=Succeeded c=Succeeded d=Succeeded"
    );
}

#[test]
fn octopus_02_a_step_that_waits_for_later_listed_ones_runs() {
    let mut run = Shell::start("last after first; first");
    assert_eq!(run.out(), "first");
    run.succeed("first");
    assert_eq!(run.out(), "last");
}

#[test]
fn octopus_08_and_14_parallel_interruptions_are_independent_and_really_wait() {
    let mut run = Shell::start("ask on 3 manual; after_it after ask");
    let first = run.question("ask@0");
    run.answer("ask@1", Answer::Proceed);
    assert_eq!(run.state("after_it"), StepState::Pending);
    run.event(Event::InterruptionAnswered {
        interruption: first,
        answer: Answer::Proceed,
    });
    run.turn();
    assert_eq!(run.state("ask"), StepState::Interrupted);
    run.answer("ask@2", Answer::Proceed);
    assert_eq!(run.out(), "after_it");
}

#[test]
fn octopus_12_bypass_lets_others_in_and_nothing_else_does() {
    let held = |text: &str| Shell::start(text).run.machines_held();
    assert!(held("a on 1 bypass")["Machines-0"]);
    assert!(!held("a on 1")["Machines-0"]);
    assert!(!held("a on 1 bypass; b after a on 1")["Machines-0"]);
    let mut run = Shell::start("a on 1; b after a on 1 bypass");
    run.succeed("a");
    assert!(
        run.run.machines_held()["Machines-0"],
        "only the bypassing step is left"
    );
    assert!(held("a").is_empty());
}

#[test]
fn octopus_13_condition_false_is_skipped_with_its_reason() {
    let mut run = Shell::from("a if var; b after a");
    run.condition = Ok(false);
    let mut run = Shell::start(run);
    assert_eq!(run.state("a"), StepState::Skipped);
    let reason = run.run.step_view(StepIx(0)).skip;
    assert_eq!(
        reason,
        Some(SkipReason::Condition("#{V} is false".to_owned()))
    );
    assert_eq!(run.finish(), TaskResult::Success, "skipped is not failure");
}

#[test]
fn octopus_13_condition_error_counts_as_false_and_says_so() {
    let mut run = Shell::from("a if var; b child-var");
    run.condition = Err("unknown filter".to_owned());
    let run = Shell::start(run);
    assert_eq!(run.states(), "a=Skipped b=Skipped");
    assert_eq!(
        run.run.step_view(StepIx(0)).condition_error.as_deref(),
        Some("unknown filter")
    );
    assert_eq!(
        run.run.step_view(StepIx(1)).actions[0]
            .condition_error
            .as_deref(),
        Some("unknown filter")
    );
    assert_eq!(run.run.result(), Some(TaskResult::SuccessWithWarnings));
}

#[test]
fn octopus_15_cancelling_cannot_stick() {
    let mut run =
        Shell::start("a; b after a if always; ask manual; retrying retries 3 backoff 60000");
    run.fail("retrying");
    run.cancel();
    assert_eq!(run.stopped.len(), 1, "the running script is told to stop");
    run.ends(
        "a",
        Outcome::Unknown {
            message: "the machine is gone".to_owned(),
        },
    );
    assert_eq!(
        run.states(),
        "a=Failed b=Skipped ask=Canceled retrying=Failed"
    );
    assert_eq!(run.run.result(), Some(TaskResult::Canceled));
}

#[test]
fn octopus_16_step_times_are_the_steps_own() {
    let mut run = Shell::start("a; b after a");
    run.wait(5_000);
    run.succeed("a");
    run.wait(2_000);
    run.succeed("b");
    let b = run.run.step_view(StepIx(1));
    assert_eq!(b.settled_at.unwrap().since_ms(b.started_at.unwrap()), 2_000);
}

#[test]
fn octopus_18_a_failed_target_stops_the_roll() {
    let mut run = Shell::start("a on 4 window 2; b after a");
    assert_eq!(run.out(), "a@0 a@1");
    run.succeed("a@1");
    assert_eq!(run.out(), "a@0 a@2", "one leaves, the next by name enters");
    run.fail("a@2");
    assert_eq!(run.out(), "a@0", "targets in flight finish");
    run.succeed("a@0");
    assert_eq!(run.states(), "a=Failed b=Skipped");
    let skipped = &run.run.step_view(StepIx(0)).actions[3].state;
    assert_eq!(format!("{skipped:?}"), "Skipped(EarlierTargetFailed)");
    assert_eq!(
        run.run.step_view(StepIx(1)).skip,
        Some(SkipReason::BlockedBy(StepIx(0)))
    );
}

#[test]
fn octopus_19_a_required_step_can_only_be_retried_or_failed() {
    let mut run = Shell::start_with("a on 1 required", |plan| plan.guided_failure = true);
    run.fail("a");
    let question = run.question("a");
    assert_eq!(run.run.answers(&question), [Answer::Retry, Answer::Fail]);
    for answer in [Answer::Ignore, Answer::ExcludeMachine, Answer::Proceed] {
        let refused = run.try_event(Event::InterruptionAnswered {
            interruption: question.clone(),
            answer,
        });
        assert!(
            matches!(refused, Err(IllegalEvent::AnswerNotOffered { .. })),
            "{answer:?}"
        );
    }
}

#[test]
fn octopus_21_ignoring_a_failed_child_runs_the_remaining_children_there() {
    let mut run = Shell::start_with("a on 2 actions 2", |plan| plan.guided_failure = true);
    run.fail("a@0");
    run.succeed("a@1");
    run.answer("a@0", Answer::Ignore);
    assert_eq!(run.out(), "a@0/1 a@1/1");
    assert_eq!(run.finish(), TaskResult::SuccessWithWarnings);
    assert_eq!(run.state("a"), StepState::Ignored);
}

#[test]
fn octopus_04_05_and_11_every_script_has_a_ticket_of_its_own_that_names_its_machine() {
    let mut run = Shell::start("a on 2; b on 2");
    let out: Vec<_> = run
        .run
        .tickets_out()
        .map(|out| (out.ticket.clone(), out.cell))
        .collect();
    let tickets: BTreeSet<_> = out.iter().map(|(ticket, _)| ticket).collect();
    assert_eq!(tickets.len(), 4);
    assert!(
        out.iter()
            .all(|(ticket, cell)| run.run.ticket_cell(ticket) == Some(*cell))
    );
    run.fail("a@0");
    let reused = Event::TicketIssued {
        ticket: out[0].0.clone(),
        cell: out[1].1,
        attempt: 1,
        worker: None,
    };
    assert!(matches!(
        run.try_event(reused),
        Err(IllegalEvent::TicketReused { .. })
    ));
}

#[test]
fn octopus_07_the_next_step_starts_in_the_turn_its_last_target_ends() {
    let mut run = Shell::start("a on 200; b after a on 200");
    for target in 0..200 {
        assert_eq!(run.state("b"), StepState::Pending);
        run.succeed(&format!("a@{target}"));
    }
    let (ended, started) = (
        run.run.step_view(StepIx(0)).settled_at,
        run.run.step_view(StepIx(1)).started_at,
    );
    assert_eq!(ended, started);
}

#[test]
fn octopus_09_and_10_of_two_writers_of_one_log_one_is_refused() {
    let mut run = Shell::start("a; b");
    let (mine, theirs) = (run.ticket("a"), run.ticket("b"));
    let end = |ticket| Event::TicketFinished {
        ticket,
        outcome: Outcome::Succeeded { warnings: false },
    };
    let seq = run.run.seq() + 1;
    run.event(end(mine));
    let late = Recorded {
        seq,
        at: run.now,
        event: end(theirs),
    };
    assert_eq!(
        run.run.apply(&late),
        Err(IllegalEvent::OutOfOrder {
            due: seq + 1,
            found: seq
        })
    );
}

#[test]
fn octopus_17_after_a_failed_acquisition_its_consumers_do_not_start() {
    let mut run = Shell::start("acquire on 2; use after acquire on 2; other");
    run.fail("acquire@0");
    run.succeed("acquire@1");
    assert_eq!(run.out(), "other");
    assert_eq!(
        run.run.step_view(StepIx(1)).skip,
        Some(SkipReason::BlockedBy(StepIx(0)))
    );
}

#[test]
fn octopus_20_a_step_without_a_target_is_skipped_and_says_so() {
    let mut run = Shell::start_with("a; b after a on 1; c after b", |plan| {
        (plan.steps[1].skip, plan.steps[1].on) = (Some(SkipReason::NoTargets), Vec::new());
    });
    assert_eq!(
        run.run.step_view(StepIx(1)).skip,
        Some(SkipReason::NoTargets),
        "known from the start"
    );
    run.succeed("a");
    assert_eq!(run.out(), "c");
    assert_eq!(run.finish(), TaskResult::Success);
}
