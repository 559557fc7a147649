//! Hides the secrets of a deployment in a line, the second time after the agent.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Shorter values are not masked: they would blot out ordinary text (Octopus' rule).
const CHARS_MIN: usize = 4;
const STARS: &str = "********";

/// All secrets known so far, also in the forms scripts easily print them in.
#[derive(Default)]
pub(super) struct Mask {
    values: Vec<String>,
    patterns: Vec<String>,
    found: Option<AhoCorasick>,
}

impl Mask {
    /// From now on these values are hidden.
    pub(super) fn add<'s>(&mut self, values: impl IntoIterator<Item = &'s str>) {
        let before = self.patterns.len();
        for value in values {
            self.values.push(value.to_owned());
            for line in std::iter::once(value).chain(value.lines()) {
                self.add_forms(line);
            }
        }
        if self.patterns.len() > before {
            let automaton = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.patterns);
            self.found = automaton.ok();
        }
    }

    /// The values as they are.
    pub(super) fn values(&self) -> &[String] {
        &self.values
    }

    fn add_forms(&mut self, value: &str) {
        if value.trim().chars().count() < CHARS_MIN {
            return;
        }
        let json = serde_json::to_string(value).unwrap_or_default();
        let forms = [
            value.to_owned(),
            STANDARD.encode(value),
            STANDARD_NO_PAD.encode(value),
            URL_SAFE.encode(value),
            URL_SAFE_NO_PAD.encode(value),
            crate::path::encode(value),
            json.trim_matches('"').to_owned(),
        ];
        for form in forms {
            if !self.patterns.contains(&form) {
                self.patterns.push(form);
            }
        }
    }

    pub(super) fn mask(&self, text: &str) -> String {
        match &self.found {
            Some(found) if found.is_match(text) => {
                found.replace_all(text, &vec![STARS; self.patterns.len()])
            }
            _ => text.to_owned(),
        }
    }
}
