//! The packages of this machine: fetched once, kept by the SHA-256 of their bytes, and unpacked anew for each script.
//!
//! Nothing that lies here is trusted: a file is hashed before it is used, whoever put it there. A download that broke
//! off is never under its name.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use regatta_core::package::file_name;
use regatta_wire::proto::agent_link_client::AgentLinkClient;
use regatta_wire::proto::{FetchRequest, Package};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tonic::transport::Channel;
use tonic::{Code, Status};

/// What is kept for scripts to come.
const CACHE_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Between two tries to fetch over a connection that fails.
const PAUSE: Duration = Duration::from_secs(1);
/// A connection that is gone ends the session, so that these tries are for one that is there.
const TRIES_MAX: u32 = 20;
/// A server that sends nothing for so long is asked again.
const SILENCE_MAX: Duration = Duration::from_secs(60);

pub(super) struct Store {
    root: PathBuf,
    /// One at a time: they would fetch and unpack the same ones.
    turn: Arc<Mutex<()>>,
    count: AtomicU64,
}

/// A folder with a package in it, which nobody has yet: dropped, it is gone.
pub(super) struct Prepared {
    folder: PathBuf,
    is_kept: bool,
}

impl Prepared {
    /// The name of the folder, now the supervisor's.
    pub(super) fn keep(mut self) -> String {
        self.is_kept = true;
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if !self.is_kept {
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Why a download did not end well.
enum Failed {
    /// Perhaps it works later, perhaps in the next session.
    Passing,
    For(String),
}

impl Store {
    pub(super) fn new(root: &Path) -> Self {
        // Of links before this one; only one runs at a time.
        drop(fs::remove_dir_all(root.join("incoming")));
        Self {
            root: root.to_owned(),
            turn: Arc::default(),
            count: AtomicU64::new(1),
        }
    }

    /// Fetches a package unless it is there, and unpacks it for a script.
    pub(super) async fn prepare(
        &self,
        client: &mut AgentLinkClient<Channel>,
        ticket: &str,
        package: &Package,
    ) -> Result<Prepared, String> {
        let is_hash = package.sha256.len() == 64
            && package.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            return Err("the server sent no hash for it".to_owned());
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        self.make_folders().map_err(|error| disk(&error))?;
        let file = self.root.join("cache").join(&package.sha256);
        let mut tries = 0;
        loop {
            tries += 1;
            let (path, hash) = (file.clone(), package.sha256.clone());
            if blocking(move || is_whole(&path, &hash)).await?? {
                break;
            }
            match self.fetch(client, ticket, package, &file).await {
                Ok(()) => break,
                Err(Failed::Passing) if tries < TRIES_MAX => tokio::time::sleep(PAUSE).await,
                Err(Failed::Passing) => return Err("the server does not send it".to_owned()),
                Err(Failed::For(problem)) => return Err(problem),
            }
        }
        self.unpack(turn, (ticket, package), file).await
    }

    fn make_folders(&self) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        for folder in ["cache", "incoming", "ready"] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(self.root.join(folder))?;
        }
        Ok(())
    }

    fn next_name(&self, ticket: &str) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{ticket}-{}-{number}", std::process::id())
    }

    /// Downloads to a name of its own; only what has the right hash gets the package's.
    async fn fetch(
        &self,
        client: &mut AgentLinkClient<Channel>,
        ticket: &str,
        package: &Package,
        file: &Path,
    ) -> Result<(), Failed> {
        let incoming = self.root.join("incoming").join(self.next_name(ticket));
        let fetched = download(client, ticket, package, &incoming).await;
        let named = match fetched {
            Ok(()) => fs::rename(&incoming, file).map_err(|error| Failed::For(disk(&error))),
            Err(failed) => Err(failed),
        };
        if named.is_err() {
            drop(fs::remove_file(&incoming));
        }
        named
    }

    /// Unpacks, even if nobody waits for it any more: half an archive is in nobody's way then.
    async fn unpack(
        &self,
        turn: OwnedMutexGuard<()>,
        (ticket, package): (&str, &Package),
        file: PathBuf,
    ) -> Result<Prepared, String> {
        let prepared = Prepared {
            folder: self.root.join("ready").join(self.next_name(ticket)),
            is_kept: false,
        };
        let (root, package) = (self.root.clone(), package.clone());
        blocking(move || {
            let _turn = turn;
            fs::create_dir(&prepared.folder).map_err(|error| disk(&error))?;
            place(&file, &package, &prepared.folder)?;
            // Its age is when it was used last.
            drop(File::open(&file).and_then(|file| file.set_modified(SystemTime::now())));
            keep_within(&root.join("cache"), &file);
            Ok(prepared)
        })
        .await?
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| format!("the agent failed: {error}"))
}

