//! The variables of one deployment: which value counts where.
//!
//! Frozen sets hold every value with its scope and its secrets sealed; opened once per run.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regatta_core::planner::Unusable;
use regatta_core::secret::{Sealed, Secret};
use regatta_core::template::Clock;
use regatta_core::time::Time;
use regatta_core::variable::dictionary::Builder;
use regatta_core::variable::prompt::{MissingPrompt, PromptContext};
use regatta_core::variable::resolve::{Origin, Variables};
use regatta_core::variable::{ScopeContext, Variable, VariableSet, VariableValue};
use regatta_store::seal::SealError;
use regatta_store::{Place, Vault};
use serde_json::{Map, Value, json};

use super::plan_input::PlanInput;
use super::referred::Referred;

/// Kind and field that sealed values of variables are bound to, beside the variable's id.
pub(crate) const VARIABLE_PLACE: (&str, &str) = ("Variables", "Value");
/// Kind that sensitive values given for prompts are bound to.
const FORM_KIND: &str = "FormValues";

/// The frozen variable sets of a deployment: the project's own first, then library sets in their order, and what the
/// tenant gives.
pub struct Values {
    sets: Vec<VariableSet<Sealed>>,
    tenant: Option<VariableSet<Sealed>>,
    referred: Referred,
}

/// What all texts that a plan looks at may cost together.
const FUEL_FOR_PLAN: u64 = 1_000_000;

/// Values by variable id, and the required prompts without one.
pub(crate) type FormSoFar = (Map<String, Value>, Vec<MissingPrompt>);

impl Values {
    #[must_use]
    pub fn new(sets: Vec<VariableSet<Sealed>>) -> Self {
        Self {
            sets,
            tenant: None,
            referred: Referred::default(),
        }
    }

    /// Adds what a tenant gives ([`super::tenant_values`]).
    #[must_use]
    pub(super) fn with_tenant(self, tenant: Option<VariableSet<Sealed>>) -> Self {
        Self { tenant, ..self }
    }

    /// Adds what the accounts and certificates give that variables name.
    #[must_use]
    pub(super) fn with_referred(self, referred: Referred) -> Self {
        Self { referred, ..self }
    }

    pub(super) const fn referred(&self) -> &Referred {
        &self.referred
    }

    /// Every variable there is a value of, whoever gives it.
    pub(super) fn all(&self) -> impl Iterator<Item = &Variable<Sealed>> {
        let sets = self.sets.iter().chain(&self.tenant);
        sets.flat_map(|set| &set.variables)
    }

    pub(super) const fn tenant(&self) -> Option<&VariableSet<Sealed>> {
        self.tenant.as_ref()
    }

    /// Opens every set, with the values given for prompts in place. Keep it no longer than the run.
    ///
    /// # Errors
    /// When a sealed value cannot be opened.
    pub(super) fn open(
        &self,
        form: &Map<String, Value>,
        vault: &Vault,
    ) -> Result<Variables, SealError> {
        let (kind, field) = VARIABLE_PLACE;
        let mut sets = Vec::with_capacity(self.sets.len() + 1);
        let origins = std::iter::once(Origin::Project).chain((0..).map(Origin::Library));
        let tenant = self.tenant.iter().map(|set| (Origin::Tenant, set));
        for (origin, set) in origins.zip(&self.sets).chain(tenant) {
            let open =
                |id: &str, sealed: &Sealed| vault.open_sealed(Place { kind, id, field }, sealed);
            sets.push((origin, set.clone().unseal(open)?));
        }
        let mut answers = BTreeMap::new();
        for (id, value) in form {
            answers.insert(
                id.clone(),
                match value {
                    Value::Object(sealed) => {
                        let sealed = sealed
                            .get("Sealed")
                            .and_then(Value::as_str)
                            .unwrap_or_default();
                        vault
                            .open_sealed(form_place(id), &Sealed(sealed.to_owned()))?
                            .expose()
                            .to_owned()
                    }
                    other => other.as_str().unwrap_or_default().to_owned(),
                },
            );
        }
        let referred = self.referred.open(vault)?;
        Ok(Variables::new(sets, &answers).with_referred(referred))
    }

    /// The variables to ask for in an environment.
    pub(crate) fn prompted(&self, input: &PlanInput) -> Vec<&Variable<Sealed>> {
        let context = prompt_context(input);
        self.sets
            .iter()
            .flat_map(|set| set.prompted(&context))
            .collect()
    }

    /// The form to ask with (octopus-api §2.9): defaults by variable id, and one element each.
    pub(crate) fn prompt_form(&self, input: &PlanInput) -> Value {
        let asked = self.prompted(input);
        let default = |variable: &&Variable<Sealed>| {
            let value = match &variable.value {
                VariableValue::Text(text) | VariableValue::Reference(_, text) => {
                    text.clone().unwrap_or_default()
                }
                VariableValue::Sensitive(_) => String::new(),
            };
            (variable.id.clone(), Value::from(value))
        };
        let element = |variable: &&Variable<Sealed>| {
            let prompt = variable.prompt.clone().unwrap_or_default();
            json!({
                "Name": variable.id,
                "Control": {
                    "Type": "VariableValue", "Name": variable.name, "Label": prompt.label, "Description": prompt.description,
                    "IsSecure": variable.value.is_sensitive(), "Required": prompt.required, "DisplaySettings": prompt.display_settings,
                },
                "IsValueRequired": prompt.required,
            })
        };
        let values: Map<String, Value> = asked.iter().map(default).collect();
        json!({"Values": values, "Elements": asked.iter().map(element).collect::<Vec<_>>()})
    }

