//! XML files of strangers, changed without touching what is not meant: a tree whose parts are kept as they were written,
//! so that what nobody changes is written back letter by letter.
//!
//! References to entities are kept and never followed, and nothing outside of the text is ever read: a bomb stays a
//! few lines of text. Not a validator: declarations of types are carried along unread.

mod change;
mod parse;
mod put;
mod settings;
mod text;
pub mod transform;
mod tree;
mod xpath;

pub use text::is_writable;
pub use tree::{Document, NodeId};
pub use xpath::{Guide, Place, XPath, XPathError};

/// A text that is no XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no XML: {problem}")]
pub struct XmlError {
    pub line: usize,
    pub problem: &'static str,
}
