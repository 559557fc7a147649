//! A script's life: its output, its messages, its end, and being stopped.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use regatta_wire::proto::{Ending, Level, Progress, Variable};
use rustix::process::{Signal, WaitOptions, waitpid};

use super::open_ticket::{Artifact, OpenTicket, Running};
use super::poll::Token;
use super::timers::Due;
use super::{READ_BYTES, Supervisor, output_variable};
use crate::clock::now_ms;
use crate::journal::{self, Kind};
use crate::script::lines::{Piece, Stream};
use crate::script::message::ServiceMessage;
use crate::script::process::signal_all;
use crate::spool::Spool;
use crate::ticket::TicketId;

/// After a look at a stream that had little to say, the next one waits this long: a script that prints line by line
/// would else wake four processes for each line.
pub(super) const READ_PAUSE: Duration = Duration::from_millis(2);
/// Grace of a script whose time is up.
const TIMEOUT_GRACE: Duration = Duration::from_secs(10);
/// Read at most this much after a script's end, from processes it left behind.
const LAST_READ_BYTES: usize = 2 * 1024 * 1024;
/// A line in place of those that nobody read.
const CUT_OFF: &str = "The agent's supervisor was killed, and the script ended before the next one came: what it wrote last may be missing here.";

/// Said of a script that its supervisor could not let go.
const UNSTARTED: &str =
    "the agent's supervisor was killed before it let the script go: nothing of it ran";

const SET_VARIABLE: &str = "setVariable";

/// Files of one script that are collected; the server keeps fewer.
const ARTIFACTS_MAX: usize = 2_000;
/// Names of files beyond this are cut.
const NAME_MAX_BYTES: usize = 1_000;
/// What a script says about its progress or its end is cut beyond this.
const TEXT_MAX_BYTES: usize = 16 * 1024;

/// What a read found.
struct Read {
    bytes: usize,
    at_end: bool,
}

impl Supervisor {
    pub(super) fn read_stream(&mut self, run: u64, stream: Stream) {
        let Some(id) = self.runs.get(&run).copied() else {
            return;
        };
        let read = self.read_once(id, stream);
        let Some(running) = self
            .tickets
            .get_mut(&id)
            .and_then(|ticket| ticket.running.as_mut())
        else {
            return;
        };
        let output = running.output(stream);
        if read.at_end {
            output.fd = None;
        } else if read.bytes < READ_BYTES / 4 && output.is_watched {
            if let Some(fd) = &output.fd {
                self.poller.pause(fd);
            }
            output.is_watched = false;
            self.timers.after(READ_PAUSE, Due::Read(run, stream));
        }
    }

    pub(super) fn watch_again(&mut self, run: u64, stream: Stream) {
        let Some(id) = self.runs.get(&run) else {
            return;
        };
        let Some(running) = self
            .tickets
            .get_mut(id)
            .and_then(|ticket| ticket.running.as_mut())
        else {
            return;
        };
        let output = running.output(stream);
        if let Some(fd) = output.fd.as_ref().filter(|_| !output.is_watched) {
            self.poller.resume(fd, token(run, stream));
            output.is_watched = true;
        }
    }

    fn read_once(&mut self, id: TicketId, stream: Stream) -> Read {
        let mut buffer = std::mem::take(&mut self.read_buffer);
        let read = self.read_into(id, stream, &mut buffer);
        self.read_buffer = buffer;
        read
    }

    fn read_into(&mut self, id: TicketId, stream: Stream, buffer: &mut [u8]) -> Read {
        let at_end = Read {
            bytes: 0,
            at_end: true,
        };
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return at_end;
        };
        let Some(fd) = ticket
            .running
            .as_mut()
            .and_then(|running| running.output(stream).fd.as_ref())
        else {
            return at_end;
        };
        match rustix::io::read(fd, &mut *buffer) {
            Ok(0) => at_end,
            Ok(bytes) => {
                self.take_output(id, stream, &buffer[..bytes]);
                Read {
                    bytes,
                    at_end: false,
                }
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Read {
                bytes: 0,
                at_end: false,
            },
            Err(_) => at_end,
        }
    }

    fn take_output(&mut self, id: TicketId, stream: Stream, bytes: &[u8]) {
        let messages = self.with_sink(id, stream, |lines, masker, sink| {
            lines.feed(bytes, masker, sink);
        });
        for message in messages {
            self.keep_mask(id, &message);
            self.obey(id, &message);
        }
        self.note_facts(id);
        self.has_news(id);
    }

