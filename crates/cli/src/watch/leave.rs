//! The end of a watching, which may be before the end of what was watched.

use std::time::Duration;

use super::interrupt::Interrupts;
use super::{Stopped, Watch, end};
use crate::exit::Exit;
use crate::failure::Result;

/// For the second Ctrl-C.
const SECOND_WITHIN: Duration = Duration::from_secs(2);

impl Watch<'_> {
    pub(super) async fn finish(&mut self, stopped: Stopped) -> Result<Exit> {
        let deployment = &self.wanted.page;
        match stopped {
            Stopped::Over => end::over(self.session, self.api, &self.wanted).await,
            Stopped::TimedOut => {
                self.session
                    .out
                    .say(&format!("The wait is over; the task goes on. {deployment}"));
                Ok(Exit::TimedOut)
            }
            Stopped::WaitsForPerson => {
                self.session
                    .out
                    .say(&format!("A person is needed; the task waits. {deployment}"));
                self.session.out.say(&format!(
                    "Next: regatta deployment approve {}",
                    self.wanted.task_id
                ));
                Ok(Exit::WaitsForPerson)
            }
            Stopped::Detached { by_signal } => self.detached(by_signal).await,
        }
    }

    async fn detached(&mut self, by_signal: bool) -> Result<Exit> {
        let id = self.wanted.task_id.clone();
        self.session.out.say(&format!(
            "Detached: {id} keeps running. Watch it again with: regatta deployment watch {id}"
        ));
        if by_signal && self.session.may_ask() {
            self.session
                .out
                .say("Press Ctrl-C again within 2 seconds to cancel it instead.");
            let mut second = Interrupts::listen();
            tokio::select! {
                () = second.next() => {
                    if self.session.confirm(&format!("Cancel {id}?")).is_ok() {
                        self.cancel().await?;
                        self.session.out.say("Cancelling.");
                        return Ok(Exit::Canceled);
                    }
                }
                () = tokio::time::sleep(SECOND_WITHIN) => {}
            }
        }
        Ok(Exit::Detached)
    }
}
