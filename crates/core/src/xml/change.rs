//! Elements put into a tree and taken out of it so that the lines still look as if a person had written them.

use super::tree::{Document, Kind, NodeId};

/// Where nothing says how far elements are moved right of what they are in.
const INDENT: &str = "  ";

impl Document {
    /// The value of an attribute.
    pub(super) fn attribute(&self, id: NodeId, name: &str) -> Option<String> {
        let element = self.element(id)?;
        let known = element.attributes.iter().find(|known| known.name == name)?;
        Some(known.value())
    }

    /// Puts an element behind all that is in another one.
    pub(super) fn append(&mut self, parent: NodeId, child: NodeId) {
        let children = &self.node(parent).children;
        let first = children.first().and_then(|first| self.indent(*first));
        let last = children.last().and_then(|last| self.indent(*last));
        match (first, last) {
            (Some(first), Some(_)) => {
                let at = children.len() - 1;
                // The last line break belongs to the end tag. Where it is the only one, what it says is that.
                let before = if at == 0 {
                    format!("{first}{INDENT}")
                } else {
                    first
                };
                self.insert(parent, at, child);
                self.insert_blank(parent, at, before);
            }
            _ if children.is_empty() => match self.indent_before(parent) {
                Some(own) => {
                    self.insert_blank(parent, 0, format!("{own}{INDENT}"));
                    self.insert(parent, 1, child);
                    self.insert_blank(parent, 2, own);
                }
                None => self.insert(parent, 0, child),
            },
            _ => {
                let at = children.len();
                self.insert(parent, at, child);
            }
        }
    }

    pub(super) fn put_beside(&mut self, sibling: NodeId, child: NodeId, is_before: bool) {
        let Some((parent, at)) = self.position(sibling) else {
            return;
        };
        let blank = self.indent_before(sibling);
        if is_before {
            self.insert(parent, at, child);
            if let Some(blank) = blank {
                self.insert_blank(parent, at + 1, blank);
            }
        } else {
            self.insert(parent, at + 1, child);
            if let Some(blank) = blank {
                self.insert_blank(parent, at + 1, blank);
            }
        }
    }

    /// Takes an element out, with the line it stood in.
    pub(super) fn take_out(&mut self, id: NodeId) {
        let Some((parent, at)) = self.position(id) else {
            return;
        };
        let before = at
            .checked_sub(1)
            .map(|before| self.node(parent).children[before]);
        self.node_mut(parent).children.remove(at);
        let indent = before.and_then(|before| self.indent(before));
        if let (Some(before), Some(indent)) = (before, indent)
            && let Kind::Text(raw) = &mut self.node_mut(before).kind
        {
            raw.truncate(raw.len() - indent.len());
            if raw.is_empty() {
                self.node_mut(parent).children.remove(at - 1);
            }
        }
        self.node_mut(id).parent = None;
    }

    fn insert_blank(&mut self, parent: NodeId, at: usize, blank: String) {
        let blank = self.add(Kind::Text(blank), 0);
        self.insert(parent, at, blank);
    }

    /// The line break before a node and the blanks behind it.
    fn indent_before(&self, id: NodeId) -> Option<String> {
        let (parent, at) = self.position(id)?;
        let before = at.checked_sub(1)?;
        self.indent(self.node(parent).children[before])
    }

    /// The last line break of a blank text and what is behind it.
    fn indent(&self, id: NodeId) -> Option<String> {
        let Kind::Text(raw) = &self.node(id).kind else {
            return None;
        };
        let at = raw.rfind('\n').filter(|_| raw.trim().is_empty())?;
        let at = if raw[..at].ends_with('\r') {
            at - 1
        } else {
            at
        };
        Some(raw[at..].to_owned())
    }
}
