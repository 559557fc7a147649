//! The agent: runs scripts for a server and loses neither them nor their output, whatever is killed.
//!
//! Three processes. The **link** ([`run_link`]) holds the connection to the server and nothing else; it may die any
//! time. The **supervisor** ([`run_supervisor`]) is detached from it; it journals, starts, watches and stops the
//! scripts and keeps their output until the server has it. Its **keeper** ([`run_keeper`])
//! is its parent and waits for the scripts of a supervisor that was killed. `docs/agent.md` tells what survives what.

mod clock;
mod config;
mod frame;
mod journal;
mod keeper;
mod link;
mod record;
mod script;
mod spool;
mod supervisor;
mod ticket;

pub use config::{AgentConfig, ConfigError, ServerAddress};
pub use keeper::run_keeper;
pub use link::{LinkError, SupervisorProgram, run_link};
pub use supervisor::{SupervisorError, run_supervisor};
