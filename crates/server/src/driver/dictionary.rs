//! What one action on one place sees: names with values, secrets open. Never stored, never printed.

use std::collections::HashMap;

use regatta_core::secret::Secret;

use crate::gateway::ScriptVariable;

/// How deep values may refer to each other.
const DEPTH_MAX: u32 = 20;
/// Shorter values are not masked: they would blot out ordinary text (Octopus' rule).
const MASK_CHARS_MIN: usize = 4;

/// See the module. Later values of a name replace earlier ones; names are equal in any case.
#[derive(Default)]
pub(crate) struct Dictionary {
    entries: Vec<Entry>,
    by_key: HashMap<String, usize>,
}

struct Entry {
    name: String,
    value: Secret,
    sensitive: bool,
}

impl Dictionary {
    pub(crate) fn set(&mut self, name: &str, value: Secret, sensitive: bool) {
        let entry = Entry {
            name: name.to_owned(),
            value,
            sensitive,
        };
        match self.by_key.get(&name.to_lowercase()) {
            Some(&at) => self.entries[at] = entry,
            None => {
                self.by_key.insert(name.to_lowercase(), self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    pub(crate) fn set_text(&mut self, name: &str, value: &str) {
        self.set(name, Secret::new(value.to_owned()), false);
    }

    fn get(&self, name: &str) -> Option<&Entry> {
        self.by_key
            .get(&name.trim().to_lowercase())
            .map(|&at| &self.entries[at])
    }

    /// The text with every `#{Name}` replaced; what is not known stays as it is.
    pub(crate) fn expand(&self, text: &str) -> Result<String, String> {
        self.expand_at(text, 0)
    }

    fn expand_at(&self, text: &str, depth: u32) -> Result<String, String> {
        if !text.contains("#{") {
            return Ok(text.to_owned());
        }
        if depth > DEPTH_MAX {
            return Err(format!(
                "values refer to each other more than {DEPTH_MAX} deep"
            ));
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("#{") {
            out.push_str(&rest[..start]);
            let tail = &rest[start + 2..];
            let Some(end) = tail.find('}') else { break };
            match self.get(&tail[..end]) {
                Some(entry) => out.push_str(&self.expand_at(entry.value.expose(), depth + 1)?),
                None => out.push_str(&rest[start..start + 2 + end + 1]),
            }
            rest = &tail[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Whether a switch is `True`, in any case.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|entry| entry.value.expose().trim().eq_ignore_ascii_case("true"))
    }

    /// Whether an expression holds: no error, not empty, not `false`, `no` or `0` (Octopus' rule).
    pub(crate) fn holds(&self, expression: &str) -> Result<bool, String> {
        let value = self.expand(expression)?;
        let value = value.trim();
        let unresolved = value.contains("#{");
        let falsy = value.is_empty()
            || value == "0"
            || value.eq_ignore_ascii_case("false")
            || value.eq_ignore_ascii_case("no");
        Ok(!falsy && !unresolved)
    }

    /// Every sensitive value long enough to be masked.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let sensitive = self.entries.iter().filter(|entry| entry.sensitive);
        sensitive
            .map(|entry| entry.value.expose())
            .filter(|value| value.chars().count() >= MASK_CHARS_MIN)
    }

    /// All of it for a script, values worked out.
    pub(crate) fn for_script(&self) -> Result<Vec<ScriptVariable>, String> {
        let one = |entry: &Entry| {
            let value = self.expand(entry.value.expose())?;
            Ok(ScriptVariable {
                name: entry.name.clone(),
                value,
                sensitive: entry.sensitive,
            })
        };
        self.entries.iter().map(one).collect()
    }
}
