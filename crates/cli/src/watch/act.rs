//! What somebody can do while watching: press a key, cancel; and what is said about it.

use super::{View, Watch};
use crate::api::part;
use crate::failure::Result;

impl Watch<'_> {
    pub(super) async fn press(&mut self, key: u8) -> Result<()> {
        match key {
            b'c' => {
                self.note("Cancelling.");
                self.cancel().await
            }
            b'f' => {
                if let View::Picture(screen) = &mut self.view {
                    screen.toggle_all();
                    self.board.is_changed = true;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What an interrupt does where it is to cancel; the next one only ends the watching.
    pub(super) async fn cancel_once(&mut self) -> Result<()> {
        self.note("Cancelling; press Ctrl-C again to stop watching.");
        self.wanted.cancel_on_interrupt = false;
        self.cancel().await
    }

    pub(super) async fn cancel(&mut self) -> Result<()> {
        let path = format!("/api/tasks/{}/cancel", part(&self.wanted.task_id));
        self.api
            .post(&path, &serde_json::json!({}))
            .await
            .map(|_| ())
    }

    /// A message above the picture, or a line among the lines.
    pub(super) fn note(&mut self, text: &str) {
        match &mut self.view {
            View::Picture(screen) => screen.above(text),
            View::Lines(lines) => lines.say(text),
            View::Events | View::Nothing => self.session.out.say(text),
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        if let View::Lines(lines) = &mut self.view {
            lines.say(text);
        }
    }
}
