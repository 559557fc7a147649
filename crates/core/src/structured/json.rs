//! JSON files, with comments and trailing commas as configuration files have them. Values are put in where they stand,
//! so everything else stays letter by letter.

use serde_json::Value;

use super::edit::{Edit, Edits, line_of};
use super::{Replaced, StructuredError, Values};

/// Deeper than any configuration file, and far from the end of the stack.
const DEPTH_MAX: usize = 128;

pub(super) fn replace(text: &str, values: &Values) -> Result<Replaced, StructuredError> {
    let mut scan = Scan {
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        values,
        edits: Edits::default(),
    };
    scan.value(&mut String::new(), 0)?;
    scan.blank()?;
    if scan.at < text.len() {
        return Err(scan.wrong("something stands behind its end"));
    }
    Ok(scan.edits.written(text))
}

/// One walk through a file.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    values: &'t Values,
    edits: Edits,
}

impl Scan<'_> {
    fn value(&mut self, place: &mut String, depth: usize) -> Result<(), StructuredError> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("it is nested too deeply"));
        }
        self.blank()?;
        let start = self.at;
        match self.next() {
            Some(b'{') => self.members(place, depth)?,
            Some(b'[') => self.elements(place, depth)?,
            Some(b'"') => self.string()?,
            Some(_) => self.word()?,
            None => return Err(self.wrong("a value is missing")),
        }
        self.put(place, start);
        Ok(())
    }

    /// Puts the variable that names this place, if there is one, in the place of what was read since `start`.
    fn put(&mut self, place: &str, start: usize) {
        let Some(named) = self.values.of(place) else {
            return;
        };
        let Some(text) = written(&self.text[start..self.at], &named.value) else {
            self.edits.unfit.push(named.name.clone());
            return;
        };
        self.edits.put(Edit {
            place: start..self.at,
            text,
            name: named.name.clone(),
        });
    }

    fn members(&mut self, place: &mut String, depth: usize) -> Result<(), StructuredError> {
        self.at += 1;
        while !self.ends_with(b'}')? {
            let start = self.at;
            if self.next() != Some(b'"') {
                return Err(self.wrong("a name in quotation marks is missing"));
            }
            self.string()?;
            let name: String = serde_json::from_str(&self.text[start..self.at])
                .map_err(|_| self.wrong("a text has a mark that it must not have"))?;
            self.blank()?;
            if self.next() != Some(b':') {
                return Err(self.wrong("a colon is missing"));
            }
            self.at += 1;
            self.below(place, &name, depth)?;
        }
        Ok(())
    }

    fn elements(&mut self, place: &mut String, depth: usize) -> Result<(), StructuredError> {
        self.at += 1;
        let mut index = 0_usize;
        while !self.ends_with(b']')? {
            self.below(place, &index.to_string(), depth)?;
            index += 1;
        }
        Ok(())
    }

    /// One part of a place, and the comma behind it.
    fn below(
        &mut self,
        place: &mut String,
        part: &str,
        depth: usize,
    ) -> Result<(), StructuredError> {
        let outer = place.len();
        if outer > 0 {
            place.push(':');
        }
        place.push_str(part);
        self.value(place, depth + 1)?;
        place.truncate(outer);
        self.blank()?;
        match self.next() {
            Some(b',') => self.at += 1,
            Some(b'}' | b']') => {}
            _ => return Err(self.wrong("a comma is missing")),
        }
        Ok(())
    }

    fn ends_with(&mut self, bracket: u8) -> Result<bool, StructuredError> {
        self.blank()?;
        match self.next() {
            None => Err(self.wrong("it ends too early")),
            Some(next) => {
                let is_end = next == bracket;
                self.at += usize::from(is_end);
                Ok(is_end)
            }
        }
    }

    fn string(&mut self) -> Result<(), StructuredError> {
        self.at += 1;
        loop {
            match self.next() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(b'\n') | None => return Err(self.wrong("a text does not end in its line")),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<(), StructuredError> {
        let start = self.at;
        while self
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        {
            self.at += 1;
        }
        match serde_json::from_str::<Value>(&self.text[start..self.at]) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.wrong("this is no value")),
        }
    }

    /// White space and comments.
    fn blank(&mut self) -> Result<(), StructuredError> {
        loop {
            let rest = &self.text[self.at..];
            let bare = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - bare.len();
            let length = if bare.starts_with("//") {
                bare.find('\n').unwrap_or(bare.len())
            } else if bare.starts_with("/*") {
                let end = bare.find("*/").map(|end| end + 2);
                end.ok_or_else(|| self.wrong("a comment does not end"))?
            } else {
                return Ok(());
            };
            self.at += length;
        }
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, problem: &'static str) -> StructuredError {
        StructuredError::NotJson {
            line: line_of(self.text, self.at),
            problem,
        }
    }
}

/// The value as what was there: a number stays one if it can. `None`: it cannot stand there.
fn written(before: &str, value: &str) -> Option<String> {
    let trimmed = value.trim();
    let parsed = serde_json::from_str::<Value>(trimmed).ok();
    match before.as_bytes().first() {
        Some(b'{' | b'[') => parsed.map(|_| trimmed.to_owned()),
        Some(b'-' | b'0'..=b'9') if parsed.as_ref().is_some_and(Value::is_number) => {
            Some(trimmed.to_owned())
        }
        Some(b't' | b'f')
            if ["true", "false"]
                .iter()
                .any(|word| trimmed.eq_ignore_ascii_case(word)) =>
        {
            Some(trimmed.to_ascii_lowercase())
        }
        _ => Some(Value::from(value).to_string()),
    }
}
