//! Times and durations as the API spells them.

use regatta_core::time::Time;

/// ISO 8601 with offset, e.g. `2026-01-02T03:04:05.678+00:00` (Octopus' form).
///
/// Times before year 0 or after 9999 come out as the nearest one that can be written.
#[must_use]
pub fn iso(at: Time) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    });
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

/// A time given by a client: RFC 3339 with any offset.
#[must_use]
pub fn parse_iso(text: &str) -> Option<Time> {
    let at: jiff::Timestamp = text.trim().parse().ok()?;
    Some(Time(at.as_millisecond()))
}

/// A duration as Octopus shows it: `less than a second`, `1 second`, `3 minutes`, `2 hours`.
#[must_use]
pub fn duration(ms: i64) -> String {
    let counted = |n: i64, unit: &str| {
        if n == 1 {
            format!("1 {unit}")
        } else {
            format!("{n} {unit}s")
        }
    };
    match ms / 1000 {
        i64::MIN..=0 => "less than a second".into(),
        s @ 1..=59 => counted(s, "second"),
        s @ 60..=3599 => counted(s / 60, "minute"),
        s @ 3600..=86_399 => counted(s / 3600, "hour"),
        s => counted(s / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_as_they_were_written() {
        let at = Time(1_767_323_045_678);
        assert_eq!(iso(at), "2026-01-02T03:04:05.678+00:00");
        assert_eq!(parse_iso(&iso(at)), Some(at));
        assert_eq!(parse_iso("2026-01-02T05:04:05.678+02:00"), Some(at));
        assert_eq!(parse_iso("tomorrow"), None);
    }

    #[test]
    fn durations_use_the_largest_whole_unit() {
        let texts: Vec<_> = [999, 1000, 61_000, 7_200_000, 200_000_000]
            .map(duration)
            .into();
        assert_eq!(
            texts,
            [
                "less than a second",
                "1 second",
                "1 minute",
                "2 hours",
                "2 days"
            ]
        );
    }
}
