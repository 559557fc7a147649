//! Spans of time as .NET writes them, `[-][d.]hh:mm:ss[.fffffff]`: each kept in one spelling, so that clients that write a
//! day as `01.00:00:00` and read `1.00:00:00` find what they wrote.

/// Digits of a fraction of a second.
const FRACTION_DIGITS: usize = 7;

/// The span as .NET spells it; `None`: it is none.
pub(super) fn spelled(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let mut parts = rest.split(':');
    let (first, minutes, last) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let (seconds, fraction) = last.split_once('.').unwrap_or((last, ""));
    let is_fraction = fraction.len() <= FRACTION_DIGITS && is_digits(fraction);
    let days = number(days, u32::MAX)?;
    let (hours, minutes) = (number(hours, 23)?, number(minutes, 59)?);
    let seconds = number(seconds, 59)?;
    if !is_fraction || (last.contains('.') && fraction.is_empty()) {
        return None;
    }
    let days = if days == 0 {
        String::new()
    } else {
        format!("{days}.")
    };
    let fraction = match fraction.trim_end_matches('0') {
        "" => String::new(),
        digits => format!(".{digits:0<FRACTION_DIGITS$}"),
    };
    Some(format!(
        "{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}"
    ))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|letter| letter.is_ascii_digit())
}

fn number(text: &str, most: u32) -> Option<u32> {
    let is_number = !text.is_empty() && is_digits(text);
    let number: u32 = is_number.then(|| text.parse().ok())??;
    (number <= most).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn a_span_has_one_spelling() {
        for (written, kept) in [
            ("00:02:00", Some("00:02:00")),
            ("01.00:00:00", Some("1.00:00:00")),
            ("10.06:00:00", Some("10.06:00:00")),
            ("00.00:00:01", Some("00:00:01")),
            ("1:2:3", Some("01:02:03")),
            ("00:00:01.50000", Some("00:00:01.5000000")),
            ("-00:00:01.0000000", Some("-00:00:01")),
            ("24:00:00", None),
            ("00:60:00", None),
            ("00:00", None),
            ("00:00:00:00", None),
            ("00:00:01.", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(spelled(written).as_deref(), kept, "{written}");
        }
    }
}
