//! The name of a package's file: id, version and kind. `Acme.Web.1.2.3-beta.1.tar.gz` is version `1.2.3-beta.1` of
//! `Acme.Web`.

use super::ID_CHARS_MAX;
use crate::version::Version;

/// How the files of a package are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Zip,
    Tar,
    TarGz,
}

/// Extensions, the longer first.
const KINDS: &[(&str, Packing)] = &[
    (".tar.gz", Packing::TarGz),
    (".nupkg", Packing::Zip),
    (".tgz", Packing::TarGz),
    (".zip", Packing::Zip),
    (".tar", Packing::Tar),
    (".jar", Packing::Zip),
    (".war", Packing::Zip),
    (".ear", Packing::Zip),
    (".rar", Packing::Zip),
];

/// What is said to somebody whose file is of no kind we know.
pub const KINDS_TEXT: &str = ".zip, .nupkg, .tar.gz, .tgz, .tar, .jar, .war, .ear, .rar (Java)";

/// A file name, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    pub package_id: String,
    pub version: Version,
    /// With its dot, in lower case, e.g. `.tar.gz`.
    pub extension: &'static str,
    pub packing: Packing,
}

/// Why a file name is not one of a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    #[error("The file '{name}' is of no kind this feed keeps. Pack it as one of {KINDS_TEXT}.")]
    Kind { name: String },
    #[error(
        "The file name '{name}' does not say what it is. Name it id.version.extension, for example Acme.Web.1.2.3{extension}: the id \
        is made of letters, digits and single '.', '_' or '-' between them, the version of one to four numbers, with -prerelease \
        and +metadata if you like."
    )]
    IdAndVersion {
        name: String,
        extension: &'static str,
    },
    #[error(
        "The id in the file name '{name}' is longer than {ID_CHARS_MAX} characters. Shorten it."
    )]
    LongId { name: String },
}

impl FileName {
    /// Reads the name of a file; folders before it are not part of it.
    ///
    /// # Errors
    /// Saying what is wrong with the name.
    pub fn parse(path: &str) -> Result<Self, FileNameError> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let shown = || name.chars().take(300).filter(|c| !c.is_control()).collect();
        let Some((stem, extension, packing)) = split_kind(name) else {
            return Err(FileNameError::Kind { name: shown() });
        };
        let wrong = || FileNameError::IdAndVersion {
            name: shown(),
            extension,
        };
        let (package_id, version) = split_version(stem).ok_or_else(wrong)?;
        if package_id.len() > ID_CHARS_MAX {
            return Err(FileNameError::LongId { name: shown() });
        }
        Ok(Self {
            package_id: package_id.to_owned(),
            version,
            extension,
            packing,
        })
    }

    /// The name to save it under; the same name reads back as the same package.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}.{}{}", self.package_id, self.version, self.extension)
    }
}

/// How a file with this extension is packed.
#[must_use]
pub fn packing(extension: &str) -> Option<Packing> {
    let found = KINDS.iter().find(|(known, _)| *known == extension);
    found.map(|(_, packing)| *packing)
}

fn split_kind(name: &str) -> Option<(&str, &'static str, Packing)> {
    KINDS.iter().find_map(|(extension, packing)| {
        let at = name.len().checked_sub(extension.len())?;
        let (stem, tail) = name.split_at_checked(at)?;
        (tail.eq_ignore_ascii_case(extension)).then_some((stem, *extension, *packing))
    })
}

/// The shortest id that leaves a version (Octopus' rule: `A.1.2` is version 1.2 of A).
fn split_version(stem: &str) -> Option<(&str, Version)> {
    stem.match_indices('.').find_map(|(at, _)| {
        let (id, version) = (&stem[..at], &stem[at + 1..]);
        // The feed's versions begin with their number, whatever releases may be called.
        let is_plain = version.starts_with(|c: char| c.is_ascii_digit())
            && !version.contains(char::is_whitespace);
        (is_plain && is_id(id)).then_some(())?;
        Some((id, version.parse().ok()?))
    })
}

/// Words joined by single separators.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut after_separator = true;
    for c in text.chars() {
        let is_separator = !is_word(c);
        if is_separator && (!matches!(c, '.' | '-') || after_separator) {
            return false;
        }
        after_separator = is_separator;
    }
    !after_separator
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> String {
        match FileName::parse(name) {
            Ok(found) => format!(
                "{} | {} | {} | {:?}",
                found.package_id, found.version, found.extension, found.packing
            ),
            Err(error) => error.to_string().chars().take(60).collect(),
        }
    }

    #[test]
    fn names_say_id_version_and_kind() {
        for (name, meaning) in [
            ("a.v1.0.zip", "a.v1 | 0 | .zip | Zip"),
            ("hello.1.0.0.zip", "hello | 1.0.0 | .zip | Zip"),
            (
                "Acme.Web.1.2.3-beta.4.tar.gz",
                "Acme.Web | 1.2.3-beta.4 | .tar.gz | TarGz",
            ),
            (
                "acme-web.2024.01.05.7.TGZ",
                "acme-web | 2024.01.05.7 | .tgz | TarGz",
            ),
            ("My.App.2.nupkg", "My.App | 2 | .nupkg | Zip"),
            ("a.1.2.3.4.5.zip", "a.1 | 2.3.4.5 | .zip | Zip"),
            ("a.1.0.0-x+y.z.jar", "a | 1.0.0-x+y.z | .jar | Zip"),
            ("a_.b__c.1.0.war", "a_.b__c | 1.0 | .war | Zip"),
            ("C:\\build\\x.1.0.0.zip", "x | 1.0.0 | .zip | Zip"),
            ("../../etc/x.1.0.0.tar", "x | 1.0.0 | .tar | Tar"),
        ] {
            assert_eq!(read(name), meaning, "{name}");
        }
    }

    #[test]
    fn names_that_say_less_are_refused() {
        for name in [
            "",
            "zip",
            ".zip",
            "hello.zip",
            "hello.1.0.0",
            "hello.1.0.0.tar.bz2",
            ".1.0.0.zip",
            "a..1.0.zip",
            "a-.1.0.zip",
            "-a.1.0.zip",
            "a b.1.0.zip",
            "a.1.0 .zip",
            "é.1.0.zip",
            "a\u{0}.1.0.zip",
            "a.1.0.0-.zip",
            "a.1.0.0-b c.zip",
        ] {
            assert!(FileName::parse(name).is_err(), "{name:?} is {}", read(name));
        }
        let long = format!("{}.1.0.0.zip", "a".repeat(101));
        assert!(read(&long).starts_with("The id in the file name"));
        let text = FileName::parse("hello.zip").unwrap_err().to_string();
        assert!(text.contains("Acme.Web.1.2.3.zip"), "{text}");
    }

    #[test]
    fn a_name_made_of_what_was_read_reads_the_same() {
        for name in [
            "hello.1.0.0.zip",
            "A.b-c.1.0-x.1+m.tar.gz",
            "a.1.2.3.4.5.zip",
        ] {
            let read = FileName::parse(name).unwrap();
            assert_eq!(read.text(), name);
            assert_eq!(FileName::parse(&read.text()).unwrap(), read);
        }
    }
}
