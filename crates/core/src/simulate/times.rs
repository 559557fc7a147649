//! Where the time of a run went, read off its log.
//!
//! The definitions are those shown to people:
//! *one by one* is the sum over all steps of the time something of them ran;
//! *actual* is the time from the first start to the last end;
//! *best possible* is the longest chain of dependent steps, each taking the time it ran.
//! Time in which nothing ran because a person had to decide is in none of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::event::{Cell, Event, Outcome, Recorded, Seq};
use crate::engine::plan::{ActionKind, Plan, StepIx};
use crate::time::Time;

/// Times of a run and of each step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// In plan order.
    pub steps: Vec<StepTimes>,
    pub one_by_one_ms: i64,
    pub actual_ms: i64,
    pub best_possible_ms: i64,
    /// Nothing ran and a question was open.
    pub people_ms: i64,
    /// Waiting that more capacity would have spared, summed over steps.
    pub lost_ms: BTreeMap<LostTo, i64>,
    /// The chain of steps that decided when the run ended, first one first.
    pub critical_path: Vec<StepIx>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTimes {
    /// First ticket or question; `None` = it did not run.
    pub began_at: Option<Time>,
    /// Last thing that happened to it.
    pub over_at: Option<Time>,
    /// Time in which something of it ran.
    pub busy_ms: i64,
    /// It could have been this much slower without delaying the end.
    pub slack_ms: i64,
    pub lost_ms: BTreeMap<LostTo, i64>,
}

/// What an action that was ready waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LostTo {
    Workers,
    /// Its machine was locked, busy or offline.
    Machines,
    /// The deployment's or the server's own limit.
    Limits,
    /// The pause before another attempt.
    Retries,
}

/// When things happened, before any arithmetic.
pub(super) struct Spans {
    pub(super) steps: Vec<StepSpans>,
    asked: Vec<(Time, Time)>,
}

#[derive(Default)]
pub(super) struct StepSpans {
    /// First ticket or question.
    pub(super) began: Option<(Time, Seq)>,
    /// Last event about the step, its own skip included.
    pub(super) last: Option<(Time, Seq)>,
    ran: Vec<(Time, Time)>,
    lost: BTreeMap<LostTo, Vec<(Time, Time)>>,
}

impl Times {
    /// Reads the times off the log of a run. What has not ended counts up to the last event.
    #[must_use]
    pub fn of(plan: &Plan, log: &[Recorded]) -> Self {
        let spans = Spans::of(plan, log);
        let mut steps: Vec<StepTimes> = spans.steps.iter().map(StepSpans::times).collect();
        let ran: Vec<_> = spans
            .steps
            .iter()
            .flat_map(|step| step.ran.iter().copied())
            .collect();
        let first = steps.iter().filter_map(|step| step.began_at).min();
        let last = steps
            .iter()
            .filter(|step| step.began_at.is_some())
            .filter_map(|step| step.over_at)
            .max();
        let wall_ms = first
            .zip(last)
            .map_or(0, |(first, last)| last.since_ms(first));
        let people_ms =
            length_ms(ran.iter().chain(&spans.asked).copied().collect()) - length_ms(ran);
        let (best_possible_ms, order) = (longest_chain_ms(plan, &steps), plan.order());
        if let Some(last) = last {
            slack(plan, &order, &mut steps, last);
        }
        let mut lost_ms = BTreeMap::new();
        for (&kind, ms) in steps.iter().flat_map(|step| &step.lost_ms) {
            *lost_ms.entry(kind).or_default() += ms;
        }
        Self {
            one_by_one_ms: steps.iter().map(|step| step.busy_ms).sum(),
            actual_ms: wall_ms - people_ms,
            best_possible_ms,
            people_ms,
            lost_ms,
            critical_path: critical_path(plan, &steps),
            steps,
        }
    }

    /// Spared by running in parallel; negative if waiting ate more than that.
    #[must_use]
    pub const fn saved_ms(&self) -> i64 {
        self.one_by_one_ms - self.actual_ms
    }
}

impl StepSpans {
    fn times(&self) -> StepTimes {
        StepTimes {
            began_at: self.began.map(|(at, _)| at),
            over_at: self.last.map(|(at, _)| at),
            busy_ms: length_ms(self.ran.clone()),
            slack_ms: 0,
            lost_ms: self
                .lost
                .iter()
                .map(|(&kind, spans)| (kind, length_ms(spans.clone())))
                .collect(),
        }
    }
}

/// Total time covered by spans that may overlap.
fn length_ms(mut spans: Vec<(Time, Time)>) -> i64 {
    spans.sort_unstable();
    let (mut total, mut reached) = (0, Time(i64::MIN));
    for (from, to) in spans {
        let from = from.max(reached);
        total += to.since_ms(from);
        reached = reached.max(to);
    }
    total
}