    /// A supervisor that takes the script over hides it, too. An output variable is kept with its name
    /// ([`Self::set_variable`]).
    fn keep_mask(&self, id: TicketId, message: &ServiceMessage) {
        let secret = message.secret().filter(|_| message.name != SET_VARIABLE);
        let (Some(secrets), Some(secret)) = (&self.secrets, secret) else {
            return;
        };
        if let Err(error) = secrets.add_mask(&id.to_string(), secret) {
            tracing::warn!(%error, ticket = %id, "what a script wants hidden cannot be kept: it is hidden for as long as this process lives");
        }
    }

    /// What the output has shown has to survive this supervisor.
    fn note_facts(&mut self, id: TicketId) {
        let ticket = self.tickets.get_mut(&id);
        let Some(running) = ticket.and_then(|ticket| ticket.running.as_mut()) else {
            return;
        };
        let noted = &mut running.noted;
        if (noted.warnings, noted.wrote_error) == (running.warnings, running.wrote_error)
            && noted.message == running.message
        {
            return;
        }
        *noted = journal::Noted {
            ticket: id.to_bytes(),
            warnings: running.warnings,
            wrote_error: running.wrote_error,
            message: running.message.clone(),
        };
        let noted = noted.clone();
        self.note(Kind::Noted(noted));
    }

    /// Runs `work` on a stream's lines with a sink that keeps the lines and returns the messages; a `mask` counts at
    /// once, for the lines right behind it.
    fn with_sink(
        &mut self,
        id: TicketId,
        stream: Stream,
        work: impl FnOnce(
            &mut crate::script::lines::Lines,
            &crate::script::mask::Masker,
            &mut dyn FnMut(Piece<'_>),
        ),
    ) -> Vec<ServiceMessage> {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return Vec::new();
        };
        let Some(running) = &mut ticket.running else {
            return Vec::new();
        };
        let at_ms = now_ms();
        let Running {
            out,
            err,
            masker,
            warnings,
            wrote_error,
            ..
        } = running;
        let lines = match stream {
            Stream::Out => &mut out.lines,
            Stream::Err => &mut err.lines,
        };
        let mut sink = Sink {
            spool: &mut ticket.spool,
            masker: masker.clone(),
            at_ms,
            messages: Vec::new(),
            warnings,
            wrote_error,
        };
        work(lines, masker, &mut |piece| sink.take(piece, stream));
        let Sink {
            masker: grown,
            messages,
            ..
        } = sink;
        *masker = grown;
        messages
    }

