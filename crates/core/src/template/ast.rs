//! A template as a tree. Text stays in the source; the tree holds byte ranges into it.

use std::ops::Range;

/// Bytes of the source a node was read from.
pub type Span = Range<usize>;

#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Copied from the source.
    Text(Span),
    /// Stands for `#{`, written `##{`.
    Escape,
    Substitution(Span, Expr),
    If(Conditional),
    Each(Each),
    Calc(Span, Calc),
}

/// `#{if}` with its `elseif`s, or `#{unless}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditional {
    pub arms: Vec<Arm>,
    pub otherwise: Vec<Node>,
}

/// A condition and what it guards.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    pub condition: Test,
    /// `unless`: the body stands when the condition does not hold.
    pub negated: bool,
    pub body: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Truthy(Operand),
    Equal(Operand, Operand),
    NotEqual(Operand, Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Quoted(String),
    Expr(Expr),
}

/// `#{each item in Collection}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Each {
    pub item: String,
    pub collection: Symbol,
    pub body: Vec<Node>,
}

/// A value and the filters it goes through.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub symbol: Option<Symbol>,
    pub filters: Vec<Call>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub filter: String,
    pub options: Vec<Opt>,
}

/// What is handed to a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Opt {
    Word(String),
    /// A nested `#{...}`.
    Node(Box<Node>),
}

/// The name of a value, as steps into the tree of names. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// `.Name`
    Name(String),
    /// `[text]`
    Index(String),
    /// `[#{Symbol}]`
    IndexOf(Symbol),
    /// `[*]`: whatever comes first.
    First,
}

/// Arithmetic of `#{calc ...}`.
#[derive(Debug, Clone, PartialEq)]
pub enum Calc {
    Number(f64),
    Value(Symbol),
    /// From left to right. A list, not a tree: a long sum must not be a deep one.
    Chain(Box<Self>, Vec<(Operator, Self)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl std::fmt::Display for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Name(name) if position == 0 => f.write_str(name)?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::IndexOf(symbol) => write!(f, "[#{{{symbol}}}]")?,
                Step::First => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}