/// Most steps with something running at the same time.
pub(super) fn at_once_max(spans: &Spans) -> u32 {
    let mut edges = Vec::new();
    for (ix, step) in spans.steps.iter().enumerate() {
        edges.extend(
            step.ran
                .iter()
                .filter(|(from, to)| from < to)
                .flat_map(|&(from, to)| [(from, 1, ix), (to, -1, ix)]),
        );
    }
    edges.sort_unstable();
    let mut running = vec![0; spans.steps.len()];
    let (mut steps, mut max) = (0_u32, 0);
    for (_, change, ix) in edges {
        let before: i32 = running[ix];
        running[ix] += change;
        match (before, running[ix]) {
            (0, 1) => steps += 1,
            (1, 0) => steps -= 1,
            _ => {}
        }
        max = max.max(steps);
    }
    max
}

fn longest_chain_ms(plan: &Plan, steps: &[StepTimes]) -> i64 {
    let mut chains = vec![0; steps.len()];
    for StepIx(ix) in plan.order() {
        let before = plan.steps[ix as usize]
            .waits_for
            .iter()
            .map(|waited| chains[waited.0 as usize])
            .max();
        chains[ix as usize] = before.unwrap_or(0) + steps[ix as usize].busy_ms;
    }
    chains.into_iter().max().unwrap_or(0)
}

/// Backwards from the end: how late each step could have ended with its dependants as long as they were.
fn slack(plan: &Plan, order: &[StepIx], steps: &mut [StepTimes], end: Time) {
    let mut latest = vec![end; steps.len()];
    for &StepIx(ix) in order.iter().rev() {
        let step = &mut steps[ix as usize];
        let latest_end = latest[ix as usize];
        let over_at = step.over_at.unwrap_or(latest_end);
        step.slack_ms = latest_end.since_ms(over_at);
        let took_ms = over_at.since_ms(step.began_at.unwrap_or(over_at));
        for waited in &plan.steps[ix as usize].waits_for {
            let before = &mut latest[waited.0 as usize];
            *before = (*before).min(latest_end.plus_ms(-took_ms));
        }
    }
}

/// From the step that ended last back through the dependency that ended last.
fn critical_path(plan: &Plan, steps: &[StepTimes]) -> Vec<StepIx> {
    let ended_last = |candidates: &mut dyn Iterator<Item = StepIx>| {
        candidates.max_by_key(|step| (steps[step.0 as usize].over_at, std::cmp::Reverse(*step)))
    };
    let ran = |step: &StepIx| steps[step.0 as usize].began_at.is_some();
    let mut path = Vec::new();
    let mut at = ended_last(&mut (0..steps.len() as u32).map(StepIx).filter(ran));
    while let Some(step) = at {
        path.extend(Some(step).filter(ran));
        at = ended_last(&mut plan.steps[step.0 as usize].waits_for.iter().copied());
    }
    path.reverse();
    path
}

/// A ticket while the log is read.
struct Out {
    cell: Cell,
    issued_at: Time,
    started_at: Option<Time>,
    on_worker: bool,
}

/// One pass over a log.
struct Reading<'a> {
    plan: &'a Plan,
    spans: Spans,
    started_at: Time,
    tickets: BTreeMap<&'a str, Out>,
    questions: BTreeMap<&'a str, (Cell, Time)>,
    /// Last thing that happened on each place of a step, and whether an attempt failed with it.
    places: BTreeMap<(StepIx, Option<crate::engine::plan::TargetIx>), (Time, bool)>,
}

impl Spans {
    pub(super) fn of(plan: &Plan, log: &[Recorded]) -> Self {
        let mut reading = Reading {
            plan,
            spans: Self {
                steps: plan.steps.iter().map(|_| StepSpans::default()).collect(),
                asked: Vec::new(),
            },
            started_at: log.first().map_or(Time(0), |first| first.at),
            tickets: BTreeMap::new(),
            questions: BTreeMap::new(),
            places: BTreeMap::new(),
        };
        log.iter().for_each(|recorded| reading.read(recorded));
        reading.close(log.last().map_or(Time(0), |last| last.at));
        reading.spans
    }
}

