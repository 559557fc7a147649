//! Hiding secrets in output, also when they come encoded or in pieces.
//!
//! The agent masks what a script prints before it leaves the machine, the server masks again
//! before it stores; both use this. What is masked does not depend on how the output was cut
//! into chunks. It hides secrets from accidents, not from a script that wants to leak them.

use aho_corasick::{AhoCorasick, MatchKind};

mod forms;

/// Stands for every masked stretch, whatever its length.
pub const STARS: &str = "********";

/// Shorter values are not masked: they would blot out ordinary text (Octopus' rule).
pub const CHARS_MIN: usize = 4;

/// A set of secrets to hide.
#[derive(Clone, Default)]
pub struct Masker {
    automaton: Option<AhoCorasick>,
    /// Length of the longest pattern.
    bytes_max: usize,
}

impl Masker {
    /// Hides these texts, in every form of [`forms`]. Building costs time in the order of
    /// 30 times the texts' length; keep it.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut patterns = Vec::new();
        for secret in secrets {
            forms::push(secret, &mut patterns);
        }
        patterns.sort_unstable();
        patterns.dedup();
        let bytes_max = patterns.iter().map(String::len).max().unwrap_or(0);
        if bytes_max == 0 {
            return Self::default();
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns);
        let automaton =
            automaton.expect("fewer than 2^31 states: secrets are limited to megabytes");
        Self {
            automaton: Some(automaton),
            bytes_max,
        }
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.automaton.is_none()
    }

    /// The text with every secret in it replaced by [`STARS`].
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        match &self.automaton {
            Some(automaton) if automaton.is_match(text) => {
                let mut stream = Stream::default();
                let mut out = Vec::with_capacity(text.len());
                stream.push(self, text.as_bytes(), &mut out);
                stream.finish(self, &mut out);
                String::from_utf8_lossy(&out).into_owned()
            }
            _ => text.to_owned(),
        }
    }

    /// Length of the longest text that is hidden, in bytes.
    #[must_use]
    pub const fn longest_bytes(&self) -> usize {
        self.bytes_max
    }

    /// Where `bytes` can be cut without cutting through a secret or a character: at `limit` or
    /// a little before; behind it only if a secret at the very start is longer. Never 0.
    #[must_use]
    pub fn cut_before(&self, bytes: &[u8], limit: usize) -> usize {
        let mut cut = limit.min(bytes.len());
        let stretches = self.stretches(bytes, 0);
        if let Some((start, end)) = stretches
            .into_iter()
            .find(|(start, end)| *start < cut && cut < *end)
        {
            cut = if start > 0 { start } else { end };
        }
        let continues = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        let whole = (cut.saturating_sub(3)..=cut)
            .rev()
            .find(|at| *at > 0 && !continues(*at));
        whole.unwrap_or(cut).max(1)
    }

    /// The stretches of `bytes` that belong to secrets, in order, joined where they touch.
    fn stretches(&self, bytes: &[u8], covered: usize) -> Vec<(usize, usize)> {
        let mut stretches = Vec::new();
        if covered > 0 {
            stretches.push((0, covered));
        }
        let Some(automaton) = &self.automaton else {
            return stretches;
        };
        for found in automaton.find_overlapping_iter(bytes) {
            let (mut start, mut end) = (found.start(), found.end());
            while let Some((from, to)) = stretches.pop_if(|(_, to)| *to >= start) {
                start = start.min(from);
                end = end.max(to);
            }
            stretches.push((start, end));
        }
        stretches
    }
}

/// Output in the middle of being masked. Holds back only what may be the start of a secret,
/// and never a finished line.
#[derive(Default)]
pub struct Stream {
    held: Vec<u8>,
    /// So many of the held bytes belong to a secret that began before them.
    covered: usize,
    /// Whether the byte written last was hidden: its stars stand already.
    hiding: bool,
}

impl Stream {
    /// Takes the next chunk and appends what is certain to `out`. The masker may know more
    /// secrets than at the chunk before.
    pub fn push(&mut self, masker: &Masker, chunk: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(chunk);
        let line_end = self
            .held
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        // A secret that begins before this ends within what is held.
        let reached = (self.held.len() + 1).saturating_sub(masker.bytes_max.max(1));
        self.release(masker, line_end.max(reached), out);
    }

    /// Writes what is left; nothing more follows. The stream can be used for other output then.
    pub fn finish(&mut self, masker: &Masker, out: &mut Vec<u8>) {
        self.release(masker, self.held.len(), out);
        *self = Self::default();
    }

    fn release(&mut self, masker: &Masker, certain: usize, out: &mut Vec<u8>) {
        if certain == 0 {
            return;
        }
        let stretches = masker.stretches(&self.held, self.covered);
        let mut at = 0;
        self.covered = 0;
        for (start, end) in stretches {
            if start >= certain {
                break;
            }
            out.extend_from_slice(&self.held[at..start]);
            if !(start == 0 && self.hiding) {
                out.extend_from_slice(STARS.as_bytes());
            }
            at = end.min(certain);
            self.covered = end - at;
        }
        out.extend_from_slice(&self.held[at..certain]);
        self.hiding = at == certain;
        self.held.drain(..certain);
    }
}

#[cfg(test)]
mod tests;
