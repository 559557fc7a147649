//! Following a task until it is over: shown as a picture that redraws itself, as lines, as events, or not at all.
//!
//! Nothing is asked again and again: the server sends each event, and what cannot be in one (why a step waits, how
//! long the rest takes) is read once after something happened. Losing the connection is not the end of anything.

mod act;
mod board;
mod end;
mod feed;
mod interrupt;
mod leave;
mod lines;
mod log;
mod picture;
mod screen;

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::Result;
use crate::options::Progress;
use crate::output::raw;
use crate::session::Session;
use crate::terminal::Keys;

use board::Board;
use feed::{Feed, Happening};
pub(crate) use interrupt::{Interrupts, until};

use lines::Lines;
use log::Tail;
use screen::Screen;

/// Ten pictures a second at most.
const FRAME_EVERY: Duration = Duration::from_millis(100);
/// Without news the clocks in the picture still move.
const CLOCK_EVERY: Duration = Duration::from_secs(1);
/// Reasons and forecasts are read again at most this often.
const REASONS_EVERY: Duration = Duration::from_millis(500);

/// What to watch, and when to stop before it is over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) task_id: String,
    /// `Web shop 2.4.1 → Test`.
    pub(crate) title: String,
    /// The page about it.
    pub(crate) page: String,
    pub(crate) deadline: Option<Instant>,
    pub(crate) no_wait_for_people: bool,
    pub(crate) cancel_on_interrupt: bool,
    /// Log lines as well, where progress is for people.
    pub(crate) logs: bool,
    pub(crate) after_event: u64,
}

/// Follows the task; how it ended is the exit code.
///
/// `interrupts` listen since before the task was made, so that no Ctrl-C falls between.
pub(crate) async fn follow(
    session: &Session,
    api: &Api,
    wanted: Wanted,
    interrupts: &mut Interrupts,
) -> Result<Exit> {
    let progress = session.progress()?;
    let keys = (progress.is_drawn() && session.may_ask()).then(Keys::listen);
    let keys = keys.flatten();
    let view = View::of(progress, session, keys.is_some())?;
    let mut watch = Watch {
        tail: view.tail(wanted.logs),
        view,
        owes_cancel: false,
        feed: Feed::start(api.clone(), &wanted.task_id, wanted.after_event),
        board: Board::after(wanted.after_event),
        keys,
        session,
        api,
        wanted,
    };
    watch.read_board().await?;
    watch.line(&watch.wanted.title.clone());
    let stopped = watch.run(interrupts).await?;
    watch.close();
    watch.finish(stopped, interrupts).await
}

struct Watch<'s> {
    session: &'s Session,
    api: &'s Api,
    wanted: Wanted,
    view: View,
    feed: Feed,
    board: Board,
    tail: Tail,
    keys: Option<Keys>,
    /// Somebody wants it cancelled, and the server could not be told.
    owes_cancel: bool,
}

enum View {
    Picture(Screen),
    Lines(Lines),
    Events,
    Nothing,
}

/// Why the watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Over,
    TimedOut,
    WaitsForPerson,
    /// By a key, or by Ctrl-C.
    Detached {
        by_signal: bool,
    },
}

impl View {
    fn of(progress: Progress, session: &Session, has_keys: bool) -> Result<Self> {
        let signs = session.out.signs;
        let screen = || Ok(Screen::new(signs, session.is_coloured()?, has_keys));
        Ok(match progress {
            Progress::Live | Progress::Auto => Self::Picture(screen()?),
            Progress::Full => {
                let mut screen = screen()?;
                screen.toggle_full();
                Self::Picture(screen)
            }
            Progress::Plain => Self::Lines(Lines::new(signs)),
            Progress::Json => Self::Events,
            Progress::None => Self::Nothing,
        })
    }

    /// The log beside it, where there is a place for one.
    fn tail(&self, wanted: bool) -> Tail {
        match self {
            Self::Picture(_) | Self::Lines(_) if wanted => Tail::whole(),
            _ => Tail::default(),
        }
    }
}

