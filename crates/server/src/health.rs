//! Whether the server can do its work: the database takes changes, and every disk it writes to has room.
//!
//! It is tried, not guessed: what a quota, a reserve or a mount that became read-only allow, nothing else knows. Anybody
//! may ask, so whoever asks soon after another gets the same answer. Not here: how it reads on the wire ([`crate::http`]).

use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::app::App;
use crate::nodes;

/// An answer as young as this is given again.
const FRESH: Duration = Duration::from_secs(2);
/// A database that takes longer than this to take a change does not answer.
const DATABASE_WITHIN: Duration = Duration::from_secs(5);
/// More than the last block of a file may still hold.
const TRIAL_BYTES: usize = 64 * 1024;
/// Folders in the data directory that may be disks of their own.
const FOLDERS: [&str; 3] = ["logs", "artifacts", "packages"];

/// What was found last.
#[derive(Default)]
pub(crate) struct Health(Mutex<Option<(Instant, Found)>>);

#[derive(Clone)]
pub(crate) struct Found {
    /// What keeps the server from its work, each a sentence; nothing when it is well.
    pub(crate) problems: Vec<String>,
    /// Servers that use the database as well.
    pub(crate) other_servers: Vec<String>,
}

impl Health {
    pub(crate) async fn look(&self, app: &App) -> Found {
        // Held while looking: who asks meanwhile waits for the same answer.
        let mut last = self.0.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < FRESH
        {
            return found.clone();
        }
        let (database, disks) = tokio::join!(database(app), disks(app.config.data_dir.clone()));
        let (other_servers, problem) = match database {
            Ok(others) => (others, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        let found = Found {
            problems: problem.into_iter().chain(disks).collect(),
            other_servers,
        };
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

/// Tries a write; answers which other servers there are.
async fn database(app: &App) -> Result<Vec<String>, String> {
    let tried = async {
        app.store.try_write().await?;
        nodes::beside(app).await
    };
    let said = match tokio::time::timeout(DATABASE_WITHIN, tried).await {
        Ok(Ok(others)) => return Ok(others),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database takes no changes");
            match error.is_full() {
                true => {
                    "The disk of the database is full. Make room on it; the server then goes on by itself."
                }
                false => "The database takes no changes; the server's log says why.",
            }
        }
        Err(_) => "The database does not answer.",
    };
    Err(said.to_owned())
}

async fn disks(data_dir: PathBuf) -> Vec<String> {
    let looked = tokio::task::spawn_blocking(move || {
        let mut tried = Vec::new();
        let folders = FOLDERS.iter().map(|name| data_dir.join(name));
        let folders = std::iter::once(data_dir.clone()).chain(folders);
        folders
            .filter_map(|folder| {
                let disk = std::fs::metadata(&folder).ok()?.dev();
                let is_new = !tried.contains(&disk);
                tried.push(disk);
                let name = folder.strip_prefix(&data_dir).ok()?.display().to_string();
                is_new.then(|| disk_problem(&folder, &name)).flatten()
            })
            .collect()
    });
    looked.await.unwrap_or_default()
}

fn disk_problem(folder: &Path, name: &str) -> Option<String> {
    let error = try_file(folder).err()?;
    tracing::warn!(%error, folder = %folder.display(), "files cannot be written");
    let place = match name {
        "" => "the data directory".to_owned(),
        name => format!("{name}/ in the data directory"),
    };
    Some(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!(
            "The disk of {place} is full. Make room on it; the server then goes on by itself."
        ),
        _ => format!("Nothing can be written to {place}; the server's log says why."),
    })
}

fn try_file(folder: &Path) -> io::Result<()> {
    let path = folder.join(".trial");
    let written = std::fs::File::create(&path).and_then(|mut file| {
        file.write_all(&[0x5a; TRIAL_BYTES])?;
        file.sync_data()
    });
    let removed = std::fs::remove_file(&path);
    written.and(removed)
}
