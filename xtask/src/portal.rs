//! The web portal: installing what it is built with, building it, and its tests. The server embeds what is built.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::npm;
use crate::server_process::repository;

/// Builds the portal into `web/dist`, unless nothing it is made of changed since.
pub(crate) async fn build() -> Result<()> {
    install().await?;
    let dist = folder().join("dist").join("index.html");
    if newest(&sources())? < modified(&dist) {
        return Ok(());
    }
    println!("Building the portal ...");
    run(&["run", "--silent", "build"]).await
}

/// Formatting, lints, types and unit tests of the portal.
pub(crate) async fn check() -> Result<()> {
    install().await?;
    for script in ["generate", "lint", "typecheck", "test"] {
        run(&["run", "--silent", script]).await?;
    }
    Ok(())
}

/// The portal in a real browser against a real server. Installs Debian's Chromium when there is no browser.
pub(crate) async fn end_to_end(server: &Path) -> Result<()> {
    install().await?;
    install_browser().await?;
    let status = Command::new("npm")
        .args(["run", "--silent", "e2e"])
        .current_dir(folder())
        .env("REGATTA_BINARY", server)
        .status()
        .await
        .context("cannot run npm")?;
    if !status.success() {
        bail!("the portal's tests in a browser failed");
    }
    Ok(())
}

/// The development server of the portal: shows a change of a page at once. `server` answers its API requests.
pub(crate) async fn develop(server: &str) -> Result<()> {
    install().await?;
    let status = Command::new("npm")
        .args(["run", "--silent", "dev"])
        .current_dir(folder())
        .env("REGATTA_URL", server)
        .kill_on_drop(true)
        .status()
        .await
        .context("cannot run npm")?;
    if !status.success() {
        bail!("the portal's development server ended with {status}");
    }
    Ok(())
}

async fn install() -> Result<()> {
    npm::install(&folder(), "what the portal is built with").await
}

async fn install_browser() -> Result<()> {
    if Path::new("/usr/bin/chromium").exists() {
        return Ok(());
    }
    println!("Installing Chromium from the distribution's packages (apt-get install chromium) ...");
    for arguments in [
        &["update", "--quiet"][..],
        &["install", "--yes", "--quiet", "chromium"],
    ] {
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .status()
            .await
            .context("cannot run apt-get: install Chromium as /usr/bin/chromium yourself")?;
        if !status.success() {
            bail!("`apt-get {}` failed", arguments.join(" "));
        }
    }
    Ok(())
}

async fn run(script: &[&str]) -> Result<()> {
    npm::run(&folder(), script).await
}

fn folder() -> PathBuf {
    repository().join("web")
}

fn sources() -> Vec<PathBuf> {
    let web = folder();
    let mut all: Vec<_> = [
        "src",
        "public",
        "scripts",
        "index.html",
        "vite.config.ts",
        "package-lock.json",
    ]
    .iter()
    .map(|name| web.join(name))
    .collect();
    // The client's types are made from it.
    all.push(repository().join("crates/server/tests/it/snapshots"));
    all
}

/// When the newest of these, or of what lies below them, was written, in nanoseconds since 1970.
fn newest(paths: &[PathBuf]) -> Result<u128> {
    let mut newest = 0;
    for path in paths {
        // Made by the build itself.
        if path.ends_with("schema.d.ts") {
            continue;
        }
        if path.is_dir() {
            let entries = std::fs::read_dir(path)?.collect::<std::io::Result<Vec<_>>>()?;
            let below: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
            newest = newest.max(self::newest(&below)?);
        } else {
            newest = newest.max(modified(path));
        }
    }
    Ok(newest)
}

fn modified(path: &Path) -> u128 {
    let at = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    at.ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_nanos())
}
