//! What one action on one place sees: names, values, and the language to combine them.
//!
//! Three things become a dictionary: values people defined ([`super::Variables`]), facts about
//! the deployment, and outputs of earlier steps. The latter two are data.

use std::sync::Arc;

use super::resolve::Variables;
use super::scope::ScopeContext;
use crate::secret::Secret;
use crate::template::{
    Binding, Bindings, Clock, Condition, EvalError, Evaluated, Evaluator, Limits, Source, Text,
    Unresolved,
};

/// Names and values of one place. Values are worked out when they are asked for.
pub struct Dictionary {
    bindings: Bindings,
    clock: Clock,
}

/// Builds a [`Dictionary`]; of values with one name the one added first stays.
#[derive(Default)]
pub struct Builder {
    entries: Vec<Binding>,
}

/// What working out all variables of one place may cost together; see [`Limits::fuel`].
const FUEL_FOR_ALL: u64 = 1_000_000;
/// How long the values worked out for one place may be together.
const TEXT_FOR_ALL_BYTES: usize = 16 << 20;
/// What a run condition may cost: many are asked at once, and each says little more than yes or no.
const CONDITION: Limits = Limits {
    fuel: 200_000,
    depth: 60,
    text_bytes: 1 << 20,
};

/// One variable as a script gets it.
#[derive(Debug, Clone)]
pub struct ScriptVariable {
    pub name: Arc<str>,
    /// Sensitive values are secret.
    pub value: Text,
    /// What could not be resolved in it.
    pub unresolved: Vec<Unresolved>,
    /// Why it could not be worked out: it stands as it was written.
    pub error: Option<EvalError>,
}

/// All variables of a place, worked out for a script.
pub struct ForScript {
    /// In the order of their keys.
    pub variables: Vec<ScriptVariable>,
    /// What filters made of secrets, to be masked besides the sensitive values.
    pub derived: Vec<Secret>,
}

/// All variables of a place together are more than one script may get.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the variables grow beyond {} MiB together or are too expensive to evaluate, at `{name}` ({error}); look for values that repeat other values many times",
    TEXT_FOR_ALL_BYTES >> 20
)]
pub struct TooMuch {
    /// The variable at which it ended.
    pub name: Arc<str>,
    pub error: EvalError,
}

/// What is left for the variables of one place.
struct Budget {
    fuel: u64,
    text_bytes: usize,
}

impl Builder {
    /// Adds facts, outputs and the like: text that is never read as a template.
    #[must_use]
    pub fn data<N: AsRef<str>>(mut self, facts: impl IntoIterator<Item = (N, Text)>) -> Self {
        let facts = facts.into_iter();
        self.entries
            .extend(facts.map(|(name, text)| Binding::new(name.as_ref(), Source::data(text))));
        self
    }

    /// Adds texts whose authors may write templates, such as the properties of an action.
    #[must_use]
    pub fn templates<N: AsRef<str>>(mut self, texts: impl IntoIterator<Item = (N, Text)>) -> Self {
        let texts = texts.into_iter();
        self.entries
            .extend(texts.map(|(name, text)| Binding::new(name.as_ref(), Source::template(text))));
        self
    }

    /// Adds the values people defined that win at this place.
    #[must_use]
    pub fn variables(mut self, variables: &Variables, context: &ScopeContext) -> Self {
        self.entries.extend(variables.bindings(context));
        self
    }

    #[must_use]
    pub fn build(self, clock: Clock) -> Dictionary {
        Dictionary {
            bindings: Bindings::new(self.entries),
            clock,
        }
    }
}

impl Dictionary {
    /// Evaluates a text whose author may write templates, such as a script body or a property.
    ///
    /// # Errors
    /// When a value uses itself or a limit is reached.
    pub fn expand(&self, text: &str) -> Result<Evaluated, EvalError> {
        self.evaluator()
            .evaluate(&Source::template(Text::plain(text)))
    }

    /// Evaluates a text that is to say a word or a number, within what a run condition may cost and what is left of
    /// `fuel` for all such texts together.
    ///
    /// # Errors
    /// As [`Self::expand`].
    pub fn expand_short(&self, text: &str, fuel: &mut u64) -> Result<Evaluated, EvalError> {
        let limits = Limits {
            fuel: CONDITION.fuel.min(*fuel),
            ..CONDITION
        };
        let mut evaluator = Evaluator::new(&self.bindings, self.clock, limits);
        let evaluated = evaluator.evaluate(&Source::template(Text::plain(text)));
        *fuel -= limits.fuel - evaluator.fuel_left();
        evaluated
    }

