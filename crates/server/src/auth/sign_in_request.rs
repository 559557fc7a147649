//! Programs that wait for a person to sign them in from the portal, as in RFC 8628: who asks, and what came of it.
//!
//! Whoever asks gets a code, which the person types in the portal, and a secret, with which the program alone collects
//! what came of it. Nothing in here is an API key: that is made when it is collected, so one that nobody waits for is
//! never made. Kept in memory and bounded, because anybody may ask: a server that starts again has forgotten them, and
//! the program says so.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};

use axum::http::{StatusCode, header};
use regatta_core::time::Time;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::{limit, session};
use crate::error::ApiError;

/// How long a person has to sign in, read and confirm.
const VALID_MS: i64 = 10 * 60_000;
/// From one network, and in total: what anybody may make the server remember.
const PER_NETWORK: usize = 50;
const IN_TOTAL: usize = 1_000;
/// No vowels, so that no words come up, and nothing that looks like something else.
const SYMBOLS: &[u8; 16] = b"BCDFGHJKMPQRTVWX";
/// Nine symbols of four bits: one guess in 68 billion finds a given code.
const SYMBOLS_PER_CODE: usize = 9;

/// The requests nobody has collected yet.
#[derive(Default)]
pub(crate) struct SignInRequests {
    open: Mutex<Vec<Open>>,
    changed: Notify,
}

/// Who wants to be signed in, as a person is told who is to decide it.
#[derive(Debug, Clone)]
pub(crate) struct Asks {
    pub(crate) device: String,
    pub(crate) address: IpAddr,
}

/// A request that waits for a person.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) asks: Asks,
    pub(crate) code: String,
    pub(crate) asked_at: Time,
    pub(crate) expires_at: Time,
}

/// Who confirmed, and until when the key is to be valid.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) user_id: String,
    pub(crate) key_expires_at: Option<Time>,
}

#[derive(Debug, Clone)]
pub(crate) enum Decision {
    Approved(Approval),
    Refused,
}

/// A request that was decided, taken out: it can be collected once.
pub(crate) struct Decided {
    pub(crate) asks: Asks,
    pub(crate) decision: Decision,
    open: Open,
}

#[derive(Clone)]
struct Open {
    request: Request,
    secret_hash: [u8; 32],
    decision: Option<Decision>,
}

impl SignInRequests {
    /// Remembers who asks; answers the request and its secret.
    pub(crate) fn ask(&self, now: Time, asks: Asks) -> Result<(Request, String), ApiError> {
        let (secret, drawn) = (session::make()?, code()?);
        let mut open = self.still_open(now);
        let from = limit::network(asks.address);
        let from_there = open
            .iter()
            .filter(|one| limit::network(one.request.asks.address) == from);
        if from_there.count() >= PER_NETWORK || open.len() >= IN_TOTAL {
            return Err(too_many());
        }
        if open.iter().any(|one| one.request.code == drawn) {
            return Err(ApiError::internal("a sign-in code was drawn twice"));
        }
        let request = Request {
            asks,
            code: drawn,
            asked_at: now,
            expires_at: now.plus_ms(VALID_MS),
        };
        open.push(Open {
            request: request.clone(),
            secret_hash: session::hash(&secret),
            decision: None,
        });
        Ok((request, secret))
    }

    /// The request with this code, however it is typed, that nobody has decided.
    pub(crate) fn undecided(&self, now: Time, typed: &str) -> Option<Request> {
        let wanted = normal(typed);
        let open = self.still_open(now);
        let found = open
            .iter()
            .find(|one| one.request.code == wanted && one.decision.is_none());
        found.map(|one| one.request.clone())
    }

    /// Decides a request, once. Answers whether there was one to decide.
    pub(crate) fn decide(&self, now: Time, typed: &str, decision: Decision) -> bool {
        let wanted = normal(typed);
        let mut open = self.still_open(now);
        let found = open
            .iter_mut()
            .find(|one| one.request.code == wanted && one.decision.is_none());
        let Some(found) = found else {
            return false;
        };
        found.decision = Some(decision);
        drop(open);
        self.changed.notify_waiters();
        true
    }

    /// What came of the request with this secret: `None` while nobody has decided it. A decided one is taken out.
    pub(crate) fn collect(&self, now: Time, secret: &str) -> Result<Option<Decided>, ApiError> {
        let mut open = self.still_open(now);
        let at = position(&open, secret).ok_or_else(gone)?;
        let Some(decision) = open[at].decision.clone() else {
            return Ok(None);
        };
        let taken = open.swap_remove(at);
        Ok(Some(Decided {
            asks: taken.request.asks.clone(),
            decision,
            open: taken,
        }))
    }

    /// Puts back what could not be handed over, to be collected again.
    pub(crate) fn put_back(&self, decided: Decided) {
        self.open
            .lock()
            .expect("never held over a panic")
            .push(decided.open);
    }

