//! The language inside variable values and properties: `#{Name | Filter}`, `#{if}`, `#{each}`, `#{calc}`.
//!
//! It is Octopus' language (Octostache) without its surprises: a template is parsed once,
//! evaluation is bounded by fuel and depth, what a script or a person handed in at run time
//! is data and never read as a template, and whatever a secret touches is marked sensitive.
//! Which value a name has is not decided here but in [`crate::variable`].

pub mod ast;
pub mod bindings;
pub mod calc;
pub mod eval;
pub mod filter;
mod json;
pub mod parse;
pub mod path;
pub mod value;

pub use bindings::{Binding, Bindings};
pub use eval::{Clock, Condition, EvalError, Evaluated, Evaluator, Limits, Reason, Unresolved};
pub use parse::ParseError;
pub use value::{Source, Text};

#[cfg(test)]
mod tests;
