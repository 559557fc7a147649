//! Quoted texts and heredocs.

use winnow::Parser as _;
use winnow::token::{any, take_while};

use super::{Input, Parsed, at, peek, take, trivia};
use crate::ocl::error::Fault;

/// `"…"`, with the opening quote next.
pub(super) fn quoted(input: &mut Input<'_>) -> Parsed<String> {
    let start = at(input);
    take(input, '"');
    let mut text = String::new();
    loop {
        let run: &str =
            take_while(0.., |c| !matches!(c, '"' | '\\' | '\n' | '\r')).parse_next(input)?;
        text.push_str(run);
        match peek(input) {
            Some('"') => {
                take(input, '"');
                return Ok(text);
            }
            Some('\\') => text.push(escape(input)?),
            _ => {
                return Err(Fault::new(
                    start,
                    "The text that begins here is not closed on its line.",
                    "Add the missing quote; for several lines write <<-EOT, the lines, and EOT.",
                ));
            }
        }
    }
}

fn escape(input: &mut Input<'_>) -> Parsed<char> {
    let start = at(input);
    take(input, '\\');
    let c = match peek(input) {
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some(c @ ('"' | '\\')) => c,
        _ => {
            return Err(Fault::new(
                start,
                "This is not an escape.",
                "Write \\\\ for a backslash; the others are \\\" \\n \\r \\t.",
            ));
        }
    };
    any.void().parse_next(input)?;
    Ok(c)
}

/// `<<TAG` or `<<-TAG` and lines up to the tag, with `<<` next.
pub(super) fn heredoc(input: &mut Input<'_>) -> Parsed<String> {
    let start = at(input);
    "<<".void().parse_next(input)?;
    let indented = take(input, '-');
    let tag: &str = take_while(0.., |c: char| c.is_alphanumeric() || matches!(c, '_' | '-'))
        .parse_next(input)?;
    if tag.is_empty() {
        let what = "`<<` is not followed by a word.";
        return Err(Fault::new(start, what, "Write for example <<-EOT."));
    }
    trivia::spaces(input)?;
    take(input, '\r');
    if !take(input, '\n') {
        return Err(Fault::new(
            at(input),
            format!("There is something behind `{tag}`."),
            "The text begins on the next line.",
        ));
    }
    let mut lines = Vec::new();
    loop {
        let (line, is_last) = line(input)?;
        if line.trim() == tag {
            let closing = indent_of(line);
            return Ok(joined(&lines, indented.then_some(closing)));
        }
        if is_last {
            return Err(Fault::new(
                start,
                "The text that begins here is never closed.",
                format!("Add a line with only `{tag}` after it."),
            ));
        }
        lines.push(line);
        take(input, '\n');
    }
}

/// The next line without its line end, and whether the text ends with it. The tag's line keeps its line end in the
/// input, because what follows a value is the caller's business.
fn line<'i>(input: &mut Input<'i>) -> Parsed<(&'i str, bool)> {
    let line: &str = take_while(0.., |c| c != '\n').parse_next(input)?;
    let is_last = peek(input).is_none();
    Ok((line, is_last))
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The value of the lines; `closing`: indent of the tag, when what all lines share is taken away.
fn joined(lines: &[&str], closing: Option<usize>) -> String {
    let crlf = lines.iter().any(|line| line.ends_with('\r'));
    let clean: Vec<&str> = lines
        .iter()
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    let filled = clean.iter().filter(|line| !line.trim().is_empty());
    let shared = closing.map_or(0, |closing| {
        filled
            .map(|line| indent_of(line))
            .min()
            .map_or(closing, |min| min.min(closing))
    });
    let cut = |line: &&str| {
        let own = indent_of(line).min(shared);
        line[own..].to_owned()
    };
    let cut: Vec<String> = clean.iter().map(cut).collect();
    cut.join(if crlf { "\r\n" } else { "\n" })
}
