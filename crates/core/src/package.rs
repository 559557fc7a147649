//! Packages: what their file names say, which kinds there are, and how their versions are ordered.
//!
//! Not here: what is inside an archive ([`entry`] only says which names and sizes are allowed), and where packages lie.

use std::cmp::Ordering;

use crate::version::Version;

pub mod entry;
pub mod file_name;
pub mod glob;
pub mod range;
pub mod rule;
pub mod selection;
pub mod transform_rule;

/// Longer ids fit no file name once a version and an extension are added.
pub const ID_CHARS_MAX: usize = 100;

/// What a package is called: any case of letters names the same one.
#[must_use]
pub fn same_id(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// By meaning ([`Version`]'s order), and where that sees no difference by build metadata, so that "the newest" is always
/// one and the same. NuGet's rule: `1.0` and `1.0.0` are one version.
#[must_use]
pub fn compare_versions(a: &Version, b: &Version) -> Ordering {
    let metadata = |version: &Version| version.metadata().to_ascii_lowercase();
    a.cmp(b).then_with(|| metadata(a).cmp(&metadata(b)))
}

/// How a version is told from others: numbers without leading zeros and without zeros at the end beyond the third,
/// letters in lower case.
#[must_use]
pub fn version_key(version: &Version) -> String {
    let [major, minor, patch, build] = version.parts();
    let mut key = format!("{major}.{minor}.{patch}");
    if build > 0 {
        key.push_str(&format!(".{build}"));
    }
    for (mark, part) in [('-', version.pre_release()), ('+', version.metadata())] {
        if !part.is_empty() {
            key.push(mark);
            key.push_str(&part.to_ascii_lowercase());
        }
    }
    key
}

/// How a package of this version is found: unique among the packages of a feed.
#[must_use]
pub fn key(id: &str, version: &Version) -> String {
    format!("{}.{}", id.to_ascii_lowercase(), version_key(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn equal_versions_have_one_key() {
        for (a, b) in [
            ("1.0", "1.0.0.0"),
            ("01.2.3", "1.2.3"),
            ("1.0.0-RC.1+Ab", "1.0-rc.1+aB"),
            ("v2", "2.0.0"),
        ] {
            assert_eq!(version_key(&version(a)), version_key(&version(b)));
            assert!(compare_versions(&version(a), &version(b)).is_eq());
        }
        assert_eq!(
            key("Acme.Web", &version("1.0.0.7-B+x")),
            "acme.web.1.0.0.7-b+x"
        );
    }

    #[test]
    fn metadata_breaks_ties_only() {
        let ascending = ["1.0.0-a+z", "1.0.0", "1.0.0+1", "1.0.0+a", "1.0.1"];
        for pair in ascending.windows(2) {
            assert!(
                compare_versions(&version(pair[0]), &version(pair[1])).is_lt(),
                "{pair:?}"
            );
        }
    }
}