    /// The values given for prompts, by variable id, sensitive ones sealed.
    ///
    /// # Errors
    /// Every required prompt without a value, and every name that is no prompt.
    pub(crate) fn form(
        &self,
        input: &PlanInput,
        given: &Map<String, Value>,
        vault: &Vault,
    ) -> Result<Map<String, Value>, Vec<String>> {
        let (form, missing, mut problems) = self.read_form(input, given, vault);
        problems.extend(missing.iter().map(ToString::to_string));
        if problems.is_empty() {
            Ok(form)
        } else {
            Err(problems)
        }
    }

    /// The same of a form that is still being filled in, with the required prompts that are missing.
    ///
    /// # Errors
    /// Every name that is no prompt.
    pub(crate) fn form_so_far(
        &self,
        input: &PlanInput,
        given: &Map<String, Value>,
        vault: &Vault,
    ) -> Result<FormSoFar, Vec<String>> {
        let (form, missing, problems) = self.read_form(input, given, vault);
        if problems.is_empty() {
            Ok((form, missing))
        } else {
            Err(problems)
        }
    }

    fn read_form(
        &self,
        input: &PlanInput,
        given: &Map<String, Value>,
        vault: &Vault,
    ) -> (Map<String, Value>, Vec<MissingPrompt>, Vec<String>) {
        let asked = self.prompted(input);
        let is_asked = |key: &String| {
            asked
                .iter()
                .any(|v| v.id.eq_ignore_ascii_case(key) || v.name.eq_ignore_ascii_case(key.trim()))
        };
        let unknown = given.keys().filter(|key| !is_asked(key));
        let mut problems: Vec<String> = unknown
            .map(|key| format!("'{key}' is not a variable this deployment asks for."))
            .collect();
        let texts: BTreeMap<String, String> = given
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), given_text(value)?)))
            .collect();
        let context = prompt_context(input);
        let (mut form, mut missing) = (Map::new(), Vec::new());
        for set in &self.sets {
            let (answers, unanswered) = set.answers_so_far(&context, &texts);
            missing.extend(unanswered);
            for (id, text) in answers {
                let variable = asked.iter().find(|variable| variable.id == id);
                match variable.map(|variable| stored_value(variable, text, vault)) {
                    Some(Ok(stored)) => drop(form.insert(id, stored)),
                    Some(Err(error)) => problems.push(error),
                    None => {}
                }
            }
        }
        (form, missing, problems)
    }

    /// Works out values of the deployment as a whole: no step, no machine. A plan is made while somebody waits for it,
    /// so all of them together have a small budget; what is beyond it is refused, and so is a secret.
    pub(crate) fn evaluator(
        &self,
        input: &PlanInput,
        form: &Map<String, Value>,
        vault: &Vault,
        now: Time,
    ) -> impl Fn(&str) -> Result<String, Unusable> + use<> {
        let context = ScopeContext {
            environment: Some(input.environment.id.to_string()),
            channel: input.subject.channel_id().map(ToString::to_string),
            process_owner: Some(input.subject.process_owner().to_owned()),
            tenant: input.tenant.as_ref().map(|tenant| tenant.id.to_string()),
            tenant_tags: tenant_tags(input),
            ..ScopeContext::default()
        };
        let opened = self.open(form, vault);
        let variables = opened.unwrap_or_else(|error| {
            tracing::error!(%error, "a variable cannot be read while planning");
            Variables::new(Vec::new(), &BTreeMap::new())
        });
        let dictionary = Builder::default()
            .variables(&variables, &context)
            .build(clock(now));
        let fuel = Mutex::new(FUEL_FOR_PLAN);
        move |text| {
            let mut fuel = fuel.lock().expect("no holder of this lock panics");
            let evaluated = dictionary.expand_short(text, &mut fuel)?;
            match evaluated.sensitive {
                true => Err(Unusable::Sensitive),
                false => Ok(evaluated.text),
            }
        }
    }
}

fn prompt_context(input: &PlanInput) -> PromptContext {
    PromptContext {
        environment: Some(input.environment.id.to_string()),
        channel: input.subject.channel_id().map(ToString::to_string),
        tenant_tags: tenant_tags(input),
        process_owner: Some(input.subject.process_owner().to_owned()),
        actions: input
            .process
            .actions()
            .map(|(_, action)| action.id.clone())
            .collect(),
    }
}

fn tenant_tags(input: &PlanInput) -> Vec<String> {
    let tenant = input.tenant.as_ref();
    tenant.map_or_else(Vec::new, |tenant| tenant.tenant_tags.clone())
}

fn given_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(super::facts::flag(*flag).to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(map) => map
            .get("NewValue")
            .and_then(Value::as_str)
            .map(str::to_owned),
        Value::Null | Value::Array(_) => None,
    }
}

fn form_place(id: &str) -> Place<'_> {
    Place {
        kind: FORM_KIND,
        id,
        field: "Value",
    }
}

fn stored_value(variable: &Variable<Sealed>, text: String, vault: &Vault) -> Result<Value, String> {
    if !variable.value.is_sensitive() {
        return Ok(text.into());
    }
    let sealed = vault
        .seal(form_place(&variable.id), &Secret::new(text))
        .map_err(|error| error.to_string())?;
    Ok(json!({"Sealed": sealed.0}))
}

/// What templates are told about the time.
pub(super) fn clock(now: Time) -> Clock {
    Clock { now, offset_s: 0 }
}
