//! Text, substitutions and the blocks `if`, `unless`, `each` and `calc`.

use super::super::ast::{Arm, Conditional, Each, Node, Test};
use super::scan::Scanner;
use super::{ParseError, calc, expr};

type Parsed<T> = Result<T, ParseError>;

/// Nodes up to the end, or to a `#{/...}` or `#{else...}` that belongs to an outer block.
pub(super) fn nodes(s: &mut Scanner<'_>) -> Parsed<Vec<Node>> {
    let mut nodes = Vec::new();
    while let Some(node) = node(s)? {
        nodes.push(node);
    }
    Ok(nodes)
}

/// One node; `None` at the end or before what closes an outer block.
pub(super) fn node(s: &mut Scanner<'_>) -> Parsed<Option<Node>> {
    if s.rest().is_empty() || closes(s) {
        return Ok(None);
    }
    if s.starts_with("#{") {
        return braced(s).map(Some);
    }
    if s.eat("##{") {
        return Ok(Some(Node::Escape));
    }
    let start = s.at();
    if s.starts_with("###{") {
        s.eat("##");
        return Ok(Some(Node::Text(start..start + 1)));
    }
    while !s.rest().is_empty()
        && !s.starts_with("#{")
        && !s.starts_with("##{")
        && !s.starts_with("###{")
    {
        text_unit(s);
    }
    Ok(Some(Node::Text(start..s.at())))
}

/// A lone `#` takes the character behind it along, so `####{X}` is `##` and an escape (Octopus' rule).
fn text_unit(s: &mut Scanner<'_>) {
    if s.eat("#") {
        if let Some(next) = s.peek() {
            s.go_to(s.at() + next.len_utf8());
        }
    } else {
        s.eat_while(|c| c != '#');
    }
}

fn closes(s: &Scanner<'_>) -> bool {
    s.starts_with("#{/") || is_else(s) || is_elseif(s)
}

fn is_else(s: &Scanner<'_>) -> bool {
    let mut ahead = s.clone();
    ahead.eat("#{") && ahead.eat_word("else") && ahead.eat("}")
}

fn is_elseif(s: &Scanner<'_>) -> bool {
    let mut ahead = s.clone();
    ahead.eat("#{") && ahead.eat_word("elseif") && ahead.peek().is_some_and(char::is_whitespace)
}

/// What to say about the `#{/...}` or `#{else}` that nothing opened.
pub(super) fn stray(s: &Scanner<'_>) -> String {
    if s.starts_with("#{/") {
        "nothing is open that could be closed here; add the matching `#{if ...}`, `#{unless ...}` or `#{each ...}`, or write `##{` for a literal `#{`".to_owned()
    } else {
        "`else` belongs between `#{if ...}` and `#{/if}`; an `elseif` cannot follow an `else` or stand in `unless`".to_owned()
    }
}

/// Anything that starts with `#{`.
pub(super) fn braced(s: &mut Scanner<'_>) -> Parsed<Node> {
    let start = s.at();
    s.eat("#{");
    s.nested(|s| {
        if keyword(s, "if") {
            conditional(s, false)
        } else if keyword(s, "unless") {
            conditional(s, true)
        } else if keyword(s, "each") {
            each(s)
        } else if keyword(s, "calc") {
            let sum = calc::sum(s)?;
            s.skip_space();
            s.expect("}", "expected `+`, `-`, `*`, `/` or the closing `}` of calc; put names with `-` or `/` in braces: `{My-Name}`")?;
            Ok(Node::Calc(start..s.at(), sum))
        } else {
            let expr = expr::expr(s)?;
            s.skip_space();
            s.expect("}", "expected `}`, `|`, `.` or `[`; write `##{` for a literal `#{`")?;
            Ok(Node::Substitution(start..s.at(), expr))
        }
    })
}

/// A keyword needs white space behind it: `#{ifX}` is a name.
fn keyword(s: &mut Scanner<'_>, word: &str) -> bool {
    let mut ahead = s.clone();
    let found = ahead.eat_word(word) && ahead.peek().is_some_and(char::is_whitespace);
    if found {
        *s = ahead;
        s.skip_space();
    }
    found
}

fn conditional(s: &mut Scanner<'_>, negated: bool) -> Parsed<Node> {
    let name = if negated { "unless" } else { "if" };
    let condition = test(s)?;
    let mut arms = vec![Arm {
        condition,
        negated,
        body: nodes(s)?,
    }];
    while !negated && is_elseif(s) {
        s.eat("#{");
        keyword(s, "elseif");
        let condition = test(s)?;
        arms.push(Arm {
            condition,
            negated,
            body: nodes(s)?,
        });
    }
    let mut otherwise = Vec::new();
    if is_else(s) {
        s.go_to(s.at() + "#{else}".len());
        otherwise = nodes(s)?;
    }
    close(s, name)?;
    Ok(Node::If(Conditional { arms, otherwise }))
}

fn test(s: &mut Scanner<'_>) -> Parsed<Test> {
    let left = expr::operand(s)?;
    s.skip_space();
    let equal = s.eat("==");
    let test = if equal || s.eat("!=") {
        s.skip_space();
        let right = expr::operand(s)?;
        if equal {
            Test::Equal(left, right)
        } else {
            Test::NotEqual(left, right)
        }
    } else {
        Test::Truthy(left)
    };
    s.skip_space();
    s.expect(
        "}",
        "expected `==`, `!=` or the `}` that ends the condition",
    )?;
    Ok(test)
}

fn each(s: &mut Scanner<'_>) -> Parsed<Node> {
    let item = s
        .eat_while(|c| expr::is_name(c) && !c.is_whitespace())
        .to_owned();
    if item.is_empty() {
        return Err(s.error("expected the name of the item: `#{each item in Collection}`"));
    }
    s.skip_space();
    if !keyword(s, "in") {
        return Err(s.error("expected `in`: `#{each item in Collection}`"));
    }
    let Some(collection) = expr::symbol(s)? else {
        return Err(s.error("expected the name of the collection: `#{each item in Collection}`"));
    };
    s.skip_space();
    s.expect(
        "}",
        "expected the `}` that ends `#{each item in Collection}`",
    )?;
    let body = nodes(s)?;
    close(s, "each")?;
    Ok(Node::Each(Each {
        item,
        collection,
        body,
    }))
}

fn close(s: &mut Scanner<'_>, name: &str) -> Parsed<()> {
    let mut ahead = s.clone();
    if ahead.eat("#{/") && ahead.eat_word(name) {
        ahead.skip_space();
        if ahead.eat("}") {
            *s = ahead;
            return Ok(());
        }
    }
    Err(s.error(format!(
        "expected `#{{/{name}}}`, which closes the `{name}` opened before"
    )))
}
