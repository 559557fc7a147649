//! A task's plan with everything it needs later, frozen when the task starts: one document.
//!
//! What runs follows from this document and the event log alone; nothing else is looked up
//! again, so edits made meanwhile change nothing (invariant I12).

use std::sync::{Arc, RwLock};

use regatta_core::engine::event::Cell;
use regatta_core::engine::plan::{ActionCondition, Plan, StepCondition, StepIx};
use regatta_core::engine::{Run, StepState};
use regatta_core::mask::Masker;
use regatta_core::process::{Action, DeploymentProcess, keys};
use regatta_core::property::PropertyValue;
use regatta_core::release::SelectedPackage;
use regatta_core::secret::{Sealed, Secret};
use regatta_core::template::Text;
use regatta_core::time::Time;
use regatta_core::variable::ScopeContext;
use regatta_core::variable::dictionary::{Builder, Dictionary};
use regatta_core::variable::resolve::Variables;
use regatta_store::seal::SealError;
use regatta_store::{Conn, Document, Place as SealedPlace, StoreError, Vault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::evaluate::Instructions;
use super::facts::DeploymentFacts;
use super::outputs::{self, CellOutputs, Output, OutputValue, Outputs};
use super::referred::Referred;
use super::tenant_values;
use super::values::{Values, clock};
use crate::stored::{self, VARIABLES};

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
    /// What the tenant gave when the task started: releases do not freeze it.
    #[serde(default)]
    pub tenant_variables: Option<Value>,
    /// What the accounts and certificates gave when the task started: releases do not freeze them.
    #[serde(default)]
    pub referred: Referred,
    /// Values given for prompts, by variable id, sensitive ones sealed.
    pub form_values: Map<String, Value>,
    /// As the release has them.
    #[serde(default)]
    pub packages: Vec<SelectedPackage>,
}

/// A task's plan in memory.
pub struct Frozen {
    pub task_id: String,
    pub stored: FrozenTask,
    pub process: DeploymentProcess,
    variables: Variables,
    mask: RwLock<Mask>,
}

/// The secrets known so far, and what hides them.
#[derive(Default)]
struct Mask {
    known: Vec<Secret>,
    masker: Masker,
}

impl Mask {
    /// Takes in what is new. Every start of a script brings what filters made of secrets, mostly the same again.
    fn add<'s>(&mut self, secrets: impl Iterator<Item = &'s str>) {
        let before = self.known.len();
        for secret in secrets {
            if !self.known.iter().any(|known| known.expose() == secret) {
                self.known.push(Secret::new(secret.to_owned()));
            }
        }
        if self.known.len() > before {
            self.masker = Masker::new(self.known.iter().map(Secret::expose));
        }
    }
}

/// For whom variables are worked out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Step(StepIx),
    Cell(Cell),
}

