//! Patterns for the files of a package: `*` and `?` within a name, `**` across folders, `{a,b}` for alternatives.
//! Letters count as they are written, as on the machines packages are unpacked on.

use regex::Regex;

/// Patterns of which a path has to match one.
#[derive(Debug, Clone, Default)]
pub struct Globs(Vec<(String, Regex)>);

/// A pattern that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{pattern}' is no pattern for files of a package; write paths such as config/*.json or **/web.config"
)]
pub struct GlobError {
    pub pattern: String,
}

impl Globs {
    /// One pattern a line; empty lines are left out.
    ///
    /// # Errors
    /// Naming the first line that is none.
    pub fn parse(lines: &str) -> Result<Self, GlobError> {
        let patterns = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        let parsed = patterns.map(|pattern| Ok((pattern.to_owned(), one(pattern)?)));
        parsed.collect::<Result<_, _>>().map(Self)
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path with `/` between its parts matches any of them.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.iter().any(|(_, pattern)| pattern.is_match(path))
    }

    /// The patterns that none of the paths match.
    #[must_use]
    pub fn without_match(&self, paths: &[&str]) -> Vec<&str> {
        let idle = self
            .0
            .iter()
            .filter(|(_, pattern)| !paths.iter().any(|path| pattern.is_match(path)));
        idle.map(|(text, _)| text.as_str()).collect()
    }
}

fn one(pattern: &str) -> Result<Regex, GlobError> {
    let wrong = || GlobError {
        pattern: pattern.chars().take(200).collect(),
    };
    let path = pattern.replace('\\', "/");
    let path = path.trim_start_matches("./");
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(wrong());
    }
    let mut text = String::from("^");
    let (mut rest, mut depth) = (path, 0_u32);
    while let Some(letter) = rest.chars().next() {
        let (taken, meaning) = match letter {
            '*' if rest.starts_with("**/") => (3, "(?:[^/]+/)*"),
            '*' if rest.starts_with("**") => (2, ".*"),
            '*' => (1, "[^/]*"),
            '?' => (1, "[^/]"),
            '{' => (1, "(?:"),
            ',' if depth > 0 => (1, "|"),
            '}' if depth > 0 => (1, ")"),
            other => {
                text.push_str(&regex::escape(other.encode_utf8(&mut [0; 4])));
                (other.len_utf8(), "")
            }
        };
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ => {}
        }
        text.push_str(meaning);
        rest = &rest[taken..];
    }
    text.push('$');
    if depth > 0 {
        return Err(wrong());
    }
    Regex::new(&text).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_people_expect() {
        for (pattern, yes, no) in [
            ("web.config", "web.config", "a/web.config"),
            ("*.json", "app.json", "config/app.json"),
            ("config/*.json", "config/app.json", "config/a/app.json"),
            ("**/*.json", "config/a/app.json", "config/a/app.jsonx"),
            ("**/*.json", "app.json", "app.JSON"),
            ("config/**", "config/a/b", "configs/a"),
            (r"config\app.?ml", "config/app.yml", "config/app.ml"),
            ("./{a,b c}.txt", "b c.txt", "c.txt"),
            ("a+b(1).txt", "a+b(1).txt", "aab1.txt"),
        ] {
            let globs = Globs::parse(pattern).unwrap();
            assert!(globs.matches(yes), "{pattern} should match {yes}");
            assert!(!globs.matches(no), "{pattern} should not match {no}");
        }
    }

    #[test]
    fn lines_are_alternatives_and_idle_ones_are_told() {
        let globs = Globs::parse("\n*.json \n\n  conf/*\n").unwrap();
        assert!(globs.matches("a.json") && globs.matches("conf/b"));
        assert_eq!(globs.without_match(&["a.json"]), ["conf/*"]);
        for bad in ["/etc/*", "../a", "{a,b", "a/../../b"] {
            assert!(Globs::parse(bad).is_err(), "{bad}");
        }
        assert!(!Globs::parse("").unwrap().matches(""));
    }
}
