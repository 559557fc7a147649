//! Dates: reading them tolerantly, moving them, and the present (which is handed in).

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::Input;
use super::dotnet_date;

/// A date with what is known of its zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Date {
    pub(super) at: DateTime,
    pub(super) zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Unknown,
    Utc,
    /// Seconds ahead of UTC.
    Offset(i32),
}

pub(super) fn now(input: &Input<'_>) -> Option<String> {
    let offset = SignedDuration::from_secs(input.clock.offset_s.into());
    let at = utc_now(input)?.checked_add(offset).ok()?;
    written(
        input,
        Date {
            at,
            zone: Zone::Unknown,
        },
    )
}

pub(super) fn now_utc(input: &Input<'_>) -> Option<String> {
    written(
        input,
        Date {
            at: utc_now(input)?,
            zone: Zone::Utc,
        },
    )
}

fn utc_now(input: &Input<'_>) -> Option<DateTime> {
    let now = Timestamp::from_millisecond(input.clock.now.0).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(now))
}

/// These filters take no value: with one, somebody meant something else.
fn written(input: &Input<'_>, date: Date) -> Option<String> {
    match (input.value, input.options) {
        (None, []) => dotnet_date::format(&date, "O"),
        (None, [format]) => dotnet_date::format(&date, format),
        _ => None,
    }
}

const DAY_S: f64 = 86_400.0;
const HOUR_S: f64 = 3_600.0;

pub(super) fn add_days(input: &Input<'_>) -> Option<String> {
    add(input, DAY_S)
}

pub(super) fn add_hours(input: &Input<'_>) -> Option<String> {
    add(input, HOUR_S)
}

/// Adds a number of units, fractions and negative ones too; written in the round-trip format.
fn add(input: &Input<'_>, unit_s: f64) -> Option<String> {
    let (value, amount) = input.with_one()?;
    let amount = crate::template::calc::number(amount)?;
    let duration = SignedDuration::try_from_secs_f64(amount * unit_s).ok()?;
    let date = parse(value)?;
    let at = date.at.checked_add(duration).ok()?;
    dotnet_date::format(&Date { at, ..date }, "O")
}

/// Reads ISO 8601, `month/day/year` and `day Mon year`, with an optional time and zone.
pub(super) fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    let (date, rest) = iso_date(text)
        .or_else(|| slash_date(text))
        .or_else(|| word_date(text))?;
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let (at, zone) = clock_and_zone(rest)?;
    let at = date.to_datetime(at);
    Some(Date { at, zone })
}

fn iso_date(text: &str) -> Option<(jiff::civil::Date, &str)> {
    let (year, rest) = number_then(text, 4..=4, &['-', '/'])?;
    let (month, rest) = number_then(rest, 1..=2, &['-', '/'])?;
    let (day, rest) = number(rest, 1..=2)?;
    date(year, month, day).map(|date| (date, rest))
}

fn slash_date(text: &str) -> Option<(jiff::civil::Date, &str)> {
    let (month, rest) = number_then(text, 1..=2, &['/', '-'])?;
    let (day, rest) = number_then(rest, 1..=2, &['/', '-'])?;
    let (year, rest) = number(rest, 4..=4)?;
    date(year, month, day).map(|date| (date, rest))
}

/// `23 Nov 2026`, with or without a week day before it.
fn word_date(text: &str) -> Option<(jiff::civil::Date, &str)> {
    let text = match text.split_once(", ") {
        Some((week_day, rest)) if week_day.chars().all(char::is_alphabetic) => rest,
        _ => text,
    };
    let (day, rest) = number_then(text, 1..=2, &[' ', '-'])?;
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let month = dotnet_date::MONTHS.iter().position(|month| {
        let word = &rest[..letters];
        letters >= 3 && month.len() >= letters && month[..letters].eq_ignore_ascii_case(word)
    })?;
    let (year, rest) = number(rest[letters..].trim_start_matches([' ', '-', ',']), 4..=4)?;
    date(year, i64::try_from(month).ok()? + 1, day).map(|date| (date, rest))
}

fn date(year: i64, month: i64, day: i64) -> Option<jiff::civil::Date> {
    jiff::civil::Date::new(
        year.try_into().ok()?,
        month.try_into().ok()?,
        day.try_into().ok()?,
    )
    .ok()
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<(i64, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !digits.contains(&length) {
        return None;
    }
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn number_then<'a>(
    text: &'a str,
    digits: std::ops::RangeInclusive<usize>,
    then: &[char],
) -> Option<(i64, &'a str)> {
    let (number, rest) = number(text, digits)?;
    Some((number, rest.strip_prefix(then)?))
}

fn clock_and_zone(text: &str) -> Option<(jiff::civil::Time, Zone)> {
    let midnight = jiff::civil::Time::midnight();
    if text.is_empty() {
        return Some((midnight, Zone::Unknown));
    }
    let (hour, rest) = number_then(text, 1..=2, &[':'])?;
    let (minute, mut rest) = number(rest, 2..=2)?;
    let (mut second, mut nanos) = (0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        (second, rest) = number(after, 2..=2)?;
        if let Some(after) = rest.strip_prefix('.') {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let nine: String = after[..digits]
                .chars()
                .chain("000000000".chars())
                .take(9)
                .collect();
            nanos = nine.parse().ok()?;
            rest = &after[digits..];
        }
    }
    let (hour, rest) = half_day(hour, rest.trim_start())?;
    let time = jiff::civil::Time::new(
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        second.try_into().ok()?,
        nanos,
    )
    .ok()?;
    Some((time, zone(rest.trim())?))
}

fn half_day(hour: i64, rest: &str) -> Option<(i64, &str)> {
    let half = rest.get(..2).map(str::to_ascii_uppercase);
    match half.as_deref() {
        Some("AM") if (1..=12).contains(&hour) => Some((hour % 12, &rest[2..])),
        Some("PM") if (1..=12).contains(&hour) => Some((hour % 12 + 12, &rest[2..])),
        Some("AM" | "PM") => None,
        _ => Some((hour, rest)),
    }
}

fn zone(text: &str) -> Option<Zone> {
    if text.is_empty() {
        return Some(Zone::Unknown);
    }
    if text.eq_ignore_ascii_case("Z")
        || text.eq_ignore_ascii_case("GMT")
        || text.eq_ignore_ascii_case("UTC")
    {
        return Some(Zone::Utc);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits = text[1..].replace(':', "");
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        4 => (
            digits.get(..2)?.parse().ok()?,
            digits.get(2..)?.parse().ok()?,
        ),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(Zone::Offset(sign * (hours * 3_600 + minutes * 60)))
}
