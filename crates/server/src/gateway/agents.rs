//! Who may connect, who is connected, and what each was told to run. Plain state without I/O: sending is putting a
//! message into a session's queue, reporting is putting a report into the driver's.

use std::collections::{HashMap, HashSet};

use regatta_core::engine::event::{Outcome, TicketId};
use regatta_wire::pin::Pin;
use regatta_wire::proto::{self, down_message::Kind};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::limits::Strays;
use super::outbox::Outbox;
use super::report::Credit;
use super::{AgentId, GatewayError, Registration, Report, ScriptEnd, SentBy, StartScript};

/// Identifies one session of one agent.
pub(super) type SessionId = u64;

pub(super) struct Agents {
    agents: HashMap<AgentId, Agent>,
    agent_of: HashMap<TicketId, AgentId>,
    reports: UnboundedSender<Report>,
    last_session: SessionId,
    all_resumed: bool,
    /// Tickets that are resumed later than all others, or that another server has to resume: agents must not be told
    /// to forget them.
    expected: HashSet<TicketId>,
}

struct Agent {
    pin: Pin,
    slots: Option<u32>,
    /// The journal it had when it was last heard of, by this or an earlier run of the server.
    journal_id: Option<String>,
    session: Option<Session>,
    tickets: HashMap<TicketId, Ticket>,
}

struct Session {
    id: SessionId,
    down: Outbox,
    journal_id: String,
    /// Tickets of the hello that nobody has asked for yet: ticket, and whether it has ended.
    unclaimed: HashMap<TicketId, bool>,
    /// Dropped with the session, which ends its connection.
    _end: oneshot::Sender<()>,
}

struct Ticket {
    start: proto::Start,
    /// The agent has said something about it.
    heard_of: bool,
    /// The journal the agent had when the start was (or may have been) sent.
    sent_under: Option<String>,
    epoch: u64,
    next_line: u64,
    stop_grace_ms: Option<i64>,
    ended: bool,
    /// Nobody waits for it any more: the agent need not keep its output.
    given_up: bool,
}

/// What a session must know about its agent once the hello is accepted.
pub(super) struct Accepted {
    pub(super) session: SessionId,
    /// Resolves when the session is to end: its agent was unregistered or has a newer one.
    pub(super) ended: oneshot::Receiver<()>,
    pub(super) agent: AgentId,
    pub(super) strays: Strays,
}

/// What is to become of output that has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It continues what was there.
    Next,
    /// Known already: drop it.
    Ignore,
    /// Of a ticket that is not this agent's, or is over: drop it.
    Stray,
    /// Lines are missing before it: the session is broken.
    Gap,
}

impl Agents {
    pub(super) fn new(reports: UnboundedSender<Report>) -> Self {
        Self {
            agents: HashMap::new(),
            agent_of: HashMap::new(),
            reports,
            last_session: 0,
            all_resumed: false,
            expected: HashSet::new(),
        }
    }

    /// Returns the pin the agent had before.
    pub(super) fn register(
        &mut self,
        registration: &Registration,
        journal_id: Option<String>,
    ) -> Option<Pin> {
        let Registration { agent, pin, slots } = registration;
        let Some(known) = self.agents.get_mut(agent) else {
            let new = Agent {
                pin: *pin,
                slots: *slots,
                journal_id,
                session: None,
                tickets: HashMap::new(),
            };
            self.agents.insert(agent.clone(), new);
            return None;
        };
        let old = std::mem::replace(&mut known.pin, *pin);
        known.slots = *slots;
        if old != *pin {
            known.session = None;
        }
        Some(old)
    }

    pub(super) fn unregister(&mut self, agent: &AgentId) -> Option<Pin> {
        let gone = self.agents.remove(agent)?;
        self.agent_of.retain(|_, owner| owner != agent);
        Some(gone.pin)
    }

    pub(super) fn start(
        &mut self,
        agent: &AgentId,
        script: StartScript,
    ) -> Result<(), GatewayError> {
        self.take_up(agent, script, (1, None))
    }

    pub(super) fn resume(
        &mut self,
        agent: &AgentId,
        script: StartScript,
        (next_line, sent_by): (u64, SentBy),
    ) -> Result<(), GatewayError> {
        self.take_up(agent, script, (next_line, Some(sent_by)))
    }

    pub(super) fn expect(&mut self, ticket: &TicketId) {
        self.expected.insert(ticket.clone());
    }

