//! The functions of paths.

use super::XPathError;
use super::parser::Expression;
use super::select::{Context, Search};
use super::value::{Value, number_of, text_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Boolean,
    Ceiling,
    Concat,
    Contains,
    Count,
    False,
    Floor,
    Last,
    LocalName,
    Name,
    NamespaceUri,
    NormalizeSpace,
    Not,
    Number,
    Position,
    Round,
    StartsWith,
    String,
    StringLength,
    Substring,
    SubstringAfter,
    SubstringBefore,
    Sum,
    Translate,
    True,
}

/// Names, and how many arguments there may be.
const TABLE: [(&str, Function, usize, usize); 25] = [
    ("boolean", Function::Boolean, 1, 1),
    ("ceiling", Function::Ceiling, 1, 1),
    ("concat", Function::Concat, 2, 64),
    ("contains", Function::Contains, 2, 2),
    ("count", Function::Count, 1, 1),
    ("false", Function::False, 0, 0),
    ("floor", Function::Floor, 1, 1),
    ("last", Function::Last, 0, 0),
    ("local-name", Function::LocalName, 0, 1),
    ("name", Function::Name, 0, 1),
    ("namespace-uri", Function::NamespaceUri, 0, 1),
    ("normalize-space", Function::NormalizeSpace, 0, 1),
    ("not", Function::Not, 1, 1),
    ("number", Function::Number, 0, 1),
    ("position", Function::Position, 0, 0),
    ("round", Function::Round, 1, 1),
    ("starts-with", Function::StartsWith, 2, 2),
    ("string", Function::String, 0, 1),
    ("string-length", Function::StringLength, 0, 1),
    ("substring", Function::Substring, 2, 3),
    ("substring-after", Function::SubstringAfter, 2, 2),
    ("substring-before", Function::SubstringBefore, 2, 2),
    ("sum", Function::Sum, 1, 1),
    ("translate", Function::Translate, 3, 3),
    ("true", Function::True, 0, 0),
];

impl Function {
    pub(super) fn named(name: &str) -> Result<Self, XPathError> {
        let known = TABLE.iter().find(|(known, ..)| *known == name);
        known
            .map(|(_, function, ..)| *function)
            .ok_or(XPathError::Unsupported("a function"))
    }

    pub(super) fn check(self, arguments: usize) -> Result<(), XPathError> {
        let fits = TABLE.iter().any(|(_, function, least, most)| {
            *function == self && (*least..=*most).contains(&arguments)
        });
        if fits {
            return Ok(());
        }
        Err(XPathError::Malformed(
            "a function has too many or too few arguments",
        ))
    }

    pub(super) fn call(
        self,
        search: &mut Search<'_>,
        arguments: &[Expression],
        context: Context,
    ) -> Result<Value, XPathError> {
        let first = match arguments.first() {
            Some(first) => search.value(first, context)?,
            None => Value::Nodes(vec![context.place]),
        };
        Ok(match self {
            Self::True => Value::Truth(true),
            Self::False => Value::Truth(false),
            Self::Not => Value::Truth(!first.is_true()),
            Self::Boolean => Value::Truth(first.is_true()),
            Self::Position => Value::Number(count(context.position)),
            Self::Last => Value::Number(count(context.size)),
            Self::Count => Value::Number(count(first.places()?.len())),
            Self::Sum => {
                let places = first.places()?;
                let numbers = places.iter().map(|place| number_of(&search.string(*place)));
                Value::Number(numbers.sum())
            }
            Self::LocalName | Self::Name | Self::NamespaceUri => {
                let place = first.places()?.first().copied();
                let named = place.map(|place| search.name(place, self));
                Value::Text(named.unwrap_or_default())
            }
            Self::Number | Self::Floor | Self::Ceiling | Self::Round => {
                Value::Number(self.rounded(search.number(&first)))
            }
            _ => {
                let mut texts = vec![search.text(&first)];
                for argument in arguments.iter().skip(1) {
                    let value = search.value(argument, context)?;
                    texts.push(search.text(&value));
                }
                self.of_texts(&texts)
            }
        })
    }

    fn rounded(self, number: f64) -> f64 {
        match self {
            Self::Floor => number.floor(),
            Self::Ceiling => number.ceil(),
            Self::Round => (number + 0.5).floor(),
            _ => number,
        }
    }

    fn of_texts(self, texts: &[String]) -> Value {
        let text = |at: usize| texts.get(at).map_or("", String::as_str);
        let (first, second) = (text(0), text(1));
        let result = match self {
            Self::Contains => return Value::Truth(first.contains(second)),
            Self::StartsWith => return Value::Truth(first.starts_with(second)),
            Self::StringLength => return Value::Number(count(first.chars().count())),
            Self::Concat => texts.concat(),
            Self::NormalizeSpace => first.split_whitespace().collect::<Vec<_>>().join(" "),
            Self::SubstringBefore => first
                .split_once(second)
                .map_or("", |(before, _)| before)
                .to_owned(),
            Self::SubstringAfter => first
                .split_once(second)
                .map_or("", |(_, after)| after)
                .to_owned(),
            Self::Substring => substring(
                first,
                number_of(second),
                texts.get(2).map(|length| number_of(length)),
            ),
            Self::Translate => translated(first, second, text(2)),
            _ => first.to_owned(),
        };
        Value::Text(result)
    }
}

/// Letters are counted from 1, and their places rounded.
fn substring(text: &str, start: f64, length: Option<f64>) -> String {
    let start = Function::Round.rounded(start);
    let end = length.map_or(f64::INFINITY, |length| {
        start + Function::Round.rounded(length)
    });
    let letters = text.chars().enumerate();
    letters
        .filter(|(at, _)| {
            let place = count(at + 1);
            place >= start && place < end
        })
        .map(|(_, letter)| letter)
        .collect()
}

fn translated(text: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    let translate = |letter: char| match from.chars().position(|known| known == letter) {
        None => Some(letter),
        Some(at) => to.get(at).copied(),
    };
    text.chars().filter_map(translate).collect()
}

/// Counts are far below what a number can hold exactly.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of nodes and letters are small"
)]
const fn count(number: usize) -> f64 {
    number as f64
}

impl Search<'_> {
    /// As a text.
    pub(super) fn text(&self, value: &Value) -> String {
        match value {
            Value::Nodes(places) => places
                .first()
                .map_or_else(String::new, |place| self.string(*place)),
            Value::Text(text) => text.clone(),
            Value::Number(number) => text_of(*number),
            Value::Truth(truth) => truth.to_string(),
        }
    }

    /// As a number.
    pub(super) fn number(&self, value: &Value) -> f64 {
        match value {
            Value::Number(number) => *number,
            Value::Truth(truth) => f64::from(u8::from(*truth)),
            other => number_of(&self.text(other)),
        }
    }
}
