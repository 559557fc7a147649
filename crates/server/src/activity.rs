//! A run as Octopus' activity tree: task › step › place › (child action) › attempt.
//!
//! States and times come from the engine's own view of the run. A node's times are its own:
//! nothing pending or skipped has any (regression case 16).

pub(crate) mod follow;
pub(crate) mod reason;
pub(crate) mod state;
pub mod wire;

use regatta_core::engine::event::Cell;
use regatta_core::engine::plan::{Plan, PlanStep};
use regatta_core::engine::{ActionState, ActionView, AttemptView, RunView, StepState, StepView};
use regatta_core::time::Time;

/// Octopus' `ActivityStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Running,
    Success,
    Failed,
    Skipped,
    SuccessWithWarning,
    Canceled,
}

impl Status {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::SuccessWithWarning => "SuccessWithWarning",
            Self::Canceled => "Canceled",
        }
    }
}

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Stable while the task exists, e.g. `ServerTasks-7/s2/t0/a1/n1`.
    pub id: String,
    pub name: String,
    pub status: Status,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub children: Vec<Self>,
}

/// Id of the node of an action on a place: where its log lines and questions belong.
#[must_use]
pub fn cell_node_id(task_id: &str, cell: Cell) -> String {
    let place = place_node_id(task_id, cell);
    format!("{place}/a{}", cell.action.0)
}

pub(crate) fn place_node_id(task_id: &str, cell: Cell) -> String {
    let target = cell
        .target
        .map_or_else(|| "server".to_owned(), |target| format!("t{}", target.0));
    format!("{task_id}/s{}/{target}", cell.step.0)
}

/// The nodes of all steps, in list order. `name_of` says what a worker is called.
#[must_use]
pub fn steps(
    task_id: &str,
    plan: &Plan,
    view: &RunView,
    name_of: &dyn Fn(&str) -> String,
) -> Vec<Node> {
    let tree = Tree {
        task_id,
        plan,
        name_of,
    };
    view.steps.iter().map(|step| tree.step(step)).collect()
}

struct Tree<'a> {
    task_id: &'a str,
    plan: &'a Plan,
    name_of: &'a dyn Fn(&str) -> String,
}

impl Tree<'_> {
    fn step(&self, view: &StepView) -> Node {
        let ix = view.step.0 as usize;
        let step = &self.plan.steps[ix];
        let children = if view.skip.is_some() {
            Vec::new()
        } else {
            self.places(step, view)
        };
        Node {
            id: format!("{}/s{ix}", self.task_id),
            name: format!("Step {}: {}", ix + 1, step.name),
            status: step_status(view),
            started_at: view.started_at,
            ended_at: view.settled_at.filter(|_| view.started_at.is_some()),
            children,
        }
    }

    fn places(&self, step: &PlanStep, view: &StepView) -> Vec<Node> {
        let per_place = step.actions.len().max(1);
        view.actions
            .chunks(per_place)
            .map(|actions| self.place(step, actions))
            .collect()
    }

    fn place(&self, step: &PlanStep, actions: &[ActionView]) -> Node {
        let cell = actions[0].cell;
        let id = place_node_id(self.task_id, cell);
        let name = self.place_name(actions);
        let mut children: Vec<Node> = actions
            .iter()
            .map(|action| self.action(step, action))
            .collect();
        if let [only] = children.as_mut_slice() {
            // A step with one action has its log right below the step (octopus-api §2.11).
            let only = std::mem::take(&mut only.children);
            let action = &actions[0];
            let (started_at, ended_at) = times(action);
            return Node {
                id,
                name,
                status: action_status(action),
                started_at,
                ended_at,
                children: only,
            };
        }
        let started_at = actions.iter().filter_map(|action| action.started_at).min();
        let open = actions.iter().any(|action| action.settled_at.is_none());
        let ended_at = actions
            .iter()
            .filter_map(|action| times(action).1)
            .max()
            .filter(|_| !open);
        Node {
            id,
            name,
            status: together(&children),
            started_at,
            ended_at,
            children,
        }
    }

    fn place_name(&self, actions: &[ActionView]) -> String {
        if let Some(target) = actions[0]
            .cell
            .target
            .and_then(|target| self.plan.targets.get(target.0 as usize))
        {
            return target.name.clone();
        }
        let worker = actions
            .iter()
            .flat_map(|action| &action.attempts)
            .find_map(|attempt| attempt.worker.as_deref());
        worker.map_or_else(
            || "Octopus Server".to_owned(),
            |worker| format!("Worker {}", (self.name_of)(worker)),
        )
    }

    fn action(&self, step: &PlanStep, view: &ActionView) -> Node {
        let action = &step.actions[view.cell.action.0 as usize];
        let id = cell_node_id(self.task_id, view.cell);
        let (started_at, ended_at) = times(view);
        let several = view.attempts.len() > 1;
        let children = view
            .attempts
            .iter()
            .filter(|_| several)
            .map(|attempt| attempt_node(&id, attempt))
            .collect();
        Node {
            id,
            name: action.name.clone(),
            status: action_status(view),
            started_at,
            ended_at,
            children,
        }
    }
}

