//! The variables one text names.

use crate::template::ast::{Arm, Calc, Call, Conditional, Each, Expr, Node, Operand, Opt, Step};
use crate::template::ast::{Symbol, Test};
use crate::template::parse;

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// As it is written.
    pub name: String,
    /// From 1, within the text.
    pub line: usize,
}

/// How scripts ask for a variable; a quoted name follows.
const ASKED_WITH: [&str; 5] = [
    "get_octopusvariable",
    "octopus_parameters",
    "OctopusParameters",
    "Octopus.Parameters",
    "Octopus.FindVariable",
];

/// Every variable a text names, each once per line, in the order of lines.
#[must_use]
pub fn reads(text: &str) -> Vec<Read> {
    let mut walk = Walk {
        source: text,
        found: Vec::new(),
        items: Vec::new(),
    };
    if text.contains("#{") {
        walk.nodes(&parse::lenient(text).0.nodes, 0);
    }
    for asked in ASKED_WITH {
        for (at, _) in text.match_indices(asked) {
            if let Some(name) = asked_for(&text[at + asked.len()..]) {
                walk.note(name, at);
            }
        }
    }
    let mut found = walk.found;
    found.sort_by(|a, b| (a.line, &a.name).cmp(&(b.line, &b.name)));
    found.dedup();
    found
}

/// The literal name after `get_octopusvariable` and its like: `"Name"`, `['Name']`, `("Name")`, or a bare word.
fn asked_for(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches([' ', '\t', '[', '(']);
    let quote = rest.chars().next()?;
    let name = if matches!(quote, '"' | '\'') {
        rest[1..].split(quote).next()?
    } else {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        &rest[..end.unwrap_or(rest.len())]
    };
    let is_literal = !name.trim().is_empty() && !name.contains(['$', '\n', '#', '`']);
    is_literal.then(|| name.trim())
}

struct Walk<'t> {
    source: &'t str,
    found: Vec<Read>,
    /// Names that stand for the item of an `#{each}` around.
    items: Vec<String>,
}

impl Walk<'_> {
    fn note(&mut self, name: &str, at: usize) {
        let line = self.source[..at].matches('\n').count() + 1;
        self.found.push(Read {
            name: name.to_owned(),
            line,
        });
    }

    fn nodes(&mut self, nodes: &[Node], at: usize) {
        let mut at = at;
        for node in nodes {
            at = self.node(node, at);
        }
    }

    /// Answers where in the source the node ends, as far as is known: blocks do not say where they are.
    fn node(&mut self, node: &Node, at: usize) -> usize {
        match node {
            Node::Text(span) => return span.end,
            Node::Escape => {}
            Node::Substitution(span, expr) => {
                self.expr(expr, span.start);
                return span.end;
            }
            Node::Calc(span, calc) => {
                self.calc(calc, span.start);
                return span.end;
            }
            Node::If(Conditional { arms, otherwise }) => {
                for Arm {
                    condition, body, ..
                } in arms
                {
                    self.test(condition, at);
                    self.nodes(body, at);
                }
                self.nodes(otherwise, at);
            }
            Node::Each(Each {
                item,
                collection,
                body,
            }) => {
                self.symbol(collection, at);
                self.items.push(item.to_lowercase());
                self.nodes(body, at);
                self.items.pop();
            }
        }
        at
    }

    fn test(&mut self, test: &Test, at: usize) {
        let mut operand = |operand: &Operand| {
            if let Operand::Expr(expr) = operand {
                self.expr(expr, at);
            }
        };
        match test {
            Test::Truthy(one) => operand(one),
            Test::Equal(one, other) | Test::NotEqual(one, other) => {
                operand(one);
                operand(other);
            }
        }
    }

    fn expr(&mut self, expr: &Expr, at: usize) {
        if let Some(symbol) = &expr.symbol {
            self.symbol(symbol, at);
        }
        for Call { options, .. } in &expr.filters {
            for option in options {
                if let Opt::Node(node) = option {
                    self.node(node, at);
                }
            }
        }
    }

    fn calc(&mut self, calc: &Calc, at: usize) {
        match calc {
            Calc::Number(_) => {}
            Calc::Value(symbol) => self.symbol(symbol, at),
            Calc::Chain(first, rest) => {
                self.calc(first, at);
                for (_, next) in rest {
                    self.calc(next, at);
                }
            }
        }
    }

    fn symbol(&mut self, symbol: &Symbol, at: usize) {
        let computed = symbol
            .steps
            .iter()
            .position(|step| matches!(step, Step::IndexOf(_) | Step::First));
        for step in &symbol.steps {
            if let Step::IndexOf(inner) = step {
                self.symbol(inner, at);
            }
        }
        let is_item = |step: &Step| matches!(step, Step::Name(name) if self.items.contains(&name.to_lowercase()));
        if symbol.steps.first().is_some_and(is_item) {
            return;
        }
        // What comes before a computed index names all that is below it.
        let known = Symbol {
            steps: symbol.steps[..computed.unwrap_or(symbol.steps.len())].to_vec(),
        };
        self.note(&known.to_string(), at);
    }
}
