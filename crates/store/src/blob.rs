//! Packages and artifacts: files named by the SHA-256 of their content, so that equal content is stored once and
//! damage is found.
//!
//! A blob is whole and durable or not there at all. Who still needs one is known by documents, not here.

use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, Take};

/// Read at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// The name of a blob: SHA-256 of its content in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobId(String);

/// The text is no SHA-256 in hex.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a SHA-256: 64 hexadecimal digits are expected")]
pub struct BlobIdError(String);

impl BlobId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(digest: &[u8]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl TryFrom<String> for BlobId {
    type Error = BlobIdError;

    fn try_from(text: String) -> Result<Self, BlobIdError> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(BlobIdError(text))
        }
    }
}

impl From<BlobId> for String {
    fn from(id: BlobId) -> Self {
        id.0
    }
}

/// Why a blob cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("cannot {what} {path}: {error}")]
    Io {
        what: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    /// Nothing of the blob is kept.
    #[error("the disk with {path} is full: free some space and send it again")]
    Full { path: PathBuf },
    #[error("blob {0} does not exist")]
    Missing(String),
    /// The bytes on the disk are not those that were stored.
    #[error("blob {0} is damaged on the disk: restore it from a backup or upload it again")]
    Damaged(String),
}

impl BlobError {
    fn io(what: &'static str, path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { what, path, error },
        }
    }
}

/// The blobs below one folder. Cheap to clone.
#[derive(Clone)]
pub struct BlobStore(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    incoming: PathBuf,
    /// Names of blobs of which it is not sure that anybody needs them.
    doubtful: PathBuf,
    next_incoming: AtomicU64,
}

impl BlobStore {
    /// Uses the folder, creating it when missing, and removes what unfinished writes left behind.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn open(folder: &Path) -> Result<Self, BlobError> {
        let incoming = folder.join("incoming");
        match fs::remove_dir_all(&incoming).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BlobError::io("clear", &incoming, error));
            }
            _ => {}
        }
        let doubtful = folder.join("doubtful");
        for folder in [&incoming, &doubtful] {
            fs::create_dir_all(folder)
                .await
                .map_err(|error| BlobError::io("create", folder, error))?;
        }
        Ok(Self(Arc::new(Shared {
            folder: folder.to_owned(),
            incoming,
            doubtful,
            next_incoming: AtomicU64::new(1),
        })))
    }

    /// Begins a new blob. Dropping the writer leaves nothing that matters.
    ///
    /// # Errors
    /// When no file can be created.
    pub async fn write(&self) -> Result<BlobWriter, BlobError> {
        let number = self.0.next_incoming.fetch_add(1, Ordering::Relaxed);
        let path = self.0.incoming.join(number.to_string());
        let file = File::create(&path)
            .await
            .map_err(|error| BlobError::io("create", &path, error))?;
        Ok(BlobWriter {
            store: self.clone(),
            path,
            file,
            sha: Sha256::new(),
            length_bytes: 0,
        })
    }

    /// Reads a blob from its beginning.
    ///
    /// # Errors
    /// [`BlobError::Missing`].
    pub async fn read(&self, id: &BlobId) -> Result<BlobReader, BlobError> {
        let path = self.path(id);
        let file = match File::open(&path).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BlobError::Missing(id.0.clone()));
            }
            Err(error) => return Err(BlobError::io("open", &path, error)),
        };
        Ok(BlobReader {
            id: id.clone(),
            path,
            file,
            sha: Sha256::new(),
            held_back: None,
            is_done: false,
        })
    }

    /// Reads a part of a blob. Whether its bytes are right can only be told by whoever has all of them.
    ///
    /// # Errors
    /// [`BlobError::Missing`].
    pub async fn read_range(
        &self,
        id: &BlobId,
        start: u64,
        length_bytes: u64,
    ) -> Result<Take<File>, BlobError> {
        let mut reader = self.read(id).await?;
        let to_start = reader.file.seek(SeekFrom::Start(start)).await;
        to_start.map_err(|error| BlobError::io("read", &reader.path, error))?;
        Ok(reader.file.take(length_bytes))
    }

    /// Where the whole, durable file of a blob is, for handing it on without copying. Nothing checks its bytes.
    #[must_use]
    pub fn path(&self, id: &BlobId) -> PathBuf {
        self.0.folder.join(&id.0[..2]).join(&id.0)
    }

    /// Notes, durably, that a blob may soon be needed by nobody: what is about to be stored, or what a document is
    /// about to let go. If the server is killed before it knows better, the next one finds the note in
    /// [`Self::doubtful`].
    ///
    /// # Errors
    /// When the note cannot be written.
    pub async fn doubt(&self, id: &BlobId) -> Result<(), BlobError> {
        let path = self.0.doubtful.join(&id.0);
        let note = async {
            File::create(&path).await?.sync_all().await?;
            File::open(&self.0.doubtful).await?.sync_all().await
        };
        note.await
            .map_err(|error| BlobError::io("note", &path, error))
    }

    /// Takes back [`Self::doubt`]: the blob is needed, or gone. A note that stays is only looked at once more.
    pub async fn settle(&self, id: &BlobId) {
        drop(fs::remove_file(self.0.doubtful.join(&id.0)).await);
    }

    /// The blobs noted by [`Self::doubt`], by this server or one before it.
    ///
    /// # Errors
    /// When the notes cannot be listed.
    pub async fn doubtful(&self) -> Result<Vec<BlobId>, BlobError> {
        let failed = |error| BlobError::io("list", &self.0.doubtful, error);
        let mut notes = fs::read_dir(&self.0.doubtful).await.map_err(failed)?;
        let mut found = Vec::new();
        while let Some(note) = notes.next_entry().await.map_err(failed)? {
            let name = note.file_name().into_string().unwrap_or_default();
            found.extend(BlobId::try_from(name));
        }
        Ok(found)
    }

    /// Removes a blob; says whether it was there.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub async fn delete(&self, id: &BlobId) -> Result<bool, BlobError> {
        let path = self.path(id);
        match fs::remove_file(&path).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(BlobError::io("remove", &path, error)),
        }
    }
}

