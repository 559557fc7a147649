//! Numbers written as text in properties. A text with `#{` is an expression and can only be read when planning.

use std::num::NonZeroU32;

use crate::engine::plan::Retry;

/// Why a text is not the number it should be. The text says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct NumberError {
    pub text: String,
    pub expected: &'static str,
}

/// More attempts than this hide a real failure; Octopus stops at 3.
pub const RETRIES_MAX: u32 = 10;
/// A day. A longer pause is a schedule, not a retry.
pub const BACKOFF_SECONDS_MAX: u32 = 86_400;
/// Thirty days.
pub const TIMEOUT_MINUTES_MAX: f64 = 43_200.0;

/// Whether the value is only known once variables are.
#[must_use]
pub fn is_expression(text: &str) -> bool {
    text.contains("#{")
}

/// How many targets are inside a step at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Targets(NonZeroU32),
    /// 1 to 100, of the step's targets, rounded down but at least one.
    Percent(NonZeroU32),
}

impl Window {
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let wrong = || NumberError {
            text: text.to_owned(),
            expected: "a number of targets from 1, or a percentage such as 25%",
        };
        match text.trim().strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse()
                .ok()
                .filter(|p: &NonZeroU32| p.get() <= 100)
                .map(Self::Percent),
            None => text.trim().parse().ok().map(Self::Targets),
        }
        .ok_or_else(wrong)
    }

    /// The size for a step with this many targets.
    #[must_use]
    pub fn of(self, targets: usize) -> u32 {
        match self {
            Self::Targets(size) => size.get(),
            Self::Percent(percent) => {
                let share = targets as u64 * u64::from(percent.get()) / 100;
                u32::try_from(share).unwrap_or(u32::MAX).max(1)
            }
        }
    }
}

/// Further attempts and the pause before the first, from their two properties.
pub fn retry(count: Option<&str>, backoff_seconds: Option<&str>) -> Result<Retry, NumberError> {
    let retries_max = whole(count, RETRIES_MAX, "a number of retries from 0 to 10")?;
    let seconds = whole(
        backoff_seconds,
        BACKOFF_SECONDS_MAX,
        "a pause in whole seconds from 0 to 86400",
    )?;
    Ok(Retry {
        retries_max,
        backoff_ms: i64::from(seconds) * 1000,
    })
}

fn whole(text: Option<&str>, max: u32, expected: &'static str) -> Result<u32, NumberError> {
    let Some(text) = text else { return Ok(0) };
    let number = text.trim().parse().ok().filter(|n| *n <= max);
    number.ok_or_else(|| NumberError {
        text: text.to_owned(),
        expected,
    })
}

/// A time limit in ms from minutes, fractions allowed; `None` for 0, which is no limit.
pub fn timeout_ms(minutes: &str) -> Result<Option<i64>, NumberError> {
    let wrong = || NumberError {
        text: minutes.to_owned(),
        expected: "a time in minutes from 0 to 43200, such as 30 or 0.5",
    };
    let value: f64 = minutes.trim().parse().map_err(|_| wrong())?;
    if !(0.0..=TIMEOUT_MINUTES_MAX).contains(&value) {
        return Err(wrong());
    }
    let ms = (value * 60_000.0).round() as i64;
    Ok((ms > 0).then_some(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_counts_or_shares() {
        assert_eq!(Window::parse(" 3 ").unwrap().of(10), 3);
        assert_eq!(Window::parse("25%").unwrap().of(10), 2);
        assert_eq!(Window::parse("1%").unwrap().of(10), 1);
        for text in ["0", "0%", "101%", "-1", "ten", ""] {
            assert!(Window::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn retries_and_time_limits_have_ranges() {
        assert_eq!(
            retry(Some("3"), Some("15")).unwrap(),
            Retry {
                retries_max: 3,
                backoff_ms: 15_000
            }
        );
        assert_eq!(retry(None, None).unwrap(), Retry::default());
        assert!(retry(Some("11"), None).is_err() && retry(None, Some("1.5")).is_err());
        assert_eq!(timeout_ms("0.5"), Ok(Some(30_000)));
        assert_eq!(timeout_ms("0"), Ok(None));
        for text in ["-1", "NaN", "inf", "soon", "43201"] {
            assert!(timeout_ms(text).is_err(), "{text}");
        }
    }
}
