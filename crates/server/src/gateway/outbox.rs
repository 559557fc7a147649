//! What waits to be sent to an agent. It takes everything, but says when it holds too much: then nothing more is read
//! from that agent until it has taken some. What the server says on its own is bounded by what it has to say.

use std::pin::Pin as Pinned;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use regatta_wire::proto::down_message::Kind;
use regatta_wire::proto::{Down, DownMessage};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tonic::Status;

/// Messages sent in one frame.
const BATCH_MAX: usize = 256;
/// Messages waiting for an agent beyond which it is not listened to.
const WAITING_MAX: usize = 4_096;

/// The server's end; clones put into the same box.
#[derive(Clone)]
pub(super) struct Outbox {
    queue: mpsc::UnboundedSender<Kind>,
    depth: Arc<Depth>,
}

struct Depth {
    waiting: AtomicUsize,
    less: Notify,
    /// When something was taken last, or had to wait after nothing did.
    moved_at: Mutex<Instant>,
}

impl Depth {
    fn moved_at(&self) -> MutexGuard<'_, Instant> {
        self.moved_at.lock().expect("no holder of this lock panics")
    }

    fn moved(&self) {
        *self.moved_at() = Instant::now();
    }
}

/// The connection's end.
pub(super) struct DownStream {
    queue: mpsc::UnboundedReceiver<Kind>,
    batch: Vec<Kind>,
    depth: Arc<Depth>,
}

pub(super) fn outbox() -> (Outbox, DownStream) {
    let (sender, queue) = mpsc::unbounded_channel();
    let depth = Arc::new(Depth {
        waiting: AtomicUsize::new(0),
        less: Notify::new(),
        moved_at: Mutex::new(Instant::now()),
    });
    let outbox = Outbox {
        queue: sender,
        depth: Arc::clone(&depth),
    };
    let stream = DownStream {
        queue,
        batch: Vec::new(),
        depth,
    };
    (outbox, stream)
}

impl Outbox {
    pub(super) fn send(&self, message: Kind) {
        if self.depth.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.depth.moved();
        }
        // A session whose queue is closed is about to be reported as over; its tickets are reconciled at the next hello.
        let _closed = self.queue.send(message);
    }

    /// Returns when the connection is gone.
    pub(super) async fn closed(&self) {
        self.queue.closed().await;
    }

    pub(super) fn is_full(&self) -> bool {
        self.depth.waiting.load(Ordering::Relaxed) > WAITING_MAX
    }

    /// Whether something waits and nothing was taken for that long.
    pub(super) fn is_stuck(&self, limit: Duration, now: Instant) -> bool {
        let still = now.saturating_duration_since(*self.depth.moved_at());
        self.depth.waiting.load(Ordering::Relaxed) > 0 && still > limit
    }

    /// Returns when the agent has taken something.
    pub(super) async fn less(&self) {
        self.depth.less.notified().await;
    }
}

impl Stream for DownStream {
    type Item = Result<Down, Status>;

    fn poll_next(self: Pinned<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match this.queue.poll_recv_many(cx, &mut this.batch, BATCH_MAX) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(0) => Poll::Ready(None),
            Poll::Ready(count) => {
                this.depth.waiting.fetch_sub(count, Ordering::Relaxed);
                this.depth.moved();
                this.depth.less.notify_one();
                let messages = this
                    .batch
                    .drain(..)
                    .map(|kind| DownMessage { kind: Some(kind) })
                    .collect();
                Poll::Ready(Some(Ok(Down { messages })))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use regatta_wire::proto::Alive;

    #[tokio::test]
    async fn a_box_is_full_until_the_agent_has_taken_enough() {
        let (outbox, mut stream) = outbox();
        for _ in 0..=WAITING_MAX {
            assert!(!outbox.is_full());
            outbox.send(Kind::Alive(Alive {}));
        }
        assert!(outbox.is_full());
        let taken = stream.next().await.unwrap().unwrap();
        assert_eq!(taken.messages.len(), BATCH_MAX);
        outbox.less().await;
        assert!(!outbox.is_full());
    }

    #[tokio::test]
    async fn a_box_is_stuck_when_something_waits_and_nothing_is_taken() {
        let (outbox, mut stream) = outbox();
        let limit = Duration::from_secs(30);
        let long_after = || Instant::now() + limit * 2;
        assert!(!outbox.is_stuck(limit, long_after()));
        // Nothing had to wait for a long time.
        *outbox.depth.moved_at() -= limit * 2;
        outbox.send(Kind::Alive(Alive {}));
        assert!(!outbox.is_stuck(limit, Instant::now()));
        assert!(outbox.is_stuck(limit, long_after()));
        // What comes behind it is no movement.
        *outbox.depth.moved_at() -= limit * 2;
        outbox.send(Kind::Alive(Alive {}));
        assert!(outbox.is_stuck(limit, Instant::now()));
        stream.next().await.unwrap().unwrap();
        assert!(!outbox.is_stuck(limit, long_after()));
        outbox.send(Kind::Alive(Alive {}));
        stream.next().await.unwrap().unwrap();
        outbox.send(Kind::Alive(Alive {}));
        assert!(!outbox.is_stuck(limit, Instant::now()));
    }
}
