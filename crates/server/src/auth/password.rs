//! Passwords: argon2id, in the PHC text form, never more hashes at once than there are cores (hashing without
//! a bound would itself be a way to stop the server).

use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Short enough to type, long enough that guessing needs the hash.
pub(crate) const CHARS_MIN: usize = 8;
/// argon2 reads the whole text; longer ones only cost time.
pub(crate) const BYTES_MAX: usize = 1024;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    at_once: Arc<Semaphore>,
    /// What an unknown user's password is checked against, so that it takes as long as a known one's.
    decoy: Arc<OnceLock<String>>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            at_once: Arc::new(Semaphore::new(cores)),
            decoy: Arc::new(OnceLock::new()),
        }
    }

    /// The text to keep in place of a password that was [`check`]ed.
    pub(crate) async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.compute(move || hash(&password)).await
    }

    /// Whether the password belongs to the kept text. Without one it takes as long, and answers no.
    pub(crate) async fn verify(
        &self,
        password: String,
        kept: Option<String>,
    ) -> Result<bool, ApiError> {
        let decoy = Arc::clone(&self.decoy);
        let matches = self.compute(move || {
            let known = kept.is_some();
            let kept =
                kept.unwrap_or_else(|| decoy.get_or_init(|| hash("a password nobody has")).clone());
            let Ok(parsed) = PasswordHash::new(&kept) else {
                return false;
            };
            password.len() <= BYTES_MAX
                && Argon2::default()
                    .verify_password(password.as_bytes(), &parsed)
                    .is_ok()
                && known
        });
        matches.await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = Arc::clone(&self.at_once)
            .acquire_owned()
            .await
            .map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(ApiError::internal)
    }
}

/// Argon2's default is OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
fn hash(password: &str) -> String {
    Argon2::default()
        .hash_password(password.as_bytes())
        .expect("a bounded password and a fresh salt can always be hashed")
        .to_string()
}

/// Why a password cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("The password has {chars} characters; at least {CHARS_MIN} are needed.")]
    TooShort { chars: usize },
    #[error("The password is longer than {BYTES_MAX} bytes.")]
    TooLong,
    #[error("The password repeats one character. Choose one that cannot be guessed.")]
    OneCharacter,
    #[error("The password is the username. Choose another one.")]
    IsUsername,
}

/// Refuses passwords that are quickly guessed or cannot be kept. There are no rules on kinds of characters: they
/// make passwords worse (NIST SP 800-63B §3.1.1.2).
pub(crate) fn check(password: &str, username: &str) -> Result<(), PasswordError> {
    let chars = password.chars().count();
    if chars < CHARS_MIN {
        return Err(PasswordError::TooShort { chars });
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    if password.chars().all(|c| password.starts_with(c)) {
        return Err(PasswordError::OneCharacter);
    }
    if password.to_lowercase() == username.trim().to_lowercase() {
        return Err(PasswordError::IsUsername);
    }
    Ok(())
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        Self::invalid_one(format!("Password: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_matches() {
        let passwords = Passwords::new();
        let kept = passwords.hash("correct horse".into()).await.unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(
            passwords
                .verify("correct horse".into(), Some(kept.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("wrong horse".into(), Some(kept))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("a password nobody has".into(), None)
                .await
                .unwrap()
        );
    }

    #[test]
    fn guessable_passwords_are_refused_with_the_reason() {
        assert!(check("correct horse", "admin").is_ok());
        for (password, why) in [
            ("short", "7"),
            ("aaaaaaaaaa", "repeats"),
            ("Administrator", "username"),
            (&"x".repeat(2000), "longer"),
        ] {
            let error = check(password, "administrator").unwrap_err().to_string();
            assert!(error.contains(why.trim_start_matches('7')), "{error}");
        }
    }
}
