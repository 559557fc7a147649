//! Taking over from a supervisor that was killed. What the journal shows as running and not ended is looked for: a
//! living script is watched again, one that ended meanwhile has ended as its keeper noted, of any other nobody can
//! tell. What the journal shows as starting only was never let go, and is forgotten: the server sends it again.

use std::os::fd::OwnedFd;
use std::time::Duration;

use regatta_wire::proto::{Ending, Finished, Start};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::open_ticket::{Artifact, OpenTicket, Output, Running};
use super::output_variable::{self, OutputVariables};
use super::running::check_artifacts;
use super::timers::Due;
use super::{Supervisor, SupervisorError, packages};
use crate::clock::now_ms;
use crate::journal::{self, Accepted, Recovered};
use crate::script::exit_note::exit_file_names;
use crate::script::kept_secrets::{Kept, SUFFIX};
use crate::script::lines::{Lines, Stream};
use crate::script::mask::Masker;
use crate::script::process::{carries, is_zombie, reopen_output};
use crate::spool::Spool;
use crate::ticket::TicketId;

impl Supervisor {
    pub(super) fn revive(&mut self, recovered: Recovered) -> Result<(), SupervisorError> {
        let started = recovered
            .tickets
            .values()
            .filter_map(|open| open.started.as_ref());
        let keep: Vec<_> = started
            .clone()
            .map(|started| started.work_dir.clone())
            .collect();
        // Also a note that the keeper is writing just now: removed under its hands, the end would never be known.
        let tickets = recovered.tickets.keys();
        let notes = tickets.flat_map(|id| exit_file_names(&id.to_string()));
        let keep: Vec<_> = keep.into_iter().chain(notes).collect();
        self.work_dirs
            .remove_others(&keep.iter().map(String::as_str).collect::<Vec<_>>())?;
        packages::discard_all(&packages::ready_dir(&self.data_dir));
        self.remove_other_spools(&recovered)?;
        for (id, open) in recovered.tickets {
            self.revive_ticket(id, open)?;
        }
        Ok(())
    }

    fn remove_other_spools(&self, recovered: &Recovered) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.spool_dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let stem = |name: &str| {
                let stem = name
                    .strip_suffix(".out")
                    .or_else(|| name.strip_suffix(SUFFIX));
                stem.and_then(TicketId::parse)
            };
            let id = name.to_str().and_then(stem);
            if !id.is_some_and(|id| recovered.tickets.contains_key(&id)) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn kept_of(&self, id: TicketId) -> Kept {
        let Some(secrets) = &self.secrets else {
            return Kept::default();
        };
        secrets.take_over(&id.to_string()).unwrap_or_else(|error| {
            tracing::error!(%error, ticket = %id, "the kept secrets of a script cannot be read");
            Kept::default()
        })
    }

    fn revive_ticket(
        &mut self,
        id: TicketId,
        open: journal::OpenTicket,
    ) -> Result<(), SupervisorError> {
        let Accepted { task, epoch, .. } = &open.accepted;
        self.epochs.note(task, *epoch, id);
        let spool = Spool::recover(&self.spool_dir, id.to_string())?;
        let mut ticket = shell_of(id, &open, &self.kept_of(id), spool);
        if let Some(exited) = open.exited {
            let work_dir = ticket.work_dir.as_ref();
            let work_dir = work_dir.map(|name| self.work_dirs.path(name));
            check_artifacts(&mut ticket, work_dir.as_deref());
            ticket.finished = Some(finished_again(&ticket, exited));
            self.tickets.insert(id, ticket);
            return Ok(());
        }
        let process = open
            .running
            .filter(|_| !open.machine_restarted)
            .and_then(|running| Pid::from_raw(running.pid));
        match process {
            Some(pid) => self.watch_revived(ticket, pid, open.noted.unwrap_or_default()),
            None => self.end_with_machine(ticket),
        }
        Ok(())
    }

