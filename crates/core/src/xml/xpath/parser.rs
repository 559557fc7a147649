//! The grammar of paths: `or` over `and` over comparisons over sums, down to steps with predicates.

use super::XPathError;
use super::function::Function;
use super::lexer::{Token, tokens};

/// Deeper than anybody writes, and far from the end of the stack.
const DEPTH_MAX: usize = 64;

#[derive(Debug, Clone)]
pub(super) enum Expression {
    Binary(Operator, Box<(Self, Self)>),
    Negative(Box<Self>),
    Text(String),
    Number(f64),
    Call(Function, Vec<Self>),
    Path(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divided,
    Modulo,
    Union,
}

#[derive(Debug, Clone)]
pub(super) struct Path {
    pub start: Start,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(super) enum Start {
    Here,
    Root,
    /// What an expression in parentheses or a function leads to, filtered.
    Of(Box<Expression>, Vec<Expression>),
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub axis: Axis,
    pub test: Test,
    pub predicates: Vec<Expression>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Itself,
    Parent,
    Ancestor,
    AncestorOrSelf,
    Attribute,
    FollowingSibling,
    PrecedingSibling,
    Following,
    Preceding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Node,
    Text,
    Comment,
    /// Of this name, or any.
    Instruction(Option<String>),
    /// Prefix and local part; `*` for any.
    Name(String, String),
}

/// From the weakest to the strongest.
const LEVELS: [&[(&str, Operator)]; 7] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::Unequal)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[
        ("*", Operator::Times),
        ("div", Operator::Divided),
        ("mod", Operator::Modulo),
    ],
    &[("|", Operator::Union)],
];
/// Where a minus sign may stand: before a union.
const UNION: usize = 6;

