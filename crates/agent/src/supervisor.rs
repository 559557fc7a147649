//! The process that runs the scripts: one thread, one loop that waits for the link, the journal's disk, the scripts'
//! output and their ends. It outlives the link and the server, and ends itself when nobody needs it.
//!
//! * `launch.rs` queues tickets and starts scripts, `running.rs` reads and ends them,
//! * `ending.rs` finds out how they ended,
//! * `epochs.rs` refuses servers that no longer own a task,
//! * `conversation.rs` speaks with the link, `open_ticket.rs` is what is kept per ticket, `output_variable.rs` what its
//!   script set,
//! * `revive.rs` takes over from a supervisor that was killed.

mod conversation;
mod ending;
mod epochs;
mod launch;
mod open_ticket;
mod output_variable;
mod packages;
mod poll;
mod revive;
mod running;
mod timers;

use std::collections::{HashMap, VecDeque};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::journal::{Journal, JournalError};
use crate::script::interpreter::Interpreters;
use crate::script::kept_secrets::KeptSecrets;
use crate::script::process::Surroundings;
use crate::script::work_dir::WorkDirs;
use crate::ticket::TicketId;
use conversation::Conversation;
use epochs::Epochs;
use open_ticket::OpenTicket;
use poll::{Poller, Token};
use timers::{Due, Timers};

/// Without a link and without work, the supervisor ends after this time.
const IDLE_LIMIT: Duration = Duration::from_secs(300);
/// Read from a stream at once.
const READ_BYTES: usize = 64 * 1024;

/// Why a supervisor cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    #[error("cannot use the agent's data directory {path}: {source}")]
    Directory { path: String, source: io::Error },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the supervisor's loop failed: {0}")]
    Loop(#[from] io::Error),
}

/// Runs the supervisor of the agent whose data are in `data_dir`, until nobody needs it. Returns at once if there is
/// one already.
///
/// # Errors
/// If the directory or the journal cannot be used.
pub fn run_supervisor(data_dir: &Path) -> Result<(), SupervisorError> {
    // Fails only if the process leads a group already, which its starter sees to that it does not.
    let _leader = rustix::process::setsid();
    let directory = |source| SupervisorError::Directory {
        path: data_dir.display().to_string(),
        source,
    };
    let Some(lock) = lock(data_dir).map_err(directory)? else {
        return Ok(());
    };
    let (journal, recovered) = Journal::open(data_dir)?;
    let mut supervisor = Supervisor::new(data_dir, journal).map_err(directory)?;
    supervisor.revive(recovered)?;
    supervisor.run()?;
    // First the lock, then the connection: a link that hears of the end starts another supervisor, which needs the lock.
    drop(lock);
    drop(supervisor);
    Ok(())
}

/// The one supervisor of a data directory holds this lock; it vanishes with the process, whose number is
/// in the file.
fn lock(data_dir: &Path) -> io::Result<Option<File>> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)?;
    let path = data_dir.join("supervisor.lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            io::Write::write_all(&mut &file, std::process::id().to_string().as_bytes())?;
            Ok(Some(file))
        }
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

/// The socket's path, by way of an open directory: paths of sockets must be short, data directories need not.
pub(crate) fn socket_path(data_dir: &File) -> PathBuf {
    PathBuf::from(format!(
        "/proc/self/fd/{}/supervisor.sock",
        data_dir.as_raw_fd()
    ))
}

struct Supervisor {
    data_dir: PathBuf,
    spool_dir: PathBuf,
    poller: Poller,
    timers: Timers,
    journal: Journal,
    interpreters: Interpreters,
    surroundings: Surroundings,
    work_dirs: WorkDirs,
    /// `None`: the agent's key cannot be read, which the link will tell.
    secrets: Option<KeptSecrets>,
    listener: UnixListener,
    conversation: Conversation,
    slots: u32,
    tickets: HashMap<TicketId, OpenTicket>,
    /// Accepted and waiting for a slot, first come first served.
    queue: VecDeque<TicketId>,
    /// Scripts with a living process, by the number of their run.
    runs: HashMap<u64, TicketId>,
    last_run: u64,
    /// Streams still held by what a script left behind; read and thrown away so that it does not block.
    strays: HashMap<u64, OwnedFd>,
    epochs: Epochs,
    read_buffer: Vec<u8>,
    /// Its keeper is gone: scripts of a supervisor that is killed have nobody who notes how they end.
    is_orphan: bool,
    retired: bool,
}

