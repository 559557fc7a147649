//! Variables: what people define, which value holds where, and what a script gets to see.
//!
//! A [`VariableSet`] is the document people edit; [`Variables`] are all sets of one deployment,
//! frozen; a [`Dictionary`] is what one action on one place sees of them. The language inside
//! values is [`crate::template`]'s business.

pub mod access;
pub mod catalogue;
pub mod dictionary;
pub mod document;
pub mod explain;
pub mod prompt;
pub mod read;
pub mod reference;
pub mod resolve;
pub mod scope;
pub mod usage;

pub use access::VariableAccess;
pub use catalogue::ScopeCatalogue;
pub use dictionary::Dictionary;
pub use document::{Sealing, Variable, VariableSet, VariableType, VariableValue};
pub use prompt::Prompt;
pub use read::{Editor, InvalidVariables};
pub use resolve::{Origin, Variables};
pub use scope::{Dimension, Scope, ScopeContext};
