//! `regatta agent` and the supervisor it starts.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use regatta_agent::{SupervisorProgram, run_keeper, run_link, run_supervisor};

use crate::logging::Logging;

#[derive(Args)]
pub(crate) struct Agent {
    /// Directory with agent.json, the key and the journal.
    #[arg(long)]
    data_dir: PathBuf,
    #[command(flatten)]
    logging: Logging,
}

#[derive(Args)]
pub(crate) struct AgentSupervisor {
    data_dir: PathBuf,
    /// Has a keeper already.
    #[arg(long)]
    kept: bool,
}

pub(crate) fn run(agent: Agent) -> Result<()> {
    agent.logging.start();
    // One connection needs one thread.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(run_link(
        &agent.data_dir,
        SupervisorProgram::this_program()?,
    ))?)
}

pub(crate) fn supervise(supervisor: AgentSupervisor) -> Result<()> {
    Logging::TEXT.start();
    if supervisor.kept {
        return Ok(run_supervisor(&supervisor.data_dir)?);
    }
    Ok(run_keeper(&supervisor.data_dir)?)
}
