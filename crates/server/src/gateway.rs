//! The server's end of the agent protocol: which agents there are, what each was told to run, what they say.
//!
//! The driver calls [`Gateway::start`], [`Gateway::stop`] and, after a restart of the server, [`Gateway::resume`];
//! it reads [`Reports`]; and it confirms what it has made durable ([`Gateway::output_stored`],
//! [`Gateway::finish_stored`]). Everything between (connections, repeats, reconciliation) happens here. Nothing here
//! knows what a deployment is, and nothing here is the truth: that is the event log.
//!
//! Order of a server's start: [`Gateway::open`], [`Gateway::register`] each agent, [`Gateway::resume`] each ticket
//! issued and not finished, then [`Gateway::all_resumed`].

mod agents;
mod builtin_worker;
mod connections;
mod fetch;
mod journal_memory;
mod limits;
mod listener;
mod outbox;
mod report;
mod session;
mod start;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use regatta_core::engine::event::TicketId;
use regatta_store::BlobStore;
use regatta_wire::identity::{Identity, IdentityError};
use regatta_wire::pin::{Pin, PinSet};
use tokio::sync::{Semaphore, mpsc};

use agents::Agents;
pub use builtin_worker::{BuiltinWorker, BuiltinWorkerConfig};
use journal_memory::JournalMemory;
pub use report::{ArtifactPart, Credit, OutputBatch, OutputLine, Report, Reports, ScriptEnd};
pub use start::{ScriptFile, ScriptPackage, ScriptVariable, StartScript, Syntax};

/// Document id of what runs scripts: a worker (`Workers-1`) or a deployment target (`Machines-7`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentId(pub String);

/// Where the gateway listens and keeps its own small files.
#[derive(Clone)]
pub struct GatewayConfig {
    /// Address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Directory of the gateway's own (made if missing): its key, its address, the journals it has seen.
    pub dir: PathBuf,
    /// Reports handed to the driver and not yet dropped by it may use this much memory.
    pub output_buffer_bytes: usize,
    /// The packages that scripts may need; `None`: there are none.
    pub packages: Option<BlobStore>,
}

impl GatewayConfig {
    /// Loopback on a free port, 8 MiB of output in flight.
    #[must_use]
    pub fn local(dir: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            dir,
            output_buffer_bytes: 8 * 1024 * 1024,
            packages: None,
        }
    }
}

/// An agent that may connect.
#[derive(Debug, Clone)]
pub struct Registration {
    pub agent: AgentId,
    /// Its public key. Whoever holds the key is this agent.
    pub pin: Pin,
    /// Scripts it is to run at the same time; `None` = as many as it likes.
    pub slots: Option<u32>,
}

/// Who sent a ticket that is resumed, if anybody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentBy {
    /// This server, now or in an earlier run.
    ThisServer,
    /// Perhaps another, whose agents this one does not know.
    AnyServer,
}

/// Why the gateway cannot do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("cannot listen for agents on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("cannot use the gateway's directory {path}: {source}")]
    Directory {
        path: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("there is no agent {0}: register it first")]
    UnknownAgent(String),
    #[error("ticket {0} is not a UUID")]
    BadTicket(String),
}

/// Handle to the gateway; clones are the same gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    state: Mutex<Agents>,
    journals: JournalMemory,
    trusted: PinSet,
    pin: Pin,
    address: SocketAddr,
    output_credit: Arc<Semaphore>,
    packages: Option<BlobStore>,
    output_buffer_bytes: usize,
}

impl Gateway {
    /// The content of the packages that scripts may need; `None`: there are none.
    pub(crate) fn packages(&self) -> Option<&BlobStore> {
        self.0.packages.as_ref()
    }

