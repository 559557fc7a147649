//! Following a path through a document.

use std::collections::HashMap;

use super::function::Function;
use super::parser::{Axis, Expression, Operator, Path, Start, Step, Test};
use super::value::Value;
use super::{Guide, Place, XPathError};
use crate::xml::tree::{Document, Kind, NodeId, declared_prefix, split};

/// Nodes one path may look at.
const LOOKS_MAX: usize = 5_000_000;

/// One path being followed.
pub(super) struct Search<'d> {
    document: &'d Document,
    guide: &'d Guide,
    /// The places of the nodes in the document, once somebody needs them.
    order: HashMap<NodeId, usize>,
    looks: usize,
}

/// Where an expression is worked out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub place: Place,
    /// From 1, among so many.
    pub position: usize,
    pub size: usize,
}

impl Context {
    pub(super) const fn at(place: Place) -> Self {
        Self {
            place,
            position: 1,
            size: 1,
        }
    }
}

impl<'d> Search<'d> {
    pub(super) fn new(document: &'d Document, guide: &'d Guide) -> Self {
        Self {
            document,
            guide,
            order: HashMap::new(),
            looks: 0,
        }
    }

    pub(super) fn value(
        &mut self,
        expression: &Expression,
        context: Context,
    ) -> Result<Value, XPathError> {
        Ok(match expression {
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Number(number) => Value::Number(*number),
            Expression::Negative(inner) => {
                let value = self.value(inner, context)?;
                Value::Number(-self.number(&value))
            }
            Expression::Call(function, arguments) => function.call(self, arguments, context)?,
            Expression::Path(path) => Value::Nodes(self.path(path, context)?),
            Expression::Binary(operator, sides) => self.binary(*operator, sides, context)?,
        })
    }

    fn binary(
        &mut self,
        operator: Operator,
        (left, right): &(Expression, Expression),
        context: Context,
    ) -> Result<Value, XPathError> {
        let left = self.value(left, context)?;
        match operator {
            Operator::Or if left.is_true() => return Ok(Value::Truth(true)),
            Operator::And if !left.is_true() => return Ok(Value::Truth(false)),
            _ => {}
        }
        let right = self.value(right, context)?;
        let (a, b) = (self.number(&left), self.number(&right));
        Ok(match operator {
            Operator::Or | Operator::And => Value::Truth(right.is_true()),
            Operator::Plus => Value::Number(a + b),
            Operator::Minus => Value::Number(a - b),
            Operator::Times => Value::Number(a * b),
            Operator::Divided => Value::Number(a / b),
            Operator::Modulo => Value::Number(a % b),
            Operator::Union => {
                let mut places = left.places()?;
                places.extend(right.places()?);
                Value::Nodes(self.sorted(places)?)
            }
            _ => Value::Truth(self.compares(operator, &left, &right)?),
        })
    }

    /// Sets of nodes compare if any of them do.
    fn compares(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
    ) -> Result<bool, XPathError> {
        let singles = |search: &Self, value: &Value| match value {
            Value::Nodes(places) => places
                .iter()
                .map(|place| Value::Text(search.string(*place)))
                .collect(),
            other => vec![other.clone()],
        };
        if let (Value::Truth(_), _) | (_, Value::Truth(_)) = (left, right) {
            let (left, right) = (Value::Truth(left.is_true()), Value::Truth(right.is_true()));
            return Ok(self.compares_single(operator, &left, &right));
        }
        let (left, right) = (singles(self, left), singles(self, right));
        self.look(left.len().saturating_mul(right.len()))?;
        Ok(left.iter().any(|left| {
            let mut right = right.iter();
            right.any(|right| self.compares_single(operator, left, right))
        }))
    }

    #[allow(clippy::float_cmp, reason = "numbers of a path are equal or not")]
    fn compares_single(&self, operator: Operator, left: &Value, right: &Value) -> bool {
        let (a, b) = (self.number(left), self.number(right));
        let is_equal = match (left, right) {
            (Value::Truth(left), Value::Truth(right)) => left == right,
            (Value::Number(_), _) | (_, Value::Number(_)) => a == b,
            _ => self.text(left) == self.text(right),
        };
        match operator {
            Operator::Equal => is_equal,
            Operator::Unequal => !is_equal,
            Operator::Less => a < b,
            Operator::LessOrEqual => a <= b,
            Operator::Greater => a > b,
            _ => a >= b,
        }
    }

