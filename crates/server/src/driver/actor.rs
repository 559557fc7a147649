//! The driver of one open task: waits until something happened, makes a turn, commits, acts.
//!
//! It is the only writer of the task's log. When its lease is gone it stops without a word:
//! another server goes on from the same log. When the engine refuses what it asked for itself,
//! the task is parked (failed, with the reason shown) and all other tasks go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regatta_core::engine::command::Evaluation;
use regatta_core::engine::event::{Event, Outcome, Seq, TicketId};
use regatta_core::time::Time;
use regatta_store::{Append, StoreError, Write};
use tokio::sync::{Notify, mpsc};

use super::input::Input;
use super::live::Live;
use super::log::Lines;
use super::turn::Turn;
use super::{Closed, Shared, audit};

/// Inputs looked at in one turn.
const INPUTS_MAX: usize = 4096;
/// How long a script may take to end after it was told to; then it counts as abandoned (Octopus' 2 minutes).
const STOP_LIMIT_MS: i64 = 120_000;
/// Between attempts to write while the database is away.
pub(super) const STORE_PAUSE: Duration = Duration::from_millis(500);

/// See the module.
pub(super) struct Actor {
    pub shared: Arc<Shared>,
    pub live: Live,
    pub inbox: mpsc::UnboundedReceiver<Input>,
    /// Something outside changed: a lock or a worker became free. However often before it is looked at, it is once.
    pub woken: Arc<Notify>,
    /// When each ticket was first told to stop.
    pub stopping: BTreeMap<TicketId, Time>,
    /// The last event known to be durable.
    pub stored_seq: Seq,
    /// When the last turn was made: the engine has looked at everything that was due by then, and at nothing later.
    pub looked_at: Time,
}

/// What a turn made durable.
struct Committed {
    seq: Seq,
    finished: Vec<TicketId>,
}

/// Why a task's driver ends.
#[derive(Debug)]
pub(super) enum End {
    /// The task is over.
    Finished,
    /// Somebody else owns the task, or this server stops.
    Lost,
    /// It cannot go on.
    Defect(String),
}

impl Actor {
    /// Drives the task until it is over, lost or parked.
    pub(super) async fn run(mut self) {
        let task_id = self.live.head.id.clone();
        let end = self.turns().await;
        let closed = match &end {
            End::Finished => {
                tracing::debug!(task_id, "task over");
                Closed::Over
            }
            End::Lost => {
                tracing::info!(task_id, "task given up");
                Closed::Lost
            }
            End::Defect(why) => {
                tracing::error!(task_id, why, "task parked");
                self.park(why).await
            }
        };
        self.shared
            .close_task(&task_id, self.live.head.epoch, closed);
    }

    async fn turns(&mut self) -> End {
        let mut inputs = vec![Input::Wake];
        loop {
            if let Err(end) = self.turn(&mut inputs).await {
                return end;
            }
            if self.live.run.is_finished() {
                return End::Finished;
            }
            if !self.wait(&mut inputs).await {
                return End::Lost;
            }
        }
    }

