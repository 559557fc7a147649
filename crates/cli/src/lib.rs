//! The client commands: everything `regatta` does that talks to a server. Nothing of the server is in here.
//!
//! A command asks the documented API and shows what it answered; it knows no rule about steps. Data goes to standard
//! output, everything else to standard error, and how it ended is the exit code ([`exit::Exit`]).

mod api;
mod asked;
mod browser;
mod command;
mod completion;
mod config;
pub mod exit;
mod failure;
mod find;
mod meter;
mod options;
mod output;
mod session;
mod signs;
mod terminal;
mod text;
mod watch;

use std::process::ExitCode;

pub use command::Command;
pub use command::server::ServerStatus;
pub use options::Options;

/// Runs one command to its end.
#[must_use]
pub fn run(options: &Options, command: Command) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(command::run(options, command));
            // A read of the keyboard may still be waiting for a key that nobody will press.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(failure::Failure::unexpected(format!(
            "No runtime could be started: {error}."
        ))),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.show(options);
            failure.exit.into()
        }
    }
}
