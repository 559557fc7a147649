//! What is said when a task is over: the verdict, and of a failure what the failed steps said last.

use serde_json::Value;

use super::Wanted;
use super::log::last;
use crate::api::{Api, part};
use crate::command::chain;
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::text;
use crate::options::Progress;
use crate::session::Session;
use crate::signs::Signs;
use crate::text::{precise, visible};

/// Lines of each failed step.
const LAST_LINES: usize = 20;

/// Everything that is to be said. It is read whole first, so that nothing is said twice when a part cannot be read.
pub(super) struct Ending {
    task: Value,
    /// For people only.
    verdict: Value,
    failed: Vec<Failed>,
}

struct Failed {
    /// `3 Deploy web`.
    step: String,
    last_lines: Vec<String>,
}

pub(super) async fn read(session: &Session, api: &Api, wanted: &Wanted) -> Result<Ending> {
    let id = part(&wanted.task_id);
    let mut ending = Ending {
        task: api.get(&format!("/api/tasks/{id}")).await?,
        verdict: Value::Null,
        failed: Vec::new(),
    };
    if session.out.is_for_people() {
        let verdict = api.in_space(&format!("tasks/{id}/verdict"));
        ending.verdict = api.get(&verdict).await?;
        if exit_of(&ending.task) == Exit::Failed {
            ending.failed = failed(api, &id).await?;
        }
    }
    Ok(ending)
}

async fn failed(api: &Api, id: &str) -> Result<Vec<Failed>> {
    let run = api.get(&api.in_space(&format!("tasks/{id}/run"))).await?;
    let steps = run["Steps"].as_array().into_iter().flatten();
    let mut failed = Vec::new();
    for step in steps.filter(|step| step["State"] == "Failed") {
        let path = format!(
            "tasks/{id}/log?step={}&{}",
            part(&text(step, "StepSlug")),
            last(LAST_LINES)
        );
        let page = api.get(&api.in_space(&path)).await?;
        let lines = page["Lines"].as_array().into_iter().flatten();
        let lines = lines.map(|line| text(line, "MessageText"));
        failed.push(Failed {
            step: format!("{} {}", step["Number"], text(step, "StepName")),
            last_lines: lines
                .flat_map(|line| line.lines().map(str::to_owned).collect::<Vec<_>>())
                .collect(),
        });
    }
    Ok(failed)
}

impl Ending {
    pub(super) fn tell(&self, session: &Session, wanted: &Wanted) -> Result<Exit> {
        let exit = exit_of(&self.task);
        if !session.out.is_for_people() {
            if session.progress()? != Progress::Json {
                session.out.one(&[], &self.task)?;
            }
            return Ok(exit);
        }
        let signs = session.out.signs;
        session.out.say(&sentence(&self.task, &self.verdict, signs));
        if exit == Exit::Failed {
            let message = text(&self.task, "ErrorMessage");
            if !message.is_empty() {
                eprintln!("  {}", visible(&message));
            }
            for failed in &self.failed {
                failed.tell();
            }
            session.out.say(&wanted.page);
        }
        Ok(exit)
    }
}

impl Failed {
    fn tell(&self) {
        eprintln!("\n{}:", visible(&self.step));
        for line in &self.last_lines {
            eprintln!("  {}", visible(line));
        }
    }
}

pub(crate) fn exit_of(task: &Value) -> Exit {
    match task["State"].as_str() {
        Some("Success") => Exit::Done,
        Some("Canceled") => Exit::Canceled,
        _ => Exit::Failed,
    }
}

/// `✓ Succeeded in 5m 58s. One by one 10m 05s, saved 4m 07s. Order respected: 12 of 12. Longest chain: 1 → 2 → 5 → 7.`
fn sentence(task: &Value, verdict: &Value, signs: Signs) -> String {
    let (mark, word) = match exit_of(task) {
        Exit::Done if task["HasWarningsOrErrors"] == true => {
            (signs.good(), "Succeeded with warnings")
        }
        Exit::Done => (signs.good(), "Succeeded"),
        Exit::Canceled => (signs.bad(), "Cancelled"),
        _ => (signs.bad(), "Failed"),
    };
    let ms = |key: &str| precise(verdict[key].as_i64().unwrap_or(0));
    let total = verdict["DependenciesTotal"].as_u64().unwrap_or(0);
    let mut said = format!("{mark}{word} in {}.", ms("ActualMs"));
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
    let chain = chain(&steps, &verdict["CriticalPath"], signs);
    if !chain.is_empty() {
        said.push_str(&format!(" Longest chain: {chain}."));
    }
    said
}
