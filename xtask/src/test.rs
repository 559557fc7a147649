//! `cargo xtask test`: everything a change must pass, with the totals in plain words at the end.
//!
//! Nothing is skipped here: the PostgreSQL half of the tests runs on a server that is started for them.

mod licenses;
mod postgres;

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::io::{AsyncBufReadExt, BufReader};
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
        totals = tests(test.filter.as_deref(), postgres.url()) => totals?,
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
    let Totals {
        binaries,
        passed,
        failed,
        ignored,
        is_success,
    } = totals;
    println!();
    println!(
        "tests: {passed} passed, {failed} failed, {ignored} ignored, in {binaries} test programs, \
         on SQLite and PostgreSQL; {} s in all",
        started.elapsed().as_secs()
    );
    if failed > 0 || !is_success {
        bail!("the tests failed");
    }
    if passed == 0 {
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

/// What cargo's test programs reported.
#[derive(Default)]
struct Totals {
    binaries: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
    is_success: bool,
}

async fn tests(filter: Option<&str>, postgres_url: &str) -> Result<Totals> {
    let mut command = Command::new(env!("CARGO"));
    // Documentation tests are part of it.
    command
        .args(["test", "--workspace", "--locked", "--no-fail-fast"])
        .args(filter);
    command
        .current_dir(repository())
        .env(postgres::URL, postgres_url)
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    // Snapshots are compared, never written.
    command.env("INSTA_UPDATE", "no");
    let mut child = command.spawn().context("cannot run cargo")?;
    let mut lines = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
    let mut totals = Totals::default();
    while let Some(line) = lines.next_line().await? {
        println!("{line}");
        totals.add(&line);
    }
    totals.is_success = child.wait().await?.success();
    Ok(totals)
}

impl Totals {
    /// Counts a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; …`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let of = |word: &str| -> u64 {
            let (before, _) = result.split_once(&format!(" {word}")).unwrap_or_default();
            let number = before.rsplit(' ').next().unwrap_or_default();
            number.parse().unwrap_or(0)
        };
        self.binaries += 1;
        self.passed += of("passed");
        self.failed += of("failed");
        self.ignored += of("ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_add_up() {
        let mut totals = Totals::default();
        totals.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s");
        totals.add("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s");
        totals.add("running 5 tests");
        assert_eq!(
            (
                totals.binaries,
                totals.passed,
                totals.failed,
                totals.ignored
            ),
            (2, 15, 2, 1)
        );
    }
}
