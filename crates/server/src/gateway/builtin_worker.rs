//! The built-in worker: an ordinary agent that the server starts beside itself, as a process of its own.
//!
//! It outlives the server: a killed server leaves it and its scripts alone, and the next server finds it by its lock
//! and goes on with it. It gets an environment of its own, so that no secret of the server's reaches a script.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use regatta_wire::identity::Identity;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{AgentId, Gateway, GatewayError, Registration, journal_memory};

/// Pause before a worker that died is started again; doubles up to the longest.
const RESTART_FIRST: Duration = Duration::from_millis(20);
const RESTART_LONGEST: Duration = Duration::from_secs(10);
/// A worker that lived this long did not die of its start.
const GOOD_RUN: Duration = Duration::from_secs(60);
/// What a script may see of the server's environment. Anything else may be a secret.
const ENVIRONMENT: [&str; 15] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "LD_LIBRARY_PATH",
];

/// What to start and where.
#[derive(Debug, Clone)]
pub struct BuiltinWorkerConfig {
    /// The worker's document id, e.g. `Workers-1`.
    pub agent: AgentId,
    /// Its data directory (made if missing).
    pub dir: PathBuf,
    /// The gateway's directory, where the worker reads the server's address.
    pub gateway_dir: PathBuf,
    /// The program that runs an agent with `agent --data-dir DIR`.
    pub program: PathBuf,
    /// Scripts at the same time; `None` = one per core.
    pub slots: Option<u32>,
}

/// Keeps the worker alive until it is stopped or the server ends.
pub struct BuiltinWorker {
    stop: watch::Sender<bool>,
    keeper: JoinHandle<()>,
}

impl BuiltinWorker {
    /// Registers the worker with the gateway and starts it, unless one from before is still alive.
    ///
    /// # Errors
    /// If its directory or key cannot be used.
    pub fn start(gateway: &Gateway, config: BuiltinWorkerConfig) -> Result<Self, GatewayError> {
        let identity = Identity::open(&config.dir)?;
        let slots = config.slots.unwrap_or_else(cores).max(1);
        let agent_json = serde_json::json!({
            "server": { "file": absolute(&config.gateway_dir)?.join("address") },
            "server_pin": gateway.pin().to_string(),
            "slots": slots,
        });
        let path = config.dir.join("agent.json");
        journal_memory::replace_file(&path, agent_json.to_string().as_bytes()).map_err(
            |source| GatewayError::Directory {
                path: path.display().to_string(),
                source,
            },
        )?;
        gateway.register(Registration {
            agent: config.agent.clone(),
            pin: identity.pin(),
            slots: Some(slots),
        });
        let (stop, stopped) = watch::channel(false);
        let keeper = tokio::spawn(keep(config, stopped));
        Ok(Self { stop, keeper })
    }

    /// Ends the worker's link, and its supervisor if that has nothing to do. Running scripts go on.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.keeper.await {
            tracing::warn!(%error, "the built-in worker's keeper failed");
        }
    }
}

async fn keep(config: BuiltinWorkerConfig, mut stopped: watch::Receiver<bool>) {
    let mut pause = RESTART_FIRST;
    while !*stopped.borrow() {
        let began = tokio::time::Instant::now();
        if let Err(error) = run_once(&config, &mut stopped).await {
            tracing::error!(%error, "cannot run the built-in worker");
        }
        if began.elapsed() > GOOD_RUN {
            pause = RESTART_FIRST;
        }
        let _asked = tokio::time::timeout(pause, asked(&mut stopped)).await;
        pause = (pause * 2).min(RESTART_LONGEST);
    }
}

/// Returns when the worker is to be stopped.
async fn asked(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stop| *stop).await.is_err() {
        // Nobody holds the handle any more: the worker is kept as long as the server runs.
        std::future::pending::<()>().await;
    }
}

/// Waits for a living worker to end, or starts one and waits for that.
async fn run_once(
    config: &BuiltinWorkerConfig,
    stopped: &mut watch::Receiver<bool>,
) -> io::Result<()> {
    if let Some(pid) = living(&config.dir)? {
        tracing::info!(
            pid,
            "the built-in worker of an earlier run is alive and is used again"
        );
        let file = lock_file(&config.dir)?;
        let mut ended = tokio::task::spawn_blocking(move || file.lock());
        tokio::select! {
            _ended = &mut ended => {}
            () = asked(stopped) => {
                terminate(pid);
                let _ended = ended.await;
            }
        }
        return Ok(());
    }
    let mut child = command(config).spawn()?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    tokio::select! {
        status = child.wait() => tracing::warn!(status = %status?, "the built-in worker ended and is started again"),
        () = asked(stopped) => {
            pid.into_iter().for_each(terminate);
            child.wait().await?;
        }
    }
    Ok(())
}

fn command(config: &BuiltinWorkerConfig) -> Command {
    let kept = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        ENVIRONMENT.contains(&&*name) || name.starts_with("LC_")
    });
    let mut command = Command::new(&config.program);
    command.arg("agent").arg("--data-dir").arg(&config.dir);
    // A group of its own: Ctrl-C at the server's terminal is not meant for it.
    command
        .env_clear()
        .envs(kept)
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(false);
    command
}

/// The process that holds the link's lock, if any.
fn living(dir: &Path) -> io::Result<Option<i32>> {
    let file = lock_file(dir)?;
    match file.try_lock() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(std::fs::read_to_string(dir.join("link.lock"))?
            .trim()
            .parse()
            .ok()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn lock_file(dir: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join("link.lock"))
}

fn terminate(pid: i32) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid) {
        // Gone already is what we want.
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

fn cores() -> u32 {
    std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .try_into()
        .unwrap_or(1)
}

fn absolute(path: &Path) -> Result<PathBuf, GatewayError> {
    std::path::absolute(path).map_err(|source| GatewayError::Directory {
        path: path.display().to_string(),
        source,
    })
}
