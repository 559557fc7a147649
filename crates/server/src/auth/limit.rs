//! How often somebody may try to sign in: per account, per address and in total.
//!
//! Only failures count, so a busy office behind one address is not locked out by its own success. Counters live
//! in memory: several nodes each have their own, which multiplies the bound by the number of nodes and no more.

use std::collections::HashMap;
use std::net::IpAddr;
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
    /// Counts a try as failed until [`Limits::succeeded`] says otherwise, so that tries sent side by side cannot all
    /// pass before the first has failed. 429 when there were too many lately.
    pub(crate) fn attempt(
        &self,
        now: Time,
        account: &str,
        address: IpAddr,
    ) -> Result<(), ApiError> {
        let mut failures = self.0.lock().expect("never held over a panic");
        let keys = keys(account, address);
        for (key, most) in &keys {
            if let Some(found) = failures.get(key)
                && found.count >= *most
                && now.since_ms(found.since) < WINDOW_MS
            {
                let seconds = (WINDOW_MS - now.since_ms(found.since) + 999) / 1000;
                return Err(too_many(seconds));
            }
        }
        if failures.len() > KEYS_MAX {
            failures.retain(|_, found| now.since_ms(found.since) < WINDOW_MS);
        }
        for (key, _) in keys {
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
        Ok(())
    }

    /// Takes the try back and forgets the account's failures.
    pub(crate) fn succeeded(&self, account: &str, address: IpAddr) {
        let mut failures = self.0.lock().expect("never held over a panic");
        let [total, account, from] = keys(account, address).map(|(key, _)| key);
        failures.remove(&account);
        for key in [total, from] {
            if let Some(found) = failures.get_mut(&key) {
                found.count = found.count.saturating_sub(1);
            }
        }
    }
}

fn keys(account: &str, address: IpAddr) -> [(String, u32); 3] {
    [
        ("total".to_owned(), IN_TOTAL),
        (format!("account:{}", normalised(account)), PER_ACCOUNT),
        (format!("address:{}", network(address)), PER_ADDRESS),
    ]
}

/// Who has one IPv6 address has all of its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() & !u128::from(u64::MAX)).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    }
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

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_sixth_try_waits_however_the_name_is_spelled() {
        let limits = Limits::default();
        for spelling in ["admin", "Admin", " admin ", "ad\u{0}min", "admin\u{200B}"] {
            assert!(limits.attempt(Time(0), spelling, address("::1")).is_ok());
        }
        let refused = limits
            .attempt(Time(1000), "ADMIN", address("10.0.0.1"))
            .unwrap_err();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(
            limits
                .attempt(Time(1000), "other", address("10.0.0.1"))
                .is_ok()
        );
        assert!(
            limits
                .attempt(Time(WINDOW_MS), "admin", address("::1"))
                .is_ok()
        );
    }

    #[test]
    fn success_is_not_counted() {
        let limits = Limits::default();
        for _ in 0..2 * IN_TOTAL {
            assert!(limits.attempt(Time(0), "admin", address("::1")).is_ok());
            limits.succeeded("admin", address("::1"));
        }
    }

    #[test]
    fn an_address_and_everybody_together_are_bounded_too() {
        let limits = Limits::default();
        for i in 0..PER_ADDRESS {
            // One network, many addresses.
            assert!(
                limits
                    .attempt(
                        Time(0),
                        &format!("user{i}"),
                        address(&format!("2001:db8::{i:x}"))
                    )
                    .is_ok()
            );
        }
        assert!(
            limits
                .attempt(Time(0), "fresh", address("2001:db8::ffff"))
                .is_err()
        );
        for i in PER_ADDRESS..IN_TOTAL {
            assert!(
                limits
                    .attempt(
                        Time(0),
                        &format!("user{i}"),
                        address(&format!("10.0.0.{i}"))
                    )
                    .is_ok()
            );
        }
        assert!(
            limits
                .attempt(Time(0), "fresh", address("10.1.0.0"))
                .is_err()
        );
    }
}
