//! What an archive may hold: names that stay inside, and sizes that are what they seem. Pure: whoever reads an archive
//! asks here before it believes a name or unpacks a byte.

use std::collections::{BTreeSet, HashMap};

/// Entries of one archive.
const ENTRIES_MAX: usize = 200_000;
/// Folders within folders.
const DEPTH_MAX: usize = 64;
/// Bytes of one name between two slashes, as file systems allow.
const PART_BYTES_MAX: usize = 255;
const PATH_BYTES_MAX: usize = 2_000;
/// Unpacked bytes that are never too many.
const SMALL_BYTES: u64 = 64 * 1024 * 1024;
/// Unpacked bytes for each packed one.
const RATIO_MAX: u64 = 200;
/// Unpacked bytes that are too many for any archive.
const UNPACKED_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Folder,
    File,
    /// A link to a path relative to the folder it lies in.
    Symlink(String),
    /// One more name for a file of the archive.
    HardLink(String),
}

/// Why an archive is not unpacked. `name` is shown as the archive spells it, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("the entry '{name}' would lie outside of the folder it is unpacked to")]
    Outside { name: String },
    #[error("the entry '{name}' has a name no file may have: {why}")]
    Name { name: String, why: &'static str },
    #[error("the entry '{name}' is there twice, perhaps in another case of letters")]
    Twice { name: String },
    #[error("the entry '{name}' lies in '{within}', which is no folder")]
    NotAFolder { name: String, within: String },
    #[error(
        "the link '{name}' leads to '{target}', outside of the package or through another link"
    )]
    Link { name: String, target: String },
    #[error(
        "the entry '{name}' is a device, a pipe or something else that is neither file, folder nor link"
    )]
    Special { name: String },
    #[error("it has more than {ENTRIES_MAX} entries")]
    TooMany,
    #[error(
        "it unpacks to more than {most_bytes} bytes, which is too much for its {packed_bytes} bytes (at most {RATIO_MAX} times its size, \
        and {UNPACKED_BYTES_MAX} bytes)"
    )]
    TooLarge { most_bytes: u64, packed_bytes: u64 },
}

/// The path of an entry: parts that are neither empty, `.` nor `..`. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryPath(Vec<String>);

impl EntryPath {
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.0.join("/")
    }

    /// Names that differ in case only are the same on some machines.
    fn key(&self) -> String {
        self.text().to_lowercase()
    }
}

/// Watches over the entries of one archive, in their order.
pub struct Watch {
    packed_bytes: u64,
    unpacked_bytes: u64,
    count: usize,
    /// By key: whether it is a folder.
    seen: HashMap<String, bool>,
    links: Vec<(EntryPath, String)>,
    link_keys: BTreeSet<String>,
}

impl Watch {
    /// For an archive of so many bytes.
    #[must_use]
    pub fn new(packed_bytes: u64) -> Self {
        Self {
            packed_bytes,
            unpacked_bytes: 0,
            count: 0,
            seen: HashMap::new(),
            links: Vec::new(),
            link_keys: BTreeSet::new(),
        }
    }

    /// Bytes that may still come out.
    #[must_use]
    pub fn left_bytes(&self) -> u64 {
        self.most_bytes() - self.unpacked_bytes
    }

    fn most_bytes(&self) -> u64 {
        let by_ratio = self.packed_bytes.saturating_mul(RATIO_MAX);
        by_ratio.clamp(SMALL_BYTES, UNPACKED_BYTES_MAX)
    }

    /// Counts bytes that came out, or that the archive says will.
    ///
    /// # Errors
    /// [`EntryError::TooLarge`].
    pub fn unpacked(&mut self, bytes: u64) -> Result<(), EntryError> {
        if bytes > self.left_bytes() {
            return Err(EntryError::TooLarge {
                most_bytes: self.most_bytes(),
                packed_bytes: self.packed_bytes,
            });
        }
        self.unpacked_bytes += bytes;
        Ok(())
    }

