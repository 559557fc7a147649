//! A region at the bottom of the terminal that is drawn over; what stands above it stays where it is.

use std::fmt::Write as _;
use std::io::Write as _;

use super::Wanted;
use super::board::Board;
use super::picture::{Line, Tone, lines};
use crate::terminal;
use crate::text::{clip, visible};

pub(super) struct Screen {
    coloured: bool,
    ascii: bool,
    /// Rows the last picture took.
    rows: usize,
    drawn: bool,
    /// Every finished step instead of a count.
    all: bool,
}

impl Screen {
    pub(super) fn new(coloured: bool) -> Self {
        Self {
            coloured,
            ascii: !is_utf8(),
            rows: 0,
            drawn: false,
            all: false,
        }
    }

    pub(super) const fn has_drawn(&self) -> bool {
        self.drawn
    }

    pub(super) const fn toggle_all(&mut self) {
        self.all = !self.all;
    }

    /// The picture in place of the one before, in one write.
    pub(super) fn draw(&mut self, board: &Board, wanted: &Wanted) {
        let (columns, rows) = terminal::size();
        // One column and one row less: a full line would wrap, a full screen would scroll.
        let room = (columns.saturating_sub(1), rows.saturating_sub(1));
        let picture = lines(board, wanted, room, self.all);
        let mut frame = self.erased();
        for line in &picture {
            frame.push_str(&self.painted(line));
            frame.push_str("\r\n");
        }
        self.rows = picture.len();
        self.drawn = true;
        write(&frame);
    }

    /// A line that stays, above the picture.
    pub(super) fn above(&mut self, text: &str) {
        let (columns, _) = terminal::size();
        let frame = format!(
            "{}{}\r\n",
            self.erased(),
            clip(&visible(text), columns.saturating_sub(1))
        );
        self.rows = 0;
        write(&frame);
    }

    /// The last picture without the line about keys; it stays.
    pub(super) fn close(&mut self, board: &Board, wanted: &Wanted) {
        let (columns, rows) = terminal::size();
        let room = (columns.saturating_sub(1), rows.saturating_sub(1));
        let mut picture = lines(board, wanted, room, true);
        picture.pop();
        let mut frame = self.erased();
        for line in &picture {
            frame.push_str(&self.painted(line));
            frame.push_str("\r\n");
        }
        self.rows = 0;
        write(&frame);
    }

    /// Moves to the first row of the last picture and clears from there.
    fn erased(&self) -> String {
        let mut frame = String::from("\r");
        if self.rows > 0 {
            write!(frame, "\x1b[{}A", self.rows).expect("writing to a String never fails");
        }
        frame.push_str("\x1b[J");
        frame
    }

    fn painted(&self, line: &Line) -> String {
        let text = if self.ascii {
            ascii(&line.text)
        } else {
            line.text.clone()
        };
        let colour = match line.tone {
            Tone::Head => "1",
            Tone::Done => "32",
            Tone::Bad => "31",
            Tone::Running => "36",
            Tone::Person => "35",
            Tone::Waiting | Tone::Quiet => "2",
        };
        if self.coloured {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text
        }
    }
}

fn write(frame: &str) {
    let mut out = std::io::stderr().lock();
    // A terminal that has gone is noticed elsewhere; the deployment does not depend on it.
    drop(out.write_all(frame.as_bytes()).and_then(|()| out.flush()));
}

/// Whether the terminal is said to show more than ASCII.
fn is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(crate::config::variable);
    locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '✓' => '+',
            '✗' => 'x',
            '▶' => '>',
            '◆' => '?',
            '○' => 'o',
            '├' => '|',
            '└' => '`',
            '·' | '–' => '-',
            '…' => '~',
            '→' => '>',
            c if c.is_ascii() => c,
            _ => '?',
        })
        .collect()
}
