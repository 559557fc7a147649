//! Taking over from a supervisor that was killed. What the journal shows as started and not ended is looked for: a
//! living script is watched again, one that left its exit code has ended with it, of any other nobody can tell.

use std::time::Duration;

use regatta_wire::proto::{Ending, Finished, Start, Variable};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::open_ticket::{Artifact, OpenTicket, Output, Running};
use super::timers::Due;
use super::{Supervisor, SupervisorError};
use crate::clock::now_ms;
use crate::journal::{self, Recovered};
use crate::script::lines::{Lines, Stream};
use crate::script::mask::Masker;
use crate::script::process::carries;
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
        let exit_files = recovered.tickets.keys().map(|id| format!("{id}.exit"));
        let keep: Vec<_> = keep.into_iter().chain(exit_files).collect();
        self.work_dirs
            .remove_others(&keep.iter().map(String::as_str).collect::<Vec<_>>())?;
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
            let id = name
                .to_str()
                .and_then(|name| TicketId::parse(name.strip_suffix(".out")?));
            if !id.is_some_and(|id| recovered.tickets.contains_key(&id)) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn revive_ticket(
        &mut self,
        id: TicketId,
        open: journal::OpenTicket,
    ) -> Result<(), SupervisorError> {
        let highest = self.epochs.entry(open.accepted.task.clone()).or_default();
        *highest = open.accepted.epoch.max(*highest);
        let mut ticket = shell_of(id, &open, Spool::recover(&self.spool_dir, id.to_string())?);
        if let Some(exited) = open.exited {
            ticket.finished = Some(finished_again(&ticket, exited));
            self.tickets.insert(id, ticket);
            return Ok(());
        }
        let process = open
            .running
            .filter(|_| !open.machine_restarted)
            .and_then(|running| Pid::from_raw(running.pid));
        let alive = process.filter(|pid| carries(*pid, &ticket.text));
        // Opened before the second look: a number that was given away meanwhile is noticed.
        let pidfd = alive.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        match (alive, pidfd) {
            (Some(pid), Some(pidfd)) if carries(pid, &ticket.text) => {
                self.watch_revived(ticket, pid, pidfd);
            }
            _ => self.end_revived(ticket, open.machine_restarted),
        }
        Ok(())
    }

    fn watch_revived(&mut self, mut ticket: OpenTicket, pid: Pid, pidfd: std::os::fd::OwnedFd) {
        let id = ticket.id;
        self.last_run += 1;
        let output = |stream| Output {
            fd: None,
            lines: Lines::new(stream),
            is_watched: false,
        };
        ticket.running = Some(Running {
            run: self.last_run,
            pid,
            pidfd,
            is_child: false,
            out: output(Stream::Out),
            err: output(Stream::Err),
            masker: Masker::new(std::iter::empty()),
            message: String::new(),
            warnings: false,
            wrote_error: false,
            fail_on_error_output: false,
            stop: None,
        });
        let deadline_ms = ticket
            .started
            .as_ref()
            .map_or(0, |started| started.deadline_ms);
        if deadline_ms > 0 {
            let left_ms = deadline_ms.saturating_sub(now_ms()).max(0).unsigned_abs();
            self.timers
                .after(Duration::from_millis(left_ms), Due::Timeout(id));
        }
        tracing::info!(ticket = ticket.text, "a running script was taken over");
        self.runs.insert(self.last_run, id);
        self.tickets.insert(id, ticket);
        self.watch_end(id);
    }

    fn end_revived(&mut self, mut ticket: OpenTicket, machine_restarted: bool) {
        let id = ticket.id;
        let code = self
            .left_exit_code(&ticket)
            .filter(|_| !ticket.lost_sensitive);
        let (ending, message) = match code {
            Some(_) => (Ending::Exited, String::new()),
            None if machine_restarted => (
                Ending::Unknown,
                "the machine was restarted while the script ran or was about to".to_owned(),
            ),
            None => (
                Ending::Unknown,
                "the agent's supervisor was killed, and the script ended before the next one came"
                    .to_owned(),
            ),
        };
        ticket.finish(ending, code.unwrap_or_default(), message, now_ms());
        self.tickets.insert(id, ticket);
        self.note_exit(id);
    }
}

fn shell_of(id: TicketId, open: &journal::OpenTicket, spool: Spool) -> OpenTicket {
    let mut variables: Vec<Variable> = Vec::new();
    for noted in &open.variables {
        variables.retain(|known| !known.name.eq_ignore_ascii_case(&noted.name));
        variables.push(Variable {
            name: noted.name.clone(),
            value: noted.value.clone(),
            sensitive: noted.sensitive,
        });
    }
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
        lost_sensitive: variables.iter().any(|variable| variable.sensitive),
        variables,
        artifacts: open.artifacts.iter().map(artifact).collect(),
        finished: None,
        said: super::open_ticket::Said::default(),
    }
}

/// The end as it was written down. What it says about output must fit what is left of it.
fn finished_again(ticket: &OpenTicket, exited: journal::Exited) -> Finished {
    let lost = ticket.lost_sensitive.then(|| "the agent's supervisor was killed before it could hand over the script's sensitive output variables".to_owned());
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
        output_variables: ticket
            .variables
            .iter()
            .filter(|variable| !variable.sensitive)
            .cloned()
            .collect(),
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
