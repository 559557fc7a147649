//! The parts of an OCL text, with comments, order and places.

/// Where something is, in bytes of the text; zero-sized at 0 for what was made by a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// What stands between things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trivia {
    /// With its marks: `# …`, `// …` or `/* … */`.
    Comment(String),
    /// One or more empty lines after a comment.
    Blank,
}

/// Something with the comments around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decorated<T> {
    /// On lines of their own before it.
    pub before: Vec<Trivia>,
    pub inner: T,
    /// Comments behind it on its last line.
    pub after: Vec<String>,
    pub span: Span,
}

/// A whole text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    pub body: Body,
}

/// What a document or a block holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    pub items: Vec<Decorated<Item>>,
    /// Comments after the last item.
    pub end: Vec<Trivia>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Attribute(Attribute),
    Block(Block),
}

/// `name = value`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub value: Value,
    /// Of the value.
    pub span: Span,
}

/// `name "label" { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub name: String,
    pub labels: Vec<String>,
    /// Comments behind the opening brace.
    pub opening: Vec<String>,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    /// Digits as written, with sign and fraction.
    Number(String),
    Text(String),
    Array(List<Self>),
    Dictionary(List<(String, Self)>),
}

/// Elements of an array or entries of a dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T> {
    /// Comments behind the opening mark.
    pub opening: Vec<String>,
    pub entries: Vec<Decorated<T>>,
    /// Comments after the last entry.
    pub end: Vec<Trivia>,
}

impl<T> Decorated<T> {
    /// Without comments.
    pub const fn plain(inner: T) -> Self {
        Self {
            before: Vec::new(),
            inner,
            after: Vec::new(),
            span: Span { start: 0, end: 0 },
        }
    }
}

impl<T> List<T> {
    /// Without comments.
    pub fn plain(entries: impl IntoIterator<Item = T>) -> Self {
        Self {
            opening: Vec::new(),
            entries: entries.into_iter().map(Decorated::plain).collect(),
            end: Vec::new(),
        }
    }

    pub(super) fn has_comments(&self) -> bool {
        let around = |entry: &Decorated<T>| !entry.before.is_empty() || !entry.after.is_empty();
        !self.opening.is_empty() || !self.end.is_empty() || self.entries.iter().any(around)
    }
}

impl Body {
    /// Adds `name = value`.
    pub fn set(&mut self, name: &str, value: Value) {
        self.items.push(Decorated::plain(Item::Attribute(Attribute {
            name: name.to_owned(),
            value,
            span: Span::default(),
        })));
    }

    /// Adds `name = "text"` unless the text is empty.
    pub fn set_text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.set(name, Value::Text(text.to_owned()));
        }
    }

    /// Adds `name = ["…"]` unless there is nothing in it.
    pub fn set_texts(&mut self, name: &str, texts: Vec<String>) {
        if !texts.is_empty() {
            self.set(name, Value::texts(texts));
        }
    }

    /// Adds a block.
    pub fn block(&mut self, name: &str, labels: Vec<String>, body: Self) {
        self.items.push(Decorated::plain(Item::Block(Block {
            name: name.to_owned(),
            labels,
            opening: Vec::new(),
            body,
        })));
    }
}

impl Value {
    /// An array of texts.
    pub fn texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self::Array(List::plain(texts.into_iter().map(Self::Text)))
    }

    /// How people call it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Array(_) => "a list",
            Self::Dictionary(_) => "a dictionary",
        }
    }
}
