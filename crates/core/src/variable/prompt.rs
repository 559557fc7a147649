//! Variables asked for when a deployment is created. The asking itself is the server's and portal's.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{Variable, VariableSet};
use super::scope::{Dimension, Scope};
use crate::fields::{Fields, Problem};

/// How a variable is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    pub label: String,
    pub description: String,
    pub required: bool,
    /// `Octopus.ControlType`, `Octopus.SelectOptions`, ...
    pub display_settings: Map<String, Value>,
    /// Fields we do not know.
    pub other: Map<String, Value>,
}

impl Prompt {
    /// # Errors
    /// When a field has the wrong type.
    pub fn from_api(path: &str, value: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(path, value)?;
        let display_settings = match fields.take("DisplaySettings") {
            None => Map::new(),
            Some(Value::Object(settings)) => settings,
            Some(_) => {
                return Err(Problem::new(
                    fields.path_of("DisplaySettings"),
                    "must be an object",
                ));
            }
        };
        Ok(Self {
            label: fields.text("Label")?.unwrap_or_default(),
            description: fields.text("Description")?.unwrap_or_default(),
            required: fields.flag("Required")?.unwrap_or(false),
            display_settings,
            other: fields.rest(),
        })
    }

    #[must_use]
    pub fn to_api(&self) -> Value {
        let mut object = Map::new();
        object.insert("Label".into(), self.label.clone().into());
        object.insert("Description".into(), self.description.clone().into());
        object.insert("Required".into(), self.required.into());
        object.insert(
            "DisplaySettings".into(),
            self.display_settings.clone().into(),
        );
        object.extend(self.other.clone());
        Value::Object(object)
    }
}

/// Where somebody is about to deploy, as far as it is known before planning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PromptContext {
    pub environment: Option<String>,
    pub channel: Option<String>,
    pub tenant_tags: Vec<String>,
    pub process_owner: Option<String>,
    /// Ids of the actions of the process.
    pub actions: Vec<String>,
}

impl PromptContext {
    /// Whether a value with this scope could be used at all. Machines and tags are not looked
    /// at: which targets take part is only known once the deployment is planned.
    fn can_match(&self, scope: &Scope) -> bool {
        let has =
            |ids: &[String], id: &String| ids.iter().any(|known| known.eq_ignore_ascii_case(id));
        scope.iter().all(|(dimension, ids)| match dimension {
            Dimension::Environment => self.environment.as_ref().is_some_and(|id| has(ids, id)),
            Dimension::Channel => self.channel.as_ref().is_some_and(|id| has(ids, id)),
            Dimension::ProcessOwner => self.process_owner.as_ref().is_some_and(|id| has(ids, id)),
            Dimension::TenantTag => self.tenant_tags.iter().any(|id| has(ids, id)),
            Dimension::Action => self.actions.iter().any(|id| has(ids, id)),
            Dimension::Machine | Dimension::Role | Dimension::Tenant => true,
        })
    }
}

/// A value is required, and nobody gave one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "The prompted variable `{name}` is required. Send a value for it in FormValues under `{id}`."
)]
pub struct MissingPrompt {
    pub id: String,
    /// Label, or the variable's name when it has none.
    pub name: String,
}

impl<S> VariableSet<S> {
    /// The variables to ask for in `context`, sorted by label (Octopus' rule), then name.
    #[must_use]
    pub fn prompted(&self, context: &PromptContext) -> Vec<&Variable<S>> {
        let asked = |variable: &&Variable<S>| {
            variable.prompt.is_some() && context.can_match(&variable.scope)
        };
        let mut variables: Vec<_> = self.variables.iter().filter(asked).collect();
        variables
            .sort_by_key(|variable| (label(variable).to_lowercase(), variable.name.to_lowercase()));
        variables
    }

