//! Text that may come from anywhere, made fit for a terminal: nothing invisible acts, and widths are what one sees.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text on one line without control characters, which could move the cursor or change a title.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if is_harmful(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// As [`visible`], with lines and tabs kept.
pub(crate) fn visible_lines(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if is_harmful(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Controls, and the marks that reverse the direction of what follows.
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text that fits into so many columns, with `…` where something was cut.
pub(crate) fn clip(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut clipped = String::new();
    let mut used = 1;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns {
            break;
        }
        used += wide;
        clipped.push(c);
    }
    if columns > 0 {
        clipped.push('…');
    }
    clipped
}

/// The text with spaces up to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// `45s`, `3m 10s`, `2h 05m`.
pub(crate) fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// As [`duration`], with tenths where seconds are all there is.
pub(crate) fn precise(ms: i64) -> String {
    let ms = ms.max(0);
    if ms < 60_000 {
        return format!("{}.{}s", ms / 1000, ms % 1000 / 100);
    }
    duration(ms)
}

/// `512 B`, `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let step = (bytes.ilog2() / 10) as usize;
    let tenths = (u128::from(bytes) * 10) >> (10 * step);
    format!("{}.{} {}", tenths / 10, tenths % 10, units[step - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_acts_on_it() {
        assert_eq!(visible("a\x1b[2Jb\u{202e}c\nd"), "a\u{fffd}[2Jb\u{fffd}c d");
        assert_eq!(visible_lines("a\n\x07b"), "a\n\u{fffd}b");
    }

    #[test]
    fn clipping_counts_columns_not_characters() {
        assert_eq!(clip("漢字漢字", 5), "漢字…");
        assert_eq!(clip("abc", 3), "abc");
        assert_eq!(clip("abcd", 3), "ab…");
        assert_eq!(clip("abcd", 0), "");
        assert_eq!(pad("漢", 4), "漢  ");
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(
            [999, 59_000, 190_000, 7_500_000].map(duration),
            ["0s", "59s", "3m 10s", "2h 05m"]
        );
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(
            [0, 1023, 1024, 1_572_864, u64::MAX].map(size),
            ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "15.9 EiB"]
        );
    }
}
