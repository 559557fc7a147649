//! Audit entries of a task's life, written with the events they tell of (invariant I17).

use regatta_core::engine::event::{InterruptionKind, TaskResult};
use regatta_core::time::Time;
use regatta_store::{AuditEntry, Write};

use super::input::Person;
use super::interruption::{Interruption, answer_name};
use super::live::TaskHead;

/// What the server does by itself.
fn system() -> Person {
    Person {
        user_id: None,
        username: "system".into(),
    }
}

fn entry(head: &TaskHead, by: &Person, category: &str, message: String, at: Time) -> Write {
    Write::Audit(Box::new(record(head, by, category, message, at)))
}

fn record(head: &TaskHead, by: &Person, category: &str, message: String, at: Time) -> AuditEntry {
    let mut related = head.related.clone();
    related.push(head.id.clone());
    AuditEntry {
        space_id: Some(head.space_id.clone()),
        category: category.into(),
        document_kind: head.kind.documents().into(),
        user_id: by.user_id.clone(),
        username: by.username.clone(),
        occurred_at: at,
        message,
        body: "{}".into(),
        related,
    }
}

pub(super) fn started(head: &TaskHead, at: Time) -> Write {
    entry(
        head,
        &system(),
        head.kind.started(),
        format!("{} started", head.description),
        at,
    )
}

pub(super) fn finished(head: &TaskHead, result: TaskResult, at: Time) -> Write {
    Write::Audit(Box::new(finished_record(head, result, at)))
}

/// As [`finished`], for where nothing is appended.
pub(super) fn finished_record(head: &TaskHead, result: TaskResult, at: Time) -> AuditEntry {
    let (category, how) = match result {
        TaskResult::Success | TaskResult::SuccessWithWarnings => {
            (head.kind.succeeded(), "succeeded")
        }
        TaskResult::Failed => (head.kind.failed(), "failed"),
        TaskResult::Canceled => (head.kind.failed(), "was cancelled"),
    };
    record(
        head,
        &system(),
        category,
        format!("{} {how}", head.description),
        at,
    )
}

pub(super) fn canceled(head: &TaskHead, by: &Person, at: Time) -> Write {
    entry(
        head,
        by,
        "TaskCanceled",
        format!("Cancel of \"{}\" requested", head.description),
        at,
    )
}

pub(super) fn abandoned(head: &TaskHead, by: &Person, scripts: usize, at: Time) -> Write {
    entry(
        head,
        by,
        "TaskCanceled",
        format!(
            "{scripts} scripts of \"{}\" were given up; they may still be running",
            head.description
        ),
        at,
    )
}

pub(super) fn raised(head: &TaskHead, question: &Interruption, at: Time) -> Write {
    let category = match question.kind {
        InterruptionKind::Manual => "ManualInterventionInterruptionRaised",
        InterruptionKind::GuidedFailure => "GuidedFailureInterruptionRaised",
    };
    entry(
        head,
        &system(),
        category,
        format!("{}: {}", head.description, question.title),
        at,
    )
}

pub(super) fn answered(head: &TaskHead, question: &Interruption, by: &Person, at: Time) -> Write {
    let how = question
        .answered
        .as_ref()
        .map_or("nothing", |answered| answer_name(answered.answer));
    entry(
        head,
        by,
        "InterruptionSubmitted",
        format!(
            "{}: {} answered with {how}",
            head.description, question.title
        ),
        at,
    )
}