    fn take_up(
        &mut self,
        id: &AgentId,
        script: StartScript,
        (next_line, resumed): (u64, Option<SentBy>),
    ) -> Result<(), GatewayError> {
        uuid::Uuid::parse_str(&script.ticket.0)
            .map_err(|_| GatewayError::BadTicket(script.ticket.0.clone()))?;
        let agent = self
            .agents
            .get_mut(id)
            .ok_or_else(|| GatewayError::UnknownAgent(id.0.clone()))?;
        let ticket_id = script.ticket.clone();
        self.expected.remove(&ticket_id);
        if agent.tickets.contains_key(&ticket_id) {
            return Ok(());
        }
        let sent_under = resumed.map(|by| agent.last_journal(by));
        let ticket = agent.tickets.entry(ticket_id.clone()).or_insert(Ticket {
            epoch: script.epoch,
            start: script.into(),
            heard_of: false,
            sent_under,
            next_line,
            stop_grace_ms: None,
            ended: false,
            given_up: false,
        });
        self.agent_of.insert(ticket_id.clone(), id.clone());
        if let Some(session) = &mut agent.session {
            reconcile(&ticket_id, ticket, session, &self.reports);
        }
        Ok(())
    }

    pub(super) fn all_resumed(&mut self) {
        self.all_resumed = true;
        for agent in self.agents.values_mut() {
            if let Some(session) = &mut agent.session {
                release_unclaimed(session, &self.expected);
            }
        }
    }

    pub(super) fn stop(&mut self, ticket_id: &TicketId, grace_ms: i64) {
        let reports = self.reports.clone();
        let Some((agent, id)) = self.agent_with(ticket_id) else {
            return;
        };
        let Some(ticket) = agent.tickets.get_mut(&id).filter(|ticket| !ticket.ended) else {
            return;
        };
        ticket.stop_grace_ms = Some(grace_ms);
        match &agent.session {
            Some(session) => session.send(stop_message(&id, ticket.epoch, grace_ms)),
            None if ticket.sent_under.is_none() => {
                end_here(&id, ticket, Outcome::Canceled, &reports);
            }
            None => {}
        }
    }

    pub(super) fn output_stored(&mut self, ticket_id: &TicketId, through_line: u64) {
        if let Some((
            Agent {
                session: Some(session),
                ..
            },
            id,
        )) = self.agent_with(ticket_id)
        {
            session.send(Kind::OutputStored(proto::OutputStored {
                ticket: id.0,
                through_line,
            }));
        }
    }

    pub(super) fn finish_stored(&mut self, ticket_id: &TicketId) {
        let Some((agent, id)) = self.agent_with(ticket_id) else {
            return;
        };
        agent.tickets.remove(&id);
        if let Some(session) = &agent.session {
            session.send(Kind::Release(proto::Release { ticket: id.0 }));
        }
        self.agent_of.remove(ticket_id);
    }

