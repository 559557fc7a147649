//! Variables: what people define, which value holds where, and what a script gets to see.
//!
//! A [`VariableSet`] is the document people edit.

pub mod access;
pub mod catalogue;
pub mod document;
pub mod prompt;
pub mod read;
pub mod scope;

pub use access::VariableAccess;
pub use catalogue::ScopeCatalogue;
pub use document::{Sealing, Variable, VariableSet, VariableType, VariableValue};
pub use prompt::Prompt;
pub use read::{Editor, InvalidVariables};
pub use scope::{Dimension, Scope, ScopeContext};
