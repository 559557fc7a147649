//! The program: one binary that is the server, the agent, the supervisor of running scripts and the client of them all.
//! Each command parses its options and hands over to the crate that does the work.

mod agent_command;
mod logging;
mod server_command;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Deployment automation: steps that run in parallel by an explicit dependency graph.
#[derive(Parser)]
#[command(name = "regatta", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: regatta_cli::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Server(server_command::Server),
    /// Run an agent: the link between a server and the scripts it wants run here.
    Agent(agent_command::Agent),
    /// Hold running scripts. Started by the agent; not meant to be run by hand.
    #[command(hide = true)]
    AgentSupervisor(agent_command::AgentSupervisor),
    #[command(flatten)]
    Client(regatta_cli::Command),
}

fn main() -> ExitCode {
    // A shell that completes a line asks here what fits; it never comes back then.
    clap_complete::CompleteEnv::with_factory(Arguments::command).complete();
    let arguments = Arguments::parse();
    // Both TLS libraries of the tree would otherwise wait for somebody to choose.
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        eprintln!("regatta: the TLS provider was chosen twice");
        return ExitCode::FAILURE;
    }
    let command = match arguments.command {
        Command::Client(command) => {
            return regatta_cli::run(&arguments.options, command);
        }
        Command::Server(server_command::Server {
            command: Some(server_command::ServerCommand::Status(status)),
            ..
        }) => {
            let command = regatta_cli::Command::ServerStatus(status);
            return regatta_cli::run(&arguments.options, command);
        }
        command => command,
    };
    let ended = match command {
        Command::Client(_) => Ok(()),
        Command::Server(server) => server_command::run(server),
        Command::Agent(agent) => agent_command::run(agent),
        Command::AgentSupervisor(supervisor) => agent_command::supervise(supervisor),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("regatta: {error:#}");
            ExitCode::FAILURE
        }
    }
}
