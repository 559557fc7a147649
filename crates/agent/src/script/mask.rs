//! The secrets of one script. How they are hidden is the core's; here they may become more while the script runs.

use std::sync::Arc;

use regatta_core::mask;

/// Knows what to hide. Clones are cheap.
#[derive(Clone)]
pub(crate) struct Masker {
    secrets: Arc<Vec<String>>,
    known: mask::Masker,
}

impl Masker {
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let secrets: Vec<_> = secrets.map(str::to_owned).collect();
        let known = mask::Masker::new(secrets.iter().map(String::as_str));
        Self {
            secrets: Arc::new(secrets),
            known,
        }
    }

    /// One more secret, from now on.
    pub(crate) fn add(&mut self, secret: &str) {
        let secrets = Arc::make_mut(&mut self.secrets);
        secrets.push(secret.to_owned());
        self.known = mask::Masker::new(secrets.iter().map(String::as_str));
    }

    /// See [`mask::Masker`].
    pub(crate) fn mask(&self, text: &str) -> String {
        self.known.mask(text)
    }

    /// See [`mask::Masker::longest_bytes`].
    pub(crate) fn longest_bytes(&self) -> usize {
        self.known.longest_bytes()
    }

    /// See [`mask::Masker::cut_before`].
    pub(crate) fn cut_before(&self, bytes: &[u8], limit: usize) -> usize {
        self.known.cut_before(bytes, limit)
    }

    /// Whether there is nothing to hide.
    pub(crate) fn is_idle(&self) -> bool {
        self.known.is_empty()
    }
}