    /// Another server decides about these tickets now. Nothing more is said about them, and agents keep them: the
    /// sessions end, so that the next hello tells of each anew, to this server or another.
    pub(super) fn let_go<'t>(&mut self, tickets: impl Iterator<Item = &'t TicketId>) {
        for ticket_id in tickets {
            self.expected.insert(ticket_id.clone());
            let Some(id) = self.agent_of.remove(ticket_id) else {
                continue;
            };
            let Some(agent) = self.agents.get_mut(&id) else {
                continue;
            };
            agent.tickets.remove(ticket_id);
            if agent.session.take().is_some() {
                send_report(&self.reports, Report::WorkerLost { agent: id });
            }
        }
    }

    /// Nobody waits for this ticket any more. What was never sent is not sent.
    pub(super) fn give_up(&mut self, ticket_id: &TicketId) {
        let Some((agent, id)) = self.agent_with(ticket_id) else {
            return;
        };
        let Some(ticket) = agent.tickets.get_mut(&id) else {
            return;
        };
        if ticket.ended || ticket.sent_under.is_none() {
            // An end was reported already, to somebody who may be gone.
            return self.finish_stored(&id);
        }
        ticket.given_up = true;
        let through_line = ticket.next_line - 1;
        self.output_stored(&id, through_line);
    }

    fn agent_with(&mut self, ticket_id: &TicketId) -> Option<(&mut Agent, TicketId)> {
        let agent = self.agents.get_mut(self.agent_of.get(ticket_id)?)?;
        Some((agent, ticket_id.clone()))
    }

    /// A session says hello: it replaces an older one of the same agent, and every open ticket is reconciled.
    /// `None`: the key's owner was unregistered meanwhile.
    pub(super) fn connect(
        &mut self,
        id: AgentId,
        hello: proto::Hello,
        down: Outbox,
    ) -> Option<Accepted> {
        let agent = self.agents.get_mut(&id)?;
        self.last_session += 1;
        let finished = proto::Phase::Finished as i32;
        let unclaimed = hello
            .open
            .into_iter()
            .map(|open| (TicketId(open.ticket), open.phase == finished))
            .collect();
        agent.journal_id = Some(hello.journal_id.clone());
        let welcome = proto::Welcome {
            protocol: regatta_wire::PROTOCOL,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            slots: agent.slots.unwrap_or(0),
        };
        let (end, ended) = oneshot::channel();
        let mut session = Session {
            id: self.last_session,
            down,
            journal_id: hello.journal_id,
            unclaimed,
            _end: end,
        };
        session.send(Kind::Welcome(welcome));
        let connected = Report::WorkerConnected {
            agent: id.clone(),
            slots: agent.slots.unwrap_or(hello.slots),
            build: hello.build,
            operating_system: hello.operating_system,
            capabilities: hello.capabilities,
        };
        send_report(&self.reports, connected);
        // Tickets are UUIDv7: this is the order in which they were issued.
        let mut tickets: Vec<_> = agent.tickets.iter_mut().collect();
        tickets.sort_by(|a, b| a.0.cmp(b.0));
        for (ticket_id, ticket) in tickets {
            reconcile(ticket_id, ticket, &mut session, &self.reports);
        }
        if self.all_resumed {
            release_unclaimed(&mut session, &self.expected);
        }
        agent.session = Some(session);
        Some(Accepted {
            session: self.last_session,
            ended,
            agent: id,
            strays: Strays::default(),
        })
    }

    /// A session is over; nothing happens if a newer one has taken its place.
    pub(super) fn disconnect(&mut self, id: &AgentId, session: SessionId) {
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        if agent
            .session
            .as_ref()
            .is_some_and(|current| current.id == session)
        {
            agent.session = None;
            send_report(&self.reports, Report::WorkerLost { agent: id.clone() });
        }
    }

    /// Looks at lines `first..first + lines` of a ticket that `from` claims to run.
    pub(super) fn output_arrives(
        &mut self,
        from: &Accepted,
        ticket_id: &TicketId,
        first: u64,
        lines: u64,
    ) -> Arrival {
        let Some(ticket) = self.open_ticket(from, ticket_id) else {
            return Arrival::Stray;
        };
        if first > ticket.next_line {
            return Arrival::Gap;
        }
        if first < ticket.next_line {
            return Arrival::Ignore;
        }
        ticket.next_line += lines;
        if ticket.given_up {
            let through_line = ticket.next_line - 1;
            self.output_stored(ticket_id, through_line);
            return Arrival::Ignore;
        }
        Arrival::Next
    }

    /// Whether the agent runs this ticket and it has not ended. Hearing of it means that the agent has it.
    pub(super) fn is_open(&mut self, from: &Accepted, ticket_id: &TicketId) -> bool {
        self.open_ticket(from, ticket_id).is_some()
    }

    /// Whether this is the first time that the ticket's end is reported.
    pub(super) fn ends(&mut self, from: &Accepted, ticket_id: &TicketId) -> bool {
        self.open_ticket(from, ticket_id)
            .is_some_and(|ticket| !std::mem::replace(&mut ticket.ended, true))
    }

    /// The line a ticket's output goes on from; output before it is complete.
    pub(super) fn next_line(&self, from: &Accepted, ticket_id: &TicketId) -> Option<u64> {
        Some(
            self.agents
                .get(&from.agent)?
                .tickets
                .get(ticket_id)?
                .next_line,
        )
    }

    fn open_ticket(&mut self, from: &Accepted, ticket_id: &TicketId) -> Option<&mut Ticket> {
        let agent = self.agents.get_mut(&from.agent)?;
        agent
            .session
            .as_ref()
            .filter(|session| session.id == from.session)?;
        let ticket = agent
            .tickets
            .get_mut(ticket_id)
            .filter(|ticket| !ticket.ended)?;
        ticket.heard_of = true;
        Some(ticket)
    }

    /// Whether this agent was told to run a script that uses the package, and has not ended it.
    pub(super) fn may_fetch(&self, id: &AgentId, ticket: &TicketId, sha256: &str) -> bool {
        let ticket = self
            .agents
            .get(id)
            .and_then(|agent| agent.tickets.get(ticket));
        ticket.is_some_and(|ticket| {
            !ticket.ended
                && ticket
                    .start
                    .packages
                    .iter()
                    .any(|package| package.sha256 == sha256)
        })
    }

    pub(super) fn report(&self, report: Report) {
        send_report(&self.reports, report);
    }
}

