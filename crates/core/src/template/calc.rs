//! What arithmetic yields. Its grammar is in [`super::parse`].

use super::ast::Operator;

/// The result of one operation, in doubles (Octopus' rule): division by zero is infinite, not an error.
#[must_use]
pub fn apply(left: f64, operator: Operator, right: f64) -> f64 {
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
    }
}

/// A number written in a value; white space around it is ignored.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_numeric = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if is_numeric { text.parse().ok() } else { None }
}

/// A double as .NET writes it: shortest digits that read back the same, `E` notation from 1E+15 up and below 0.0001.
#[must_use]
pub fn text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-4..1e15).contains(&magnitude) {
        return format!("{number}");
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}E{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_dotnet_does() {
        for (number, expected) in [
            (3.0, "3"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1E+15"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (1.5e20, "1.5E+20"),
            (0.000_01, "1E-05"),
            (0.000_012, "1.2E-05"),
            (0.000_1, "0.0001"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(text(number), expected);
        }
    }
}