/// A blob on its way in.
pub struct BlobWriter {
    store: BlobStore,
    path: PathBuf,
    file: File,
    sha: Sha256,
    length_bytes: u64,
}

impl BlobWriter {
    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::Io`]; the writer is of no use then.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.sha.update(bytes);
        self.length_bytes += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .await
            .map_err(|error| BlobError::io("write", &self.path, error))
    }

    /// The file with what was written so far, for a look at it before it is kept.
    ///
    /// # Errors
    /// When the last bytes cannot be written.
    pub async fn look(&mut self) -> Result<&Path, BlobError> {
        self.file
            .flush()
            .await
            .map_err(|error| BlobError::io("write", &self.path, error))?;
        Ok(&self.path)
    }

    /// The name that the blob will have.
    #[must_use]
    pub fn id(&self) -> BlobId {
        BlobId::of(&self.sha.clone().finalize())
    }

    #[must_use]
    pub const fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    /// Makes the blob durable under its name; answers name and length in bytes.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::Io`]; there is no such blob then.
    pub async fn finish(mut self) -> Result<(BlobId, u64), BlobError> {
        let id = BlobId::of(&std::mem::take(&mut self.sha).finalize());
        let path = self.store.path(&id);
        let folder = path
            .parent()
            .expect("a blob lies in a folder of its store")
            .to_owned();
        let store = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            fs::create_dir_all(&folder).await?;
            fs::rename(&self.path, &path).await?;
            File::open(&folder).await?.sync_all().await?;
            File::open(&self.store.0.folder).await?.sync_all().await
        };
        store
            .await
            .map_err(|error| BlobError::io("store", &path, error))?;
        Ok((id, self.length_bytes))
    }
}

impl Drop for BlobWriter {
    /// Gives the space back at once; after [`Self::finish`] there is nothing under this name any more.
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

/// A blob on its way out. Its last bytes are given only when all of them proved right.
pub struct BlobReader {
    id: BlobId,
    path: PathBuf,
    file: File,
    sha: Sha256,
    held_back: Option<Bytes>,
    is_done: bool,
}

impl BlobReader {
    /// The blob's length.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub async fn length_bytes(&self) -> Result<u64, BlobError> {
        let found = self
            .file
            .metadata()
            .await
            .map_err(|error| BlobError::io("look at", &self.path, error))?;
        Ok(found.len())
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] instead of the last bytes: the receiver must throw away what it has.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        while !self.is_done {
            let mut chunk = vec![0; CHUNK_BYTES];
            let read = self.file.read(&mut chunk).await;
            chunk.truncate(read.map_err(|error| BlobError::io("read", &self.path, error))?);
            if chunk.is_empty() {
                self.is_done = true;
                if BlobId::of(&std::mem::take(&mut self.sha).finalize()) != self.id {
                    self.held_back = None;
                    return Err(BlobError::Damaged(self.id.0.clone()));
                }
                break;
            }
            self.sha.update(&chunk);
            if let Some(before) = self.held_back.replace(Bytes::from(chunk)) {
                return Ok(Some(before));
            }
        }
        Ok(self.held_back.take())
    }
}
