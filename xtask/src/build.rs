//! `cargo xtask build`: the portal, and the binary it becomes a part of.

use anyhow::Result;
use clap::Args;

use crate::portal;
use crate::server_process::{Profile, build};

#[derive(Args)]
pub(crate) struct Build {
    /// Without optimisation; reads the portal from `web/dist` whenever a page is asked for.
    #[arg(long)]
    debug: bool,
}

pub(crate) async fn run(options: Build) -> Result<()> {
    portal::build().await?;
    let profile = if options.debug {
        Profile::Debug
    } else {
        Profile::Release
    };
    println!("Building regatta ...");
    let binary = build(profile)?;
    println!(
        "{} is ready: start it with `regatta server`.",
        binary.display()
    );
    Ok(())
}
