//! Makes a script's process, and ends it.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{MemfdFlags, OFlags, fcntl_getfl, fcntl_setfl, memfd_create};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};

use super::interpreter::{GATE_FD, Invocation, SETUP_FD};
use super::work_dir::BODY_FD;

/// Tells a script's processes, whatever group they moved to, from all others.
pub(crate) const TICKET_VARIABLE: &str = "REGATTA_TICKET";

/// What every script's process gets.
pub(crate) struct Surroundings {
    environment: Vec<(OsString, OsString)>,
    null: File,
}

/// A process just made.
pub(crate) struct Child {
    pub(crate) pid: Pid,
    /// Becomes readable when it has ended.
    pub(crate) pidfd: OwnedFd,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
    gate: OwnedFd,
}

impl Child {
    /// Lets the script run. Dropped instead, it never does.
    pub(crate) fn let_go(&self) -> io::Result<()> {
        match rustix::io::write(&self.gate, b"\n") {
            // It ended before the gate: an interpreter that cannot read the script does. Its end will be seen.
            Ok(_) | Err(rustix::io::Errno::PIPE) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for the end of a script that was not let go.
    pub(crate) fn give_up(self) {
        drop(self.gate);
        // Cannot fail: the child is ours and not waited for.
        let _status =
            rustix::process::waitpid(Some(self.pid), rustix::process::WaitOptions::empty());
    }
}

impl Surroundings {
    /// Takes over this process's environment but for what would leak into a script or change its shell.
    pub(crate) fn inherit() -> io::Result<Self> {
        let environment = std::env::vars_os()
            .filter(|(name, _)| is_harmless(&name.to_string_lossy()))
            .collect();
        Ok(Self {
            environment,
            null: File::open("/dev/null")?,
        })
    }

    /// Starts a script in `work_dir`, which waits to be let go. Must be called from one thread only: the script's files are open to every
    /// process made meanwhile.
    pub(crate) fn spawn(
        &self,
        invocation: &Invocation<'_>,
        arguments: &[String],
        ticket: &str,
        work_dir: &Path,
    ) -> io::Result<Child> {
        let _body = inherited(&invocation.body, BODY_FD)?;
        let _setup = invocation
            .setup
            .as_ref()
            .map(|setup| inherited(setup, SETUP_FD))
            .transpose()?;
        let (waiting, gate) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let _waiting = placed(&waiting, GATE_FD)?;
        let (stdout, out) = output_pipe()?;
        let (stderr, err) = output_pipe()?;
        let child = Command::new(invocation.program)
            .args(&invocation.arguments)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(TICKET_VARIABLE, ticket)
            .current_dir(work_dir)
            .stdin(Stdio::from(self.null.try_clone()?))
            .stdout(Stdio::from(out))
            .stderr(Stdio::from(err))
            .process_group(0)
            .spawn()?;
        let pid = Pid::from_child(&child);
        // Cannot fail: the child is ours and not waited for.
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Child {
            pid,
            pidfd,
            stdout,
            stderr,
            gate,
        })
    }
}

fn is_harmless(name: &str) -> bool {
    let changes_shells = [
        "BASH_ENV",
        "ENV",
        "SHELLOPTS",
        "BASHOPTS",
        "PS4",
        "PROMPT_COMMAND",
        "PYTHONSTARTUP",
    ];
    !name.starts_with("REGATTA_")
        && !name.starts_with("BASH_FUNC_")
        && !changes_shells.contains(&name)
}

/// A file in memory with this text, open under this number in the next child.
fn inherited(text: &str, number: i32) -> io::Result<OwnedFd> {
    let file = memfd_create("script", MemfdFlags::CLOEXEC)?;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let written = rustix::io::write(&file, rest)?;
        rest = &rest[written..];
    }
    rustix::fs::seek(&file, rustix::fs::SeekFrom::Start(0))?;
    placed(&file, number)
}

