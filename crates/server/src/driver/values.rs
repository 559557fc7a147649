//! The variables of one deployment: which value counts where.
//!
//! Frozen sets hold every value with its scope; a [`Dictionary`] is what one action on one place
//! sees of them, with secrets opened for that one use.

use std::collections::BTreeMap;

use regatta_core::secret::{Sealed, Secret};
use regatta_core::variable::prompt::PromptContext;
use regatta_core::variable::{ScopeContext, Variable, VariableSet, VariableValue};
use regatta_store::{Place, Vault};
use serde_json::{Map, Value, json};

use super::dictionary::Dictionary;
use super::plan_input::PlanInput;

/// Kind and field that sealed values of variables are bound to, beside the variable's id.
pub(crate) const VARIABLE_PLACE: (&str, &str) = ("Variables", "Value");
/// Kind that sensitive values given for prompts are bound to.
const FORM_KIND: &str = "FormValues";

/// The frozen variable sets of a deployment: the project's own first, then library sets in their order.
pub struct Values {
    sets: Vec<VariableSet<Sealed>>,
}

impl Values {
    #[must_use]
    pub fn new(sets: Vec<VariableSet<Sealed>>) -> Self {
        Self { sets }
    }

    /// Puts every value that counts in `context` into the dictionary. `form` holds values given for prompts.
    ///
    /// # Errors
    /// When a sealed value cannot be opened.
    pub(super) fn fill(
        &self,
        into: &mut Dictionary,
        context: &ScopeContext,
        form: &Map<String, Value>,
        vault: &Vault,
    ) -> Result<(), String> {
        // Least specific first, so that the most specific one stays; among equals the project's own set,
        // which is filled last, wins over library sets.
        let mut matching: Vec<_> = self
            .sets
            .iter()
            .rev()
            .flat_map(|set| &set.variables)
            .filter_map(|variable| Some((variable.scope.matches(context)?, variable)))
            .collect();
        matching.sort_by_key(|(specificity, _)| *specificity);
        for (_, variable) in matching {
            if let Some((value, sensitive)) = value_of(variable, form, vault)? {
                into.set(&variable.name, value, sensitive);
            }
        }
        Ok(())
    }

    /// Every secret of the sets and of the form, whatever its scope: what a log must never show.
    ///
    /// # Errors
    /// When a sealed value cannot be opened.
    pub(super) fn secrets(
        &self,
        form: &Map<String, Value>,
        vault: &Vault,
    ) -> Result<Vec<Secret>, String> {
        let mut secrets = Vec::new();
        for variable in self
            .sets
            .iter()
            .flat_map(|set| &set.variables)
            .filter(|variable| variable.value.is_sensitive())
        {
            secrets.extend(value_of(variable, &Map::new(), vault)?.map(|(value, _)| value));
            if form.contains_key(&variable.id) {
                secrets.extend(value_of(variable, form, vault)?.map(|(value, _)| value));
            }
        }
        Ok(secrets)
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
        let mut form = Map::new();
        for set in &self.sets {
            match set.answers(&context, &texts) {
                Ok(answers) => {
                    for (id, text) in answers {
                        let variable = asked.iter().find(|variable| variable.id == id);
                        match variable.map(|variable| stored_value(variable, text, vault)) {
                            Some(Ok(stored)) => drop(form.insert(id, stored)),
                            Some(Err(error)) => problems.push(error),
                            None => {}
                        }
                    }
                }
                Err(missing) => problems.extend(missing.iter().map(ToString::to_string)),
            }
        }
        if problems.is_empty() {
            Ok(form)
        } else {
            Err(problems)
        }
    }

    /// Works out values of the deployment as a whole: no step, no machine.
    pub(crate) fn evaluator(
        &self,
        input: &PlanInput,
        form: &Map<String, Value>,
        vault: &Vault,
    ) -> impl Fn(&str) -> String + use<> {
        let mut dictionary = Dictionary::default();
        let context = ScopeContext {
            environment: Some(input.environment.id.to_string()),
            channel: Some(input.release.channel_id.to_string()),
            process_owner: Some(input.project.id.to_string()),
            ..ScopeContext::default()
        };
        if let Err(error) = self.fill(&mut dictionary, &context, form, vault) {
            tracing::error!(error, "a variable cannot be read while planning");
        }
        move |text| dictionary.expand(text).unwrap_or_default()
    }
}

fn prompt_context(input: &PlanInput) -> PromptContext {
    PromptContext {
        environment: Some(input.environment.id.to_string()),
        channel: Some(input.release.channel_id.to_string()),
        tenant_tags: Vec::new(),
        process_owner: Some(input.project.id.to_string()),
        actions: input
            .process
            .actions()
            .map(|(_, action)| action.id.clone())
            .collect(),
    }
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

/// The value, and whether it is sensitive.
fn value_of(
    variable: &Variable<Sealed>,
    form: &Map<String, Value>,
    vault: &Vault,
) -> Result<Option<(Secret, bool)>, String> {
    let open = |place: Place<'_>, sealed: &Sealed| {
        vault
            .open_sealed(place, sealed)
            .map_err(|error| error.to_string())
    };
    match form.get(&variable.id) {
        Some(Value::String(text)) => {
            return Ok(Some((
                Secret::new(text.clone()),
                variable.value.is_sensitive(),
            )));
        }
        Some(Value::Object(map)) => {
            let sealed = Sealed(
                map.get("Sealed")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            );
            return Ok(Some((open(form_place(&variable.id), &sealed)?, true)));
        }
        _ => {}
    }
    let (kind, field) = VARIABLE_PLACE;
    Ok(match &variable.value {
        VariableValue::Text(Some(text)) | VariableValue::Reference(_, Some(text)) => {
            Some((Secret::new(text.clone()), false))
        }
        VariableValue::Sensitive(Some(sealed)) => Some((
            open(
                Place {
                    kind,
                    id: &variable.id,
                    field,
                },
                sealed,
            )?,
            true,
        )),
        VariableValue::Text(None)
        | VariableValue::Reference(_, None)
        | VariableValue::Sensitive(None) => None,
    })
}
