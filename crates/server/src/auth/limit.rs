//! How often somebody may try to sign in.
//!
//! Who guesses the password of an account is stopped where the guesses come from, not at the account: its owner
//! must not be locked out by others. What many networks do together is braked, per account and in total, for networks
//! from which nobody has signed in to that account. A network that is known to an account does not answer for what others
//! there try: behind one address may be an office, or a proxy that was not named.
//!
//! Only failures count, so a busy office behind one address is not locked out by its own success. Counters live
//! in memory: several nodes each have their own, which multiplies the bound by the number of nodes and no more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use axum::http::{StatusCode, header};
use regatta_core::time::Time;

use crate::error::ApiError;

/// Failures within the window after which the next try must wait: for one account from one network.
const PER_PAIR: u32 = 5;
/// From one network, for any account it is strange to.
const PER_NETWORK: u32 = 20;
/// For one account, from all networks that are strange to it.
const PER_ACCOUNT: u32 = 50;
/// For all accounts, from networks that are strange to them.
const IN_TOTAL: u32 = 200;
const WINDOW_MS: i64 = 60_000;
/// Names tried beyond this many at once are guesses from a list; the total bounds them.
const KEYS_MAX: usize = 10_000;
/// Networks remembered as known to an account; the one used longest ago is forgotten first.
const KNOWN_MAX: usize = 10_000;

/// Failed tries, counted.
#[derive(Default)]
pub(crate) struct Limits(Mutex<Counters>);

#[derive(Default)]
struct Counters {
    failures: HashMap<String, Failures>,
    /// Account and network, and when somebody signed in there last.
    known: HashMap<String, Time>,
}

#[derive(Clone, Copy)]
struct Failures {
    since: Time,
    count: u32,
}

/// A try that counts as failed until [`Limits::succeeded`] takes it back.
pub(crate) struct Attempt {
    at: Time,
    pair: String,
    counted: Vec<String>,
}