    fn path(&mut self, path: &Path, context: Context) -> Result<Vec<Place>, XPathError> {
        let mut places = match &path.start {
            Start::Here => vec![context.place],
            Start::Root => vec![Place::Node(Document::ROOT)],
            Start::Of(inner, predicates) => {
                let mut places = self.value(inner, context)?.places()?;
                for predicate in predicates {
                    places = self.filtered(places, predicate)?;
                }
                places
            }
        };
        for step in &path.steps {
            let mut next = Vec::new();
            for place in &places {
                next.extend(self.step(step, *place)?);
            }
            places = if places.len() > 1 || step.axis.is_backward() {
                self.sorted(next)?
            } else {
                next
            };
        }
        Ok(places)
    }

    fn step(&mut self, step: &Step, from: Place) -> Result<Vec<Place>, XPathError> {
        let mut places = self.along(step.axis, from);
        self.look(places.len() + 1)?;
        let meaning = match &step.test {
            Test::Name(prefix, _) if !prefix.is_empty() => {
                let meaning = self.guide.meaning(prefix);
                Some(meaning.ok_or(XPathError::UnknownPrefix)?)
            }
            _ => None,
        };
        places.retain(|place| self.passes(&step.test, *place, meaning));
        for predicate in &step.predicates {
            places = self.filtered(places, predicate)?;
        }
        Ok(places)
    }

