//! Requests that must not be done twice, and may have to be sent twice: the answer to the first can be lost.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::Api;
use super::failed::is_busy;
use crate::exit::Exit;
use crate::failure::Result;

/// How often, and how long in between.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

impl Api {
    /// Posts with a key by which the server knows a repetition, and repeats until there is an answer.
    pub(crate) async fn post_once(&self, path: &str, body: &Value) -> Result<Value> {
        let key = format!("{:016x}{:016x}", random(), random());
        for _ in 1..TRIES {
            match self.post_with(path, body, &key).await {
                Err(failure) if failure.exit == Exit::Unreachable || is_busy(&failure) => {
                    eprintln!("{} Trying again.", crate::text::visible(&failure.what));
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
        self.post_with(path, body, &key).await
    }

    async fn post_with(&self, path: &str, body: &Value, key: &str) -> Result<Value> {
        let request = self
            .request(Method::POST, path)?
            .header("Idempotency-Key", key);
        self.answer(request, &Method::POST, Some(body)).await
    }
}

/// The standard library seeds its hashers from the system's randomness.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
