//! From text to tree. Errors say where (line and column) and what was expected, never what
//! stands there: the text may be a secret.

use super::ast::{Node, Symbol, Template};

mod block;
mod calc;
mod expr;
mod scan;

use scan::Scanner;

/// Blocks and options may be nested this deep.
pub const DEPTH_MAX: usize = 64;

/// A template that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What was expected and how to fix it.
    pub message: String,
}

/// Reads a whole text as a template.
///
/// # Errors
/// The first thing that does not belong where it is.
pub fn template(source: &str) -> Result<Template, ParseError> {
    let mut scanner = Scanner::new(source);
    let nodes = block::nodes(&mut scanner)?;
    match scanner.rest() {
        "" => Ok(Template { nodes }),
        _ => Err(scanner.error(block::stray(&scanner))),
    }
}

/// Reads as much as can be read: pieces that are no template are kept as text and reported.
/// For files, where one odd `#{` must not stop the rest.
#[must_use]
pub fn lenient(source: &str) -> (Template, Vec<ParseError>) {
    let mut scanner = Scanner::new(source);
    let mut nodes: Vec<Node> = Vec::new();
    let mut errors = Vec::new();
    while !scanner.rest().is_empty() {
        let start = scanner.at();
        let error = match block::node(&mut scanner) {
            Ok(Some(node)) => {
                nodes.push(node);
                continue;
            }
            Ok(None) => scanner.error(block::stray(&scanner)),
            Err(error) => error,
        };
        errors.push(error);
        scanner.go_to(start + "#{".len());
        nodes.push(Node::Text(start..scanner.at()));
    }
    (Template { nodes }, errors)
}

/// Reads a variable's name as a path; `None` when the language cannot spell it.
pub(super) fn name(text: &str) -> Option<Symbol> {
    let mut scanner = Scanner::new(text);
    let symbol = expr::symbol(&mut scanner).ok().flatten()?;
    scanner.rest().is_empty().then_some(symbol)
}
