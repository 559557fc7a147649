//! The rules of a run, read off its log by somebody who does not know the engine.
//!
//! Nothing here keeps state the way the engine does: every rule goes over the whole log
//! and asks plain questions, slowly. It knows plans and events and nothing else of the crate.

mod end;

use std::collections::BTreeMap;

use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;

/// One log, with what each event is about.
pub(crate) struct Reference<'a> {
    plan: &'a Plan,
    log: &'a [Recorded],
    /// The cell of each event that is about one.
    about: Vec<Option<Cell>>,
}

type Span = (Cell, usize, usize);
type Verdict = Result<(), String>;

fn must(holds: bool, rule: impl Fn() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(rule()) }
}

impl<'a> Reference<'a> {
    pub(crate) fn new(plan: &'a Plan, log: &'a [Recorded]) -> Self {
        let (mut tickets, mut questions) = (BTreeMap::new(), BTreeMap::new());
        let mut about = Vec::new();
        for recorded in log {
            about.push(match &recorded.event {
                Event::TicketIssued { ticket, cell, .. } => {
                    tickets.insert(ticket.clone(), *cell);
                    Some(*cell)
                }
                Event::InterruptionRaised {
                    interruption, cell, ..
                } => {
                    questions.insert(interruption.clone(), *cell);
                    Some(*cell)
                }
                Event::ActionConditionEvaluated { cell, .. } => Some(*cell),
                Event::TicketStarted { ticket } | Event::TicketFinished { ticket, .. } => {
                    Some(tickets[ticket])
                }
                Event::InterruptionAnswered { interruption, .. }
                | Event::InterruptionWithdrawn { interruption } => Some(questions[interruption]),
                _ => None,
            });
        }
        Self { plan, log, about }
    }

    /// Every rule that holds for every log, finished or not.
    pub(crate) fn check(&self) -> Verdict {
        self.order()?;
        self.one_at_a_time()?;
        self.attempts()?;
        self.windows()?;
        self.limits()?;
        self.exclusive()?;
        self.nothing_after_cancel()?;
        self.excluded()?;
        self.required()
    }

    fn position(&self, wanted: impl Fn(&Event) -> bool) -> Option<usize> {
        self.log.iter().position(|recorded| wanted(&recorded.event))
    }

    /// How the ticket that this event ends went, as far as anybody can tell: of a script that had started and is then said
    /// never to have started, nobody knows.
    fn outcome(&self, ix: usize) -> Option<Outcome> {
        let Event::TicketFinished { ticket, outcome } = &self.log[ix].event else {
            return None;
        };
        let had_started = self.log[..ix].iter().any(
            |earlier| matches!(&earlier.event, Event::TicketStarted { ticket: it } if it == ticket),
        );
        Some(match outcome {
            Outcome::NotStarted { message } if had_started => Outcome::Unknown {
                message: message.clone(),
            },
            outcome => outcome.clone(),
        })
    }

    /// Where in the log things happen to a step: everything about its cells, and decisions about itself.
    fn step_events(&self, step: StepIx) -> Vec<usize> {
        let of_step = |ix: &usize| match &self.log[*ix].event {
            Event::StepSkipped { step: it, .. }
            | Event::StepConditionEvaluated { step: it, .. } => *it == step,
            _ => self.about[*ix].is_some_and(|cell| cell.step == step),
        };
        (0..self.log.len()).filter(of_step).collect()
    }

    /// Nothing happens to a step before all is over for every step it waits for, skips included.
    fn order(&self) -> Verdict {
        for (ix, planned) in self.plan.steps.iter().enumerate() {
            let Some(&first) = self.step_events(StepIx(ix as u32)).first() else {
                continue;
            };
            for &waited in &planned.waits_for {
                let last = self.step_events(waited).last().copied();
                must(last.is_none_or(|last| last < first), || {
                    format!(
                        "{} begins at event {first}, {waited:?} ends at {last:?}",
                        planned.name
                    )
                })?;
            }
        }
        Ok(())
    }

