//! Events with the states they lead to, so that a reader need not know the engine's rules.

use regatta_core::engine::event::{Event, Recorded};
use regatta_core::engine::{Run, Watch};
use serde_json::Value;

use super::{state, wire};

/// Goes through a log, event by event.
pub(crate) struct Follow {
    run: Run,
    watch: Watch,
}

impl Follow {
    /// From the state of `run` on.
    pub(crate) fn from(run: Run) -> Self {
        Self {
            watch: Watch::of(&run),
            run,
        }
    }

    /// The next event, with the whole states of what it changed in `Steps`.
    pub(crate) fn event(&mut self, recorded: &Recorded) -> Value {
        // The end of a task that was given up does not follow from the events before it.
        let follows = self.run.apply(recorded).is_ok();
        let plan = self.run.plan();
        let mut body = wire::event(plan, recorded);
        let about = match &recorded.event {
            Event::TicketStarted { ticket } | Event::TicketFinished { ticket, .. } => {
                self.run.ticket_cell(ticket)
            }
            _ => None,
        };
        let changed = if follows {
            self.watch.changes(&self.run, &recorded.event)
        } else {
            Vec::new()
        };
        let steps = changed
            .iter()
            .map(|view| Value::Object(state::step(plan, view)));
        if let Value::Object(body) = &mut body {
            if let Some(Value::Object(names)) = about.map(|cell| wire::cell_fields(plan, cell)) {
                body.extend(names);
            }
            body.insert("Steps".into(), steps.collect());
        }
        body
    }
}
