//! Speaking with the link: one connection is one session with the server. It begins with a hello that lists every open
//! ticket; of those nothing more is said until the server asks for them.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use prost::Message as _;
use regatta_wire::proto::{
    ArtifactChunk, Down, Hello, OpenTicket as ListedTicket, Started, Up, UpMessage, down_message,
    up_message,
};

use super::Supervisor;
use super::open_ticket::{OpenTicket, Said};
use super::poll::{Poller, Token};
use crate::clock::now_ms;
use crate::frame::{self, FrameReader};
use crate::script::mask::Masker;
use crate::ticket::TicketId;

/// Output of one ticket on its way and not yet stored by the server.
const IN_FLIGHT_MAX_BYTES: usize = 2 * 1024 * 1024;
/// Bytes waiting for the link: beyond this nothing is added until some are taken.
const UNSENT_MAX_BYTES: usize = 1024 * 1024;
/// Messages in one frame, so that no frame becomes larger than the server takes.
const FRAME_MESSAGES_MAX: usize = 500;
/// An end of a script that is as large as this has a frame to itself.
const FINISHED_ALONE_BYTES: usize = 16 * 1024;
/// Piece of an artifact in one message.
const CHUNK_BYTES: usize = 256 * 1024;

/// The connection to the link, if there is one.
#[derive(Default)]
pub(super) struct Conversation {
    stream: Option<UnixStream>,
    reader: FrameReader,
    messages: Vec<UpMessage>,
    unsent: Vec<u8>,
    sent: usize,
    awaits_writing: bool,
    /// Tickets with something to say.
    due: Vec<TicketId>,
}

impl Conversation {
    pub(super) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    pub(super) fn say(&mut self, kind: up_message::Kind) {
        if self.stream.is_some() {
            self.messages.push(UpMessage { kind: Some(kind) });
        }
        if self.messages.len() >= FRAME_MESSAGES_MAX {
            self.pack();
        }
    }

    fn is_full(&self) -> bool {
        self.unsent.len() - self.sent > UNSENT_MAX_BYTES
    }

    fn pack(&mut self) {
        if !self.messages.is_empty() {
            frame::encode(
                &Up {
                    messages: std::mem::take(&mut self.messages),
                },
                &mut self.unsent,
            );
        }
    }