fn attempt_node(action_id: &str, view: &AttemptView) -> Node {
    use regatta_core::engine::event::Outcome;
    let status = match &view.outcome {
        None => Status::Running,
        Some(Outcome::Succeeded { warnings: false }) => Status::Success,
        Some(Outcome::Succeeded { warnings: true }) => Status::SuccessWithWarning,
        Some(Outcome::Canceled) => Status::Canceled,
        Some(
            Outcome::Failed { .. }
            | Outcome::TimedOut
            | Outcome::NotStarted { .. }
            | Outcome::Unknown { .. },
        ) => Status::Failed,
    };
    Node {
        id: format!("{action_id}/n{}", view.number),
        name: format!("Attempt {}", view.number),
        status,
        started_at: Some(view.started_at.unwrap_or(view.issued_at)),
        ended_at: view.ended_at,
        children: Vec::new(),
    }
}

fn times(view: &ActionView) -> (Option<Time>, Option<Time>) {
    (
        view.started_at,
        view.settled_at.filter(|_| view.started_at.is_some()),
    )
}

fn step_status(view: &StepView) -> Status {
    match view.state {
        StepState::Pending | StepState::Ready if view.skip.is_some() => Status::Skipped,
        StepState::Pending | StepState::Ready => Status::Pending,
        StepState::Running | StepState::Interrupted => Status::Running,
        StepState::Succeeded if view.actions.iter().any(|action| action.warnings) => {
            Status::SuccessWithWarning
        }
        StepState::Succeeded => Status::Success,
        StepState::Ignored => Status::SuccessWithWarning,
        StepState::Failed => Status::Failed,
        StepState::Canceled => Status::Canceled,
        StepState::Skipped => Status::Skipped,
    }
}

fn action_status(view: &ActionView) -> Status {
    match &view.state {
        ActionState::Pending | ActionState::Ready | ActionState::Queued => Status::Pending,
        ActionState::Retrying { .. } | ActionState::Running | ActionState::Interrupted { .. } => {
            Status::Running
        }
        ActionState::Succeeded if view.warnings => Status::SuccessWithWarning,
        ActionState::Succeeded => Status::Success,
        ActionState::Ignored => Status::SuccessWithWarning,
        ActionState::Failed => Status::Failed,
        ActionState::Canceled => Status::Canceled,
        ActionState::Skipped(_) => Status::Skipped,
    }
}

/// The status of a place with several actions.
fn together(children: &[Node]) -> Status {
    let any = |status| children.iter().any(|child| child.status == status);
    let all = |status| children.iter().all(|child| child.status == status);
    if any(Status::Running) || (any(Status::Pending) && !all(Status::Pending)) {
        return if any(Status::Failed) && !any(Status::Running) {
            Status::Failed
        } else {
            Status::Running
        };
    }
    for status in [
        Status::Failed,
        Status::Canceled,
        Status::SuccessWithWarning,
        Status::Success,
        Status::Pending,
    ] {
        if any(status) {
            return status;
        }
    }
    Status::Skipped
}
