//! Values: literals, lists and dictionaries.

use winnow::Parser as _;
use winnow::stream::Location as _;
use winnow::token::take_while;

use super::{Input, Parsed, at, peek, take, text, trivia};
use crate::ocl::error::Fault;
use crate::ocl::tree::{Decorated, List, Span, Trivia, Value};

/// The value of the attribute `name`.
pub(super) fn value(input: &mut Input<'_>, name: &str) -> Parsed<Value> {
    match peek(input) {
        Some('{') => dictionary(input).map(Value::Dictionary),
        Some('[') => array(input).map(Value::Array),
        _ => literal(input, name),
    }
}

fn literal(input: &mut Input<'_>, name: &str) -> Parsed<Value> {
    match peek(input) {
        Some('"') => text::quoted(input).map(Value::Text),
        Some('<') if input.as_ref().starts_with("<<") => text::heredoc(input).map(Value::Text),
        Some('-' | '0'..='9') => number(input),
        Some(c) if c.is_alphabetic() => word(input),
        None | Some('\n' | '\r') => Err(Fault::new(
            at(input),
            format!("`{name}` has no value."),
            format!("Begin the value on the line of the name: `{name} = \"…\"`."),
        )),
        Some('{' | '[') => Err(Fault::new(
            at(input),
            "Lists and dictionaries cannot be inside of lists and dictionaries.",
            "Use texts and numbers, or a block.",
        )),
        Some(c) => Err(Fault::new(
            at(input),
            format!("Found {c:?} where the value of `{name}` should be."),
            "A value is a quoted text, a number, true, false, null, a list or a dictionary.",
        )),
    }
}

fn word(input: &mut Input<'_>) -> Parsed<Value> {
    let start = at(input);
    let word: &str = take_while(0.., |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
    })
    .parse_next(input)?;
    match word {
        "null" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ => Err(Fault::new(
            start,
            format!("`{word}` is not a value."),
            format!("Texts need quotes: \"{word}\"."),
        )),
    }
}

fn number(input: &mut Input<'_>) -> Parsed<Value> {
    let start = at(input);
    let text: &str = take_while(0.., |c: char| {
        c.is_alphanumeric() || matches!(c, '-' | '.' | '+' | '_')
    })
    .parse_next(input)?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let good = match digits.split_once('.') {
        None => all_digits(digits),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
    };
    if good {
        return Ok(Value::Number(text.to_owned()));
    }
    Err(Fault::new(
        start,
        format!("`{text}` is not a number."),
        "Numbers have digits, at most one point, and may begin with -; anything else needs quotes.",
    ))
}

fn array(input: &mut Input<'_>) -> Parsed<List<Value>> {
    let open = at(input);
    take(input, '[');
    let opening = trivia::comments(input)?;
    let mut entries: Vec<Decorated<Value>> = Vec::new();
    loop {
        let before = trivia::lines(input)?;
        if take(input, ']') {
            let end = before;
            return Ok(List {
                opening,
                entries,
                end,
            });
        }
        if peek(input).is_none() {
            let what = "The list that begins here is never closed.";
            return Err(Fault::new(open, what, "Add the missing `]`."));
        }
        let entry = element(input, before)?;
        same_type(entries.first(), &entry)?;
        entries.push(entry);
    }
}

fn element(input: &mut Input<'_>, before: Vec<Trivia>) -> Parsed<Decorated<Value>> {
    let start = at(input);
    let value = literal(input, "the list")?;
    let span = Span {
        start,
        end: input.previous_token_end(),
    };
    let mut after = trivia::comments(input)?;
    // The comma may stand on a line of its own.
    let mut checkpoint = *input;
    let between = trivia::lines(&mut checkpoint)?;
    match peek(&checkpoint) {
        Some(',') => {
            *input = checkpoint;
            take(input, ',');
            after.extend(between.into_iter().filter_map(comment_text));
            after.extend(trivia::comments(input)?);
        }
        Some(']') | None => {}
        Some(_) => {
            return Err(Fault::new(
                at(&checkpoint),
                "Two entries of a list are not separated.",
                "Put a comma between them.",
            ));
        }
    }
    Ok(Decorated {
        before,
        inner: value,
        after,
        span,
    })
}

fn comment_text(trivia: Trivia) -> Option<String> {
    match trivia {
        Trivia::Comment(text) => Some(text),
        Trivia::Blank => None,
    }
}

fn same_type(first: Option<&Decorated<Value>>, entry: &Decorated<Value>) -> Parsed<()> {
    let mixed = first.is_some_and(|first| first.inner.kind() != entry.inner.kind());
    if mixed || matches!(entry.inner, Value::Null | Value::Bool(_)) {
        return Err(Fault::new(
            entry.span.start,
            "A list has only texts or only numbers.",
            "Put this entry in quotes like the others, or take it out.",
        ));
    }
    Ok(())
}

fn dictionary(input: &mut Input<'_>) -> Parsed<List<(String, Value)>> {
    let open = at(input);
    take(input, '{');
    let opening = trivia::comments(input)?;
    let mut entries = Vec::new();
    loop {
        let before = trivia::lines(input)?;
        if take(input, '}') {
            let end = before;
            return Ok(List {
                opening,
                entries,
                end,
            });
        }
        if peek(input).is_none() {
            let what = "The dictionary that begins here is never closed.";
            return Err(Fault::new(open, what, "Add the missing `}`."));
        }
        entries.push(entry(input, before)?);
    }
}

fn entry(input: &mut Input<'_>, before: Vec<Trivia>) -> Parsed<Decorated<(String, Value)>> {
    let start = at(input);
    let key = key(input)?;
    trivia::spaces(input)?;
    if !take(input, '=') {
        return Err(Fault::new(
            at(input),
            format!("`{key}` is not followed by `=`."),
            "Entries of a dictionary are `key = value`; keys with spaces need quotes.",
        ));
    }
    trivia::spaces(input)?;
    let value = literal(input, &key)?;
    let span = Span {
        start,
        end: input.previous_token_end(),
    };
    let after = trivia::rest_of_line(input)?;
    Ok(Decorated {
        before,
        inner: (key, value),
        after,
        span,
    })
}

fn key(input: &mut Input<'_>) -> Parsed<String> {
    if peek(input) == Some('"') {
        return text::quoted(input);
    }
    let start = at(input);
    let key: &str = take_while(0.., |c: char| {
        !c.is_whitespace() && !matches!(c, '"' | '=' | '{' | '}')
    })
    .parse_next(input)?;
    if key.is_empty() {
        let what = "There is no key before this.";
        return Err(Fault::new(
            start,
            what,
            "Entries of a dictionary are `key = value`.",
        ));
    }
    Ok(key.to_owned())
}
