//! Measurements against the goals of the design: ratios in one run against a named baseline, durability on.
//! Each workload is one file; `bench/README.md` says how they are measured and what they showed.

mod list;
mod p1;
mod p2;
mod p3;
mod p8;
mod project;
mod stats;

use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Workload {
    /// 1,000-step graph against `xargs -P2`, interleaved.
    P1 {
        /// Interleaved rounds of ours and the baseline.
        #[arg(long, default_value_t = 7)]
        rounds: usize,
    },
    /// Creating a deployment until its first script's first instruction.
    P2 {
        #[arg(long, default_value_t = 200)]
        deployments: usize,
    },
    /// A dependency settles until its dependant's process starts.
    P3 {
        /// Steps of the chain.
        #[arg(long, default_value_t = 300)]
        steps: usize,
    },
    /// Pages of lists with many objects of every kind.
    List {
        #[arg(long, default_value_t = 10_000)]
        objects: usize,
        /// Requests per page.
        #[arg(long, default_value_t = 200)]
        requests: usize,
        /// Only these lists, by their paths; left out, all of them.
        #[arg(long)]
        only: Vec<String>,
    },
    /// The server killed every 2 s during 20 runs of the graph of P1.
    P8 {
        #[arg(long, default_value_t = 20)]
        deployments: usize,
    },
}

pub(crate) async fn run(workload: Workload) -> Result<()> {
    match workload {
        Workload::P1 { rounds } => p1::run(rounds).await,
        Workload::P2 { deployments } => p2::run(deployments).await,
        Workload::P3 { steps } => p3::run(steps).await,
        Workload::List {
            objects,
            requests,
            only,
        } => list::run((objects, requests), &only).await,
        Workload::P8 { deployments } => p8::run(deployments).await,
    }
}
