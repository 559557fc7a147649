//! Signs that are no letters, like the tick of what is done: as they are, as ASCII where the terminal shows no more, and
//! as words or nothing for whoever has the screen read aloud. Names of people's things are theirs and stay.

use crate::config::{is_on, variable};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signs {
    Drawn,
    Ascii,
    Spoken,
}

/// How the lanes of a graph are drawn.
pub(crate) struct Lanes {
    /// The step of the row.
    pub(crate) step: char,
    /// The row waits for this lane, and nothing after it does.
    pub(crate) last: char,
    /// The row waits for this lane, and others will.
    pub(crate) joined: char,
    pub(crate) passing: char,
}

impl Signs {
    pub(crate) fn of_environment() -> Self {
        if is_on("REGATTA_SCREEN_READER") {
            return Self::Spoken;
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(variable);
        let is_utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        if is_utf8 { Self::Drawn } else { Self::Ascii }
    }

    /// Stands before a word that says the same.
    pub(crate) const fn good(self) -> &'static str {
        match self {
            Self::Drawn => "✓ ",
            Self::Ascii => "+ ",
            Self::Spoken => "",
        }
    }

    /// As [`Signs::good`].
    pub(crate) const fn bad(self) -> &'static str {
        match self {
            Self::Drawn => "✗ ",
            Self::Ascii => "x ",
            Self::Spoken => "",
        }
    }

    /// Between what comes one after the other.
    pub(crate) const fn then(self) -> &'static str {
        match self {
            Self::Drawn => " → ",
            Self::Ascii => " > ",
            Self::Spoken => ", then ",
        }
    }

    /// Before what a step waits for.
    pub(crate) const fn waits_for(self) -> &'static str {
        match self {
            Self::Drawn => "← ",
            Self::Ascii => "<- ",
            Self::Spoken => "waits for ",
        }
    }

    /// `None` where a drawing says nothing.
    pub(crate) const fn lanes(self) -> Option<Lanes> {
        let (step, last, joined, passing) = match self {
            Self::Drawn => ('●', '╯', '┤', '│'),
            Self::Ascii => ('*', '\'', '+', '|'),
            Self::Spoken => return None,
        };
        Some(Lanes {
            step,
            last,
            joined,
            passing,
        })
    }

    /// A line of a picture as the terminal can show it.
    pub(crate) fn drawn(self, line: &str) -> String {
        if self == Self::Ascii {
            line.chars().map(ascii).collect()
        } else {
            line.to_owned()
        }
    }
}

const fn ascii(c: char) -> char {
    match c {
        '✓' => '+',
        '✗' => 'x',
        '▶' => '>',
        '◆' => '?',
        '○' => 'o',
        '├' => '|',
        '└' => '`',
        '·' | '–' | '─' => '-',
        '…' => '~',
        '→' => '>',
        c if c.is_ascii() => c,
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_utf8_gets_one_ascii_sign_a_character() {
        let line = " ├ ▶ 1 Übung · ✓ ✗ ◆ ○ └ – ─ … →";
        assert_eq!(Signs::Ascii.drawn(line), " | > 1 ?bung - + x ? o ` - - ~ >");
        assert_eq!(Signs::Drawn.drawn(line), line);
    }
}
