//! From text to [`Document`].
//!
//! Every choice is made by looking at the next character, so an error is always about the place where it is found.
//! Bounds: [`BYTES_MAX`] of text, [`DEPTH_MAX`] blocks in each other; the time is linear in the text.

mod literal;
mod text;
mod trivia;

use winnow::Parser as _;
use winnow::error::ParserError;
use winnow::stream::{LocatingSlice, Location as _};
use winnow::token::take_while;

use super::OclError;
use super::error::Fault;
use super::tree::{Attribute, Block, Body, Decorated, Document, Item, Span, Trivia};

/// Longest text that is read.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most blocks in each other.
pub const DEPTH_MAX: usize = 32;

type Input<'i> = LocatingSlice<&'i str>;
type Parsed<T> = Result<T, Fault>;

/// The parsers here say themselves what they expected; this is for the tokens below them, which never fail alone.
impl<'i> ParserError<Input<'i>> for Fault {
    type Inner = Self;

    fn from_input(input: &Input<'i>) -> Self {
        Self::new(
            input.current_token_start(),
            "This cannot be read here.",
            "Look for a missing quote or brace before it.",
        )
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// Reads a whole text.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<Document, OclError> {
    document(text).map_err(|fault| fault.locate(text))
}

pub(super) fn document(text: &str) -> Parsed<Document> {
    if text.len() > BYTES_MAX {
        let what = format!("The text has {} bytes.", text.len());
        return Err(Fault::new(
            0,
            what,
            format!("At most {BYTES_MAX} are read."),
        ));
    }
    let mut input = LocatingSlice::new(text);
    // A byte-order mark, as some editors write.
    take_while(0..=1, '\u{feff}')
        .void()
        .parse_next(&mut input)?;
    let body = body(&mut input, 0)?;
    match peek(&input) {
        None => Ok(Document { body }),
        Some(_) => Err(Fault::new(
            at(&input),
            "This closing brace has no opening one.",
            "Remove it, or add the block it belongs to.",
        )),
    }
}

/// Items up to a closing brace (not taken) or the end.
fn body(input: &mut Input<'_>, depth: usize) -> Parsed<Body> {
    let mut body = Body::default();
    loop {
        let before = trivia::lines(input)?;
        if matches!(peek(input), None | Some('}')) {
            body.end = before;
            return Ok(body);
        }
        body.items.push(item(input, before, depth)?);
    }
}

fn item(input: &mut Input<'_>, before: Vec<Trivia>, depth: usize) -> Parsed<Decorated<Item>> {
    let start = at(input);
    let name = name(input)?;
    trivia::spaces(input)?;
    let inner = if peek(input) == Some('=') {
        Item::Attribute(attribute(input, name)?)
    } else {
        Item::Block(block(input, name, depth + 1)?)
    };
    let end = input.previous_token_end();
    let after = trivia::rest_of_line(input)?;
    Ok(Decorated {
        before,
        inner,
        after,
        span: Span { start, end },
    })
}

fn name(input: &mut Input<'_>) -> Parsed<String> {
    let start = at(input);
    let name: &str =
        take_while(0.., |c: char| c.is_alphanumeric() || c == '_').parse_next(input)?;
    if name.is_empty() {
        let found = peek(input).map_or_else(String::new, |c| format!("{c:?}"));
        return Err(Fault::new(
            start,
            format!("Found {found} where a name should be."),
            "Names have letters, digits and `_`; texts need quotes and stand behind `name =`.",
        ));
    }
    Ok(name.to_owned())
}

fn attribute(input: &mut Input<'_>, name: String) -> Parsed<Attribute> {
    take(input, '=');
    trivia::spaces(input)?;
    let start = at(input);
    let value = literal::value(input, &name)?;
    let span = Span {
        start,
        end: input.previous_token_end(),
    };
    Ok(Attribute { name, value, span })
}

fn block(input: &mut Input<'_>, name: String, depth: usize) -> Parsed<Block> {
    let mut labels = Vec::new();
    while peek(input) == Some('"') {
        labels.push(text::quoted(input)?);
        trivia::spaces(input)?;
    }
    let open = at(input);
    if !take(input, '{') {
        return Err(unopened(&name, open, input.as_ref()));
    }
    if depth > DEPTH_MAX {
        return Err(Fault::new(
            open,
            format!("More than {DEPTH_MAX} blocks are in each other."),
            "Look for a missing closing brace before it.",
        ));
    }
    trivia::spaces(input)?;
    let opening = trivia::comments(input)?;
    let body = body(input, depth)?;
    if !take(input, '}') {
        return Err(Fault::new(
            open,
            format!("The block `{name}` that begins here is never closed."),
            "Add the missing `}`.",
        ));
    }
    Ok(Block {
        name,
        labels,
        opening,
        body,
    })
}

/// What stands where a block should begin.
fn unopened(name: &str, at: usize, rest: &str) -> Fault {
    let is_label = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let after = rest.trim_start_matches(is_label);
    let label = &rest[..rest.len() - after.len()];
    if !label.is_empty() && after.trim_start_matches(' ').starts_with('{') {
        return Fault::new(
            at,
            format!("`{label}`, the name of this `{name}`, is not in quotes."),
            format!("Write `{name} \"{label}\" {{`."),
        );
    }
    Fault::new(
        at,
        format!("`{name}` is followed by neither `=` nor `{{`."),
        format!("Write `{name} = value`, or `{name} {{` and the block's content."),
    )
}

fn peek(input: &Input<'_>) -> Option<char> {
    input.as_ref().chars().next()
}

fn at(input: &Input<'_>) -> usize {
    input.current_token_start()
}

/// Takes this character if it is next.
fn take(input: &mut Input<'_>, mut c: char) -> bool {
    let taken: Result<char, Fault> = c.parse_next(input);
    taken.is_ok()
}
