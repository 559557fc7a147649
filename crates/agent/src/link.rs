//! The link: joins the server's stream to the supervisor's socket and keeps both connected. It holds nothing: when
//! either side breaks, both are dropped and the next hello says what is true.

mod backoff;
mod dial;
mod packages;
mod relay;
mod store;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use regatta_wire::identity::{Identity, IdentityError};
use regatta_wire::pin::PinSet;
use tokio::net::UnixStream;

use crate::config::{AgentConfig, ConfigError};
use crate::supervisor::socket_path;
use backoff::Backoff;

/// A supervisor just started must answer within this time.
const SUPERVISOR_START_LIMIT: Duration = Duration::from_secs(10);

/// How to start a supervisor: a program and its arguments, to which the data directory is added.
#[derive(Debug, Clone)]
pub struct SupervisorProgram {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

impl SupervisorProgram {
    /// This same program, as `agent-supervisor DIR`.
    ///
    /// # Errors
    /// If the system cannot say which program this is.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            arguments: vec!["agent-supervisor".to_owned()],
        })
    }
}

/// Why a link cannot work at all. (What may pass, it retries for ever.)
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("cannot use the agent's data directory {path}: {source}")]
    Directory { path: String, source: io::Error },
    #[error("another link of this agent is running")]
    Taken,
}

/// Why one session ended.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("cannot find the server: {0}")]
    Address(io::Error),
    #[error("cannot reach the server: {0}")]
    Dial(#[from] tonic::transport::Error),
    #[error("cannot start or reach the supervisor: {0}")]
    Supervisor(io::Error),
    #[error("the server ended the session: {0}")]
    Server(#[from] Box<tonic::Status>),
    #[error("the server is silent")]
    Silent,
    #[error("the supervisor is gone")]
    SupervisorGone,
    #[error("the supervisor speaks another language: {0}")]
    Frame(#[from] crate::frame::FrameError),
}

/// Runs the link of the agent whose data are in `data_dir`; returns only if it cannot work at all or when asked to
/// stop by SIGTERM. The supervisor and its scripts go on.
///
/// # Errors
/// If the directory is not an agent's, or another link runs.
pub async fn run_link(data_dir: &Path, supervisor: SupervisorProgram) -> Result<(), LinkError> {
    let config = AgentConfig::read(data_dir)?;
    let directory = |source| LinkError::Directory {
        path: data_dir.display().to_string(),
        source,
    };
    let _lock = lock(data_dir).map_err(directory)?.ok_or(LinkError::Taken)?;
    let identity = Identity::open(data_dir)?;
    let pins = PinSet::default();
    pins.insert(config.pin().expect("checked when read"), "server");
    let link = Link {
        dir: File::open(data_dir).map_err(directory)?,
        data_dir: data_dir.to_owned(),
        tls: identity.client_config(pins)?,
        config,
        supervisor,
    };
    let mut stop = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(directory)?;
    tokio::select! {
        _ = stop.recv() => link.retire().await,
        never = link.run() => match never {},
    }
    Ok(())
}

struct Link {
    dir: File,
    data_dir: PathBuf,
    config: AgentConfig,
    tls: std::sync::Arc<rustls::ClientConfig>,
    supervisor: SupervisorProgram,
}

/// The one link of a data directory holds this lock; it vanishes with the process, whose number is in the file.
fn lock(data_dir: &Path) -> io::Result<Option<File>> {
    let path = data_dir.join("link.lock");
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            io::Write::write_all(&mut &file, std::process::id().to_string().as_bytes())?;
            Ok(Some(file))
        }
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

impl Link {
    async fn run(&self) -> std::convert::Infallible {
        let mut backoff = Backoff::new(self.config.server.is_on_this_machine());
        loop {
            let welcomed = OnceLock::new();
            if let Err(reason) = self.session(&welcomed).await {
                tracing::debug!(%reason, "session ended");
            }
            let lasted = welcomed.get().map(tokio::time::Instant::elapsed);
            tokio::time::sleep(backoff.next_delay(lasted)).await;
        }
    }

    /// One session; `welcomed` is set when the server has taken it up.
    async fn session(&self, welcomed: &OnceLock<tokio::time::Instant>) -> Result<(), SessionError> {
        let address = self
            .config
            .server
            .resolve()
            .await
            .map_err(SessionError::Address)?;
        let channel = dial::connect(address, self.tls.clone()).await?;
        let supervisor = self.supervisor().await.map_err(SessionError::Supervisor)?;
        relay::relay(channel, supervisor, (welcomed, &self.data_dir)).await
    }

    /// A connection to the supervisor, which is started if there is none.
    async fn supervisor(&self) -> io::Result<UnixStream> {
        if let Ok(stream) = UnixStream::connect(socket_path(&self.dir)).await {
            return Ok(stream);
        }
        let mut child = tokio::process::Command::new(&self.supervisor.program)
            .args(&self.supervisor.arguments)
            .arg(&self.data_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(false)
            .spawn()?;
        let limit = tokio::time::Instant::now() + SUPERVISOR_START_LIMIT;
        loop {
            if let Ok(stream) = UnixStream::connect(socket_path(&self.dir)).await {
                return Ok(stream);
            }
            let ended = tokio::time::timeout(Duration::from_millis(2), child.wait()).await;
            if ended.is_ok_and(|status| !status.is_ok_and(|status| status.success())) {
                return Err(io::Error::other(
                    "the supervisor ended at once: see its messages above",
                ));
            }
            if tokio::time::Instant::now() > limit {
                return Err(io::Error::other("the supervisor does not answer"));
            }
        }
    }

    /// Lets an idle supervisor go.
    async fn retire(&self) {
        if let Ok(mut stream) = UnixStream::connect(socket_path(&self.dir)).await {
            let mut bytes = Vec::new();
            crate::frame::encode(&relay::retire(), &mut bytes);
            // If it is gone already, there is nothing to let go.
            let _gone = tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await;
            // It closes its end when it has read this, or says hello; either way it has been told.
            let _hello = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1]).await;
        }
    }
}
