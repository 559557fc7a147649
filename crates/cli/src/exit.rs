//! How a command ended, as a number scripts can rely on. Part of the interface: never change one.

use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    Unexpected,
    Usage,
    /// Not found, or more than one fits.
    NotFound,
    /// Not signed in, or not allowed.
    NotAllowed,
    /// Somebody else changed it in between.
    Conflict,
    /// Refused by the rules: lint errors, bad values.
    Invalid,
    /// The server cannot be reached; whether it did anything is not known.
    Unreachable,
    Failed,
    Canceled,
    /// The wait is over, the deployment is not.
    TimedOut,
    WaitsForPerson,
    /// The watching ended, the deployment goes on.
    Detached,
}

impl Exit {
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::NotAllowed => 4,
            Self::Conflict => 5,
            Self::Invalid => 6,
            Self::Unreachable => 7,
            Self::Failed => 10,
            Self::Canceled => 11,
            Self::TimedOut => 12,
            Self::WaitsForPerson => 13,
            Self::Detached => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
