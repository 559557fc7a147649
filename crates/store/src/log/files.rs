//! The files of one log: finding the index again after a restart, cutting off what a crash left half-written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::LogError;
use super::frame;
use super::index::Index;

/// The index of the log in `folder`; an empty one when there is no log yet.
pub(super) fn load(folder: &Path) -> Result<Index, LogError> {
    if let Some(index) = read_index(folder) {
        return Ok(index);
    }
    let mut index = Index::default();
    let mut segment = 0;
    loop {
        let path = segment_path(folder, segment);
        match fs::read(&path) {
            Ok(bytes) => scan(&mut index, segment, &bytes, &path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(index),
            Err(error) => return Err(LogError::io("read", &path, error)),
        }
        segment += 1;
    }
}

/// `00000001.seg` is the first.
pub(super) fn segment_path(folder: &Path, segment: usize) -> PathBuf {
    folder.join(format!("{:08}.seg", segment + 1))
}

/// Notes every sound frame. Damage with sound frames behind it is skipped (and shows as missing lines); damage up
/// to the end of the newest segment is the frame a crash interrupted, which was never acknowledged.
fn scan(index: &mut Index, segment: usize, bytes: &[u8], path: &Path) -> Result<(), LogError> {
    let mut at = 0;
    index.skip(segment, 0);
    while at < bytes.len() {
        if let Some(frame) = frame::decode(&bytes[at..]) {
            at += frame.len;
            if !index.add(segment, &frame) {
                index.skip(segment, at as u64);
            }
            continue;
        }
        let Some(next) = frame::find(bytes, at + 1) else {
            break;
        };
        tracing::error!(path = %path.display(), from = at, to = next, "a part of a log is damaged");
        index.skip(segment, next as u64);
        at = next;
    }
    if at == bytes.len() {
        return Ok(());
    }
    let newer = path
        .parent()
        .is_some_and(|folder| segment_path(folder, segment + 1).exists());
    if newer {
        tracing::error!(path = %path.display(), from = at, "the end of a log segment is damaged");
        index.skip(segment, bytes.len() as u64);
        return Ok(());
    }
    cut_off(path, at, &bytes[at..])
}

/// Keeps the torn bytes in a file of their own: nothing is destroyed, and somebody may want to look.
fn cut_off(path: &Path, at: usize, torn: &[u8]) -> Result<(), LogError> {
    tracing::warn!(path = %path.display(), from = at, bytes = torn.len(), "a log ended in a half-written frame");
    let kept = path.with_extension(format!("torn-{at}"));
    let write = || -> io::Result<()> {
        File::create(&kept)?.write_all(torn)?;
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(at as u64)?;
        file.sync_all()
    };
    write().map_err(|error| LogError::io("repair the end of", path, error))
}

const INDEX_FILE: &str = "index.json";

/// The stored index, if it is sound and speaks of exactly the files that are there.
fn read_index(folder: &Path) -> Option<Index> {
    let text = fs::read_to_string(folder.join(INDEX_FILE)).ok()?;
    let (crc, json) = text.split_once('\n')?;
    if crc.parse() != Ok(crc32fast::hash(json.as_bytes())) {
        return None;
    }
    let index: Index = serde_json::from_str(json).ok()?;
    let has_len = |(segment, len): (usize, &u64)| {
        fs::metadata(segment_path(folder, segment)).is_ok_and(|found| found.len() == *len)
    };
    let is_current = index.segments.iter().enumerate().all(has_len)
        && !segment_path(folder, index.segments.len()).exists();
    is_current.then(|| index.complete())
}

/// Stores the index, so that the next [`load`] need not read the log.
pub(super) fn write_index(folder: &Path, index: &Index) -> Result<(), LogError> {
    let json = serde_json::to_string(index).expect("an index is plain data");
    let path = folder.join(INDEX_FILE);
    let temporary = folder.join("index.json.new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        write!(file, "{}\n{json}", crc32fast::hash(json.as_bytes()))?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    };
    write().map_err(|error| LogError::io("write", &path, error))
}