    /// Says where an entry belongs; `None` for the root itself.
    ///
    /// # Errors
    /// When it must not be unpacked.
    pub fn entry(&mut self, name: &str, kind: &Kind) -> Result<Option<EntryPath>, EntryError> {
        self.count += 1;
        if self.count > ENTRIES_MAX {
            return Err(EntryError::TooMany);
        }
        let Some(path) = path(name)? else {
            return Ok(None);
        };
        self.enter_folders(&path)?;
        let is_folder = *kind == Kind::Folder;
        let before = self.seen.insert(path.key(), is_folder);
        if before.is_some_and(|was_folder| !(was_folder && is_folder)) {
            return Err(EntryError::Twice { name: shown(name) });
        }
        match kind {
            Kind::Folder | Kind::File => {}
            Kind::Symlink(target) => {
                self.link_keys.insert(path.key());
                self.links.push((path.clone(), target.clone()));
            }
            Kind::HardLink(target) => {
                let is_known = self::path(target)?.is_some_and(|target| {
                    self.seen.get(&target.key()) == Some(&false)
                        && !self.link_keys.contains(&target.key())
                });
                if !is_known {
                    return Err(link_error(name, target));
                }
            }
        }
        Ok(Some(path))
    }

    /// What a path lies in are folders, said so or not.
    fn enter_folders(&mut self, path: &EntryPath) -> Result<(), EntryError> {
        for depth in 1..path.0.len() {
            let folder = EntryPath(path.0[..depth].to_vec());
            if !self.seen.get(&folder.key()).copied().unwrap_or(true) {
                return Err(EntryError::NotAFolder {
                    name: path.text(),
                    within: folder.text(),
                });
            }
            self.seen.insert(folder.key(), true);
        }
        Ok(())
    }

    /// The symbolic links, when all entries are known: to be made last, when nothing is written any more.
    ///
    /// # Errors
    /// [`EntryError::Link`] when one leads outside.
    pub fn links(&self) -> Result<&[(EntryPath, String)], EntryError> {
        for (path, target) in &self.links {
            if !self.stays_inside(path, target) {
                return Err(link_error(&path.text(), target));
            }
        }
        Ok(&self.links)
    }

    /// `..` only at the start, never above the root, and through real folders only: then what the target says is what
    /// the system will find. The last part may be another link, which is looked at by itself.
    fn stays_inside(&self, path: &EntryPath, target: &str) -> bool {
        if target.is_empty() || target.starts_with('/') || target.contains(['\\', '\0']) {
            return false;
        }
        let mut at: Vec<String> = path.0[..path.0.len() - 1].to_vec();
        let mut goes_down = false;
        let parts: Vec<_> = target
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        for (i, part) in parts.iter().enumerate() {
            if *part == ".." {
                if goes_down || at.pop().is_none() {
                    return false;
                }
                continue;
            }
            goes_down = true;
            at.push((*part).to_owned());
            let is_last = i + 1 == parts.len();
            if !is_last && self.link_keys.contains(&EntryPath(at.clone()).key()) {
                return false;
            }
        }
        true
    }
}

fn link_error(name: &str, target: &str) -> EntryError {
    EntryError::Link {
        name: shown(name),
        target: shown(target),
    }
}

/// Where a name leads; `None`: to the root itself. Old Windows tools write `\` between folders.
fn path(name: &str) -> Result<Option<EntryPath>, EntryError> {
    let wrong = |why| EntryError::Name {
        name: shown(name),
        why,
    };
    if name.len() > PATH_BYTES_MAX {
        return Err(wrong("it is too long"));
    }
    let names_a_drive =
        matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if names_a_drive || name.starts_with(['/', '\\']) {
        return Err(EntryError::Outside { name: shown(name) });
    }
    let mut parts = Vec::new();
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => continue,
            ".." => return Err(EntryError::Outside { name: shown(name) }),
            _ => {}
        }
        if let Some(why) = refused_part(part) {
            return Err(wrong(why));
        }
        parts.push(part.to_owned());
    }
    if parts.len() > DEPTH_MAX {
        return Err(wrong("it lies too deep in folders"));
    }
    Ok((!parts.is_empty()).then_some(EntryPath(parts)))
}

fn refused_part(part: &str) -> Option<&'static str> {
    if part.len() > PART_BYTES_MAX {
        return Some("a part of it is too long");
    }
    if part.chars().any(char::is_control) {
        return Some("it has control characters");
    }
    let stem = part.split('.').next().unwrap_or_default().trim_end();
    let is_device = ["CON", "PRN", "AUX", "NUL"]
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
        || matches!(stem.as_bytes(), [a, b, c, b'1'..=b'9']
            if [*a, *b, *c].eq_ignore_ascii_case(b"COM") || [*a, *b, *c].eq_ignore_ascii_case(b"LPT"));
    is_device.then_some("it is a device on Windows")
}