/// By this the plans are found that take a target in.
#[must_use]
pub fn machine_tag(machine_id: &str) -> String {
    format!("machine:{machine_id}")
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
    ) -> Result<Option<Self>, SealError> {
        let Some(stored) = load_stored(conn, task_id).await? else {
            return Ok(None);
        };
        let process = crate::stored::process(conn, &stored.process_id).await?;
        let mut sets = Vec::new();
        for id in &stored.variable_set_ids {
            sets.push(stored::need(conn, VARIABLES, id).await?);
        }
        let tenant = stored.tenant_variables.as_ref();
        let tenant = tenant.map(tenant_values::from_stored).transpose()?;
        let values = Values::new(sets)
            .with_tenant(tenant)
            .with_referred(stored.referred.clone());
        Ok(Some(Self::new(task_id, stored, process, &values, vault)?))
    }

    /// What was just worked out, before it is stored.
    ///
    /// # Errors
    /// When a secret cannot be opened.
    pub(super) fn new(
        task_id: &str,
        stored: FrozenTask,
        process: DeploymentProcess,
        values: &Values,
        vault: &Vault,
    ) -> Result<Self, SealError> {
        let variables = values.open(&stored.form_values, vault)?;
        let mut mask = Mask::default();
        mask.add(variables.secrets());
        Ok(Self {
            task_id: task_id.to_owned(),
            stored,
            process,
            variables,
            mask: RwLock::new(mask),
        })
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
            tags: self
                .stored
                .facts
                .machines
                .iter()
                .map(|machine| machine_tag(&machine.id))
                .collect(),
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
            .masker
            .mask(text)
    }

    /// Every secret known so far, for the agent to hide.
    pub(super) fn secrets(&self) -> Vec<String> {
        self.mask
            .read()
            .expect("no holder of this lock panics")
            .known
            .iter()
            .map(|secret| secret.expose().to_owned())
            .collect()
    }

    /// From now on these values are secrets, too.
    pub(super) fn mask_also<'s>(&self, values: impl IntoIterator<Item = &'s str>) {
        self.mask
            .write()
            .expect("no holder of this lock panics")
            .add(values.into_iter());
    }

    /// Secrets that scripts set before this process started.
    pub(super) fn mask_outputs(&self, vault: &Vault, document_id: &str, set: &CellOutputs) {
        let secret = |output: &Output| match &output.value {
            OutputValue::Sealed(sealed) => {
                open_output(vault, document_id, &output.name, sealed).ok()
            }
            OutputValue::Plain(_) => None,
        };
        let secrets: Vec<Secret> = set.outputs.iter().filter_map(secret).collect();
        self.mask_also(secrets.iter().map(Secret::expose));
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

    /// The step's variable condition, if it has one.
    pub(super) fn step_condition(&self, step: StepIx) -> Option<&str> {
        match &self.stored.plan.steps[step.0 as usize].condition {
            StepCondition::Variable(expression) => Some(expression),
            _ => None,
        }
    }

    /// A child action's variable condition, if it has one.
    pub(super) fn action_condition(&self, cell: Cell) -> Option<&str> {
        let step = &self.stored.plan.steps[cell.step.0 as usize];
        match &step.actions[cell.action.0 as usize].condition {
            ActionCondition::Variable(expression) => Some(expression),
            _ => None,
        }
    }

    /// Instructions of a manual intervention as written, and the teams that may answer.
    pub(super) fn manual(&self, cell: Cell) -> Instructions {
        let Some(action) = self.action(cell) else {
            return Instructions::default();
        };
        let text = action.properties.text(keys::MANUAL_INSTRUCTIONS);
        let teams = action.properties.list(keys::MANUAL_TEAMS);
        Instructions {
            text: text.unwrap_or_default().to_owned(),
            team_ids: teams.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Everything an action (or a step's condition) sees. Secrets are open in it: use it at once and drop it.
    pub(super) fn variables(
        &self,
        vault: &Vault,
        place: Place,
        outputs: &Outputs,
        run: &Run,
    ) -> Result<Dictionary, String> {
        let reader = match place {
            Place::Step(step) => outputs.visible_to_step(step),
            Place::Cell(cell) => outputs.visible_to(cell),
        };
        let mut set = Vec::with_capacity(reader.len());
        // Of one name the output listed last counts, and a dictionary keeps what is added first.
        for seen in reader.into_iter().rev() {
            let text = match &seen.output.value {
                OutputValue::Plain(text) => Text::plain(text.as_str()),
                OutputValue::Sealed(sealed) => Text::Secret(open_output(
                    vault,
                    seen.document_id,
                    &seen.output.name,
                    sealed,
                )?),
            };
            set.push((seen.name, text));
        }
        let facts = self
            .place_facts(place, outputs, run)
            .into_iter()
            .chain(self.stored.facts.variables());
        Ok(Builder::default()
            .data(set)
            .data(facts.map(|(name, value)| (name, Text::plain(value))))
            .variables(&self.variables, &self.context(place))
            .templates(self.properties(place))
            .build(clock(run_time(run))))
    }

    /// The plain properties of an action, which may hold templates. The script itself is sent apart.
    fn properties(&self, place: Place) -> Vec<(&str, Text)> {
        let Place::Cell(cell) = place else {
            return Vec::new();
        };
        let properties = self
            .action(cell)
            .into_iter()
            .flat_map(|action| action.properties.iter());
        let plain = properties.filter_map(|(key, value)| match value {
            PropertyValue::Plain(text) if key != keys::SCRIPT_BODY => {
                Some((key, Text::plain(text.as_str())))
            }
            _ => None,
        });
        plain.collect()
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
            channel: facts.channel_id(),
            process_owner: Some(facts.process_owner().to_owned()),
            tenant: facts.tenant.as_ref().map(|tenant| tenant.id.clone()),
            tenant_tags: facts.tenant_tags.clone(),
        }
    }

    /// System variables of the step, the action and the machine, and how the steps waited for ended.
    fn place_facts(&self, place: Place, outputs: &Outputs, run: &Run) -> Vec<(String, String)> {
        let step = match place {
            Place::Step(step) => step,
            Place::Cell(cell) => cell.step,
        };
        let plan = &self.stored.plan;
        let planned = &plan.steps[step.0 as usize];
        let mut facts = Vec::with_capacity(24);
        let mut fact = |name: &str, value: &str| facts.push((name.to_owned(), value.to_owned()));
        fact("Octopus.Step.Id", &planned.id);
        fact("Octopus.Step.Name", &planned.name);
        fact("Octopus.Step.Number", &(step.0 + 1).to_string());
        for waited in &planned.waits_for {
            let name = &plan.steps[waited.0 as usize].name;
            fact(
                &format!("Octopus.Step[{name}].Status.Code"),
                status_code(run.step_state(*waited)),
            );
        }
        let mut before = (0_u32..)
            .map(StepIx)
            .zip(&plan.steps)
            .filter(|(on, _)| outputs.is_after(step, *on));
        if let Some((_, failed)) = before.find(|(on, _)| run.step_state(*on) == StepState::Failed) {
            let error = format!("The step \"{}\" failed.", failed.name);
            fact("Octopus.Deployment.Error", &error);
            fact("Octopus.Deployment.ErrorDetail", &error);
        }
        if let Place::Cell(cell) = place {
            self.action_facts(cell, &mut facts);
        }
        facts
    }

    fn action_facts(&self, cell: Cell, facts: &mut Vec<(String, String)>) {
        let plan = &self.stored.plan;
        let action = &plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let number = (cell.action.0 + 1).to_string();
        let pool = action.worker_pool.as_deref().unwrap_or_default();
        for (name, value) in [
            ("Octopus.Action.Id", action.id.as_str()),
            ("Octopus.Action.Name", &action.name),
            ("Octopus.Action.Number", &number),
            ("Octopus.Action.IsSkipped", "False"),
            ("Octopus.WorkerPool.Id", pool),
        ] {
            facts.push((name.to_owned(), value.to_owned()));
        }
        if let Some(action) = self.action(cell) {
            super::package::facts(&self.stored.packages, action, facts);
        }
        let machine = cell
            .target
            .map(|target| &plan.targets[target.0 as usize].id);
        let known = &self.stored.facts.machines;
        let machine = machine.and_then(|id| known.iter().find(|machine| machine.id == *id));
        facts.extend(
            machine
                .into_iter()
                .flat_map(super::facts::MachineFacts::variables),
        );
    }
}

/// Templates ask for the date of the run, so that a start repeated after a restart is the same start.
fn run_time(run: &Run) -> Time {
    run.started_at().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_comes_with_every_start_is_known_once() {
        let mut mask = Mask::default();
        for _ in 0..3 {
            mask.add(["first-secret", "second-secret"].into_iter());
        }
        assert_eq!(mask.known.len(), 2);
        assert_eq!(mask.masker.mask("a second-secret"), "a ********");
    }
}