    /// Waits for inputs, for something outside to change, or for the next deadline; false when the driver is closing.
    async fn wait(&mut self, inputs: &mut Vec<Input>) -> bool {
        let pause = self.deadline().map(|at| {
            Duration::from_millis(u64::try_from(at.since_ms(self.shared.now())).unwrap_or(0))
        });
        let due = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            count = self.inbox.recv_many(inputs, INPUTS_MAX) => return count > 0,
            () = self.woken.notified() => {}
            () = due => {}
        }
        inputs.push(Input::Wake);
        true
    }

    fn deadline(&self) -> Option<Time> {
        let abandoned = self
            .stopping
            .values()
            .min()
            .map(|since| since.plus_ms(STOP_LIMIT_MS));
        // From when it looked, not from now: what became due while the turn was written is still to be done.
        self.live
            .run
            .deadline(self.looked_at)
            .into_iter()
            .chain(abandoned)
            .min()
    }

    async fn turn(&mut self, inputs: &mut Vec<Input>) -> Result<(), End> {
        let now = self.shared.now();
        self.looked_at = now;
        self.abandon(now, inputs);
        let mut turn = Turn::new(now, self.live.run.seq());
        let mut lines = Lines::default();
        if turn.after_seq == 0 {
            self.begin(&mut turn)?;
        }
        for input in inputs.drain(..) {
            if let Input::Output(output) = &input {
                lines.output(&self.live, output);
            }
            self.live.take(&self.shared, &mut turn, input);
        }
        self.decide(&mut turn).await?;
        lines.engine(&self.live, std::mem::take(&mut turn.lines), now);
        // An agent forgets a script whose end is durable, even if this server is killed just then.
        let last_words = lines.take_ended(&turn.scripts_ended());
        let mut stored_lines = last_words.store(&self.shared, &self.live.head.id).await;
        let (committed, others) = tokio::join!(
            self.commit(&mut turn),
            lines.store(&self.shared, &self.live.head.id)
        );
        let committed = committed?;
        stored_lines.extend(others);
        let happened = committed.seq > self.stored_seq;
        self.stored_seq = committed.seq;
        for (ticket, line) in &stored_lines {
            self.shared.gateway.output_stored(ticket, *line);
        }
        for done in turn.afterwards.drain(..) {
            done();
        }
        self.share(&committed.finished, happened);
        let head = &self.live.head;
        let is_idle = self.live.run.is_idle();
        self.shared.note_idle(&head.id, head.epoch, is_idle);
        self.act(turn.acts).await;
        Ok(())
    }

    /// The first event of the task, with the plan it follows.
    fn begin(&mut self, turn: &mut Turn) -> Result<(), End> {
        self.live.record(turn, Event::Started).map_err(defect)?;
        turn.writes.push(Write::DocumentInsert(Box::new(
            self.live.frozen.document(turn.now),
        )));
        turn.writes.push(audit::started(&self.live.head, turn.now));
        Ok(())
    }

    async fn decide(&mut self, turn: &mut Turn) -> Result<(), End> {
        loop {
            let evaluated = self.decide_locked(turn)?;
            if evaluated.is_empty() {
                return Ok(());
            }
            for wanted in evaluated {
                self.evaluate(turn, wanted).await?;
            }
            let count = std::mem::take(&mut turn.ids_missing);
            if count > 0 {
                self.live.spare_ids = self.reserve_ids(count).await?;
            }
        }
    }

    /// Answers what must be evaluated before the engine can go on.
    fn decide_locked(&mut self, turn: &mut Turn) -> Result<Vec<Evaluation>, End> {
        let mut resources = self.shared.resources();
        // What ended gives its slot back first, or a turn in which everything ended would
        // find every worker full.
        for (_, event) in &turn.events {
            if let Event::TicketFinished { ticket, .. } = event {
                resources.finished(&ticket.0);
            }
        }
        let evaluated = self.live.decide(turn, &mut resources).map_err(defect)?;
        // Under the same lock: nobody else may count on what was just taken, and what is
        // freed from now on must find this task in the line.
        resources.update(&self.live.head.id, &self.live.run);
        Ok(evaluated)
    }

    async fn reserve_ids(&self, count: usize) -> Result<Vec<String>, End> {
        loop {
            match self.shared.reserve_interruption_ids(count).await {
                Ok(ids) => return Ok(ids),
                Err(error) => self.survive(error).await?,
            }
        }
    }

    /// Makes the turn durable; answers the tickets that finished in it.
    async fn commit(&self, turn: &mut Turn) -> Result<Committed, End> {
        if !turn.has_facts() {
            return Ok(Committed {
                seq: self.stored_seq,
                finished: Vec::new(),
            });
        }
        let append = Append {
            task_id: self.live.head.id.clone(),
            epoch: self.live.head.epoch,
            after_seq: turn.after_seq,
            events: std::mem::take(&mut turn.events),
            writes: std::mem::take(&mut turn.writes),
        };
        let finished = append.events.iter().filter_map(|(_, event)| match event {
            Event::TicketFinished { ticket, .. } => Some(ticket.clone()),
            _ => None,
        });
        let finished = finished.collect::<Vec<_>>();
        loop {
            match self.shared.store.append(append.clone()).await {
                Ok(seq) => {
                    self.shared.tell_readers(&self.live.head.id, seq);
                    return Ok(Committed { seq, finished });
                }
                Err(error) => self.survive(error).await?,
            }
        }
    }

    /// Pauses after passing trouble of the database, for as long as it lasts (invariant I26).
    pub(super) async fn survive(&self, error: StoreError) -> Result<(), End> {
        match error {
            StoreError::StaleEpoch { .. } | StoreError::Closed => Err(End::Lost),
            error if error.is_transient() => {
                tracing::warn!(%error, task_id = self.live.head.id, "the database is away; trying again");
                tokio::time::sleep(STORE_PAUSE).await;
                Ok(())
            }
            error => Err(End::Defect(error.to_string())),
        }
    }

    /// Scripts that were told to stop long ago and did not: nobody can tell how they end.
    fn abandon(&mut self, now: Time, inputs: &mut Vec<Input>) {
        if self.stopping.is_empty() {
            return;
        }
        let out: Vec<TicketId> = self
            .live
            .run
            .tickets_out()
            .map(|out| out.ticket.clone())
            .collect();
        self.stopping.retain(|ticket, _| out.contains(ticket));
        let late = self
            .stopping
            .iter()
            .filter(|(_, since)| now.since_ms(**since) >= STOP_LIMIT_MS);
        for (ticket, _) in late {
            let message =
                "it did not end within 2 minutes after it was told to; it may still be running"
                    .to_owned();
            inputs.push(Input::Ended {
                ticket: ticket.clone(),
                outcome: Outcome::Unknown { message },
            });
        }
    }

    /// Whoever waits for machines and slots looks again.
    fn share(&self, finished: &[TicketId], happened: bool) {
        {
            let mut routes = self.shared.tickets();
            for ticket in finished {
                routes.remove(ticket);
            }
        }
        // Whose end the agent told is forgotten there already; the others may go on and write.
        self.shared.gateway.give_up(finished);
        // A turn in which nothing happened frees nothing: two waiting tasks must not wake each other for ever.
        if happened {
            self.shared.wake_waiting(&self.live.head.id);
        }
    }
}

pub(super) fn defect(error: impl std::fmt::Display) -> End {
    End::Defect(error.to_string())
}
