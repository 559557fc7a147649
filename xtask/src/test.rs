//! `cargo xtask test`: everything a change must pass, with the totals in plain words at the end.
//!
//! Nothing is skipped here: the PostgreSQL half of the tests runs on a server that is started for them.

mod licenses;
mod postgres;
mod program;

use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::process::Command;

use crate::npm;
use crate::portal;
use crate::server_process::{Profile, build, repository};

/// Options of `cargo xtask test`.
#[derive(Args)]
pub(crate) struct Test {
    /// Only the tests, without formatting, licences and lints.
    #[arg(long)]
    only_tests: bool,
    /// Only tests whose names contain this.
    filter: Option<String>,
}

/// Runs the checks in order and stops at the first one that fails.
pub(crate) async fn run(test: Test) -> Result<()> {
    let started = Instant::now();
    if !test.only_tests {
        step("formatting");
        cargo(&["fmt", "--all", "--check"])
            .await
            .context("run `cargo fmt --all`")?;
        step("licences of dependencies");
        licenses::check()?;
        step("lints");
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ])
        .await?;
        step("portal: lints, types and unit tests");
        portal::check().await?;
    }
    step("portal");
    portal::build().await?;
    step("official clients for the tests");
    npm::install(
        &repository().join("crates/regatta/tests/npm"),
        "the official npm client",
    )
    .await?;
    step("PostgreSQL for the tests");
    let postgres = postgres::start()?;
    step("tests");
    let totals = tokio::select! {
        totals = program::run(test.filter.as_deref(), postgres.url()) => totals?,
        // Falling out of here stops PostgreSQL, which an interrupt alone would leave running.
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            bail!("interrupted");
        }
    };
    drop(postgres);
    if test.filter.is_none() {
        step("portal in a browser");
        portal::end_to_end(&build(Profile::Debug)?).await?;
    }
    println!();
    println!("{totals}; {} s in all", started.elapsed().as_secs());
    if !totals.is_success() {
        bail!("the tests failed");
    }
    if totals.passed == 0 {
        bail!("no test ran: is the filter right?");
    }
    Ok(())
}

fn step(name: &str) {
    println!("==> {name}");
}

async fn cargo(arguments: &[&str]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(repository())
        .status()
        .await?;
    if !status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    Ok(())
}
