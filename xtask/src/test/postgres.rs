//! A PostgreSQL server for the tests: own folder, own port, gone afterwards.
//!
//! Uses the server named by [`URL`] when it is set. Otherwise it starts one from Debian's packages, which it installs
//! when they are missing and it may.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// The environment variable through which tests learn where PostgreSQL is.
pub(crate) const URL: &str = "REGATTA_TEST_POSTGRES_URL";
/// Tests of several programs open pools at the same time.
const CONNECTIONS_MAX: u32 = 300;

/// Stopped when dropped.
pub(crate) struct Postgres {
    url: String,
    started: Option<Started>,
}

struct Started {
    programs: PathBuf,
    folder: TempDir,
}

impl Postgres {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(started) = &self.started
            && let Err(error) = started.pg_ctl(&["-m", "immediate", "stop"])
        {
            eprintln!(
                "PostgreSQL in {} could not be stopped: {error:#}",
                started.folder.path().display()
            );
        }
    }
}

pub(crate) fn start() -> Result<Postgres> {
    if let Ok(url) = std::env::var(URL) {
        println!("using the server that {URL} names");
        return Ok(Postgres { url, started: None });
    }
    let programs = match programs() {
        Some(programs) => programs,
        None => install()?,
    };
    let folder = tempfile::Builder::new()
        .prefix("regatta-postgres-")
        .tempdir()?;
    let started = Started { programs, folder };
    started.init()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c max_connections={CONNECTIONS_MAX} -c fsync=off -k {}",
        started.folder.path().display()
    );
    started.pg_ctl(&["-o", &options, "-w", "start"])?;
    println!(
        "started {} on port {port}, until the tests are done",
        started.programs.display()
    );
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    Ok(Postgres {
        url,
        started: Some(started),
    })
}

impl Started {
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn init(&self) -> Result<()> {
        if is_root() {
            run(Command::new("chown")
                .arg("postgres")
                .arg(self.folder.path()))?;
        }
        let data = self.data().display().to_string();
        let always = [
            "-D",
            &data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        ];
        // A collation unlike SQLite's, where there is one, shows columns that forgot to fix theirs.
        let unlike = ["--locale-provider=icu", "--icu-locale=en"];
        if run(self.program("initdb").args(always).args(unlike)).is_ok() {
            return Ok(());
        }
        run(self.program("initdb").args(always))
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Result<()> {
        let log = self.folder.path().join("log");
        let mut command = self.program("pg_ctl");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(&log)
            .arg("-s")
            .args(arguments);
        // The server would otherwise hold our output open for as long as it runs.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        run(&mut command).with_context(|| std::fs::read_to_string(&log).unwrap_or_default())
    }

    /// PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir("/").stdout(Stdio::null());
        command
    }
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed ({status})");
    }
    Ok(())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

/// The folder with `initdb`: the newest of Debian's, else one on the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut debian: Vec<_> = versions
        .map(|version| version.path().join("bin"))
        .filter(|bin| has_initdb(bin))
        .collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .pop()
        .or_else(|| std::env::split_paths(&path).find(|bin| has_initdb(bin)))
}

fn has_initdb(folder: &Path) -> bool {
    folder.join("initdb").exists() && folder.join("pg_ctl").exists()
}

fn install() -> Result<PathBuf> {
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        bail!(
            "PostgreSQL is needed for the tests and not installed: install it (on Debian: apt-get install \
             postgresql), or set {URL} to a server where schemas may be created"
        );
    }
    println!(
        "installing Debian's package `postgresql` with apt-get, because PostgreSQL is missing"
    );
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        run(command
            .args(["-q", "-y"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update"])?;
    apt(&["install", "--no-install-recommends", "postgresql"])?;
    programs().context("the package brought no initdb")
}
