//! Names, filters and their options.

use super::super::ast::{Call, Expr, Operand, Opt, Step, Symbol};
use super::scan::Scanner;
use super::{ParseError, block};

type Parsed<T> = Result<T, ParseError>;

/// Characters a name may have between dots and brackets (Octopus' rule).
pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || "_-:/~()@".contains(c)
}

/// A name, filters, or both.
pub(super) fn expr(s: &mut Scanner<'_>) -> Parsed<Expr> {
    let symbol = symbol(s)?;
    let filters = filters(s)?;
    if symbol.is_none() && filters.is_empty() {
        return Err(s.error("expected the name of a variable; write `##{` for a literal `#{`"));
    }
    Ok(Expr { symbol, filters })
}

/// One side of a condition.
pub(super) fn operand(s: &mut Scanner<'_>) -> Parsed<Operand> {
    s.skip_space();
    match quoted(s)? {
        Some(text) => Ok(Operand::Quoted(text)),
        None => expr(s).map(Operand::Expr),
    }
}

/// A name with its steps; `None` when there is none (as in `#{ | NowDate}`).
pub(super) fn symbol(s: &mut Scanner<'_>) -> Parsed<Option<Symbol>> {
    s.skip_space();
    let first = s.eat_while(is_name).trim();
    if first.is_empty() {
        return match s.peek() {
            Some('.' | '[') => Err(s.error("a name must come first, before `.` or `[`")),
            _ => Ok(None),
        };
    }
    let mut steps = vec![Step::Name(first.to_owned())];
    loop {
        if s.eat(".") {
            let name = s.eat_while(is_name).trim();
            if name.is_empty() {
                return Err(s.error("expected a name after `.`"));
            }
            steps.push(Step::Name(name.to_owned()));
        } else if s.eat("[") {
            steps.push(index(s)?);
        } else {
            return Ok(Some(Symbol { steps }));
        }
        s.skip_space();
    }
}

pub(super) fn index(s: &mut Scanner<'_>) -> Parsed<Step> {
    if s.starts_with("#{")
        && let Some(step) = computed_index(s)?
    {
        return Ok(step);
    }
    let Some(text) = super::super::path::index_at(s.rest()) else {
        return Err(s.error("expected the `]` that closes this `[`"));
    };
    s.go_to(s.at() + text.len() + 1);
    Ok(if text.trim() == "*" {
        Step::First
    } else {
        Step::Index(text.trim().to_owned())
    })
}

fn computed_index(s: &mut Scanner<'_>) -> Parsed<Option<Step>> {
    let mut ahead = s.clone();
    ahead.eat("#{");
    let symbol = ahead.nested(symbol)?;
    ahead.skip_space();
    if !(ahead.eat("}") && ahead.eat("]")) {
        return Err(ahead
            .error("expected `}]`: an index is a plain text or one `#{Name}`, without filters"));
    }
    *s = ahead;
    Ok(symbol.map(Step::IndexOf))
}

fn filters(s: &mut Scanner<'_>) -> Parsed<Vec<Call>> {
    let mut calls = Vec::new();
    loop {
        s.skip_space();
        if !s.eat("|") {
            return Ok(calls);
        }
        s.skip_space();
        let filter = s.eat_while(|c| c.is_alphanumeric() || c == '_').to_owned();
        if filter.is_empty() {
            return Err(s.error("expected the name of a filter after `|`, such as `ToLower`"));
        }
        calls.push(Call {
            filter,
            options: options(s)?,
        });
    }
}

/// Options are separated by white space.
fn options(s: &mut Scanner<'_>) -> Parsed<Vec<Opt>> {
    let mut options = Vec::new();
    loop {
        s.skip_space();
        if s.starts_with("#{") {
            options.push(Opt::Node(Box::new(block::braced(s)?)));
        } else if let Some(text) = quoted(s)? {
            options.push(Opt::Word(text));
        } else {
            let word = s.eat_while(|c| !c.is_whitespace() && !"|}#\"=!".contains(c));
            let word = if word.is_empty() { lone_sign(s) } else { word };
            if word.is_empty() {
                return Ok(options);
            }
            options.push(Opt::Word(word.to_owned()));
        }
    }
}

/// `#`, `=` and `!` end a word but may be one, as long as they start no `#{`, `==` or `!=`.
fn lone_sign<'a>(s: &mut Scanner<'a>) -> &'a str {
    let rest = s.rest();
    let starts_more = ["#{", "==", "!="].iter().any(|more| rest.starts_with(more));
    let start = s.at();
    if !starts_more && rest.starts_with(['#', '=', '!']) {
        s.go_to(start + 1);
        s.eat_while(|c| !c.is_whitespace() && !"|}#\"=!".contains(c));
    }
    s.since(start)
}

/// `"text"`, or `\"text\"` as it stands inside a JSON string.
fn quoted(s: &mut Scanner<'_>) -> Parsed<Option<String>> {
    for (quote, name) in [("\\\"", "`\\\"`"), ("\"", "`\"`")] {
        if s.eat(quote) {
            let Some(length) = s.rest().find(quote) else {
                return Err(s.error(format!("expected the {name} that closes this text")));
            };
            let text = s.rest()[..length].to_owned();
            s.go_to(s.at() + length + quote.len());
            return Ok(Some(text));
        }
    }
    Ok(None)
}
