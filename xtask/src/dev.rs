//! `cargo xtask dev`: the server from the working tree, on a data directory that stays between runs, and with
//! `--portal` the portal's development server in front of it.

use anyhow::{Result, bail};
use clap::Args;

use crate::portal;
use crate::server_process::{Profile, USERNAME, build, repository};

#[derive(Args)]
pub(crate) struct Dev {
    #[arg(long, default_value = "127.0.0.1:8065")]
    listen: String,
    /// Also start the portal's development server, which shows a change of a page at once.
    #[arg(long)]
    portal: bool,
}

pub(crate) async fn run(dev: Dev) -> Result<()> {
    if !dev.portal {
        portal::build().await?;
    }
    let binary = build(Profile::Debug)?;
    let data_dir = repository().join("target").join("dev-data");
    println!(
        "Data stays in {}; delete it for a fresh start.",
        data_dir.display()
    );
    println!("On a fresh start: user {USERNAME}, password Dev-Passw0rd!, API key API-DEVELOPMENT");
    let mut server = tokio::process::Command::new(binary);
    server
        .arg("server")
        .arg("--data-dir")
        .arg(&data_dir)
        .args(["--listen", &dev.listen])
        .env("REGATTA_ADMIN_USERNAME", USERNAME)
        .env("REGATTA_ADMIN_PASSWORD", "Dev-Passw0rd!")
        .env("REGATTA_ADMIN_API_KEY", "API-DEVELOPMENT")
        .kill_on_drop(true);
    if dev.portal {
        let address = format!("http://{}", dev.listen);
        let mut server = server.spawn()?;
        println!(
            "The pages are at the address the development server says; it hands /api to {address}."
        );
        return tokio::select! {
            ended = server.wait() => bail!("the server ended with {}", ended?),
            ended = portal::develop(&address) => ended,
        };
    }
    let status = server.status().await?;
    if !status.success() {
        bail!("the server ended with {status}");
    }
    Ok(())
}