    /// Evaluates a run condition.
    ///
    /// # Errors
    /// When a value uses itself or a limit is reached; the condition then counts as false.
    pub fn condition(&self, expression: &str) -> Result<Condition, EvalError> {
        Evaluator::new(&self.bindings, self.clock, CONDITION)
            .condition(&Source::template(Text::plain(expression)))
    }

    /// The value of one variable; `None` when there is none.
    ///
    /// # Errors
    /// When a value uses itself or a limit is reached.
    pub fn value(&self, name: &str) -> Result<Option<Evaluated>, EvalError> {
        Ok(self
            .evaluator()
            .variable(name)?
            .filter(|value| !value.is_null))
    }

    /// Whether a switch is set: its value is `True` in any case.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        let value = self.value(name).ok().flatten();
        value.is_some_and(|value| value.text.trim().eq_ignore_ascii_case("true"))
    }

    /// Works every variable out. One that cannot be stands as written, with the reason.
    ///
    /// # Errors
    /// When all of them together are too long or too expensive; nothing is tried after that.
    pub fn for_script(&self) -> Result<ForScript, TooMuch> {
        let mut budget = Budget {
            fuel: FUEL_FOR_ALL,
            text_bytes: TEXT_FOR_ALL_BYTES,
        };
        let mut variables = Vec::with_capacity(self.bindings.entries().len());
        let mut derived = Vec::new();
        for (position, binding) in self.bindings.entries().iter().enumerate() {
            let as_written = |error| ScriptVariable {
                name: binding.name.clone(),
                value: binding.source.text().clone(),
                unresolved: Vec::new(),
                error,
            };
            if binding.source.is_literal() {
                variables.push(as_written(None));
                continue;
            }
            match self.within(&mut budget, position) {
                Ok(value) if value.is_null => {}
                Ok(mut value) => {
                    derived.append(&mut value.derived);
                    variables.push(ScriptVariable {
                        name: binding.name.clone(),
                        unresolved: std::mem::take(&mut value.unresolved),
                        value: value.into_text(),
                        error: None,
                    });
                }
                Err(error @ (EvalError::Fuel { .. } | EvalError::TextTooLong { .. })) => {
                    let name = binding.name.clone();
                    return Err(TooMuch { name, error });
                }
                Err(error) => variables.push(as_written(Some(error))),
            }
        }
        Ok(ForScript { variables, derived })
    }

    fn within(&self, budget: &mut Budget, position: usize) -> Result<Evaluated, EvalError> {
        let limits = Limits {
            fuel: budget.fuel,
            text_bytes: budget.text_bytes,
            ..Limits::default()
        };
        let mut evaluator = Evaluator::new(&self.bindings, self.clock, limits);
        let value = evaluator.entry_at(position);
        budget.fuel = evaluator.fuel_left();
        let value = value?;
        budget.text_bytes = budget.text_bytes.saturating_sub(value.text.len());
        Ok(value)
    }

    fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.bindings, self.clock, Limits::default())
    }
}

impl ForScript {
    /// Every text to be masked in what the script prints.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let values = self
            .variables
            .iter()
            .filter(|variable| variable.value.is_sensitive());
        values
            .map(|variable| variable.value.expose())
            .chain(self.derived.iter().map(Secret::expose))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::document::VariableSet;
    use super::super::resolve::Origin;
    use super::*;
    use crate::secret::Sealed;

