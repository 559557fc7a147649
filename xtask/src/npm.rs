//! npm in a folder of the repository: installing what its lock file names, and running scripts.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// `npm ci`, only when the lock file changed since the last time. `what` is what it brings, for people.
pub(crate) async fn install(folder: &Path, what: &str) -> Result<()> {
    let path = folder.join("package-lock.json");
    let lock = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mark = folder.join("node_modules").join(".regatta-lock");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("Installing {what} (npm ci) ...");
    run(folder, &["ci", "--no-audit", "--no-fund"]).await?;
    std::fs::write(&mark, lock).with_context(|| format!("cannot write {}", mark.display()))
}

/// Runs npm with these arguments.
pub(crate) async fn run(folder: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("npm")
        .args(arguments)
        .current_dir(folder)
        .status()
        .await
        .context("cannot run npm: Node.js 20.19 or newer is needed")?;
    if !status.success() {
        bail!(
            "`npm {}` in {} failed",
            arguments.join(" "),
            folder.display()
        );
    }
    Ok(())
}
