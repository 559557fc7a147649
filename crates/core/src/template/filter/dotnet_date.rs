//! .NET's format strings for dates, in the invariant culture.

use std::fmt::Write as _;

use super::date::{Date, Zone};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEK_DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Formats by a standard letter or a custom pattern; `None` when the format is not valid.
pub(super) fn format(date: &Date, format: &str) -> Option<String> {
    let mut chars = format.chars();
    match (chars.next(), chars.next()) {
        (None, _) => custom(date, "MM/dd/yyyy HH:mm:ss"),
        (Some(letter), None) => standard(date, letter),
        _ => custom(date, format),
    }
}

fn standard(date: &Date, letter: char) -> Option<String> {
    let pattern = match letter {
        'd' => "MM/dd/yyyy",
        'D' => "dddd, dd MMMM yyyy",
        'f' => "dddd, dd MMMM yyyy HH:mm",
        'F' => "dddd, dd MMMM yyyy HH:mm:ss",
        'g' => "MM/dd/yyyy HH:mm",
        'G' => "MM/dd/yyyy HH:mm:ss",
        'm' | 'M' => "MMMM dd",
        'o' | 'O' => "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
        'r' | 'R' => return custom(&in_utc(date)?, "ddd, dd MMM yyyy HH:mm:ss 'GMT'"),
        's' => "yyyy-MM-dd'T'HH:mm:ss",
        't' => "HH:mm",
        'T' => "HH:mm:ss",
        'u' => return custom(&in_utc(date)?, "yyyy-MM-dd HH:mm:ss'Z'"),
        'U' => return custom(&in_utc(date)?, "dddd, dd MMMM yyyy HH:mm:ss"),
        'y' | 'Y' => "yyyy MMMM",
        _ => return None,
    };
    custom(date, pattern)
}

fn in_utc(date: &Date) -> Option<Date> {
    match date.zone {
        Zone::Offset(seconds) => {
            let at = date
                .at
                .checked_sub(jiff::SignedDuration::from_secs(seconds.into()))
                .ok()?;
            Some(Date {
                at,
                zone: Zone::Utc,
            })
        }
        _ => Some(*date),
    }
}

fn custom(date: &Date, pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(c).len();
        match c {
            '\'' | '"' => {
                let end = rest[1..].find(c)?;
                out.push_str(&rest[1..=end]);
                rest = &rest[end + 2..];
            }
            '\\' => {
                let escaped = rest.chars().nth(1)?;
                out.push(escaped);
                rest = &rest[1 + escaped.len_utf8()..];
            }
            '%' => {
                let next = rest.chars().nth(1)?;
                if next == '%' {
                    return None;
                }
                rest = &rest[1..];
            }
            _ if "dfFghHKmMstyz".contains(c) => {
                part(date, c, run, &mut out)?;
                rest = &rest[run..];
            }
            c => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Some(out)
}

/// One run of the same letter.
fn part(date: &Date, letter: char, run: usize, out: &mut String) -> Option<()> {
    let at = date.at;
    let mut padded = |number: i64, width: usize| write!(out, "{number:0width$}").ok();
    match letter {
        'd' if run <= 2 => padded(at.day().into(), run),
        'd' => named(
            out,
            WEEK_DAYS[at.weekday().to_monday_zero_offset().unsigned_abs() as usize],
            run == 3,
        ),
        'M' if run <= 2 => padded(at.month().into(), run),
        'M' => named(
            out,
            MONTHS[at.month().unsigned_abs() as usize - 1],
            run == 3,
        ),
        'y' if run <= 2 => padded((at.year() % 100).into(), run),
        'y' => padded(at.year().into(), run),
        'H' => padded(at.hour().into(), run.min(2)),
        'h' => padded(i64::from((at.hour() + 11) % 12 + 1), run.min(2)),
        'm' => padded(at.minute().into(), run.min(2)),
        's' => padded(at.second().into(), run.min(2)),
        'f' | 'F' => fraction(at.subsec_nanosecond(), run, letter == 'F', out),
        't' => named(
            out,
            &(if at.hour() < 12 { "AM" } else { "PM" })[..run.min(2)],
            false,
        ),
        'g' => named(out, "A.D.", false),
        'K' => {
            (0..run).for_each(|_| zone_suffix(date.zone, out));
            Some(())
        }
        'z' => offset(date.zone, run, out),
        _ => None,
    }
}

fn named(out: &mut String, name: &str, short: bool) -> Option<()> {
    out.push_str(if short { &name[..3] } else { name });
    Some(())
}

/// Up to seven digits of a second; `F` leaves trailing zeros out, and the point with them.
fn fraction(nanos: i32, run: usize, trims: bool, out: &mut String) -> Option<()> {
    let digits = format!("{nanos:09}");
    let mut shown = digits.get(..run).filter(|_| run <= 7)?;
    if trims {
        shown = shown.trim_end_matches('0');
        if shown.is_empty() && out.ends_with('.') {
            out.pop();
        }
    }
    out.push_str(shown);
    Some(())
}

fn zone_suffix(zone: Zone, out: &mut String) {
    match zone {
        Zone::Unknown => {}
        Zone::Utc => out.push('Z'),
        Zone::Offset(_) => {
            let _ = offset(zone, 3, out);
        }
    }
}

fn offset(zone: Zone, run: usize, out: &mut String) -> Option<()> {
    let seconds = match zone {
        Zone::Offset(seconds) => seconds,
        Zone::Unknown | Zone::Utc => 0,
    };
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() % 3_600 / 60);
    match run {
        1 => write!(out, "{sign}{hours}"),
        2 => write!(out, "{sign}{hours:02}"),
        _ => write!(out, "{sign}{hours:02}:{minutes:02}"),
    }
    .ok()
}
