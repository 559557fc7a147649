//! The connections of each key. An agent needs one; a second is there while the first is dead and nobody has noticed. With
//! a third the oldest ends, so that nobody can fill the server with connections, or be shut out by dead ones.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::pin::Pin as Pinned;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use regatta_wire::pin::Pin;
use tokio::sync::oneshot;

/// Connections of one key at the same time.
const CONNECTIONS_MAX: usize = 2;

/// See the module.
#[derive(Default)]
pub(super) struct Connections(Mutex<HashMap<Pin, VecDeque<oneshot::Sender<()>>>>);

/// Tells a connection that it has to end.
pub(super) struct Superseded(Option<oneshot::Receiver<()>>);

impl Connections {
    /// One more of this key.
    pub(super) fn admit(&self, pin: Pin) -> Superseded {
        let (end, ended) = oneshot::channel();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(pin).or_default();
        own.retain(|end| !end.is_closed());
        own.push_back(end);
        if own.len() > CONNECTIONS_MAX {
            // Dropped, which tells it.
            own.pop_front();
        }
        Superseded(Some(ended))
    }
}

impl Superseded {
    /// An error as soon as the connection has to end; wakes the task that asked.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let is_over = match &mut self.0 {
            Some(ended) => Pinned::new(ended).poll(cx) != Poll::Pending,
            None => true,
        };
        if is_over {
            self.0 = None;
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the same key has opened newer connections",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn the_oldest_connection_of_a_key_ends_for_a_newer_one() {
        let connections = Connections::default();
        let pin = |digit: &str| digit.repeat(64).parse::<Pin>().unwrap();
        let lives = |it: &mut Superseded| it.poll(&mut Context::from_waker(Waker::noop())).is_ok();
        let mut other = connections.admit(pin("b"));
        let mut own: Vec<_> = (0..3).map(|_| connections.admit(pin("a"))).collect();
        assert_eq!(
            own.iter_mut().map(lives).collect::<Vec<_>>(),
            [false, true, true]
        );
        // One that is gone makes room.
        drop(own.remove(1));
        own.push(connections.admit(pin("a")));
        assert_eq!(
            own.iter_mut().map(lives).collect::<Vec<_>>(),
            [false, true, true]
        );
        assert!(lives(&mut other));
    }
}
