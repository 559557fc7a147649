//! Which tasks leave the queue: cases by name, and the rules as properties.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use regatta_core::queue::{ExecutingTask, Picks, Priority, QueueReason, QueuedTask, pick};
use regatta_core::time::Time;

fn task(number: u32) -> QueuedTask {
    QueuedTask {
        id: format!("ServerTasks-{number}"),
        queued_at: Time(0),
        priority: Priority::Regular,
        scheduled_at: None,
        expires_at: None,
        tag: None,
    }
}

fn executing(number: u32, tag: Option<&str>) -> ExecutingTask {
    ExecutingTask {
        id: format!("ServerTasks-{number}"),
        tag: tag.map(str::to_owned),
        idle: false,
    }
}

#[test]
fn moved_to_top_then_priority_then_first_come_first_served() {
    let mut tasks = vec![task(10), task(9), task(8), task(7)];
    tasks[2].priority = Priority::Priority;
    tasks[3].priority = Priority::MovedToTop;
    let picks = pick(Time(1), &tasks, &[], 9);
    assert_eq!(
        picks.start,
        [
            "ServerTasks-7",
            "ServerTasks-8",
            "ServerTasks-9",
            "ServerTasks-10"
        ]
    );
}

#[test]
fn a_task_of_a_stopped_space_is_behind_all_others_and_says_why() {
    let tasks = [task(1), task(2)];
    let mut picks = pick(Time(1), &tasks, &[], 1);
    picks.keep_stopped("ServerTasks-0".to_owned());
    let places: Vec<_> = picks
        .waiting
        .iter()
        .map(|wait| (wait.position, wait.task.as_str()))
        .collect();
    assert_eq!(places, [(1, "ServerTasks-2"), (2, "ServerTasks-0")]);
    assert_eq!(picks.waiting[1].reason, QueueReason::SpaceStopped);
}

#[test]
fn a_blocked_task_is_passed_over_and_says_who_blocks_it() {
    let mut tasks = vec![task(1), task(2), task(3)];
    tasks[0].tag = Some("Projects-1/Environments-1".to_owned());
    let picks = pick(
        Time(1),
        &tasks,
        &[executing(90, Some("Projects-1/Environments-1"))],
        2,
    );
    assert_eq!(picks.start, ["ServerTasks-2"]);
    let reasons: Vec<_> = picks
        .waiting
        .iter()
        .map(|wait| (wait.position, wait.reason.text()))
        .collect();
    assert_eq!(
        reasons[0],
        (
            1,
            "ServerTasks-90 of Projects-1/Environments-1 must end first".to_owned()
        )
    );
    assert_eq!(
        reasons[1],
        (
            2,
            "the task cap is reached (2 of 2): ServerTasks-90, ServerTasks-2".to_owned()
        )
    );
}

#[test]
fn a_task_that_waits_for_people_does_not_count_against_the_cap() {
    let mut idle = executing(90, None);
    idle.idle = true;
    assert_eq!(
        pick(Time(1), &[task(1)], &[idle], 1).start,
        ["ServerTasks-1"]
    );
}

#[test]
fn an_expired_task_never_runs_and_a_scheduled_one_not_yet() {
    let mut tasks = vec![task(1), task(2)];
    tasks[0].expires_at = Some(Time(5));
    tasks[1].scheduled_at = Some(Time(9));
    tasks[1].expires_at = Some(Time(20));
    let picks = pick(Time(5), &tasks, &[], 9);
    assert_eq!(picks.expire, ["ServerTasks-1"]);
    assert_eq!(picks.look_again_at, Some(Time(9)));
    assert_eq!(
        picks.waiting[0].reason,
        QueueReason::Scheduled { until: Time(9) }
    );
    assert_eq!(pick(Time(9), &tasks[1..], &[], 9).start, ["ServerTasks-2"]);
}

type Drawn = (i64, u8, Option<i64>, Option<i64>, Option<u8>);

fn drawn(number: usize, (queued_at, priority, scheduled_at, expires_at, tag): Drawn) -> QueuedTask {
    QueuedTask {
        id: format!("ServerTasks-{number}"),
        queued_at: Time(queued_at),
        priority: [Priority::MovedToTop, Priority::Priority, Priority::Regular]
            [usize::from(priority)],
        scheduled_at: scheduled_at.map(Time),
        expires_at: expires_at.map(Time),
        tag: tag.map(|tag| format!("tag-{tag}")),
    }
}

proptest! {
    /// Every task is decided about once; cap and tags hold; nobody waits for something that is free.
    #[test]
    fn cap_and_tags_hold_and_nobody_waits_in_vain(
        queue in prop::collection::vec((0..20_i64, 0..3_u8, prop::option::of(0..20_i64), prop::option::of(0..20_i64), prop::option::of(0..4_u8)), 0..20),
        running in prop::collection::vec((prop::option::of(10..14_u8), any::<bool>()), 0..4),
        cap in 0..6_u32,
    ) {
        let tasks: Vec<_> = queue.into_iter().enumerate().map(|(ix, it)| drawn(ix, it)).collect();
        let executing: Vec<_> = running.into_iter().enumerate().map(|(ix, (tag, idle))| ExecutingTask {
            id: format!("ServerTasks-{}", ix + 100),
            tag: tag.map(|tag| format!("tag-{tag}")),
            idle,
        }).collect();
        let now = Time(10);
        let picks = pick(now, &tasks, &executing, cap);
        check(now, &tasks, &executing, cap, &picks)?;
    }
}

fn check(
    now: Time,
    tasks: &[QueuedTask],
    executing: &[ExecutingTask],
    cap: u32,
    picks: &Picks,
) -> Result<(), TestCaseError> {
    let by_id: BTreeMap<&str, &QueuedTask> =
        tasks.iter().map(|task| (task.id.as_str(), task)).collect();
    let waiting = picks.waiting.iter().map(|wait| &wait.task);
    let decided: Vec<&String> = picks
        .start
        .iter()
        .chain(&picks.expire)
        .chain(waiting)
        .collect();
    prop_assert_eq!(decided.len(), tasks.len());
    prop_assert_eq!(
        decided.into_iter().collect::<BTreeSet<_>>().len(),
        tasks.len()
    );
    let busy = executing.iter().filter(|task| !task.idle).count();
    prop_assert!(picks.start.is_empty() || busy + picks.start.len() <= cap as usize);
    let started = picks
        .start
        .iter()
        .filter_map(|id| by_id[id.as_str()].tag.as_deref());
    let tags: Vec<&str> = executing
        .iter()
        .filter_map(|task| task.tag.as_deref())
        .chain(started.clone())
        .collect();
    let distinct: BTreeSet<&str> = started.clone().collect();
    prop_assert_eq!(distinct.len(), started.count());
    for id in &picks.expire {
        prop_assert!(by_id[id.as_str()].expires_at.unwrap() <= now);
    }
    for wait in &picks.waiting {
        let task = by_id[wait.task.as_str()];
        match &wait.reason {
            QueueReason::Scheduled { until } => prop_assert!(*until > now),
            QueueReason::TagHeld { tag, .. } => prop_assert!(tags.contains(&tag.as_str())),
            QueueReason::SpaceStopped => prop_assert!(false, "the rules are not asked about those"),
            QueueReason::CapReached { .. } => {
                prop_assert!(busy + picks.start.len() >= cap as usize);
            }
        }
        prop_assert!(task.expires_at.is_none_or(|at| at > now));
    }
    Ok(())
}
