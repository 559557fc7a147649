//! What somebody can do while watching: press a key, cancel; and what is said about it.

use super::{View, Watch};
use crate::api::part;
use crate::exit::Exit;
use crate::failure::Result;

impl Watch<'_> {
    pub(super) async fn press(&mut self, key: u8) {
        let View::Picture(screen) = &mut self.view else {
            return;
        };
        match key {
            b'c' => {
                self.note("Cancelling.");
                self.cancel().await;
            }
            b'f' => screen.toggle_full(),
            b'l' => self.tail.toggle(),
            _ => return,
        }
        self.board.is_changed = true;
    }

    /// What an interrupt does where it is to cancel; the next one only ends the watching.
    pub(super) async fn cancel_once(&mut self) {
        self.note("Cancelling; press Ctrl-C again to stop watching.");
        self.wanted.cancel_on_interrupt = false;
        self.cancel().await;
    }

    /// That it cannot be cancelled, or not now, does not end the watching.
    pub(super) async fn cancel(&mut self) {
        let asked = self.ask_to_cancel().await;
        self.owes_cancel = asked
            .as_ref()
            .is_err_and(|failure| failure.exit == Exit::Unreachable);
        match asked {
            Ok(()) => {}
            Err(_) if self.owes_cancel => {
                self.note("The server does not answer; it will be told as soon as it does.");
            }
            Err(failure) => self.note(&format!("Not cancelled: {}", failure.what)),
        }
    }

    pub(super) async fn ask_to_cancel(&self) -> Result<()> {
        let path = format!("/api/tasks/{}/cancel", part(&self.wanted.task_id));
        let nothing = serde_json::json!({});
        self.api.post(&path, &nothing).await.map(|_| ())
    }

    /// A message above the picture, or a line among the lines.
    pub(super) fn note(&mut self, text: &str) {
        match &mut self.view {
            View::Picture(screen) => {
                screen.above(text);
                self.board.is_changed = true;
            }
            View::Lines(lines) => lines.say(text),
            View::Events | View::Nothing => self.session.out.say(text),
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        if let View::Lines(lines) = &mut self.view {
            lines.say(text);
        }
    }

    /// About the connection; the picture shows that itself.
    pub(super) fn tell_of_connection(&mut self, text: &str) {
        match &self.view {
            View::Lines(lines) => lines.say(text),
            View::Events => self.session.out.say(text),
            View::Picture(_) | View::Nothing => {}
        }
    }
}
