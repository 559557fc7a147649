//! Lines of the log among the lines of progress. They are no events: nobody is told of them, so they are looked for.

use super::{View, Watch};
use crate::api::part;
use crate::exit::Exit;
use crate::failure::Result;

impl Watch<'_> {
    /// Whether the log may have more than was shown. The end is not told before.
    pub(super) const fn is_behind(&self) -> bool {
        matches!(&self.view, View::Lines(lines) if lines.is_behind)
    }

    /// A page of what the log has more than was shown, if it is shown. Events and keys have their turn between pages.
    pub(super) async fn log_lines(&mut self) -> Result<()> {
        let View::Lines(lines) = &mut self.view else {
            return Ok(());
        };
        lines.is_behind = false;
        if !self.wanted.logs || self.board.lost.is_some() {
            return Ok(());
        }
        let path = format!(
            "tasks/{}/log?from={}&level=Info",
            part(&self.wanted.task_id),
            lines.next_number
        );
        match self.api.get(&self.api.in_space(&path)).await {
            Ok(page) => lines.log(&page, &self.board),
            Err(failure) if failure.exit == Exit::Unreachable => {}
            Err(failure) => return Err(failure),
        }
        Ok(())
    }
}
