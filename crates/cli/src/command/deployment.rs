//! Deployments: listed, watched, read, and acted on.

mod answer;
mod log;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Ended;
use super::pages::{self, Web};
use super::waiting::{self, Waiting};
use crate::api::{Api, part};
use crate::completion::Named;
use crate::exit::Exit;
use crate::find::{self, text};
use crate::output::{Column, raw};
use crate::session::Session;
use crate::watch;

/// Ids in one request, so that its address is no longer than what a proxy lets pass.
const IDS_MAX: usize = 200;

#[derive(Subcommand)]
pub enum Deployment {
    /// Deployments, newest first.
    #[command(
        after_help = "Examples:\n  regatta deployment list -p web-shop --env Test\n  regatta deployment list --take 100 -o jsonl"
    )]
    List {
        /// Only to this environment.
        #[arg(long = "env", value_name = "NAME", add = Named::Environments.of_server())]
        environment: Option<String>,
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        take: usize,
    },
    /// One deployment and its steps.
    #[command(
        after_help = "Examples:\n  regatta deployment view 412\n  regatta deployment view 412 --web"
    )]
    View {
        /// Number, id, or id of its task.
        deployment: String,
        #[command(flatten)]
        web: Web,
    },
    /// Follow a deployment until it is over.
    #[command(
        after_help = "Examples:\n  regatta deployment watch 412\n  regatta deployment watch 412 --progress json --from-event 17"
    )]
    Watch {
        /// Number, id, or id of its task.
        deployment: String,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// What a deployment wrote.
    Log(log::Log),
    /// Stop a deployment.
    #[command(
        after_help = "Examples:\n  regatta deployment cancel 412\n  regatta deployment cancel ServerTasks-1032"
    )]
    Cancel {
        /// Number, id, or id of its task.
        deployment: String,
    },
    /// Try a failed step again where a person is asked, or the whole deployment when it is over.
    #[command(
        after_help = "Examples:\n  regatta deployment retry 412\n  regatta deployment retry 412 -q"
    )]
    Retry {
        /// Number, id, or id of its task.
        deployment: String,
    },
    /// Answer a question with yes.
    #[command(
        after_help = "Examples:\n  regatta deployment approve 412\n  regatta deployment approve 412 'Approve schema change' --note 'looks good'"
    )]
    Approve(answer::Answer),
    /// Answer a question with no.
    #[command(
        after_help = "Examples:\n  regatta deployment abort 412\n  regatta deployment abort 412 'Approve schema change' --note 'wrong version'"
    )]
    Abort(answer::Answer),
}

impl Deployment {
    pub(super) const fn only_shows(&self) -> bool {
        matches!(
            self,
            Self::List { .. } | Self::View { .. } | Self::Watch { .. } | Self::Log(_)
        )
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        match self {
            Self::List { environment, take } => list(session, &api, environment, take).await,
            Self::View { deployment, web } => view(session, &api, &deployment, web).await,
            Self::Watch {
                deployment,
                waiting,
            } => {
                let found = find::deployment(&api, &deployment).await?;
                let wanted = waiting::of_deployment(&api, &found).await?;
                let mut interrupts = watch::Interrupts::listen();
                let how = &waiting;
                how.follow_all(session, &api, vec![wanted], &mut interrupts)
                    .await
            }
            Self::Log(log) => log.run(&api).await,
            Self::Cancel { deployment } => {
                let task = text(&find::deployment(&api, &deployment).await?, "TaskId");
                let answer = api
                    .post(&format!("/api/tasks/{}/cancel", part(&task)), &json!({}))
                    .await?;
                session.out.say(&format!(
                    "{task} is now {}.",
                    text(&answer, "State").to_lowercase()
                ));
                Ok(Exit::Done)
            }
            Self::Retry { deployment } => answer::retry(session, &api, &deployment).await,
            Self::Approve(given) => given.run(session, &api, "Proceed").await,
            Self::Abort(given) => given.run(session, &api, "Abort").await,
        }
    }
}

async fn list(session: &Session, api: &Api, environment: Option<String>, take: usize) -> Ended {
    let mut path = format!("deployments?take={take}");
    if session.config.get("project").is_some() {
        let project = session.project(api).await?;
        path.push_str(&format!("&projects={}", part(&text(&project, "Id"))));
    }
    if let Some(name) = environment {
        let found = find::environment(api, &name).await?;
        path.push_str(&format!("&environments={}", part(&text(&found, "Id"))));
    }
    let page = api.get(&api.in_space(&path)).await?;
    let mut items = page["Items"].as_array().cloned().unwrap_or_default();
    for some in items.chunks_mut(IDS_MAX) {
        let ids: Vec<String> = some
            .iter()
            .map(|item| part(&text(item, "TaskId")))
            .collect();
        let path = format!("/api/tasks?ids={}", ids.join(","));
        let tasks = api.all(&path).await?;
        for item in some {
            let task = tasks.iter().find(|task| task["Id"] == item["TaskId"]);
            item["Task"] = task.cloned().unwrap_or_default();
        }
    }
    session.out.list(&columns(), &items)?;
    Ok(Exit::Done)
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("ID", "Id"),
        Column::new("STATE", |item| text(&item["Task"], "State")),
        Column::new("WHAT", |item| text(&item["Task"], "Description")),
        Column::key("CREATED", "Created"),
        Column::new("TOOK", |item| text(&item["Task"], "Duration")),
        Column::key("BY", "DeployedBy").wide(),
        Column::key("TASK", "TaskId").wide(),
    ]
}

async fn view(session: &Session, api: &Api, wanted: &str, web: Web) -> Ended {
    let found = find::deployment(api, wanted).await?;
    if web.web {
        pages::open(&waiting::page_of(api, &found).await?)?;
        return Ok(Exit::Done);
    }
    if !session.out.is_for_people() {
        session.out.one(&[], &found)?;
        return Ok(Exit::Done);
    }
    let task = part(&text(&found, "TaskId"));
    let run = api.get(&api.in_space(&format!("tasks/{task}/run"))).await?;
    let fields = [
        ("Deployment", text(&found, "Id")),
        ("What", text(&run["Task"], "Description")),
        ("State", text(&run["Task"], "State")),
        ("Created", text(&found, "Created")),
        ("By", text(&found, "DeployedBy")),
        ("Task", text(&found, "TaskId")),
        ("Page", waiting::page_of(api, &found).await?),
    ];
    session.out.one(&fields, &found)?;
    let steps = run["Steps"].as_array().cloned().unwrap_or_default();
    if !steps.is_empty() {
        raw("\n")?;
        let columns = [
            Column::key("#", "Number"),
            Column::key("STEP", "StepName"),
            Column::key("STATE", "State"),
            Column::key("STARTED", "StartedAt"),
            Column::key("ENDED", "EndedAt"),
            Column::new("WHY", |step| match &step["Waiting"]["Message"] {
                Value::String(why) => why.clone(),
                _ => text(step, "Message"),
            }),
        ];
        session.out.list(&columns, &steps)?;
    }
    Ok(Exit::Done)
}
