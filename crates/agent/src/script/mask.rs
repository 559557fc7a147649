//! Hides secrets in output lines before they leave the machine.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What stands where a secret was (a fixed run, so that its length is not told; Octopus' rule).
const STARS: &str = "********";
/// Values up to this length are not masked (Octopus' rule): they would shred the log.
const UNMASKED_MAX_CHARS: usize = 3;

/// Knows the secrets of one script. Clones are cheap.
#[derive(Clone)]
pub(crate) struct Masker {
    patterns: Arc<Vec<String>>,
    search: Option<AhoCorasick>,
    longest_bytes: usize,
}

impl Masker {
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let mut masker = Self {
            patterns: Arc::default(),
            search: None,
            longest_bytes: 0,
        };
        secrets.for_each(|secret| masker.collect(secret));
        masker.build();
        masker
    }

    /// One more secret, from now on.
    pub(crate) fn add(&mut self, secret: &str) {
        self.collect(secret);
        self.build();
    }

    /// Length of the longest text that is masked, in bytes.
    pub(crate) fn longest_bytes(&self) -> usize {
        self.longest_bytes
    }

    /// Appends `line` with its secrets hidden.
    pub(crate) fn mask_into(&self, line: &str, into: &mut String) {
        let Some(search) = &self.search else {
            return into.push_str(line);
        };
        let mut last = 0;
        for found in search.find_iter(line) {
            into.push_str(&line[last..found.start()]);
            into.push_str(STARS);
            last = found.end();
        }
        into.push_str(&line[last..]);
    }

    /// A place of at most `limit` (but more than 0) where `bytes` can be cut without cutting a secret or a character.
    pub(crate) fn cut_before(&self, bytes: &[u8], limit: usize) -> usize {
        let mut cut = limit.min(bytes.len());
        if let Some(search) = &self.search {
            let crossed = search
                .find_iter(bytes)
                .find(|found| found.start() < cut && cut < found.end());
            cut = crossed.map_or(cut, |found| {
                if found.start() > 0 {
                    found.start()
                } else {
                    found.end()
                }
            });
        }
        let is_continuation = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        let whole = (cut.saturating_sub(3)..=cut)
            .rev()
            .find(|at| *at > 0 && !is_continuation(*at));
        whole.unwrap_or(cut).max(1)
    }

    /// Whether there is nothing to hide.
    pub(crate) fn is_idle(&self) -> bool {
        self.search.is_none()
    }

    fn collect(&mut self, secret: &str) {
        let patterns = Arc::make_mut(&mut self.patterns);
        // Lines come one by one, so each line of a value is a secret of its own.
        for text in std::iter::once(secret).chain(secret.lines()).map(str::trim) {
            if text.chars().count() > UNMASKED_MAX_CHARS && !text.contains('\n') {
                patterns.extend(forms(text));
            }
        }
        if secret.chars().count() > UNMASKED_MAX_CHARS {
            patterns.push(STANDARD.encode(secret));
        }
    }

    fn build(&mut self) {
        let patterns = Arc::make_mut(&mut self.patterns);
        patterns.sort_unstable();
        patterns.dedup();
        self.longest_bytes = patterns.iter().map(String::len).max().unwrap_or(0);
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&*patterns);
        self.search = search.ok().filter(|_| self.longest_bytes > 0);
    }
}

/// A text as it is and as it looks base64-, URL- and JSON-escaped.
fn forms(text: &str) -> impl Iterator<Item = String> {
    let json = serde_json::to_string(text).map(|quoted| quoted[1..quoted.len() - 1].to_owned());
    let url = text.bytes().fold(String::new(), |mut url, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
        url
    });
    [
        Some(text.to_owned()),
        Some(STANDARD.encode(text)),
        Some(url),
        json.ok(),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], line: &str) -> String {
        let mut out = String::new();
        Masker::new(secrets.iter().copied()).mask_into(line, &mut out);
        out
    }

    #[test]
    fn secrets_are_hidden_in_every_usual_form() {
        let secret = "p/ss w\"rd";
        for line in [
            "x p/ss w\"rd y",
            "x cC9zcyB3InJk y",
            "x p%2Fss%20w%22rd y",
            "x p/ss w\\\"rd y",
        ] {
            assert_eq!(masked(&[secret], line), "x ******** y");
        }
    }

    #[test]
    fn each_line_of_a_value_is_hidden_and_short_values_are_not() {
        assert_eq!(
            masked(&["first line\nsecond"], "a second b first line"),
            "a ******** b ********"
        );
        assert_eq!(masked(&["abc"], "abcabc"), "abcabc");
    }
}
