//! What a line of a task's log is. Where lines are kept is no concern of this module.

use serde::{Deserialize, Serialize};

/// How a line is meant, in Octopus' words; ordered from least to most urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LogLevel {
    Verbose,
    Info,
    Highlight,
    /// What the script waits for.
    Wait,
    Warning,
    Error,
    /// Output was dropped here; the text says how much and why.
    Gap,
}
