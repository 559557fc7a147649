//! Values put into a document, and nodes of one document in another.

use super::text::{escaped_attribute, escaped_text, is_writable};
use super::tree::{Document, Kind, NodeId, declared_prefix, split};
use super::xpath::Place;

impl Document {
    /// Gives a place a value. An element that holds elements takes XML; everything else takes it as text. Answers
    /// whether it could: if not, nothing was changed.
    pub fn put(&mut self, place: Place, value: &str) -> bool {
        if !is_writable(value) {
            return false;
        }
        let id = match place {
            Place::Node(id) => id,
            Place::Attribute(id, at) => return self.put_attribute(id, at, value),
        };
        let line_end = self.line_end;
        let has_elements = self.child_elements(id).next().is_some();
        let kind = &mut self.node_mut(id).kind;
        match kind {
            Kind::Text(raw) => *raw = escaped_text(value, line_end),
            Kind::CData(text) => value.clone_into(text),
            Kind::Comment(_) if value.contains("--") || value.ends_with('-') => return false,
            Kind::Comment(text) => value.clone_into(text),
            Kind::Instruction(_) if value.contains("?>") => return false,
            Kind::Instruction(text) => {
                let name = text.split_whitespace().next().unwrap_or_default();
                *text = format!("{name} {value}");
            }
            Kind::Element(_) if has_elements => return self.put_inside(id, value),
            Kind::Element(_) => self.set_text(id, value),
            Kind::Root | Kind::Declaration(_) => return false,
        }
        true
    }

    fn put_attribute(&mut self, id: NodeId, at: usize, value: &str) -> bool {
        let element = self.element_mut(id);
        let attribute = element.and_then(|element| element.attributes.get_mut(at));
        if let Some(attribute) = attribute {
            attribute.raw = escaped_attribute(value, attribute.quote);
            return true;
        }
        false
    }

    /// Puts XML in the place of everything in an element.
    fn put_inside(&mut self, id: NodeId, value: &str) -> bool {
        let value = value.replace("\r\n", "\n").replace('\n', self.line_end);
        let Ok(fragment) = Self::parse_fragment(&value) else {
            return false;
        };
        let children = fragment.node(Self::ROOT).children.clone();
        let is_declared =
            |prefix: &String| prefix.is_empty() || self.namespace_of(id, prefix).is_some();
        let has_declaration =
            |child: &NodeId| matches!(fragment.node(*child).kind, Kind::Declaration(_));
        if children.iter().any(has_declaration)
            || !fragment.open_prefixes(Self::ROOT).iter().all(is_declared)
        {
            return false;
        }
        self.node_mut(id).children.clear();
        for child in children {
            let child = self.adopt(&fragment, child);
            let at = self.node(id).children.len();
            self.insert(id, at, child);
        }
        true
    }

    /// A copy of another document's node and all below it, in no place yet.
    pub(super) fn adopt(&mut self, other: &Self, id: NodeId) -> NodeId {
        let node = other.node(id);
        let copy = self.add(node.kind.clone(), node.line);
        for child in &node.children {
            let child = self.adopt(other, *child);
            let at = self.node(copy).children.len();
            self.insert(copy, at, child);
        }
        copy
    }

    /// Prefixes used in a node that are not declared there: what they mean is said around it. The empty one is the default.
    pub(super) fn open_prefixes(&self, id: NodeId) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_open(id, &mut Vec::new(), &mut found);
        found.sort();
        found.dedup();
        found
    }

    fn collect_open(&self, id: NodeId, declared: &mut Vec<String>, found: &mut Vec<String>) {
        let before = declared.len();
        if let Some(element) = self.element(id) {
            let names = element
                .attributes
                .iter()
                .map(|attribute| attribute.name.as_str());
            declared.extend(names.clone().filter_map(declared_prefix).map(str::to_owned));
            // What has no prefix is in the default namespace, if it is an element.
            let used = names
                .map(|name| split(name).0)
                .filter(|prefix| !matches!(*prefix, "" | "xmlns"));
            for prefix in used.chain([split(&element.name).0]) {
                if !declared.iter().any(|known| known == prefix) {
                    found.push(prefix.to_owned());
                }
            }
        }
        for child in &self.node(id).children {
            self.collect_open(*child, declared, found);
        }
        declared.truncate(before);
    }
}
