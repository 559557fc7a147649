//! From tree to text, within limits.
//!
//! Data is never read as a template: only a [`Source`] made by somebody who may write
//! templates has a tree to walk. Fuel is spent on every node and every 64 bytes written, so
//! no template, however nested or repeated, can hold a thread for long.

use std::sync::Arc;

use super::ast::{Calc, Each, Node, Opt};
use super::bindings::Bindings;
use super::parse::ParseError;
use super::path;
use super::value::{Body, Source, Text};
use super::{calc, filter};
use crate::secret::Secret;
use crate::time::Time;

mod condition;
mod lookup;

pub use condition::{Condition, is_truthy};
use lookup::Local;

/// Bounds of an [`Evaluator`], over everything it evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One unit per node and per 64 bytes written.
    pub fuel: u64,
    /// How deep values may use values, blocks included.
    pub depth: usize,
    /// Longest result.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 2_000_000,
            depth: 60,
            text_bytes: 16 << 20,
        }
    }
}

/// What `NowDate` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    pub now: Time,
    /// Seconds the server's local time is ahead of UTC.
    pub offset_s: i32,
}

/// The result of evaluating a template.
#[derive(Clone)]
pub struct Evaluated {
    /// The clear text, also when it is sensitive: use [`Self::into_text`] to pass it on.
    pub text: String,
    /// A filter `null` was used: the value is unset, `text` is empty.
    pub is_null: bool,
    /// A secret went into it, or decided what went into it.
    pub sensitive: bool,
    /// What could not be resolved; its source stands in `text`.
    pub unresolved: Vec<Unresolved>,
    /// What filters made of secrets: to be masked as well.
    pub derived: Vec<Secret>,
}

/// A part of a template that stands in the result as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// As written, e.g. `#{Missing}`; `#{...}` when it stands in a secret.
    pub token: String,
    /// The variable it stands in; `None` for the text that was evaluated.
    pub variable: Option<Arc<str>>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No variable has this name here.
    Missing,
    /// There is no such filter, or it cannot do this with these options.
    Filter(String),
    /// A part of the sum is no number.
    NotANumber,
    /// The value cannot be read as a template; its text is used as it is.
    Broken(ParseError),
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            token,
            variable,
            reason,
        } = self;
        match reason {
            Reason::Missing => write!(f, "`{token}`: no variable has this name here")?,
            Reason::Filter(filter) => write!(
                f,
                "`{token}`: the filter `{filter}` does not exist or cannot be used like this"
            )?,
            Reason::NotANumber => write!(f, "`{token}`: a part of the sum is not a number")?,
            Reason::Broken(error) => write!(f, "the template cannot be read: {error}")?,
        }
        match variable {
            Some(variable) => write!(f, " (in the variable `{variable}`)"),
            None => Ok(()),
        }
    }
}

/// Evaluation that had to stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    #[error("`{}` uses itself: {}", names.first().map_or("", |name| name), names.join(" → "))]
    Cycle { names: Vec<String> },
    #[error(
        "the value is too expensive to evaluate (in {place}); look for repetitions inside repetitions"
    )]
    Fuel { place: String },
    #[error("values use each other more than {depth} levels deep (in {place})")]
    Depth { depth: usize, place: String },
    #[error("the text grows beyond {bytes} bytes (in {place})")]
    TextTooLong { bytes: usize, place: String },
}

type Result<T> = std::result::Result<T, EvalError>;

/// How far a secret reaches into a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Taint {
    #[default]
    None,
    /// A secret decided what it says.
    Decided,
    /// Made of a secret.
    Made,
}

/// A text under construction.
#[derive(Default)]
struct Out {
    text: String,
    taint: Taint,
    is_null: bool,
    unresolved: Vec<Unresolved>,
}

/// A value found: the text and what it carries along.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) taint: Taint,
    unresolved: Vec<Unresolved>,
}

