//! How often somebody may try to sign in: per account, per address and in total.
//!
//! Only failures count, so a busy office behind one address is not locked out by its own success. Counters live
//! in memory: several nodes each have their own, which multiplies the bound by the number of nodes and no more.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::http::{StatusCode, header};
use regatta_core::time::Time;

use crate::error::ApiError;

/// Failures within the window after which the next try must wait.
const PER_ACCOUNT: u32 = 5;
const PER_ADDRESS: u32 = 20;
const IN_TOTAL: u32 = 200;
const WINDOW_MS: i64 = 60_000;
/// Names tried beyond this many at once are guesses from a list; the total bounds them.
const KEYS_MAX: usize = 10_000;

/// Failed tries, counted.
#[derive(Default)]
pub(crate) struct Limits(Mutex<HashMap<String, Failures>>);

#[derive(Clone, Copy)]
struct Failures {
    since: Time,
    count: u32,
}

impl Limits {
    /// 429 when there were too many failures lately.
    pub(crate) fn check(&self, now: Time, account: &str, address: &str) -> Result<(), ApiError> {
        let failures = self.0.lock().expect("never held over a panic");
        for (key, most) in keys(account, address) {
            if let Some(found) = failures.get(&key)
                && found.count >= most
                && now.since_ms(found.since) < WINDOW_MS
            {
                let seconds = (WINDOW_MS - now.since_ms(found.since) + 999) / 1000;
                return Err(too_many(seconds));
            }
        }
        Ok(())
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, now: Time, account: &str, address: &str) {
        let mut failures = self.0.lock().expect("never held over a panic");
        if failures.len() > KEYS_MAX {
            failures.retain(|_, found| now.since_ms(found.since) < WINDOW_MS);
        }
        for (key, _) in keys(account, address) {
            let is_full = failures.len() > KEYS_MAX && !failures.contains_key(&key);
            if is_full {
                continue;
            }
            let entry = failures.entry(key).or_insert(Failures {
                since: now,
                count: 0,
            });
            if now.since_ms(entry.since) >= WINDOW_MS {
                *entry = Failures {
                    since: now,
                    count: 0,
                };
            }
            entry.count += 1;
        }
    }

    /// Forgets an account's failures after it signed in.
    pub(crate) fn succeeded(&self, account: &str) {
        let key = format!("account:{}", normalised(account));
        self.0.lock().expect("never held over a panic").remove(&key);
    }
}

fn keys(account: &str, address: &str) -> [(String, u32); 3] {
    [
        ("total".to_owned(), IN_TOTAL),
        (format!("account:{}", normalised(account)), PER_ACCOUNT),
        (format!("address:{address}"), PER_ADDRESS),
    ]
}

/// One spelling of an account name, so that spaces, NUL bytes or letter case do not open a new counter.
pub(crate) fn normalised(account: &str) -> String {
    let visible = account.chars().filter(|c| {
        !c.is_control() && !c.is_whitespace() && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{FEFF}')
    });
    visible.flat_map(char::to_lowercase).take(200).collect()
}

fn too_many(seconds: i64) -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "TooManyAttempts",
        "There were too many failed attempts to sign in.",
    )
    .help(format!("Wait {seconds} seconds and try again."))
    .header(header::RETRY_AFTER, seconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_try_waits_however_the_name_is_spelled() {
        let limits = Limits::default();
        let spellings = ["admin", "Admin", " admin ", "ad\u{0}min", "admin\u{200B}"];
        for spelling in spellings {
            assert!(limits.check(Time(0), spelling, "::1").is_ok());
            limits.failed(Time(0), spelling, "::1");
        }
        assert_eq!(
            limits
                .check(Time(1000), "ADMIN", "::2")
                .unwrap_err()
                .status(),
            StatusCode::TOO_MANY_REQUESTS
        );
        assert!(limits.check(Time(1000), "other", "::2").is_ok());
        assert!(limits.check(Time(WINDOW_MS), "admin", "::1").is_ok());
        limits.succeeded("admin");
        assert!(limits.check(Time(1000), "admin", "::2").is_ok());
    }

    #[test]
    fn an_address_and_everybody_together_are_bounded_too() {
        let limits = Limits::default();
        for i in 0..PER_ADDRESS {
            limits.failed(Time(0), &format!("user{i}"), "::1");
        }
        assert!(limits.check(Time(0), "fresh", "::1").is_err());
        for i in 0..IN_TOTAL {
            limits.failed(Time(0), &format!("user{i}"), &format!("::{i}"));
        }
        assert!(limits.check(Time(0), "fresh", "::ffff").is_err());
    }
}
