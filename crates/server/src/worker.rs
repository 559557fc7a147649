//! The built-in worker: an ordinary agent in a process of its own, started by the server (DESIGN D9).
//!
//! It lives in `worker` below the data directory. When the server dies it lives on with its
//! scripts, and dials the next server by the address file; a second link to the same directory
//! finds the first one's lock and ends, which is why starting one again and again is harmless.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use regatta_wire::identity::{Identity, IdentityError};
use serde_json::json;
use tokio::process::Command;

use crate::driver::Driver;
use crate::gateway::{AgentId, Gateway, Registration};

/// Its id in events and plans. It serves the default pool of every space.
pub(crate) const BUILT_IN: &str = "Workers-built-in";
/// Before a process that ended is started again.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between attempts.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Why the built-in worker cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("cannot use the directory {path} of the built-in worker: {source}")]
    Directory {
        path: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Where the worker keeps its things.
fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join("worker")
}

/// Makes its directory and key, and lets it in.
///
/// # Errors
/// When the directory cannot be written.
pub(crate) fn register(data_dir: &Path, gateway: &Gateway, slots: u32) -> Result<(), WorkerError> {
    let dir = directory(data_dir);
    let failed = |source| WorkerError::Directory {
        path: dir.display().to_string(),
        source,
    };
    {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(failed)?;
    }
    let identity = Identity::open(&dir)?;
    let address = std::path::absolute(data_dir.join("gateway").join("address")).map_err(failed)?;
    let config = json!({"server": {"file": address}, "server_pin": gateway.pin().to_string(), "slots": slots});
    std::fs::write(dir.join("agent.json"), config.to_string()).map_err(failed)?;
    gateway.register(Registration {
        agent: AgentId(BUILT_IN.to_owned()),
        pin: identity.pin(),
        slots: Some(slots),
    });
    Ok(())
}

/// Keeps a process of `program` running as its link, for as long as the server runs.
pub(crate) async fn keep_running(program: PathBuf, data_dir: PathBuf) {
    let dir = directory(&data_dir);
    let mut pause = PAUSE;
    loop {
        let started = std::time::Instant::now();
        // Not tied to the server: it must survive it, and its scripts with it.
        let child = Command::new(&program)
            .arg("agent")
            .arg("--data-dir")
            .arg(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn();
        match child {
            Ok(mut child) => match child.wait().await {
                Ok(status) => tracing::debug!(%status, "the built-in worker ended"),
                Err(error) => tracing::warn!(%error, "the built-in worker cannot be watched"),
            },
            Err(error) => {
                tracing::error!(%error, program = %program.display(), "the built-in worker cannot be started")
            }
        }
        pause = if started.elapsed() > PAUSE_MAX {
            PAUSE
        } else {
            (pause * 2).min(PAUSE_MAX)
        };
        tokio::time::sleep(pause).await;
    }
}

/// Lets the driver use it for the pools that are the default of their space.
pub(crate) fn serve_pools(driver: &Driver, pools: Vec<String>) {
    driver.register_worker(BUILT_IN, pools);
}
