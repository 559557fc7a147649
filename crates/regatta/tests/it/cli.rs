//! The client commands, as a person or a script runs them: the real program against a real server.

mod acting;
mod api;
mod completion;
mod exit;
mod golden;
mod login;
mod naming;
mod nonsense;
mod noun;
mod ocl;
mod package;
mod pages;
mod progress;
mod round_trip;
mod settings;
mod shell;
mod terminal;
mod unlikely;
mod variable;
