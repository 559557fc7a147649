//! From tree to text, within limits.
//!
//! Data is never read as a template: only a [`Source`] made by somebody who may write
//! templates has a tree to walk. Fuel is spent on every node and every 64 bytes written, so
//! no template, however nested or repeated, can hold a thread for long.

use super::ast::{Calc, Each, Node};
use super::bindings::Bindings;
use super::calc;
use super::path;
use super::value::{Body, Source, Text};
use crate::secret::Secret;

mod condition;
mod expr;
mod lookup;
mod result;

pub use condition::{Condition, is_truthy};
use lookup::Local;
use result::shortened;
pub use result::{Clock, EvalError, Evaluated, Limits, Reason, Unresolved};

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

    /// Units not spent yet.
    #[must_use]
    pub const fn fuel_left(&self) -> u64 {
        self.fuel
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
        let reason = match reason {
            Reason::Filter(_) if source.is_sensitive() => Reason::Filter("...".to_owned()),
            reason => reason,
        };
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