/// A name as it may be shown.
#[must_use]
pub fn shown(name: &str) -> String {
    let harmless = name.chars().map(|c| if c.is_control() { '?' } else { c });
    harmless.take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch::new(1000)
    }

    fn file(watch: &mut Watch, name: &str) -> Result<Option<String>, EntryError> {
        let path = watch.entry(name, &Kind::File)?;
        Ok(path.map(|path| path.text()))
    }

    #[test]
    fn names_stay_inside() {
        for (name, path) in [
            ("a.txt", "a.txt"),
            ("./a/b.txt", "a/b.txt"),
            ("a//b\\c.txt", "a/b/c.txt"),
            ("a/...", "a/..."),
            ("café/ü", "café/ü"),
            ("man3/File::Spec.3pm", "man3/File::Spec.3pm"),
        ] {
            assert_eq!(file(&mut watch(), name), Ok(Some(path.to_owned())));
        }
        for name in [
            "/etc/passwd",
            "\\x",
            "../x",
            "a/../../x",
            "a/..",
            "..\\x",
            "a\\..\\..\\x",
            "C:\\x",
            "c:x",
            "a\0b",
            "a\nb",
            "nul",
            "a/COM1.txt",
            "Aux .c",
            "con",
        ] {
            assert!(file(&mut watch(), name).is_err(), "{name:?}");
        }
        assert!(file(&mut watch(), &"a/".repeat(65)).is_err());
        assert!(file(&mut watch(), &"a".repeat(256)).is_err());
        assert_eq!(file(&mut watch(), "./"), Ok(None));
    }

    #[test]
    fn one_name_is_one_thing() {
        let mut one = watch();
        one.entry("a", &Kind::Folder).unwrap();
        one.entry("a/", &Kind::Folder).unwrap();
        file(&mut one, "a/x").unwrap();
        assert!(matches!(
            file(&mut one, "A/X"),
            Err(EntryError::Twice { .. })
        ));
        assert!(matches!(file(&mut one, "a"), Err(EntryError::Twice { .. })));
        assert!(matches!(
            file(&mut one, "a/x/y"),
            Err(EntryError::NotAFolder { .. })
        ));
        let mut one = watch();
        file(&mut one, "b/c").unwrap();
        assert!(matches!(file(&mut one, "b"), Err(EntryError::Twice { .. })));
        let mut one = watch();
        one.entry("l", &Kind::Symlink("/etc".into())).unwrap();
        assert!(matches!(
            file(&mut one, "l/passwd"),
            Err(EntryError::NotAFolder { .. })
        ));
    }

    #[test]
    fn links_lead_to_where_they_say_and_that_is_inside() {
        let links = |links: &[(&str, &str)]| {
            let mut one = watch();
            one.entry("d/e/f", &Kind::File).unwrap();
            for (name, target) in links {
                one.entry(name, &Kind::Symlink((*target).to_owned()))
                    .unwrap();
            }
            one.links().map(<[_]>::len)
        };
        assert_eq!(
            links(&[("current", "d/e"), ("d/up", "../d/e/f"), ("x", "current")]),
            Ok(3)
        );
        for bad in [
            &[("a", "/etc")][..],
            &[("a", "..")],
            &[("d/a", "../..")],
            &[("a", "d/../..")],
            // Looks inside by its text, and is not: the system follows `b` first.
            &[("d/b", ".."), ("a", "d/b/..")],
            &[("d/b", "../d/e"), ("a", "d/b/x")],
            &[("a", "")],
            &[("a", "..\\x")],
        ] {
            assert!(links(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn hard_links_are_names_of_files_that_were_there() {
        let mut one = watch();
        file(&mut one, "a").unwrap();
        one.entry("b", &Kind::HardLink("a".into())).unwrap();
        one.entry("l", &Kind::Symlink("a".into())).unwrap();
        for target in ["c", "../a", "/etc/passwd", "l", ""] {
            let link = Kind::HardLink(target.into());
            assert!(
                one.entry(&format!("x{}", target.len()), &link).is_err(),
                "{target}"
            );
        }
    }

    #[test]
    fn a_bomb_is_told_by_its_size() {
        let mut small = Watch::new(100);
        small.unpacked(SMALL_BYTES).unwrap();
        assert!(matches!(
            small.unpacked(1),
            Err(EntryError::TooLarge { .. })
        ));
        let mut large = Watch::new(1024 * 1024 * 1024);
        large.unpacked(UNPACKED_BYTES_MAX).unwrap();
        assert!(large.unpacked(1).is_err());
        let mut many = watch();
        for i in 0..ENTRIES_MAX {
            many.entry(&i.to_string(), &Kind::File).unwrap();
        }
        assert_eq!(many.entry("x", &Kind::File), Err(EntryError::TooMany));
    }
}