impl Watch<'_> {
    async fn run(&mut self, interrupts: &mut Interrupts) -> Result<Stopped> {
        let mut frame_at = Instant::now();
        let mut reasons_at = None;
        let mut ended = None;
        loop {
            if self.wanted.no_wait_for_people && self.board.waits_for_person() {
                ended.get_or_insert(Stopped::WaitsForPerson);
            }
            // Nothing of the log is left out before the end is told.
            if let Some(stopped) = ended.filter(|_| !self.tail.is_behind) {
                return Ok(stopped);
            }
            self.draw(&mut frame_at);
            let wake = self.wake(frame_at, reasons_at);
            tokio::select! {
                happening = self.feed.next(), if ended.is_none() => {
                    ended = self.take(happening?, &mut reasons_at).await?;
                }
                () = interrupts.next() => {
                    if !self.wanted.cancel_on_interrupt {
                        return Ok(Stopped::Detached { by_signal: true });
                    }
                    self.cancel_once().await;
                }
                key = Keys::next(&mut self.keys) => {
                    if key == b'q' {
                        return Ok(Stopped::Detached { by_signal: false });
                    }
                    self.press(key).await;
                }
                () = tokio::time::sleep_until(wake) => {}
                () = until(self.wanted.deadline) => return Ok(Stopped::TimedOut),
            }
            self.log_lines().await?;
            if reasons_at.is_some_and(|at| at <= Instant::now()) {
                reasons_at = None;
                self.read_board().await?;
            }
        }
    }

    /// When to look at the clock again although nothing has happened.
    fn wake(&self, frame_at: Instant, reasons_at: Option<Instant>) -> Instant {
        let clock = match &self.view {
            _ if self.tail.is_behind => Instant::now(),
            View::Picture(_) if self.board.is_changed => frame_at + FRAME_EVERY,
            View::Picture(_) => frame_at + CLOCK_EVERY,
            // Lines of a log are no events.
            View::Lines(_) if self.tail.is_shown => Instant::now() + CLOCK_EVERY,
            _ => Instant::now() + Duration::from_secs(3600),
        };
        reasons_at.map_or(clock, |at| at.min(clock))
    }

    fn draw(&mut self, frame_at: &mut Instant) {
        let View::Picture(screen) = &mut self.view else {
            return;
        };
        if Instant::now().duration_since(*frame_at) < FRAME_EVERY && screen.has_drawn() {
            return;
        }
        *frame_at = Instant::now();
        self.board.is_changed = false;
        screen.draw(&self.board, &self.wanted);
    }

    async fn take(
        &mut self,
        happening: Happening,
        reasons_at: &mut Option<Instant>,
    ) -> Result<Option<Stopped>> {
        match happening {
            Happening::Over => return Ok(Some(Stopped::Over)),
            Happening::Lost(why) => {
                self.board.lost = Some(why.clone());
                self.board.is_changed = true;
                self.tell_of_connection(&format!("connection lost ({why}); trying again"));
            }
            Happening::Back => {
                self.board.lost = None;
                self.tell_of_connection("connected again");
                *reasons_at = Some(Instant::now());
                if self.owes_cancel {
                    self.cancel().await;
                }
            }
            Happening::Event(event) => {
                self.event(&event).await?;
                let at = Instant::now() + REASONS_EVERY;
                reasons_at.get_or_insert(at);
            }
        }
        Ok(None)
    }

    async fn event(&mut self, event: &Value) -> Result<()> {
        if self.board.steps.is_empty() {
            // It has just left the queue, and only now there are steps.
            self.read_board().await?;
        }
        self.board.apply(event);
        match &mut self.view {
            View::Events => raw(&format!("{event}\n"))?,
            View::Lines(lines) => {
                lines.event(event, &self.board);
            }
            View::Picture(_) | View::Nothing => {}
        }
        Ok(())
    }

    /// The state of everything, with reasons and forecast.
    async fn read_board(&mut self) -> Result<()> {
        let wants = matches!(self.view, View::Picture(_) | View::Lines(_))
            || self.wanted.no_wait_for_people;
        if !wants {
            return Ok(());
        }
        let path = self
            .api
            .in_space(&format!("tasks/{}/run", part(&self.wanted.task_id)));
        match self.api.get(&path).await {
            Ok(run) => self.board.read(&run),
            // The feed says so, and goes on trying.
            Err(failure) if failure.exit == Exit::Unreachable => {}
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    fn close(&mut self) {
        if let View::Picture(screen) = &mut self.view {
            screen.close(&self.board, &self.wanted);
        }
        // The terminal is as it was before anything else is written.
        self.keys = None;
    }
}

/// Whether there is a reason to look at a task again.
pub(crate) struct Changes(Feed);

impl Changes {
    pub(crate) fn start(api: &Api, task_id: &str) -> Self {
        Self(Feed::start(api.clone(), task_id, 0))
    }

    /// Comes back when something happened; false when the task is over.
    pub(crate) async fn next(&mut self) -> Result<bool> {
        Ok(!matches!(self.0.next().await?, Happening::Over))
    }
}