    /// Does what a script asks for.
    fn obey(&mut self, id: TicketId, message: &ServiceMessage) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let get = |key| message.get(key).unwrap_or_default().to_owned();
        match message.name.as_str() {
            SET_VARIABLE => {
                let sensitive = message
                    .get("sensitive")
                    .is_some_and(|value| value.eq_ignore_ascii_case("true"));
                let variable = Variable {
                    name: get("name"),
                    value: get("value"),
                    sensitive,
                };
                self.set_variable(id, variable);
            }
            "createArtifact" => self.collect_later(id, message),
            "progress" => self.report_progress(id, message),
            "resultMessage" => {
                if let Some(running) = &mut ticket.running {
                    let message = running.masker.mask(&get("message"));
                    cut(&message, TEXT_MAX_BYTES).clone_into(&mut running.message);
                }
            }
            // Counted when the line was read.
            "mask" => {}
            other => {
                let line =
                    format!("The service message \"{other}\" is not supported and was ignored.");
                ticket.spool.push(&line, Level::Verbose, now_ms());
            }
        }
    }

    fn collect_later(&mut self, id: TicketId, message: &ServiceMessage) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let path = message.get("path").unwrap_or_default().to_owned();
        let file_name = Path::new(&path)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let given = message.get("name").filter(|name| !name.is_empty());
        let name = cut(given.unwrap_or(&file_name), NAME_MAX_BYTES).to_owned();
        if ticket.artifacts.len() >= ARTIFACTS_MAX {
            ticket.refused_artifacts += 1;
            return;
        }
        let noted = journal::Artifact {
            ticket: id.to_bytes(),
            name: name.clone(),
            path: path.clone(),
        };
        ticket.artifacts.push(Artifact {
            name,
            path,
            length_bytes: 0,
        });
        self.note(Kind::Artifact(noted));
    }

    fn report_progress(&mut self, id: TicketId, message: &ServiceMessage) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let percentage = message
            .get("percentage")
            .and_then(|text| text.trim().parse().ok());
        let percentage: f64 = percentage.unwrap_or_default();
        // Of a NaN the cast makes 0.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        let percentage = percentage.clamp(0.0, 100.0) as u32;
        let text = message.get("message").unwrap_or_default();
        let message = ticket.running.as_ref().map(|it| it.masker.mask(text));
        // Never before it is masked: half a secret is not found.
        let message = cut(&message.unwrap_or_default(), TEXT_MAX_BYTES).to_owned();
        ticket.said.progress = Some(Progress {
            ticket: ticket.text.clone(),
            percentage,
            message,
        });
        self.has_news(id);
    }

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

    fn read_rest(&mut self, id: TicketId, run: u64) {
        for stream in [Stream::Out, Stream::Err] {
            let mut total = 0;
            while total < LAST_READ_BYTES {
                let read = self.read_once(id, stream);
                if read.bytes == 0 {
                    break;
                }
                total += read.bytes;
            }
            let messages = self.with_sink(id, stream, |lines, _, sink| lines.finish(sink));
            messages
                .into_iter()
                .for_each(|message| self.obey(id, &message));
            let running = self
                .tickets
                .get_mut(&id)
                .and_then(|ticket| ticket.running.as_mut());
            if let Some(fd) = running.and_then(|running| running.output(stream).fd.take()) {
                self.leave_stray(run, stream, fd);
            }
        }
    }

    /// A stream some process still writes to, although the script is over.
    fn leave_stray(&mut self, run: u64, stream: Stream, fd: OwnedFd) {
        self.poller.pause(&fd);
        if matches!(rustix::io::read(&fd, &mut self.read_buffer[..]), Ok(0)) {
            return;
        }
        let number = run << 1 | u64::from(stream == Stream::Err);
        if self.poller.watch(&fd, Token::Stray(number)).is_ok() {
            self.strays.insert(number, fd);
        }
    }

    pub(super) fn drain_stray(&mut self, number: u64) {
        let Some(fd) = self.strays.get(&number) else {
            return;
        };
        if matches!(rustix::io::read(fd, &mut self.read_buffer[..]), Ok(0)) {
            self.strays.remove(&number);
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

impl Running {
    fn output(&mut self, stream: Stream) -> &mut super::open_ticket::Output {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }
}

struct Sink<'a> {
    spool: &'a mut Spool,
    masker: crate::script::mask::Masker,
    at_ms: i64,
    messages: Vec<ServiceMessage>,
    warnings: &'a mut bool,
    wrote_error: &'a mut bool,
}

impl Sink<'_> {
    fn take(&mut self, piece: Piece<'_>, stream: Stream) {
        match piece {
            Piece::Message(message) => {
                if let Some(secret) = message.secret() {
                    self.masker.add(secret);
                }
                self.messages.push(message);
            }
            Piece::Line { text, level } => {
                *self.warnings |= matches!(level, Level::Warning | Level::Error);
                *self.wrote_error |= level == Level::Error && stream == Stream::Err;
                if self.masker.is_idle() {
                    return self.spool.push(text, level, self.at_ms);
                }
                self.spool.push(&self.masker.mask(text), level, self.at_ms);
            }
        }
    }
}

fn token(run: u64, stream: Stream) -> Token {
    match stream {
        Stream::Out => Token::Out(run),
        Stream::Err => Token::Err(run),
    }
}

/// The beginning of a text, at most this long.
fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

/// Looks which of the files a script wanted collected are there.
pub(super) fn check_artifacts(ticket: &mut OpenTicket, work_dir: Option<&Path>) {
    let refused = std::mem::take(&mut ticket.refused_artifacts);
    if refused > 0 {
        let line = format!(
            "{refused} more artifacts were not collected: one script may hand over {ARTIFACTS_MAX}."
        );
        ticket.spool.push(&line, Level::Warning, now_ms());
    }
    let OpenTicket {
        artifacts, spool, ..
    } = ticket;
    artifacts.retain_mut(|artifact| {
        let path = work_dir.map_or_else(
            || Path::new(&artifact.path).to_owned(),
            |dir| dir.join(&artifact.path),
        );
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() => {
                artifact.length_bytes = found.len();
                artifact.path = path.to_string_lossy().into_owned();
                true
            }
            Ok(_) => {
                spool.push(
                    &format!(
                        "The artifact {:?} is not a file: it was not collected.",
                        artifact.path
                    ),
                    Level::Warning,
                    now_ms(),
                );
                false
            }
            Err(error) => {
                spool.push(
                    &format!(
                        "The artifact {:?} was not collected: {error}.",
                        artifact.path
                    ),
                    Level::Warning,
                    now_ms(),
                );
                false
            }
        }
    });
}
