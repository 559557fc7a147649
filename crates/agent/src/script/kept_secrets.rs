//! The secrets of running scripts, for a supervisor that takes them over: what a script asked to hide, and the values of
//! its sensitive output variables. One file per ticket beside its output, sealed to the agent's key, deleted with the
//! ticket. What the server told to hide is not in it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use prost::Message as _;
use regatta_wire::proto::Variable;
use sha2::{Digest as _, Sha256};

/// Ending of the files' names.
pub(crate) const SUFFIX: &str = ".masks";
const NONCE_BYTES: usize = 24;
const LENGTH_BYTES: usize = 4;

/// The files of one agent.
pub(crate) struct KeptSecrets {
    dir: PathBuf,
    cipher: XChaCha20Poly1305,
}

/// What was kept of one ticket.
#[derive(Default)]
pub(crate) struct Kept {
    /// All that output must not show, the values of `outputs` among it.
    pub(crate) masks: Vec<String>,
    /// In the order in which they were set; the last one of a name counts.
    pub(crate) outputs: Vec<Variable>,
}

/// What a record is, bound to it by its seal.
#[derive(Clone, Copy)]
enum What {
    Mask,
    Output,
}

impl KeptSecrets {
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

    /// Adds what is to be hidden. Whatever the disk does, the script goes on, masked by the supervisor that lives.
    pub(crate) fn add_mask(&self, ticket: &str, secret: &str) -> io::Result<()> {
        self.add(ticket, What::Mask, secret.as_bytes())
    }

    /// Adds an output variable with its value, which is to be hidden, too.
    pub(crate) fn add_output(&self, ticket: &str, output: &Variable) -> io::Result<()> {
        self.add(ticket, What::Output, &output.encode_to_vec())
    }

    fn add(&self, ticket: &str, what: What, secret: &[u8]) -> io::Result<()> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let payload = Payload {
            msg: secret,
            aad: &what.bound_to(ticket),
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
        let whole_bytes = file.metadata()?.len();
        file.write_all(&record).inspect_err(|_| {
            // Nothing behind a part of a record could be read.
            let _as_full_as_before = file.set_len(whole_bytes);
        })
    }

    /// All of a ticket that is whole.
    pub(crate) fn of(&self, ticket: &str) -> Kept {
        let bytes = std::fs::read(self.path(ticket)).unwrap_or_default();
        self.read(ticket, &bytes).0
    }

    /// As [`Self::of`], for a supervisor that goes on where a killed one stopped: half a record at the end is cut off.
    pub(crate) fn take_over(&self, ticket: &str) -> io::Result<Kept> {
        let path = self.path(ticket);
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
            read => read?,
        };
        let (kept, whole_bytes) = self.read(ticket, &bytes);
        if whole_bytes < bytes.len() {
            let file: File = OpenOptions::new().write(true).open(&path)?;
            file.set_len(whole_bytes as u64)?;
        }
        Ok(kept)
    }

    /// What is whole, and how many bytes of it there are.
    fn read(&self, ticket: &str, bytes: &[u8]) -> (Kept, usize) {
        let mut kept = Kept::default();
        let mut rest = bytes;
        while let Some((record, after)) = split_record(rest) {
            let open = |what: What| {
                let payload = Payload {
                    msg: record.sealed,
                    aad: &what.bound_to(ticket),
                };
                let nonce = XNonce::from(*record.nonce);
                self.cipher.decrypt(&nonce, payload).ok()
            };
            if let Some(mask) = open(What::Mask).and_then(|mask| String::from_utf8(mask).ok()) {
                kept.masks.push(mask);
            } else if let Some(output) =
                open(What::Output).and_then(|output| Variable::decode(&output[..]).ok())
            {
                kept.masks.push(output.value.clone());
                kept.outputs.push(output);
            } else {
                break;
            }
            rest = after;
        }
        (kept, bytes.len() - rest.len())
    }

    pub(crate) fn delete(&self, ticket: &str) {
        // Most scripts have none.
        let _none = std::fs::remove_file(self.path(ticket));
    }
}

impl What {
    fn bound_to(self, ticket: &str) -> Vec<u8> {
        match self {
            Self::Mask => ticket.into(),
            Self::Output => format!("{ticket} output").into(),
        }
    }
}

struct Record<'a> {
    nonce: &'a [u8; NONCE_BYTES],
    sealed: &'a [u8],
}

/// The first record, and what is behind it.
fn split_record(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (length, after) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let (nonce, after) = after.split_first_chunk::<NONCE_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (sealed, after) = after.split_at_checked(length)?;
    Some((Record { nonce, sealed }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_in(dir: &Path) -> KeptSecrets {
        let key = dir.join("key.pem");
        std::fs::write(&key, "a private key").unwrap();
        KeptSecrets::open(dir, &key).unwrap()
    }

    #[test]
    fn secrets_come_back_sealed_and_bound_to_their_ticket() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = kept_in(dir.path());
        assert!(secrets.of("one").masks.is_empty());
        secrets.add_mask("one", "first-secret").unwrap();
        let output = Variable {
            name: "Token".to_owned(),
            value: "second-secret".to_owned(),
            sensitive: true,
        };
        secrets.add_output("one", &output).unwrap();
        let kept = secrets.of("one");
        assert_eq!(kept.masks, ["first-secret", "second-secret"]);
        assert!(kept.outputs == [output]);
        let file = dir.path().join("one.masks");
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("secret"));
        std::fs::copy(&file, dir.path().join("two.masks")).unwrap();
        assert!(secrets.of("two").masks.is_empty());
        secrets.delete("one");
        assert!(!file.exists());
    }

    #[test]
    fn half_a_record_that_a_kill_left_hides_nothing_behind_it() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = kept_in(dir.path());
        secrets.add_mask("one", "first").unwrap();
        secrets.add_mask("one", "second").unwrap();
        let file = dir.path().join("one.masks");
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(secrets.take_over("one").unwrap().masks, ["first"]);
        secrets.add_mask("one", "third").unwrap();
        assert_eq!(secrets.of("one").masks, ["first", "third"]);
    }
}
