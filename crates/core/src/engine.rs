//! One deployment as a state machine.
//!
//! [`plan::Plan`] says what will run where; [`event::Event`]s are the facts of a run in
//! the order they were made durable; [`command::Command`]s are what the machine wants
//! done next. State is the fold of events, so a restart is "load, fold, ask what next".

pub mod command;
pub mod event;
pub mod plan;
