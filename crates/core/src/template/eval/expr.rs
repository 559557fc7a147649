//! Values and the filters they go through.

use super::super::ast::{Call, Expr, Opt};
use super::super::filter;
use super::super::value::Text;
use super::{Evaluator, Found, Out, Reason, Result, Taint};
use crate::secret::Secret;

/// A value, `None` for `null`, or why there is none.
type Outcome = std::result::Result<Option<Found>, Reason>;

impl Evaluator<'_> {
    /// The value of an expression; `Ok(None)` when it is `null`, a reason when there is none.
    pub(super) fn expr(&mut self, expr: &Expr, source: &Text) -> Result<Outcome> {
        let mut value = match &expr.symbol {
            Some(symbol) => self.symbol(symbol)?,
            None => None,
        };
        // A filter that cannot do without a value is not to blame for a missing one.
        let mut is_missing = value.is_none() && expr.symbol.is_some();
        for call in &expr.filters {
            if call.filter.eq_ignore_ascii_case("null") {
                return Ok(Ok(None));
            }
            value = self.filtered(value, call, source)?;
            if value.is_none() && !is_missing {
                return Ok(Err(Reason::Filter(call.filter.clone())));
            }
            if value.is_none() {
                break;
            }
            is_missing = false;
        }
        Ok(value.map(Some).ok_or(Reason::Missing))
    }

    /// What a filter makes of a value; `None` when it cannot.
    fn filtered(
        &mut self,
        value: Option<Found>,
        call: &Call,
        source: &Text,
    ) -> Result<Option<Found>> {
        let input = value.as_ref().map(|found| found.text.as_str());
        let mut bytes = input.map_or(0, str::len);
        let mut options = Vec::with_capacity(call.options.len());
        for option in &call.options {
            let option = self.option(option, source)?;
            bytes += option.text.len();
            options.push(option);
        }
        self.burn(1 + filter::cost(&call.filter) * bytes as u64 / 64)?;
        let words: Vec<_> = options.iter().map(|option| option.text.as_str()).collect();
        let Some(text) = filter::apply(&call.filter, input, &words, self.clock) else {
            return Ok(None);
        };
        self.check_length(text.len())?;
        let mut found = Found::new(text, Taint::None);
        for part in value.into_iter().chain(options) {
            found.taint = found.taint.max(part.taint);
            found.unresolved.extend(part.unresolved);
        }
        found.taint = self.after_filter(&call.filter, &found.text, found.taint);
        Ok(Some(found))
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
}
