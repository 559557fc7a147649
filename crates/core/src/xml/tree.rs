//! The tree of an XML text, and the text of a tree.

use super::text::{escaped_attribute, escaped_text, unescaped};

/// A node of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) usize);

/// A text as a tree. The nodes of what was taken out of it stay, unreachable.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) line_end: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub kind: Kind,
    pub parent: Option<NodeId>,
    pub children: Vec<NodeId>,
    /// From 1, in the text it was read from.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Root,
    Element(Element),
    /// With its references.
    Text(String),
    /// Between its brackets.
    CData(String),
    Comment(String),
    /// Between `<?` and `?>`.
    Instruction(String),
    /// The declarations at the top, as they are.
    Declaration(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<Attribute>,
    /// Before the `>` or `/>`.
    pub blank: String,
    /// The end tag; none of `<a/>`.
    pub end: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Before the name.
    pub blank: String,
    pub name: String,
    /// Around the `=`.
    pub equals: String,
    pub quote: char,
    /// With its references.
    pub raw: String,
}

impl Attribute {
    pub(super) fn value(&self) -> String {
        unescaped(&self.raw)
    }
}

impl Document {
    /// What holds the outermost element.
    pub const ROOT: NodeId = NodeId(0);

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    /// A new node, in no place yet.
    pub(super) fn add(&mut self, kind: Kind, line: usize) -> NodeId {
        self.nodes.push(Node {
            kind,
            parent: None,
            children: Vec::new(),
            line,
        });
        NodeId(self.nodes.len() - 1)
    }

    pub(super) fn element(&self, id: NodeId) -> Option<&Element> {
        match &self.node(id).kind {
            Kind::Element(element) => Some(element),
            _ => None,
        }
    }

    pub(super) fn element_mut(&mut self, id: NodeId) -> Option<&mut Element> {
        match &mut self.node_mut(id).kind {
            Kind::Element(element) => Some(element),
            _ => None,
        }
    }

    pub(super) fn child_elements(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let children = self.node(id).children.iter().copied();
        children.filter(|child| self.element(*child).is_some())
    }

    /// The name without its prefix.
    pub(super) fn local_name(&self, id: NodeId) -> &str {
        self.element(id)
            .map_or("", |element| split(&element.name).1)
    }

    /// The namespace of an element.
    pub(super) fn namespace(&self, id: NodeId) -> Option<String> {
        let prefix = split(&self.element(id)?.name).0;
        self.namespace_of(id, prefix)
    }

    /// What a prefix means at a node; the empty one is the default.
    pub(super) fn namespace_of(&self, id: NodeId, prefix: &str) -> Option<String> {
        if prefix == "xml" {
            return Some("http://www.w3.org/XML/1998/namespace".to_owned());
        }
        let mut at = Some(id);
        while let Some(node) = at {
            let attributes = self.element(node).map(|element| element.attributes.iter());
            for attribute in attributes.into_iter().flatten() {
                let declared = declared_prefix(&attribute.name);
                if declared == Some(prefix) {
                    return Some(attribute.value()).filter(|uri| !uri.is_empty());
                }
            }
            at = self.node(node).parent;
        }
        None
    }

    /// The text of everything in a node.
    pub(super) fn string(&self, id: NodeId) -> String {
        match &self.node(id).kind {
            Kind::Root | Kind::Element(_) => {
                let mut text = String::new();
                self.collect_text(id, &mut text);
                text
            }
            Kind::Text(raw) => unescaped(raw),
            Kind::CData(text) | Kind::Comment(text) => text.clone(),
            Kind::Instruction(text) => {
                let data = text.split_once(char::is_whitespace);
                data.map_or("", |(_, data)| data.trim_start()).to_owned()
            }
            Kind::Declaration(_) => String::new(),
        }
    }

