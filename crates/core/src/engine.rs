//! One deployment as a state machine.
//!
//! [`plan::Plan`] says what will run where; [`event::Event`]s are the facts of a run in
//! the order they were made durable; [`command::Command`]s are what the machine wants
//! done next. State is the fold of events, so a restart is "load, fold, ask what next".
//!
//! Start reading at [`Run::next`] (what to do) and [`Run::apply`] (what happened). The
//! rule for when a step opens or is skipped is `advance::decide`, the rule for when an
//! action may start is `ready::may_start`. A shell drives a run like this:
//!
//! 1. fold the log: `run.apply(..)` for each recorded event;
//! 2. ask `run.next(now, &world)`; turn commands into events (choose ids, evaluate
//!    conditions), apply them, and ask again until no command leads to a new event;
//! 3. make those events durable in one write, then act (dispatch, stop, notify);
//! 4. wait for a report, a change of the world, or `run.deadline(now)`; go to 2.
//!
//! Everything is plain data in ordered collections: the same log and the same world give
//! the same commands. Not here: which tasks may run at the same time (`queue`) and what
//! will run where (fixed in the plan).

mod advance;
mod agenda;
mod apply;
mod check;
pub mod command;
mod decide;
mod effect;
pub mod event;
mod explain;
mod illegal;
mod lock;
mod outcome;
pub mod plan;
mod ready;
mod run;
mod state;
mod view;
mod watch;
mod world;

pub use check::PlanFault;
pub use effect::{Choice, Effect};
pub use explain::{Dependency, WaitKind, WaitReason, Waiting};
pub use illegal::IllegalEvent;
pub use lock::MachineLocks;
pub use outcome::{NOT_STARTED_MAX, PERSON_RETRIES_MAX};
pub use run::{Run, TicketOut};
pub use view::{ActionState, ActionView, AttemptView, RunView, StepState, StepView};
pub use watch::Watch;
pub use world::{Hold, Worker, World};
