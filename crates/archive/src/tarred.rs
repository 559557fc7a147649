//! Tar, plain or out of gzip.
//!
//! The parser gives headers one by one; names that are too long for a header come in entries of their own before it,
//! and are put together here, so that their size is bounded and no size is believed twice.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;

use regatta_core::package::entry::{EntryError, Kind, shown};
use tar::{Archive, EntryType};

use crate::ArchiveError;
use crate::unpack::{Entry, Unpack};

/// What describes an entry, beside its header.
const ASIDE_BYTES_MAX: u64 = 256 * 1024;
/// All descriptions, padding and headers together.
const OVERHEAD_BYTES_MAX: u64 = 512 * 1024 * 1024;
const BLOCK_BYTES: u64 = 512;

/// What was said of the entry that follows.
#[derive(Default)]
struct Aside {
    name: Option<String>,
    target: Option<String>,
    size_bytes: Option<u64>,
}

/// A plain tar ends with a block of zeros; one that does not was cut off.
pub(crate) fn check_end(file: &File, length_bytes: u64) -> Result<(), ArchiveError> {
    let mut last = [1; BLOCK_BYTES as usize];
    let is_there = length_bytes >= 2 * BLOCK_BYTES
        && file
            .read_exact_at(&mut last, length_bytes - BLOCK_BYTES)
            .is_ok()
        && last.iter().all(|byte| *byte == 0);
    if is_there {
        return Ok(());
    }
    Err(ArchiveError::unreadable("tar", "its end is missing"))
}

pub(crate) fn read<R: Read>(
    archive: R,
    kind: &'static str,
    unpack: &mut Unpack<'_>,
) -> Result<(), ArchiveError> {
    let wrong = |error: io::Error| ArchiveError::unreadable(kind, error);
    let most_bytes = unpack.left_bytes().saturating_add(OVERHEAD_BYTES_MAX);
    let mut archive = Archive::new(archive.take(most_bytes));
    let mut aside = Aside::default();
    for entry in archive.entries().map_err(wrong)?.raw(true) {
        let mut entry = entry.map_err(wrong)?;
        let entry_type = entry.header().entry_type();
        if is_aside(entry_type) {
            read_aside(&mut aside, entry_type, &mut entry).map_err(wrong)?;
            continue;
        }
        let said = std::mem::take(&mut aside);
        let name = match said.name {
            Some(name) => name,
            None => text(&entry.path_bytes()).map_err(wrong)?,
        };
        let size_bytes = entry.header().entry_size().map_err(wrong)?;
        if said.size_bytes.is_some_and(|said| said != size_bytes) {
            return Err(ArchiveError::Size { name: shown(&name) });
        }
        let target = match said.target {
            Some(target) => target,
            None => text(&entry.link_name_bytes().unwrap_or_default()).map_err(wrong)?,
        };
        let kind = kind_of(entry_type, &name, target)?;
        let mode = entry.header().mode().ok();
        let described = Entry {
            name: &name,
            kind,
            size_bytes,
            mode,
        };
        unpack.take(&described, &mut entry)?;
    }
    // Behind the end is padding; reading it lets the decompressor check what came before.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(wrong)?;
    if rest.limit() == 0 {
        return Err(ArchiveError::unreadable(kind, "there is no end to it"));
    }
    Ok(())
}

fn kind_of(entry_type: EntryType, name: &str, target: String) -> Result<Kind, ArchiveError> {
    Ok(match entry_type {
        // Before there was a type for folders.
        EntryType::Regular | EntryType::Continuous if name.ends_with('/') => Kind::Folder,
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => Kind::Symlink(target),
        EntryType::Link => Kind::HardLink(target),
        _ => return Err(EntryError::Special { name: shown(name) }.into()),
    })
}

fn is_aside(entry_type: EntryType) -> bool {
    matches!(
        entry_type,
        EntryType::GNULongName
            | EntryType::GNULongLink
            | EntryType::XHeader
            | EntryType::XGlobalHeader
    )
}

fn read_aside<R: Read>(
    aside: &mut Aside,
    entry_type: EntryType,
    content: &mut R,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    content
        .by_ref()
        .take(ASIDE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > ASIDE_BYTES_MAX {
        return Err(io::Error::other("a name in it is too long"));
    }
    match entry_type {
        EntryType::GNULongName => aside.name = Some(text(until_zero(&bytes))?),
        EntryType::GNULongLink => aside.target = Some(text(until_zero(&bytes))?),
        _ => {
            let is_for_all = entry_type == EntryType::XGlobalHeader;
            for (key, value) in records(&bytes)? {
                take_record(aside, (key, value), is_for_all)?;
            }
        }
    }
    Ok(())
}

fn take_record(
    aside: &mut Aside,
    (key, value): (&[u8], &[u8]),
    is_for_all: bool,
) -> io::Result<()> {
    let matters = key.starts_with(b"GNU.sparse") || matches!(key, b"path" | b"linkpath" | b"size");
    if !matters {
        return Ok(());
    }
    if is_for_all || key.starts_with(b"GNU.sparse") {
        return Err(io::Error::other(format!(
            "it uses '{}', which is not supported",
            String::from_utf8_lossy(key)
        )));
    }
    let value = text(value)?;
    match key {
        b"path" => aside.name = Some(value),
        b"linkpath" => aside.target = Some(value),
        _ => aside.size_bytes = Some(value.parse().map_err(io::Error::other)?),
    }
    Ok(())
}

/// `length key=value\n`, by the length: a value may hold line breaks.
fn records(mut bytes: &[u8]) -> io::Result<Vec<(&[u8], &[u8])>> {
    let malformed = || io::Error::other("a description in it is malformed");
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let space = bytes
            .iter()
            .position(|byte| *byte == b' ')
            .ok_or_else(malformed)?;
        let length: usize = std::str::from_utf8(&bytes[..space])
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(malformed)?;
        let record = bytes.get(space + 1..length).ok_or_else(malformed)?;
        let record = record.strip_suffix(b"\n").ok_or_else(malformed)?;
        let equals = record
            .iter()
            .position(|byte| *byte == b'=')
            .ok_or_else(malformed)?;
        all.push((&record[..equals], &record[equals + 1..]));
        bytes = &bytes[length..];
    }
    Ok(all)
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn text(bytes: &[u8]) -> io::Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| io::Error::other("a name in it is not UTF-8"))
}
