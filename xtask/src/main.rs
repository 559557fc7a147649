//! Development commands: `cargo xtask --help`. Nothing here ships.

mod api_fuzz;
mod bench;
mod build;
mod demo;
mod dev;
mod npm;
mod portal;
mod record;
mod seed;
mod server_process;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Development commands of Regatta")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check everything: formatting, licences, lints, and every test on SQLite and on a real PostgreSQL.
    Test(test::Test),
    /// Build the portal, then the program that holds it.
    Build(build::Build),
    /// Put the sample project of the story on a running server: its environments, targets and process.
    Seed(seed::Seed),
    /// Start a server, deploy two sample projects and prove that their steps ran in order.
    Demo(demo::Demo),
    /// Record a deployment watched in a terminal, for the README.
    Record(record::Record),
    /// Run a server from the working tree on a data directory that stays, for trying changes.
    Dev(dev::Dev),
    /// Send the server what its OpenAPI document allows and what it does not; no answer may be a server error.
    FuzzApi(api_fuzz::FuzzApi),
    /// Measure against the goals of the design.
    Bench {
        #[command(subcommand)]
        workload: bench::Workload,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Test(test) => test::run(test).await,
        Command::Build(build) => build::run(build).await,
        Command::Seed(seed) => seed::run(seed).await,
        Command::Demo(demo) => demo::run(demo).await,
        Command::Record(record) => record::run(record).await,
        Command::Dev(dev) => dev::run(dev).await,
        Command::FuzzApi(fuzz) => api_fuzz::run(fuzz).await,
        Command::Bench { workload } => bench::run(workload).await,
    }
}
