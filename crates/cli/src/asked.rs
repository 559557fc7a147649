//! What a person was asked because the command line did not say it, and the command that needs no questions.

use std::cell::RefCell;

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::find::{self, Naming, name_of, text};
use crate::terminal;
use crate::text::visible;

/// Names in one question; another can be typed.
const CHOICES_MAX: usize = 20;

/// Options the answers stand for, which nobody has been told yet.
#[derive(Default)]
pub(crate) struct Asked(RefCell<Vec<String>>);

impl Asked {
    /// Asks which of these an option is to name.
    pub(crate) fn choose(&self, kind: &str, option: &str, items: &[Value]) -> Result<Value> {
        if items.is_empty() {
            let what = format!("There is no {kind} you may see.");
            return Err(Failure::not_found(what).next(format!("regatta {kind} create NAME")));
        }
        eprintln!("Which {kind}?");
        for (at, item) in items.iter().take(CHOICES_MAX).enumerate() {
            eprintln!("{:>4}  {}", at + 1, visible(&name_of(item)));
        }
        let answer = terminal::answer("Number or name: ");
        let number = answer.parse::<usize>().ok();
        let numbered = number.and_then(|number| items.get(number.checked_sub(1)?));
        let chosen = match numbered {
            Some(item) => item.clone(),
            None => find::among(Naming::Beginning, kind, &answer, items)?,
        };
        let slug = quoted(&text(&chosen, "Slug"));
        self.0.borrow_mut().push(format!("{option} {slug}"));
        Ok(chosen)
    }

    /// The command with the answers in it; nothing when nobody was asked since.
    pub(crate) fn equivalent(&self) -> Option<String> {
        let answers = self.0.take();
        let words = std::env::args_os().skip(1);
        let words = words.map(|word| quoted(&word.to_string_lossy()));
        let words: Vec<String> = words.chain(answers.iter().cloned()).collect();
        (!answers.is_empty()).then(|| format!("regatta {}", words.join(" ")))
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_takes_a_word_as_it_was() {
        for (word, written) in [
            ("web-shop", "web-shop"),
            ("Web shop", "'Web shop'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$(rm)", "'$(rm)'"),
        ] {
            assert_eq!(quoted(word), written);
        }
    }
}