    /// Tickets out and questions open: cell, first event, last event (the log's length if still open).
    fn spans(&self, tickets: bool) -> Vec<Span> {
        let mut spans = Vec::new();
        for (ix, recorded) in self.log.iter().enumerate() {
            let ended = |wanted: &dyn Fn(&Event) -> bool| {
                self.log[ix..]
                    .iter()
                    .position(|later| wanted(&later.event))
                    .map_or(self.log.len(), |end| ix + end)
            };
            match &recorded.event {
                Event::TicketIssued { ticket, cell, .. } if tickets => {
                    let end = ended(
                        &|event| matches!(event, Event::TicketFinished { ticket: it, .. } if it == ticket),
                    );
                    spans.push((*cell, ix, end));
                }
                Event::InterruptionRaised {
                    interruption, cell, ..
                } if !tickets => {
                    let end = ended(&|event| match event {
                        Event::InterruptionAnswered {
                            interruption: it, ..
                        }
                        | Event::InterruptionWithdrawn { interruption: it } => it == interruption,
                        _ => false,
                    });
                    spans.push((*cell, ix, end));
                }
                _ => {}
            }
        }
        spans
    }

    /// On one place of a step everything happens one after the other, actions in their order.
    fn one_at_a_time(&self) -> Verdict {
        let mut spans = self.spans(true);
        spans.extend(self.spans(false));
        spans.sort_by_key(|(_, first, _)| *first);
        let mut last: BTreeMap<(StepIx, Option<TargetIx>), (ActionIx, usize)> = BTreeMap::new();
        for (cell, first, end) in spans {
            let place = (cell.step, cell.target);
            if let Some((action, ended)) = last.insert(place, (cell.action, end)) {
                must(ended < first && action <= cell.action, || {
                    format!("{cell:?} begins at {first} within another")
                })?;
            }
        }
        Ok(())
    }