impl<'a> Reading<'a> {
    fn read(&mut self, recorded: &'a Recorded) {
        let (at, seq) = (recorded.at, recorded.seq);
        let (step, cell) = match &recorded.event {
            Event::StepSkipped { step, .. } | Event::StepConditionEvaluated { step, .. } => {
                (*step, None)
            }
            Event::ActionConditionEvaluated { cell, .. } => (cell.step, Some(*cell)),
            Event::TicketIssued {
                ticket,
                cell,
                worker,
                ..
            } => {
                self.issued(*cell, at);
                let out = Out {
                    cell: *cell,
                    issued_at: at,
                    started_at: None,
                    on_worker: worker.is_some(),
                };
                self.tickets.insert(&ticket.0, out);
                (cell.step, Some(*cell))
            }
            Event::InterruptionRaised {
                interruption, cell, ..
            } => {
                self.questions.insert(&interruption.0, (*cell, at));
                (cell.step, Some(*cell))
            }
            Event::TicketStarted { ticket } => match self.tickets.get_mut(ticket.0.as_str()) {
                Some(out) => {
                    out.started_at = Some(at);
                    (out.cell.step, Some(out.cell))
                }
                None => return,
            },
            Event::TicketFinished { ticket, outcome } => {
                match self.tickets.remove(ticket.0.as_str()) {
                    Some(out) => {
                        let ran = !matches!(outcome, Outcome::NotStarted { .. });
                        self.ended(&out, at, ran);
                        (out.cell.step, Some(out.cell))
                    }
                    None => return,
                }
            }
            Event::InterruptionAnswered { interruption, .. }
            | Event::InterruptionWithdrawn { interruption } => {
                let Some((cell, raised_at)) = self.questions.remove(interruption.0.as_str()) else {
                    return;
                };
                self.spans.asked.push((raised_at, at));
                (cell.step, Some(cell))
            }
            Event::Started | Event::CancelRequested | Event::Finished { .. } => return,
        };
        if self.spans.steps[step.0 as usize].last.is_none() {
            self.pass_through(step);
        }
        let spans = &mut self.spans.steps[step.0 as usize];
        spans.last = Some((at, seq));
        if matches!(
            recorded.event,
            Event::TicketIssued { .. } | Event::InterruptionRaised { .. }
        ) {
            spans.began.get_or_insert((at, seq));
        }
        if let Some(cell) = cell {
            let failed = match &recorded.event {
                Event::TicketFinished { outcome, .. } => {
                    !matches!(outcome, Outcome::Succeeded { .. })
                }
                _ => false,
            };
            self.places.insert((step, cell.target), (at, failed));
        }
    }

    /// A step whose every action is skipped leaves no trace of its own: it was over when what it waits for was.
    fn pass_through(&mut self, step: StepIx) {
        let mut traceless = self.plan.steps[step.0 as usize].waits_for.clone();
        while let Some(&StepIx(ix)) = traceless.last() {
            let waits = self.plan.steps[ix as usize].waits_for.iter();
            let open: Vec<_> = waits
                .clone()
                .filter(|waited| self.spans.steps[waited.0 as usize].last.is_none())
                .collect();
            if self.spans.steps[ix as usize].last.is_some() {
                traceless.pop();
            } else if open.is_empty() {
                let over = waits
                    .filter_map(|waited| self.spans.steps[waited.0 as usize].last)
                    .max();
                self.spans.steps[ix as usize].last = Some(over.unwrap_or((self.started_at, 0)));
            } else {
                traceless.extend(open);
            }
        }
    }

    /// A ticket ended, or the log did: it ran from its start, or from its issue if nobody reported the start.
    fn ended(&mut self, out: &Out, at: Time, ran: bool) {
        let spans = &mut self.spans.steps[out.cell.step.0 as usize];
        let queued_until = out.started_at.unwrap_or(out.issued_at);
        if queued_until > out.issued_at {
            let kind = if out.on_worker {
                LostTo::Workers
            } else {
                LostTo::Machines
            };
            spans
                .lost
                .entry(kind)
                .or_default()
                .push((out.issued_at, queued_until));
        }
        if ran {
            spans.ran.push((queued_until, at));
        }
    }

    /// What a ticket waited for from when its action was ready to when it was issued.
    fn issued(&mut self, cell: Cell, at: Time) {
        let planned = &self.plan.steps[cell.step.0 as usize];
        let before = self.places.get(&(cell.step, cell.target)).copied();
        let (ready_at, retried) = before.unwrap_or_else(|| (self.place_ready_at(cell.step), false));
        let limit = self
            .plan
            .limits
            .running_max
            .is_some_and(|limit| self.tickets.len() + 1 >= limit as usize);
        let kind = match planned.actions[cell.action.0 as usize].kind {
            _ if retried => LostTo::Retries,
            _ if limit => LostTo::Limits,
            ActionKind::OnTarget => LostTo::Machines,
            ActionKind::OnWorker => LostTo::Workers,
            ActionKind::Manual | ActionKind::InServer => LostTo::Limits,
        };
        if ready_at < at {
            self.spans.steps[cell.step.0 as usize]
                .lost
                .entry(kind)
                .or_default()
                .push((ready_at, at));
        }
    }

    /// When a place of the step could begin: all it waits for over, and in a rolling step a place free.
    fn place_ready_at(&self, step: StepIx) -> Time {
        let planned = &self.plan.steps[step.0 as usize];
        let waits = planned
            .waits_for
            .iter()
            .filter_map(|waited| self.spans.steps[waited.0 as usize].last);
        let own = &self.spans.steps[step.0 as usize];
        let turn = own
            .last
            .filter(|_| planned.window.is_some() || own.began.is_none());
        waits
            .chain(turn)
            .map(|(at, _)| at)
            .max()
            .unwrap_or(self.started_at)
    }

    /// The log ends here, whatever is still open.
    fn close(&mut self, end: Time) {
        for (_, out) in std::mem::take(&mut self.tickets) {
            self.ended(&out, end, out.started_at.is_some());
        }
        self.spans.asked.extend(
            self.questions
                .values()
                .map(|&(_, raised_at)| (raised_at, end)),
        );
    }
}