    /// The program does not wait any more.
    pub(crate) fn withdraw(&self, now: Time, secret: &str) {
        let mut open = self.still_open(now);
        if let Some(at) = position(&open, secret) {
            open.swap_remove(at);
        }
    }

    /// The next decision. Ask for it before looking, so that none falls in between.
    pub(crate) fn next_decision(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn still_open(&self, now: Time) -> MutexGuard<'_, Vec<Open>> {
        let mut open = self.open.lock().expect("never held over a panic");
        open.retain(|one| one.request.expires_at > now);
        open
    }
}

fn position(open: &[Open], secret: &str) -> Option<usize> {
    let hash = session::hash(secret);
    open.iter().position(|one| one.secret_hash == hash)
}

/// `BCD-FGH-JKM`.
fn code() -> Result<String, ApiError> {
    let mut bytes = [0_u8; SYMBOLS_PER_CODE];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    let symbols: String = bytes
        .iter()
        .map(|byte| char::from(SYMBOLS[usize::from(byte % 16)]))
        .collect();
    Ok(normal(&symbols))
}

/// One spelling of a code: capital letters in threes, whatever stood between them.
fn normal(typed: &str) -> String {
    let letters: Vec<char> = typed
        .chars()
        .filter(char::is_ascii_alphabetic)
        .take(SYMBOLS_PER_CODE + 1)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let parts: Vec<String> = letters
        .chunks(3)
        .map(|part| part.iter().collect())
        .collect();
    parts.join("-")
}

fn gone() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "SignInRequestGone",
        "This sign-in is over: nobody confirmed it in time, or it was collected already.",
    )
    .help("Begin again; a person has ten minutes to confirm.")
}

fn too_many() -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "TooManyAttempts",
        "Too many programs wait for somebody to sign them in.",
    )
    .help("Confirm or end some of them, or wait ten minutes.")
    .header(header::RETRY_AFTER, (VALID_MS / 1000).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(last: u8) -> Asks {
        Asks {
            device: "regatta on build-7".into(),
            address: IpAddr::from([192, 0, 2, last]),
        }
    }

    fn approved() -> Decision {
        Decision::Approved(Approval {
            user_id: "Users-1".into(),
            key_expires_at: None,
        })
    }

    #[test]
    fn a_code_is_found_however_it_is_typed_and_no_other_is() {
        let requests = SignInRequests::default();
        let (request, _) = requests.ask(Time(0), asks(1)).unwrap();
        let bare = request.code.replace('-', "");
        for typed in [
            request.code.clone(),
            bare.to_lowercase(),
            format!(" {} ", request.code.replace('-', " ")),
        ] {
            assert!(requests.undecided(Time(1), &typed).is_some(), "{typed}");
        }
        for wrong in ["", "-", &bare[1..], &format!("{bare}B"), "AAA-AAA-AAA"] {
            assert!(requests.undecided(Time(1), wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_decision_counts_once_and_is_collected_once() {
        let requests = SignInRequests::default();
        let (request, secret) = requests.ask(Time(0), asks(1)).unwrap();
        assert!(requests.collect(Time(1), &secret).unwrap().is_none());
        assert!(requests.decide(Time(1), &request.code, Decision::Refused));
        assert!(!requests.decide(Time(1), &request.code, approved()));
        assert!(requests.collect(Time(1), &request.code).is_err());
        let decided = requests.collect(Time(1), &secret).unwrap().unwrap();
        assert!(matches!(decided.decision, Decision::Refused));
        assert!(requests.collect(Time(1), &secret).is_err());
        requests.put_back(decided);
        assert!(requests.collect(Time(1), &secret).unwrap().is_some());
    }

    #[test]
    fn nothing_is_left_of_a_request_after_its_time() {
        let requests = SignInRequests::default();
        let (request, secret) = requests.ask(Time(0), asks(1)).unwrap();
        let (last, end) = (Time(VALID_MS - 1), Time(VALID_MS));
        assert!(requests.undecided(last, &request.code).is_some());
        assert!(requests.decide(last, &request.code, approved()));
        assert!(requests.collect(end, &secret).is_err());
        assert!(requests.open.lock().unwrap().is_empty());
    }

    #[test]
    fn nobody_fills_the_memory() {
        let requests = SignInRequests::default();
        let ask = |at: i64, last: u8| requests.ask(Time(at), asks(last));
        let secrets: Vec<String> = (0..PER_NETWORK).map(|_| ask(0, 1).unwrap().1).collect();
        assert!(ask(0, 1).is_err());
        assert!(ask(0, 2).is_ok(), "others are not kept out");
        requests.withdraw(Time(0), &secrets[0]);
        assert!(ask(0, 1).is_ok());
        for last in 3..=250 {
            while requests.open.lock().unwrap().len() < IN_TOTAL && ask(0, last).is_ok() {}
        }
        assert!(ask(0, 251).is_err());
        assert!(ask(VALID_MS, 251).is_ok());
    }
}
