//! Questions to people: who takes one, and what an answer means. The first answer wins.

use regatta_core::engine::event::{Answer, Event, InterruptionId, InterruptionKind};
use regatta_core::log::LogLevel;
use regatta_core::time::Time;
use regatta_store::{TaskChange, Write};

use super::audit;
use super::input::{Given, Person, Refused, Reply};
use super::interruption::{Answered, Interruption, answer_name};
use super::live::Live;
use super::outputs::{self, CellOutputs, Output, OutputValue};
use super::take::answer_afterwards;
use super::turn::{Place, Turn};

#[cfg(test)]
mod tests;

impl Live {
    pub(super) fn take_responsibility(
        &mut self,
        turn: &mut Turn,
        id: &InterruptionId,
        by: &Person,
        reply: Reply<Interruption>,
    ) {
        let answer = match self.asked.get_mut(id) {
            Some(asked) if asked.question.is_pending() => {
                asked.question.responsible_user_id.clone_from(&by.user_id);
                Ok(asked.question.clone())
            }
            Some(_) => Err(Refused::Closed(self.closed_by(id, turn.now))),
            None => Err(Refused::Closed("the task does not ask it".into())),
        };
        if answer.is_ok() {
            self.rewrite_question(turn, id);
        }
        answer_afterwards(turn, reply, answer);
    }

    pub(super) fn take_answer(
        &mut self,
        turn: &mut Turn,
        id: &InterruptionId,
        given: &Given,
        reply: Reply<Interruption>,
    ) {
        let answer = self.answer(turn, id, given);
        answer_afterwards(turn, reply, answer);
    }

    /// By whom and how a question was closed, for whoever comes too late.
    fn closed_by(&self, id: &InterruptionId, now: Time) -> String {
        let asked = self.asked.get(id);
        asked.map_or_else(
            || "it was withdrawn meanwhile".to_owned(),
            |asked| asked.question.closed_by(now),
        )
    }

    fn answer(
        &mut self,
        turn: &mut Turn,
        id: &InterruptionId,
        given: &Given,
    ) -> Result<Interruption, Refused> {
        let open = self
            .asked
            .get(id)
            .filter(|asked| asked.question.is_pending());
        let Some(question) = open.map(|asked| asked.question.clone()) else {
            return Err(Refused::Closed(self.closed_by(id, turn.now)));
        };
        if !question.choices.contains(&given.answer) {
            return Err(Refused::NotOffered(answer_name(given.answer).into()));
        }
        // Another answer of this turn may have closed the question already; the choice of a policy must not
        // outlive an answer that is refused.
        if !self.run.answers(id).contains(&given.answer) {
            return Err(Refused::Closed(self.closed_by(id, turn.now)));
        }
        if let Some(policy) = given.failure_policy.filter(|_| given.answer.is_refusal()) {
            self.record(turn, Event::FailurePolicyChosen { policy })
                .map_err(|error| Refused::Closed(error.to_string()))?;
        }
        let event = Event::InterruptionAnswered {
            interruption: id.clone(),
            answer: given.answer,
        };
        self.record(turn, event)
            .map_err(|error| Refused::Closed(error.to_string()))?;
        let asked = self.asked.get_mut(id).expect("found above");
        asked.question.answered = Some(Answered {
            answer: given.answer,
            notes: given.notes.clone(),
            user_id: given.by.user_id.clone().unwrap_or_default(),
            username: given.by.username.clone(),
            at: turn.now,
        });
        let answered = asked.question.clone();
        self.rewrite_question(turn, id);
        turn.writes.push(Write::Task(TaskChange {
            at: turn.now,
            has_pending_interruptions: Some(self.has_open_questions()),
            ..TaskChange::default()
        }));
        turn.writes
            .push(audit::answered(&self.head, &answered, &given.by, turn.now));
        let text = format!(
            "{}: {} answered {}.",
            answered.title,
            given.by.username,
            answer_name(given.answer)
        );
        turn.line(Some(Place::Cell(answered.cell)), LogLevel::Info, text);
        if given.answer == Answer::ExcludeMachine {
            self.offer_anew(turn);
        }
        if answered.kind == InterruptionKind::Manual {
            let set = CellOutputs {
                cell: answered.cell,
                outputs: manual_outputs(given),
            };
            self.add_outputs(turn, format!("{}-{}", outputs::KIND, answered.id), set);
        }
        Ok(answered)
    }

    /// Rewrites the open questions to which other answers are offered now: nothing is tried again on a machine that
    /// was taken out.
    fn offer_anew(&mut self, turn: &mut Turn) {
        let run = &self.run;
        let open = self.asked.iter_mut();
        let changed = open.filter_map(|(id, asked)| {
            let offered = run.answers(id);
            let changes = !offered.is_empty() && offered != asked.question.choices;
            changes.then(|| {
                asked.question.choices = offered;
                id.clone()
            })
        });
        for id in changed.collect::<Vec<_>>() {
            self.rewrite_question(turn, &id);
        }
    }
}

/// What later steps may read about an approval (deployment-semantics §2.12).
fn manual_outputs(given: &Given) -> Vec<Output> {
    let approved = super::facts::flag(given.answer == Answer::Proceed);
    [
        ("Manual.Notes", given.notes.as_str()),
        ("Manual.Approved", approved),
        (
            "Manual.ResponsibleUser.Id",
            given.by.user_id.as_deref().unwrap_or_default(),
        ),
        (
            "Manual.ResponsibleUser.Username",
            given.by.username.as_str(),
        ),
        (
            "Manual.ResponsibleUser.DisplayName",
            given.display_name.as_str(),
        ),
        ("Manual.ResponsibleUser.EmailAddress", given.email.as_str()),
    ]
    .map(|(name, value)| Output {
        name: name.into(),
        value: OutputValue::Plain(value.into()),
    })
    .into()
}
