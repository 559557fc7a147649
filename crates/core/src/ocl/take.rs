//! Taking known words out of a block, so that what is left over is a mistake to be named.

use super::error::Fault;
use super::tree::{Attribute, Block, Body, Item, List, Span, Value};
use crate::likeness::closest;

/// The content of one block, from which its words are taken.
pub(super) struct Words<'b> {
    attributes: Vec<(&'b Attribute, Span)>,
    blocks: Vec<(&'b Block, Span)>,
    /// What the block is, for messages.
    of: String,
}

impl<'b> Words<'b> {
    pub(super) fn of(what: impl Into<String>, body: &'b Body) -> Result<Self, Fault> {
        let mut words = Self {
            attributes: Vec::new(),
            blocks: Vec::new(),
            of: what.into(),
        };
        for item in &body.items {
            match &item.inner {
                Item::Block(block) => words.blocks.push((block, item.span)),
                Item::Attribute(attribute) => {
                    let same = |(known, _): &(&Attribute, Span)| known.name == attribute.name;
                    if words.attributes.iter().any(same) {
                        let what = format!("`{}` is set twice in {}.", attribute.name, words.of);
                        return Err(Fault::new(item.span.start, what, "Keep one of them."));
                    }
                    words.attributes.push((attribute, item.span));
                }
            }
        }
        Ok(words)
    }

    pub(super) fn attribute(&mut self, name: &str) -> Option<&'b Attribute> {
        let position = self.attributes.iter().position(|(a, _)| a.name == name)?;
        let (attribute, _) = self.attributes.remove(position);
        // `null` is the same as not being there.
        (attribute.value != Value::Null).then_some(attribute)
    }

    /// All blocks of this name, each with the place it begins.
    pub(super) fn blocks(&mut self, name: &str) -> Vec<(&'b Block, usize)> {
        let taken = self.blocks.iter().filter(|(block, _)| block.name == name);
        let taken = taken.map(|(block, span)| (*block, span.start)).collect();
        self.blocks.retain(|(block, _)| block.name != name);
        taken
    }

    /// The only block of this name, if there is one.
    pub(super) fn block(&mut self, name: &str) -> Result<Option<&'b Block>, Fault> {
        let blocks = self.blocks(name);
        match blocks.get(1) {
            Some((_, at)) => {
                let what = format!("There are two blocks `{name}` in {}.", self.of);
                Err(Fault::new(*at, what, "Keep one of them."))
            }
            None => Ok(blocks.first().map(|(block, _)| *block)),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.attribute(name) {
            None => Ok(None),
            Some(attribute) => text_of(&attribute.value)
                .map(Some)
                .ok_or_else(|| wrong(attribute, "a text in quotes")),
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Fault> {
        match self.attribute(name) {
            None => Ok(false),
            Some(attribute) => match attribute.value {
                Value::Bool(flag) => Ok(flag),
                _ => Err(wrong(attribute, "true or false")),
            },
        }
    }

    /// A list of texts and the place of the whole list.
    pub(super) fn texts(&mut self, name: &str) -> Result<Option<(Vec<String>, usize)>, Fault> {
        let Some(attribute) = self.attribute(name) else {
            return Ok(None);
        };
        let Value::Array(list) = &attribute.value else {
            return Err(wrong(attribute, "a list of texts such as [\"a\", \"b\"]"));
        };
        let texts = list.entries.iter().map(|entry| match &entry.inner {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(Fault::new(
                entry.span.start,
                format!("An entry of `{name}` is not a text."),
                "Put it in quotes.",
            )),
        });
        Ok(Some((
            texts.collect::<Result<_, _>>()?,
            attribute.span.start,
        )))
    }

    /// A dictionary of texts: key, text and the place of each.
    pub(super) fn dictionary(&mut self, name: &str) -> Result<Vec<(String, String, usize)>, Fault> {
        let Some(attribute) = self.attribute(name) else {
            return Ok(Vec::new());
        };
        let Value::Dictionary(list) = &attribute.value else {
            return Err(wrong(
                attribute,
                "a dictionary: { and a line `key = \"value\"` for each",
            ));
        };
        entries(list)
    }

    /// One of these words.
    pub(super) fn word<T>(
        &mut self,
        name: &str,
        known: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(attribute) = self.attribute(name) else {
            return Ok(None);
        };
        let text = text_of(&attribute.value).unwrap_or_default();
        parse(&text).map(Some).ok_or_else(|| {
            let quoted: Vec<_> = known.iter().map(|word| format!("\"{word}\"")).collect();
            let expected = format!("one of {}", quoted.join(", "));
            match &attribute.value {
                Value::Text(_) => Fault::new(
                    attribute.span.start,
                    format!("`{name}` cannot be \"{text}\"."),
                    format!("Write {expected}."),
                ),
                _ => wrong(attribute, &expected),
            }
        })
    }

    /// # Errors
    /// When something is left that nobody took.
    pub(super) fn nothing_else(self, known: &[&str]) -> Result<(), Fault> {
        let attribute = self.attributes.first().map(|(a, span)| (&a.name, span));
        let block = self.blocks.first().map(|(b, span)| (&b.name, span));
        let Some((name, span)) = attribute.or(block) else {
            return Ok(());
        };
        Err(Fault::new(
            span.start,
            format!("`{name}` is not known in {}.", self.of),
            match closest(name, known) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => format!("Known are {}.", known.join(", ")),
            },
        ))
    }
}

/// The label of a block that must have exactly one.
pub(super) fn label(block: &Block, at: usize) -> Result<&str, Fault> {
    match block.labels.as_slice() {
        [label] if !label.trim().is_empty() => Ok(label),
        _ => Err(Fault::new(
            at,
            format!("`{}` needs one name in quotes.", block.name),
            format!("Write `{} \"name\" {{`.", block.name),
        )),
    }
}

fn entries(list: &List<(String, Value)>) -> Result<Vec<(String, String, usize)>, Fault> {
    let mut found: Vec<(String, String, usize)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for entry in &list.entries {
        let (key, value) = &entry.inner;
        let at = entry.span.start;
        let text = text_of(value).ok_or_else(|| {
            Fault::new(
                at,
                format!("`{key}` has no text."),
                "Put its value in quotes.",
            )
        })?;
        if !seen.insert(key) {
            return Err(Fault::new(
                at,
                format!("`{key}` is set twice."),
                "Keep one of them.",
            ));
        }
        found.push((key.clone(), text, at));
    }
    Ok(found)
}

/// Numbers and booleans are taken as the text Octopus would store.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        Value::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Dictionary(_) => None,
    }
}

fn wrong(attribute: &Attribute, expected: &str) -> Fault {
    Fault::new(
        attribute.span.start,
        format!("`{}` is {}.", attribute.name, attribute.value.kind()),
        format!("Write {expected}."),
    )
}
