//! How far a reader of the stream has come: the number of the last change, and of the last event of each watched
//! task, e.g. `412;ServerTasks-7:31`.

use std::collections::BTreeMap;

use regatta_core::engine::event::Seq;

use crate::error::ApiError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    change: i64,
    tasks: BTreeMap<String, Seq>,
}

impl Cursor {
    pub(super) const fn at(change: i64) -> Self {
        Self {
            change,
            tasks: BTreeMap::new(),
        }
    }

    /// Reads the id of a message.
    ///
    /// # Errors
    /// 400 when it is none of ours.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let wrong = || {
            ApiError::invalid_one(
                "Last-Event-ID: this is not the id of a message of this stream. Open the stream without it, and load everything again.",
            )
        };
        let mut parts = text.split(';');
        let change = parts.next().and_then(|number| number.parse().ok());
        let mut cursor = Self::at(change.filter(|change| *change >= 0).ok_or_else(wrong)?);
        for part in parts {
            let (id, seq) = part.split_once(':').ok_or_else(wrong)?;
            cursor.reached(id, seq.parse().map_err(|_| wrong())?);
        }
        Ok(cursor)
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.change.to_string();
        for (id, seq) in &self.tasks {
            text.push_str(&format!(";{id}:{seq}"));
        }
        text
    }

    pub(super) const fn change(&self) -> i64 {
        self.change
    }

    pub(super) const fn changed(&mut self, change: i64) {
        self.change = change;
    }

    pub(super) fn task(&self, id: &str) -> Option<Seq> {
        self.tasks.get(id).copied()
    }

    pub(super) fn reached(&mut self, id: &str, seq: Seq) {
        self.tasks.insert(id.to_owned(), seq);
    }
}

/// A task as the query names it: `ServerTasks-7`, or `ServerTasks-7:31` to begin after an event.
pub(super) fn task(text: &str) -> Result<(&str, Seq), ApiError> {
    let (id, after) = text.split_once(':').unwrap_or((text, "0"));
    let after = after.parse().map_err(|_| {
        let text: String = text.chars().take(60).collect();
        ApiError::invalid_one(format!(
            "tasks: '{text}' is no task; write ServerTasks-7, or ServerTasks-7:31 to begin after event 31."
        ))
    })?;
    Ok((id, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_as_it_was_written() {
        let mut cursor = Cursor::at(412);
        cursor.reached("ServerTasks-7", 31);
        cursor.reached("ServerTasks-12", 0);
        assert_eq!(cursor.text(), "412;ServerTasks-12:0;ServerTasks-7:31");
        assert_eq!(Cursor::parse(&cursor.text()).unwrap(), cursor);
        for wrong in ["", "x", "-1", "1;", "1;ServerTasks-1", "1;ServerTasks-1:x"] {
            assert!(Cursor::parse(wrong).is_err(), "{wrong}");
        }
    }
}
