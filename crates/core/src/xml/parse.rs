//! A text becomes a tree.

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::Event;

use super::XmlError;
use super::tree::{Attribute, Document, Element, Kind, NodeId};

/// Deeper than any configuration file, and far from the end of the stack.
const DEPTH_MAX: usize = 256;
/// Elements, texts, attributes and so on: a tree of them takes many times the memory of its text.
const PARTS_MAX: usize = 300_000;
/// More than any element of a configuration file has.
const ATTRIBUTES_MAX: usize = 1000;

impl Document {
    /// Reads a whole document.
    ///
    /// # Errors
    /// Naming the line that is no XML.
    pub fn parse(text: &str) -> Result<Self, XmlError> {
        let document = Self::parse_fragment(text)?;
        let children = &document.node(Self::ROOT).children;
        let has_text = |id: &NodeId| match &document.node(*id).kind {
            Kind::Text(raw) => !raw.trim().is_empty(),
            Kind::CData(_) => true,
            _ => false,
        };
        let problem = if document.child_elements(Self::ROOT).count() != 1 {
            "a document has one element that holds all others"
        } else if children.iter().any(has_text) {
            "text stands outside of the element that holds all others"
        } else {
            return Ok(document);
        };
        Err(XmlError { line: 1, problem })
    }

    /// Reads what may stand inside of an element.
    pub(super) fn parse_fragment(text: &str) -> Result<Self, XmlError> {
        let line_end = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let mut document = Self {
            nodes: Vec::new(),
            line_end,
        };
        document.add(Kind::Root, 1);
        let mut parsing = Parsing {
            text,
            document,
            open: vec![Self::ROOT],
            line: 1,
            attributes: 0,
        };
        parsing.all()?;
        Ok(parsing.document)
    }
}

struct Parsing<'t> {
    text: &'t str,
    document: Document,
    open: Vec<NodeId>,
    /// Of what is read next.
    line: usize,
    /// Of all elements together.
    attributes: usize,
}

