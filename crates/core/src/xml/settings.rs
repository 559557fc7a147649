//! Where .NET's configuration files keep settings. What they get is for others to say.

use super::tree::{Document, Element, Kind, NodeId, split};

/// A setting and where its value is.
pub(crate) struct Setting {
    pub(crate) name: String,
    element: NodeId,
    /// The attribute that has the value; without one, an element `value` has it.
    attribute: Option<&'static str>,
}

impl Document {
    /// All settings, in the order of the document.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let mut found = Vec::new();
        let mut open = vec![(Self::ROOT, false)];
        while let Some((id, is_typed)) = open.pop() {
            let (holder, name) = (
                self.node(id).parent.map(|parent| self.local_name(parent)),
                self.local_name(id),
            );
            let place = match (holder, name) {
                (Some("appSettings"), "add") => Some(("key", Some("value"))),
                (Some("connectionStrings"), "add") => Some(("name", Some("connectionString"))),
                (_, "setting") if is_typed => Some(("name", None)),
                _ => None,
            };
            if let Some((key, attribute)) = place {
                found.extend(self.attribute(id, key).map(|name| Setting {
                    name,
                    element: id,
                    attribute,
                }));
            }
            let is_typed = is_typed || name == "applicationSettings";
            let mut children: Vec<_> = self
                .child_elements(id)
                .map(|child| (child, is_typed))
                .collect();
            children.reverse();
            open.extend(children);
        }
        found
    }

    pub(crate) fn put_setting(&mut self, setting: &Setting, value: &str) {
        if let Some(attribute) = setting.attribute {
            return self.set_attribute(setting.element, attribute, value);
        }
        let known = self
            .child_elements(setting.element)
            .find(|child| self.local_name(*child) == "value");
        let element = known.unwrap_or_else(|| self.add_value(setting.element));
        self.set_text(element, value);
    }

    fn add_value(&mut self, setting: NodeId) -> NodeId {
        let line = self.node(setting).line;
        let name = self
            .element(setting)
            .map_or("", |element| element.name.as_str());
        // In the same namespace, so with the same prefix.
        let name = match split(name) {
            ("", _) => "value".to_owned(),
            (prefix, _) => format!("{prefix}:value"),
        };
        let element = Element {
            name,
            attributes: Vec::new(),
            blank: String::new(),
            end: None,
        };
        let id = self.add(Kind::Element(element), line);
        self.append(setting, id);
        id
    }
}
