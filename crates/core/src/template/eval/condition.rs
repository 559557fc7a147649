//! Whether conditions hold: inside templates, and as run conditions of steps.

use super::super::ast::{Operand, Test};
use super::super::value::{Source, Text};
use super::{Evaluator, Result, Taint, Unresolved};

/// The answer to a run condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub holds: bool,
    /// The answer tells something about a secret.
    pub sensitive: bool,
    /// Unresolved parts: with any, the condition does not hold.
    pub unresolved: Vec<Unresolved>,
}

/// Octopus' rule inside templates: empty text, exactly `0`, and `false` or `no` in any case and
/// with white space around are false, everything else is true.
#[must_use]
pub fn is_truthy(text: &str) -> bool {
    let trimmed = text.trim();
    !(text.is_empty()
        || text == "0"
        || trimmed.eq_ignore_ascii_case("false")
        || trimmed.eq_ignore_ascii_case("no"))
}

impl Evaluator<'_> {
    /// Evaluates a run condition: true when its text is truthy, not blank, and fully resolved.
    ///
    /// # Errors
    /// As [`Self::evaluate`]; the condition then counts as false.
    pub fn condition(&mut self, source: &Source) -> Result<Condition> {
        let evaluated = self.evaluate(source)?;
        let filled = !evaluated.text.trim().is_empty() && !evaluated.is_null;
        Ok(Condition {
            holds: filled && is_truthy(&evaluated.text) && evaluated.unresolved.is_empty(),
            sensitive: evaluated.sensitive,
            unresolved: evaluated.unresolved,
        })
    }

    pub(super) fn test(&mut self, test: &Test, source: &Text) -> Result<(bool, Taint)> {
        match test {
            Test::Truthy(operand) => {
                let (text, taint) = self.operand(operand, source)?;
                Ok((is_truthy(&text), taint))
            }
            Test::Equal(left, right) => self.compare(left, right, source),
            Test::NotEqual(left, right) => {
                let (equal, taint) = self.compare(left, right, source)?;
                Ok((!equal, taint))
            }
        }
    }

    /// Compares byte for byte (Octopus' rule: case matters).
    fn compare(&mut self, left: &Operand, right: &Operand, source: &Text) -> Result<(bool, Taint)> {
        let (left, taint) = self.operand(left, source)?;
        let (right, other) = self.operand(right, source)?;
        Ok((left == right, taint.max(other)))
    }

    /// A missing value is empty text here, and nothing to report.
    fn operand(&mut self, operand: &Operand, source: &Text) -> Result<(String, Taint)> {
        match operand {
            Operand::Quoted(text) => Ok((text.clone(), Taint::None)),
            Operand::Expr(expr) => Ok(match self.expr(expr, source)? {
                Ok(Some(found)) => (found.text, found.taint),
                Ok(None) | Err(_) => (String::new(), Taint::None),
            }),
        }
    }
}