    /// A further ticket has the same attempt number exactly if the one before never started;
    /// after an unknown end only a person lets it run again.
    fn attempts(&self) -> Verdict {
        let mut last: BTreeMap<Cell, (u32, Option<Outcome>, bool)> = BTreeMap::new();
        for (ix, recorded) in self.log.iter().enumerate() {
            let Some(cell) = self.about[ix] else { continue };
            match &recorded.event {
                Event::TicketIssued { attempt, .. } => {
                    let before = last.insert(cell, (*attempt, None, false));
                    let due = match &before {
                        None => 1,
                        Some((before, Some(Outcome::NotStarted { .. }), false))
                            if attempt == before =>
                        {
                            *before
                        }
                        Some((before, _, _)) => before + 1,
                    };
                    let lost = matches!(before, Some((_, Some(Outcome::Unknown { .. }), false)));
                    must(*attempt == due && !lost, || {
                        format!("event {ix}: attempt {due} is due")
                    })?;
                }
                Event::TicketFinished { .. } => {
                    last.entry(cell).and_modify(|it| it.1 = self.outcome(ix));
                }
                Event::InterruptionAnswered {
                    answer: Answer::Retry,
                    ..
                } => {
                    last.entry(cell).and_modify(|it| it.2 = true);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// When each place of a step is busy: from its first ticket or question to the end of its last.
    fn places(&self, step: StepIx) -> BTreeMap<Option<TargetIx>, (usize, usize)> {
        let mut places = BTreeMap::new();
        let all = self.spans(true).into_iter().chain(self.spans(false));
        for (cell, first, end) in all.filter(|(cell, _, _)| cell.step == step) {
            let busy = places.entry(cell.target).or_insert((first, end));
            *busy = (busy.0.min(first), busy.1.max(end));
        }
        places
    }

    /// No more targets inside a rolling step than its window; none enters after one failed.
    fn windows(&self) -> Verdict {
        for (ix, planned) in self.plan.steps.iter().enumerate() {
            let Some(window) = planned.window else {
                continue;
            };
            let places = self.places(StepIx(ix as u32));
            for &(first, _) in places.values() {
                let inside = places
                    .values()
                    .filter(|(start, end)| *start <= first && first < *end)
                    .count();
                must(inside <= window as usize, || {
                    format!("{}: {inside} targets inside", planned.name)
                })?;
                // A cancel makes a failure final whose next attempt was still due.
                if self.may_be_canceled() {
                    continue;
                }
                let failed = places
                    .iter()
                    .find(|&(&target, &(_, end))| end < first && self.place_bad(ix, target));
                must(failed.is_none(), || {
                    format!("{}: the roll goes on after {failed:?}", planned.name)
                })?;
            }
        }
        Ok(())
    }

    fn may_be_canceled(&self) -> bool {
        let by_policy = self.plan.failure_policy == FailurePolicy::CancelRunning;
        by_policy
            || self
                .position(|event| *event == Event::CancelRequested)
                .is_some()
    }

    fn limits(&self) -> Verdict {
        let spans = self.spans(true);
        for &(cell, first, _) in &spans {
            let at_once = spans
                .iter()
                .filter(|(_, start, end)| *start <= first && first < *end);
            let running = at_once.clone().count();
            let on_machine = self.machine(cell);
            let there = at_once
                .filter(|(other, _, _)| on_machine.is_some() && self.machine(*other) == on_machine)
                .count();
            let limits = self.plan.limits;
            must(
                limits.running_max.is_none_or(|max| running <= max as usize),
                || format!("{running} at once"),
            )?;
            must(
                limits
                    .per_machine_max
                    .is_none_or(|max| there <= max as usize),
                || format!("{there} on one machine"),
            )?;
        }
        Ok(())
    }

    fn action(&self, cell: Cell) -> &PlanAction {
        &self.plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize]
    }

    fn machine(&self, cell: Cell) -> Option<TargetIx> {
        cell.target
            .filter(|_| self.action(cell).kind == ActionKind::OnTarget)
    }

    /// From its first to its last script there, an exclusive step has the machine to itself.
    fn exclusive(&self) -> Verdict {
        let spans: Vec<_> = self
            .spans(true)
            .into_iter()
            .filter(|(cell, _, _)| self.machine(*cell).is_some())
            .collect();
        for (ix, planned) in self.plan.steps.iter().enumerate() {
            if planned.machine_lock != MachineLock::Exclusive {
                continue;
            }
            let own = spans
                .iter()
                .filter(|(cell, _, _)| cell.step.0 as usize == ix);
            let mut alone: BTreeMap<_, (usize, usize)> = BTreeMap::new();
            for (cell, first, end) in own {
                let busy = alone.entry(cell.target).or_insert((*first, *end));
                *busy = (busy.0.min(*first), busy.1.max(*end));
            }
            for (target, (first, end)) in alone {
                let others = spans
                    .iter()
                    .filter(|(cell, _, _)| cell.target == target && cell.step.0 as usize != ix);
                let mut overlaps = others.filter(|(_, start, over)| *start < end && first < *over);
                must(overlaps.next().is_none(), || {
                    format!("{} is not alone on {target:?}", planned.name)
                })?;
            }
        }
        Ok(())
    }

    fn nothing_after_cancel(&self) -> Verdict {
        let Some(canceled) = self.position(|event| *event == Event::CancelRequested) else {
            return Ok(());
        };
        let begins = |event: &Event| {
            matches!(
                event,
                Event::TicketIssued { .. }
                    | Event::InterruptionRaised { .. }
                    | Event::StepConditionEvaluated { .. }
                    | Event::ActionConditionEvaluated { .. }
            )
        };
        let begun = self.log[canceled..]
            .iter()
            .find(|recorded| begins(&recorded.event));
        must(begun.is_none(), || format!("after the cancel: {begun:?}"))
    }

    fn required(&self) -> Verdict {
        for (ix, recorded) in self.log.iter().enumerate() {
            let Event::InterruptionAnswered {
                answer: Answer::Ignore | Answer::ExcludeMachine,
                ..
            } = recorded.event
            else {
                continue;
            };
            let required = self.about[ix].is_some_and(|cell| {
                self.action(cell).required && !self.is_excluded(cell.target, ix)
            });
            must(!required, || {
                format!("event {ix} ignores a required action")
            })?;
        }
        Ok(())
    }
}
