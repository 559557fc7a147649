//! What is said when a task is over: the verdict, and of a failure what the failed steps said last.

use serde_json::Value;

use super::Wanted;
use crate::api::{Api, part};
use crate::command::chain;
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::text;
use crate::session::Session;
use crate::text::{precise, visible};

/// Lines of each failed step.
const LAST_LINES: usize = 20;

pub(super) async fn over(session: &Session, api: &Api, wanted: &Wanted) -> Result<Exit> {
    let task = api
        .get(&format!("/api/tasks/{}", part(&wanted.task_id)))
        .await?;
    let exit = exit_of(&task);
    if !session.out.is_for_people() {
        if session.progress()? != crate::options::Progress::Json {
            session.out.one(&[], &task)?;
        }
        return Ok(exit);
    }
    let of_task = |what: &str| api.in_space(&format!("tasks/{}/{what}", part(&wanted.task_id)));
    let verdict = api.get(&of_task("verdict")).await?;
    session.out.say(&sentence(&task, &verdict));
    if exit == Exit::Failed {
        failures(api, wanted, &task).await?;
        session.out.say(&wanted.page);
    }
    Ok(exit)
}

pub(crate) fn exit_of(task: &Value) -> Exit {
    match task["State"].as_str() {
        Some("Success") => Exit::Done,
        Some("Canceled") => Exit::Canceled,
        _ => Exit::Failed,
    }
}

/// `✓ Succeeded in 5m 58s. One by one 10m 05s, saved 4m 07s. Order respected: 12 of 12. Longest chain: 1 → 2 → 5 → 7.`
fn sentence(task: &Value, verdict: &Value) -> String {
    let (mark, word) = match exit_of(task) {
        Exit::Done if task["HasWarningsOrErrors"] == true => ("✓", "Succeeded with warnings"),
        Exit::Done => ("✓", "Succeeded"),
        Exit::Canceled => ("✗", "Cancelled"),
        _ => ("✗", "Failed"),
    };
    let ms = |key: &str| precise(verdict[key].as_i64().unwrap_or(0));
    let total = verdict["DependenciesTotal"].as_u64().unwrap_or(0);
    let mut said = format!("{mark} {word} in {}.", ms("ActualMs"));
    if verdict["StepsAtOnceMax"].as_u64().unwrap_or(0) > 1 {
        said.push_str(&format!(
            " One by one {}, saved {}.",
            ms("OneByOneMs"),
            ms("SavedMs")
        ));
    }
    if total > 0 {
        said.push_str(&format!(
            " Order respected: {} of {total}.",
            verdict["DependenciesRespected"]
        ));
    }
    let steps = verdict["Steps"].as_array().cloned().unwrap_or_default();
    let chain = chain(&steps, &verdict["CriticalPath"]);
    if !chain.is_empty() {
        said.push_str(&format!(" Longest chain: {chain}."));
    }
    said
}

async fn failures(api: &Api, wanted: &Wanted, task: &Value) -> Result<()> {
    let message = text(task, "ErrorMessage");
    if !message.is_empty() {
        eprintln!("  {}", visible(&message));
    }
    let id = part(&wanted.task_id);
    let run = api.get(&api.in_space(&format!("tasks/{id}/run"))).await?;
    let steps = run["Steps"].as_array().into_iter().flatten();
    for step in steps.filter(|step| step["State"] == "Failed") {
        eprintln!("\n{} {}:", step["Number"], visible(&text(step, "StepName")));
        let path = format!(
            "tasks/{id}/log?step={}&before=9007199254740991&take={LAST_LINES}",
            part(&text(step, "StepSlug"))
        );
        let page = api.get(&api.in_space(&path)).await?;
        for line in page["Lines"].as_array().into_iter().flatten() {
            for part in text(line, "MessageText").lines() {
                eprintln!("  {}", visible(part));
            }
        }
    }
    Ok(())
}
