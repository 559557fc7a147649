//! Cuts one stream of a script into lines, finds the service messages in it, and keeps the level of its lines.

use std::borrow::Cow;

use regatta_wire::proto::Level;

use super::mask::Masker;
use super::message::{MESSAGE_MAX_BYTES, OPENING, ServiceMessage};

/// Longer lines are cut into several.
pub(crate) const LINE_MAX_BYTES: usize = 16 * 1024;

/// What a stream holds.
pub(crate) enum Piece<'a> {
    Line { text: &'a str, level: Level },
    Message(ServiceMessage),
}

/// Which stream it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// State of one stream.
pub(crate) struct Lines {
    stream: Stream,
    /// `None`: lines are ignored.
    level: Option<Level>,
    /// Bytes of a line whose end has not come yet.
    carry: Vec<u8>,
    /// An open service message whose `]` has not come yet.
    message: Option<String>,
}

impl Lines {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            level: Some(default_level(stream)),
            carry: Vec::new(),
            message: None,
        }
    }

    /// Takes what was read; calls `sink` for each whole piece.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        masker: &Masker,
        sink: &mut dyn FnMut(Piece<'_>),
    ) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.carry.is_empty() && line.len() <= LINE_MAX_BYTES {
                self.line(line, sink);
            } else {
                self.carry.extend_from_slice(line);
                self.cut_long(masker, LINE_MAX_BYTES, sink);
                let carry = std::mem::take(&mut self.carry);
                self.line(&carry, sink);
            }
            bytes = rest;
        }
        self.carry.extend_from_slice(bytes);
        // What may still become a secret stays here.
        self.cut_long(masker, LINE_MAX_BYTES + masker.longest_bytes(), sink);
    }

    /// The stream has ended.
    pub(crate) fn finish(&mut self, sink: &mut dyn FnMut(Piece<'_>)) {
        if !self.carry.is_empty() {
            let carry = std::mem::take(&mut self.carry);
            self.line(&carry, sink);
        }
        if let Some(message) = self.message.take() {
            self.text(&format!("{OPENING}{message}"), sink);
        }
    }

    /// Emits parts of a line that is too long, never cutting through a secret.
    fn cut_long(&mut self, masker: &Masker, limit: usize, sink: &mut dyn FnMut(Piece<'_>)) {
        if self.carry.len() <= limit
            || (self.holds_message() && self.carry.len() <= MESSAGE_MAX_BYTES)
        {
            return;
        }
        let carry = std::mem::take(&mut self.carry);
        let mut rest = &carry[..];
        while rest.len() > limit {
            let cut = masker.cut_before(rest, LINE_MAX_BYTES);
            self.line(&rest[..cut], sink);
            rest = &rest[cut..];
        }
        self.carry = rest.to_vec();
    }

    fn holds_message(&self) -> bool {
        self.message.is_some() || memchr::memmem::find(&self.carry, OPENING.as_bytes()).is_some()
    }

    fn line(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Piece<'_>)) {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        if let Some(mut message) = self.message.take() {
            message.push_str(&text);
            return self.continue_message(message, sink);
        }
        match text.find(OPENING) {
            None => self.emit(&text, sink),
            Some(at) => {
                if at > 0 {
                    self.emit(&text[..at], sink);
                }
                self.continue_message(text[at + OPENING.len()..].to_owned(), sink);
            }
        }
    }

    fn continue_message(&mut self, message: String, sink: &mut dyn FnMut(Piece<'_>)) {
        let Some(end) = message.find(']') else {
            if message.len() > MESSAGE_MAX_BYTES {
                return self.text(&format!("{OPENING}{message}"), sink);
            }
            self.message = Some(message);
            return;
        };
        match ServiceMessage::parse(&message[..end]) {
            Some(parsed) => self.message(parsed, sink),
            None => self.text(&format!("{OPENING}{}", &message[..=end]), sink),
        }
        if message.len() > end + 1 {
            self.line(&message.as_bytes()[end + 1..], sink);
        }
    }

    fn message(&mut self, message: ServiceMessage, sink: &mut dyn FnMut(Piece<'_>)) {
        let (prefix, other) = match self.stream {
            Stream::Out => ("stdout-", "stderr-"),
            Stream::Err => ("stderr-", "stdout-"),
        };
        if message.name.starts_with(other) {
            return;
        }
        match message.name.strip_prefix(prefix) {
            None => sink(Piece::Message(message)),
            Some(level) => {
                self.level = match level {
                    "verbose" | "progress" => Some(Level::Verbose),
                    "warning" => Some(Level::Warning),
                    "error" => Some(Level::Error),
                    "highlight" => Some(Level::Highlight),
                    "wait" => Some(Level::Wait),
                    "ignore" => None,
                    _ => Some(default_level(self.stream)),
                }
            }
        }
    }

    /// Text that may hold line feeds.
    fn text(&self, text: &str, sink: &mut dyn FnMut(Piece<'_>)) {
        text.split('\n').for_each(|line| self.emit(line, sink));
    }

    fn emit(&self, text: &str, sink: &mut dyn FnMut(Piece<'_>)) {
        if let Some(level) = self.level {
            let text = if text.contains('\n') {
                Cow::Owned(text.replace('\n', " "))
            } else {
                Cow::Borrowed(text)
            };
            sink(Piece::Line { text: &text, level });
        }
    }
}

fn default_level(stream: Stream) -> Level {
    match stream {
        Stream::Out => Level::Info,
        Stream::Err => Level::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(stream: Stream, pieces: &[&[u8]], secrets: &[&str]) -> Vec<String> {
        let (mut lines, mut seen) = (Lines::new(stream), Vec::new());
        let masker = Masker::new(secrets.iter().copied());
        let mut sink = |piece: Piece<'_>| match piece {
            Piece::Line { text, level } => {
                seen.push(format!("{level:?} {}", masker.mask(text)));
            }
            Piece::Message(message) => seen.push(format!("message {}", message.name)),
        };
        pieces
            .iter()
            .for_each(|piece| lines.feed(piece, &masker, &mut sink));
        lines.finish(&mut sink);
        seen
    }

    #[test]
    fn levels_follow_the_messages_of_their_stream() {
        let text = b"a\n##octopus[stdout-warning]\nb\n##octopus[stdout-ignore]\nc\n##octopus[stdout-default]\nd";
        assert_eq!(
            read(Stream::Out, &[text], &[]),
            ["Info a", "Warning b", "Info d"]
        );
        assert_eq!(
            read(
                Stream::Err,
                &[b"a\n##octopus[stderr-progress]\r\nb\r\n"],
                &[]
            ),
            ["Error a", "Verbose b"]
        );
    }

    #[test]
    fn a_message_may_stand_in_a_line_and_span_lines() {
        let text = b"x ##octopus[mask value=\n'QQ==']y\n##octopus[broken\nz";
        let expected = [
            "Info x ",
            "message mask",
            "Info y",
            "Info ##octopus[brokenz",
        ];
        assert_eq!(read(Stream::Out, &[text], &[]), expected);
    }

    #[test]
    fn a_long_line_is_cut_but_never_through_a_secret() {
        let secret = "s".repeat(40);
        let long = format!(
            "{}{secret}{}",
            "a".repeat(LINE_MAX_BYTES - 20),
            "b".repeat(100)
        );
        let whole = read(Stream::Out, &[long.as_bytes()], &[&secret]).concat();
        assert!(!whole.contains("sss"), "{}", &whole[whole.len() - 200..]);
        assert!(whole.ends_with(&"b".repeat(100)));
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_bytes_arrive(text in "([a-c#\\[\\]\r\u{e4}]|\n|##octopus\\[x\\]){0,200}", cut in 1usize..20) {
            let whole = read(Stream::Out, &[text.as_bytes()], &[]);
            let pieces: Vec<_> = text.as_bytes().chunks(cut).collect();
            prop_assert_eq!(read(Stream::Out, &pieces, &[]), whole);
        }
    }
}
