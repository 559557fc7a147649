//! Makes archives, also such as no tool would.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use regatta_archive::{ArchiveError, Wanted, extract, inspect, read_files};
use regatta_core::package::file_name::Packing;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

/// What an entry of a tar is, in the words of its header.
pub(crate) struct Raw<'e> {
    pub name: &'e str,
    pub kind: u8,
    pub target: &'e str,
    pub content: &'e [u8],
}

pub(crate) fn file<'e>(name: &'e str, content: &'e [u8]) -> Raw<'e> {
    Raw {
        name,
        kind: b'0',
        target: "",
        content,
    }
}

pub(crate) fn link<'e>(name: &'e str, target: &'e str) -> Raw<'e> {
    Raw {
        name,
        kind: b'2',
        target,
        content: b"",
    }
}

/// A tar, header by header: no library in between that would refuse to write it.
pub(crate) fn tar(entries: &[Raw<'_>]) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in entries {
        let mut header = [0_u8; 512];
        header[..entry.name.len()].copy_from_slice(entry.name.as_bytes());
        header[100..108].copy_from_slice(b"0004755\0");
        header[108..116].copy_from_slice(b"0000000\0");
        header[116..124].copy_from_slice(b"0000000\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", entry.content.len()).as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[148..156].fill(b' ');
        header[156] = entry.kind;
        header[157..157 + entry.target.len()].copy_from_slice(entry.target.as_bytes());
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        all.extend(header);
        all.extend(entry.content);
        all.resize(all.len().next_multiple_of(512), 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}

/// A line of a pax header: it begins with its own length.
pub(crate) fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length != rest.len() + length.to_string().len() {
        length += 1;
    }
    format!("{length}{rest}")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The same zip with one name written over another of the same length, in both places.
pub(crate) fn renamed(zip: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut zip = zip.to_vec();
    let mut at = 0;
    while let Some(found) = zip[at..]
        .windows(from.len())
        .position(|bytes| bytes == from.as_bytes())
    {
        at += found;
        zip[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    zip
}

/// A folder with an archive, and one below it to unpack into.
pub(crate) struct Bench {
    pub folder: TempDir,
    pub packing: Packing,
}

impl Bench {
    pub(crate) fn new(bytes: &[u8], packing: Packing) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("archive"), bytes).unwrap();
        std::fs::create_dir(folder.path().join("into")).unwrap();
        Self { folder, packing }
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    pub(crate) fn place(&self) -> PathBuf {
        self.folder.path().join("into")
    }

    pub(crate) fn inspect(&self) -> Result<(), ArchiveError> {
        inspect(&self.archive(), self.packing)
    }

    pub(crate) fn extract(&self) -> Result<(), ArchiveError> {
        extract(&self.archive(), self.packing, &self.place())
    }

    pub(crate) fn read(&self, wanted: Wanted<'_>) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        read_files(&self.archive(), self.packing, wanted)
    }

    /// What is beside the archive and the folder: never anything.
    pub(crate) fn outside(&self) -> Vec<PathBuf> {
        let all = std::fs::read_dir(self.folder.path()).unwrap();
        all.map(|entry| entry.unwrap().path())
            .filter(|path| !path.ends_with("archive") && !path.ends_with("into"))
            .collect()
    }
}

/// Everything below a folder, in order: `d/`, `f=content`, `l->target`.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    list(folder, folder, &mut all);
    all.sort();
    all
}

fn list(root: &Path, folder: &Path, all: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let kind = std::fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_symlink() {
            let target = std::fs::read_link(&path).unwrap();
            all.push(format!("{name}->{}", target.display()));
        } else if kind.is_dir() {
            all.push(format!("{name}/"));
            list(root, &path, all);
        } else {
            let content = std::fs::read(&path).unwrap();
            all.push(format!("{name}={}", String::from_utf8_lossy(&content)));
        }
    }
}