impl Agent {
    /// The journal the agent had when a ticket that is resumed may have been sent. It is known if this server sent
    /// it: it would not have without a session. Otherwise only an agent that knows the ticket can tell.
    fn last_journal(&self, sent_by: SentBy) -> String {
        let known = self.journal_id.as_ref();
        let known = known.filter(|_| sent_by == SentBy::ThisServer);
        known.cloned().unwrap_or_default()
    }
}

impl Session {
    fn send(&self, message: Kind) {
        self.down.send(message);
    }
}

/// Brings agent and server to one view of a ticket.
fn reconcile(
    id: &TicketId,
    ticket: &mut Ticket,
    session: &mut Session,
    reports: &UnboundedSender<Report>,
) {
    let known_there = session.unclaimed.remove(id).is_some();
    if ticket.ended {
        return;
    }
    if known_there {
        session.send(Kind::Resume(resume_message(id, ticket)));
        ticket.sent_under = Some(session.journal_id.clone());
    } else if ticket
        .sent_under
        .as_ref()
        .is_some_and(|journal| *journal != session.journal_id)
    {
        let message = "the agent does not know this script, which may have been started: its data directory was \
            replaced, or another server had sent it elsewhere"
            .to_owned();
        return end_here(id, ticket, Outcome::Unknown { message }, reports);
    } else if ticket.stop_grace_ms.is_some() || ticket.given_up {
        return end_here(id, ticket, Outcome::Canceled, reports);
    } else if !ticket.heard_of {
        session.send(Kind::Start(ticket.start.clone()));
        ticket.sent_under = Some(session.journal_id.clone());
    } else {
        let message =
            "the agent no longer knows this script, although it had started it".to_owned();
        return end_here(id, ticket, Outcome::Unknown { message }, reports);
    }
    if let Some(grace_ms) = ticket.stop_grace_ms {
        session.send(stop_message(id, ticket.epoch, grace_ms));
    }
}

/// Reports an end that the agent will not report.
fn end_here(
    id: &TicketId,
    ticket: &mut Ticket,
    outcome: Outcome,
    reports: &UnboundedSender<Report>,
) {
    ticket.ended = true;
    let end = ScriptEnd {
        ticket: id.clone(),
        outcome,
        exit_code: None,
        started_at: None,
        at: super::session::now(),
        lines: ticket.next_line - 1,
        output_variables: Vec::new(),
        _credit: Credit::default(),
    };
    send_report(reports, Report::Finished(Box::new(end)));
}

/// The server knows nothing of these tickets any more: their ends are durable, or they are of another life of it.
fn release_unclaimed(session: &mut Session, expected: &HashSet<TicketId>) {
    let ended: Vec<_> = session
        .unclaimed
        .extract_if(|id, ended| *ended && !expected.contains(id))
        .map(|(id, _)| id)
        .collect();
    for id in ended {
        session.send(Kind::Release(proto::Release { ticket: id.0 }));
    }
    if !session.unclaimed.is_empty() {
        tracing::warn!(
            scripts = session.unclaimed.len(),
            "an agent runs scripts this server knows nothing of"
        );
    }
}

fn resume_message(id: &TicketId, ticket: &Ticket) -> proto::Resume {
    let secrets = ticket
        .start
        .variables
        .iter()
        .filter(|variable| variable.sensitive);
    let masks = secrets
        .map(|variable| variable.value.clone())
        .chain(ticket.start.masks.iter().cloned())
        .collect();
    proto::Resume {
        ticket: id.0.clone(),
        next_line: ticket.next_line,
        masks,
    }
}

fn stop_message(id: &TicketId, epoch: u64, grace_ms: i64) -> Kind {
    Kind::Stop(proto::Stop {
        ticket: id.0.clone(),
        grace_ms,
        epoch,
    })
}

fn send_report(reports: &UnboundedSender<Report>, report: Report) {
    // The reader is gone only when the server is stopping; the event log has all that counts.
    let _stopping = reports.send(report);
}

#[cfg(test)]
mod tests;
