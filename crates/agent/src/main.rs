//! The agent as a program of its own, for machines that need nothing else of Regatta.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use regatta_agent::{SupervisorProgram, run_keeper, run_link, run_supervisor};

/// Runs scripts for a Regatta server.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Connect to the server and stay connected.
    Agent {
        /// Directory with agent.json, the key and the journal.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Run and watch scripts; started by the agent.
    #[command(hide = true)]
    AgentSupervisor {
        data_dir: PathBuf,
        /// Has a keeper already.
        #[arg(long)]
        kept: bool,
    },
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match Arguments::parse().command {
        Command::AgentSupervisor {
            data_dir,
            kept: true,
        } => Ok(run_supervisor(&data_dir)?),
        Command::AgentSupervisor {
            data_dir,
            kept: false,
        } => Ok(run_keeper(&data_dir)?),
        Command::Agent { data_dir } => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Ok(runtime.block_on(run_link(&data_dir, SupervisorProgram::this_program()?))?)
        }
    }
}
