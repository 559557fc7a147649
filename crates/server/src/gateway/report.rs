//! What agents say, checked and in the server's own words.

use regatta_core::engine::event::{Outcome, TicketId};
use regatta_core::log::LogLevel;
use regatta_core::time::Time;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{AgentId, ScriptVariable};

/// Memory that a report takes from the gateway's budget, given back when it is dropped: keep it for as long as the report
/// waits for somebody. What the gateway itself reports takes none; there is little of it.
#[derive(Default)]
pub struct Credit {
    _permit: Option<OwnedSemaphorePermit>,
}

impl From<Option<OwnedSemaphorePermit>> for Credit {
    fn from(permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { _permit: permit }
    }
}

/// Something an agent reported. Per ticket: `Started`, `Output` without gap or repetition, `Artifact`, `Finished`, in
/// this order; after a restart of the server `Started` may come again or not at all.
pub enum Report {
    Started {
        ticket: TicketId,
        at: Time,
        credit: Credit,
    },
    Output(OutputBatch),
    Progress {
        ticket: TicketId,
        percentage: u32,
        message: String,
        credit: Credit,
    },
    Artifact(ArtifactPart),
    Finished(Box<ScriptEnd>),
    /// A session is up; `slots` scripts can run at the same time.
    WorkerConnected {
        agent: AgentId,
        slots: u32,
        build: String,
        operating_system: String,
        capabilities: Vec<String>,
    },
    /// The session is gone. Scripts go on at the agent and are reported when it is back.
    WorkerLost {
        agent: AgentId,
    },
}

/// Lines of one ticket, in order.
pub struct OutputBatch {
    pub ticket: TicketId,
    /// Number of the first line; the first of a ticket is 1.
    pub first_line: u64,
    /// Each line ends with a line feed.
    pub text: String,
    /// (lines, level, time) of the lines in order.
    pub runs: Vec<(u32, LogLevel, Time)>,
    pub(super) _credit: Credit,
}

/// One line of an [`OutputBatch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLine<'a> {
    pub number: u64,
    pub level: LogLevel,
    pub at: Time,
    /// Without the line feed.
    pub text: &'a str,
}

impl OutputBatch {
    /// The lines, one by one.
    pub fn lines(&self) -> impl Iterator<Item = OutputLine<'_>> {
        let stamps = self
            .runs
            .iter()
            .flat_map(|&(lines, level, at)| std::iter::repeat_n((level, at), lines as usize));
        (self.first_line..)
            .zip(self.text.split_terminator('\n').zip(stamps))
            .map(|(number, (text, (level, at)))| OutputLine {
                number,
                level,
                at,
                text,
            })
    }

    /// Number of the last line.
    #[must_use]
    pub fn last_line(&self) -> u64 {
        let lines: u64 = self.runs.iter().map(|run| u64::from(run.0)).sum();
        self.first_line + lines - 1
    }
}

/// A piece of a file the script handed over. Pieces come in order; after a reconnect they start again at 0.
pub struct ArtifactPart {
    pub ticket: TicketId,
    /// Tells a ticket's artifacts apart.
    pub index: u32,
    /// As the script named it: not to be used as a path.
    pub name: String,
    pub offset: u64,
    pub content: Vec<u8>,
    pub last: bool,
    pub(super) _credit: Credit,
}

/// How a ticket ended. Confirm with [`super::Gateway::finish_stored`].
pub struct ScriptEnd {
    pub ticket: TicketId,
    pub outcome: Outcome,
    /// `None` if it did not end by itself.
    pub exit_code: Option<i32>,
    /// `None` if it never started or nobody knows.
    pub started_at: Option<Time>,
    pub at: Time,
    /// Lines of output in all.
    pub lines: u64,
    pub output_variables: Vec<ScriptVariable>,
    pub(super) _credit: Credit,
}

/// The stream of reports; there is one reader.
pub struct Reports(mpsc::UnboundedReceiver<Report>);

impl Reports {
    pub(super) fn new(receiver: mpsc::UnboundedReceiver<Report>) -> Self {
        Self(receiver)
    }

    /// The next report; `None` once the gateway is gone.
    pub async fn recv(&mut self) -> Option<Report> {
        self.0.recv().await
    }

    /// Waits for at least one report and appends up to `max` to `into`; returns how many (0: the gateway is gone).
    pub async fn recv_many(&mut self, into: &mut Vec<Report>, max: usize) -> usize {
        self.0.recv_many(into, max).await
    }
}