impl Limits {
    /// Counts a try as failed until it is known to have succeeded, so that tries sent side by side cannot all
    /// pass before the first has failed. 429 when there were too many lately.
    pub(crate) fn attempt(
        &self,
        now: Time,
        account: &str,
        address: IpAddr,
    ) -> Result<Attempt, ApiError> {
        let mut counters = self.0.lock().expect("never held over a panic");
        let pair = pair(account, address);
        let is_known = counters.known.contains_key(&pair);
        let keys = keys(account, address, is_known);
        let failures = &mut counters.failures;
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
        let mut counted = Vec::with_capacity(keys.len());
        for (key, _) in keys {
            let is_full = failures.len() > KEYS_MAX && !failures.contains_key(&key);
            if is_full {
                continue;
            }
            let entry = failures.entry(key.clone()).or_insert(Failures {
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
            counted.push(key);
        }
        Ok(Attempt {
            at: now,
            pair,
            counted,
        })
    }

    /// Takes the try back, forgets what failed for the account from there, and knows the network from now on.
    pub(crate) fn succeeded(&self, attempt: Attempt) {
        let mut counters = self.0.lock().expect("never held over a panic");
        for key in &attempt.counted {
            if let Some(found) = counters.failures.get_mut(key) {
                found.count = found.count.saturating_sub(1);
            }
        }
        counters.failures.remove(&attempt.pair);
        counters.know(attempt.pair, attempt.at);
    }
}

impl Counters {
    fn know(&mut self, pair: String, at: Time) {
        self.known.insert(pair, at);
        if self.known.len() > KNOWN_MAX {
            let oldest = self.known.iter().min_by_key(|(_, at)| **at);
            if let Some(oldest) = oldest.map(|(pair, _)| pair.clone()) {
                self.known.remove(&oldest);
            }
        }
    }
}

fn pair(account: &str, address: IpAddr) -> String {
    format!("pair:{} {}", network(address), normalised(account))
}

fn keys(account: &str, address: IpAddr, is_known: bool) -> Vec<(String, u32)> {
    let mut keys = vec![(pair(account, address), PER_PAIR)];
    if !is_known {
        keys.push((format!("network:{}", network(address)), PER_NETWORK));
        keys.push((format!("account:{}", normalised(account)), PER_ACCOUNT));
        keys.push(("total".to_owned(), IN_TOTAL));
    }
    keys
}

/// Who has one IPv6 address has all of its /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
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

    /// So many wrong passwords, one from each of as many networks.
    fn guess(limits: &Limits, account: &str, count: u32) -> u32 {
        let from = |i: u32| address(&format!("10.{}.{}.1", i / 250, i % 250));
        let allowed = (0..count).filter(|i| limits.attempt(Time(0), account, from(*i)).is_ok());
        u32::try_from(allowed.count()).unwrap()
    }

    #[test]
    fn the_sixth_try_waits_however_the_name_is_spelled_and_nobody_else_does() {
        let limits = Limits::default();
        for spelling in ["admin", "Admin", " admin ", "ad\u{0}min", "admin\u{200B}"] {
            assert!(limits.attempt(Time(0), spelling, address("::1")).is_ok());
        }
        let refused = limits.attempt(Time(1000), "ADMIN", address("::2"));
        let refused = refused.err().unwrap();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        for (account, from) in [("other", "::1"), ("admin", "10.0.0.1")] {
            let other = limits.attempt(Time(1000), account, address(from));
            assert!(other.is_ok(), "{account} from {from}");
        }
        let later = limits.attempt(Time(WINDOW_MS), "admin", address("::1"));
        assert!(later.is_ok());
    }

    #[test]
    fn success_counts_for_nothing() {
        let limits = Limits::default();
        for _ in 0..500 {
            let attempt = limits.attempt(Time(0), "admin", address("::1"));
            limits.succeeded(attempt.ok().unwrap());
        }
    }

    #[test]
    fn a_network_is_bounded_whatever_names_it_tries() {
        let limits = Limits::default();
        // One network, many addresses.
        let from = |i: u32| address(&format!("2001:db8::{i:x}"));
        for i in 0..PER_NETWORK {
            let attempt = limits.attempt(Time(0), &format!("user{i}"), from(i));
            assert!(attempt.is_ok());
        }
        let more = limits.attempt(Time(0), "fresh", from(0xffff));
        assert!(more.is_err());
    }

    #[test]
    fn who_was_let_in_from_a_network_is_not_refused_for_what_others_there_try() {
        let limits = Limits::default();
        let shared = address("127.0.0.1");
        let attempt = limits.attempt(Time(0), "admin", shared);
        limits.succeeded(attempt.ok().unwrap());
        for i in 0..PER_NETWORK {
            let guess = limits.attempt(Time(0), &format!("user{i}"), shared);
            assert!(guess.is_ok());
        }
        assert!(limits.attempt(Time(0), "fresh", shared).is_err());
        assert!(limits.attempt(Time(0), "admin", shared).is_ok());
    }

    #[test]
    fn many_networks_together_are_braked_and_the_owner_gets_in_from_where_they_were_before() {
        let limits = Limits::default();
        let home = address("192.0.2.7");
        let attempt = limits.attempt(Time(0), "admin", home);
        limits.succeeded(attempt.ok().unwrap());
        assert_eq!(guess(&limits, "admin", 1_000), PER_ACCOUNT);
        let others = (0..20).map(|i| guess(&limits, &format!("user{i}"), 1_000));
        assert_eq!(others.sum::<u32>(), IN_TOTAL - PER_ACCOUNT);
        let stranger = address("198.51.100.1");
        assert!(limits.attempt(Time(1000), "admin", stranger).is_err());
        assert!(limits.attempt(Time(1000), "fresh", stranger).is_err());
        let owner = limits.attempt(Time(1000), "admin", address("192.0.2.7"));
        limits.succeeded(owner.ok().unwrap());
        // A network that is known is stopped for its own failures as any other is.
        for _ in 0..PER_PAIR {
            assert!(limits.attempt(Time(2000), "admin", home).is_ok());
        }
        assert!(limits.attempt(Time(2000), "admin", home).is_err());
    }
}
