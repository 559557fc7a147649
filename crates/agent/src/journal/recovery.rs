//! Reads a journal back: which tickets are open and how far each got.

use std::collections::{BTreeMap, VecDeque};

use prost::Message;

use super::entry::{Accepted, Artifact, Entry, Exited, Kind, Noted, Running, Started, Variable};
use crate::record::Records;
use crate::ticket::TicketId;

/// Open tickets as a journal shows them.
#[derive(Default, Clone)]
pub(crate) struct Recovered {
    pub(crate) tickets: BTreeMap<TicketId, OpenTicket>,
}

/// A ticket that was started, or may have been, and is not released.
#[derive(Default, Clone)]
pub(crate) struct OpenTicket {
    pub(crate) accepted: Accepted,
    pub(crate) started: Option<Started>,
    pub(crate) running: Option<Running>,
    pub(crate) noted: Option<Noted>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) exited: Option<Exited>,
    /// The machine was restarted since: if it ever ran, it runs no more.
    pub(crate) machine_restarted: bool,
}

impl Recovered {
    /// The entries that say the same.
    pub(super) fn entries(&self) -> impl Iterator<Item = Kind> + '_ {
        self.tickets.values().flat_map(|open| {
            std::iter::once(Kind::Accepted(open.accepted.clone()))
                .chain(open.started.clone().map(Kind::Starting))
                .chain(open.running.clone().map(Kind::Running))
                .chain(open.noted.clone().map(Kind::Noted))
                .chain(open.variables.iter().cloned().map(Kind::Variable))
                .chain(open.artifacts.iter().cloned().map(Kind::Artifact))
                .chain(open.exited.clone().map(Kind::Exited))
        })
    }
}

/// What else a journal says.
#[derive(Default)]
pub(super) struct Past {
    pub(super) id: Option<String>,
    /// Nothing is missing or damaged.
    pub(super) whole: bool,
    pub(super) tombstones: VecDeque<TicketId>,
    pub(super) horizon: u128,
}

pub(super) fn read(bytes: &[u8], boot_id: &str) -> (Past, Recovered) {
    let mut past = Past {
        whole: true,
        ..Past::default()
    };
    let mut recovered = Recovered::default();
    let mut machine_restarted = false;
    let mut records = Records::new(bytes);
    for payload in records.by_ref() {
        match Entry::decode(payload).ok().and_then(|entry| entry.kind) {
            Some(Kind::Opened(opened)) => {
                machine_restarted = opened.boot_id != boot_id;
                past.id = Some(opened.journal_id);
            }
            Some(Kind::Tombstones(tombstones)) => {
                past.tombstones = tombstones
                    .tickets
                    .chunks_exact(16)
                    .filter_map(TicketId::from_bytes)
                    .collect();
                past.horizon =
                    TicketId::from_bytes(&tombstones.horizon).map_or(0, |ticket| ticket.0);
            }
            Some(kind) => apply(kind, &mut past, &mut recovered),
            None => past.whole = false,
        }
    }
    past.whole &= records.position() == bytes.len();
    for open in recovered.tickets.values_mut() {
        open.machine_restarted = machine_restarted;
    }
    if !machine_restarted {
        // Accepted and certainly not let go: the server sends it again, with the script.
        recovered
            .tickets
            .retain(|_, open| open.running.is_some() || open.exited.is_some());
    }
    (past, recovered)
}

fn apply(kind: Kind, past: &mut Past, recovered: &mut Recovered) {
    let open = &mut recovered.tickets;
    let of = |bytes: &[u8]| TicketId::from_bytes(bytes);
    match kind {
        Kind::Accepted(accepted) => {
            if let Some(ticket) = of(&accepted.ticket) {
                open.entry(ticket).or_default().accepted = accepted;
            }
        }
        Kind::Starting(started) => {
            if let Some(ticket) = of(&started.ticket).and_then(|ticket| open.get_mut(&ticket)) {
                ticket.started = Some(started);
            }
        }
        Kind::Running(running) => {
            if let Some(ticket) = of(&running.ticket).and_then(|ticket| open.get_mut(&ticket)) {
                ticket.running = Some(running);
            }
        }
        Kind::Noted(noted) => {
            if let Some(ticket) = of(&noted.ticket).and_then(|ticket| open.get_mut(&ticket)) {
                ticket.noted = Some(noted);
            }
        }
        Kind::Variable(variable) => {
            if let Some(ticket) = of(&variable.ticket).and_then(|ticket| open.get_mut(&ticket)) {
                ticket.variables.push(variable);
            }
        }
        Kind::Artifact(artifact) => {
            if let Some(ticket) = of(&artifact.ticket).and_then(|ticket| open.get_mut(&ticket)) {
                ticket.artifacts.push(artifact);
            }
        }
        Kind::Exited(exited) => {
            if let Some(ticket) = of(&exited.ticket).and_then(|ticket| open.get_mut(&ticket)) {
                ticket.exited = Some(exited);
            }
        }
        Kind::Released(ticket) => {
            if let Some(ticket) = of(&ticket) {
                open.remove(&ticket);
                past.tombstones.push_back(ticket);
            }
        }
        Kind::Dropped(ticket) => {
            if let Some(ticket) = of(&ticket) {
                open.remove(&ticket);
            }
        }
        Kind::Opened(_) | Kind::Tombstones(_) => {}
    }
}
