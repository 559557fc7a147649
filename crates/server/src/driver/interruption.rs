//! The document of one question to a person, and how it reads as an Octopus interruption.
//!
//! The engine knows only that a question is open and how it was answered; the words, who may
//! answer and who took it are kept here. Whoever submits first wins: a second submit is refused.

use regatta_core::engine::event::{Answer, Cell, InterruptionKind};
use regatta_core::time::Time;
use regatta_store::{Conn, Document, Query, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Kind of the store's document.
pub const KIND: &str = "Interruptions";

/// One open or answered question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interruption {
    pub id: String,
    pub space_id: String,
    pub task_id: String,
    /// Project, environment, deployment...: what `regarding` finds it by.
    pub related: Vec<String>,
    pub kind: InterruptionKind,
    pub cell: Cell,
    /// Node of the task log it belongs to.
    pub correlation_id: String,
    pub title: String,
    /// Markdown, variables filled in and secrets masked.
    pub instructions: String,
    /// What may be answered now, most wanted first.
    pub choices: Vec<Answer>,
    pub responsible_team_ids: Vec<String>,
    pub responsible_user_id: Option<String>,
    pub created_at: Time,
    pub answered: Option<Answered>,
    /// The task was cancelled before anyone answered.
    pub withdrawn: bool,
}

/// How and by whom a question was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub answer: Answer,
    pub notes: String,
    pub user_id: String,
    /// Missing in documents of earlier versions.
    #[serde(default)]
    pub username: String,
    pub at: Time,
}

/// Octopus' word for an answer.
#[must_use]
pub const fn answer_name(answer: Answer) -> &'static str {
    match answer {
        Answer::Proceed => "Proceed",
        Answer::Abort => "Abort",
        Answer::Retry => "Retry",
        Answer::Ignore => "Ignore",
        Answer::Fail => "Fail",
        Answer::ExcludeMachine => "Exclude",
    }
}

/// The label of the button.
const fn answer_label(answer: Answer) -> &'static str {
    match answer {
        Answer::ExcludeMachine => "Exclude machine from deployment",
        other => answer_name(other),
    }
}

impl Interruption {
    /// Whether it still waits for a person.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.answered.is_none() && !self.withdrawn
    }

    /// Who closed it, and how; for whoever comes too late.
    #[must_use]
    pub fn closed_by(&self, now: Time) -> String {
        let Some(answered) = &self.answered else {
            return "it was withdrawn meanwhile".to_owned();
        };
        let ago_s = now.since_ms(answered.at).max(0) / 1000;
        let answer = answer_name(answered.answer);
        format!("{} answered {answer} {ago_s} s ago", answered.username)
    }

    /// The choice meant by the text of a submitted form, in any letter case.
    #[must_use]
    pub fn choice(&self, text: &str) -> Option<Answer> {
        let wanted = text.trim();
        self.choices.iter().copied().find(|&choice| {
            answer_name(choice).eq_ignore_ascii_case(wanted)
                || answer_label(choice).eq_ignore_ascii_case(wanted)
        })
    }

    /// Name of the form's element that carries the choice.
    #[must_use]
    pub const fn choice_field(&self) -> &'static str {
        match self.kind {
            InterruptionKind::Manual => "Result",
            InterruptionKind::GuidedFailure => "Guidance",
        }
    }

    /// Octopus' type name.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self.kind {
            InterruptionKind::Manual => "ManualIntervention",
            InterruptionKind::GuidedFailure => "GuidedFailure",
        }
    }

    /// The form people fill in: `{Values, Elements}`.
    #[must_use]
    pub fn form(&self) -> Value {
        let buttons: Vec<Value> = self
            .choices
            .iter()
            .map(|&choice| json!({"Text": answer_label(choice), "Value": answer_name(choice), "RequiresConfirmation": false}))
            .collect();
        let notes = self
            .answered
            .as_ref()
            .map(|answered| answered.notes.clone());
        let chosen = self
            .answered
            .as_ref()
            .map(|answered| answer_name(answered.answer));
        let instructions =
            json!({"Type": "Paragraph", "Text": self.instructions, "ResolveLinks": true});
        let elements = json!([
            {"Name": "Instructions", "Control": instructions, "IsValueRequired": false},
            {"Name": "Notes", "Control": {"Type": "TextArea", "Label": "Notes"}, "IsValueRequired": false},
            {"Name": self.choice_field(), "Control": {"Type": "SubmitButtonGroup", "Buttons": buttons}, "IsValueRequired": true},
        ]);
        json!({
            "Values": {"Instructions": null_free(None), "Notes": null_free(notes), self.choice_field(): null_free(chosen.map(str::to_owned))},
            "Elements": elements,
        })
    }
}

/// What the document is found by: everything it regards, and whether it is open.
#[must_use]
pub fn tags(question: &Interruption) -> Vec<String> {
    let mut tags: Vec<String> = question
        .related
        .iter()
        .map(|id| format!("regarding:{id}"))
        .collect();
    tags.push(format!("regarding:{}", question.task_id));
    // An empty one: whoever is responsible for everything.
    let teams = &question.responsible_team_ids;
    tags.extend(teams.iter().map(|team| format!("team:{team}")));
    if teams.is_empty() {
        tags.push("team:".into());
    }
    if question.is_pending() {
        tags.push("pending:true".into());
    }
    tags
}

/// The open questions of a task, withdrawn: of one that ends without its engine, so that nobody is asked any more.
///
/// # Errors
/// When the database fails.
pub(super) async fn withdrawn(
    conn: &mut Conn,
    task_id: &str,
    at: Time,
) -> Result<Vec<Document>, StoreError> {
    let query = Query {
        kind: KIND.into(),
        owner_id: Some(task_id.into()),
        ..Query::default()
    };
    let all = conn.documents(&query).await?.items;
    Ok(all
        .into_iter()
        .filter_map(|document| withdraw(document, at))
        .collect())
}

/// `None`: it is closed, or what is wrong with the task is that it cannot be read.
fn withdraw(mut document: Document, at: Time) -> Option<Document> {
    let mut question: Interruption = serde_json::from_str(&document.body).ok()?;
    if !question.is_pending() {
        return None;
    }
    question.withdrawn = true;
    document.tags = tags(&question);
    document.body = serde_json::to_string(&question).expect("plain data");
    document.updated_at = at;
    Some(document)
}

/// The document of a new question.
#[must_use]
pub fn document(question: &Interruption) -> Document {
    Document {
        kind: KIND.into(),
        id: question.id.clone(),
        space_id: Some(question.space_id.clone()),
        owner_id: Some(question.task_id.clone()),
        name: question.title.clone(),
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: tags(question),
        version: 1,
        body: serde_json::to_string(question).expect("plain data"),
        created_at: question.created_at,
        updated_at: question.created_at,
    }
}

/// The npm and Go clients read form values as text: an unanswered one is empty, never null.
fn null_free(value: Option<String>) -> String {
    value.unwrap_or_default()
}
