//! Paths into XML, in the language of XPath 1.0: all its axes but `namespace`, its operators, and the functions that
//! need nothing but the document (no `id`, no `lang`, no variables).

mod function;
mod lexer;
mod parser;
mod select;
mod value;

use std::cell::Cell;
use std::collections::BTreeMap;

use self::parser::Expression;
use self::select::Search;
use super::tree::{Document, NodeId, declared_prefix};

/// Something a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Node(NodeId),
    /// Of an element, the attribute at this position.
    Attribute(NodeId, usize),
}

/// What the paths through one document have in common.
#[derive(Debug, Default)]
pub struct Guide {
    /// What prefixes mean.
    prefixes: BTreeMap<String, String>,
    /// Nodes looked at by all of them together.
    looks: Cell<usize>,
}

/// Nodes that all paths through one document may look at. Real files have fewer than this, however often they are gone
/// through; more is a matter of seconds.
const LOOKS_MAX: usize = 50_000_000;

/// A path that can be followed.
#[derive(Debug, Clone)]
pub struct XPath(Expression);

/// A text that is no path, or one that cannot be followed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XPathError {
    #[error("it is no XPath: {0}")]
    Malformed(&'static str),
    #[error("it is an XPath 1.0 that is not understood here: {0}")]
    Unsupported(&'static str),
    #[error("it has a prefix that the file does not declare")]
    UnknownPrefix,
    #[error("it does not lead to nodes")]
    NoNodes,
    #[error("it goes through the file too often")]
    TooMuch,
}

impl Guide {
    /// What a document declares anywhere; of two meanings of one prefix, the first counts.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut prefixes = BTreeMap::new();
        let mut open = vec![Document::ROOT];
        while let Some(id) = open.pop() {
            let attributes = document
                .element(id)
                .map(|element| element.attributes.iter());
            for attribute in attributes.into_iter().flatten() {
                if let Some(prefix) =
                    declared_prefix(&attribute.name).filter(|prefix| !prefix.is_empty())
                {
                    let meaning = prefixes.entry(prefix.to_owned());
                    meaning.or_insert_with(|| attribute.value());
                }
            }
            open.extend(document.node(id).children.iter().rev());
        }
        Self {
            prefixes,
            looks: Cell::new(0),
        }
    }

    /// Notes that so many nodes are looked at.
    pub(super) fn look(&self, nodes: usize) -> Result<(), XPathError> {
        let looks = self.looks.get().saturating_add(nodes);
        self.looks.set(looks);
        if looks > LOOKS_MAX {
            return Err(XPathError::TooMuch);
        }
        Ok(())
    }

    /// Where a prefix is used that nobody declared: `xml` only.
    fn meaning(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some("http://www.w3.org/XML/1998/namespace");
        }
        self.prefixes.get(prefix).map(String::as_str)
    }
}

impl XPath {
    /// Reads a path.
    ///
    /// # Errors
    /// When it is none, or asks for what is not understood.
    pub fn parse(text: &str) -> Result<Self, XPathError> {
        parser::parse(text).map(Self)
    }

    /// What it leads to from a node, in the order of the document.
    ///
    /// # Errors
    /// When it leads to something else than nodes, or takes too long.
    pub fn places(
        &self,
        document: &Document,
        from: NodeId,
        guide: &Guide,
    ) -> Result<Vec<Place>, XPathError> {
        let mut search = Search::new(document, guide);
        search
            .value(&self.0, select::Context::at(Place::Node(from)))?
            .places()
    }

    /// Those of some nodes for which it holds, as a predicate in brackets would choose them.
    ///
    /// # Errors
    /// When it takes too long, or uses a prefix nobody declared.
    pub(super) fn chosen(
        &self,
        document: &Document,
        nodes: &[NodeId],
        guide: &Guide,
    ) -> Result<Vec<NodeId>, XPathError> {
        let mut search = Search::new(document, guide);
        let places = nodes.iter().map(|node| Place::Node(*node)).collect();
        let chosen = search.filtered(places, &self.0)?;
        Ok(chosen
            .into_iter()
            .filter_map(|place| match place {
                Place::Node(node) => Some(node),
                Place::Attribute(..) => None,
            })
            .collect())
    }
}
