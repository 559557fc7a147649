//! Answers that share a turn with something that closes the question.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regatta_core::engine::Run;
use regatta_core::engine::event::{Answer, Cell, Event, InterruptionId, InterruptionKind};
use regatta_core::engine::plan::{
    ActionCondition, ActionIx, ActionKind, FailurePolicy, Limits, MachineLock, Plan, PlanAction,
    PlanStep, Retry, StepCondition, StepIx,
};
use regatta_core::process::{DeploymentProcess, keys};
use regatta_core::time::Time;
use regatta_store::conn::Location;
use regatta_store::{Store, Vault};
use serde_json::Map;

use crate::driver::evaluate::Instructions;
use crate::driver::frozen::{Frozen, FrozenTask};
use crate::driver::input::{Given, Person, Refused};
use crate::driver::live::{Live, TaskHead};
use crate::driver::outputs::Outputs;
use crate::driver::run_kind::RunKind;
use crate::driver::turn::Turn;
use crate::driver::values::Values;

const QUESTION: &str = "Interruptions-1";

/// One step that asks somebody.
fn plan() -> Arc<Plan> {
    let action = PlanAction {
        id: "a".to_owned(),
        name: "Approve".to_owned(),
        slug: "approve".to_owned(),
        action_type: keys::MANUAL.to_owned(),
        kind: ActionKind::Manual,
        condition: ActionCondition::Success,
        skip: None,
        required: false,
        retry: Retry::default(),
        timeout_ms: None,
        worker_pool: None,
        expected_ms: None,
    };
    let step = PlanStep {
        id: "s".to_owned(),
        slug: "approve".to_owned(),
        name: "Approve".to_owned(),
        waits_for: Vec::new(),
        condition: StepCondition::Success,
        skip: None,
        on: vec![None],
        window: None,
        machine_lock: MachineLock::Deployment,
        actions: vec![action],
    };
    Arc::new(Plan {
        steps: vec![step],
        targets: Vec::new(),
        failure_policy: FailurePolicy::FinishBranches,
        guided_failure: false,
        limits: Limits::default(),
    })
}

async fn frozen(plan: &Arc<Plan>) -> Frozen {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("regatta.db");
    let store = Store::open(Location::Sqlite(file)).await.unwrap();
    let key = folder.path().join("master.key");
    let vault = Vault::open(&key, &store).await.unwrap();
    let stored = FrozenTask {
        plan: Arc::clone(plan),
        facts: Default::default(),
        process_id: String::new(),
        variable_set_ids: Vec::new(),
        tenant_variables: None,
        referred: Default::default(),
        form_values: Map::new(),
        packages: Vec::new(),
    };
    let project = "Projects-1".parse().unwrap();
    let process = DeploymentProcess::empty(project, "Spaces-1".parse().unwrap());
    Frozen::new(
        "ServerTasks-1",
        stored,
        process,
        &Values::new(Vec::new()),
        &vault,
    )
    .unwrap()
}

/// A task that asks, and the next turn.
async fn asked() -> (Live, Turn) {
    let plan = plan();
    let mut live = Live {
        head: TaskHead {
            id: "ServerTasks-1".to_owned(),
            kind: RunKind::Deployment,
            space_id: "Spaces-1".to_owned(),
            epoch: 1,
            related: Vec::new(),
            description: String::new(),
        },
        run: Run::new(Arc::clone(&plan)),
        frozen: Arc::new(frozen(&plan).await),
        outputs: Outputs::new(plan).unwrap(),
        asked: BTreeMap::new(),
        timed_out: BTreeSet::new(),
        spare_ids: Vec::new(),
    };
    let mut turn = Turn::new(Time(1_000), 0);
    live.record(&mut turn, Event::Started).unwrap();
    let cell = Cell {
        step: StepIx(0),
        action: ActionIx(0),
        target: None,
    };
    let what = (cell, 1, InterruptionKind::Manual);
    live.raise(
        &mut turn,
        QUESTION.to_owned(),
        what,
        Instructions::default(),
    )
    .unwrap();
    let next = Turn::new(Time(2_000), live.run.seq());
    (live, next)
}

fn refusal() -> Given {
    Given {
        answer: Answer::Abort,
        failure_policy: Some(FailurePolicy::CancelRunning),
        notes: String::new(),
        by: Person {
            user_id: Some("Users-1".to_owned()),
            username: "ann".to_owned(),
        },
        display_name: String::new(),
        email: String::new(),
    }
}

fn policies_chosen(turn: &Turn) -> usize {
    let events = turn.events.iter();
    let chosen = events.filter(|(_, event)| matches!(event, Event::FailurePolicyChosen { .. }));
    chosen.count()
}

#[tokio::test]
async fn a_refusal_chooses_the_policy_that_comes_with_it() {
    let (mut live, mut turn) = asked().await;
    let id = InterruptionId(QUESTION.to_owned());
    live.answer(&mut turn, &id, &refusal()).unwrap();
    assert_eq!(policies_chosen(&turn), 1);
    assert_eq!(live.run.failure_policy(), FailurePolicy::CancelRunning);
}

/// The cancel is taken first; the question is closed although its document does not say so yet.
#[tokio::test]
async fn an_answer_that_comes_after_a_cancel_chooses_nothing() {
    let (mut live, mut turn) = asked().await;
    let id = InterruptionId(QUESTION.to_owned());
    live.record(&mut turn, Event::CancelRequested).unwrap();
    let refused = live.answer(&mut turn, &id, &refusal()).unwrap_err();
    assert!(matches!(refused, Refused::Closed(_)), "{refused}");
    assert_eq!(policies_chosen(&turn), 0);
    assert_eq!(live.run.failure_policy(), FailurePolicy::FinishBranches);
}

#[tokio::test]
async fn of_two_answers_in_one_turn_the_second_chooses_nothing() {
    let (mut live, mut turn) = asked().await;
    let id = InterruptionId(QUESTION.to_owned());
    let proceed = Given {
        answer: Answer::Proceed,
        failure_policy: None,
        ..refusal()
    };
    live.answer(&mut turn, &id, &proceed).unwrap();
    live.answer(&mut turn, &id, &refusal()).unwrap_err();
    assert_eq!(policies_chosen(&turn), 0);
}