    /// The answers to the prompts of `context`, by variable id, from `given` by id or name.
    /// A key that is no prompt is left out; a prompt without an answer keeps its default.
    ///
    /// # Errors
    /// The required prompts left without a value: answered with nothing, or neither answered
    /// nor given a default (so that a trigger can deploy with defaults).
    pub fn answers(
        &self,
        context: &PromptContext,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Vec<MissingPrompt>> {
        let (answers, missing) = self.answers_so_far(context, given);
        if missing.is_empty() {
            Ok(answers)
        } else {
            Err(missing)
        }
    }

    /// The same of a form that is still being filled in: the answers there are, and the required ones there are not.
    #[must_use]
    pub fn answers_so_far(
        &self,
        context: &PromptContext,
        given: &BTreeMap<String, String>,
    ) -> (BTreeMap<String, String>, Vec<MissingPrompt>) {
        let mut answers = BTreeMap::new();
        let mut missing = Vec::new();
        for variable in self.prompted(context) {
            let answer = given.iter().find(|(key, _)| is_named(variable, key));
            let filled = match answer {
                Some((_, text)) => !text.is_empty(),
                None => variable.value.is_filled(),
            };
            if !filled
                && variable
                    .prompt
                    .as_ref()
                    .is_some_and(|prompt| prompt.required)
            {
                missing.push(MissingPrompt {
                    id: variable.id.clone(),
                    name: label(variable).to_owned(),
                });
            }
            if let Some((_, text)) = answer {
                answers.insert(variable.id.clone(), text.clone());
            }
        }
        (answers, missing)
    }
}

fn is_named<S>(variable: &Variable<S>, key: &str) -> bool {
    variable.id.eq_ignore_ascii_case(key)
        || crate::name::key(&variable.name) == crate::name::key(key)
}

fn label<S>(variable: &Variable<S>) -> &str {
    match &variable.prompt {
        Some(prompt) if !prompt.label.trim().is_empty() => &prompt.label,
        _ => &variable.name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::Sealed;

    fn set() -> VariableSet<Sealed> {
        let variable = |id: &str, label: &str, scope: Value, required: bool, value: Value| {
            json!({"Id": id, "Name": id, "Value": value, "Type": "String", "Scope": scope,
                   "Prompt": {"Label": label, "Required": required, "DisplaySettings": {}}})
        };
        let document = json!({"Id": "variableset-Projects-1", "OwnerId": "Projects-1", "Variables": [
            variable("v1", "Zone", json!({}), true, json!(null)),
            variable("v2", "area", json!({"Environment": ["Environments-1"]}), true, json!("north")),
            variable("v3", "Other", json!({"Environment": ["Environments-2"]}), true, json!(null)),
            {"Id": "v4", "Name": "Plain", "Value": "x"},
        ]});
        serde_json::from_value(document).unwrap()
    }

    fn here() -> PromptContext {
        PromptContext {
            environment: Some("Environments-1".into()),
            ..PromptContext::default()
        }
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn what_can_match_is_asked_in_the_order_of_labels() {
        let set = set();
        let asked: Vec<_> = set
            .prompted(&here())
            .iter()
            .map(|v| v.id.as_str())
            .collect();
        assert_eq!(asked, ["v2", "v1"]);
    }

    #[test]
    fn a_required_prompt_needs_an_answer_or_a_default() {
        let set = set();
        let missing = set.answers(&here(), &given(&[])).unwrap_err();
        assert_eq!(
            missing[0].to_string(),
            "The prompted variable `Zone` is required. Send a value for it in FormValues under `v1`."
        );
        assert_eq!(missing.len(), 1);
        let emptied = set
            .answers(&here(), &given(&[("v1", "a"), ("v2", "")]))
            .unwrap_err();
        assert_eq!(emptied[0].id, "v2");
    }

    #[test]
    fn answers_come_by_id_or_name_and_others_are_left_out() {
        let answers = set().answers(
            &here(),
            &given(&[("V1", "a"), ("Plain", "no"), ("v3", "no")]),
        );
        assert_eq!(answers.unwrap(), given(&[("v1", "a")]));
    }
}
