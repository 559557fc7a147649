//! The keeper: the supervisor's parent, so that the scripts of a supervisor that was killed still have one.
//!
//! It does nothing but wait. Orphans come to it (it is their subreaper), and when the supervisor died before them, it
//! leaves how each ended in a file for the next supervisor. One keeper serves all scripts of a supervisor, in any
//! language and whatever they do to their own traps; it costs a start of a script nothing.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, set_child_subreaper, wait, waitpid};

use crate::journal::running_scripts;
use crate::script::exit_note::{ExitNote, exit_file, unfinished_exit_file};
use crate::script::process::is_zombie;

/// Argument that makes `agent-supervisor DIR` the supervisor itself and not its keeper.
const KEPT: &str = "--kept";

/// Starts the supervisor of a data directory, as this same program with `--kept`, and stays as long as it or its
/// scripts do.
///
/// # Errors
/// If the supervisor cannot be started, or ends with an error of its own.
pub fn run_keeper(data_dir: &Path) -> io::Result<()> {
    // Fails only if the process leads a group already, which its starter sees to that it does not.
    let _leader = rustix::process::setsid();
    set_child_subreaper(Some(rustix::process::getpid()))?;
    // Its standard input ends with this process, and never before: so it hears of that.
    let child = Command::new(std::env::current_exe()?)
        .args(["agent-supervisor", KEPT])
        .arg(data_dir)
        .stdin(Stdio::piped())
        .spawn()?;
    let mut keeper = Keeper {
        data_dir: data_dir.to_owned(),
        supervisor: Pid::from_child(&child),
        end: None,
        scripts: HashMap::new(),
    };
    while keeper.is_needed() {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => keeper.ended(pid, status),
            Ok(None) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => break,
            Err(error) => return Err(error.into()),
        }
    }
    match keeper.end.and_then(|status| status.exit_status()) {
        None | Some(0) => Ok(()),
        Some(code) => Err(io::Error::other(format!(
            "the supervisor ended with code {code}: see its messages above"
        ))),
    }
}

struct Keeper {
    data_dir: PathBuf,
    supervisor: Pid,
    /// How the supervisor ended.
    end: Option<WaitStatus>,
    /// Scripts that outlive it, with their tickets.
    scripts: HashMap<Pid, String>,
}

impl Keeper {
    fn is_needed(&self) -> bool {
        self.end.is_none() || !self.scripts.is_empty()
    }

    fn ended(&mut self, pid: Pid, status: WaitStatus) {
        if pid == self.supervisor {
            return self.supervisor_ended(status);
        }
        // A script can be told from what it left behind only by the journal of a supervisor that is dead, and may be
        // heard of before that death is.
        if self.end.is_none()
            && is_zombie(self.supervisor)
            && let Ok(Some((_, end))) = waitpid(Some(self.supervisor), WaitOptions::empty())
        {
            self.supervisor_ended(end);
        }
        let note = ExitNote::of(status);
        if let Some((ticket, note)) = self.scripts.remove(&pid).zip(note)
            && let Err(error) = self.leave(&ticket, &note)
        {
            tracing::warn!(ticket, %error, "cannot note how a script ended");
        }
    }

    fn supervisor_ended(&mut self, status: WaitStatus) {
        self.end = Some(status);
        match running_scripts(&self.data_dir) {
            Ok(scripts) => {
                let known = |(pid, ticket)| Some((Pid::from_raw(pid)?, ticket));
                self.scripts = scripts.into_iter().filter_map(known).collect();
            }
            Err(error) => {
                tracing::warn!(%error, "cannot read the journal of a dead supervisor: how its scripts end is lost");
            }
        }
    }

    /// Whole or not at all.
    fn leave(&self, ticket: &str, note: &ExitNote) -> io::Result<()> {
        let work = self.data_dir.join("work");
        let new = unfinished_exit_file(&work, ticket);
        File::create(&new)?.write_all(note.to_string().as_bytes())?;
        std::fs::rename(&new, exit_file(&work, ticket))
    }
}
