//! How a level is written in a segment: Octopus' severities, so that files stay readable when levels are added.

use regatta_core::log::LogLevel;

const SEVERITIES: [(LogLevel, u16); 7] = [
    (LogLevel::Verbose, 100),
    (LogLevel::Info, 200),
    (LogLevel::Highlight, 210),
    (LogLevel::Wait, 225),
    (LogLevel::Warning, 300),
    (LogLevel::Error, 400),
    (LogLevel::Gap, 450),
];

pub(super) fn severity(level: LogLevel) -> u16 {
    let known = SEVERITIES.iter().find(|(known, _)| *known == level);
    known.expect("every level is in the list").1
}

/// The level of a severity, or the next lower one (newer programs may know more).
pub(super) fn level(severity: u16) -> LogLevel {
    let known = SEVERITIES
        .iter()
        .rev()
        .find(|(_, lowest)| *lowest <= severity);
    known.map_or(LogLevel::Verbose, |(level, _)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_survives_and_more_urgent_is_higher() {
        for pair in SEVERITIES.windows(2) {
            assert!(pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
        }
        for (known, number) in SEVERITIES {
            assert_eq!((severity(known), level(number)), (number, known));
        }
        assert_eq!(
            (level(0), level(u16::MAX)),
            (LogLevel::Verbose, LogLevel::Gap)
        );
    }
}
