//! From the tree to variables.

use serde_json::Map;

use super::{SCOPES, settings_of};
use crate::ocl::References;
use crate::ocl::error::Fault;
use crate::ocl::take::{Words, label};
use crate::ocl::tree::{Block, Body};
use crate::secret::Sealed;
use crate::variable::{Prompt, Scope, Variable, VariableType, VariableValue};

const VALUE_WORDS: &[&str] = &[
    "action",
    "channel",
    "description",
    "environment",
    "machine",
    "process",
    "prompt",
    "role",
    "tenant_tag",
];

pub(super) fn variables(
    body: &Body,
    references: &References,
) -> Result<Vec<Variable<Sealed>>, Fault> {
    let mut words = Words::of("a variable set", body)?;
    let blocks = words.blocks("variable");
    words.nothing_else(&["variable"])?;
    let mut variables = Vec::new();
    for (block, at) in blocks {
        let name = label(block, at)?.trim();
        let mut words = Words::of(format!("the variable \"{name}\""), &block.body)?;
        let kind = words
            .word("type", VariableType::VALUES, VariableType::parse)?
            .unwrap_or(VariableType::String);
        if kind == VariableType::Sensitive {
            return Err(Fault::new(
                at,
                format!("The variable \"{name}\" is sensitive."),
                "Sensitive values do not belong into a text; set them with `regatta variable set --sensitive`.",
            ));
        }
        let values = words.blocks("value");
        words.nothing_else(&["type", "value"])?;
        for (block, at) in values {
            variables.push(value(block, at, (name, kind), references)?);
        }
    }
    Ok(variables)
}

fn value(
    block: &Block,
    at: usize,
    (name, kind): (&str, VariableType),
    references: &References,
) -> Result<Variable<Sealed>, Fault> {
    let text = match block.labels.as_slice() {
        [] => None,
        [text] => Some(text.clone()),
        _ => {
            let what = format!("A value of \"{name}\" has more than one text.");
            return Err(Fault::new(at, what, "Write a `value` block for each."));
        }
    };
    let mut words = Words::of(format!("a value of \"{name}\""), &block.body)?;
    let mut parts = Vec::new();
    for (word, dimension, kind) in SCOPES {
        let texts = words.texts(word)?;
        let ids = match kind {
            Some(kind) => references.ids(kind, texts)?,
            None => texts.unwrap_or_default().0,
        };
        parts.push((dimension, ids));
    }
    let variable = Variable {
        id: String::new(),
        name: name.to_owned(),
        value: match kind {
            VariableType::String => VariableValue::Text(text),
            other => VariableValue::Reference(other, text),
        },
        description: words.text("description")?.unwrap_or_default(),
        is_editable: true,
        scope: Scope::of(parts),
        prompt: prompt(&mut words)?,
        other: Map::new(),
    };
    words.nothing_else(VALUE_WORDS)?;
    Ok(variable)
}

fn prompt(words: &mut Words<'_>) -> Result<Option<Prompt>, Fault> {
    let Some(block) = words.block("prompt")? else {
        return Ok(None);
    };
    let mut words = Words::of("a prompt", &block.body)?;
    let prompt = Prompt {
        label: words.text("label")?.unwrap_or_default(),
        description: words.text("description")?.unwrap_or_default(),
        required: words.flag("required")?,
        display_settings: settings_of(words.dictionary("display_settings")?),
        other: Map::new(),
    };
    words.nothing_else(&["description", "display_settings", "label", "required"])?;
    Ok(Some(prompt))
}
