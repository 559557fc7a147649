//! What an expression comes to, and how one kind is taken as another.

use super::{Place, XPathError};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Nodes(Vec<Place>),
    Text(String),
    Number(f64),
    Truth(bool),
}

impl Value {
    pub(super) fn places(self) -> Result<Vec<Place>, XPathError> {
        match self {
            Self::Nodes(places) => Ok(places),
            _ => Err(XPathError::NoNodes),
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nodes(places) => !places.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Truth(truth) => *truth,
        }
    }
}

pub(super) fn number_of(text: &str) -> f64 {
    let text = text.trim();
    let is_number = text
        .chars()
        .all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '-'));
    if is_number {
        text.parse().unwrap_or(f64::NAN)
    } else {
        f64::NAN
    }
}

pub(super) fn text_of(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    // Nought has no sign here.
    if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}
