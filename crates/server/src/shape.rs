//! Shapes of JSON bodies: one description per body, from which follow the OpenAPI document, the binding of
//! request keys in any case of letters, type errors with a path, and defaults.
//!
//! Shapes are constants built with `field(..)`, so they cost neither start-up time nor a derive macro. They
//! describe the API, not the domain: what a document *means* is parsed by the core's types afterwards.

use serde_json::{Map, Value};

pub(crate) mod bind;
pub(crate) mod schema;

/// What a JSON value may be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    Any,
    Text,
    Bool,
    /// A whole number that fits 64 bits.
    Int,
    Number,
    /// ISO 8601 with an offset, e.g. `2026-01-02T03:04:05.678+00:00`.
    Time,
    /// One of these words; accepted in any case of letters, always answered as written here.
    Word(&'static [&'static str]),
    List(&'static Self),
    /// Free keys, kept letter by letter.
    Map(&'static Self),
    Object(&'static Object),
    /// `{HasValue, NewValue, Hint}`: `NewValue` is never answered.
    Sensitive,
    /// A text or a [`Shape::Sensitive`].
    Property,
}

/// A JSON object with known keys. Unknown keys of a request are kept as they are.
#[derive(Debug)]
pub struct Object {
    /// Name in the OpenAPI document.
    pub name: &'static str,
    pub fields: &'static [Field],
}

/// One known key of an [`Object`].
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub about: &'static str,
    /// Must be present and neither null nor blank in a request.
    pub required: bool,
    /// The server's to say: ignored in requests.
    pub read_only: bool,
    /// Filled in when a request leaves the key out or says null; JSON text.
    pub default: Option<&'static str>,
    /// A request that replaces a document and leaves the key out does not change it.
    pub kept: bool,
    /// Most characters of a text.
    pub chars_max: usize,
}

pub const TEXT: Shape = Shape::Text;
pub const TEXTS: Shape = Shape::List(&Shape::Text);
pub const BOOL: Shape = Shape::Bool;
pub const INT: Shape = Shape::Int;
pub const TIME: Shape = Shape::Time;
pub const LINKS: Shape = Shape::Map(&Shape::Text);
pub const PROPERTIES: Shape = Shape::Map(&Shape::Property);

/// Enough for any script; the body's limit is lower in most places.
const CHARS_MAX: usize = 4 * 1024 * 1024;

/// A key that may be left out.
#[must_use]
pub const fn field(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        about: "",
        required: false,
        read_only: false,
        default: None,
        kept: false,
        chars_max: CHARS_MAX,
    }
}

impl Field {
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Fills the key with this JSON text when a request leaves it out or says null: clients of typed languages say
    /// null for every list they never touched, and cannot read one where a list belongs.
    #[must_use]
    pub const fn or(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }

    /// Stays as it is stored when a replacement leaves the key out: clients of typed languages drop keys they have no
    /// name for, and must not reset by that what they cannot know.
    #[must_use]
    pub const fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    pub(crate) fn default_value(&self) -> Option<Value> {
        self.default
            .map(|json| serde_json::from_str(json).expect("defaults of shapes are JSON, tested"))
    }

    #[must_use]
    pub const fn max(mut self, chars: usize) -> Self {
        self.chars_max = chars;
        self
    }

    #[must_use]
    pub const fn about(mut self, text: &'static str) -> Self {
        self.about = text;
        self
    }
}

/// The keys every resource has; the server writes them.
pub const ID: Field = field("Id", TEXT).read_only();
pub const SPACE_ID: Field = field("SpaceId", TEXT).read_only();
pub const LINKS_FIELD: Field = field("Links", LINKS).read_only();
pub const MODIFIED_ON: Field = field("LastModifiedOn", TIME).read_only();
pub const MODIFIED_BY: Field = field("LastModifiedBy", TEXT).read_only();
pub const NAME: Field = field("Name", TEXT).required().max(200);
pub const SLUG: Field = field("Slug", TEXT)
    .max(200)
    .about("Made from the name when left out.");
pub const DESCRIPTION: Field = field("Description", TEXT).or("\"\"").max(100_000);

/// The keys of `a` and then those of `b`; `N` is how many they are together.
#[must_use]
pub const fn joined<T: Copy, const A: usize, const B: usize, const N: usize>(
    a: [T; A],
    b: [T; B],
) -> [T; N] {
    assert!(A + B == N && A > 0, "N is how many there are together");
    let mut all = [a[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < A { a[at] } else { b[at - A] };
        at += 1;
    }
    all
}

impl Object {
    /// Fills what a bound body left out and may leave out: with what is stored, else with the default.
    pub(crate) fn keep(&self, body: &mut Map<String, Value>, stored: Option<&Map<String, Value>>) {
        for field in self.fields.iter().filter(|field| field.kept) {
            if body.contains_key(field.name) {
                continue;
            }
            let known = stored.and_then(|stored| stored.get(field.name)).cloned();
            if let Some(value) = known.or_else(|| field.default_value()) {
                body.insert(field.name.to_owned(), value);
            }
        }
    }
}

/// How a secret travels in a request; answers never hold `NewValue`.
pub(crate) static SENSITIVE: Object = Object {
    name: "SensitiveValue",
    fields: &[
        field("HasValue", BOOL),
        field("NewValue", TEXT),
        field("Hint", TEXT),
    ],
};

impl Shape {
    /// How error messages call it.
    pub(crate) fn called(&self) -> String {
        match self {
            Self::Any => "any value".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Int => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Time => "a time such as 2026-01-02T03:04:05+00:00".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) | Self::Object(_) | Self::Sensitive => "an object".to_owned(),
            Self::Property => "a text or a sensitive value".to_owned(),
        }
    }
}