    fn dictionary() -> Dictionary {
        let set: VariableSet<Sealed> =
            serde_json::from_value(json!({"Id": "s", "OwnerId": "o", "Variables": [
                {"Id": "1", "Name": "Conn", "Value": "db=#{Db};pw=#{Pwd}"},
                {"Id": "2", "Name": "Pwd", "Type": "Sensitive", "Value": "s3cret!"},
                {"Id": "3", "Name": "Shout", "Value": "#{Pwd | ToUpper}"},
                {"Id": "4", "Name": "Loop", "Value": "#{loop}"},
                {"Id": "5", "Name": "Gone", "Value": "#{ | null}"},
                {"Id": "6", "Name": "Octopus.Project.Name", "Value": "forged"},
                {"Id": "7", "Name": "Out", "Value": "#{Octopus.Action[Build].Output.V}"},
                {"Id": "8", "Name": "Go", "Value": "TRUE "},
            ]}))
            .unwrap();
        let set = set
            .unseal(|_, sealed| Ok::<_, ()>(Secret::new(sealed.0.clone())))
            .unwrap();
        let variables = Variables::new(vec![(Origin::Project, set)], &BTreeMap::new());
        Builder::default()
            .data([("Octopus.Project.Name", Text::plain("Shop"))])
            .data([("Octopus.Action[Build].Output.V", Text::plain("#{Pwd}"))])
            .templates([(
                "Octopus.Action.Notes",
                Text::plain("for #{Octopus.Project.Name}"),
            )])
            .variables(&variables, &ScopeContext::default())
            .build(Clock::default())
    }

    #[test]
    fn a_script_gets_values_worked_out_and_secrets_listed() {
        let for_script = dictionary().for_script().unwrap();
        let shown: Vec<_> = for_script
            .variables
            .iter()
            .map(|v| (&*v.name, v.value.expose(), v.value.is_sensitive()))
            .collect();
        let expected = [
            ("Conn", "db=#{Db};pw=s3cret!", true),
            ("Go", "TRUE ", false),
            ("Loop", "#{loop}", false),
            ("Octopus.Action.Notes", "for Shop", false),
            ("Octopus.Action[Build].Output.V", "#{Pwd}", false),
            ("Octopus.Project.Name", "Shop", false),
            ("Out", "#{Pwd}", false),
            ("Pwd", "s3cret!", true),
            ("Shout", "S3CRET!", true),
        ];
        assert_eq!(shown, expected);
        assert_eq!(
            for_script.secrets().collect::<Vec<_>>(),
            ["db=#{Db};pw=s3cret!", "s3cret!", "S3CRET!", "S3CRET!"]
        );
        assert_eq!(for_script.variables[0].unresolved[0].token, "#{Db}");
        assert_eq!(
            for_script.variables[2]
                .error
                .as_ref()
                .map(ToString::to_string)
                .as_deref(),
            Some("`Loop` uses itself: Loop → Loop")
        );
    }

    #[test]
    fn questions_are_answered_in_the_language() {
        let dictionary = dictionary();
        assert!(
            dictionary.is_true("go") && !dictionary.is_true("Conn") && !dictionary.is_true("Loop")
        );
        assert!(
            dictionary
                .condition("#{if Octopus.Project.Name == \"Shop\"}true#{/if}")
                .unwrap()
                .holds
        );
        assert!(!dictionary.condition("#{Gone}").unwrap().holds);
        assert_eq!(
            dictionary
                .expand("p: #{Octopus.Project.Name}")
                .unwrap()
                .text,
            "p: Shop"
        );
        assert!(dictionary.value("Gone").unwrap().is_none());
        assert_eq!(dictionary.value("shout").unwrap().unwrap().text, "S3CRET!");
    }

    #[test]
    fn values_that_multiply_each_other_end_early_and_are_named() {
        let ten = |of: String| of.repeat(10);
        let levels = (1..7).map(|level| (format!("L{level}"), ten(format!("#{{L{}}}", level - 1))));
        let users = (0..150).map(|user| (format!("M{user}"), "#{L6}".to_owned()));
        let texts = [("L0".to_owned(), ten("x".to_owned()))].into_iter();
        let texts = texts.chain(levels).chain(users);
        let bomb = Builder::default()
            .templates(texts.map(|(name, text)| (name, Text::plain(text))))
            .build(Clock::default());
        let too_much = bomb.for_script().err().unwrap();
        assert_eq!(&*too_much.name, "L6");
        let said = too_much.to_string();
        assert!(
            said.contains("beyond 16 MiB") && said.contains("`L6`"),
            "{said}"
        );
        assert!(bomb.condition("#{L6}").is_err());
        let mut fuel = 300_000;
        assert!(bomb.expand_short("#{L6}", &mut fuel).is_err());
        let first = fuel;
        assert!(bomb.expand_short("#{L6}", &mut fuel).is_err());
        assert!(first < 300_000 && fuel < first, "{first} {fuel}");
    }
}
