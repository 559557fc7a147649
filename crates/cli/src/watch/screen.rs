//! Where the picture is drawn: a region at the bottom of the terminal, or all of it in the terminal's other screen. What
//! stands above the region stays where it is, and nothing that is to stay is lost while the other screen is shown.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;

use super::Wanted;
use super::board::Board;
use super::picture::{Finished, Line, Tone, lines};
use crate::signs::Signs;
use crate::terminal;
use crate::text::{clip, visible};

const ENTER_FULL: &str = "\x1b[?1049h";
const LEAVE_FULL: &str = "\x1b[?1049l";
/// Lines that wait until the other screen is left.
const HELD_MAX: usize = 10_000;
/// Lines the other screen can show below the steps.
const RECENT_MAX: usize = 200;

const KEYS: &str = " keys: l logs  f full screen  c cancel  q detach (keeps running)";
const NO_KEYS: &str = " Ctrl-C detaches (keeps running)";

pub(super) struct Screen {
    coloured: bool,
    signs: Signs,
    has_keys: bool,
    /// Rows the last picture took in its region.
    rows: usize,
    drawn: bool,
    wants_full: bool,
    is_full: bool,
    /// Lines that stay, to be written above the region with its next picture.
    held: VecDeque<String>,
    /// Of those, how many there was no room for.
    left_out: usize,
    recent: VecDeque<String>,
}

impl Screen {
    pub(super) fn new(signs: Signs, coloured: bool, has_keys: bool) -> Self {
        Self {
            coloured,
            signs,
            has_keys,
            rows: 0,
            drawn: false,
            wants_full: false,
            is_full: false,
            held: VecDeque::new(),
            left_out: 0,
            recent: VecDeque::new(),
        }
    }

    pub(super) const fn has_drawn(&self) -> bool {
        self.drawn
    }

    pub(super) const fn toggle_full(&mut self) {
        self.wants_full = !self.wants_full;
    }

    /// The picture in place of the one before, in one write.
    pub(super) fn draw(&mut self, board: &Board, wanted: &Wanted) {
        let mut frame = self.switched();
        if self.is_full {
            self.push_full(&mut frame, board, wanted);
        } else {
            // One column and one row less: a full line would wrap, a full screen would scroll.
            let (columns, rows) = terminal::size();
            let room = (columns.saturating_sub(1), rows.saturating_sub(2));
            let mut picture = lines(board, wanted, room, Finished::Folded);
            picture.push(self.keys(room.0));
            self.push_region(&mut frame, &picture);
            self.rows = picture.len();
        }
        self.drawn = true;
        write(&frame);
    }

    /// A line that stays.
    pub(super) fn above(&mut self, text: &str) {
        let text = visible(text);
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(text.clone());
        if self.is_full && self.held.len() == HELD_MAX {
            self.held.pop_front();
            self.left_out += 1;
        }
        self.held.push_back(text);
    }

    /// The last picture, without what is said about keys; it stays.
    pub(super) fn close(&mut self, board: &Board, wanted: &Wanted) {
        self.wants_full = false;
        let (columns, rows) = terminal::size();
        let room = (columns.saturating_sub(1), rows.saturating_sub(1));
        let mut frame = self.switched();
        let picture = lines(board, wanted, room, Finished::Each);
        self.push_region(&mut frame, &picture);
        self.rows = 0;
        write(&frame);
    }

    /// The way to the other screen or back, where it is another one that is wanted.
    fn switched(&mut self) -> String {
        if self.is_full == self.wants_full {
            return String::new();
        }
        self.is_full = self.wants_full;
        let switch = if self.is_full { ENTER_FULL } else { LEAVE_FULL };
        switch.to_owned()
    }

    /// What was held, and the picture below it.
    fn push_region(&mut self, frame: &mut String, picture: &[Line]) {
        // To the first row of the last picture; all is cleared from there.
        frame.push('\r');
        if self.rows > 0 {
            write!(frame, "\x1b[{}A", self.rows).expect("writing to a String never fails");
        }
        frame.push_str("\x1b[J");
        self.push_held(frame);
        for line in picture {
            frame.push_str(&self.painted(line));
            frame.push_str("\r\n");
        }
    }

    fn push_held(&mut self, frame: &mut String) {
        if self.left_out > 0 {
            let count = std::mem::take(&mut self.left_out);
            frame.push_str(&format!("({count} lines more: regatta deployment log)\r\n"));
        }
        for text in self.held.drain(..) {
            frame.push_str(&self.signs.drawn(&text));
            frame.push_str("\r\n");
        }
    }

    /// Steps in the upper part, lines below as far as there are any, and keys in the last row.
    fn push_full(&self, frame: &mut String, board: &Board, wanted: &Wanted) {
        let (columns, rows) = terminal::size();
        let columns = columns.saturating_sub(1);
        let for_steps = if self.recent.is_empty() {
            rows.saturating_sub(1)
        } else {
            rows / 2
        };
        let mut picture = lines(board, wanted, (columns, for_steps), Finished::Each);
        // A row between, and one for the keys.
        let room = rows.saturating_sub(picture.len() + 2);
        if !self.recent.is_empty() {
            picture.push(Line::quiet("─".repeat(columns)));
        }
        let skipped = self.recent.len().saturating_sub(room);
        let recent = self.recent.iter().skip(skipped);
        picture.extend(recent.map(|text| Line::plain(clip(text, columns))));
        picture.truncate(rows.saturating_sub(1));
        frame.push_str("\x1b[H");
        for line in &picture {
            frame.push_str(&self.painted(line));
            frame.push_str("\x1b[K\r\n");
        }
        frame.push_str("\x1b[J");
        write!(frame, "\x1b[{rows};1H").expect("writing to a String never fails");
        frame.push_str(&self.painted(&self.keys(columns)));
    }

    fn keys(&self, columns: usize) -> Line {
        let text = if self.has_keys { KEYS } else { NO_KEYS };
        Line::quiet(clip(text, columns))
    }

    fn painted(&self, line: &Line) -> String {
        let text = self.signs.drawn(&line.text);
        let colour = match line.tone {
            Tone::Head => "1",
            Tone::Done => "32",
            Tone::Bad => "31",
            Tone::Running => "36",
            Tone::Person => "35",
            Tone::Waiting | Tone::Quiet => "2",
            Tone::Plain => return text,
        };
        if self.coloured {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text
        }
    }
}

/// However the watching ends, the terminal shows its own screen again, and on it what there was to stay.
impl Drop for Screen {
    fn drop(&mut self) {
        self.wants_full = false;
        let mut frame = self.switched();
        self.push_held(&mut frame);
        write(&frame);
    }
}

fn write(frame: &str) {
    let mut out = std::io::stderr().lock();
    // A terminal that has gone is noticed elsewhere; the deployment does not depend on it.
    drop(out.write_all(frame.as_bytes()).and_then(|()| out.flush()));
}
