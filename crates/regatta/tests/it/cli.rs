//! The client commands, as a person or a script runs them: the real program against a real server.

mod acting;
mod api;
mod exit;
mod golden;
mod login;
mod naming;
mod nonsense;
mod ocl;
mod package;
mod settings;
mod shell;
mod terminal;
mod unlikely;
mod variable;