pub(super) fn parse(text: &str) -> Result<Expression, XPathError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let expression = parser.expression()?;
    if parser.at < parser.tokens.len() {
        return Err(XPathError::Malformed("something stands behind its end"));
    }
    Ok(expression)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn expression(&mut self) -> Result<Expression, XPathError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(XPathError::Malformed("it is nested too deeply"));
        }
        let expression = self.level(0)?;
        self.depth -= 1;
        Ok(expression)
    }

    fn level(&mut self, level: usize) -> Result<Expression, XPathError> {
        if level == UNION && self.takes("-") {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(XPathError::Malformed("it is nested too deeply"));
            }
            let inner = self.level(UNION)?;
            self.depth -= 1;
            return Ok(Expression::Negative(Box::new(inner)));
        }
        let Some(operators) = LEVELS.get(level) else {
            return self.path();
        };
        let mut left = self.level(level + 1)?;
        // A chain makes a tree as deep as it is long.
        let mut length = 0;
        while let Some((_, operator)) = operators.iter().find(|(word, _)| self.is_operator(word)) {
            self.at += 1;
            length += 1;
            if length > DEPTH_MAX {
                return Err(XPathError::Malformed("it is too long"));
            }
            let right = self.level(level + 1)?;
            left = Expression::Binary(*operator, Box::new((left, right)));
        }
        Ok(left)
    }

    fn is_operator(&self, word: &str) -> bool {
        match self.peek() {
            Some(Token::Mark(mark)) => *mark == word,
            // Where an operator may stand, a name is one.
            Some(Token::Name(name)) => name == word,
            _ => false,
        }
    }

    fn path(&mut self) -> Result<Expression, XPathError> {
        let start = self.start()?;
        let mut steps = Vec::new();
        let is_primary = matches!(start, Start::Of(..));
        let mut needs_step = matches!(start, Start::Here);
        if matches!(start, Start::Root) {
            // `/` alone is the root.
            needs_step = self.begins_step();
        }
        if self.takes("//") {
            steps.push(anything());
            needs_step = true;
        } else if is_primary && self.takes("/") {
            needs_step = true;
        }
        while needs_step {
            steps.push(self.step()?);
            needs_step = self.takes("/");
            if !needs_step && self.takes("//") {
                steps.push(anything());
                needs_step = true;
            }
        }
        Ok(match start {
            Start::Of(inner, predicates) if steps.is_empty() && predicates.is_empty() => *inner,
            start => Expression::Path(Path { start, steps }),
        })
    }

    fn start(&mut self) -> Result<Start, XPathError> {
        if self.peek() == Some(&Token::Mark("//")) {
            return Ok(Start::Root);
        }
        if self.takes("/") {
            return Ok(Start::Root);
        }
        let Some(primary) = self.primary()? else {
            return Ok(Start::Here);
        };
        let predicates = self.predicates()?;
        Ok(Start::Of(Box::new(primary), predicates))
    }

    /// A text, a number, a function or something in parentheses.
    fn primary(&mut self) -> Result<Option<Expression>, XPathError> {
        let expression = match self.peek() {
            Some(Token::Text(text)) => Expression::Text(text.clone()),
            Some(Token::Number(number)) => Expression::Number(*number),
            Some(Token::Mark("(")) => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(Some(inner));
            }
            Some(Token::Name(name)) if self.is_before("(") && !is_node_type(name) => {
                let function = Function::named(name)?;
                self.at += 2;
                let arguments = self.arguments()?;
                function.check(arguments.len())?;
                return Ok(Some(Expression::Call(function, arguments)));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(expression))
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, XPathError> {
        let mut arguments = Vec::new();
        while !self.takes(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.expression()?);
        }
        Ok(arguments)
    }

    fn begins_step(&self) -> bool {
        matches!(
            self.peek(),
            Some(Token::Name(_) | Token::Mark("." | ".." | "@"))
        )
    }

    fn step(&mut self) -> Result<Step, XPathError> {
        if self.takes(".") {
            return Ok(step(Axis::Itself, Test::Node));
        }
        if self.takes("..") {
            return Ok(step(Axis::Parent, Test::Node));
        }
        let axis = match self.peek() {
            Some(Token::Mark("@")) => {
                self.at += 1;
                Axis::Attribute
            }
            Some(Token::Name(name)) if self.is_before("::") => {
                let axis = axis(name)?;
                self.at += 2;
                axis
            }
            _ => Axis::Child,
        };
        let test = self.test()?;
        let predicates = self.predicates()?;
        Ok(Step {
            axis,
            test,
            predicates,
        })
    }

    fn test(&mut self) -> Result<Test, XPathError> {
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return Err(XPathError::Malformed("a name is missing"));
        };
        self.at += 1;
        if !(is_node_type(&name) && self.takes("(")) {
            let (prefix, local) = name.split_once(':').unwrap_or(("", &name));
            return Ok(Test::Name(prefix.to_owned(), local.to_owned()));
        }
        let wanted = match self.peek() {
            Some(Token::Text(text)) => Some(text.clone()),
            _ => None,
        };
        self.at += usize::from(wanted.is_some());
        self.expect(")")?;
        Ok(match name.as_str() {
            "text" => Test::Text,
            "comment" => Test::Comment,
            "node" => Test::Node,
            _ => Test::Instruction(wanted),
        })
    }

    fn predicates(&mut self) -> Result<Vec<Expression>, XPathError> {
        let mut predicates = Vec::new();
        while self.takes("[") {
            predicates.push(self.expression()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is_before(&self, mark: &str) -> bool {
        matches!(self.tokens.get(self.at + 1), Some(Token::Mark(next)) if *next == mark)
    }

    fn takes(&mut self, mark: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Mark(next)) if *next == mark);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, mark: &str) -> Result<(), XPathError> {
        if self.takes(mark) {
            return Ok(());
        }
        Err(XPathError::Malformed(
            "a bracket, parenthesis or comma is missing",
        ))
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "text" | "comment" | "node" | "processing-instruction")
}

/// What `//` stands for.
const fn anything() -> Step {
    step(Axis::DescendantOrSelf, Test::Node)
}

const fn step(axis: Axis, test: Test) -> Step {
    Step {
        axis,
        test,
        predicates: Vec::new(),
    }
}

fn axis(name: &str) -> Result<Axis, XPathError> {
    Ok(match name {
        "child" => Axis::Child,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "self" => Axis::Itself,
        "parent" => Axis::Parent,
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "attribute" => Axis::Attribute,
        "following-sibling" => Axis::FollowingSibling,
        "preceding-sibling" => Axis::PrecedingSibling,
        "following" => Axis::Following,
        "preceding" => Axis::Preceding,
        _ => return Err(XPathError::Unsupported("an axis")),
    })
}
