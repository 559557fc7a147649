//! What a running script writes: read as far as there is something, cut into lines and kept.
//!
//! What its messages ask for is in [`super::obeying`].

use std::os::fd::OwnedFd;
use std::time::Duration;

use regatta_wire::proto::Level;

use crate::clock::now_ms;
use crate::journal::{self, Kind};
use crate::script::lines::{Lines, Piece, Stream};
use crate::script::mask::Masker;
use crate::script::message::ServiceMessage;
use crate::spool::Spool;
use crate::supervisor::open_ticket::{Output, Running};
use crate::supervisor::poll::Token;
use crate::supervisor::timers::Due;
use crate::supervisor::{READ_BYTES, Supervisor};
use crate::ticket::TicketId;

/// After a look at a stream that had little to say, the next one waits this long: a script that prints line by line
/// would else wake four processes for each line.
pub(in crate::supervisor) const READ_PAUSE: Duration = Duration::from_millis(2);
/// Read at most this much after a script's end, from processes it left behind.
const LAST_READ_BYTES: usize = 2 * 1024 * 1024;

/// What a read found.
struct Read {
    bytes: usize,
    at_end: bool,
}

impl Supervisor {
    pub(in crate::supervisor) fn read_stream(&mut self, run: u64, stream: Stream) {
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

    pub(in crate::supervisor) fn watch_again(&mut self, run: u64, stream: Stream) {
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
        work: impl FnOnce(&mut Lines, &Masker, &mut dyn FnMut(Piece<'_>)),
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

    pub(super) fn read_rest(&mut self, id: TicketId, run: u64) {
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

    pub(in crate::supervisor) fn drain_stray(&mut self, number: u64) {
        let Some(fd) = self.strays.get(&number) else {
            return;
        };
        if matches!(rustix::io::read(fd, &mut self.read_buffer[..]), Ok(0)) {
            self.strays.remove(&number);
        }
    }
}

impl Running {
    fn output(&mut self, stream: Stream) -> &mut Output {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }
}

struct Sink<'a> {
    spool: &'a mut Spool,
    masker: Masker,
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
