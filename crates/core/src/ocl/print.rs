//! From [`Document`] to text, as Octopus writes it: four spaces, an empty line around blocks, several lines as `<<-EOT`.

use super::tree::{Attribute, Block, Body, Decorated, Document, Item, List, Trivia, Value};

/// Writes a document. Parsing the text gives the same document again.
#[must_use]
pub fn print(document: &Document) -> String {
    let mut writer = Writer::default();
    writer.body(&document.body);
    writer.text
}

#[derive(Default)]
struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn body(&mut self, body: &Body) {
        let mut previous: Option<&Item> = None;
        for item in &body.items {
            let is_block = |item: &Item| matches!(item, Item::Block(_));
            if previous.is_some_and(|previous| is_block(previous) || is_block(&item.inner)) {
                self.text.push('\n');
            }
            match &item.inner {
                Item::Attribute(attribute) => self.attribute(item, attribute),
                Item::Block(block) => self.block(item, block),
            }
            previous = Some(&item.inner);
        }
        self.trivia(&body.end);
    }

    fn attribute(&mut self, item: &Decorated<Item>, attribute: &Attribute) {
        self.assignment(item, &attribute.name, &attribute.value);
    }

    fn block(&mut self, item: &Decorated<Item>, block: &Block) {
        self.trivia(&item.before);
        self.indent();
        self.text.push_str(&block.name);
        for label in &block.labels {
            self.text.push(' ');
            self.text.push_str(&quoted(label));
        }
        self.text.push_str(" {");
        let empty =
            block.body.items.is_empty() && block.body.end.is_empty() && block.opening.is_empty();
        if !empty {
            self.line_comments(&block.opening);
            self.text.push('\n');
            self.inside(|writer| writer.body(&block.body));
            self.indent();
        }
        self.text.push('}');
        self.line_comments(&item.after);
        self.text.push('\n');
    }

    /// `name = value` with its comments.
    fn assignment<T>(&mut self, item: &Decorated<T>, name: &str, value: &Value) {
        self.trivia(&item.before);
        let heredoc = matches!(value, Value::Text(text) if is_heredoc(text));
        if heredoc {
            // Nothing may follow the closing word.
            self.own_lines(&item.after);
        }
        self.indent();
        self.text.push_str(name);
        self.text.push_str(" = ");
        self.value(value);
        if !heredoc {
            self.line_comments(&item.after);
        }
        self.text.push('\n');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Text(text) if is_heredoc(text) => self.heredoc(text),
            Value::Array(list) => self.array(list),
            Value::Dictionary(list) => self.dictionary(list),
            other => self.text.push_str(&simple(other)),
        }
    }

    fn array(&mut self, list: &List<Value>) {
        if !list.has_comments() {
            let entries: Vec<_> = list
                .entries
                .iter()
                .map(|entry| simple(&entry.inner))
                .collect();
            self.text.push('[');
            self.text.push_str(&entries.join(", "));
            self.text.push(']');
            return;
        }
        self.text.push('[');
        self.line_comments(&list.opening);
        self.text.push('\n');
        self.inside(|writer| {
            let last = list.entries.len().saturating_sub(1);
            for (position, entry) in list.entries.iter().enumerate() {
                writer.trivia(&entry.before);
                writer.indent();
                writer.text.push_str(&simple(&entry.inner));
                writer.text.push_str(if position < last { "," } else { "" });
                writer.line_comments(&entry.after);
                writer.text.push('\n');
            }
            writer.trivia(&list.end);
        });
        self.indent();
        self.text.push(']');
    }

    fn dictionary(&mut self, list: &List<(String, Value)>) {
        if list.entries.is_empty() && !list.has_comments() {
            self.text.push_str("{}");
            return;
        }
        self.text.push('{');
        self.line_comments(&list.opening);
        self.text.push('\n');
        self.inside(|writer| {
            for entry in &list.entries {
                let (key, value) = &entry.inner;
                writer.assignment(entry, &dictionary_key(key), value);
            }
            writer.trivia(&list.end);
        });
        self.indent();
        self.text.push('}');
    }

    fn heredoc(&mut self, text: &str) {
        let line_end = if text.contains('\r') { "\r\n" } else { "\n" };
        let lines: Vec<&str> = text.split(line_end).collect();
        let tag = free_tag(&lines);
        self.text.push_str("<<-");
        self.text.push_str(&tag);
        self.text.push_str(line_end);
        self.inside(|writer| {
            for line in lines {
                if !line.is_empty() {
                    writer.indent();
                    writer.text.push_str(line);
                }
                writer.text.push_str(line_end);
            }
            writer.indent();
        });
        self.text.push_str(&tag);
    }

    fn trivia(&mut self, trivia: &[Trivia]) {
        for one in trivia {
            match one {
                Trivia::Comment(text) => self.own_lines(std::slice::from_ref(text)),
                Trivia::Blank => self.text.push('\n'),
            }
        }
    }

    fn own_lines(&mut self, comments: &[String]) {
        for comment in comments {
            self.indent();
            self.text.push_str(comment);
            self.text.push('\n');
        }
    }

    fn line_comments(&mut self, comments: &[String]) {
        for comment in comments {
            self.text.push(' ');
            self.text.push_str(comment);
        }
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("    ", self.depth));
    }

    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }
}

/// Several lines whose line ends are all the same; anything else is quoted, so that no character changes.
fn is_heredoc(text: &str) -> bool {
    let newlines = text.matches('\n').count();
    let pairs = text.matches("\r\n").count();
    let returns = text.matches('\r').count();
    newlines > 0 && returns == pairs && (pairs == 0 || pairs == newlines)
}

/// `EOT`, or the first of `EOT1`, `EOT2`, … that is no line of the text.
fn free_tag(lines: &[&str]) -> String {
    let taken = |tag: &str| lines.iter().any(|line| line.trim() == tag);
    if !taken("EOT") {
        return "EOT".to_owned();
    }
    (1_u64..)
        .map(|number| format!("EOT{number}"))
        .find(|tag| !taken(tag))
        .expect("the numbers do not run out")
}

/// A value on one line.
fn simple(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(text) => text.clone(),
        Value::Text(text) => quoted(text),
        // The language has no nesting; the parser never makes it.
        Value::Array(_) | Value::Dictionary(_) => "null".to_owned(),
    }
}

fn dictionary_key(key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-:[]()#/@$+*!?&%~|<>^;".contains(c);
    let comment = ["#", "//", "/*"].iter().any(|mark| key.starts_with(mark));
    if !key.is_empty() && key.chars().all(plain) && !comment {
        key.to_owned()
    } else {
        quoted(key)
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
