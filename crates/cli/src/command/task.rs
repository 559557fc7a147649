//! Tasks of the server.

use clap::Subcommand;
use serde_json::Value;

use super::Ended;
use super::pages::{self, Web};
use super::waiting::{self, Waiting};
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
    #[command(
        after_help = "Examples:\n  regatta task list --active\n  regatta task list --take 100 -o jsonl"
    )]
    List {
        /// Only those that are not over.
        #[arg(long)]
        active: bool,
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        take: usize,
    },
    /// One task.
    #[command(
        after_help = "Examples:\n  regatta task view 12\n  regatta task view ServerTasks-12 --web"
    )]
    View {
        /// Number or id.
        task: String,
        #[command(flatten)]
        web: Web,
    },
    /// Wait until tasks are over. The server says when; nothing is asked again and again.
    #[command(
        after_help = "Examples:\n  regatta task wait ServerTasks-12\n  regatta task wait 12 13 14 --timeout 1h"
    )]
    Wait {
        /// Numbers or ids.
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
            Self::View { task, web } => {
                let task = get(&api, &task).await?;
                let fields = [
                    ("Task", text(&task, "Id")),
                    ("What", text(&task, "Description")),
                    ("State", text(&task, "State")),
                    ("Started", text(&task, "StartTime")),
                    ("Ended", text(&task, "CompletedTime")),
                    ("Error", text(&task, "ErrorMessage")),
                ];
                let page = pages::task(&api, &text(&task, "Id"));
                web.or(&page, || session.out.one(&fields, &task))?;
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
async fn wait(session: &Session, api: &Api, tasks: &[String], how: &Waiting) -> Ended {
    let mut found = Vec::with_capacity(tasks.len());
    for wanted in tasks {
        found.push(get(api, wanted).await?);
    }
    let mut interrupts = watch::Interrupts::listen();
    let wanted = found.iter().map(|task| waiting::of_task(api, task));
    let wanted = wanted.collect();
    how.follow_all(session, api, wanted, &mut interrupts).await
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