/// The same file, open under this number in the next child.
fn placed(file: &OwnedFd, number: i32) -> io::Result<OwnedFd> {
    let placed = fcntl_dupfd_cloexec(file, number)?;
    fcntl_setfd(&placed, FdFlags::empty())?;
    let at = std::os::fd::AsRawFd::as_raw_fd(&placed);
    if at != number {
        return Err(io::Error::other(format!(
            "file descriptor {number} is taken"
        )));
    }
    Ok(placed)
}

/// A pipe whose reading end does not block. The writing end can read as well: as long as a script holds it, the pipe
/// outlives its supervisor, and the next one finds it through the script's process.
fn output_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
    let both = rustix::fs::open(
        path,
        OFlags::RDWR | OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    set_nonblocking(&reader)?;
    Ok((reader, both))
}

/// Makes reads return at once.
pub(crate) fn set_nonblocking(fd: impl AsFd) -> io::Result<()> {
    let flags = fcntl_getfl(&fd)?;
    Ok(fcntl_setfl(&fd, flags | OFlags::NONBLOCK)?)
}

/// Signals a script's process group and every process that carries its ticket elsewhere.
pub(crate) fn signal_all(leader: Pid, ticket: &str, signal: Signal) {
    // Gone already is what we want.
    let _gone = kill_process_group(leader, signal);
    for pid in processes_of(ticket) {
        if rustix::process::getpgid(Some(pid)).is_ok_and(|group| group != leader) {
            let _gone = kill_process(pid, signal);
        }
    }
}

/// All living processes of a ticket, by the mark in their environment.
fn processes_of(ticket: &str) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .filter(|pid| carries(*pid, ticket))
        .collect()
}

/// Whether the living process `pid` belongs to a ticket, rather than to somebody who got the number later.
pub(crate) fn carries(pid: Pid, ticket: &str) -> bool {
    let mark = format!("{TICKET_VARIABLE}={ticket}");
    let environment =
        std::fs::read(format!("/proc/{}/environ", pid.as_raw_pid())).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|entry| entry == mark.as_bytes())
}

/// Whether a process has ended and its parent has not asked how.
pub(crate) fn is_zombie(pid: Pid) -> bool {
    let stat = std::fs::read(format!("/proc/{}/stat", pid.as_raw_pid())).unwrap_or_default();
    // The name, in brackets, may hold anything.
    let after_name = stat.iter().rposition(|byte| *byte == b')');
    after_name.is_some_and(|at| stat.get(at + 2) == Some(&b'Z'))
}

/// The reading end of a stream of a living script, whose supervisor is gone; `None` if the script has put something
/// else in its place.
pub(crate) fn reopen_output(pid: Pid, number: i32) -> Option<OwnedFd> {
    let path = format!("/proc/{}/fd/{number}", pid.as_raw_pid());
    let target = std::fs::read_link(&path).ok()?;
    if !target.to_string_lossy().starts_with("pipe:") {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, rustix::fs::Mode::empty()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::exit_note::was_never_let_go;
    use crate::script::interpreter::Interpreters;
    use regatta_wire::proto::{Start, Syntax};

    /// A supervisor that dies before it has written down a process leaves one that runs nothing.
    #[test]
    fn a_script_that_is_not_let_go_runs_nothing_and_says_so() {
        let (interpreters, surroundings) = (Interpreters::find(), Surroundings::inherit().unwrap());
        for (syntax, script) in [
            (Syntax::Bash, "echo >ran"),
            (Syntax::Python, "open('ran', 'w')"),
        ] {
            for let_go in [false, true] {
                let dir = tempfile::tempdir().unwrap();
                let start = Start {
                    syntax: syntax.into(),
                    body: script.to_owned(),
                    ..Start::default()
                };
                let invocation = interpreters.invocation(&start).unwrap();
                let link = dir.path().join(invocation.script_name);
                std::os::unix::fs::symlink(format!("/proc/self/fd/{BODY_FD}"), link).unwrap();
                let child = surroundings
                    .spawn(&invocation, &[], "T", dir.path())
                    .unwrap();
                if let_go {
                    child.let_go().unwrap();
                }
                child.give_up();
                assert_eq!(dir.path().join("ran").exists(), let_go, "{syntax:?}");
                assert_eq!(was_never_let_go(dir.path()), !let_go, "{syntax:?}");
            }
        }
    }
}