/// Evaluates templates over one set of names; its fuel is for all of them together.
pub struct Evaluator<'a> {
    bindings: &'a Bindings,
    clock: Clock,
    limits: Limits,
    fuel: u64,
    /// Positions in `bindings` of the values being evaluated, outermost first.
    stack: Vec<usize>,
    depth: usize,
    locals: Vec<Local>,
    derived: Vec<Secret>,
}

impl<'a> Evaluator<'a> {
    #[must_use]
    pub const fn new(bindings: &'a Bindings, clock: Clock, limits: Limits) -> Self {
        let fuel = limits.fuel;
        Self {
            bindings,
            clock,
            limits,
            fuel,
            stack: Vec::new(),
            depth: 0,
            locals: Vec::new(),
            derived: Vec::new(),
        }
    }

    /// Evaluates a text that is not itself a variable, such as a property or a script body.
    ///
    /// # Errors
    /// When a value uses itself or a limit is reached.
    pub fn evaluate(&mut self, source: &Source) -> Result<Evaluated> {
        let out = self.source(source);
        self.finish(out)
    }

    /// Evaluates the variable with this name, if there is one.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn variable(&mut self, name: &str) -> Result<Option<Evaluated>> {
        match self.bindings.position(&path::key_of(name)) {
            Some(position) => self.entry_at(position).map(Some),
            None => Ok(None),
        }
    }

    /// Evaluates the variable at `position` of [`Bindings::entries`].
    pub(crate) fn entry_at(&mut self, position: usize) -> Result<Evaluated> {
        let out = self.entry(position);
        self.finish(out)
    }

    fn finish(&mut self, out: Result<Out>) -> Result<Evaluated> {
        self.stack.clear();
        self.locals.clear();
        self.depth = 0;
        let derived = std::mem::take(&mut self.derived);
        let Out {
            mut text,
            taint,
            is_null,
            unresolved,
        } = out?;
        if is_null {
            text.clear();
        }
        Ok(Evaluated {
            text,
            is_null,
            sensitive: taint != Taint::None,
            unresolved,
            derived,
        })
    }

    fn entry(&mut self, position: usize) -> Result<Out> {
        if let Some(start) = self.stack.iter().position(|open| *open == position) {
            let names = self.stack[start..].iter().chain([&position]);
            let names = names
                .map(|at| self.bindings.entries()[*at].name.to_string())
                .collect();
            return Err(EvalError::Cycle { names });
        }
        let bindings = self.bindings;
        self.enter(position, |this| {
            this.source(&bindings.entries()[position].source)
        })
    }

    /// Runs `inner` as a part of evaluating the value at `position`.
    fn enter<T>(
        &mut self,
        position: usize,
        inner: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.stack.push(position);
        let result = self.deeper(inner);
        self.stack.pop();
        result
    }

    fn source(&mut self, source: &Source) -> Result<Out> {
        let mut out = Out::default();
        if source.text().is_sensitive() {
            out.taint = Taint::Made;
        }
        match &source.body {
            Body::Literal => self.write(&mut out, source.text().expose())?,
            Body::Template(template) => self.nodes(&template.nodes, source.text(), &mut out)?,
            Body::Broken(error) => {
                self.write(&mut out, source.text().expose())?;
                self.leave(
                    &mut out,
                    source.text(),
                    0..0,
                    Reason::Broken((**error).clone()),
                )?;
            }
        }
        Ok(out)
    }

    fn nodes(&mut self, nodes: &[Node], source: &Text, out: &mut Out) -> Result<()> {
        nodes
            .iter()
            .try_for_each(|node| self.node(node, source, out))
    }

    fn node(&mut self, node: &Node, source: &Text, out: &mut Out) -> Result<()> {
        self.burn(1)?;
        match node {
            Node::Text(span) => self.write(out, &source.expose()[span.clone()]),
            Node::Escape => self.write(out, "#{"),
            Node::Substitution(span, expr) => match self.expr(expr, source)? {
                Ok(Some(found)) => self.put(out, found),
                Ok(None) => {
                    out.is_null = true;
                    Ok(())
                }
                Err(reason) => self.leave(out, source, span.clone(), reason),
            },
            Node::If(conditional) => self.deeper(|this| {
                for arm in &conditional.arms {
                    let (holds, taint) = this.test(&arm.condition, source)?;
                    out.taint = out.taint.max(taint.min(Taint::Decided));
                    if holds != arm.negated {
                        return this.nodes(&arm.body, source, out);
                    }
                }
                this.nodes(&conditional.otherwise, source, out)
            }),
            Node::Each(each) => self.deeper(|this| this.each(each, source, out)),
            Node::Calc(span, sum) => match self.sum(sum)? {
                (Some(number), taint) => {
                    out.taint = out.taint.max(taint);
                    self.write(out, &calc::text(number))
                }
                (None, _) => self.leave(out, source, span.clone(), Reason::NotANumber),
            },
        }
    }

    fn each(&mut self, each: &Each, source: &Text, out: &mut Out) -> Result<()> {
        let (items, taint) = self.items(&each.collection)?;
        out.taint = out.taint.max(taint.min(Taint::Decided));
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            self.burn(1)?;
            self.locals.push(Local {
                name: path::fold(&each.item),
                item,
                index,
                count,
            });
            let body = self.nodes(&each.body, source, out);
            self.locals.pop();
            body?;
        }
        Ok(())
    }

    fn sum(&mut self, sum: &Calc) -> Result<(Option<f64>, Taint)> {
        self.burn(1)?;
        match sum {
            Calc::Number(number) => Ok((Some(*number), Taint::None)),
            Calc::Value(symbol) => Ok(match self.symbol(symbol)? {
                Some(found) => (calc::number(&found.text), found.taint),
                None => (None, Taint::None),
            }),
            Calc::Chain(first, rest) => {
                let (mut total, mut taint) = self.sum(first)?;
                for (operator, part) in rest {
                    let (part, other) = self.sum(part)?;
                    total = total
                        .zip(part)
                        .map(|(left, right)| calc::apply(left, *operator, right));
                    taint = taint.max(other);
                }
                Ok((total, taint))
            }
        }
    }

    /// The value of an expression; `Ok(None)` when it is `null`, a reason when there is none.
    fn expr(
        &mut self,
        expr: &super::ast::Expr,
        source: &Text,
    ) -> Result<std::result::Result<Option<Found>, Reason>> {
        let mut value = match &expr.symbol {
            Some(symbol) => self.symbol(symbol)?,
            None => None,
        };
        let mut missing = value.is_none().then_some(Reason::Missing);
        for call in &expr.filters {
            if call.filter.eq_ignore_ascii_case("null") {
                return Ok(Ok(None));
            }
            self.burn(1)?;
            let mut options = Vec::with_capacity(call.options.len());
            let mut taint = value.as_ref().map_or(Taint::None, |found| found.taint);
            let mut unresolved = value
                .as_mut()
                .map(|found| std::mem::take(&mut found.unresolved))
                .unwrap_or_default();
            for option in &call.options {
                let option = self.option(option, source)?;
                taint = taint.max(option.taint);
                unresolved.extend(option.unresolved);
                options.push(option.text);
            }
            let input = value.as_ref().map(|found| found.text.as_str());
            let known = options.iter().map(String::as_str).collect::<Vec<_>>();
            self.burn(
                ((input.map_or(0, str::len) + known.iter().map(|o| o.len()).sum::<usize>()) / 64)
                    as u64,
            )?;
            let Some(text) = filter::apply(&call.filter, input, &known, self.clock) else {
                let reason = match missing {
                    Some(Reason::Missing) if expr.symbol.is_some() => Reason::Missing,
                    _ => Reason::Filter(call.filter.clone()),
                };
                return Ok(Err(reason));
            };
            missing = None;
            self.check_length(text.len())?;
            let taint = self.after_filter(&call.filter, &text, taint);
            value = Some(Found {
                text,
                taint,
                unresolved,
            });
        }
        match value {
            Some(found) => Ok(Ok(Some(found))),
            None => Ok(Err(missing.unwrap_or(Reason::Missing))),
        }
    }

    /// What a filter makes of a secret is a secret of its own; an answer of yes or no only tells about it.
    fn after_filter(&mut self, filter: &str, text: &str, taint: Taint) -> Taint {
        if taint == Taint::Made && filter::answers_yes_or_no(filter) {
            return Taint::Decided;
        }
        if taint == Taint::Made {
            self.derived.push(Secret::new(text.to_owned()));
        }
        taint
    }

    fn option(&mut self, option: &Opt, source: &Text) -> Result<Found> {
        match option {
            Opt::Word(text) => {
                let taint = if source.is_sensitive() {
                    Taint::Made
                } else {
                    Taint::None
                };
                Ok(Found {
                    text: text.clone(),
                    taint,
                    unresolved: Vec::new(),
                })
            }
            Opt::Node(node) => self.deeper(|this| {
                let mut out = Out::default();
                this.node(node, source, &mut out)?;
                Ok(Found {
                    text: out.text,
                    taint: out.taint,
                    unresolved: out.unresolved,
                })
            }),
        }
    }

    fn put(&mut self, out: &mut Out, found: Found) -> Result<()> {
        out.taint = out.taint.max(found.taint);
        out.unresolved.extend(found.unresolved);
        self.write(out, &found.text)
    }

    /// Writes the source of what could not be resolved, and reports it.
    fn leave(
        &mut self,
        out: &mut Out,
        source: &Text,
        span: std::ops::Range<usize>,
        reason: Reason,
    ) -> Result<()> {
        let written = &source.expose()[span];
        let token = if source.is_sensitive() {
            "#{...}".to_owned()
        } else {
            shortened(written)
        };
        let variable = self
            .stack
            .last()
            .map(|at| self.bindings.entries()[*at].name.clone());
        out.unresolved.push(Unresolved {
            token,
            variable,
            reason,
        });
        self.burn(8)?;
        self.write(out, written)
    }

    fn write(&mut self, out: &mut Out, text: &str) -> Result<()> {
        self.burn(text.len() as u64 / 64)?;
        self.check_length(out.text.len() + text.len())?;
        out.text.push_str(text);
        Ok(())
    }

    fn check_length(&self, bytes: usize) -> Result<()> {
        if bytes > self.limits.text_bytes {
            return Err(EvalError::TextTooLong {
                bytes: self.limits.text_bytes,
                place: self.place(),
            });
        }
        Ok(())
    }

    fn burn(&mut self, units: u64) -> Result<()> {
        match self.fuel.checked_sub(units) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err(EvalError::Fuel {
                place: self.place(),
            }),
        }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == self.limits.depth {
            return Err(EvalError::Depth {
                depth: self.limits.depth,
                place: self.place(),
            });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn place(&self) -> String {
        match self.stack.last() {
            Some(at) => format!("the variable `{}`", self.bindings.entries()[*at].name),
            None => "the text itself".to_owned(),
        }
    }
}

impl Evaluated {
    /// The text in the form that keeps it hidden when it is sensitive.
    #[must_use]
    pub fn into_text(self) -> Text {
        if self.sensitive {
            Text::Secret(Secret::new(self.text))
        } else {
            Text::plain(self.text)
        }
    }
}

/// Hides a sensitive text.
impl std::fmt::Debug for Evaluated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = if self.sensitive {
            "<secret>"
        } else {
            &self.text
        };
        f.debug_struct("Evaluated")
            .field("text", &text)
            .field("unresolved", &self.unresolved)
            .finish_non_exhaustive()
    }
}

/// Reports quote at most this much of a template.
const TOKEN_CHARS_MAX: usize = 200;

fn shortened(token: &str) -> String {
    match token.char_indices().nth(TOKEN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &token[..end]),
        None => token.to_owned(),
    }
}
