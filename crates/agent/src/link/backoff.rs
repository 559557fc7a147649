//! How long to wait before dialling again.

use std::time::Duration;

/// First wait: a server that restarts on this machine is found again at once.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(30);
/// A session that lasted this long counts as a success.
const GOOD_SESSION: Duration = Duration::from_secs(60);

/// Doubles with each failure; the wait is a random part of it, so that a thousand agents do not return together.
pub(super) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// The wait after a session that lasted `session`.
    pub(super) fn next_delay(&mut self, session: Duration) -> Duration {
        if session > GOOD_SESSION {
            self.next = FIRST;
        }
        let delay = self.next.mul_f64(0.5 + random_fraction() / 2.0);
        self.next = (self.next * 2).min(LONGEST);
        delay
    }
}

fn random_fraction() -> f64 {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit_and_start_over_after_a_good_session() {
        let mut backoff = Backoff::default();
        let delays: Vec<_> = (0..20)
            .map(|_| backoff.next_delay(Duration::ZERO))
            .collect();
        assert!(delays[0] <= FIRST && delays[0] >= FIRST / 2);
        assert!(delays[19] <= LONGEST && delays[19] >= LONGEST / 2);
        assert!(backoff.next_delay(GOOD_SESSION * 2) <= FIRST);
    }
}
