//! Waiting for many things at once (epoll), each known by a number.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// What became ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Listener,
    Link,
    Journal,
    Keeper,
    Out(u64),
    Err(u64),
    Exit(u64),
    Stray(u64),
}

impl Token {
    fn number(self) -> u64 {
        match self {
            Self::Listener => 0,
            Self::Link => 1,
            Self::Journal => 2,
            Self::Keeper => 7,
            Self::Out(run) => run << 3 | 3,
            Self::Err(run) => run << 3 | 4,
            Self::Exit(run) => run << 3 | 5,
            Self::Stray(run) => run << 3 | 6,
        }
    }

    fn of(number: u64) -> Self {
        let run = number >> 3;
        match number & 7 {
            0 => Self::Listener,
            1 => Self::Link,
            2 => Self::Journal,
            3 => Self::Out(run),
            4 => Self::Err(run),
            5 => Self::Exit(run),
            6 => Self::Stray(run),
            _ => Self::Keeper,
        }
    }
}

pub(super) struct Poller {
    epoll: OwnedFd,
    events: Vec<Event>,
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(64),
        })
    }

    pub(super) fn watch(&self, fd: impl AsFd, token: Token) -> io::Result<()> {
        Ok(epoll::add(
            &self.epoll,
            fd,
            EventData::new_u64(token.number()),
            EventFlags::IN,
        )?)
    }

    /// Says whether the other side's readiness to read counts as well.
    pub(super) fn watch_writing(
        &self,
        fd: impl AsFd,
        token: Token,
        writing: bool,
    ) -> io::Result<()> {
        let flags = if writing {
            EventFlags::IN | EventFlags::OUT
        } else {
            EventFlags::IN
        };
        Ok(epoll::modify(
            &self.epoll,
            fd,
            EventData::new_u64(token.number()),
            flags,
        )?)
    }

    /// Asks no more, until [`Self::resume`].
    pub(super) fn pause(&self, fd: impl AsFd) {
        // Not watched: nothing to pause.
        let _absent = epoll::delete(&self.epoll, fd);
    }

    pub(super) fn resume(&self, fd: impl AsFd, token: Token) {
        if let Err(error) = self.watch(fd, token) {
            tracing::error!(%error, ?token, "cannot watch a script's output");
        }
    }

    /// What is ready, waiting at most `limit`.
    pub(super) fn wait(
        &mut self,
        limit: Option<Duration>,
        ready: &mut Vec<Token>,
    ) -> io::Result<()> {
        let limit = limit.map(|limit| Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        });
        self.events.clear();
        match epoll::wait(
            &self.epoll,
            rustix::buffer::spare_capacity(&mut self.events),
            limit.as_ref(),
        ) {
            Ok(_) => {
                ready.extend(self.events.iter().map(|event| Token::of(event.data.u64())));
                Ok(())
            }
            Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
