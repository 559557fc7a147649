//! Release notes in packages: those of NuGet have them in their `.nuspec`.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use regatta_archive::{Wanted, read_files};
use regatta_core::package::file_name::Packing;

/// A manifest says little more than who made the package.
const NUSPEC_BYTES_MAX: u64 = 1024 * 1024;
/// As long as the notes of a release may be.
const CHARS_MAX: usize = 100_000;

/// The notes of an archive. A manifest nobody can read is none: the package can be deployed all the same.
pub(crate) fn in_archive(archive: &Path, (packing, extension): (Packing, &str)) -> Option<String> {
    if extension != ".nupkg" {
        return None;
    }
    let is_wanted =
        |path: &str| !path.contains('/') && path.to_ascii_lowercase().ends_with(".nuspec");
    let wanted = Wanted {
        is_wanted: &is_wanted,
        bytes_max: NUSPEC_BYTES_MAX,
    };
    let files = read_files(archive, packing, wanted).ok()?;
    let (_, bytes) = files.into_iter().next()?;
    let text = String::from_utf8(bytes).ok()?;
    in_nuspec(text.trim_start_matches('\u{feff}'))
}

fn in_nuspec(xml: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return None,
            Event::Start(start) if start.local_name().as_ref() == "releaseNotes" => {
                let raw = reader.read_text(start.name()).ok()?;
                let raw = raw.trim();
                let literal = raw
                    .strip_prefix("<![CDATA[")
                    .and_then(|raw| raw.strip_suffix("]]>"));
                let text = match literal {
                    Some(literal) => literal.to_owned(),
                    None => unescape(raw).ok()?.into_owned(),
                };
                let text: String = text.trim().chars().take(CHARS_MAX).collect();
                return (!text.is_empty()).then_some(text);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_out_of_a_manifest() {
        let of = |notes: &str| {
            in_nuspec(&format!(
                "<?xml version=\"1.0\"?><package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id>Acme</id>{notes}</metadata></package>"
            ))
        };
        assert_eq!(
            of("<releaseNotes>\n Faster &amp; smaller \n</releaseNotes>").as_deref(),
            Some("Faster & smaller")
        );
        assert_eq!(
            of("<releaseNotes><![CDATA[a < b]]></releaseNotes>").as_deref(),
            Some("a < b")
        );
        for none in [
            "",
            "<releaseNotes/>",
            "<releaseNotes> </releaseNotes>",
            "<releaseNotes>",
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
