//! A real `regatta server` in a process of its own, on a fresh data directory, for the demo and the benchmarks.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How to build the binary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// Names a binary that is there already, so that two builds can be measured in turn.
const READY_BINARY: &str = "REGATTA_BINARY";

/// Builds `regatta`, unless there is one to be taken, and answers with the path of the binary.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    if let Some(ready) = std::env::var_os(READY_BINARY) {
        return Ok(PathBuf::from(ready));
    }
    let mut cargo =
        std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "regatta"]);
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => {
            cargo.arg("--release");
            "release"
        }
    };
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!("`cargo build --package regatta` failed");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository().join("target"), PathBuf::from);
    Ok(target.join(folder).join("regatta"))
}

/// The folder the repository is checked out in.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies inside the repository")
        .to_owned()
}

/// How to start a server.
pub(crate) struct Start<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) data_dir: &'a Path,
    /// `host:port`; port 0 takes a free one.
    pub(crate) listen: &'a str,
    pub(crate) api_key: &'a str,
    pub(crate) password: &'a str,
    pub(crate) extra: &'a [&'a str],
}

/// The administrator the demo and the benchmarks sign in as.
pub(crate) const USERNAME: &str = "admin";

/// A started server; killed when dropped unless [`ServerProcess::wait`] or [`ServerProcess::stop`] came first.
pub(crate) struct ServerProcess {
    pub(crate) address: String,
    child: Child,
}

impl ServerProcess {
    /// Starts a server and waits for its ready line.
    pub(crate) async fn start(start: &Start<'_>) -> Result<Self> {
        let mut child = Command::new(start.binary)
            .arg("server")
            .arg("--data-dir")
            .arg(start.data_dir)
            .args(["--listen", start.listen])
            .args(start.extra)
            .env("REGATTA_ADMIN_USERNAME", USERNAME)
            .env("REGATTA_ADMIN_PASSWORD", start.password)
            .env("REGATTA_ADMIN_API_KEY", start.api_key)
            .stdout(Stdio::piped())
            .stderr(log_file(start.data_dir)?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", start.binary.display()))?;
        let stdout = child.stdout.take().expect("stdout was piped");
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(address) = line
                .split_whitespace()
                .find(|word| word.starts_with("http"))
            {
                let address = address.trim_end_matches(['.', ',', '/']).to_owned();
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { address, child });
            }
        }
        bail!(
            "the server ended before it was ready; its log is {}",
            log_path(start.data_dir).display()
        )
    }

    /// Asks the server to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(pid) = self.child.id() {
            let asked = Command::new("kill")
                .args(["-TERM", &pid.to_string()])
                .status()
                .await?;
            if asked.success() {
                self.child.wait().await?;
            }
        }
        Ok(())
    }

    /// Ends the server as a power cut would.
    pub(crate) async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("cannot kill the server")
    }

    /// Waits until the server ends by itself.
    pub(crate) async fn wait(mut self) -> Result<()> {
        let status = self.child.wait().await?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }
}

fn log_path(data_dir: &Path) -> PathBuf {
    data_dir.with_extension("log")
}

fn log_file(data_dir: &Path) -> Result<std::fs::File> {
    let path = log_path(data_dir);
    let open = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path);
    open.with_context(|| format!("cannot write {}", path.display()))
}

/// A fresh random text of `length` capital letters and digits.
pub(crate) fn random_text(length: usize) -> Result<String> {
    use std::io::Read as _;
    let mut bytes = vec![0; length];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let letters = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    Ok(bytes
        .iter()
        .map(|byte| char::from(letters[usize::from(byte % 32)]))
        .collect())
}
