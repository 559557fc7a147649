//! When a step starts: the one rule each step has, as authored.

use serde_json::Value;

use super::keys;
use super::step::{StartTrigger, Step};

/// A step's start rule, read from its trigger and its dependency list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRule {
    /// After every step listed before it. A dependency list is kept but has no say.
    AfterPrevious,
    /// Together with the step listed just before it: waits for the same steps.
    WithPrevious,
    /// After exactly these steps, named by slug; none = with the deployment.
    After(Vec<String>),
}

/// `Regatta.Step.DependsOn` is not a JSON array of slugs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` must be a JSON array of step slugs such as [\"build\",\"test\"], but {found}",
    keys::DEPENDS_ON
)]
pub struct BadDependsOn {
    pub found: String,
}

impl StartRule {
    pub fn of(step: &Step) -> Result<Self, BadDependsOn> {
        if step.start_trigger == StartTrigger::StartAfterPrevious {
            return Ok(Self::AfterPrevious);
        }
        match step.properties.filled(keys::DEPENDS_ON) {
            None => Ok(Self::WithPrevious),
            Some(text) => Self::parse_list(text).map(Self::After),
        }
    }

    /// Writes the rule into a step, the inverse of [`StartRule::of`].
    pub fn write(&self, step: &mut Step) {
        step.start_trigger = match self {
            Self::AfterPrevious => StartTrigger::StartAfterPrevious,
            Self::WithPrevious | Self::After(_) => StartTrigger::StartWithPrevious,
        };
        match self {
            Self::After(slugs) => step
                .properties
                .set(keys::DEPENDS_ON, Value::from(slugs.clone()).to_string()),
            Self::AfterPrevious | Self::WithPrevious => step.properties.remove(keys::DEPENDS_ON),
        }
    }

    fn parse_list(text: &str) -> Result<Vec<String>, BadDependsOn> {
        let bad = |found: String| BadDependsOn { found };
        let value: Value =
            serde_json::from_str(text).map_err(|e| bad(format!("it is not JSON ({e})")))?;
        let Value::Array(entries) = value else {
            return Err(bad(format!("it is {text}")));
        };
        let slug = |entry: Value| match entry {
            Value::String(slug) if !slug.trim().is_empty() => Ok(slug.trim().to_owned()),
            other => Err(bad(format!("it contains {other}"))),
        };
        entries.into_iter().map(slug).collect()
    }
}
