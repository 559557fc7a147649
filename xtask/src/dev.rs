//! `cargo xtask dev`: the server from the working tree, on a data directory that stays between runs.

use anyhow::{Result, bail};
use clap::Args;

use crate::server_process::{Profile, USERNAME, build, repository};

#[derive(Args)]
pub(crate) struct Dev {
    #[arg(long, default_value = "127.0.0.1:8065")]
    listen: String,
}

pub(crate) async fn run(dev: Dev) -> Result<()> {
    let binary = build(Profile::Debug)?;
    let data_dir = repository().join("target").join("dev-data");
    println!(
        "Data stays in {}; delete it for a fresh start.",
        data_dir.display()
    );
    println!("On a fresh start: user {USERNAME}, password Dev-Passw0rd!, API key API-DEVELOPMENT");
    let status = tokio::process::Command::new(binary)
        .arg("server")
        .arg("--data-dir")
        .arg(&data_dir)
        .args(["--listen", &dev.listen])
        .env("REGATTA_ADMIN_USERNAME", USERNAME)
        .env("REGATTA_ADMIN_PASSWORD", "Dev-Passw0rd!")
        .env("REGATTA_ADMIN_API_KEY", "API-DEVELOPMENT")
        .status()
        .await?;
    if !status.success() {
        bail!("the server ended with {status}");
    }
    Ok(())
}
