//! Options of everything that waits.

use clap::Args;
use tokio::time::Instant;

use crate::watch;

/// How a wait goes about what may come up.
#[derive(Args, Default, Clone)]
pub struct Waiting {
    /// End with 13 when a person is needed.
    #[arg(long)]
    no_wait_for_people: bool,
    /// Ctrl-C cancels the deployment instead of leaving it running.
    #[arg(long)]
    cancel_on_interrupt: bool,
    /// Show log lines, too, where progress is lines.
    #[arg(long)]
    logs: bool,
    /// Go on after this event.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from_event: u64,
}

impl Waiting {
    pub(super) fn wanted(&self, deadline: Option<Instant>, known: watch::Wanted) -> watch::Wanted {
        watch::Wanted {
            deadline,
            no_wait_for_people: self.no_wait_for_people,
            cancel_on_interrupt: self.cancel_on_interrupt,
            logs: self.logs,
            after_event: self.from_event,
            ..known
        }
    }
}
