//! What scripts asked to hide while they run, for a supervisor that takes them over: one file per ticket beside its
//! output, sealed to the agent's key, deleted with the ticket. What the server told to hide is not in it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};

/// Ending of the files' names.
pub(crate) const SUFFIX: &str = ".masks";
const NONCE_BYTES: usize = 24;
const LENGTH_BYTES: usize = 4;

/// The files of one agent.
pub(crate) struct SealedMasks {
    dir: PathBuf,
    cipher: XChaCha20Poly1305,
}

impl SealedMasks {
    /// `dir` holds the files, `key_file` the agent's private key.
    pub(crate) fn open(dir: &Path, key_file: &Path) -> io::Result<Self> {
        let digest = Sha256::new()
            .chain_update(b"regatta agent masks")
            .chain_update(std::fs::read(key_file)?)
            .finalize();
        Ok(Self {
            dir: dir.to_owned(),
            cipher: XChaCha20Poly1305::new(&Key::from(<[u8; 32]>::from(digest))),
        })
    }

    fn path(&self, ticket: &str) -> PathBuf {
        self.dir.join(format!("{ticket}{SUFFIX}"))
    }

    /// Adds one. Whatever the disk does, the script goes on, masked by the supervisor that lives.
    pub(crate) fn add(&self, ticket: &str, secret: &str) -> io::Result<()> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let payload = Payload {
            msg: secret.as_bytes(),
            aad: ticket.as_bytes(),
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| io::ErrorKind::InvalidInput)?;
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        let record = [&length.to_le_bytes()[..], &nonce, &sealed].concat();
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(self.path(ticket))?;
        file.write_all(&record)
    }

    /// All of a ticket that are whole. Half a record at the end is what a kill left.
    pub(crate) fn of(&self, ticket: &str) -> Vec<String> {
        let bytes = std::fs::read(self.path(ticket)).unwrap_or_default();
        let mut rest = &bytes[..];
        std::iter::from_fn(|| {
            let (length, after) = rest.split_first_chunk::<LENGTH_BYTES>()?;
            let (nonce, after) = after.split_first_chunk::<NONCE_BYTES>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (sealed, after) = after.split_at_checked(length)?;
            rest = after;
            let payload = Payload {
                msg: sealed,
                aad: ticket.as_bytes(),
            };
            let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload);
            String::from_utf8(opened.ok()?).ok()
        })
        .collect()
    }

    pub(crate) fn delete(&self, ticket: &str) {
        // Most scripts have none.
        let _none = std::fs::remove_file(self.path(ticket));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_come_back_sealed_bound_to_their_ticket_and_without_what_was_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        std::fs::write(&key, "a private key").unwrap();
        let masks = SealedMasks::open(dir.path(), &key).unwrap();
        assert!(masks.of("one").is_empty());
        masks.add("one", "first-secret").unwrap();
        masks.add("one", "second-secret").unwrap();
        assert_eq!(masks.of("one"), ["first-secret", "second-secret"]);
        let file = dir.path().join("one.masks");
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("secret"));
        std::fs::copy(&file, dir.path().join("two.masks")).unwrap();
        assert!(masks.of("two").is_empty());
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(masks.of("one"), ["first-secret"]);
        masks.delete("one");
        assert!(!file.exists());
    }
}
