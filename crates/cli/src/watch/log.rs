//! Lines of the log beside the progress. They are no events: nobody is told of them, so they are looked for.

use serde_json::Value;

use super::lines::place;
use super::{View, Watch};
use crate::api::part;
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::text;

/// Lines of before that are shown with those to come.
const LINES_BEFORE: usize = 20;
/// No log has so many lines.
const NUMBER_MAX: u64 = 9_007_199_254_740_991;

/// How much of the log was shown.
#[derive(Default)]
pub(super) struct Tail {
    pub(super) is_shown: bool,
    /// Where the log goes on; at its last lines before any was shown.
    next_number: Option<u64>,
    /// The last look found lines, so another may, too.
    pub(super) is_behind: bool,
}

impl Tail {
    pub(super) fn whole() -> Self {
        Self {
            is_shown: true,
            next_number: Some(1),
            is_behind: false,
        }
    }

    /// From its last lines on, or no longer.
    pub(super) fn toggle(&mut self) {
        *self = Self {
            is_shown: !self.is_shown,
            ..Self::default()
        };
    }

    fn range(&self) -> String {
        match self.next_number {
            Some(number) => format!("from={number}"),
            None => last(LINES_BEFORE),
        }
    }
}

/// The range of the last so many lines.
pub(super) fn last(lines: usize) -> String {
    format!("before={NUMBER_MAX}&take={lines}")
}

impl Watch<'_> {
    /// A page of what the log has more than was shown, if it is shown. Events and keys have their turn between pages.
    pub(super) async fn log_lines(&mut self) -> Result<()> {
        self.tail.is_behind = false;
        if !self.tail.is_shown || self.board.lost.is_some() {
            return Ok(());
        }
        let id = part(&self.wanted.task_id);
        let path = format!("tasks/{id}/log?{}&level=Info", self.tail.range());
        match self.api.get(&self.api.in_space(&path)).await {
            Ok(page) => self.show_log(&page),
            Err(failure) if failure.exit == Exit::Unreachable => {}
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Each line with where it comes from.
    fn show_log(&mut self, page: &Value) {
        for line in page["Lines"].as_array().into_iter().flatten() {
            self.tail.is_behind = true;
            let after = line["Number"].as_u64().unwrap_or(0) + 1;
            let next = self.tail.next_number.unwrap_or(0);
            self.tail.next_number = Some(next.max(after));
            let from = place(line, &self.board);
            for said in text(line, "MessageText").lines() {
                match &mut self.view {
                    View::Lines(lines) => lines.say(&lines.at(&from, said)),
                    View::Picture(screen) => screen.above(&format!("[{from}] {said}")),
                    View::Events | View::Nothing => {}
                }
            }
        }
        if self.tail.is_behind {
            self.board.is_changed = true;
        }
    }
}