impl Supervisor {
    fn new(data_dir: &Path, journal: Journal) -> io::Result<Self> {
        let spool_dir = data_dir.join("spool");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&spool_dir)?;
        let dir = File::open(data_dir)?;
        let socket = socket_path(&dir);
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&socket)?;
        listener.set_nonblocking(true)?;
        let poller = Poller::new()?;
        poller.watch(&listener, Token::Listener)?;
        poller.watch(journal.wakeup(), Token::Journal)?;
        // The keeper holds the other end, which ends with it. Without a keeper it may be nothing that can be watched.
        let _kept = poller.watch(io::stdin(), Token::Keeper);
        let mut timers = Timers::default();
        timers.after(IDLE_LIMIT, Due::Idle);
        let secrets = KeptSecrets::open(&spool_dir, &data_dir.join("key.pem")).ok();
        Ok(Self {
            data_dir: data_dir.to_owned(),
            secrets,
            spool_dir,
            poller,
            timers,
            journal,
            interpreters: Interpreters::find(),
            surroundings: Surroundings::inherit()?,
            work_dirs: WorkDirs::open(data_dir.join("work"))?,
            listener,
            conversation: Conversation::default(),
            slots: 1,
            tickets: HashMap::new(),
            queue: VecDeque::new(),
            runs: HashMap::new(),
            last_run: 0,
            strays: HashMap::new(),
            epochs: Epochs::default(),
            read_buffer: vec![0; READ_BYTES],
            is_orphan: false,
            retired: false,
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut ready = Vec::new();
        while !self.retired {
            self.poller.wait(self.timers.next_in(), &mut ready)?;
            for token in ready.drain(..) {
                match token {
                    Token::Listener => self.accept_link(),
                    Token::Link => self.hear_link(),
                    Token::Journal => self.journal.clear_wakeup(),
                    Token::Keeper => self.keeper_gone(),
                    Token::Out(run) => self.read_stream(run, crate::script::lines::Stream::Out),
                    Token::Err(run) => self.read_stream(run, crate::script::lines::Stream::Err),
                    Token::Exit(run) => self.script_exited(run),
                    Token::Stray(run) => self.drain_stray(run),
                }
            }
            while let Some(due) = self.timers.pop_due() {
                self.act(due);
            }
            self.launch_ready();
            self.speak();
            self.compact_journal();
            // With nothing open, nothing is lost by making room for a fresh pair.
            self.retired |= self.is_orphan && self.tickets.is_empty();
        }
        // The socket is removed first, so that a link starts a new supervisor instead of waiting for this one.
        let _gone = std::fs::remove_file(self.data_dir.join("supervisor.sock"));
        Ok(())
    }

    fn keeper_gone(&mut self) {
        tracing::warn!(
            "the supervisor's keeper is gone: both are replaced as soon as no script is open"
        );
        self.poller.pause(io::stdin());
        self.is_orphan = true;
    }

    fn act(&mut self, due: Due) {
        match due {
            Due::Timeout(ticket) => self.time_out(ticket),
            Due::Kill(ticket) => self.kill(ticket),
            Due::Read(run, stream) => self.watch_again(run, stream),
            Due::Exit(run) => self.script_exited(run),
            Due::Idle => {
                self.retired = self.tickets.is_empty() && !self.conversation.is_open();
                self.timers.after(IDLE_LIMIT, Due::Idle);
            }
        }
    }

    fn compact_journal(&mut self) {
        if !self.journal.is_long() {
            return;
        }
        let open = self.open_for_journal();
        if let Err(error) = self.journal.compact(&open) {
            tracing::warn!(%error, "cannot shorten the journal");
        }
    }
}
