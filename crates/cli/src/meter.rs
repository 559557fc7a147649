//! How far a transfer is, on standard error: drawn over on a terminal, a line for every quarter elsewhere. Nothing about
//! what takes no time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::failure::Result;
use crate::options::Progress;
use crate::session::Session;
use crate::text::{size, visible};

/// Less than this is there at once.
const LARGE_BYTES: u64 = 8 * 1024 * 1024;
const DRAW_EVERY: Duration = Duration::from_millis(100);

pub(crate) struct Meter {
    name: String,
    pub(crate) total_bytes: u64,
    moved_bytes: Arc<AtomicU64>,
    shown: Shown,
}

enum Shown {
    /// On one line, last at this time.
    Drawn(Option<Instant>),
    /// Quarters that were told.
    Lines(u64),
    Nothing,
}

impl Meter {
    pub(crate) fn of(session: &Session, name: &str, total_bytes: u64) -> Result<Self> {
        let shown = match session.progress()? {
            _ if total_bytes < LARGE_BYTES => Shown::Nothing,
            progress if progress.is_drawn() => Shown::Drawn(None),
            Progress::Plain => Shown::Lines(0),
            _ => Shown::Nothing,
        };
        Ok(Self {
            name: visible(name),
            total_bytes,
            moved_bytes: Arc::default(),
            shown,
        })
    }

    /// Bytes that were moved, for others to look at.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.moved_bytes)
    }

    pub(crate) fn moved(&mut self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let moved = self.moved_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let percent = moved.saturating_mul(100) / self.total_bytes.max(1);
        let said = format!("{}: {percent} % of {}", self.name, size(self.total_bytes));
        match &mut self.shown {
            Shown::Drawn(at) => {
                if at.is_none_or(|at| at.elapsed() >= DRAW_EVERY) {
                    *at = Some(Instant::now());
                    eprint!("\r\x1b[K{said}");
                }
                if moved >= self.total_bytes {
                    self.erase();
                }
            }
            Shown::Lines(quarters) => {
                if percent / 25 > *quarters {
                    *quarters = percent / 25;
                    eprintln!("{said}");
                }
            }
            Shown::Nothing => {}
        }
    }

    fn erase(&mut self) {
        if let Shown::Drawn(at) = &mut self.shown
            && at.take().is_some()
        {
            eprint!("\r\x1b[K");
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.erase();
    }
}
