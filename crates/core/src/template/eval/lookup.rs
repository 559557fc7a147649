//! Finding what a name stands for: loop items, then variables, then JSON inside variables.

use serde_json::Value;

use super::super::ast::{Step, Symbol};
use super::super::path::{self, PathStep};
use super::super::value::Body;
use super::super::{json, parse};
use super::{Evaluator, Found, Out, Result, Taint};
use crate::secret::Secret;

/// The item of an `#{each}`.
pub(super) struct Local {
    /// Folded.
    pub(super) name: String,
    pub(super) item: Item,
    pub(super) index: usize,
    pub(super) count: usize,
}

pub(super) enum Item {
    /// A node of the tree of names, and the text of its index.
    Node { key: String, text: String },
    /// A value that has no name: an item of a list or of JSON. Always data.
    Value { text: String, taint: Taint },
}

impl Evaluator<'_> {
    /// The value of a name; `None` when there is none (or it is `null`).
    pub(super) fn symbol(&mut self, symbol: &Symbol) -> Result<Option<Found>> {
        self.burn(1)?;
        let (steps, taint) = self.steps(symbol)?;
        let mut found = self.local(&steps)?;
        if found.is_none() {
            found = self.below(String::new(), &steps)?;
        }
        Ok(found.map(|found| Found {
            taint: found.taint.max(taint.min(Taint::Decided)),
            ..found
        }))
    }

    /// The steps with computed indexes filled in; a missing one is empty text.
    fn steps(&mut self, symbol: &Symbol) -> Result<(Vec<PathStep>, Taint)> {
        let mut taint = Taint::None;
        let mut steps = Vec::with_capacity(symbol.steps.len());
        for step in &symbol.steps {
            steps.push(match step {
                Step::Name(name) => PathStep::Name(name.clone()),
                Step::Index(index) => PathStep::Index(index.clone()),
                Step::First => PathStep::First,
                Step::IndexOf(symbol) => {
                    let index = self.deeper(|this| this.symbol(symbol))?;
                    let index = index.unwrap_or_else(|| Found::new(String::new(), Taint::None));
                    taint = taint.max(index.taint);
                    if index.text.trim() == "*" {
                        PathStep::First
                    } else {
                        PathStep::Index(index.text)
                    }
                }
            });
        }
        Ok((steps, taint))
    }

    /// Looks among loop items, the innermost first.
    fn local(&mut self, steps: &[PathStep]) -> Result<Option<Found>> {
        if let Some(text) = self.loop_fact(steps) {
            return Ok(Some(Found::new(text, Taint::None)));
        }
        let Some(PathStep::Name(first)) = steps.first() else {
            return Ok(None);
        };
        let first = path::fold(first);
        for at in (0..self.locals.len()).rev() {
            if self.locals[at].name != first {
                continue;
            }
            let found = match &self.locals[at].item {
                Item::Node { key, text } => {
                    let (key, text) = (key.clone(), text.clone());
                    match self.below(key, &steps[1..])? {
                        None if steps.len() == 1 => Some(Found::new(text, Taint::None)),
                        found => found,
                    }
                }
                Item::Value { text, taint } => {
                    let (text, taint) = (text.clone(), *taint);
                    self.data_json(&text, taint, &steps[1..])?
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// `Octopus.Template.Each.Index`, `.First` and `.Last` of the innermost loop.
    fn loop_fact(&self, steps: &[PathStep]) -> Option<String> {
        let local = self.locals.last()?;
        let [octopus, template, each, fact] = steps else {
            return None;
        };
        let is = |step: &PathStep, word: &str| matches!(step, PathStep::Name(name) if name.eq_ignore_ascii_case(word));
        if !(is(octopus, "Octopus") && is(template, "Template") && is(each, "Each")) {
            return None;
        }
        let flag = |set: bool| Some(if set { "True" } else { "False" }.to_owned());
        match fact {
            fact if is(fact, "Index") => Some(local.index.to_string()),
            fact if is(fact, "First") => flag(local.index == 0),
            fact if is(fact, "Last") => flag(local.index + 1 == local.count),
            _ => None,
        }
    }

    /// Looks below the node `key` of the tree of names; what no name says, JSON in the longest
    /// part of the path that has a value may.
    fn below(&mut self, mut key: String, steps: &[PathStep]) -> Result<Option<Found>> {
        let mut valued = self.bindings.position(&key).map(|position| (position, 0));
        let mut ends_in_index = false;
        let mut walked = 0;
        for step in steps {
            match step {
                PathStep::Name(name) => path::push_name(&mut key, name),
                PathStep::Index(index) => path::push_index(&mut key, index),
                PathStep::First => match self.bindings.indexes(&key).into_iter().next() {
                    Some(index) => path::push_index(&mut key, &index.folded),
                    None => break,
                },
            }
            walked += 1;
            ends_in_index = !matches!(step, PathStep::Name(_));
            if let Some(position) = self.bindings.position(&key) {
                valued = Some((position, walked));
            }
        }
        match valued {
            Some((position, at)) if at == steps.len() => self.value(position),
            _ if walked == steps.len() && ends_in_index && self.bindings.has_below(&key) => {
                Ok(self
                    .text_of_index(&key)
                    .map(|text| Found::new(text, Taint::None)))
            }
            Some((position, at)) => self.json_in(position, &steps[at..]),
            None => Ok(None),
        }
    }

    /// The text of the last index of `key`, which has names below it but no value of its own.
    fn text_of_index(&self, key: &str) -> Option<String> {
        let parent = (0..key.len()).rev().find(|at| {
            key[*at..].starts_with('[')
                && path::index_at(&key[at + 1..])
                    .is_some_and(|index| at + index.len() + 2 == key.len())
        })?;
        let index = &key[parent + 1..key.len() - 1];
        let known = self.bindings.indexes(&key[..parent]).into_iter();
        known
            .into_iter()
            .find(|known| known.folded == index)
            .map(|known| known.text)
    }

    fn value(&mut self, position: usize) -> Result<Option<Found>> {
        let out = self.entry(position)?;
        Ok((!out.is_null).then_some(Found {
            text: out.text,
            taint: out.taint,
            unresolved: out.unresolved,
        }))
    }

    /// Looks into the JSON that the value at `position` is. JSON written by an author is taken
    /// apart before its templates are evaluated, so that a value with a quote cannot break it.
    fn json_in(&mut self, position: usize, steps: &[PathStep]) -> Result<Option<Found>> {
        let bindings = self.bindings;
        let source = &bindings.entries()[position].source;
        let is_template = matches!(source.body, Body::Template(_));
        if let (true, Some(value)) = (is_template, json::parse(source.text().expose())) {
            let taint = if source.text().is_sensitive() {
                Taint::Made
            } else {
                Taint::None
            };
            let Some(text) = self.walk_json(value, taint, steps)? else {
                return Ok(None);
            };
            return self.authored(position, &text);
        }
        match self.value(position)? {
            Some(found) => self.data_json(&found.text, found.taint, steps),
            None => Ok(None),
        }
    }

    /// Evaluates a piece of the JSON at `position`, which its author wrote as a template.
    fn authored(&mut self, position: usize, piece: &Found) -> Result<Option<Found>> {
        let text = super::Text::plain(piece.text.as_str());
        let Ok(template) = parse::template(&piece.text) else {
            return Ok(Some(Found::new(piece.text.clone(), piece.taint)));
        };
        let mut out = Out {
            taint: piece.taint,
            ..Out::default()
        };
        self.enter(position, |this| {
            this.nodes(&template.nodes, &text, &mut out)
        })?;
        Ok((!out.is_null).then_some(Found {
            text: out.text,
            taint: out.taint,
            unresolved: out.unresolved,
        }))
    }

    /// Looks into a text that is data.
    fn data_json(&mut self, text: &str, taint: Taint, steps: &[PathStep]) -> Result<Option<Found>> {
        if steps.is_empty() {
            return Ok(Some(Found::new(text.to_owned(), taint)));
        }
        self.burn(1 + text.len() as u64 / 64)?;
        match json::parse(text) {
            Some(value) => self.walk_json(value, taint, steps),
            None => Ok(None),
        }
    }

    fn walk_json(
        &mut self,
        mut value: Value,
        taint: Taint,
        steps: &[PathStep],
    ) -> Result<Option<Found>> {
        for step in steps {
            self.burn(1)?;
            match json::step(&value, step) {
                Some(next) => value = next,
                None => return Ok(None),
            }
        }
        let text = json::text(&value);
        if taint == Taint::Made {
            self.derived.push(Secret::new(text.clone()));
        }
        Ok(Some(Found::new(text, taint)))
    }

    /// What `#{each}` goes through: indexes of the name, items of its JSON, or parts between commas.
    pub(super) fn items(&mut self, collection: &Symbol) -> Result<(Vec<Item>, Taint)> {
        let (steps, decided) = self.steps(collection)?;
        if let Some(key) = self.node_key(&steps) {
            let nodes = self.bindings.indexes(&key).into_iter().map(|index| {
                let mut key = key.clone();
                path::push_index(&mut key, &index.folded);
                Item::Node {
                    key,
                    text: index.text,
                }
            });
            let nodes: Vec<_> = nodes.collect();
            if !nodes.is_empty() {
                return Ok((nodes, decided));
            }
        }
        let Some(found) = self.symbol(collection)? else {
            return Ok((Vec::new(), decided));
        };
        self.burn(1 + found.text.len() as u64 / 64)?;
        let taint = found.taint;
        let texts: Vec<String> = match json::parse(&found.text) {
            Some(Value::Array(items)) => items.iter().map(json::text).collect(),
            Some(Value::Object(object)) => object.into_iter().map(pair).collect(),
            _ if found.text.is_empty() => Vec::new(),
            _ => found.text.split(',').map(str::to_owned).collect(),
        };
        if taint == Taint::Made {
            self.derived.extend(texts.iter().cloned().map(Secret::new));
        }
        Ok((
            texts
                .into_iter()
                .map(|text| Item::Value { text, taint })
                .collect(),
            taint.max(decided),
        ))
    }

    /// The node of the tree of names a path leads to, through loop items too.
    fn node_key(&self, steps: &[PathStep]) -> Option<String> {
        let mut key = String::new();
        let mut rest = steps;
        if let Some(PathStep::Name(first)) = steps.first() {
            let first = path::fold(first);
            if let Some(local) = self.locals.iter().rev().find(|local| local.name == first) {
                match &local.item {
                    Item::Node { key: node, .. } => key.clone_from(node),
                    Item::Value { .. } => return None,
                }
                rest = &steps[1..];
            }
        }
        for step in rest {
            match step {
                PathStep::Name(name) => path::push_name(&mut key, name),
                PathStep::Index(index) => path::push_index(&mut key, index),
                PathStep::First => {
                    let first = self.bindings.indexes(&key).into_iter().next()?;
                    path::push_index(&mut key, &first.folded);
                }
            }
        }
        Some(key)
    }
}

impl Found {
    pub(super) const fn new(text: String, taint: Taint) -> Self {
        Self {
            text,
            taint,
            unresolved: Vec::new(),
        }
    }
}

/// An entry of a JSON object as the item of a loop, with `.Key` and `.Value`.
fn pair((key, value): (String, Value)) -> String {
    serde_json::json!({ "Key": key, "Value": value }).to_string()
}
