//! Zip and what is zip by another name (nupkg, jar, war, ear).
//!
//! A zip says everything twice, before each file and at the end. One that says different things is refused: programs
//! that believe one half would unpack something else than those that believe the other.

use std::io::{Read, Seek, SeekFrom};

use regatta_core::package::entry::{Kind, shown};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::ArchiveError;
use crate::unpack::{Entry, Unpack};

/// The list at the end is read into memory.
const DIRECTORY_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A path, which is the content of a link.
const TARGET_BYTES_MAX: u64 = 4096;

pub(crate) fn read<R: Read + Seek>(
    mut archive: R,
    length_bytes: u64,
    unpack: &mut Unpack<'_>,
) -> Result<(), ArchiveError> {
    check_directory(&mut archive, length_bytes)?;
    let mut archive = ZipArchive::new(archive).map_err(unreadable)?;
    archive.validate_header_consistency().map_err(unreadable)?;
    for index in 0..archive.len() {
        let data = archive.by_index_data(index).map_err(unreadable)?;
        let name = data.name().map_err(unreadable)?.into_owned();
        if data.encrypted() {
            return Err(ArchiveError::Encrypted { name: shown(&name) });
        }
        let is_known = matches!(
            data.compression(),
            CompressionMethod::Stored | CompressionMethod::Deflated
        );
        if !is_known {
            return Err(ArchiveError::Method { name: shown(&name) });
        }
        let (size_bytes, mode) = (data.size(), data.unix_mode());
        let (is_folder, is_link) = (data.is_dir(), data.is_symlink());
        let kind = if is_link {
            Kind::Symlink(target(&mut archive, index)?)
        } else if is_folder || name.ends_with('\\') {
            Kind::Folder
        } else {
            Kind::File
        };
        let entry = Entry {
            name: &name,
            kind,
            size_bytes,
            mode,
        };
        if entry.kind == Kind::File && unpack.writes() {
            let mut content = archive.by_index(index).map_err(unreadable)?;
            unpack.take(&entry, &mut content)?;
        } else {
            unpack.take(&entry, &mut std::io::empty())?;
        }
    }
    Ok(())
}

fn target<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
) -> Result<String, ArchiveError> {
    let content = archive.by_index(index).map_err(unreadable)?;
    let mut target = String::new();
    let read = content.take(TARGET_BYTES_MAX).read_to_string(&mut target);
    read.map_err(|error| ArchiveError::unreadable("zip", error))?;
    Ok(target)
}

/// Refuses a list of entries that is too long to be read, by what the last record says of it.
fn check_directory<R: Read + Seek>(archive: &mut R, length_bytes: u64) -> Result<(), ArchiveError> {
    const RECORD_BYTES: u64 = 22;
    const COMMENT_BYTES_MAX: u64 = 65_535;
    let tail_bytes = length_bytes.min(RECORD_BYTES + COMMENT_BYTES_MAX);
    let start = length_bytes - tail_bytes;
    let mut tail = Vec::new();
    let read = archive
        .seek(SeekFrom::Start(start))
        .and_then(|_| archive.by_ref().take(tail_bytes).read_to_end(&mut tail));
    read.map_err(|error| ArchiveError::unreadable("zip", error))?;
    let record = tail.windows(4).rposition(|window| window == b"PK\x05\x06");
    let record = record.and_then(|at| Some((at as u64 + start, tail.get(at..at + 22)?)));
    let Some((record_at, record)) = record else {
        return Err(ArchiveError::unreadable(
            "zip",
            "it has no list of its entries at the end",
        ));
    };
    let said = u32::from_le_bytes([record[12], record[13], record[14], record[15]]);
    // Of the larger kind (zip64) or when it lies, the list still ends where the record begins.
    let said = if said == u32::MAX {
        record_at
    } else {
        u64::from(said)
    };
    if said > DIRECTORY_BYTES_MAX {
        let entries = u64::from(u16::from_le_bytes([record[10], record[11]]));
        // A zip64 of which only the last record's numbers are full is fine as long as it is small.
        if entries < u64::from(u16::MAX)
            || zip64_directory_bytes(&tail, record_at - start) > DIRECTORY_BYTES_MAX
        {
            return Err(ArchiveError::unreadable(
                "zip",
                format!("its list of entries is larger than {DIRECTORY_BYTES_MAX} bytes"),
            ));
        }
    }
    Ok(())
}

/// What the larger record says, which lies before the last one; as large as can be, when it is not there.
fn zip64_directory_bytes(tail: &[u8], last_at: u64) -> u64 {
    let before = &tail[..usize::try_from(last_at).unwrap_or(0)];
    let at = before
        .windows(4)
        .rposition(|window| window == b"PK\x06\x06");
    let size = at.and_then(|at| before.get(at + 40..at + 48));
    size.and_then(|bytes| bytes.try_into().ok())
        .map_or(u64::MAX, u64::from_le_bytes)
}

fn unreadable(error: ZipError) -> ArchiveError {
    ArchiveError::unreadable("zip", error)
}
