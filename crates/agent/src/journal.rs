//! What the agent has promised and done, on disk: the reason why no script runs twice.
//!
//! One append-only file. `Accepted` is durable before a ticket may start; `Starting` is written before its process is
//! made, `Running` before that process is let go to run the script (the page cache outlives any process, and after a
//! restart of the machine an accepted ticket counts as perhaps started, so these writes need no disk of their own);
//! `Exited` when it has ended; `Released` when the server needs it no more. Sensitive values are never written.

mod entry;
mod recovery;
mod syncer;

use std::collections::{HashSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use prost::Message;

use crate::record;
use crate::ticket::TicketId;
pub(crate) use entry::{Accepted, Artifact, Exited, Kind, Noted, Running, Started, Variable};
use entry::{Entry, Opened, Tombstones};
pub(crate) use recovery::{OpenTicket, Recovered};
use syncer::Syncer;

/// Beyond this the journal is written anew with what still counts.
const COMPACT_AT_BYTES: u64 = 4 * 1024 * 1024;
/// Released tickets remembered; older ones are refused by their age.
const TOMBSTONES_MAX: usize = 20_000;

/// Why there is no journal. Without it nothing is started.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot use the journal {path}: {source}")]
    File { path: String, source: io::Error },
    #[error("no randomness for the journal's name")]
    Random,
}

/// The open journal.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    length_bytes: u64,
    compact_at_bytes: u64,
    id: String,
    syncer: Syncer,
    written: u64,
    tombstones: VecDeque<TicketId>,
    released: HashSet<TicketId>,
    /// Every ticket up to this one was released or never accepted.
    horizon: u128,
}

impl Journal {
    /// Opens the journal of `dir` and tells what it says about earlier lives.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Recovered), JournalError> {
        let path = dir.join("journal");
        let shown = path.display().to_string();
        Self::open_file(&path).map_err(|source| JournalError::File {
            path: shown,
            source,
        })
    }

    fn open_file(path: &Path) -> io::Result<(Self, Recovered)> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(mut file) => drop(file.read_to_end(&mut bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let (past, recovered) = recovery::read(&bytes, &boot_id());
        let id = match past.id {
            Some(id) if past.whole => id,
            _ => {
                if !bytes.is_empty() {
                    tracing::error!(journal = %path.display(), "the journal is damaged: tickets in flight it does not show count as unknown");
                    std::fs::copy(path, path.with_extension("damaged"))?;
                }
                uuid::Uuid::new_v4().to_string()
            }
        };
        let released = past.tombstones.iter().copied().collect();
        let (file, length_bytes) =
            write_anew(path, &id, past.horizon, &past.tombstones, &recovered)?;
        let journal = Self {
            path: path.to_owned(),
            syncer: Syncer::spawn(file.try_clone()?)?,
            file,
            length_bytes,
            compact_at_bytes: COMPACT_AT_BYTES.max(length_bytes * 2),
            id,
            written: 0,
            tombstones: past.tombstones,
            released,
            horizon: past.horizon,
        };
        Ok((journal, recovered))
    }

    /// Random name of this journal, new whenever the memory it holds may have a hole.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Appends entries in one write. On an error none of them is there.
    pub(crate) fn append(&mut self, kinds: impl IntoIterator<Item = Kind>) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut count = 0;
        for kind in kinds {
            record::append(&Entry { kind: Some(kind) }.encode_to_vec(), &mut bytes);
            count += 1;
        }
        if let Err(error) = self.file.write_all(&bytes) {
            // A part of a record must not stay before later ones.
            self.file.set_len(self.length_bytes)?;
            self.file.seek(SeekFrom::Start(self.length_bytes))?;
            return Err(error);
        }
        self.length_bytes += bytes.len() as u64;
        self.written += count;
        Ok(())
    }

    /// Entries appended so far; compare with [`Self::synced`].
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Asks for everything appended so far to be made durable; [`Self::wakeup`] becomes readable when it is.
    pub(crate) fn request_sync(&self) {
        self.syncer.request(self.written);
    }

    /// Entries that are durable, or the error that keeps them from being so.
    pub(crate) fn synced(&self) -> Result<u64, io::Error> {
        self.syncer.synced()
    }

    pub(crate) fn wakeup(&self) -> BorrowedFd<'_> {
        self.syncer.wakeup()
    }

    pub(crate) fn clear_wakeup(&self) {
        self.syncer.clear_wakeup();
    }

    /// Whether a start must be refused because its ticket was done with long ago.
    pub(crate) fn is_spent(&self, ticket: TicketId) -> bool {
        ticket.0 <= self.horizon || self.released.contains(&ticket)
    }

    /// Notes that the server needs nothing of this ticket any more.
    pub(crate) fn release(&mut self, ticket: TicketId) -> io::Result<()> {
        self.append([Kind::Released(ticket.to_bytes())])?;
        if self.released.insert(ticket) {
            self.tombstones.push_back(ticket);
        }
        if self.tombstones.len() > TOMBSTONES_MAX
            && let Some(oldest) = self.tombstones.pop_front()
        {
            self.released.remove(&oldest);
            self.horizon = self.horizon.max(oldest.0);
        }
        Ok(())
    }

    /// Whether it is time for [`Self::compact`].
    pub(crate) fn is_long(&self) -> bool {
        self.length_bytes > self.compact_at_bytes
    }

    /// Writes the journal anew with the open tickets only, durably, and replaces the old one.
    pub(crate) fn compact(&mut self, open: &Recovered) -> io::Result<()> {
        let (file, length) =
            write_anew(&self.path, &self.id, self.horizon, &self.tombstones, open)?;
        self.syncer.replace(file.try_clone()?, self.written);
        self.file = file;
        self.length_bytes = length;
        self.compact_at_bytes = COMPACT_AT_BYTES.max(length * 2);
        Ok(())
    }
}

