//! What the message of an event names, with the place where it does, so that a reader can go there. Only what is still
//! there is referred to.

use std::collections::HashMap;

use regatta_store::{AuditEntry, Conn};
use serde_json::{Value, json};

use crate::error::ApiError;

/// The names of the documents of one answer; each is looked up once.
#[derive(Default)]
pub(super) struct Names(HashMap<String, Option<String>>);

impl Names {
    /// Octopus' `MessageReferences`: the first place where the message has the name of each document it is about.
    pub(super) async fn references(
        &mut self,
        conn: &mut Conn,
        entry: &AuditEntry,
    ) -> Result<Vec<Value>, ApiError> {
        let mut found = Vec::new();
        for id in &entry.related {
            let Some(name) = self.name(conn, id).await? else {
                continue;
            };
            if let Some((start, length)) = place(&entry.message, &name) {
                found.push(
                    json!({ "ReferencedDocumentId": id, "StartIndex": start, "Length": length }),
                );
            }
        }
        Ok(found)
    }

    async fn name(&mut self, conn: &mut Conn, id: &str) -> Result<Option<String>, ApiError> {
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        let kind = id.rsplit_once('-').map_or("", |(kind, _)| kind);
        let name = conn.document(kind, id).await?.map(|found| found.name);
        self.0.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}

/// Where a message has a name as a word of its own, in UTF-16 units, as .NET and browsers count.
fn place(message: &str, name: &str) -> Option<(usize, usize)> {
    let units = |text: &str| text.encode_utf16().count();
    let is_part = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
    let mut places = message.match_indices(name);
    let (start, _) = places.find(|(start, name)| {
        let (before, after) = (&message[..*start], &message[start + name.len()..]);
        !name.is_empty() && !is_part(before.chars().next_back()) && !is_part(after.chars().next())
    })?;
    Some((units(&message[..start]), units(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_it_stands_alone() {
        assert_eq!(place("Project Web was created", "Web"), Some((8, 3)));
        assert_eq!(place("Website Web was created", "Web"), Some((8, 3)));
        assert_eq!(place("Project 🚢 Web was created", "Web"), Some((11, 3)));
        assert_eq!(place("The process was changed", "Web"), None);
        assert_eq!(place("The process was changed", ""), None);
    }
}
