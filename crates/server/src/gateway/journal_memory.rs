//! Remembers, durably, which journal each agent had last. A start may go out only after that: otherwise a server that
//! forgets and an agent that is wiped could together run a script twice.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::AgentId;

/// One small JSON file, `journals.json`: agent id to journal id.
pub(super) struct JournalMemory {
    path: PathBuf,
    known: Mutex<BTreeMap<String, String>>,
}

impl JournalMemory {
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join("journals.json");
        let known = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            known: Mutex::new(known),
        })
    }

    pub(super) fn last(&self, agent: &AgentId) -> Option<String> {
        self.known
            .lock()
            .expect("no holder of this lock panics")
            .get(&agent.0)
            .cloned()
    }

    /// Returns once it is durable. Rare: only the first hello of a journal writes.
    pub(super) fn remember(&self, agent: &AgentId, journal_id: &str) -> io::Result<()> {
        let mut known = self.known.lock().expect("no holder of this lock panics");
        if known.get(&agent.0).is_some_and(|last| last == journal_id) {
            return Ok(());
        }
        let mut next = known.clone();
        next.insert(agent.0.clone(), journal_id.to_owned());
        replace_file(&self.path, &serde_json::to_vec(&next)?)?;
        *known = next;
        Ok(())
    }
}

/// Replaces a file so that a crash leaves the old or the new content, never a mixture.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    path.parent()
        .map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}
