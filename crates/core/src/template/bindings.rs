//! The names a template can use, as a tree kept in a sorted list.

use std::sync::Arc;

use super::path;
use super::value::Source;

/// One name and its value.
#[derive(Clone)]
pub struct Binding {
    /// See [`path::key_of`].
    pub key: Arc<str>,
    /// As its author spelled it.
    pub name: Arc<str>,
    pub source: Source,
}

impl Binding {
    #[must_use]
    pub fn new(name: &str, source: Source) -> Self {
        Self {
            key: path::key_of(name).into(),
            name: name.into(),
            source,
        }
    }
}

/// Names and values, each name once.
#[derive(Clone, Default)]
pub struct Bindings {
    /// Sorted by key, no key twice.
    entries: Vec<Binding>,
}

impl Bindings {
    /// Of several with the same key the first one wins.
    #[must_use]
    pub fn new(mut entries: Vec<Binding>) -> Self {
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries.dedup_by(|later, first| later.key == first.key);
        Self { entries }
    }

    /// Every name, in the order of keys.
    #[must_use]
    pub fn entries(&self) -> &[Binding] {
        &self.entries
    }

    /// The value of a name in any case, spellable in templates or not.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.position(&path::key_of(name))
            .map(|at| &self.entries[at])
    }

    pub(super) fn position(&self, key: &str) -> Option<usize> {
        self.entries
            .binary_search_by(|entry| (*entry.key).cmp(key))
            .ok()
    }

    /// Whether any name lies below `key`.
    pub(super) fn has_below(&self, key: &str) -> bool {
        self.below(&format!("{key}.")).next().is_some()
            || self.below(&format!("{key}[")).next().is_some()
    }

    /// The indexes directly below `key`, each once: numbers first in their order, then texts.
    pub(super) fn indexes(&self, key: &str) -> Vec<Index> {
        let prefix = format!("{key}[");
        let mut found: Vec<Index> = Vec::new();
        for entry in self.below(&prefix) {
            let Some(folded) = path::index_at(&entry.key[prefix.len()..]) else {
                continue;
            };
            if found.last().is_some_and(|last| last.folded == folded) {
                continue;
            }
            let text = spelled(&entry.name, prefix.matches('[').count(), folded);
            found.push(Index {
                folded: folded.to_owned(),
                text,
            });
        }
        found.sort_by(|a, b| a.order().cmp(&b.order()));
        found.dedup_by(|a, b| a.folded == b.folded);
        found
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Binding> {
        let start = self.entries.partition_point(|entry| *entry.key < *prefix);
        self.entries[start..]
            .iter()
            .take_while(move |entry| entry.key.starts_with(prefix))
    }
}

/// One index of a node.
pub(super) struct Index {
    pub(super) folded: String,
    /// As spelled in the first name that has it.
    pub(super) text: String,
}

impl Index {
    fn order(&self) -> (bool, u64, &str) {
        match self.folded.parse() {
            Ok(number) => (false, number, &self.folded),
            Err(_) => (true, 0, &self.folded),
        }
    }
}

/// The author's spelling of the `nth` bracket of `name` at any depth; the folded text if it is not there.
fn spelled(name: &str, nth: usize, folded: &str) -> String {
    let mut opened = name.match_indices('[').map(|(at, _)| at);
    let text = opened
        .nth(nth - 1)
        .and_then(|at| path::index_at(&name[at + 1..]));
    match text.map(str::trim) {
        Some(text) if path::fold(text) == folded => text.to_owned(),
        _ => folded.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::Text;
    use super::*;

    fn of(names: &[&str]) -> Bindings {
        Bindings::new(
            names
                .iter()
                .map(|name| Binding::new(name, Source::data(Text::plain(*name))))
                .collect(),
        )
    }

    #[test]
    fn indexes_keep_their_spelling_and_count_numbers() {
        let bindings = of(&[
            "E[10]",
            "E[2].Port",
            "E[Web A].Port",
            "E[web a]",
            "E.F",
            "EE[1]",
            "E[2]",
        ]);
        let texts: Vec<_> = bindings
            .indexes("e")
            .into_iter()
            .map(|index| index.text)
            .collect();
        assert_eq!(texts, ["2", "10", "web a"]);
        let nested = of(&["A[x[1]].B[Two].C"]);
        assert_eq!(
            nested
                .indexes("a[x[1]].b")
                .into_iter()
                .map(|index| index.text)
                .collect::<Vec<_>>(),
            ["Two"]
        );
    }

    #[test]
    fn the_first_of_two_equal_names_wins() {
        let bindings = Bindings::new(vec![
            Binding::new("A", Source::data(Text::plain("first"))),
            Binding::new("a ", Source::data(Text::plain("second"))),
        ]);
        assert_eq!(bindings.get("A").unwrap().source.text().expose(), "first");
        assert_eq!(bindings.entries().len(), 1);
    }
}
