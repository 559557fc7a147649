//! A task's plan with everything it needs later, frozen when the task starts: one document.
//!
//! What runs follows from this document and the event log alone; nothing else is looked up
//! again, so edits made meanwhile change nothing (invariant I12).

use std::sync::{Arc, RwLock};

use regatta_core::engine::event::Cell;
use regatta_core::engine::plan::{ActionCondition, Plan, StepCondition, StepIx};
use regatta_core::engine::{Run, StepState};
use regatta_core::process::{Action, DeploymentProcess, keys};
use regatta_core::secret::{Sealed, Secret};
use regatta_core::time::Time;
use regatta_core::variable::ScopeContext;
use regatta_store::{Conn, Document, Place as SealedPlace, StoreError, Vault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::dictionary::Dictionary;
use super::facts::DeploymentFacts;
use super::mask::Mask;
use super::outputs::{self, CellOutputs, OutputValue, Outputs};
use super::values::Values;
use crate::stored::{self, PROCESSES, VARIABLES};

/// Kind of the store's documents.
pub const KIND: &str = "TaskPlans";

/// The stored part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FrozenTask {
    #[serde(with = "shared_plan")]
    pub plan: Arc<Plan>,
    pub facts: DeploymentFacts,
    /// Ids of the frozen copies the release made.
    pub process_id: String,
    pub variable_set_ids: Vec<String>,
    /// Values given for prompts, by variable id, sensitive ones sealed.
    pub form_values: Map<String, Value>,
}

/// A task's plan in memory.
pub struct Frozen {
    pub task_id: String,
    pub stored: FrozenTask,
    pub process: DeploymentProcess,
    values: Values,
    mask: RwLock<Mask>,
}

/// For whom variables are worked out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Step(StepIx),
    Cell(Cell),
}

/// Id of the document of a task.
#[must_use]
pub fn document_id(task_id: &str) -> String {
    format!("{KIND}-{task_id}")
}

/// The stored part alone, for views; `None` before the task has started.
///
/// # Errors
/// When the database fails.
pub async fn load_stored(conn: &mut Conn, task_id: &str) -> Result<Option<FrozenTask>, StoreError> {
    stored::get(conn, KIND, &document_id(task_id)).await
}

impl Frozen {
    /// Loads what was frozen; `None` when the task has not started.
    ///
    /// # Errors
    /// When the database fails or something frozen is missing.
    pub(super) async fn load(
        conn: &mut Conn,
        vault: &Vault,
        task_id: &str,
    ) -> Result<Option<Self>, StoreError> {
        let Some(stored) = load_stored(conn, task_id).await? else {
            return Ok(None);
        };
        let process = crate::stored::need(conn, PROCESSES, &stored.process_id).await?;
        let mut sets = Vec::new();
        for id in &stored.variable_set_ids {
            sets.push(stored::need(conn, VARIABLES, id).await?);
        }
        Ok(Some(Self::new(
            task_id,
            stored,
            process,
            Values::new(sets),
            vault,
        )))
    }

    /// What was just worked out, before it is stored.
    pub(super) fn new(
        task_id: &str,
        stored: FrozenTask,
        process: DeploymentProcess,
        values: Values,
        vault: &Vault,
    ) -> Self {
        let secrets = values
            .secrets(&stored.form_values, vault)
            .unwrap_or_else(|error| {
                tracing::error!(
                    error,
                    task_id,
                    "a secret cannot be opened; steps that use it will fail"
                );
                Vec::new()
            });
        let mut mask = Mask::default();
        mask.add(secrets.iter().map(Secret::expose));
        Self {
            task_id: task_id.to_owned(),
            stored,
            process,
            values,
            mask: RwLock::new(mask),
        }
    }

    /// The document to store.
    pub(super) fn document(&self, at: Time) -> Document {
        Document {
            kind: KIND.into(),
            id: document_id(&self.task_id),
            space_id: None,
            owner_id: Some(self.task_id.clone()),
            name: self.task_id.clone(),
            name_is_unique: false,
            slug: None,
            sort_order: 0,
            tags: Vec::new(),
            version: 1,
            body: serde_json::to_string(&self.stored).expect("plain data"),
            created_at: at,
            updated_at: at,
        }
    }

