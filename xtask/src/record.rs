//! `cargo xtask record`: a real deployment watched in a real terminal, as the moving picture of the README.

mod animation;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use tokio::io::AsyncReadExt as _;

use crate::demo;
use crate::server_process::{Profile, ServerProcess, Start, build, random_text};
use animation::Animation;

const ROWS: u16 = 16;
const COLUMNS: u16 = 100;
const ARGUMENTS: [&str; 7] = [
    "release", "deploy", "-p", "web-shop", "--env", "Test", "--wait",
];

#[derive(Args)]
pub(crate) struct Record {
    /// Where the picture (SVG) is written.
    #[arg(long, default_value = "docs/deploy.svg")]
    picture: PathBuf,
}

pub(crate) async fn run(record: Record) -> Result<()> {
    let binary = build(Profile::Debug)?;
    let folder = tempfile::tempdir()?;
    let api_key = format!("API-{}", random_text(26)?);
    let password = format!("Demo-{}", random_text(12)?);
    let server = ServerProcess::start(&Start {
        binary: &binary,
        data_dir: &folder.path().join("data"),
        listen: "127.0.0.1:0",
        api_key: &api_key,
        password: &password,
        extra: &[],
    })
    .await?;
    let client = demo::client::Client::new(server.address.clone(), api_key.clone());
    demo::prepare_web_shop(&client).await?;
    let (pty, pts) = pty_process::open()?;
    pty.resize(pty_process::Size::new(ROWS, COLUMNS))?;
    let mut child = pty_process::Command::new(&binary)
        .args(ARGUMENTS)
        .env("REGATTA_URL", &server.address)
        .env("REGATTA_API_KEY", &api_key)
        .env("XDG_CONFIG_HOME", folder.path())
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .env("REGATTA_COLOR", "always")
        .env_remove("CI")
        .kill_on_drop(true)
        .spawn(pts)?;
    let mut animation =
        Animation::new(ROWS, COLUMNS, &format!("$ regatta {}", ARGUMENTS.join(" ")));
    watch(pty, &mut animation).await;
    let status = child.wait().await?;
    ensure!(status.success(), "the deployment ended with {status}");
    // The address of this one run means nothing to a reader.
    let picture = animation
        .svg()
        .replace(&server.address, "https://deploy.example.org");
    std::fs::write(&record.picture, picture)
        .with_context(|| format!("cannot write {}", record.picture.display()))?;
    println!("Wrote {}.", record.picture.display());
    server.stop().await
}

/// Takes down what the terminal shows, until the program has ended.
async fn watch(mut pty: pty_process::Pty, animation: &mut Animation) {
    let began = Instant::now();
    let mut bytes = [0; 8192];
    // Linux says EIO when the other end has gone.
    while let Ok(read) = pty.read(&mut bytes).await {
        if read == 0 {
            break;
        }
        animation.write(began.elapsed(), &bytes[..read]);
    }
}
