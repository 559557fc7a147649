//! Named cases. Those numbered `octopus_NN` were each a real defect of Octopus
//! (the checklist for parallel execution); the others are rules of our own.

use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;
use regatta_core::engine::{IllegalEvent, NOT_STARTED_MAX, PERSON_RETRIES_MAX, StepState};

use super::shell::Shell;

#[test]
fn n_shaped_process_runs_d_before_a_ends() {
    let mut run = Shell::start("a; b; c after a b; d after b");
    assert_eq!(run.out(), "a b");
    run.succeed("b");
    assert_eq!(run.out(), "a d");
    run.succeed("d");
    assert_eq!(run.states(), "a=Running b=Succeeded c=Pending d=Succeeded");
    run.succeed("a");
    assert_eq!(run.out(), "c");
    assert_eq!(run.finish(), TaskResult::Success);
}

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
fn a_skipped_step_hands_on_its_own_waiting() {
    let mut run = Shell::start("a; b after a disabled; c after b");
    assert_eq!(run.out(), "a");
    run.begins("a");
    assert_eq!(
        run.why(),
        "b: waiting for a (running)\nc: waiting for a (running)"
    );
    run.fail("a");
    assert_eq!(run.states(), "a=Failed b=Skipped c=Skipped");
    assert_eq!(
        run.run.step_view(StepIx(2)).skip,
        Some(SkipReason::BlockedBy(StepIx(0)))
    );
}

#[test]
fn a_failure_stops_only_what_depends_on_it() {
    let mut run = Shell::start(
        "a; b; c after a; d after b; notify after a if failure; clean after c d if always",
    );
    run.fail("a");
    assert_eq!(run.out(), "b notify");
    run.succeed("b");
    assert_eq!(run.out(), "d notify");
    run.succeed("d");
    assert_eq!(run.out(), "clean notify");
    assert_eq!(run.finish(), TaskResult::Failed);
}

#[test]
fn start_nothing_new_spares_failure_and_always_steps() {
    let policy = |plan: &mut Plan| plan.failure_policy = FailurePolicy::StartNothingNew;
    let mut run = Shell::start_with(
        "a; b; c after b; n after b if always; r on 2 window 1",
        policy,
    );
    run.fail("a");
    run.succeed("b");
    assert_eq!(run.out(), "n r@0");
    assert_eq!(run.finish(), TaskResult::Failed);
    assert_eq!(
        run.states(),
        "a=Failed b=Succeeded c=Skipped n=Succeeded r=Canceled"
    );
}

#[test]
fn cancel_running_stops_what_runs() {
    let policy = |plan: &mut Plan| plan.failure_policy = FailurePolicy::CancelRunning;
    let mut run = Shell::start_with("a; b; m manual; n after a b if failure", policy);
    run.fail("a");
    assert_eq!(run.stopped.len(), 1);
    assert_eq!(run.state("m"), StepState::Canceled);
    run.ends("b", Outcome::Canceled);
    assert_eq!(run.out(), "n");
    assert_eq!(run.finish(), TaskResult::Failed);
}

#[test]
fn retries_wait_longer_each_time_and_then_ask() {
    let mut run = Shell::start_with("a retries 2 backoff 1000", |plan| {
        plan.guided_failure = true;
    });
    for (pause, attempt) in [(1_000, 2), (2_000, 3)] {
        run.ends("a", Outcome::TimedOut);
        assert_eq!(run.why(), format!("a: pausing before attempt {attempt}"));
        assert_eq!(run.run.deadline(run.now), Some(run.now.plus_ms(pause)));
        run.wait(pause - 1);
        assert_eq!(run.out(), "");
        run.wait(1);
        assert_eq!(run.out(), "a");
    }
    run.ends("a", Outcome::TimedOut);
    assert_eq!(run.why(), "a: failed; waiting for a person to decide");
}

#[test]
fn a_person_may_have_it_retried_ten_times() {
    let mut run = Shell::start_with("a", |plan| plan.guided_failure = true);
    for _ in 0..PERSON_RETRIES_MAX {
        run.fail("a");
        run.answer("a", Answer::Retry);
    }
    run.fail("a");
    let question = run.question("a");
    assert_eq!(run.run.answers(&question), [Answer::Fail, Answer::Ignore]);
    run.answer("a", Answer::Fail);
    assert_eq!(run.run.result(), Some(TaskResult::Failed));
}

#[test]
fn a_refused_approval_is_not_asked_about_again() {
    let mut run = Shell::start_with("ask manual; b after ask", |plan| plan.guided_failure = true);
    run.answer("ask", Answer::Abort);
    assert_eq!(run.states(), "ask=Failed b=Skipped");
    assert_eq!(run.run.result(), Some(TaskResult::Failed));
}

#[test]
fn an_excluded_machine_takes_no_further_part() {
    let mut run = Shell::start_with("a on 2 actions 2; b after a on 2", |plan| {
        plan.guided_failure = true;
    });
    run.fail("a@0");
    run.answer("a@0", Answer::ExcludeMachine);
    assert_eq!(run.out(), "a@1");
    run.succeed("a@1");
    run.succeed("a@1");
    assert_eq!(run.out(), "b@1");
    assert_eq!(run.finish(), TaskResult::SuccessWithWarnings);
}