fn disk(error: &io::Error) -> String {
    format!("the agent cannot keep it: {error}")
}

async fn download(
    client: &mut AgentLinkClient<Channel>,
    ticket: &str,
    package: &Package,
    incoming: &Path,
) -> Result<(), Failed> {
    let request = FetchRequest {
        ticket: ticket.to_owned(),
        sha256: package.sha256.clone(),
    };
    let on_disk = |error: io::Error| Failed::For(disk(&error));
    let mut pieces = client
        .fetch(request)
        .await
        .map_err(|status| failed(&status))?
        .into_inner();
    let mut file = tokio::fs::File::create(incoming).await.map_err(on_disk)?;
    let (mut sha, mut length_bytes) = (Sha256::new(), 0);
    loop {
        let piece = tokio::time::timeout(SILENCE_MAX, pieces.message()).await;
        let piece = piece.map_err(|_| Failed::Passing)?;
        let Some(piece) = piece.map_err(|status| failed(&status))? else {
            break;
        };
        length_bytes += piece.content.len() as u64;
        if length_bytes > package.length_bytes {
            return Err(Failed::For(wrong_bytes()));
        }
        sha.update(&piece.content);
        file.write_all(&piece.content).await.map_err(on_disk)?;
    }
    file.sync_all().await.map_err(on_disk)?;
    if hex(&sha.finalize()) == package.sha256 {
        Ok(())
    } else {
        Err(Failed::For(wrong_bytes()))
    }
}

fn wrong_bytes() -> String {
    "what arrived is not what the release was made with: its SHA-256 is another".to_owned()
}

/// What the server says is final; what the connection says is not.
fn failed(status: &Status) -> Failed {
    match status.code() {
        Code::NotFound
        | Code::PermissionDenied
        | Code::InvalidArgument
        | Code::DataLoss
        | Code::FailedPrecondition
        | Code::Unimplemented => Failed::For(status.message().to_owned()),
        _ => Failed::Passing,
    }
}

/// Whether the file is there with the right bytes; one with others is removed.
fn is_whole(path: &Path, sha256: &str) -> Result<bool, String> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(disk(&error)),
    };
    let (mut sha, mut buffer) = (Sha256::new(), vec![0; 128 * 1024]);
    loop {
        match file.read(&mut buffer).map_err(|error| disk(&error))? {
            0 => break,
            read => sha.update(&buffer[..read]),
        }
    }
    if hex(&sha.finalize()) == sha256 {
        return Ok(true);
    }
    tracing::warn!(path = %path.display(), "a package on the disk is damaged: it is fetched again");
    fs::remove_file(path).map_err(|error| disk(&error))?;
    Ok(false)
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn place(file: &Path, package: &Package, folder: &Path) -> Result<(), String> {
    if !package.extract {
        let name = format!(
            "{}.{}{}",
            package.package_id, package.version, package.extension
        );
        let is_plain = !name.contains('/') && !name.starts_with('.');
        let copied = if is_plain {
            fs::copy(file, folder.join(name)).map(|_| ())
        } else {
            Err(io::Error::other("its name is no file name"))
        };
        return copied.map_err(|error| disk(&error));
    }
    let packing = file_name::packing(&package.extension);
    let packing = packing
        .ok_or_else(|| format!("files of kind '{}' cannot be unpacked", package.extension))?;
    regatta_archive::extract(file, packing, folder)
        .map_err(|error| format!("it cannot be unpacked: {error}"))
}

/// Removes what was not used for longest, until the rest is little enough.
fn keep_within(cache: &Path, in_use: &Path) {
    let Ok(entries) = fs::read_dir(cache) else {
        return;
    };
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let found = entry.metadata().ok()?;
            Some((found.modified().ok()?, found.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
    for (_, length_bytes, path) in files {
        if bytes <= CACHE_BYTES_MAX {
            return;
        }
        if path != in_use && fs::remove_file(&path).is_ok() {
            bytes -= length_bytes;
        }
    }
}
