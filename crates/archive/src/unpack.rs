//! Entries on their way to the disk, or, for a look, to nowhere. One way in for every kind of archive.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use regatta_core::package::entry::{EntryPath, Kind, Watch, shown};

use crate::ArchiveError;

/// What an archive says of an entry.
pub(crate) struct Entry<'e> {
    pub name: &'e str,
    pub kind: Kind,
    /// Of a file.
    pub size_bytes: u64,
    /// Unix permissions, where there are any.
    pub mode: Option<u32>,
}

/// An archive being unpacked.
pub(crate) struct Unpack<'u> {
    watch: Watch,
    into: Option<&'u Path>,
}

impl<'u> Unpack<'u> {
    pub(crate) fn new(packed_bytes: u64, into: Option<&'u Path>) -> Self {
        Self {
            watch: Watch::new(packed_bytes),
            into,
        }
    }

    /// Whether anything is written: then entries must be given with their content.
    pub(crate) const fn writes(&self) -> bool {
        self.into.is_some()
    }

    /// Bytes that may still be read.
    pub(crate) fn left_bytes(&self) -> u64 {
        self.watch.left_bytes()
    }

    /// Takes the next entry.
    pub(crate) fn take(
        &mut self,
        entry: &Entry<'_>,
        content: &mut dyn Read,
    ) -> Result<(), ArchiveError> {
        if entry.kind == Kind::File {
            self.watch.unpacked(entry.size_bytes)?;
        }
        let path = self.watch.entry(entry.name, &entry.kind)?;
        let (Some(into), Some(path)) = (self.into, path) else {
            return Ok(());
        };
        let place = place(into, &path);
        match &entry.kind {
            Kind::Folder => make_folder(&place),
            Kind::File => {
                make_parent(&place)?;
                write(&place, entry, content)
            }
            Kind::HardLink(target) => {
                make_parent(&place)?;
                // The watch has seen a file of this name.
                let target = into.join(target.replace('\\', "/"));
                fs::hard_link(&target, &place)
                    .map_err(|error| failed("make the link", &place, error))
            }
            // Last of all, so that nothing is written through one.
            Kind::Symlink(_) => Ok(()),
        }
    }

    /// All entries were taken: makes the links.
    pub(crate) fn finish(self) -> Result<(), ArchiveError> {
        let links = self.watch.links()?;
        let Some(into) = self.into else { return Ok(()) };
        for (path, target) in links {
            let place = place(into, path);
            make_parent(&place)?;
            symlink(target, &place).map_err(|error| failed("make the link", &place, error))?;
        }
        Ok(())
    }
}

fn place(into: &Path, path: &EntryPath) -> PathBuf {
    path.parts()
        .iter()
        .fold(into.to_owned(), |place, part| place.join(part))
}

fn make_parent(place: &Path) -> Result<(), ArchiveError> {
    place.parent().map_or(Ok(()), make_folder)
}

fn make_folder(place: &Path) -> Result<(), ArchiveError> {
    fs::create_dir_all(place).map_err(|error| failed("make the folder", place, error))
}

fn write(place: &Path, entry: &Entry<'_>, content: &mut dyn Read) -> Result<(), ArchiveError> {
    // Whoever unpacks a file may change it; nobody becomes somebody else by running it.
    let mode = (entry.mode.unwrap_or(0o644) & 0o777) | 0o600;
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(mode).open(place);
    let mut file = file.map_err(|error| failed("write", place, error))?;
    let size_bytes = copy(
        content,
        &mut file,
        (entry.size_bytes.saturating_add(1), place),
    )?;
    if size_bytes == entry.size_bytes {
        return Ok(());
    }
    Err(ArchiveError::Size {
        name: shown(entry.name),
    })
}

/// Copies at most so many bytes, telling apart who failed.
fn copy(
    content: &mut dyn Read,
    file: &mut File,
    (most_bytes, place): (u64, &Path),
) -> Result<u64, ArchiveError> {
    let mut content = content.take(most_bytes);
    let mut buffer = vec![0; 64 * 1024];
    let mut copied = 0;
    loop {
        let read = match content.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ArchiveError::unreadable("whole", error)),
        };
        io::Write::write_all(file, &buffer[..read])
            .map_err(|error| failed("write", place, error))?;
        copied += read as u64;
    }
}

fn failed(what: &'static str, place: &Path, error: io::Error) -> ArchiveError {
    ArchiveError::Io {
        what,
        path: place.to_owned(),
        error,
    }
}