#[test]
fn unknown_is_never_success_and_never_retried_by_itself() {
    let mut run = Shell::start("a retries 3; b after a");
    run.ends(
        "a",
        Outcome::Unknown {
            message: "lost".to_owned(),
        },
    );
    assert_eq!(run.states(), "a=Failed b=Skipped");
}

#[test]
fn not_started_is_issued_again_as_the_same_attempt_but_not_for_ever() {
    let mut run = Shell::start("a");
    let mut tickets = 1;
    while run.state("a") == StepState::Running {
        if run.out().is_empty() {
            run.now = run.run.deadline(run.now).unwrap();
            run.turn();
            tickets += 1;
            continue;
        }
        run.ends(
            "a",
            Outcome::NotStarted {
                message: "disk full".to_owned(),
            },
        );
        tickets += u32::from(!run.out().is_empty());
    }
    assert_eq!(tickets, NOT_STARTED_MAX + 1);
    let attempts = &run.run.step_view(StepIx(0)).actions[0].attempts;
    assert!(attempts.iter().all(|attempt| attempt.number == 1));
    assert_eq!(run.state("a"), StepState::Failed);
}

#[test]
fn a_time_limit_stops_the_attempt() {
    let mut run = Shell::start("a timeout 500");
    assert_eq!(run.run.deadline(run.now), None, "not started yet");
    run.begins("a");
    assert_eq!(run.run.deadline(run.now), Some(run.now.plus_ms(500)));
    run.wait(500);
    assert_eq!(run.stopped.len(), 1);
    assert_eq!(run.run.deadline(run.now), None);
    run.ends("a", Outcome::TimedOut);
    assert_eq!(run.state("a"), StepState::Failed);
}

#[test]
fn an_exclusive_step_has_its_machine_alone_and_is_not_starved() {
    let mut run =
        Shell::start("a on 1; x on 1 exclusive takes 1 actions 2; b on 1; c after a on 1");
    assert_eq!(run.out(), "a@0");
    let why = run.why();
    assert!(
        why.contains("x@0: wants web-0 to itself; 1 still running there"),
        "{why}"
    );
    assert!(
        why.contains("b@0: x has web-0 to itself"),
        "it must not overtake: {why}"
    );
    run.succeed("a");
    assert_eq!(run.out(), "x@0");
    run.succeed("x");
    assert_eq!(
        run.out(),
        "x@0/1",
        "it keeps the machine between its actions"
    );
    run.succeed("x");
    assert_eq!(run.out(), "b@0 c@0");
}

#[test]
fn limits_hold_and_are_explained() {
    let mut run = Shell::start_with("a on 2; b on 2; c", |plan| {
        plan.limits = Limits {
            running_max: Some(3),
            per_machine_max: Some(1),
        };
    });
    assert_eq!(run.out(), "a@0 a@1 c");
    assert!(
        run.why()
            .contains("b@0: 3 of 3 actions at once are running"),
        "{}",
        run.why()
    );
    run.succeed("c");
    assert!(
        run.why()
            .contains("b@0: 1 of 1 actions at once are running on web-0"),
        "{}",
        run.why()
    );
}

#[test]
fn the_least_loaded_connected_worker_of_the_pool_is_chosen() {
    let mut run = Shell::from("a; b; c; d; e");
    run.world = regatta_core::engine::World::of_one_worker("Workers-1", "pool", 1);
    let mut second = run.world.workers[0].clone();
    (second.id, second.slots) = ("Workers-2".to_owned(), 2);
    let mut offline = second.clone();
    (offline.id, offline.connected) = ("Workers-3".to_owned(), false);
    run.world.workers.extend([second, offline]);
    let run = Shell::start(run);
    let workers: Vec<_> = run
        .run
        .tickets_out()
        .map(|out| out.worker.unwrap().to_owned())
        .collect();
    assert_eq!(workers, ["Workers-1", "Workers-2", "Workers-2"]);
    assert!(
        run.why().contains("e: worker pool pool is full (3 of 3)"),
        "{}",
        run.why()
    );
}

#[test]
fn a_report_that_comes_twice_changes_nothing() {
    let mut run = Shell::start("a; b after a");
    let ticket = run.ticket("a");
    let done = Event::TicketFinished {
        ticket: ticket.clone(),
        outcome: Outcome::Succeeded { warnings: false },
    };
    run.event(done.clone());
    let before = run.run.view();
    assert!(matches!(
        run.try_event(done),
        Err(IllegalEvent::TicketLate { .. })
    ));
    assert!(matches!(
        run.try_event(Event::TicketStarted { ticket }),
        Err(IllegalEvent::TicketLate { .. })
    ));
    assert_eq!(run.run.view(), before);
}

#[test]
fn a_task_cancelled_in_the_queue_ends_without_starting() {
    let mut run = Shell::from("a; b after a");
    run.cancel();
    assert_eq!(run.states(), "a=Skipped b=Skipped");
    assert_eq!(run.run.result(), Some(TaskResult::Canceled));
}
