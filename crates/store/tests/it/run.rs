//! Runs: picking tasks up, owning them, appending events, what a stale owner may do (nothing).

use std::collections::HashSet;

use regatta_core::engine::event::{Event, TaskResult};
use regatta_core::queue::{Priority, QueuedTask, pick};
use regatta_core::time::Time;
use regatta_store::{
    Append, Document, Lease, Line, Store, StoreError, Task, TaskChange, TaskQuery, TaskState, Write,
};

use crate::database::{Database, databases, queued};

const LEASE_MS: i64 = 60_000;

pub(crate) async fn insert(store: &Store, numbers: std::ops::RangeInclusive<u32>) {
    let mut tx = store.begin().await.unwrap();
    for number in numbers {
        tx.task_insert(&queued(number)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

pub(crate) async fn pick_up(store: &Store, number: u32, node: &str) -> Option<Lease> {
    let mut tx = store.begin().await.unwrap();
    let lease = tx
        .task_pick_up(&format!("ServerTasks-{number}"), node, LEASE_MS, Time(5))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    lease
}

pub(crate) fn append(lease: &Lease, after_seq: u64, events: Vec<Event>) -> Append {
    Append {
        task_id: lease.task_id.clone(),
        epoch: lease.epoch,
        after_seq,
        events: events.into_iter().map(|event| (Time(7), event)).collect(),
        writes: Vec::new(),
    }
}

async fn expire(store: &Store, node: &str) {
    let mut tx = store.begin().await.unwrap();
    tx.leases_end(node).await.unwrap();
    tx.commit().await.unwrap();
}

async fn take_over(store: &Store, node: &str) -> Vec<Lease> {
    let mut tx = store.begin().await.unwrap();
    let leases = tx.leases_take_over(node, LEASE_MS, 100).await.unwrap();
    tx.commit().await.unwrap();
    leases
}

databases! {
    async fn the_line_is_read_in_the_order_in_which_tasks_leave_it(db: &Database) {
        let now = Time(100);
        let mut tx = db.store.begin().await.unwrap();
        let mut all = Vec::new();
        for number in 1..=250_u32 {
            let mut task = queued(number);
            task.priority = i64::from(number % 3);
            task.queued_at = Time(i64::from(number * 7 % 50));
            task.scheduled_at = number.is_multiple_of(4).then(|| Time(i64::from(number * 13 % 60)));
            tx.task_insert(&task).await.unwrap();
            all.push(QueuedTask {
                id: task.id.clone(),
                queued_at: task.queued_at,
                priority: [Priority::Regular, Priority::Priority, Priority::MovedToTop][number as usize % 3],
                scheduled_at: task.scheduled_at,
                expires_at: None,
                tag: None,
            });
        }
        let special = |number: u32, change: &dyn Fn(&mut Task)| {
            let mut task = queued(number);
            change(&mut task);
            task
        };
        for task in [
            special(251, &|task| task.concurrency_tag = Some("held".to_owned())),
            special(252, &|task| task.scheduled_at = Some(Time(150))),
            special(253, &|task| task.expires_at = Some(Time(90))),
            special(254, &|task| task.space_id = Some("Spaces-2".to_owned())),
            special(255, &|task| task.state = TaskState::Executing),
            special(256, &|task| (task.state, task.completed_at) = (TaskState::Success, Some(Time(3)))),
        ] {
            tx.task_insert(&task).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut conn = db.store.read().await.unwrap();
        let mut line = Line {
            now,
            stopped_spaces: vec!["Spaces-2".to_owned()],
            held_tags: vec!["held".to_owned()],
            skip: 0,
            take: 100,
        };
        let mut read = Vec::new();
        while line.skip < 300 {
            read.extend(conn.tasks_in_line(&line).await.unwrap().into_iter().map(|task| task.id));
            line.skip += 100;
        }
        read.retain(|id| id != "ServerTasks-253");
        let expected = pick(now, &all, &[], 1_000).start;
        assert_eq!(read, expected);
        let ids = |tasks: Vec<Task>| tasks.into_iter().map(|task| task.id).collect::<Vec<_>>();
        let stopped = &line.stopped_spaces;
        assert_eq!(ids(conn.tasks_expired(now, stopped).await.unwrap()), ["ServerTasks-253"]);
        assert_eq!(ids(conn.tasks_executing().await.unwrap()), ["ServerTasks-255"]);
        assert_eq!(conn.line_due_at(now).await.unwrap(), Some(Time(150)));
        assert_eq!(conn.line_due_at(Time(200)).await.unwrap(), None);
    }

    async fn what_became_of_releases_is_found_behind_however_many_newer_tasks(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        for number in 1..=1_200 {
            let mut task = queued(number);
            let release = if number <= 3 { 1 } else { 2 };
            task.release_id = Some(format!("Releases-{release}"));
            task.environment_id = Some(format!("Environments-{}", number % 2));
            task.tenant_id = (number == 2).then(|| "Tenants-1".to_owned());
            let is_done = number != 3;
            task.state = if is_done { TaskState::Success } else { TaskState::Failed };
            tx.task_insert(&task).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut conn = db.store.read().await.unwrap();
        let releases = ["Releases-1".to_owned(), "Releases-2".to_owned()];
        let found = conn.tasks_of_releases("Deploy", &releases, 2).await.unwrap();
        let ids: Vec<_> = found.iter().map(|task| task.id.trim_start_matches("ServerTasks-")).collect();
        assert_eq!(ids, ["1200", "1199", "1198", "1197", "3", "2", "1"]);
        assert!(conn.tasks_of_releases("Deploy", &[], 2).await.unwrap().is_empty());
        let pair = |environment: u32| ("Releases-1".to_owned(), format!("Environments-{environment}"));
        let mut reached = conn.environments_reached("Deploy", &releases[..1], None).await.unwrap();
        reached.sort();
        assert_eq!(reached, [pair(0), pair(1)]);
        let of_tenant = conn.environments_reached("Deploy", &releases, Some("Tenants-1")).await.unwrap();
        assert_eq!(of_tenant, [pair(0)]);
    }

    async fn a_run_is_picked_up_recorded_and_released(db: &Database) {
        insert(&db.store, 1..=1).await;
        let lease = pick_up(&db.store, 1, "a").await.unwrap();
        assert_eq!(lease, Lease { task_id: "ServerTasks-1".to_owned(), epoch: 1, last_seq: 0 });
        assert_eq!(pick_up(&db.store, 1, "b").await, None);

        assert_eq!(db.store.append(append(&lease, 0, vec![Event::Started, Event::CancelRequested])).await.unwrap(), 2);
        let mut last = append(&lease, 2, vec![Event::Finished { result: TaskResult::Success }]);
        last.writes = vec![
            Write::Task(TaskChange {
                at: Time(9),
                state: Some(TaskState::Success),
                completed_at: Some(Time(9)),
                has_warnings: Some(true),
                ..TaskChange::default()
            }),
            Write::Release,
        ];
        assert_eq!(db.store.append(last).await.unwrap(), 3);

        let mut conn = db.store.read().await.unwrap();
        let task = conn.task("ServerTasks-1").await.unwrap().unwrap();
        assert_eq!((task.state, task.started_at, task.completed_at), (TaskState::Success, Some(Time(5)), Some(Time(9))));
        assert_eq!((task.has_warnings, task.node.as_deref()), (true, Some("a")));
        assert_eq!(conn.lease_holder("ServerTasks-1").await.unwrap(), None);
        let events = conn.task_events("ServerTasks-1", 1, 10).await.unwrap();
        let seen: Vec<_> = events.iter().map(|recorded| (recorded.seq, &recorded.event)).collect();
        let finished = Event::Finished { result: TaskResult::Success };
        assert_eq!(seen, vec![(2, &Event::CancelRequested), (3, &finished)]);
        assert_eq!(conn.task_events("ServerTasks-1", 0, 1).await.unwrap().len(), 1);
    }

    async fn a_wrong_place_is_refused_and_a_repetition_is_not_written_twice(db: &Database) {
        insert(&db.store, 1..=1).await;
        let lease = pick_up(&db.store, 1, "a").await.unwrap();
        let first = append(&lease, 0, vec![Event::Started]);
        assert_eq!(db.store.append(first.clone()).await.unwrap(), 1);
        assert_eq!(db.store.append(first).await.unwrap(), 1, "the answer to the first may have been lost");
        for (after_seq, event) in [(0, Event::CancelRequested), (5, Event::Started)] {
            let error = db.store.append(append(&lease, after_seq, vec![event])).await.unwrap_err();
            assert!(matches!(error, StoreError::WrongSeq { found: 1, .. }), "{error}");
        }
        let unknown = Lease { task_id: "ServerTasks-9".to_owned(), ..lease };
        let error = db.store.append(append(&unknown, 0, vec![Event::Started])).await.unwrap_err();
        assert!(matches!(error, StoreError::Missing { .. }), "{error}");
        assert_eq!(db.store.read().await.unwrap().task_events("ServerTasks-1", 0, 10).await.unwrap().len(), 1);
    }

    async fn an_overtaken_owner_can_write_nothing(db: &Database) {
        insert(&db.store, 1..=2).await;
        let old = pick_up(&db.store, 1, "a").await.unwrap();
        db.store.append(append(&old, 0, vec![Event::Started])).await.unwrap();
        assert_eq!(take_over(&db.store, "b").await, vec![], "the lease is alive");
        expire(&db.store, "a").await;
        let new = take_over(&db.store, "b").await;
        assert_eq!(new, vec![Lease { task_id: "ServerTasks-1".to_owned(), epoch: 2, last_seq: 1 }]);

        let mut stale = append(&old, 1, vec![Event::CancelRequested]);
        stale.writes = vec![Write::Task(TaskChange { state: Some(TaskState::Failed), ..TaskChange::default() })];
        let error = db.store.append(stale).await.unwrap_err();
        assert!(matches!(error, StoreError::StaleEpoch { given: 1, found: 2, .. }), "{error}");
        assert_eq!(db.store.append(append(&new[0], 1, vec![Event::CancelRequested])).await.unwrap(), 2);
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(conn.task("ServerTasks-1").await.unwrap().unwrap().state, TaskState::Executing);
        assert_eq!(conn.lease_holder("ServerTasks-1").await.unwrap(), Some(("b".to_owned(), 2)));
        drop(conn);

        let mut tx = db.store.begin().await.unwrap();
        let own = ["ServerTasks-1".to_owned()];
        assert_eq!(tx.leases_renew("a", &own, LEASE_MS).await.unwrap(), vec![]);
        assert_eq!(tx.leases_renew("b", &own, LEASE_MS).await.unwrap().len(), 1);
        assert_eq!(tx.lease_take("ServerTasks-1", "a", LEASE_MS).await.unwrap(), None);
    }

    async fn a_lease_that_nobody_drives_under_ends_and_the_task_is_taken_over(db: &Database) {
        insert(&db.store, 1..=2).await;
        for number in 1..=2 {
            pick_up(&db.store, number, "a").await.unwrap();
        }
        let short_ms = 1;
        let own = ["ServerTasks-1".to_owned(), "ServerTasks-2".to_owned()];
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.leases_renew("a", &own, short_ms - LEASE_MS).await.unwrap().len(), 2);
        // Only the first is driven.
        assert_eq!(tx.leases_renew("a", &own[..1], LEASE_MS).await.unwrap().len(), 1);
        assert!(!tx.runs_alone("a").await.unwrap(), "the second has no living owner");
        tx.commit().await.unwrap();
        let lost = take_over(&db.store, "a").await;
        assert_eq!(lost, vec![Lease { task_id: "ServerTasks-2".to_owned(), epoch: 2, last_seq: 0 }]);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.runs_alone("a").await.unwrap());
        assert!(!tx.runs_alone("b").await.unwrap(), "another node drives");
    }

    async fn one_refused_append_harms_no_other_of_its_group(db: &Database) {
        insert(&db.store, 1..=40).await;
        let mut appends = Vec::new();
        for number in 1..=40 {
            let lease = pick_up(&db.store, number, "a").await.unwrap();
            let mut append = append(&lease, 0, vec![Event::Started]);
            // Every fourth one wants a name that is taken, after its events were inserted.
            append.writes = vec![Write::DocumentInsert(Box::new(interruption(if number % 4 == 0 { 1 } else { number })))];
            appends.push(append);
        }
        let (first, rest) = appends.split_first().unwrap();
        db.store.append(first.clone()).await.unwrap();
        let mut running = tokio::task::JoinSet::new();
        for append in rest.iter().cloned() {
            let store = db.store.clone();
            running.spawn(async move { (append.task_id.clone(), store.append(append).await) });
        }
        while let Some(done) = running.join_next().await {
            let (task_id, answer) = done.unwrap();
            let number: u32 = task_id.trim_start_matches("ServerTasks-").parse().unwrap();
            let stored = db.store.read().await.unwrap().task_events(&task_id, 0, 10).await.unwrap();
            if number.is_multiple_of(4) {
                assert!(matches!(answer, Err(StoreError::Taken { .. })), "{answer:?}");
                assert_eq!(stored, vec![], "refused as a whole");
            } else {
                assert_eq!((answer.unwrap(), stored.len()), (1, 1));
            }
        }
    }

    async fn of_two_owners_only_one_chain_is_written(db: &Database) {
        insert(&db.store, 1..=1).await;
        let old = pick_up(&db.store, 1, "a").await.unwrap();
        expire(&db.store, "a").await;
        let new = take_over(&db.store, "b").await.remove(0);
        let mut running = tokio::task::JoinSet::new();
        for lease in [old, new] {
            let store = db.store.clone();
            running.spawn(async move {
                let mut written = 0;
                for seq in 0..50 {
                    if store.append(append(&lease, seq, vec![Event::Started])).await.is_ok() {
                        written += 1;
                    }
                }
                (lease.epoch, written)
            });
        }
        let written: HashSet<_> = running.join_all().await.into_iter().collect();
        assert_eq!(written, HashSet::from([(1, 0), (2, 50)]));
    }

    async fn many_servers_pick_each_task_up_once(db: &Database) {
        const TASKS: u32 = 200;
        insert(&db.store, 1..=TASKS).await;
        let mut servers = tokio::task::JoinSet::new();
        for server in 0..8 {
            let store = Store::open(db.location.clone()).await.unwrap();
            servers.spawn(async move {
                let mut picked = Vec::new();
                for step in 0..TASKS {
                    // All servers race for the same task, each from another end.
                    let number = if server % 2 == 0 { step + 1 } else { TASKS - step };
                    picked.extend(pick_up(&store, number, &format!("node-{server}")).await.map(|lease| lease.task_id));
                }
                picked
            });
        }
        let picked: Vec<_> = servers.join_all().await.into_iter().flatten().collect();
        let distinct: HashSet<_> = picked.iter().collect();
        assert_eq!((picked.len(), distinct.len()), (TASKS as usize, TASKS as usize));
    }

    async fn orphaned_tasks_are_taken_over_once(db: &Database) {
        insert(&db.store, 1..=60).await;
        for number in 1..=50 {
            pick_up(&db.store, number, "dead").await.unwrap();
        }
        expire(&db.store, "dead").await;
        let mut servers = tokio::task::JoinSet::new();
        for server in 0..6 {
            let store = Store::open(db.location.clone()).await.unwrap();
            servers.spawn(async move {
                let mut taken = Vec::new();
                // With locked rows skipped, a round may find nothing while others still hold theirs.
                for _ in 0..10 {
                    let mut tx = store.begin().await.unwrap();
                    taken.extend(tx.leases_take_over(&format!("node-{server}"), LEASE_MS, 5).await.unwrap());
                    tx.commit().await.unwrap();
                }
                taken
            });
        }
        let taken: Vec<_> = servers.join_all().await.into_iter().flatten().map(|lease| lease.task_id).collect();
        let distinct: HashSet<_> = taken.iter().cloned().collect();
        assert_eq!((taken.len(), distinct.len()), (50, 50), "queued tasks are nobody's orphans");
    }

    async fn task_lists_are_filtered(db: &Database) {
        insert(&db.store, 1..=5).await;
        pick_up(&db.store, 2, "a").await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let done = TaskChange { state: Some(TaskState::Failed), completed_at: Some(Time(9)), ..TaskChange::default() };
        assert!(tx.task_change("ServerTasks-3", &done, &[TaskState::Queued]).await.unwrap());
        assert!(!tx.task_change("ServerTasks-2", &done, &[TaskState::Queued]).await.unwrap());
        tx.commit().await.unwrap();
        let mut conn = db.store.read().await.unwrap();
        for (query, expected) in [
            (TaskQuery::default(), vec![5, 4, 3, 2, 1]),
            (TaskQuery { skip: 1, take: Some(2), ..TaskQuery::default() }, vec![4, 3]),
            (TaskQuery { is_active: true, ..TaskQuery::default() }, vec![5, 4, 2, 1]),
            (TaskQuery { states: vec![TaskState::Failed, TaskState::Executing], ..TaskQuery::default() }, vec![3, 2]),
            (TaskQuery { node: Some("a".to_owned()), ..TaskQuery::default() }, vec![2]),
            (TaskQuery { partial_description: Some("DEPLOY 4".to_owned()), ..TaskQuery::default() }, vec![4]),
            (TaskQuery { ids: Some(vec!["ServerTasks-1".to_owned()]), ..TaskQuery::default() }, vec![1]),
            (TaskQuery { project_id: Some("Projects-2".to_owned()), ..TaskQuery::default() }, vec![]),
            (TaskQuery { space_id: Some(None), ..TaskQuery::default() }, vec![]),
            (TaskQuery { has_warnings: Some(false), take: Some(1), ..TaskQuery::default() }, vec![5]),
        ] {
            let page = conn.tasks(&query).await.unwrap();
            let ids: Vec<_> = expected.iter().map(|number| format!("ServerTasks-{number}")).collect();
            assert_eq!(page.items.into_iter().map(|task| task.id).collect::<Vec<_>>(), ids, "{query:?}");
            assert_eq!(conn.task_count(&query).await.unwrap(), page.total);
        }
        assert_eq!(conn.tasks_open().await.unwrap().len(), 4);
    }

    async fn the_dashboard_knows_the_newest_and_the_last_success(db: &Database) {
        insert(&db.store, 1..=3).await;
        let mut tx = db.store.begin().await.unwrap();
        let success = TaskChange { state: Some(TaskState::Success), completed_at: Some(Time(9)), ..TaskChange::default() };
        tx.task_change("ServerTasks-1", &success, &[]).await.unwrap();
        tx.task_change("ServerTasks-2", &success, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let seen = || async {
            let mut conn = db.store.read().await.unwrap();
            let latest = conn.tasks_latest("Spaces-1", "Deploy", Some(&["Projects-1".to_owned()])).await.unwrap();
            let ids = |latest: regatta_store::Latest| (latest.newest.id, latest.succeeded_before.map(|task| task.id));
            latest.into_iter().map(ids).collect::<Vec<_>>()
        };
        let id = |number: u32| format!("ServerTasks-{number}");
        assert_eq!(seen().await, vec![(id(3), Some(id(2)))]);
        for (gone, expected) in [
            (3, vec![(id(2), None)]),
            (2, vec![(id(1), None)]),
            (1, vec![]),
        ] {
            let mut tx = db.store.begin().await.unwrap();
            assert!(tx.task_delete(&id(gone)).await.unwrap());
            tx.commit().await.unwrap();
            assert_eq!(seen().await, expected);
        }
        assert_eq!(db.store.read().await.unwrap().tasks_latest("Spaces-1", "Deploy", Some(&[])).await.unwrap(), vec![]);
    }
}

fn interruption(number: u32) -> Document {
    Document {
        kind: "Interruptions".to_owned(),
        id: format!("Interruptions-{number}"),
        space_id: Some("Spaces-1".to_owned()),
        owner_id: None,
        name: String::new(),
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: vec![format!("task:ServerTasks-{number}")],
        version: 1,
        body: "{}".to_owned(),
        created_at: Time(1),
        updated_at: Time(1),
    }
}
