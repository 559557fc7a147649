//! What is kept of a ticket from its start until the server has released it.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::path::Path;

use regatta_wire::proto::{self, Ending, Finished, Phase, Progress, Start};
use rustix::process::Pid;

use super::output_variable::OutputVariables;
use crate::journal;
use crate::script::lines::Lines;
use crate::script::mask::Masker;
use crate::spool::Spool;
use crate::ticket::TicketId;

pub(super) struct OpenTicket {
    pub(super) id: TicketId,
    pub(super) text: String,
    pub(super) task: String,
    pub(super) epoch: u64,
    /// Entry of the journal that must be durable before it may start.
    pub(super) accepted_entry: u64,
    /// Taken when it starts.
    pub(super) start: Option<Box<Start>>,
    pub(super) work_dir: Option<String>,
    pub(super) started: Option<journal::Started>,
    pub(super) running: Option<Running>,
    pub(super) spool: Spool,
    pub(super) variables: OutputVariables,
    pub(super) artifacts: Vec<Artifact>,
    /// Beyond those that are collected.
    pub(super) refused_artifacts: u64,
    /// The end, and whether it is in the journal.
    pub(super) finished: Option<Finished>,
    pub(super) said: Said,
}

/// A file to collect.
pub(super) struct Artifact {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) length_bytes: u64,
}

/// A script with a living process.
pub(super) struct Running {
    pub(super) run: u64,
    pub(super) pid: Pid,
    /// `None`: it is gone, and how it ended is being looked for.
    pub(super) pidfd: Option<OwnedFd>,
    /// It is this supervisor's own child, whose exit code can be waited for.
    pub(super) is_child: bool,
    pub(super) out: Output,
    pub(super) err: Output,
    pub(super) masker: Masker,
    /// Set by the script with `resultMessage`.
    pub(super) message: String,
    pub(super) warnings: bool,
    pub(super) wrote_error: bool,
    pub(super) fail_on_error_output: bool,
    /// What the journal knows of the output.
    pub(super) noted: journal::Noted,
    /// How often the end of a script that is no child was looked for.
    pub(super) looks: u32,
    /// Its streams ended with an earlier supervisor: what it wrote last is lost.
    pub(super) is_cut_off: bool,
    /// Why it is being stopped.
    pub(super) stop: Option<Ending>,
}

/// One stream of a script.
pub(super) struct Output {
    /// `None` at the end of the stream, or as long as a revived script's secrets are not known.
    pub(super) fd: Option<OwnedFd>,
    pub(super) lines: Lines,
    pub(super) is_watched: bool,
}

/// What the server was told in this session.
#[derive(Default)]
pub(super) struct Said {
    /// It knows the ticket: it may be spoken of.
    pub(super) is_live: bool,
    pub(super) started: bool,
    pub(super) finished: bool,
    /// The last word about its progress, to be said.
    pub(super) progress: Option<Progress>,
    /// Artifact and offset to go on with.
    pub(super) artifact: (usize, u64),
    /// Output sent and not stored yet: last line and size.
    pub(super) in_flight: VecDeque<(u64, usize)>,
    pub(super) in_flight_bytes: usize,
    /// It is in the list of those with something to say.
    pub(super) is_due: bool,
}

impl OpenTicket {
    pub(super) fn new(id: TicketId, start: Start, spool_dir: &Path) -> Self {
        Self {
            id,
            text: id.to_string(),
            task: start.task.clone(),
            epoch: start.epoch,
            accepted_entry: 0,
            start: Some(Box::new(start)),
            work_dir: None,
            started: None,
            running: None,
            spool: Spool::new(spool_dir, id.to_string()),
            variables: OutputVariables::default(),
            artifacts: Vec::new(),
            refused_artifacts: 0,
            finished: None,
            said: Said {
                is_live: true,
                ..Said::default()
            },
        }
    }

    pub(super) fn phase(&self) -> Phase {
        if self.finished.is_some() {
            Phase::Finished
        } else if self.started.is_some() {
            Phase::Running
        } else {
            Phase::Queued
        }
    }

    /// The message that says how it ended.
    pub(super) fn finish(&mut self, ending: Ending, code: i32, message: String, at_ms: i64) {
        self.spool.finish(at_ms);
        let running = self.running.as_ref();
        let artifact = |artifact: &Artifact| proto::Artifact {
            name: artifact.name.clone(),
            length_bytes: artifact.length_bytes,
        };
        self.finished = Some(Finished {
            ticket: self.text.clone(),
            at_ms,
            started_at_ms: self.started.as_ref().map_or(0, |started| started.at_ms),
            ending: ending.into(),
            code,
            message,
            lines: self.spool.lines(),
            warnings: running.is_some_and(|running| running.warnings),
            output_variables: self.variables.known(),
            artifacts: self.artifacts.iter().map(artifact).collect(),
            released: false,
        });
    }

    /// The journal's entry of the end.
    pub(super) fn exited(&self) -> Option<journal::Exited> {
        self.finished.as_ref().map(|finished| journal::Exited {
            ticket: self.id.to_bytes(),
            at_ms: finished.at_ms,
            ending: finished.ending,
            code: finished.code,
            message: finished.message.clone(),
            warnings: finished.warnings,
            lines: finished.lines,
        })
    }

    /// All that the journal must keep of it.
    pub(super) fn for_journal(&self) -> journal::OpenTicket {
        let ticket = self.id.to_bytes();
        let artifact = |a: &Artifact| journal::Artifact {
            ticket: ticket.clone(),
            name: a.name.clone(),
            path: a.path.clone(),
        };
        journal::OpenTicket {
            accepted: journal::Accepted {
                ticket: ticket.clone(),
                task: self.task.clone(),
                epoch: self.epoch,
            },
            started: self.started.clone(),
            running: self.running.as_ref().map(|running| journal::Running {
                ticket: ticket.clone(),
                pid: running.pid.as_raw_pid(),
            }),
            noted: self.running.as_ref().map(|running| running.noted.clone()),
            variables: self.variables.noted(self.id),
            artifacts: self.artifacts.iter().map(artifact).collect(),
            exited: self.exited(),
            machine_restarted: false,
        }
    }
}
