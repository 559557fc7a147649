//! The end of a watching, which may be before the end of what was watched.

use std::time::Duration;

use super::interrupt::{Interrupts, until};
use super::{Stopped, Watch, end};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::terminal;

/// For the second Ctrl-C.
const SECOND_WITHIN: Duration = Duration::from_secs(2);
/// Before a server that has gone is asked again how it ended.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Watch<'_> {
    pub(super) async fn finish(
        &mut self,
        stopped: Stopped,
        interrupts: &mut Interrupts,
    ) -> Result<Exit> {
        let out = &self.session.out;
        let page = &self.wanted.page;
        match stopped {
            Stopped::Over => self.over(interrupts).await,
            Stopped::TimedOut => {
                out.say(&format!("The wait is over; the task goes on. {page}"));
                Ok(Exit::TimedOut)
            }
            Stopped::WaitsForPerson => {
                out.say(&format!("A person is needed; the task waits. {page}"));
                out.say(&format!(
                    "Next: regatta deployment approve {}",
                    self.wanted.task_id
                ));
                Ok(Exit::WaitsForPerson)
            }
            Stopped::Detached { by_signal } => self.detached(by_signal, interrupts).await,
        }
    }

    /// How it ended, also from a server that has gone just then: that would say nothing about the task.
    async fn over(&self, interrupts: &mut Interrupts) -> Result<Exit> {
        let out = &self.session.out;
        let mut pause = Duration::ZERO;
        loop {
            let read = async {
                tokio::time::sleep(pause).await;
                end::read(self.session, self.api, &self.wanted).await
            };
            let failure: Failure = tokio::select! {
                ending = read => match ending {
                    Ok(ending) => return ending.tell(self.session, &self.wanted),
                    Err(failure) if failure.exit == Exit::Unreachable => failure,
                    Err(failure) => return Err(failure),
                },
                () = interrupts.next() => return Ok(Exit::Detached),
                () = until(self.wanted.deadline) => return Ok(Exit::TimedOut),
            };
            if pause.is_zero() {
                out.say(&format!(
                    "It is over; how it ended is asked again: {}",
                    failure.what
                ));
            }
            pause = AGAIN_AFTER;
        }
    }

    async fn detached(&self, by_signal: bool, interrupts: &mut Interrupts) -> Result<Exit> {
        let out = &self.session.out;
        let id = &self.wanted.task_id;
        out.say(&format!(
            "Detached: {id} keeps running. Watch it again with: regatta deployment watch {id}"
        ));
        if !by_signal || !self.session.may_ask() {
            return Ok(Exit::Detached);
        }
        out.say("Press Ctrl-C again within 2 seconds to cancel it instead.");
        tokio::select! {
            () = interrupts.next() => {}
            () = tokio::time::sleep(SECOND_WITHIN) => return Ok(Exit::Detached),
        }
        if !self.is_to_be_canceled(interrupts).await {
            return Ok(Exit::Detached);
        }
        self.ask_to_cancel().await?;
        out.say("Cancelling.");
        Ok(Exit::Canceled)
    }

    /// Asks a person; one more Ctrl-C is a no.
    async fn is_to_be_canceled(&self, interrupts: &mut Interrupts) -> bool {
        if self.session.options.yes {
            return true;
        }
        let question = format!("Cancel {}?", self.wanted.task_id);
        let answer = tokio::task::spawn_blocking(move || terminal::says_yes(&question));
        tokio::select! {
            answer = answer => answer.unwrap_or(false),
            () = interrupts.next() => {
                eprintln!();
                false
            }
        }
    }
}
