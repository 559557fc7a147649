//! Finding out how a script ended: of its own children the supervisor knows, of those it took over their keeper does.

use std::time::Duration;

use regatta_wire::proto::Ending;
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::Supervisor;
use super::open_ticket::OpenTicket;
use super::timers::Due;
use crate::script::exit_note::{ExitNote, exit_file, was_never_let_go};
use crate::ticket::TicketId;

/// Between looks for the note about a script's end.
const LOOK_PAUSE: Duration = Duration::from_millis(5);
/// Looks for the note about a script that has ended, on a machine too busy to write it at once.
const LOOKS_MAX: u32 = 1_000;
/// Looks for a server that asks for a revived script, while one is connected.
const LOOKS_UNCLAIMED_MAX: u32 = 2_000;

impl Supervisor {
    /// `None` as long as that cannot be told yet.
    pub(super) fn how_it_ended(&mut self, id: TicketId, run: u64) -> Option<(Ending, i32)> {
        let ticket = self.tickets.get(&id)?;
        let running = ticket.running.as_ref()?;
        if running.is_child {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            let status = waitid(WaitId::Pid(running.pid), options).ok()??;
            let exited = status.exit_status().map(|code| (Ending::Exited, code));
            let signal = || Some((Ending::Signaled, status.terminating_signal()?));
            return exited.or_else(signal);
        }
        if let Some(found) = self.left_note(ticket) {
            return Some(found);
        }
        // Its keeper notes the end after it has waited for it.
        if running.looks >= LOOKS_MAX {
            return Some((Ending::Unknown, 0));
        }
        self.look_later(id, run);
        self.tickets.get_mut(&id)?.running.as_mut()?.looks += 1;
        None
    }

    /// What a revived script wrote last must not be read before the server says what to mask in it.
    pub(super) fn waits_for_secrets(&mut self, id: TicketId, run: u64) -> bool {
        let is_open = self.conversation.is_open();
        let Some(ticket) = self
            .tickets
            .get_mut(&id)
            .filter(|ticket| !ticket.said.is_live)
        else {
            return false;
        };
        let Some(running) = ticket.running.as_mut().filter(|it| !it.is_child) else {
            return false;
        };
        if running.out.fd.is_none() && running.err.fd.is_none() {
            return false;
        }
        running.looks += u32::from(is_open);
        if running.looks > LOOKS_UNCLAIMED_MAX {
            // The server wants nothing of it.
            (running.out.fd, running.err.fd) = (None, None);
            (running.is_cut_off, running.looks) = (true, 0);
            return false;
        }
        self.look_later(id, run);
        true
    }

    fn look_later(&mut self, id: TicketId, run: u64) {
        let running = self
            .tickets
            .get(&id)
            .and_then(|ticket| ticket.running.as_ref());
        if let Some(pidfd) = running.and_then(|running| running.pidfd.as_ref()) {
            self.poller.pause(pidfd);
        }
        self.timers.after(LOOK_PAUSE, Due::Exit(run));
    }

    /// How a script ended whose supervisor was dead by then, as its keeper or its own start noted.
    fn left_note(&self, ticket: &OpenTicket) -> Option<(Ending, i32)> {
        let work_dir = self.work_dirs.path(&ticket.started.as_ref()?.work_dir);
        let note = ExitNote::take(&exit_file(work_dir.parent()?, &ticket.text));
        if was_never_let_go(&work_dir) {
            return Some((Ending::NotStarted, 0));
        }
        note.map(|note| match note {
            ExitNote::Exited(code) => (Ending::Exited, code),
            ExitNote::Signaled(signal) => (Ending::Signaled, signal),
        })
    }
}
