//! A shell around a run as small as it can be: every command becomes its event at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use regatta_core::engine::command::{Command, Decision, Evaluation};
use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;
use regatta_core::engine::{IllegalEvent, Run, StepState, WaitReason, World};
use regatta_core::time::Time;

/// What the condition of a step (by number) evaluates to.
pub(crate) type ConditionOf = Box<dyn Fn(u64) -> Result<bool, String>>;

pub(crate) struct Shell {
    pub(crate) run: Run,
    pub(crate) log: Vec<Recorded>,
    pub(crate) now: Time,
    pub(crate) world: World,
    /// What variable conditions evaluate to.
    pub(crate) condition: Result<bool, String>,
    /// The same by step, where it is set.
    pub(crate) condition_of: Option<ConditionOf>,
    pub(crate) stopped: BTreeSet<TicketId>,
    ids: u64,
}

impl Shell {
    /// Before its first event.
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        plan.check().unwrap();
        Self {
            run: Run::new(plan),
            log: Vec::new(),
            now: Time(1_000),
            world: World::of_one_worker("Workers-1", "pool", 1_000),
            condition: Ok(true),
            condition_of: None,
            stopped: BTreeSet::new(),
            ids: 0,
        }
    }

    pub(crate) fn start(plan: impl Into<Self>) -> Self {
        let mut shell: Self = plan.into();
        shell.event(Event::Started);
        shell.turn();
        shell
    }

    /// Like [`Self::start`], with the plan changed first.
    pub(crate) fn start_with(text: &str, change: impl FnOnce(&mut Plan)) -> Self {
        let mut plan = super::text::plan(text);
        change(&mut plan);
        Self::start(Self::new(Arc::new(plan)))
    }

    /// Ticket and question ids must not depend on the order things happen in.
    pub(crate) fn ids_from(&mut self, first: u64) {
        self.ids = first % 1_000_000;
    }

    /// Questions waiting for a person that may be answered.
    pub(crate) fn open_questions(&self) -> Vec<(InterruptionId, Cell)> {
        let waiting = self.run.explain(self.now, &self.world);
        let open = waiting
            .into_iter()
            .filter_map(|waiting| match (waiting.cell, waiting.reason) {
                (Some(cell), WaitReason::Person { interruption, .. }) => Some((interruption, cell)),
                _ => None,
            });
        open.filter(|(interruption, _)| !self.run.answers(interruption).is_empty())
            .collect()
    }

    pub(crate) fn try_event(&mut self, event: Event) -> Result<(), IllegalEvent> {
        let recorded = Recorded {
            seq: self.run.seq() + 1,
            at: self.now,
            event,
        };
        self.run.apply(&recorded)?;
        self.log.push(recorded);
        Ok(())
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.try_event(event).unwrap();
    }

    /// Carries out commands until none leads to a new event.
    pub(crate) fn turn(&mut self) {
        loop {
            self.world
                .workers
                .iter_mut()
                .for_each(|worker| worker.tickets = 0);
            for out in self.run.tickets_out() {
                let worker = self
                    .world
                    .workers
                    .iter_mut()
                    .find(|worker| Some(worker.id.as_str()) == out.worker);
                worker.into_iter().for_each(|worker| worker.tickets += 1);
            }
            let before = self.run.seq();
            for command in self.run.next(self.now, &self.world) {
                self.carry_out(command);
            }
            if self.run.seq() == before {
                return;
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        self.ids += 1;
        let step = match &command {
            Command::Evaluate(Evaluation::StepCondition { step }) => u64::from(step.0),
            Command::Evaluate(Evaluation::ActionCondition { cell }) => {
                u64::from(cell.step.0) << 8 | u64::from(cell.action.0)
            }
            _ => 0,
        };
        let condition = self
            .condition_of
            .as_ref()
            .map_or_else(|| self.condition.clone(), |of| of(step));
        let (holds, error) = match condition {
            Ok(holds) => (holds, None),
            Err(error) => (false, Some(error)),
        };
        let id = self.ids;
        self.event(match command {
            Command::Evaluate(Evaluation::StepCondition { step }) => {
                Event::StepConditionEvaluated { step, holds, error }
            }
            Command::Evaluate(Evaluation::ActionCondition { cell }) => {
                Event::ActionConditionEvaluated { cell, holds, error }
            }
            Command::Decided(Decision::SkipStep { step, reason }) => {
                Event::StepSkipped { step, reason }
            }
            Command::Decided(Decision::Issue {
                cell,
                attempt,
                worker,
            }) => Event::TicketIssued {
                ticket: TicketId(format!("T{id}")),
                cell,
                attempt,
                worker,
            },
            Command::Evaluate(Evaluation::Question {
                cell,
                attempt,
                kind,
            }) => {
                let interruption = InterruptionId(format!("Interruptions-{id}"));
                Event::InterruptionRaised {
                    interruption,
                    cell,
                    attempt,
                    kind,
                }
            }
            Command::Decided(Decision::Withdraw { interruption }) => {
                Event::InterruptionWithdrawn { interruption }
            }
            Command::Decided(Decision::Finish { result }) => Event::Finished { result },
            Command::Decided(Decision::Stop { ticket, .. }) => {
                self.stopped.insert(ticket);
                return;
            }
        });
    }

    /// The ticket out for `"step"`, `"step@target"` or `"step@target/action"`.
    pub(crate) fn ticket(&self, place: &str) -> TicketId {
        let found = self.run.tickets_out().find(|out| self.is(out.cell, place));
        found
            .unwrap_or_else(|| panic!("no ticket out for {place}: {}", self.states()))
            .ticket
            .clone()
    }

    pub(crate) fn is(&self, cell: Cell, place: &str) -> bool {
        let (place, action) = place.split_once('/').unwrap_or((place, ""));
        let (step, target) = place.split_once('@').unwrap_or((place, ""));
        self.run.plan().steps[cell.step.0 as usize].name == step
            && (target.is_empty() || cell.target.is_some_and(|ix| ix.0.to_string() == target))
            && (action.is_empty() || cell.action.0.to_string() == action)
    }

    pub(crate) fn begins(&mut self, place: &str) {
        let ticket = self.ticket(place);
        self.event(Event::TicketStarted { ticket });
    }

    pub(crate) fn ends(&mut self, place: &str, outcome: Outcome) {
        let ticket = self.ticket(place);
        self.event(Event::TicketFinished { ticket, outcome });
        self.turn();
    }

    pub(crate) fn succeed(&mut self, place: &str) {
        self.ends(place, Outcome::Succeeded { warnings: false });
    }

    pub(crate) fn fail(&mut self, place: &str) {
        self.ends(
            place,
            Outcome::Failed {
                message: "exit code 1".to_owned(),
            },
        );
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.turn();
    }

    /// The question open at a place.
    pub(crate) fn question(&self, place: &str) -> InterruptionId {
        let waiting = self.run.explain(self.now, &self.world);
        let found = waiting
            .into_iter()
            .find_map(|waiting| match (waiting.cell, waiting.reason) {
                (Some(cell), WaitReason::Person { interruption, .. }) if self.is(cell, place) => {
                    Some(interruption)
                }
                _ => None,
            });
        found.unwrap_or_else(|| panic!("no question open at {place}: {}", self.states()))
    }

    pub(crate) fn answer(&mut self, place: &str, answer: Answer) {
        let interruption = self.question(place);
        self.event(Event::InterruptionAnswered {
            interruption,
            answer,
        });
        self.turn();
    }

    pub(crate) fn cancel(&mut self) {
        self.event(Event::CancelRequested);
        self.turn();
    }

    pub(crate) fn state(&self, step: &str) -> StepState {
        let ix = self
            .run
            .plan()
            .steps
            .iter()
            .position(|planned| planned.name == step)
            .unwrap();
        self.run.step_state(StepIx(ix as u32))
    }

    /// All steps with their states, e.g. `a=Succeeded b=Running`.
    pub(crate) fn states(&self) -> String {
        let steps = self.run.plan().steps.iter();
        let words: Vec<_> = steps
            .map(|step| format!("{}={:?}", step.name, self.state(&step.name)))
            .collect();
        words.join(" ")
    }

    /// Tickets out, e.g. `a b@0 b@1/2`: action numbers from 0, shown when not the first.
    pub(crate) fn out(&self) -> String {
        let mut names: Vec<_> = self
            .run
            .tickets_out()
            .map(|out| self.name(out.cell))
            .collect();
        names.sort();
        names.join(" ")
    }

    fn name(&self, cell: Cell) -> String {
        let mut name = self.run.plan().steps[cell.step.0 as usize].name.clone();
        if let Some(target) = cell.target {
            name = format!("{name}@{}", target.0);
        }
        if cell.action.0 > 0 {
            format!("{name}/{}", cell.action.0)
        } else {
            name
        }
    }

    /// Reasons in words, one line each: `b: waiting for a (running)`.
    pub(crate) fn why(&self) -> String {
        let waiting = self.run.explain(self.now, &self.world);
        let lines = waiting.iter().map(|waiting| {
            let step = self.run.plan().steps[waiting.step.0 as usize].name.clone();
            let name = waiting.cell.map_or(step, |cell| self.name(cell));
            format!("{name}: {}", waiting.reason.text(self.run.plan()))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Everything as it ends when each ticket out succeeds, in ticket order.
    pub(crate) fn finish(&mut self) -> TaskResult {
        loop {
            let next = self.run.tickets_out().next().map(|out| out.ticket.clone());
            let Some(ticket) = next else { break };
            self.event(Event::TicketFinished {
                ticket,
                outcome: Outcome::Succeeded { warnings: false },
            });
            self.turn();
        }
        self.run
            .result()
            .unwrap_or_else(|| panic!("not finished: {}\n{}", self.states(), self.why()))
    }
}
