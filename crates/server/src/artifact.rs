//! Artifacts: files that scripts or people attach to a task. Their bytes are blobs, named by their content.

use regatta_core::time::Time;
use regatta_store::{BlobId, Document};
use serde::{Deserialize, Serialize};

use crate::files::blob_tag;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "Artifacts";
/// A larger file is not kept.
pub(crate) const BYTES_MAX: u64 = 1_000_000_000;
/// Most characters of a file name.
const NAME_MAX: usize = 200;

/// The stored document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Artifact {
    pub filename: String,
    /// Name of the machine it comes from; empty when a client made it.
    pub source: String,
    pub task_id: String,
    pub log_correlation_id: String,
    /// `None` until a client has sent the content.
    pub blob: Option<BlobId>,
    pub length_bytes: u64,
    /// Project, environment, release, deployment: what `regarding` finds it by.
    pub related: Vec<String>,
}

impl Artifact {
    /// What it is found by.
    pub(crate) fn tags(&self) -> Vec<String> {
        let regarding = self.related.iter().chain([&self.task_id]);
        let mut tags: Vec<String> = regarding.map(|id| format!("regarding:{id}")).collect();
        tags.extend(self.blob.as_ref().map(blob_tag));
        tags
    }

    /// The document of a new one.
    pub(crate) fn document(&self, id: &str, space_id: &str, at: Time) -> Document {
        Document {
            kind: KIND.into(),
            id: id.to_owned(),
            space_id: Some(space_id.to_owned()),
            owner_id: Some(self.task_id.clone()),
            name: self.filename.clone(),
            name_is_unique: false,
            slug: None,
            sort_order: 0,
            tags: self.tags(),
            version: 1,
            body: serde_json::to_string(self).expect("plain data"),
            created_at: at,
            updated_at: at,
        }
    }
}

/// A name that is safe to show and to save as: no folders, no control or direction characters, not too long.
pub(crate) fn safe_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_harmless = |letter: &char| {
        !letter.is_control()
            && !matches!(*letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let name: String = last.chars().filter(is_harmless).take(NAME_MAX).collect();
    match name.trim() {
        "" | "." | ".." => "artifact".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn names_cannot_lead_out_of_a_folder_or_lie_about_themselves() {
        for (given, safe) in [
            ("report.txt", "report.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a b.log", "a b.log"),
            ("a\u{202e}txt.exe\n", "atxt.exe"),
            ("..", "artifact"),
            ("x/", "artifact"),
            (" \t ", "artifact"),
        ] {
            assert_eq!(safe_name(given), safe);
        }
        assert_eq!(safe_name(&"é".repeat(900)).chars().count(), 200);
    }
}
