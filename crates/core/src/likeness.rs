//! How much two words are alike, for "did you mean". It knows no language.

/// Edits that turn one text into the other.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Of these the one that was probably meant, in any case of letters: it takes few edits for how long it is.
pub fn closest<T: AsRef<str>>(wanted: &str, known: impl IntoIterator<Item = T>) -> Option<T> {
    let wanted = wanted.to_lowercase();
    let edits = |word: &T| distance(&word.as_ref().to_lowercase(), &wanted);
    let edits_max = wanted.chars().count() / 3 + 1;
    let known = known.into_iter().map(|word| (edits(&word), word));
    let (edits, word) = known.min_by_key(|(edits, _)| *edits)?;
    (edits <= edits_max).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_symmetric_and_small_for_slips() {
        assert_eq!(distance("projekt", "project"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }

    #[test]
    fn what_is_nothing_like_it_was_not_meant() {
        let known = ["action_type", "notes", "name"];
        assert_eq!(closest("Action_typ", known), Some("action_type"));
        assert_eq!(closest("nam", known), Some("name"));
        assert_eq!(closest("condition", known), None);
        assert_eq!(closest("x", [""; 0]), None);
    }
}
