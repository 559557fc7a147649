//! How much a line matters: Octopus' categories of log lines with its severities.

/// Ordered by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    Trace,
    Verbose,
    Info,
    Planned,
    Highlight,
    Abandoned,
    Wait,
    Progress,
    Finished,
    Warning,
    Error,
    Fatal,
}

impl LogLevel {
    const ALL: [(Self, u16, &'static str); 12] = [
        (Self::Trace, 1, "Trace"),
        (Self::Verbose, 100, "Verbose"),
        (Self::Info, 200, "Info"),
        (Self::Planned, 201, "Planned"),
        (Self::Highlight, 210, "Highlight"),
        (Self::Abandoned, 220, "Abandoned"),
        (Self::Wait, 225, "Wait"),
        (Self::Progress, 230, "Progress"),
        (Self::Finished, 240, "Finished"),
        (Self::Warning, 300, "Warning"),
        (Self::Error, 400, "Error"),
        (Self::Fatal, 500, "Fatal"),
    ];

    /// Octopus' number.
    #[must_use]
    pub const fn severity(self) -> u16 {
        Self::ALL[self as usize].1
    }

    /// The level of a number, or the next lower one that has a name (newer programs may know more).
    #[must_use]
    pub fn from_severity(severity: u16) -> Self {
        let known = Self::ALL
            .iter()
            .rev()
            .find(|(_, lowest, _)| *lowest <= severity);
        known.map_or(Self::Trace, |(level, ..)| *level)
    }

    /// Octopus' spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    /// The level with this name, in any case of letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(.., name)| name.eq_ignore_ascii_case(text))
            .map(|(level, ..)| *level)
    }
}
