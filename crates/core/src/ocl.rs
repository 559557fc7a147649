//! OCL, the text form of processes, settings and variables that Octopus keeps in git.
//!
//! [`parse`] and [`print`] are the language: blocks, attributes, literals, nothing that is evaluated. Comments, which
//! Octopus itself does not allow, are kept. [`process`], [`settings`] and [`variables`] say what the words mean.
//! Not here: files and git.

mod error;
mod parse;
mod print;
pub mod process;
pub mod references;
pub mod settings;
mod take;
pub mod tree;
pub mod variables;

pub use error::OclError;
pub use parse::{BYTES_MAX, DEPTH_MAX, parse};
pub use print::print;
pub use references::References;
pub use tree::Document;
