//! Tasks of the server.

use clap::Subcommand;
use serde_json::Value;

use super::Ended;
use super::waiting::Waiting;
use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::text;
use crate::output::Column;
use crate::session::Session;
use crate::watch;

#[derive(Subcommand)]
pub enum Task {
    /// Tasks, newest first.
    List {
        /// Only those that are not over.
        #[arg(long)]
        active: bool,
        #[arg(long, default_value_t = 20)]
        take: usize,
    },
    /// One task.
    View { task: String },
    /// Wait until tasks are over. The server says when; nothing is asked again and again.
    #[command(
        after_help = "Examples:\n  regatta task wait ServerTasks-12\n  regatta task wait 12 13 14 --timeout 1h"
    )]
    Wait {
        #[arg(required = true)]
        tasks: Vec<String>,
        #[command(flatten)]
        waiting: Waiting,
    },
}

impl Task {
    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        match self {
            Self::List { active, take } => {
                let path = format!(
                    "/api/tasks?take={take}{}",
                    if active { "&active=true" } else { "" }
                );
                let page = api.get(&path).await?;
                let items = page["Items"].as_array().cloned().unwrap_or_default();
                session.out.list(&columns(), &items)?;
                Ok(Exit::Done)
            }
            Self::View { task } => {
                let task = get(&api, &task).await?;
                let fields = [
                    ("Task", text(&task, "Id")),
                    ("What", text(&task, "Description")),
                    ("State", text(&task, "State")),
                    ("Started", text(&task, "StartTime")),
                    ("Ended", text(&task, "CompletedTime")),
                    ("Error", text(&task, "ErrorMessage")),
                ];
                session.out.one(&fields, &task)?;
                Ok(Exit::Done)
            }
            Self::Wait { tasks, waiting } => wait(session, &api, &tasks, &waiting).await,
        }
    }
}

async fn get(api: &Api, wanted: &str) -> Result<Value> {
    let wanted = wanted.trim();
    if wanted.is_empty() {
        return Err(Failure::usage("Which task? The number is empty."));
    }
    let id = if wanted.bytes().all(|b| b.is_ascii_digit()) {
        format!("ServerTasks-{wanted}")
    } else {
        wanted.to_owned()
    };
    let found = api.find(&format!("/api/tasks/{}", part(&id))).await?;
    found.ok_or_else(|| {
        Failure::not_found(format!("There is no task `{wanted}`.")).next("regatta task list")
    })
}

/// All of them, and the first that did not succeed says how it went.
async fn wait(session: &Session, api: &Api, tasks: &[String], waiting: &Waiting) -> Ended {
    let mut found = Vec::with_capacity(tasks.len());
    for wanted in tasks {
        found.push(get(api, wanted).await?);
    }
    let mut interrupts = watch::Interrupts::listen();
    let deadline = session.deadline();
    let mut ended = Exit::Done;
    for task in found {
        let wanted = watch::Wanted {
            task_id: text(&task, "Id"),
            title: text(&task, "Description"),
            page: format!(
                "{}/app#/{}/tasks/{}",
                api.base,
                api.space,
                text(&task, "Id")
            ),
            ..watch::Wanted::default()
        };
        let exit = watch::follow(
            session,
            api,
            waiting.wanted(deadline, wanted),
            &mut interrupts,
        )
        .await?;
        if ended == Exit::Done {
            ended = exit;
        }
        if matches!(exit, Exit::Detached | Exit::TimedOut | Exit::WaitsForPerson) {
            return Ok(exit);
        }
    }
    Ok(ended)
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("ID", "Id"),
        Column::key("STATE", "State"),
        Column::key("WHAT", "Description"),
        Column::key("STARTED", "StartTime"),
        Column::key("TOOK", "Duration"),
        Column::key("QUEUED", "QueueTime").wide(),
    ]
}