fn write_anew(
    path: &Path,
    id: &str,
    horizon: u128,
    tombstones: &VecDeque<TicketId>,
    open: &Recovered,
) -> io::Result<(File, u64)> {
    let mut bytes = Vec::new();
    let mut put = |kind| record::append(&Entry { kind: Some(kind) }.encode_to_vec(), &mut bytes);
    put(Kind::Opened(Opened {
        version: 1,
        journal_id: id.to_owned(),
        boot_id: boot_id(),
    }));
    let tickets = tombstones
        .iter()
        .flat_map(|ticket| ticket.0.to_be_bytes())
        .collect();
    put(Kind::Tombstones(Tombstones {
        tickets,
        horizon: horizon.to_be_bytes().to_vec(),
    }));
    open.entries().for_each(&mut put);
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    Ok((file, bytes.len() as u64))
}

/// Process and ticket of every script the journal of `dir` shows as running.
pub(crate) fn running_scripts(dir: &Path) -> io::Result<Vec<(i32, String)>> {
    let bytes = std::fs::read(dir.join("journal"))?;
    let (_, recovered) = recovery::read(&bytes, &boot_id());
    let open = recovered.tickets.into_iter();
    let running = open.filter(|(_, open)| open.exited.is_none() && !open.machine_restarted);
    Ok(running
        .filter_map(|(id, open)| Some((open.running?.pid, id.to_string())))
        .collect())
}

/// Changes with every start of the machine.
pub(crate) fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ticket(n: u8) -> TicketId {
        TicketId(1000 + u128::from(n))
    }

    fn accepted(n: u8) -> Kind {
        Kind::Accepted(Accepted {
            ticket: ticket(n).to_bytes(),
            task: "T".to_owned(),
            epoch: 1,
        })
    }

    fn starting(n: u8) -> Kind {
        Kind::Starting(Started {
            ticket: ticket(n).to_bytes(),
            at_ms: 1,
            ..Started::default()
        })
    }

    fn running(n: u8) -> Kind {
        Kind::Running(Running {
            ticket: ticket(n).to_bytes(),
            pid: 1,
        })
    }

    #[test]
    fn what_was_started_stays_open_until_released_and_is_spent_then() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, recovered) = Journal::open(dir.path()).unwrap();
        assert!(recovered.tickets.is_empty());
        let id = journal.id().to_owned();
        journal
            .append([
                accepted(1),
                starting(1),
                running(1),
                accepted(2),
                accepted(3),
                starting(3),
                running(3),
                accepted(4),
                starting(4),
            ])
            .unwrap();
        journal.release(ticket(3)).unwrap();
        drop(journal);
        for _ in 0..2 {
            let (mut journal, recovered) = Journal::open(dir.path()).unwrap();
            assert_eq!(journal.id(), id);
            // The second and the fourth were never let go: the server sends them again.
            assert_eq!(
                recovered.tickets.keys().copied().collect::<Vec<_>>(),
                [ticket(1)]
            );
            assert!(
                journal.is_spent(ticket(3))
                    && !journal.is_spent(ticket(1))
                    && !journal.is_spent(ticket(2))
                    && !journal.is_spent(ticket(4))
            );
            journal.compact(&recovered).unwrap();
        }
    }

    #[test]
    fn an_accepted_ticket_may_have_started_before_the_machine_was_restarted() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path()).unwrap();
        journal.append([accepted(1)]).unwrap();
        let bytes = std::fs::read(dir.path().join("journal")).unwrap();
        let (_, recovered) = recovery::read(&bytes, "another boot");
        assert!(recovered.tickets[&ticket(1)].machine_restarted);
    }

    proptest! {
        #[test]
        fn a_damaged_journal_never_keeps_its_name(at in any::<proptest::sample::Index>(), bit in 0u8..8, cut in any::<bool>()) {
            let dir = tempfile::tempdir().unwrap();
            let (mut journal, _) = Journal::open(dir.path()).unwrap();
            let id = journal.id().to_owned();
            journal.append([accepted(1), starting(1), running(1), accepted(2), starting(2), running(2)]).unwrap();
            drop(journal);
            let path = dir.path().join("journal");
            let mut bytes = std::fs::read(&path).unwrap();
            let whole = bytes.clone();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            std::fs::write(&path, &bytes).unwrap();
            let (journal, recovered) = Journal::open(dir.path()).unwrap();
            let lost = recovered.tickets.len() < 2;
            // A cut between two records cannot be told from a shorter journal; anything else is noticed.
            let at_record = cut && { let mut r = record::Records::new(&whole[..at]); r.by_ref().for_each(drop); r.position() == at };
            prop_assert!(journal.id() != id || !lost || at_record);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (past, recovered) = recovery::read(&bytes, "boot");
            prop_assert!(past.id.is_none() || !recovered.tickets.is_empty() || bytes.len() > 8);
        }
    }
}