impl Parsing<'_> {
    fn all(&mut self) -> Result<(), XmlError> {
        let mut reader = Reader::from_str(self.text);
        let config = reader.config_mut();
        config.check_comments = true;
        let mut at = 0;
        loop {
            let event = reader.read_event();
            let end = usize::try_from(reader.buffer_position()).unwrap_or(self.text.len());
            let event = event.map_err(|error| self.wrong(problem(&error)))?;
            let raw = &self.text[at..end];
            if matches!(event, Event::Eof) {
                break;
            }
            self.take(&event, raw)?;
            if self.document.nodes.len() + self.attributes > PARTS_MAX {
                return Err(self.wrong("it has more than 300000 elements, texts and attributes"));
            }
            self.line += raw.bytes().filter(|byte| *byte == b'\n').count();
            at = end;
        }
        if self.open.len() > 1 {
            return Err(self.wrong("an element does not end"));
        }
        Ok(())
    }

    fn take(&mut self, event: &Event<'_>, raw: &str) -> Result<(), XmlError> {
        let between = |before: usize, after: usize| raw[before..raw.len() - after].to_owned();
        let kind = match event {
            Event::Start(_) | Event::Empty(_) => {
                let is_empty = matches!(event, Event::Empty(_));
                let element = self.element(&between(1, 1 + usize::from(is_empty)), is_empty)?;
                self.attributes += element.attributes.len();
                let id = self.put(Kind::Element(element));
                if !is_empty {
                    self.open.push(id);
                }
                if self.open.len() > DEPTH_MAX {
                    return Err(self.wrong("it is nested too deeply"));
                }
                return Ok(());
            }
            Event::End(_) => {
                let id = self.open.pop().filter(|_| !self.open.is_empty());
                let id = id.ok_or_else(|| self.wrong("an end tag has no start"))?;
                if let Some(element) = self.document.element_mut(id) {
                    element.end = Some(raw.to_owned());
                }
                return Ok(());
            }
            Event::Text(_) | Event::GeneralRef(_) => return self.text(raw),
            Event::CData(_) => Kind::CData(between(9, 3)),
            Event::Comment(_) => Kind::Comment(between(4, 3)),
            Event::PI(_) => Kind::Instruction(between(2, 2)),
            Event::Decl(_) | Event::DocType(_) => Kind::Declaration(raw.to_owned()),
            Event::Eof => return Ok(()),
        };
        self.put(kind);
        Ok(())
    }

    /// Text comes in pieces, around its references.
    fn text(&mut self, raw: &str) -> Result<(), XmlError> {
        let parent = self.parent();
        let last = self.document.node(parent).children.last().copied();
        if let Some(Kind::Text(text)) = last.map(|last| &mut self.document.node_mut(last).kind) {
            text.push_str(raw);
        } else {
            self.put(Kind::Text(raw.to_owned()));
        }
        Ok(())
    }

    fn parent(&self) -> NodeId {
        self.open.last().copied().unwrap_or(Document::ROOT)
    }

    fn put(&mut self, kind: Kind) -> NodeId {
        let parent = self.parent();
        let id = self.document.add(kind, self.line);
        let at = self.document.node(parent).children.len();
        self.document.insert(parent, at, id);
        id
    }

    /// An element from what stands between the brackets of its tag.
    fn element(&self, tag: &str, is_empty: bool) -> Result<Element, XmlError> {
        let name_length = tag.find(char::is_whitespace).unwrap_or(tag.len());
        let (name, mut rest) = tag.split_at(name_length);
        if !is_name(name) {
            return Err(self.wrong("a tag has no name"));
        }
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            let bare = rest.trim_start();
            let blank = &rest[..rest.len() - bare.len()];
            if bare.is_empty() {
                return Ok(Element {
                    name: name.to_owned(),
                    attributes,
                    blank: blank.to_owned(),
                    end: (!is_empty).then(String::new),
                });
            }
            let (attribute, behind) = attribute(blank, bare)
                .ok_or_else(|| self.wrong("an attribute is not written as name=\"value\""))?;
            if attributes.iter().any(|known| known.name == attribute.name) {
                return Err(self.wrong("an element has an attribute twice"));
            }
            if attributes.len() == ATTRIBUTES_MAX {
                return Err(self.wrong("an element has more than 1000 attributes"));
            }
            attributes.push(attribute);
            rest = behind;
        }
    }

    const fn wrong(&self, problem: &'static str) -> XmlError {
        XmlError {
            line: self.line,
            problem,
        }
    }
}

/// The attribute a text begins with, and what is behind it.
fn attribute<'t>(blank: &str, text: &'t str) -> Option<(Attribute, &'t str)> {
    let equals = text.find('=')?;
    let name = text[..equals].trim_end();
    let value = text[equals + 1..].trim_start();
    let quote = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let value_at = text.len() - value.len() + 1;
    let length = text[value_at..].find(quote)?;
    let raw = &text[value_at..value_at + length];
    if blank.is_empty() || !is_name(name) || raw.contains('<') {
        return None;
    }
    let attribute = Attribute {
        blank: blank.to_owned(),
        name: name.to_owned(),
        equals: text[name.len()..value_at - 1].to_owned(),
        quote,
        raw: raw.to_owned(),
    };
    Some((attribute, &text[value_at + length + 1..]))
}

fn is_name(name: &str) -> bool {
    let is_start = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | ':');
    name.chars().next().is_some_and(is_start)
        && name.chars().all(|letter| {
            is_start(letter) || letter.is_alphanumeric() || "-.\u{b7}".contains(letter)
        })
}

/// What is wrong, without a word of the text: it may hold secrets.
const fn problem(error: &Error) -> &'static str {
    match error {
        Error::IllFormed(_) => "a tag does not end, or another one than was opened is closed",
        Error::Syntax(_) => "a tag, comment or declaration does not end",
        _ => "it cannot be read from here on",
    }
}
