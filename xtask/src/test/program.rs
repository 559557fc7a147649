//! Cargo's test programs: running them all, counting what they report, and trying again what failed. What is checked
//! besides the tests is not here.

use std::fmt;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::postgres;
use crate::server_process::repository;

/// More failures than these are not bad luck: they are not tried again.
const MOST_TRIED_AGAIN: usize = 3;

/// Where the generated cases come from.
const SEED: &str = "PROPTEST_RNG_SEED";

/// The same cases for everybody, so that a change is judged by what it does and not by luck. New ones are looked for by
/// `cargo test`, which draws its seed by the dice, and by any other seed in the environment.
const SAME_SEED: &str = "20261126";

/// Runs every test whose name contains `filter`. The few that fail get a second try, alone, and are named when they pass
/// then: many start real servers, browsers and scripts, and share a busy machine with each other.
pub(super) async fn run(filter: Option<&str>, postgres_url: &str) -> Result<Totals> {
    // Documentation tests are part of it.
    let arguments: Vec<&str> = filter.into_iter().collect();
    let mut totals = cargo_test(&arguments, postgres_url).await?;
    let failed = std::mem::take(&mut totals.failed);
    if failed.is_empty() || failed.len() > MOST_TRIED_AGAIN || totals.was_cut_short() {
        totals.failed = failed;
        return Ok(totals);
    }
    println!("==> once more, alone: {}", failed.join(", "));
    let mut arguments = vec!["--", "--exact", "--test-threads=1"];
    arguments.extend(failed.iter().map(String::as_str));
    let again = cargo_test(&arguments, postgres_url).await?;
    totals.settle(failed, again);
    Ok(totals)
}

async fn cargo_test(arguments: &[&str], postgres_url: &str) -> Result<Totals> {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["test", "--workspace", "--locked", "--no-fail-fast"])
        .args(arguments)
        .current_dir(repository())
        .env(postgres::URL, postgres_url)
        // Snapshots are compared, never written.
        .env("INSTA_UPDATE", "no")
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if std::env::var_os(SEED).is_none() {
        command.env(SEED, SAME_SEED);
    }
    let mut child = command.spawn().context("cannot run cargo")?;
    let mut lines = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
    let mut totals = Totals::default();
    while let Some(line) = lines.next_line().await? {
        println!("{line}");
        totals.add(&line);
    }
    totals.exited_well = child.wait().await?.success();
    Ok(totals)
}

/// What cargo's test programs reported.
#[derive(Default)]
pub(super) struct Totals {
    started: u64,
    programs: u64,
    pub(super) passed: u64,
    ignored: u64,
    counted_failed: u64,
    failed: Vec<String>,
    passed_at_second_try: Vec<String>,
    exited_well: bool,
}

impl Totals {
    /// Counts a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; …` or `test a::b ... FAILED`.
    fn add(&mut self, line: &str) {
        if let Some(test) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failed.push(test.to_owned());
        }
        if line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test")) {
            self.started += 1;
        }
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let of = |word: &str| -> u64 {
            let (before, _) = result.split_once(&format!(" {word}")).unwrap_or_default();
            let number = before.rsplit(' ').next().unwrap_or_default();
            number.parse().unwrap_or(0)
        };
        self.programs += 1;
        self.passed += of("passed");
        self.counted_failed += of("failed");
        self.ignored += of("ignored");
    }

    /// Whether a program ended without saying which of its tests failed: it did not compile, or it crashed.
    fn was_cut_short(&self) -> bool {
        self.started != self.programs || (!self.exited_well && self.counted_failed == 0)
    }

    /// Takes over how the tests that `failed` fared at their second try.
    fn settle(&mut self, failed: Vec<String>, again: Self) {
        let all_were_tried = again.passed + again.counted_failed >= failed.len() as u64;
        self.exited_well = again.exited_well && all_were_tried;
        self.passed += again.passed;
        (self.failed, self.passed_at_second_try) = failed
            .into_iter()
            .partition(|test| !all_were_tried || again.failed.contains(test));
    }

    pub(super) fn is_success(&self) -> bool {
        self.exited_well && self.failed.is_empty()
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for test in &self.failed {
            writeln!(to, "failed: {test}")?;
        }
        for test in &self.passed_at_second_try {
            writeln!(
                to,
                "passed at the second try only, which is a defect of it or of the program: {test}"
            )?;
        }
        write!(
            to,
            "tests: {} passed, {} failed, {} ignored, in {} test programs, on SQLite and PostgreSQL",
            self.passed,
            self.failed.len(),
            self.ignored,
            self.programs
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(lines: &[&str], exited_well: bool) -> Totals {
        let mut totals = Totals {
            exited_well,
            ..Totals::default()
        };
        lines.iter().for_each(|line| totals.add(line));
        totals
    }

    const FAILED: [&str; 4] = [
        "running 4 tests",
        "test a::b ... FAILED",
        "test a::c ... ok",
        "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s",
    ];

    #[test]
    fn results_add_up() {
        let mut totals = reported(&FAILED, false);
        totals.add("running 1 test");
        totals.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s");
        assert_eq!((totals.programs, totals.passed, totals.ignored), (2, 15, 1));
        assert_eq!(totals.failed, ["a::b"]);
        assert!(!totals.is_success() && !totals.was_cut_short());
    }

    #[test]
    fn a_second_try_counts_and_is_named() {
        let mut totals = reported(&FAILED, false);
        let failed = std::mem::take(&mut totals.failed);
        totals.settle(
            failed,
            reported(&["test result: ok. 1 passed; 0 failed; 0 ignored"], true),
        );
        assert!(totals.is_success());
        assert!(
            totals
                .to_string()
                .contains("second try only, which is a defect of it or of the program: a::b")
        );
    }

    #[test]
    fn what_fails_twice_or_was_not_found_again_has_failed() {
        for again in [
            reported(&FAILED, false),
            reported(&["test result: ok. 0 passed; 0 failed; 0 ignored"], true),
        ] {
            let mut totals = reported(&FAILED, false);
            let failed = std::mem::take(&mut totals.failed);
            totals.settle(failed, again);
            assert!(!totals.is_success());
            assert_eq!(totals.failed, ["a::b"]);
        }
    }

    #[test]
    fn a_program_that_crashed_is_not_tried_again() {
        assert!(reported(&["test a::c ... ok"], false).was_cut_short());
        let mut beside_a_failure = reported(&FAILED, false);
        beside_a_failure.add("running 2 tests");
        assert!(beside_a_failure.was_cut_short());
    }
}
