//! Spaces, line ends and comments.

use winnow::Parser as _;
use winnow::token::{take, take_while};

use super::{Input, Parsed, at, peek};
use crate::ocl::error::Fault;
use crate::ocl::tree::Trivia;

/// Spaces and tabs.
pub(super) fn spaces(input: &mut Input<'_>) -> Parsed<()> {
    take_while(0.., [' ', '\t']).void().parse_next(input)
}

/// Everything up to the next thing: comments are kept, and that there was an empty line after one.
pub(super) fn lines(input: &mut Input<'_>) -> Parsed<Vec<Trivia>> {
    let mut found = Vec::new();
    loop {
        let space: &str = take_while(0.., char::is_whitespace).parse_next(input)?;
        // The comment's own line end is one of them, unless it was a `/* */`.
        let blank = space.matches('\n').count() > 1;
        if blank && matches!(found.last(), Some(Trivia::Comment(_))) {
            found.push(Trivia::Blank);
        }
        match comment(input)? {
            Some(comment) => found.push(Trivia::Comment(comment)),
            None => return Ok(found),
        }
    }
}

/// Comments up to the end of the line.
pub(super) fn comments(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    let mut found = Vec::new();
    spaces(input)?;
    while let Some(comment) = comment(input)? {
        found.push(comment);
        spaces(input)?;
    }
    Ok(found)
}

/// As [`comments`], and then the line, the block or the text must be over.
pub(super) fn rest_of_line(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    let found = comments(input)?;
    match peek(input) {
        None | Some('\n' | '\r' | '}') => Ok(found),
        Some(c) => Err(Fault::new(
            at(input),
            format!("Found {c:?} where the line should end."),
            "Begin a new line after a value or a closing brace.",
        )),
    }
}

/// One comment with its marks.
fn comment(input: &mut Input<'_>) -> Parsed<Option<String>> {
    let rest = *input.as_ref();
    if rest.starts_with('#') || rest.starts_with("//") {
        let line: &str = take_while(0.., |c| c != '\n').parse_next(input)?;
        return Ok(Some(line.trim_end().to_owned()));
    }
    if !rest.starts_with("/*") {
        return Ok(None);
    }
    let Some(end) = rest[2..].find("*/") else {
        return Err(Fault::new(
            at(input),
            "The comment that begins here is never closed.",
            "Add the missing `*/`.",
        ));
    };
    let chars = rest[..end + 4].chars().count();
    let comment: &str = take(chars).parse_next(input)?;
    Ok(Some(comment.to_owned()))
}
