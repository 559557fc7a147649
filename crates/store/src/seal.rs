//! Sensitive values at rest: sealed with XChaCha20-Poly1305 under the master key, each bound to its place.
//!
//! A sealed value moved to another row or field does not open. The master key is 32 random bytes in a file of its
//! own, never in the database, so a stolen database or backup holds no readable secret. The file may hold several
//! keys, one a line: the first seals, each opens what it sealed, so a key can be replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use regatta_core::secret::{Sealed, Secret};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::store::Store;

const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
/// Lengths are hidden up to this step.
const PADDING_BYTES: usize = 32;
/// First byte of a sealed value: how the rest is laid out.
const VERSION: u8 = 1;
/// Setting that tells whether a key is the one the database was made with.
const CHECK: &str = "master-key-check";
const CHECK_PLACE: Place<'static> = Place {
    kind: "Settings",
    id: CHECK,
    field: "value",
};

/// Where a sealed value belongs: it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The kind of document, e.g. `Variables`.
    pub kind: &'a str,
    /// An id that is never given again.
    pub id: &'a str,
    pub field: &'a str,
}

/// Why a value cannot be opened, or the key not be used. No message holds key or value.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("cannot {what} the master key {path}: {error}")]
    KeyFile {
        what: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    #[error(
        "the master key {path} is not made of lines, each a base64 text of {KEY_BYTES} bytes: restore it from its backup"
    )]
    KeyMalformed { path: PathBuf },
    #[error("the master key {path} can be read by others (mode {mode:o}): run chmod 600 on it")]
    KeyExposed { path: PathBuf, mode: u32 },
    /// Starting with a new key would make every stored secret unreadable for ever.
    #[error(
        "the master key {path} is missing, but the database was made with one: \
         restore it from its backup, or copy it from another server of this installation"
    )]
    KeyMissing { path: PathBuf },
    #[error(
        "the master key {path} is not the one the database was made with: restore the right one from its backup"
    )]
    WrongKey { path: PathBuf },
    #[error("a sealed value was made with master key {found}, this is {known}")]
    OtherKey { found: String, known: String },
    /// Changed, or moved from another row or field.
    #[error("the sealed value of {kind} {id} ({field}) was tampered with or damaged")]
    Broken {
        kind: String,
        id: String,
        field: String,
    },
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(getrandom::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals and opens values. Cheap to clone; the keys are wiped from memory with the last clone.
#[derive(Clone)]
pub struct Vault(Arc<Ring>);

struct Ring {
    /// Seals.
    current: Keyed,
    /// Open what they sealed when they were the current one.
    former: Vec<Keyed>,
}

struct Keyed {
    cipher: XChaCha20Poly1305,
    /// Tells keys apart; says nothing about the key.
    id: [u8; KEY_ID_BYTES],
}

impl Vault {
    /// Reads the key file, or makes one when neither file nor database knows a key yet.
    ///
    /// # Errors
    /// All of them but [`SealError::Broken`] and [`SealError::OtherKey`]; each is a reason not to start.
    pub async fn open(path: &Path, store: &Store) -> Result<Self, SealError> {
        let check = store.read().await?.setting(CHECK).await?;
        let keys = match read_keys(path)? {
            Some(keys) => keys,
            None if check.is_some() => {
                return Err(SealError::KeyMissing {
                    path: path.to_owned(),
                });
            }
            None => vec![create_key(path)?],
        };
        let vault = Self::new(&keys).ok_or_else(|| SealError::KeyMalformed {
            path: path.to_owned(),
        })?;
        let sealed = vault.seal(CHECK_PLACE, &Secret::new(CHECK.to_owned()))?;
        let mut tx = store.begin().await?;
        let stored = Sealed(tx.setting_or_insert(CHECK, &sealed.0).await?);
        if vault.open_sealed(CHECK_PLACE, &stored).is_err() {
            return Err(SealError::WrongKey {
                path: path.to_owned(),
            });
        }
        if !vault.is_current(&stored) {
            // From here on the new key belongs to the database.
            tx.set_setting(CHECK, &sealed.0).await?;
        }
        tx.commit().await?;
        Ok(vault)
    }

    /// `None` without any key.
    fn new(keys: &[MasterKey]) -> Option<Self> {
        let mut keys = keys.iter().map(|key| Keyed::new(key));
        Some(Self(Arc::new(Ring {
            current: keys.next()?,
            former: keys.collect(),
        })))
    }

    /// Whether the value was sealed with the key that seals now; others can be sealed again.
    #[must_use]
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        let bytes = BASE64.decode(&sealed.0).unwrap_or_default();
        bytes.get(1..=KEY_ID_BYTES) == Some(&self.0.current.id[..])
    }

    fn key_named(&self, id: &[u8]) -> Option<&Keyed> {
        let ring = &self.0;
        std::iter::once(&ring.current)
            .chain(&ring.former)
            .find(|keyed| keyed.id == id)
    }

    /// Seals a value for one place.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`].
    pub fn seal(&self, place: Place<'_>, secret: &Secret) -> Result<Sealed, SealError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let padded = pad(secret.expose());
        let payload = Payload {
            msg: &padded,
            aad: &place.bytes(),
        };
        let sealed = self
            .0
            .current
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("values are far below 256 GiB");
        let bytes = [&[VERSION], &self.0.current.id[..], &nonce, &sealed].concat();
        Ok(Sealed(BASE64.encode(bytes)))
    }

    /// Opens a value sealed for this place.
    ///
    /// # Errors
    /// [`SealError::OtherKey`], [`SealError::Broken`].
    pub fn open_sealed(&self, place: Place<'_>, sealed: &Sealed) -> Result<Secret, SealError> {
        let broken = || SealError::Broken {
            kind: place.kind.to_owned(),
            id: place.id.to_owned(),
            field: place.field.to_owned(),
        };
        let bytes = BASE64.decode(&sealed.0).map_err(|_| broken())?;
        let (head, rest) = bytes
            .split_at_checked(1 + KEY_ID_BYTES)
            .ok_or_else(broken)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        if head[0] != VERSION {
            return Err(broken());
        }
        let keyed = self
            .key_named(&head[1..])
            .ok_or_else(|| SealError::OtherKey {
                found: hex(&head[1..]),
                known: hex(&self.0.current.id),
            })?;
        let payload = Payload {
            msg: sealed,
            aad: &place.bytes(),
        };
        let padded = keyed
            .cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| broken())?;
        unpad(Zeroizing::new(padded)).ok_or_else(broken)
    }
}

