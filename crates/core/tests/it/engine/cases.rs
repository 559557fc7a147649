//! Named cases of our own rules.

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
fn start_nothing_new_asks_no_expression_but_those_of_steps_behind_the_failure() {
    let policy = |plan: &mut Plan| plan.failure_policy = FailurePolicy::StartNothingNew;
    let mut run = Shell::start_with("a; b; c after b if var; d after a if var", policy);
    run.fail("a");
    run.succeed("b");
    assert_eq!(run.out(), "d");
    assert_eq!(run.finish(), TaskResult::Failed);
    assert_eq!(run.states(), "a=Failed b=Succeeded c=Skipped d=Succeeded");
    let skip = run.run.step_view(StepIx(2)).skip;
    assert_eq!(skip, Some(SkipReason::FailurePolicy));
}

#[test]
fn start_nothing_new_holds_back_a_step_whose_expression_was_about_to_be_asked() {
    let policy = |plan: &mut Plan| plan.failure_policy = FailurePolicy::StartNothingNew;
    let mut run = Shell::start_with("a; b; c after b if var; d after a if var", policy);
    let ends = |outcome: Outcome| move |ticket| Event::TicketFinished { ticket, outcome };
    let (a, b) = (run.ticket("a"), run.ticket("b"));
    let message = "exit code 1".to_owned();
    run.event(ends(Outcome::Succeeded { warnings: false })(b));
    run.event(ends(Outcome::Failed { message })(a));
    run.turn();
    assert_eq!(run.out(), "d");
    run.finish();
    assert_eq!(run.states(), "a=Failed b=Succeeded c=Skipped d=Succeeded");
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
fn a_run_is_idle_only_while_every_lane_waits_for_people() {
    let mut run = Shell::start("ask manual; b; c after b retries 1 backoff 1000; d after ask");
    assert!(!run.run.is_idle(), "b is out");
    run.succeed("b");
    assert!(!run.run.is_idle(), "c is out");
    run.fail("c");
    assert!(!run.run.is_idle(), "c pauses and comes again by itself");
    run.wait(1_000);
    assert!(!run.run.is_idle(), "c is out again");
    run.succeed("c");
    assert!(run.run.is_idle(), "{}", run.why());
    run.answer("ask", Answer::Proceed);
    assert!(!run.run.is_idle(), "d is out");
    assert_eq!(run.finish(), TaskResult::Success);
    assert!(!run.run.is_idle());
}

#[test]
fn a_run_that_waits_for_a_worker_beside_a_person_is_not_idle() {
    let mut run = Shell::start("ask manual; b");
    run.world.workers.clear();
    let message = "the worker left".to_owned();
    run.ends("b", Outcome::NotStarted { message });
    assert!(!run.run.is_idle(), "{}", run.why());
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
fn what_had_started_is_never_taken_for_not_started() {
    let mut run = Shell::start("a retries 3");
    run.begins("a");
    run.ends(
        "a",
        Outcome::NotStarted {
            message: "confused".to_owned(),
        },
    );
    assert_eq!(run.state("a"), StepState::Failed);
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