    fn collect_text(&self, id: NodeId, text: &mut String) {
        for child in &self.node(id).children {
            match &self.node(*child).kind {
                Kind::Text(raw) => text.push_str(&unescaped(raw)),
                Kind::CData(data) => text.push_str(data),
                Kind::Element(_) => self.collect_text(*child, text),
                _ => {}
            }
        }
    }

    /// Gives an attribute a value; a new one comes last.
    pub(super) fn set_attribute(&mut self, id: NodeId, name: &str, value: &str) {
        let Some(element) = self.element_mut(id) else {
            return;
        };
        let known = element
            .attributes
            .iter_mut()
            .find(|known| known.name == name);
        if let Some(attribute) = known {
            attribute.raw = escaped_attribute(value, attribute.quote);
            return;
        }
        let last = element.attributes.last();
        let blank = last.map_or_else(|| " ".to_owned(), |last| last.blank.clone());
        element.attributes.push(Attribute {
            blank,
            name: name.to_owned(),
            equals: "=".to_owned(),
            quote: '"',
            raw: escaped_attribute(value, '"'),
        });
    }

    /// Puts this text in the place of everything in an element.
    pub(super) fn set_text(&mut self, id: NodeId, value: &str) {
        let line = self.node(id).line;
        let only = match self.node(id).children.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        if let Some(only) = only.filter(|only| matches!(self.node(*only).kind, Kind::CData(_))) {
            self.node_mut(only).kind = Kind::CData(value.to_owned());
            return;
        }
        let kind = Kind::Text(escaped_text(value, self.line_end));
        let text = self.add(kind, line);
        self.node_mut(text).parent = Some(id);
        self.node_mut(id).children = vec![text];
    }

    /// Where a node is among those beside it.
    pub(super) fn position(&self, id: NodeId) -> Option<(NodeId, usize)> {
        let parent = self.node(id).parent?;
        let siblings = &self.node(parent).children;
        let at = siblings.iter().position(|sibling| *sibling == id)?;
        Some((parent, at))
    }

    pub(super) fn insert(&mut self, parent: NodeId, at: usize, child: NodeId) {
        self.node_mut(child).parent = Some(parent);
        self.node_mut(parent).children.insert(at, child);
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(Self::ROOT, &mut text);
        text
    }

    fn write(&self, id: NodeId, out: &mut String) {
        let node = self.node(id);
        let children = |out: &mut String| {
            for child in &node.children {
                self.write(*child, out);
            }
        };
        match &node.kind {
            Kind::Root => children(out),
            Kind::Element(element) => {
                element.write_start(out, !node.children.is_empty());
                children(out);
                match &element.end {
                    Some(end) => out.push_str(end),
                    None if node.children.is_empty() => {}
                    None => out.extend(["</", &element.name, ">"]),
                }
            }
            Kind::Text(raw) | Kind::Declaration(raw) => out.push_str(raw),
            Kind::CData(data) => {
                let data = data.replace("]]>", "]]]]><![CDATA[>");
                out.extend(["<![CDATA[", &data, "]]>"]);
            }
            Kind::Comment(text) => out.extend(["<!--", text, "-->"]),
            Kind::Instruction(text) => out.extend(["<?", text, "?>"]),
        }
    }
}

impl Element {
    fn write_start(&self, out: &mut String, has_children: bool) {
        out.extend(["<", &self.name]);
        for attribute in &self.attributes {
            out.extend([&attribute.blank, &attribute.name, &attribute.equals].map(String::as_str));
            out.push(attribute.quote);
            out.push_str(&attribute.raw);
            out.push(attribute.quote);
        }
        let is_short = self.end.is_none() && !has_children;
        let blank = if self.end.is_none() && has_children {
            ""
        } else {
            &self.blank
        };
        out.extend([blank, if is_short { "/>" } else { ">" }]);
    }
}

/// Prefix and local part of a name.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// The prefix that an attribute of this name declares.
pub(super) fn declared_prefix(name: &str) -> Option<&str> {
    match name {
        "xmlns" => Some(""),
        _ => name.strip_prefix("xmlns:"),
    }
}