    /// Those for which a predicate holds; a number is a position.
    #[allow(
        clippy::float_cmp,
        clippy::cast_precision_loss,
        reason = "positions are small and whole"
    )]
    pub(super) fn filtered(
        &mut self,
        places: Vec<Place>,
        predicate: &Expression,
    ) -> Result<Vec<Place>, XPathError> {
        let size = places.len();
        let mut kept = Vec::new();
        for (at, place) in places.into_iter().enumerate() {
            let position = at + 1;
            let context = Context {
                place,
                position,
                size,
            };
            let holds = match self.value(predicate, context)? {
                Value::Number(number) => number == position as f64,
                other => other.is_true(),
            };
            if holds {
                kept.push(place);
            }
        }
        Ok(kept)
    }

    /// What an axis leads to, the nearest first.
    fn along(&self, axis: Axis, from: Place) -> Vec<Place> {
        let nodes = match (axis, from) {
            (
                Axis::Itself | Axis::AncestorOrSelf | Axis::DescendantOrSelf,
                Place::Attribute(..),
            ) => {
                let above = if axis == Axis::AncestorOrSelf {
                    self.above(from)
                } else {
                    Vec::new()
                };
                return std::iter::once(from)
                    .chain(above.into_iter().map(Place::Node))
                    .collect();
            }
            (Axis::Itself, Place::Node(_)) => return vec![from],
            (Axis::Attribute, Place::Node(node)) => {
                let element = self.document.element(node);
                let attributes = element.map_or(0..0, |element| 0..element.attributes.len());
                return attributes.map(|at| Place::Attribute(node, at)).collect();
            }
            (Axis::Parent, _) => self.above(from).into_iter().take(1).collect(),
            (Axis::Ancestor, _) => self.above(from),
            (Axis::AncestorOrSelf, Place::Node(node)) => {
                std::iter::once(node).chain(self.above(from)).collect()
            }
            (_, Place::Attribute(..)) => Vec::new(),
            (Axis::Child, Place::Node(node)) => self.document.node(node).children.clone(),
            (Axis::Descendant, Place::Node(node)) => self.below(node),
            (Axis::DescendantOrSelf, Place::Node(node)) => {
                std::iter::once(node).chain(self.below(node)).collect()
            }
            (Axis::FollowingSibling, Place::Node(node)) => self.beside(node).1,
            (Axis::PrecedingSibling, Place::Node(node)) => self.beside(node).0,
            (Axis::Following, Place::Node(node)) => self.far(node, false),
            (Axis::Preceding, Place::Node(node)) => self.far(node, true),
        };
        nodes.into_iter().map(Place::Node).collect()
    }

    /// What a node is in, the nearest first.
    fn above(&self, from: Place) -> Vec<NodeId> {
        let first = match from {
            Place::Node(node) => self.document.node(node).parent,
            Place::Attribute(node, _) => Some(node),
        };
        std::iter::successors(first, |node| self.document.node(*node).parent).collect()
    }

    fn below(&self, node: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut open: Vec<NodeId> = self
            .document
            .node(node)
            .children
            .iter()
            .rev()
            .copied()
            .collect();
        while let Some(next) = open.pop() {
            found.push(next);
            open.extend(self.document.node(next).children.iter().rev());
        }
        found
    }

    /// Those before it, the nearest first, and those behind it.
    fn beside(&self, node: NodeId) -> (Vec<NodeId>, Vec<NodeId>) {
        let Some((parent, at)) = self.document.position(node) else {
            return (Vec::new(), Vec::new());
        };
        let all = &self.document.node(parent).children;
        let before = all[..at].iter().rev().copied().collect();
        (before, all[at + 1..].to_vec())
    }

    fn far(&self, node: NodeId, is_before: bool) -> Vec<NodeId> {
        let mut found = Vec::new();
        for at in std::iter::once(node).chain(self.above(Place::Node(node))) {
            let (before, behind) = self.beside(at);
            for sibling in if is_before { before } else { behind } {
                let mut below = self.below(sibling);
                if is_before {
                    below.reverse();
                    found.extend(below);
                    found.push(sibling);
                } else {
                    found.push(sibling);
                    found.extend(below);
                }
            }
        }
        found
    }

    fn passes(&self, test: &Test, place: Place, meaning: Option<&str>) -> bool {
        let kind = match place {
            Place::Node(node) => &self.document.node(node).kind,
            Place::Attribute(node, at) => return self.attribute_passes(test, (node, at), meaning),
        };
        match (test, kind, place) {
            (_, Kind::Declaration(_), _) => false,
            (Test::Node, ..)
            | (Test::Text, Kind::Text(_) | Kind::CData(_), _)
            | (Test::Comment, Kind::Comment(_), _) => true,
            (Test::Instruction(wanted), Kind::Instruction(text), _) => {
                let name = text.split_whitespace().next();
                wanted.is_none() || wanted.as_deref() == name
            }
            (Test::Name(_, local), Kind::Element(element), Place::Node(node)) => {
                if local == "*" {
                    return meaning.is_none()
                        || self.document.namespace(node).as_deref() == meaning;
                }
                split(&element.name).1 == local
                    && self.document.namespace(node).as_deref() == meaning
            }
            _ => false,
        }
    }

    fn attribute_passes(
        &self,
        test: &Test,
        (node, at): (NodeId, usize),
        meaning: Option<&str>,
    ) -> bool {
        let Some(attribute) = self
            .document
            .element(node)
            .and_then(|element| element.attributes.get(at))
        else {
            return false;
        };
        // Declarations of namespaces are no attributes here.
        if declared_prefix(&attribute.name).is_some() {
            return false;
        }
        let (prefix, own) = split(&attribute.name);
        match test {
            Test::Node => true,
            Test::Name(_, local) => {
                let has_name = local == "*" || own == local;
                let has_meaning = match meaning {
                    None => local == "*" || prefix.is_empty(),
                    Some(_) => {
                        !prefix.is_empty()
                            && self.document.namespace_of(node, prefix).as_deref() == meaning
                    }
                };
                has_name && has_meaning
            }
            _ => false,
        }
    }

    pub(super) fn string(&self, place: Place) -> String {
        match place {
            Place::Node(node) => self.document.string(node),
            Place::Attribute(node, at) => {
                let element = self.document.element(node);
                let attribute = element.and_then(|element| element.attributes.get(at));
                attribute.map_or_else(String::new, super::super::tree::Attribute::value)
            }
        }
    }

    pub(super) fn name(&self, place: Place, function: Function) -> String {
        let (node, name) = match place {
            Place::Node(node) => (
                node,
                self.document
                    .element(node)
                    .map(|element| element.name.as_str()),
            ),
            Place::Attribute(node, at) => {
                let element = self.document.element(node);
                let attribute = element.and_then(|element| element.attributes.get(at));
                (node, attribute.map(|attribute| attribute.name.as_str()))
            }
        };
        let name = name.unwrap_or_default();
        let (prefix, local) = split(name);
        match function {
            Function::LocalName => local.to_owned(),
            Function::Name => name.to_owned(),
            _ if prefix.is_empty() && matches!(place, Place::Attribute(..)) => String::new(),
            _ => self.document.namespace_of(node, prefix).unwrap_or_default(),
        }
    }

    /// In the order of the document, each once.
    fn sorted(&mut self, mut places: Vec<Place>) -> Result<Vec<Place>, XPathError> {
        if self.order.is_empty() {
            let all = std::iter::once(Document::ROOT).chain(self.below(Document::ROOT));
            self.order = all.enumerate().map(|(at, node)| (node, at)).collect();
        }
        self.look(places.len())?;
        places.sort_by_key(|place| match place {
            Place::Node(node) => (self.order.get(node).copied(), None),
            Place::Attribute(node, at) => (self.order.get(node).copied(), Some(*at)),
        });
        places.dedup();
        Ok(places)
    }

    fn look(&mut self, nodes: usize) -> Result<(), XPathError> {
        self.looks = self.looks.saturating_add(nodes);
        if self.looks > LOOKS_MAX {
            return Err(XPathError::TooMuch);
        }
        self.guide.look(nodes)
    }
}

impl Axis {
    const fn is_backward(self) -> bool {
        matches!(
            self,
            Self::Ancestor | Self::AncestorOrSelf | Self::Preceding | Self::PrecedingSibling
        )
    }
}
