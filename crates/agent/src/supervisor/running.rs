//! A script's end, and being stopped.
//!
//! What it writes until then is read in [`reading`], what it asks for done in [`obeying`].

mod obeying;
mod reading;

use std::time::Duration;

use regatta_wire::proto::{Ending, Level};
use rustix::process::{Signal, WaitOptions, waitpid};

use super::open_ticket::OpenTicket;
use super::timers::Due;
use super::{Supervisor, output_variable};
use crate::clock::now_ms;
use crate::journal::Kind;
use crate::script::process::signal_all;
use crate::ticket::TicketId;

pub(super) use obeying::check_artifacts;
pub(super) use reading::READ_PAUSE;

/// Grace of a script whose time is up.
const TIMEOUT_GRACE: Duration = Duration::from_secs(10);
/// A line in place of those that nobody read.
const CUT_OFF: &str = "The agent's supervisor was killed, and the script ended before the next one came: what it wrote last may be missing here.";

/// Said of a script that its supervisor could not let go.
const UNSTARTED: &str =
    "the agent's supervisor was killed before it let the script go: nothing of it ran";

impl Supervisor {
    pub(super) fn note(&mut self, kind: Kind) {
        if let Err(error) = self.journal.append([kind]) {
            tracing::warn!(%error, "cannot write the journal: this would be lost if the supervisor died now");
        }
    }

    /// The script's process has ended (its children may live on).
    pub(super) fn script_exited(&mut self, run: u64) {
        let Some(id) = self.runs.get(&run).copied() else {
            return;
        };
        if self.waits_for_secrets(id, run) {
            return;
        }
        let Some((ending, code)) = self.how_it_ended(id, run) else {
            return;
        };
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let Some(running) = &ticket.running else {
            return;
        };
        let child = running.is_child.then_some(running.pid);
        if running.stop.is_some() && running.pidfd.is_some() {
            // The script is gone, its children have to follow.
            signal_all(running.pid, &ticket.text, Signal::KILL);
        }
        if running.is_cut_off && ending != Ending::NotStarted {
            ticket.spool.push(CUT_OFF, Level::Warning, now_ms());
        }
        self.runs.remove(&run);
        self.read_rest(id, run);
        self.end_script(id, ending, code);
        if child.is_some() {
            // Only now that its end is in the journal: until then, the keeper would inherit it.
            let _status = waitpid(child, WaitOptions::NOHANG);
        }
    }

    fn end_script(&mut self, id: TicketId, ending: Ending, code: i32) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let work_dir = ticket
            .work_dir
            .clone()
            .map(|name| self.work_dirs.path(&name));
        check_artifacts(ticket, work_dir.as_deref());
        let Some(running) = &mut ticket.running else {
            return;
        };
        let (mut ending, mut message) = (
            running.stop.unwrap_or(ending),
            std::mem::take(&mut running.message),
        );
        if ending == Ending::Exited
            && code == 0
            && running.fail_on_error_output
            && running.wrote_error
        {
            ending = Ending::ErrorOutput;
        }
        if let Some(why) = ticket.variables.refusal()
            && (ending, code) == (Ending::Exited, 0)
        {
            (ending, message) = (Ending::ErrorOutput, why);
        }
        if ending == Ending::Unknown {
            "the agent's supervisor was killed while the script ran, and nobody saw how it ended"
                .clone_into(&mut message);
        } else if ending == Ending::NotStarted {
            UNSTARTED.clone_into(&mut message);
        } else if ticket.variables.any_lost() {
            ending = Ending::Unknown;
            output_variable::LOST.clone_into(&mut message);
        }
        ticket.finish(ending, code, message, now_ms());
        ticket.running = None;
        if ticket.artifacts.is_empty()
            && let Some(work_dir) = ticket.work_dir.take()
        {
            self.work_dirs.give_back(work_dir);
        }
        self.note_exit(id);
    }

    /// Writes the end of a ticket down and reports it. It need not be durable for that: the server makes it so.
    pub(super) fn note_exit(&mut self, id: TicketId) {
        if let Some(exited) = self.tickets.get(&id).and_then(OpenTicket::exited) {
            self.note(Kind::Exited(exited));
        }
        self.has_news(id);
    }

    pub(super) fn stop(&mut self, id: TicketId, grace: Duration) {
        self.stop_because(id, Ending::Canceled, grace);
    }

    pub(super) fn time_out(&mut self, id: TicketId) {
        self.stop_because(id, Ending::TimedOut, TIMEOUT_GRACE);
    }

    fn stop_because(&mut self, id: TicketId, why: Ending, grace: Duration) {
        let Some(ticket) = self
            .tickets
            .get_mut(&id)
            .filter(|ticket| ticket.finished.is_none())
        else {
            return;
        };
        let Some(running) = &mut ticket.running else {
            self.queue.retain(|queued| *queued != id);
            return self.end_unstarted(id, why, "stopped before it started");
        };
        if running.stop.is_some() {
            return;
        }
        running.stop = Some(why);
        if running.pidfd.is_none() {
            // Its number may be somebody else's by now.
            return;
        }
        signal_all(running.pid, &ticket.text, Signal::TERM);
        // A paused script could not hear the signal.
        signal_all(running.pid, &ticket.text, Signal::CONT);
        self.timers.after(grace, Due::Kill(id));
    }

    pub(super) fn kill(&mut self, id: TicketId) {
        let Some(ticket) = self.tickets.get(&id) else {
            return;
        };
        if let Some(running) = ticket.running.as_ref().filter(|it| it.pidfd.is_some()) {
            signal_all(running.pid, &ticket.text, Signal::KILL);
        }
    }
}
