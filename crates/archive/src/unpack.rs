//! Entries on their way to the disk, or, for a look, to nowhere. One way in for every kind of archive.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use regatta_core::package::entry::{EntryPath, Kind, Watch, shown};

use crate::{ArchiveError, Wanted};

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
    goal: Goal<'u>,
}

/// What becomes of the entries.
enum Goal<'u> {
    /// They are looked at.
    Look,
    Folder(&'u Path),
    Memory {
        wanted: Wanted<'u>,
        files: Vec<(String, Vec<u8>)>,
    },
}

impl<'u> Unpack<'u> {
    pub(crate) fn look(packed_bytes: u64) -> Self {
        Self::new(packed_bytes, Goal::Look)
    }

    pub(crate) fn into(packed_bytes: u64, folder: &'u Path) -> Self {
        Self::new(packed_bytes, Goal::Folder(folder))
    }

    pub(crate) fn collect(packed_bytes: u64, wanted: Wanted<'u>) -> Self {
        let files = Vec::new();
        Self::new(packed_bytes, Goal::Memory { wanted, files })
    }

    fn new(packed_bytes: u64, goal: Goal<'u>) -> Self {
        Self {
            watch: Watch::new(packed_bytes),
            goal,
        }
    }

    /// Whether anything is read: then entries must be given with their content.
    pub(crate) const fn writes(&self) -> bool {
        !matches!(self.goal, Goal::Look)
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
        let Some(path) = path else { return Ok(()) };
        let into = match &mut self.goal {
            Goal::Look => return Ok(()),
            Goal::Folder(into) => *into,
            Goal::Memory { wanted, files } if entry.kind == Kind::File => {
                return keep(wanted, files, (&path, entry), content);
            }
            Goal::Memory { .. } => return Ok(()),
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

    /// All entries were taken: makes the links. Answers what was read into memory.
    pub(crate) fn finish(self) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        let links = self.watch.links()?;
        let into = match self.goal {
            Goal::Look => return Ok(Vec::new()),
            Goal::Memory { files, .. } => return Ok(files),
            Goal::Folder(into) => into,
        };
        for (path, target) in links {
            let place = place(into, path);
            make_parent(&place)?;
            symlink(target, &place).map_err(|error| failed("make the link", &place, error))?;
        }
        Ok(Vec::new())
    }
}

/// Reads a file into memory, if it is wanted.
fn keep(
    wanted: &Wanted<'_>,
    files: &mut Vec<(String, Vec<u8>)>,
    (path, entry): (&EntryPath, &Entry<'_>),
    content: &mut dyn Read,
) -> Result<(), ArchiveError> {
    let path = path.text();
    if !(wanted.is_wanted)(&path) {
        return Ok(());
    }
    let held: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let left = wanted.bytes_max.saturating_sub(held as u64);
    if entry.size_bytes > left {
        return Err(ArchiveError::TooLong {
            name: shown(entry.name),
            bytes_max: wanted.bytes_max,
        });
    }
    let mut bytes = Vec::new();
    let read = content.take(entry.size_bytes.saturating_add(1));
    let mut read = io::BufReader::new(read);
    read.read_to_end(&mut bytes)
        .map_err(|error| ArchiveError::unreadable("whole", error))?;
    if bytes.len() as u64 != entry.size_bytes {
        return Err(ArchiveError::Size {
            name: shown(entry.name),
        });
    }
    files.push((path, bytes));
    Ok(())
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