    /// The text without any secret of the deployment.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.mask
            .read()
            .expect("no holder of this lock panics")
            .mask(text)
    }

    /// Every secret known so far, for the agent to hide.
    pub(super) fn secrets(&self) -> Vec<String> {
        self.mask
            .read()
            .expect("no holder of this lock panics")
            .values()
            .to_vec()
    }

    /// From now on this value is a secret, too.
    pub(super) fn mask_also(&self, value: &str) {
        self.mask
            .write()
            .expect("no holder of this lock panics")
            .add([value]);
    }

    /// Secrets that scripts set before this process started.
    pub(super) fn mask_outputs(&self, vault: &Vault, document_id: &str, set: &CellOutputs) {
        for output in &set.outputs {
            if let OutputValue::Sealed(sealed) = &output.value
                && let Ok(secret) = open_output(vault, document_id, &output.name, sealed)
            {
                self.mask_also(secret.expose());
            }
        }
    }

    fn action(&self, cell: Cell) -> Option<&Action> {
        let planned = self
            .stored
            .plan
            .steps
            .get(cell.step.0 as usize)?
            .actions
            .get(cell.action.0 as usize)?;
        self.process
            .action_by_id(&planned.id)
            .map(|(_, action)| action)
    }

    /// Whether the step's variable condition holds.
    pub(super) fn step_condition(
        &self,
        vault: &Vault,
        step: StepIx,
        outputs: &Outputs,
        run: &Run,
    ) -> Result<bool, String> {
        let StepCondition::Variable(expression) =
            &self.stored.plan.steps[step.0 as usize].condition
        else {
            return Ok(true);
        };
        self.variables(vault, Place::Step(step), outputs, run)?
            .holds(expression)
    }

    /// Whether a child action's variable condition holds on its place.
    pub(super) fn action_condition(
        &self,
        vault: &Vault,
        cell: Cell,
        outputs: &Outputs,
        run: &Run,
    ) -> Result<bool, String> {
        let action = &self.stored.plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let ActionCondition::Variable(expression) = &action.condition else {
            return Ok(true);
        };
        self.variables(vault, Place::Cell(cell), outputs, run)?
            .holds(expression)
    }

    /// Instructions of a manual intervention, masked, and the teams that may answer.
    pub(super) fn manual(
        &self,
        vault: &Vault,
        cell: Cell,
        outputs: &Outputs,
        run: &Run,
    ) -> (String, Vec<String>) {
        let Some(action) = self.action(cell) else {
            return (String::new(), Vec::new());
        };
        let raw = action
            .properties
            .text(keys::MANUAL_INSTRUCTIONS)
            .unwrap_or_default();
        let text = self
            .variables(vault, Place::Cell(cell), outputs, run)
            .and_then(|variables| variables.expand(raw));
        let teams = action
            .properties
            .list(keys::MANUAL_TEAMS)
            .into_iter()
            .map(str::to_owned)
            .collect();
        (self.mask(&text.unwrap_or_else(|_| raw.to_owned())), teams)
    }

    /// Everything an action (or a step's condition) sees. Secrets are open in it: use it at once and drop it.
    pub(super) fn variables(
        &self,
        vault: &Vault,
        place: Place,
        outputs: &Outputs,
        run: &Run,
    ) -> Result<Dictionary, String> {
        let mut dictionary = Dictionary::default();
        self.values.fill(
            &mut dictionary,
            &self.context(place),
            &self.stored.form_values,
            vault,
        )?;
        for (name, value) in self.stored.facts.variables() {
            dictionary.set_text(&name, &value);
        }
        self.fill_place(&mut dictionary, place, outputs, run);
        let reader = match place {
            Place::Step(step) => outputs.visible_to_step(step),
            Place::Cell(cell) => outputs.visible_to(cell),
        };
        for seen in reader {
            match &seen.output.value {
                OutputValue::Plain(text) => dictionary.set_text(&seen.name, text),
                OutputValue::Sealed(sealed) => {
                    let secret = open_output(vault, seen.document_id, &seen.output.name, sealed)?;
                    dictionary.set(&seen.name, secret, true);
                }
            }
        }
        Ok(dictionary)
    }

    fn context(&self, place: Place) -> ScopeContext {
        let facts = &self.stored.facts;
        let (step, cell) = match place {
            Place::Step(step) => (step, None),
            Place::Cell(cell) => (cell.step, Some(cell)),
        };
        let planned = &self.stored.plan.steps[step.0 as usize];
        let machine = cell.and_then(|cell| cell.target).and_then(|target| {
            let id = &self.stored.plan.targets[target.0 as usize].id;
            facts.machines.iter().find(|machine| machine.id == *id)
        });
        let authored = self.process.steps.iter().find(|step| step.id == planned.id);
        let step_tags =
            authored.map(|step| step.target_roles().into_iter().map(str::to_owned).collect());
        ScopeContext {
            environment: Some(facts.environment.id.clone()),
            machine: machine.map(|machine| machine.id.clone()),
            machine_tags: machine
                .map(|machine| machine.roles.clone())
                .unwrap_or_default(),
            step_tags: step_tags.unwrap_or_default(),
            action: cell.map(|cell| planned.actions[cell.action.0 as usize].id.clone()),
            channel: Some(facts.channel.id.clone()),
            process_owner: Some(facts.project.id.clone()),
            ..ScopeContext::default()
        }
    }

    /// System variables of the step, the action and the machine, and how the steps waited for ended.
    fn fill_place(&self, dictionary: &mut Dictionary, place: Place, outputs: &Outputs, run: &Run) {
        let step = match place {
            Place::Step(step) => step,
            Place::Cell(cell) => cell.step,
        };
        let plan = &self.stored.plan;
        let planned = &plan.steps[step.0 as usize];
        dictionary.set_text("Octopus.Step.Id", &planned.id);
        dictionary.set_text("Octopus.Step.Name", &planned.name);
        dictionary.set_text("Octopus.Step.Number", &(step.0 + 1).to_string());
        for waited in &planned.waits_for {
            let name = &plan.steps[waited.0 as usize].name;
            dictionary.set_text(
                &format!("Octopus.Step[{name}].Status.Code"),
                status_code(run.step_state(*waited)),
            );
        }
        let ends = (0_u32..)
            .map(StepIx)
            .zip(&plan.steps)
            .filter(|(on, _)| outputs.is_after(step, *on));
        if let Some((_, failed)) = ends
            .clone()
            .find(|(on, _)| run.step_state(*on) == StepState::Failed)
        {
            let error = format!("The step \"{}\" failed.", failed.name);
            dictionary.set_text("Octopus.Deployment.Error", &error);
            dictionary.set_text("Octopus.Deployment.ErrorDetail", &error);
        }
        let Place::Cell(cell) = place else { return };
        let action = &planned.actions[cell.action.0 as usize];
        dictionary.set_text("Octopus.Action.Id", &action.id);
        dictionary.set_text("Octopus.Action.Name", &action.name);
        dictionary.set_text("Octopus.Action.Number", &(cell.action.0 + 1).to_string());
        dictionary.set_text("Octopus.Action.IsSkipped", "False");
        if let Some(pool) = &action.worker_pool {
            dictionary.set_text("Octopus.WorkerPool.Id", pool);
        }
        for (key, value) in self
            .action(cell)
            .map(|action| &action.properties)
            .into_iter()
            .flat_map(|properties| properties.iter())
        {
            if let regatta_core::property::PropertyValue::Plain(text) = value
                && key != keys::SCRIPT_BODY
            {
                dictionary.set_text(key, text);
            }
        }
        let machine = cell
            .target
            .map(|target| &plan.targets[target.0 as usize].id);
        if let Some(machine) = machine.and_then(|id| {
            self.stored
                .facts
                .machines
                .iter()
                .find(|machine| machine.id == *id)
        }) {
            for (name, value) in machine.variables() {
                dictionary.set_text(&name, &value);
            }
        }
    }
}

/// Octopus' status codes (deployment-semantics §3.5).
const fn status_code(state: StepState) -> &'static str {
    match state {
        StepState::Pending | StepState::Ready => "Pending",
        StepState::Running | StepState::Interrupted => "Running",
        StepState::Succeeded | StepState::Ignored => "Succeeded",
        StepState::Failed => "Failed",
        StepState::Canceled => "Canceled",
        StepState::Skipped => "Skipped",
    }
}

fn open_output(
    vault: &Vault,
    document_id: &str,
    name: &str,
    sealed: &str,
) -> Result<Secret, String> {
    let place = SealedPlace {
        kind: outputs::KIND,
        id: document_id,
        field: name,
    };
    vault
        .open_sealed(place, &Sealed(sealed.to_owned()))
        .map_err(|error| error.to_string())
}

/// A shared plan is stored as the plan.
mod shared_plan {
    use std::sync::Arc;

    use regatta_core::engine::plan::Plan;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(
        plan: &Arc<Plan>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        plan.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Plan>, D::Error> {
        Plan::deserialize(deserializer).map(Arc::new)
    }
}
