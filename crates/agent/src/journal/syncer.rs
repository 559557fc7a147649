//! Makes the journal durable without keeping the supervisor waiting: one thread, one `fdatasync` for all that was
//! appended while the last one ran.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex};

use rustix::event::{EventfdFlags, eventfd};

pub(super) struct Syncer {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    wanted: Condvar,
    /// Readable when there is news.
    done: OwnedFd,
}

struct State {
    file: Arc<File>,
    wanted: u64,
    synced: u64,
    /// Once a sync failed nobody knows what is on disk: no further start is accepted.
    failed: Option<i32>,
    closed: bool,
}

impl Syncer {
    pub(super) fn spawn(file: File) -> io::Result<Self> {
        let state = State {
            file: Arc::new(file),
            wanted: 0,
            synced: 0,
            failed: None,
            closed: false,
        };
        let done = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            wanted: Condvar::new(),
            done,
        });
        let worker = shared.clone();
        drop(
            std::thread::Builder::new()
                .name("journal".to_owned())
                .stack_size(64 * 1024)
                .spawn(move || worker.run())?,
        );
        Ok(Self { shared })
    }

    pub(super) fn request(&self, written: u64) {
        let mut state = self.shared.lock();
        if state.wanted < written {
            state.wanted = written;
            self.shared.wanted.notify_one();
        }
    }

    pub(super) fn synced(&self) -> io::Result<u64> {
        let state = self.shared.lock();
        state.failed.map_or(Ok(state.synced), |code| {
            Err(io::Error::from_raw_os_error(code))
        })
    }

    /// Goes on with another file, in which `written` entries are durable already.
    pub(super) fn replace(&self, file: File, written: u64) {
        let mut state = self.shared.lock();
        state.file = Arc::new(file);
        state.failed = None;
        state.wanted = state.wanted.max(written);
        state.synced = state.synced.max(written);
    }

    pub(super) fn wakeup(&self) -> BorrowedFd<'_> {
        self.shared.done.as_fd()
    }

    pub(super) fn clear_wakeup(&self) {
        // Empty already: nothing to clear.
        let _empty = rustix::io::read(&self.shared.done, &mut [0; 8]);
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wanted.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    fn run(&self) {
        loop {
            let (file, target) = {
                let mut state = self.lock();
                while state.wanted <= state.synced && !state.closed {
                    state = self
                        .wanted
                        .wait(state)
                        .expect("no holder of this lock panics");
                }
                if state.closed {
                    return;
                }
                (state.file.clone(), state.wanted)
            };
            let result = file.sync_data();
            let mut state = self.lock();
            match result {
                Ok(()) => state.synced = state.synced.max(target),
                Err(error) => {
                    state.failed = Some(error.raw_os_error().unwrap_or_default());
                    state.synced = state.synced.max(target);
                }
            }
            drop(state);
            // The counter of an eventfd is full only after 2^64 wake-ups nobody took.
            let _full = rustix::io::write(&self.done, &1u64.to_ne_bytes());
        }
    }
}