    /// Takes over a script that lives, or whose end is still to be found out.
    fn watch_revived(&mut self, mut ticket: OpenTicket, pid: Pid, noted: journal::Noted) {
        let id = ticket.id;
        let pidfd = living(pid, &ticket.text);
        // Held from now on, so that what it writes survives it; read only when its secrets are known.
        let output = |stream, number| Output {
            fd: pidfd.as_ref().and_then(|_| reopen_output(pid, number)),
            lines: Lines::new(stream),
            is_watched: false,
        };
        let (out, err) = (output(Stream::Out, 1), output(Stream::Err, 2));
        let started = ticket.started.as_ref();
        let fail_on_error_output = started.is_some_and(|started| started.fail_on_error_output);
        let deadline_ms = started.map_or(0, |started| started.deadline_ms);
        self.last_run += 1;
        let run = self.last_run;
        ticket.running = Some(Running {
            run,
            pid,
            is_child: false,
            // One whose streams were its supervisor's alone has taken them along.
            is_cut_off: out.fd.is_none() && err.fd.is_none(),
            pidfd,
            out,
            err,
            masker: Masker::new(std::iter::empty()),
            message: noted.message.clone(),
            warnings: noted.warnings,
            wrote_error: noted.wrote_error,
            fail_on_error_output,
            noted,
            looks: 0,
            stop: None,
        });
        if deadline_ms > 0 {
            let left_ms = deadline_ms.saturating_sub(now_ms()).max(0).unsigned_abs();
            self.timers
                .after(Duration::from_millis(left_ms), Due::Timeout(id));
        }
        tracing::info!(ticket = ticket.text, "a script was taken over");
        self.runs.insert(run, id);
        let is_there = ticket.running.as_ref().is_some_and(|it| it.pidfd.is_some());
        self.tickets.insert(id, ticket);
        if is_there {
            self.watch_end(id);
        } else {
            self.timers.after(Duration::ZERO, Due::Exit(run));
        }
    }

    fn end_with_machine(&mut self, mut ticket: OpenTicket) {
        let id = ticket.id;
        let message = "the machine was restarted while the script ran or was about to".to_owned();
        ticket.finish(Ending::Unknown, 0, message, now_ms());
        self.tickets.insert(id, ticket);
        self.note_exit(id);
    }
}

/// A script's process, unless it is gone altogether.
fn living(pid: Pid, ticket: &str) -> Option<OwnedFd> {
    // One that ended is its keeper's to ask about, and has no mark any more.
    let is_there = || carries(pid, ticket) || is_zombie(pid);
    let pidfd = is_there().then(|| pidfd_open(pid, PidfdFlags::empty()).ok())??;
    // Looked at twice: a number that was given away before the opening is noticed.
    is_there().then_some(pidfd)
}

fn shell_of(id: TicketId, open: &journal::OpenTicket, kept: &Kept, spool: Spool) -> OpenTicket {
    let artifact = |noted: &journal::Artifact| Artifact {
        name: noted.name.clone(),
        path: noted.path.clone(),
        length_bytes: 0,
    };
    let empty = Start {
        task: open.accepted.task.clone(),
        epoch: open.accepted.epoch,
        ..Start::default()
    };
    OpenTicket {
        id,
        text: id.to_string(),
        task: open.accepted.task.clone(),
        epoch: empty.epoch,
        accepted_entry: 0,
        start: None,
        work_dir: open
            .started
            .as_ref()
            .map(|started| started.work_dir.clone()),
        started: open.started.clone(),
        running: None,
        spool,
        variables: OutputVariables::recover(&open.variables, kept),
        artifacts: open.artifacts.iter().map(artifact).collect(),
        refused_artifacts: 0,
        finished: None,
        said: super::open_ticket::Said::default(),
    }
}

/// The end as it was written down. What it says about output must fit what is left of it.
fn finished_again(ticket: &OpenTicket, exited: journal::Exited) -> Finished {
    let is_lost = ticket.variables.any_lost();
    let lost = is_lost.then(|| output_variable::LOST.to_owned());
    Finished {
        ticket: ticket.text.clone(),
        at_ms: exited.at_ms,
        started_at_ms: ticket.started.as_ref().map_or(0, |started| started.at_ms),
        ending: if lost.is_some() {
            Ending::Unknown.into()
        } else {
            exited.ending
        },
        code: exited.code,
        message: lost.unwrap_or(exited.message),
        lines: ticket.spool.lines(),
        warnings: exited.warnings,
        output_variables: ticket.variables.known(),
        artifacts: ticket
            .artifacts
            .iter()
            .map(|a| regatta_wire::proto::Artifact {
                name: a.name.clone(),
                length_bytes: a.length_bytes,
            })
            .collect(),
        released: false,
    }
}
