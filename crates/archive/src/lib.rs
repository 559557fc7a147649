//! Archives of packages, read as what they are: files from strangers. A look at one ([`inspect`]), unpacking it
//! ([`extract`]), and reading single files ([`read_files`]). Both block; call them where that is allowed.
//!
//! Which names and sizes are allowed is the core's to say ([`regatta_core::package::entry`]). Nothing here knows what a
//! package is for.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use regatta_core::package::entry::EntryError;
use regatta_core::package::file_name::Packing;

mod tarred;
mod unpack;
mod zipped;

use unpack::Unpack;

/// Why an archive cannot be used. Reads as the end of "The package x cannot be used: …".
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The disk it is unpacked to.
    #[error("cannot {what} {path}: {error}")]
    Io {
        what: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    #[error("it is no readable {kind} archive, or is cut off or damaged ({why})")]
    Unreadable { kind: &'static str, why: String },
    #[error("{0}")]
    Entry(#[from] EntryError),
    #[error("the entry '{name}' is encrypted, and nobody could be asked for its password")]
    Encrypted { name: String },
    #[error("the entry '{name}' is compressed in a way that is not known here; use deflate")]
    Method { name: String },
    #[error("the files wanted of it have more than {bytes_max} bytes together, at '{name}'")]
    TooLong { name: String, bytes_max: u64 },
    #[error("the entry '{name}' has another size than the archive says")]
    Size { name: String },
}

impl ArchiveError {
    fn unreadable(kind: &'static str, why: impl ToString) -> Self {
        Self::Unreadable {
            kind,
            why: why.to_string(),
        }
    }
}

/// Checks whether an archive could be unpacked, as far as that can be told from its list of entries.
///
/// # Errors
/// Saying what is wrong with which entry.
pub fn inspect(archive: &Path, packing: Packing) -> Result<(), ArchiveError> {
    read(archive, packing, Unpack::look).map(drop)
}

/// Reads some files of an archive into memory: those whose path (with `/` between its parts) is wanted.
///
/// # Errors
/// Saying what is wrong with which entry, or that the files are longer together than they may be.
pub fn read_files(
    archive: &Path,
    packing: Packing,
    wanted: Wanted<'_>,
) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    read(archive, packing, |packed| Unpack::collect(packed, wanted))
}

/// Files to read into memory.
pub struct Wanted<'w> {
    pub is_wanted: &'w dyn Fn(&str) -> bool,
    /// All of them together.
    pub bytes_max: u64,
}

/// Unpacks an archive into a folder that is empty. After an error the folder holds a part of it, to be removed.
///
/// Nothing is written outside of the folder. Files belong to who runs this, and are never setuid.
///
/// # Errors
/// Saying what is wrong with which entry, or with the disk.
pub fn extract(archive: &Path, packing: Packing, into: &Path) -> Result<(), ArchiveError> {
    read(archive, packing, |packed| Unpack::into(packed, into)).map(drop)
}

fn read<'u>(
    archive: &Path,
    packing: Packing,
    unpack: impl FnOnce(u64) -> Unpack<'u>,
) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let failed = |error| ArchiveError::Io {
        what: "read",
        path: archive.to_owned(),
        error,
    };
    let file = File::open(archive).map_err(failed)?;
    let length_bytes = file.metadata().map_err(failed)?.len();
    let mut unpack = unpack(length_bytes);
    match packing {
        Packing::Zip => zipped::read(BufReader::new(file), length_bytes, &mut unpack)?,
        Packing::Tar => {
            tarred::check_end(&file, length_bytes)?;
            tarred::read(BufReader::new(file), "tar", &mut unpack)?;
        }
        Packing::TarGz => {
            let plain = flate2::bufread::MultiGzDecoder::new(BufReader::new(file));
            tarred::read(plain, "tar.gz", &mut unpack)?;
        }
    }
    unpack.finish()
}
