//! `Format`: numbers and dates by .NET's format strings.

use super::number::{Decimal, Kind};
use super::{Input, date, dotnet_date, number};

/// With a type, the value must be of it; without, it is a number if it can be read as one, else a date.
pub(super) fn format(input: &Input<'_>) -> Option<String> {
    let value = input.value?;
    match input.options {
        [format] => match Decimal::parse(value) {
            Some(decimal) => number::format(&decimal, Kind::Decimal, format),
            None => dotnet_date::format(&date::parse(value)?, format),
        },
        [kind, format] => match kind.to_ascii_lowercase().as_str() {
            "int32" | "int" => {
                let whole = value.trim().parse::<i32>().ok()?;
                number::format(&Decimal::parse(&whole.to_string())?, Kind::Int32, format)
            }
            "double" => {
                let double = crate::template::calc::number(value)?;
                number::format(&Decimal::parse(&double.to_string())?, Kind::Double, format)
            }
            "decimal" => number::format(&Decimal::parse(value)?, Kind::Decimal, format),
            "date" | "datetime" | "datetimeoffset" => {
                dotnet_date::format(&date::parse(value)?, format)
            }
            _ => None,
        },
        _ => None,
    }
}