    /// Starts listening. Agents are let in once registered.
    ///
    /// # Errors
    /// If the directory cannot be used, the key is damaged or the address is taken.
    pub async fn open(config: GatewayConfig) -> Result<(Self, Reports), GatewayError> {
        let directory = |source| GatewayError::Directory {
            path: config.dir.display().to_string(),
            source,
        };
        let identity = Identity::open(&config.dir)?;
        let journals = JournalMemory::open(&config.dir).map_err(directory)?;
        let trusted = PinSet::default();
        let listener = listener::bind(config.listen).await?;
        let address = listener.local_addr().map_err(directory)?;
        listener::publish_address(&config.dir, address).map_err(directory)?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let gateway = Self(Arc::new(Shared {
            state: Mutex::new(Agents::new(sender)),
            journals,
            pin: identity.pin(),
            trusted: trusted.clone(),
            address,
            output_credit: Arc::new(Semaphore::new(config.output_buffer_bytes)),
            packages: config.packages,
            output_buffer_bytes: config.output_buffer_bytes,
        }));
        listener::spawn(listener, identity.server_config(trusted)?, gateway.clone());
        Ok((gateway, Reports::new(receiver)))
    }

    /// Where agents dial in. Also in the file `address` of the gateway's directory.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// What agents must trust.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.0.pin
    }

    /// Lets an agent in, or changes how; a session with an old key ends at once.
    pub fn register(&self, registration: Registration) {
        let old = self
            .lock()
            .register(&registration, self.0.journals.last(&registration.agent));
        if let Some(old) = old.filter(|old| *old != registration.pin) {
            self.0.trusted.remove(old);
        }
        self.0
            .trusted
            .insert(registration.pin, registration.agent.0);
    }

    /// Ends an agent's session and lets it in no more. Its tickets stay open: nobody can tell how they end.
    pub fn unregister(&self, agent: &AgentId) {
        if let Some(pin) = self.lock().unregister(agent) {
            self.0.trusted.remove(pin);
        }
    }

    /// Sends a script to an agent, now or as soon as it connects. The ticket must be durable already. Repeating it
    /// for a ticket already known does nothing.
    ///
    /// # Errors
    /// If the agent is not registered or the ticket is not a UUID.
    pub fn start(&self, agent: &AgentId, script: StartScript) -> Result<(), GatewayError> {
        self.lock().start(agent, script)
    }

    /// Takes a ticket up again that an earlier run of this server may have sent: whatever became of it is reported,
    /// and it is sent only if the agent certainly never got it. `next_line` is the first line of output that is not
    /// durable yet (1 if there is none).
    ///
    /// # Errors
    /// If the agent is not registered or the ticket is not a UUID.
    pub fn resume(
        &self,
        agent: &AgentId,
        script: StartScript,
        next_line: u64,
        sent_by: SentBy,
    ) -> Result<(), GatewayError> {
        self.lock().resume(agent, script, (next_line, sent_by))
    }

    /// Another server has taken over what these tickets belong to: nothing more is done about them here, and agents
    /// are not told to forget them.
    pub fn let_go<'t>(&self, tickets: impl Iterator<Item = &'t TicketId>) {
        self.lock().let_go(tickets);
    }

    /// Says that a ticket will be resumed, although [`Gateway::all_resumed`] may come first.
    pub fn expect(&self, ticket: &TicketId) {
        self.lock().expect(ticket);
    }

    /// Says that every ticket still open has been resumed or is expected: what agents still hold beyond that may be forgotten.
    pub fn all_resumed(&self) {
        self.lock().all_resumed();
    }

    /// Ends a script: SIGTERM to all its processes, SIGKILL after the grace. Harmless when repeated or too late.
    pub fn stop(&self, ticket: &TicketId, grace_ms: i64) {
        self.lock().stop(ticket, grace_ms);
    }

    /// The ticket's output is durable up to and including this line; the agent may delete it.
    pub fn output_stored(&self, ticket: &TicketId, through_line: u64) {
        self.lock().output_stored(ticket, through_line);
    }

    /// The ticket's end and all it brought are durable; the agent may forget it.
    pub fn finish_stored(&self, ticket: &TicketId) {
        self.lock().finish_stored(ticket);
    }

    /// Nobody waits for these tickets any more, although their scripts may go on: what they still write is thrown
    /// away, and nothing is reported but their end. Harmless for a ticket whose end was stored.
    pub fn give_up<'t>(&self, tickets: impl IntoIterator<Item = &'t TicketId>) {
        let mut agents = self.lock();
        for ticket in tickets {
            agents.give_up(ticket);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Agents> {
        self.0.state.lock().expect("no holder of this lock panics")
    }
}