    /// Writes what the link takes now.
    fn write(&mut self, poller: &Poller) -> io::Result<()> {
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        while self.sent < self.unsent.len() {
            match stream.write(&self.unsent[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.sent == self.unsent.len() {
            self.unsent.clear();
            self.sent = 0;
        }
        let awaits = !self.unsent.is_empty();
        if awaits != self.awaits_writing {
            poller.watch_writing(&*stream, Token::Link, awaits)?;
            self.awaits_writing = awaits;
        }
        Ok(())
    }
}

impl Supervisor {
    pub(super) fn accept_link(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            if stream.set_nonblocking(true).is_ok()
                && self.poller.watch(&stream, Token::Link).is_ok()
            {
                // The newest link counts: an older one is dead or about to be.
                self.conversation = Conversation {
                    stream: Some(stream),
                    ..Conversation::default()
                };
                self.greet();
            }
        }
    }

    fn greet(&mut self) {
        let listed = |ticket: &OpenTicket| ListedTicket {
            ticket: ticket.text.clone(),
            phase: ticket.phase().into(),
            lines: ticket.spool.lines(),
        };
        let hello = Hello {
            protocol_min: regatta_wire::PROTOCOL_MIN,
            protocol_max: regatta_wire::PROTOCOL,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            journal_id: self.journal.id().to_owned(),
            slots: self.slots,
            hostname: std::fs::read_to_string("/proc/sys/kernel/hostname")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            operating_system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            capabilities: self.interpreters.names(),
            open: self.tickets.values().map(listed).collect(),
            clock_ms: now_ms(),
        };
        self.conversation.say(up_message::Kind::Hello(hello));
        self.tickets
            .values_mut()
            .for_each(|ticket| ticket.said = Said::default());
    }

    pub(super) fn hear_link(&mut self) {
        if let Err(error) = self.hear() {
            tracing::debug!(%error, "the link is gone");
            self.conversation = Conversation::default();
        }
    }

    fn hear(&mut self) -> io::Result<()> {
        for _ in 0..16 {
            let Some(stream) = &mut self.conversation.stream else {
                return Ok(());
            };
            match stream.read(&mut self.read_buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.conversation.reader.push(&self.read_buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        while let Some(down) = self
            .conversation
            .reader
            .next::<Down>()
            .map_err(io::Error::other)?
        {
            for kind in down.messages.into_iter().filter_map(|message| message.kind) {
                self.heard(kind);
            }
        }
        Ok(())
    }

    fn heard(&mut self, kind: down_message::Kind) {
        let id = |text: &str| TicketId::parse(text);
        match kind {
            down_message::Kind::Welcome(welcome) => {
                if welcome.slots > 0 {
                    self.slots = welcome.slots;
                }
            }
            down_message::Kind::Start(start) => self.accept(start),
            down_message::Kind::Stop(stop) => {
                let Some(id) = id(&stop.ticket) else { return };
                let is_current = self.tickets.get(&id).is_some_and(|ticket| {
                    stop.epoch >= self.epochs.highest(&ticket.task).max(ticket.epoch)
                });
                if is_current {
                    self.stop(
                        id,
                        Duration::from_millis(stop.grace_ms.max(0).unsigned_abs()),
                    );
                }
            }
            down_message::Kind::Resume(resume) => {
                if let Some(id) = id(&resume.ticket) {
                    self.resume(id, resume.next_line, &resume.masks);
                }
            }
            down_message::Kind::OutputStored(stored) => {
                if let Some(id) = id(&stored.ticket) {
                    self.output_stored(id, stored.through_line);
                }
            }
            down_message::Kind::Release(release) => {
                if let Some(id) = id(&release.ticket) {
                    self.release(id);
                }
            }
            down_message::Kind::Retire(_) => self.retired = self.tickets.is_empty(),
            down_message::Kind::Alive(_) => {}
        }
    }

    /// The server asks for a ticket it found in the hello.
    pub(super) fn resume(&mut self, id: TicketId, next_line: u64, masks: &[String]) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        if ticket.said.is_live {
            return;
        }
        ticket.said.is_live = true;
        ticket.spool.send_from(next_line);
        if let Some(running) = ticket.running.as_mut().filter(|running| !running.is_child) {
            // Revived: only now that its secrets are known may its output be read.
            let own = self
                .secrets
                .as_ref()
                .map(|kept| kept.of(&ticket.text).masks);
            let own = own.unwrap_or_default();
            running.masker = Masker::new(masks.iter().chain(&own).map(String::as_str));
            self.watch_outputs(id);
        }
        self.has_news(id);
    }

    fn output_stored(&mut self, id: TicketId, through_line: u64) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let said = &mut ticket.said;
        while let Some((_, bytes)) = said
            .in_flight
            .front()
            .copied()
            .filter(|(last, _)| *last <= through_line)
        {
            said.in_flight.pop_front();
            said.in_flight_bytes -= bytes;
        }
        ticket.spool.stored(through_line);
        self.has_news(id);
    }

    fn release(&mut self, id: TicketId) {
        if self
            .tickets
            .get(&id)
            .is_none_or(|ticket| ticket.finished.is_none())
        {
            return;
        }
        let Some(ticket) = self.tickets.remove(&id) else {
            return;
        };
        if let Some(work_dir) = ticket.work_dir {
            self.work_dirs.give_back(work_dir);
        }
        ticket.spool.delete();
        if let Some(secrets) = &self.secrets {
            secrets.delete(&ticket.text);
        }
        if let Err(error) = self.journal.release(id) {
            tracing::warn!(%error, "cannot note that a ticket is released: the server will be asked again");
        }
    }

    /// Something about this ticket is to be said when there is an opportunity.
    pub(super) fn has_news(&mut self, id: TicketId) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        if ticket.said.is_live && !ticket.said.is_due {
            ticket.said.is_due = true;
            self.conversation.due.push(id);
        }
    }

    /// Sends everything that is ready, in one frame if possible.
    pub(super) fn speak(&mut self) {
        if !self.conversation.is_open() {
            self.tickets
                .values_mut()
                .filter(|ticket| ticket.running.is_some())
                .for_each(|ticket| ticket.spool.seal());
            return;
        }
        let mut due = std::mem::take(&mut self.conversation.due);
        due.retain(|id| {
            let Some(ticket) = self.tickets.get_mut(id) else {
                return false;
            };
            ticket.said.is_due = ticket.speak(&mut self.conversation);
            ticket.said.is_due
        });
        self.conversation.due = due;
        self.conversation.pack();
        if let Err(error) = self.conversation.write(&self.poller) {
            tracing::debug!(%error, "the link is gone");
            self.conversation = Conversation::default();
        }
    }
}

impl OpenTicket {
    /// Says what is to be said; returns whether there is more once the link has taken this.
    fn speak(&mut self, to: &mut Conversation) -> bool {
        if let Some(started) = self.started.as_ref().filter(|_| !self.said.started) {
            to.say(up_message::Kind::Started(Started {
                ticket: self.text.clone(),
                at_ms: started.at_ms,
            }));
            self.said.started = true;
        }
        if self.said.progress.is_some() && to.is_full() {
            return true;
        }
        if let Some(progress) = self.said.progress.take() {
            to.say(up_message::Kind::Progress(progress));
        }
        while !self.spool.is_sent() {
            if to.is_full() {
                return true;
            }
            if self.said.in_flight_bytes > IN_FLIGHT_MAX_BYTES {
                // The server will say when it has stored some.
                self.spool.seal();
                return false;
            }
            let Some(output) = self.spool.next_output() else {
                break;
            };
            let lines: u64 = output.runs.iter().map(|run| u64::from(run.lines)).sum();
            self.said
                .in_flight
                .push_back((output.first_line + lines - 1, output.text.len()));
            self.said.in_flight_bytes += output.text.len();
            to.say(up_message::Kind::Output(output));
            to.pack();
        }
        if self.finished.is_none() || self.said.finished {
            return false;
        }
        if self.send_artifacts(to) {
            return true;
        }
        if let Some(finished) = &self.finished {
            let is_large = finished.encoded_len() > FINISHED_ALONE_BYTES;
            if is_large {
                to.pack();
            }
            to.say(up_message::Kind::Finished(finished.clone()));
            if is_large {
                to.pack();
            }
            self.said.finished = true;
        }
        false
    }

    /// Sends pieces of artifacts; returns whether there is more.
    fn send_artifacts(&mut self, to: &mut Conversation) -> bool {
        while let Some(artifact) = self.artifacts.get(self.said.artifact.0) {
            if to.is_full() {
                return true;
            }
            let (index, offset) = self.said.artifact;
            let content = read_piece(&artifact.path, offset, artifact.length_bytes);
            let next = offset + content.len() as u64;
            // A file that has shrunk or become unreadable ends early; the server sees it by its length.
            let last = next >= artifact.length_bytes || content.is_empty();
            let index_sent = u32::try_from(index).unwrap_or(u32::MAX);
            let chunk = ArtifactChunk {
                ticket: self.text.clone(),
                index: index_sent,
                name: artifact.name.clone(),
                offset,
                content,
                last,
            };
            to.say(up_message::Kind::ArtifactChunk(chunk));
            to.pack();
            self.said.artifact = if last { (index + 1, 0) } else { (index, next) };
        }
        false
    }
}

fn read_piece(path: &str, offset: u64, length_bytes: u64) -> Vec<u8> {
    let read = || -> io::Result<Vec<u8>> {
        let file = std::fs::File::open(path)?;
        let rest = usize::try_from(length_bytes - offset).unwrap_or(usize::MAX);
        let mut piece = vec![0; rest.min(CHUNK_BYTES)];
        let count = std::os::unix::fs::FileExt::read_at(&file, &mut piece, offset)?;
        piece.truncate(count);
        Ok(piece)
    };
    read().unwrap_or_default()
}
