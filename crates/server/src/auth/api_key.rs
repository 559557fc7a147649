//! API keys: `API-` and capital letters and digits only (Octopus' Go client refuses others locally).
//!
//! The key is shown once, when it is made. What is kept is its hash, and its first characters to recognise it.

use regatta_core::time::Time;
use regatta_store::ApiKey;
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;

/// 32 symbols: five bits each, so no symbol is likelier than another.
const SYMBOLS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// 52 symbols of five bits hold 256 random bits.
const LENGTH: usize = 52;
const PREFIX: &str = "API-";

/// A new key.
pub(crate) fn make() -> Result<String, ApiError> {
    let mut bytes = [0_u8; LENGTH];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    let symbols = bytes
        .iter()
        .map(|byte| char::from(SYMBOLS[usize::from(byte % 32)]));
    Ok(PREFIX.chars().chain(symbols).collect())
}

/// What a key is found by.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// The first characters, for people.
pub(crate) fn hint(key: &str) -> String {
    let shown: String = key.chars().take(PREFIX.len() + 3).collect();
    format!("{shown}...")
}

/// Whether clients could send a key of the operator's own choice.
pub(crate) fn is_well_formed(key: &str) -> bool {
    let symbols = key.strip_prefix(PREFIX).unwrap_or_default();
    !symbols.is_empty()
        && symbols
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// What is kept of a new key that does not expire. `of`: the user's id and what the key is for.
pub(crate) fn row(id: String, key: &str, of: (&str, &str), now: Time) -> ApiKey {
    let (user_id, purpose) = of;
    ApiKey {
        id,
        hash: hash(key),
        user_id: user_id.to_owned(),
        purpose: purpose.to_owned(),
        hint: hint(key),
        created_at: now,
        expires_at: None,
        last_used_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_form_clients_accept_and_differ() {
        let (a, b) = (make().unwrap(), make().unwrap());
        assert_eq!(a.len(), 56);
        assert!(is_well_formed(&a));
        assert_ne!(a, b);
        assert_ne!(hash(&a), hash(&b));
        assert!(
            ["API-lower", "API-", "KEY-1", "API-A B"]
                .iter()
                .all(|key| !is_well_formed(key))
        );
        assert_eq!(hint("API-ABCDEF"), "API-ABC...");
    }
}
