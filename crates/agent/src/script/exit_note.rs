//! How a script ended, written down for a supervisor that comes later. Only scripts whose own supervisor is dead leave
//! one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::WaitStatus;

/// What a script leaves in its work directory that found its supervisor dead before it was let go.
const UNSTARTED: &str = ".regatta-unstarted";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitNote {
    Exited(i32),
    Signaled(i32),
}

/// Where the note about a ticket is, given the directory that holds the work directories.
pub(crate) fn exit_file(work: &Path, ticket: &str) -> PathBuf {
    let [note, _] = exit_file_names(ticket);
    work.join(note)
}

/// The note while it is written: it becomes the note when it is whole.
pub(crate) fn unfinished_exit_file(work: &Path, ticket: &str) -> PathBuf {
    let [_, unfinished] = exit_file_names(ticket);
    work.join(unfinished)
}

/// What the note about a ticket is called when it is whole, and while it is written.
pub(crate) fn exit_file_names(ticket: &str) -> [String; 2] {
    [format!("{ticket}.exit"), format!("{ticket}.exit-new")]
}

/// Whether the script of this work directory was never let go: not a line of it ran.
pub(crate) fn was_never_let_go(work_dir: &Path) -> bool {
    work_dir.join(UNSTARTED).exists()
}

impl ExitNote {
    pub(crate) fn of(status: WaitStatus) -> Option<Self> {
        let exited = status.exit_status().map(Self::Exited);
        exited.or_else(|| status.terminating_signal().map(Self::Signaled))
    }

    /// Reads a note and removes it.
    pub(crate) fn take(file: &Path) -> Option<Self> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "cannot read how a script ended");
                return None;
            }
        };
        let _gone = std::fs::remove_file(file);
        Self::parse(text.trim())
    }

    fn parse(text: &str) -> Option<Self> {
        let (kind, number) = text.split_once(' ')?;
        let number = number.parse().ok()?;
        match kind {
            "exited" => Some(Self::Exited(number)),
            "signaled" => Some(Self::Signaled(number)),
            _ => None,
        }
    }
}

impl fmt::Display for ExitNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited {code}"),
            Self::Signaled(signal) => write!(f, "signaled {signal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_only_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = exit_file(dir.path(), "T");
        for note in [ExitNote::Exited(3), ExitNote::Signaled(9)] {
            std::fs::write(&file, note.to_string()).unwrap();
            assert_eq!(ExitNote::take(&file), Some(note));
            assert_eq!(ExitNote::take(&file), None);
        }
        std::fs::write(&file, "exited perhaps").unwrap();
        assert_eq!(ExitNote::take(&file), None);
    }
}