impl Keyed {
    fn new(key: &[u8; KEY_BYTES]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"regatta master key id")
            .chain_update(key)
            .finalize();
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            id,
        }
    }
}

impl Place<'_> {
    /// Each part with its length, so that no two places look alike.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"regatta sealed value".to_vec();
        for part in [self.kind, self.id, self.field] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// Length, text, zeros up to the next step.
fn pad(text: &str) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(text.len())
        .expect("values are far below 4 GiB")
        .to_le_bytes();
    let padded = (length.len() + text.len()).next_multiple_of(PADDING_BYTES);
    // At once in full size: growing would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(padded));
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(padded, 0);
    bytes
}

fn unpad(bytes: Zeroizing<Vec<u8>>) -> Option<Secret> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let text = rest.get(..u32::from_le_bytes(*length) as usize)?;
    Some(Secret::new(std::str::from_utf8(text).ok()?.to_owned()))
}

fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(SealError::NoRandomness)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

type MasterKey = Zeroizing<[u8; KEY_BYTES]>;

fn read_keys(path: &Path) -> Result<Option<Vec<MasterKey>>, SealError> {
    let fail = |what, error| SealError::KeyFile {
        what,
        path: path.to_owned(),
        error,
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail("open", error)),
    };
    let mode = file
        .metadata()
        .map_err(|error| fail("look at", error))?
        .permissions()
        .mode()
        & 0o777;
    if mode & 0o077 != 0 {
        return Err(SealError::KeyExposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)
        .map_err(|error| fail("read", error))?;
    let keys = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Option<Vec<_>> = keys.map(parse_key).collect();
    keys.filter(|keys| !keys.is_empty())
        .map(Some)
        .ok_or_else(|| SealError::KeyMalformed {
            path: path.to_owned(),
        })
}

fn parse_key(line: &str) -> Option<MasterKey> {
    let bytes = BASE64.decode(line).map(Zeroizing::new).ok()?;
    <[u8; KEY_BYTES]>::try_from(bytes.as_slice())
        .map(Zeroizing::new)
        .ok()
}

/// Written beside its place and linked into it, so that a crash leaves no half key, and of two servers that start
/// at the same time only one makes a key.
fn create_key(path: &Path) -> Result<MasterKey, SealError> {
    let key: MasterKey = Zeroizing::new(random()?);
    let temporary = path.with_extension(format!("new-{}", hex(&random::<8>()?)));
    let create = || -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        let text = Zeroizing::new(format!("{}\n", *Zeroizing::new(BASE64.encode(*key))));
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let linked = fs::hard_link(&temporary, path);
        fs::remove_file(&temporary)?;
        linked?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    match create() {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Just made by another server, so it holds one.
            let keys = read_keys(path)?.unwrap_or_default();
            keys.into_iter()
                .next()
                .ok_or_else(|| SealError::KeyMissing {
                    path: path.to_owned(),
                })
        }
        Err(error) => Err(SealError::KeyFile {
            what: "create",
            path: path.to_owned(),
            error,
        }),
    }
}
