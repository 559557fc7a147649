//! Answers to what a run asks of people, and another try at what failed.

use clap::Args;
use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::command::Ended;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, text};
use crate::session::Session;

#[derive(Args)]
pub struct Answer {
    /// Number, id, or id of its task.
    deployment: String,
    /// The step that asks, when more than one does.
    step: Option<String>,
    /// Why, for whoever reads it later.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    note: String,
}

async fn questions(api: &Api, task: &str) -> Result<Vec<Value>> {
    api.all(&api.in_space(&format!(
        "interruptions?regarding={}&pendingOnly=true",
        part(task)
    )))
    .await
}

async fn answer(api: &Api, question: &Value, form: &Value) -> Result<()> {
    let path = api.in_space(&format!("interruptions/{}", part(&text(question, "Id"))));
    if question["HasResponsibility"] != true {
        api.put(&format!("{path}/responsible"), &json!({})).await?;
    }
    api.post(&format!("{path}/submit"), form).await.map(|_| ())
}

impl Answer {
    pub(super) async fn run(self, session: &Session, api: &Api, result: &str) -> Ended {
        let task = text(&find::deployment(api, &self.deployment).await?, "TaskId");
        let mut open: Vec<Value> = questions(api, &task)
            .await?
            .into_iter()
            .filter(|question| question["Type"] != "GuidedFailure")
            .collect();
        if let Some(step) = &self.step {
            let wanted = step.to_lowercase();
            open.retain(|question| text(question, "Title").to_lowercase().contains(&wanted));
        }
        let question = match open.as_slice() {
            [only] => only,
            [] => {
                let what = format!(
                    "{task} asks nothing{}.",
                    self.step
                        .map(|step| format!(" about `{step}`"))
                        .unwrap_or_default()
                );
                return Err(
                    Failure::not_found(what).next(format!("regatta deployment view {task}"))
                );
            }
            several => {
                let titles: Vec<String> = several
                    .iter()
                    .map(|question| text(question, "Title"))
                    .collect();
                return Err(Failure::not_found("More than one step asks.")
                    .why(titles.join("; "))
                    .next("name the step behind the deployment"));
            }
        };
        let form = json!({"Instructions": null, "Notes": self.note, "Result": result});
        answer(api, question, &form).await?;
        session
            .out
            .say(&format!("Answered {result}: {}", text(question, "Title")));
        Ok(Exit::Done)
    }
}

pub(super) async fn retry(session: &Session, api: &Api, wanted: &str) -> Ended {
    let found = find::deployment(api, wanted).await?;
    let task = text(&found, "TaskId");
    let open = questions(api, &task).await?;
    let failures: Vec<&Value> = open
        .iter()
        .filter(|question| question["Type"] == "GuidedFailure")
        .collect();
    if failures.is_empty() {
        let again = api
            .post(&format!("/api/tasks/rerun/{}", part(&task)), &json!({}))
            .await?;
        session
            .out
            .say(&format!("{} runs it again.", text(&again, "Id")));
        if !session.out.is_for_people() {
            session.out.one(&[], &again)?;
        }
        return Ok(Exit::Done);
    }
    for question in failures {
        answer(api, question, &json!({"Notes": "", "Guidance": "Retry"})).await?;
        session
            .out
            .say(&format!("Trying again: {}", text(question, "Title")));
    }
    Ok(Exit::Done)
}
