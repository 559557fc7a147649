//! The arithmetic of `#{calc ...}`: `*` and `/` bind stronger than `+` and `-`, from left to right.

use super::super::ast::{Calc, Operator, Step, Symbol};
use super::scan::Scanner;
use super::{ParseError, expr};

type Parsed<T> = Result<T, ParseError>;

pub(super) fn sum(s: &mut Scanner<'_>) -> Parsed<Calc> {
    chain(s, &[("+", Operator::Add), ("-", Operator::Subtract)], |s| {
        chain(
            s,
            &[("*", Operator::Multiply), ("/", Operator::Divide)],
            operand,
        )
    })
}

fn chain(
    s: &mut Scanner<'_>,
    operators: &[(&str, Operator)],
    part: impl Fn(&mut Scanner<'_>) -> Parsed<Calc>,
) -> Parsed<Calc> {
    let first = part(s)?;
    let mut rest = Vec::new();
    loop {
        s.skip_space();
        let Some((_, operator)) = operators.iter().find(|(sign, _)| s.eat(sign)) else {
            break;
        };
        rest.push((*operator, part(s)?));
    }
    Ok(if rest.is_empty() {
        first
    } else {
        Calc::Chain(Box::new(first), rest)
    })
}

fn operand(s: &mut Scanner<'_>) -> Parsed<Calc> {
    s.skip_space();
    if s.eat("(") {
        let inner = s.nested(sum)?;
        s.skip_space();
        s.expect(")", "expected `)`")?;
        return Ok(inner);
    }
    if s.eat("{") {
        let symbol = expr::symbol(s)?;
        s.skip_space();
        s.expect("}", "expected the `}` that closes the name")?;
        return symbol
            .map(Calc::Value)
            .ok_or_else(|| s.error("expected a name in `{ }`"));
    }
    match number(s) {
        Some(number) => Ok(Calc::Number(number)),
        None => plain_symbol(s).map(Calc::Value),
    }
}

/// A number, if what comes next is not the start of a name such as `2nd`.
fn number(s: &mut Scanner<'_>) -> Option<f64> {
    let mut ahead = s.clone();
    let start = ahead.at();
    ahead.eat("-");
    ahead.eat_while(|c| c.is_ascii_digit() || c == '.');
    let number = ahead.since(start).parse().ok()?;
    if ahead
        .peek()
        .is_some_and(|c| c.is_alphabetic() || "_[:".contains(c))
    {
        return None;
    }
    *s = ahead;
    Some(number)
}

/// A name without the characters that mean arithmetic.
fn plain_symbol(s: &mut Scanner<'_>) -> Parsed<Symbol> {
    let is_plain = |c: char| expr::is_name(c) && !"-/()".contains(c);
    let mut ahead = s.clone();
    let mut steps: Vec<Step> = Vec::new();
    loop {
        let name = ahead.eat_while(is_plain).trim();
        if name.is_empty() {
            return Err(ahead.error("expected a number, a name or `(`; put names with `-` or `/` in braces: `{My-Name}`"));
        }
        steps.push(Step::Name(name.to_owned()));
        while ahead.eat("[") {
            steps.push(expr::index(&mut ahead)?);
            ahead.skip_space();
        }
        if !ahead.eat(".") {
            *s = ahead;
            return Ok(Symbol { steps });
        }
    }
}
