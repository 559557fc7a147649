//! How long to wait before dialling again.

use std::time::Duration;

/// First wait: a server that restarts on this machine is found again at once.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(30);
/// Dialling a server on the same machine costs nothing, and scripts wait for it.
const LONGEST_ON_THIS_MACHINE: Duration = Duration::from_millis(500);
/// A session that the server welcomed and that lasted this long counts as a success. It is short on purpose: a server
/// that is killed again and again has to find its agents each time, or nothing ever gets done in between.
const GOOD_SESSION: Duration = Duration::from_secs(1);

/// Doubles with each failure; the wait is a random part of it, so that a thousand agents do not return together.
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// For a server somewhere, or one on this machine.
    pub(super) fn new(on_this_machine: bool) -> Self {
        let longest = if on_this_machine {
            LONGEST_ON_THIS_MACHINE
        } else {
            LONGEST
        };
        Self {
            next: FIRST,
            longest,
        }
    }

    /// The wait after an attempt; `session` is how long it lasted since the server's welcome, if there was one.
    pub(super) fn next_delay(&mut self, session: Option<Duration>) -> Duration {
        if session.is_some_and(|lasted| lasted >= GOOD_SESSION) {
            self.next = FIRST;
        }
        let delay = self.next.mul_f64(0.5 + random_fraction() / 2.0);
        self.next = (self.next * 2).min(self.longest);
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
        let mut backoff = Backoff::new(false);
        let delays: Vec<_> = (0..20).map(|_| backoff.next_delay(None)).collect();
        assert!(delays[0] <= FIRST && delays[0] >= FIRST / 2);
        assert!(delays[19] <= LONGEST && delays[19] >= LONGEST / 2);
        assert!(backoff.next_delay(Some(GOOD_SESSION)) <= FIRST);
    }

    /// A server killed every 2 s: each time some dials fail and then a session lives until the next kill.
    #[test]
    fn a_server_that_is_killed_again_and_again_is_found_again_at_once() {
        let mut backoff = Backoff::new(false);
        for kill in 0..50 {
            let waits: Duration = (0..4).map(|_| backoff.next_delay(None)).sum();
            assert!(waits < Duration::from_secs(1), "kill {kill}: {waits:?}");
            backoff.next_delay(Some(Duration::from_millis(1500)));
        }
    }

    #[test]
    fn a_server_that_throws_the_agent_out_at_once_is_not_besieged() {
        let mut backoff = Backoff::new(false);
        let last = (0..20).map(|_| backoff.next_delay(Some(Duration::from_millis(1))));
        assert!(last.last().expect("there are 20") >= LONGEST / 2);
    }

    #[test]
    fn a_server_on_this_machine_is_dialled_twice_a_second_however_long_it_was_away() {
        let mut backoff = Backoff::new(true);
        for _ in 0..100 {
            assert!(backoff.next_delay(None) <= LONGEST_ON_THIS_MACHINE);
        }
    }
}
