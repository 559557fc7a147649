//! Runbooks of a project: looked at, and run.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::pages::{self, Web};
use super::waiting::{self, Waiting};
use super::{Ended, given};
use crate::api::{Api, part};
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::{self, text};
use crate::output::Column;
use crate::session::Session;
use crate::watch;

#[derive(Subcommand)]
pub enum Runbook {
    /// The runbooks of a project.
    #[command(
        after_help = "Examples:\n  regatta runbook list -p web-shop\n  regatta runbook list -p web-shop -q"
    )]
    List,
    /// One runbook.
    #[command(
        after_help = "Examples:\n  regatta runbook view 'Back up' -p web-shop\n  regatta runbook view back-up -p web-shop --web"
    )]
    View {
        /// Name, slug or id.
        #[arg(add = Named::Runbooks.of_server())]
        runbook: String,
        #[command(flatten)]
        web: Web,
    },
    /// Run a runbook in one or more environments.
    Run(Run),
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta runbook run 'Back up' -p web-shop --env Test --wait\n  regatta runbook run back-up -p web-shop --env Production --snapshot 3"
)]
pub struct Run {
    /// Name, slug or id.
    #[arg(add = Named::Runbooks.of_server())]
    runbook: String,
    /// Environment; several are run in at the same time.
    #[arg(long = "env", value_name = "NAME", add = Named::Environments.of_server())]
    environments: Vec<String>,
    /// The published one unless given.
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
    /// Value of a prompted variable.
    #[arg(long, value_name = "NAME=VALUE")]
    var: Vec<String>,
    /// Stay until it is over, and end with how it ended.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    waiting: Waiting,
}

impl Runbook {
    pub(super) const fn only_shows(&self) -> bool {
        !matches!(self, Self::Run(_))
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        let project = session.project(&api).await?;
        let path = format!("projects/{}/runbooks", part(&text(&project, "Id")));
        let all = api.all(&api.in_space(&path)).await?;
        match self {
            Self::List => session.out.list(&columns(), &all)?,
            Self::View { runbook, web } => {
                let found = find::among(api.naming, "runbook", &runbook, &all)?;
                let page = pages::runbook(&api, &project, &found);
                web.or(&page, || session.out.one(&fields(&found), &found))?;
            }
            Self::Run(run) => {
                let found = find::among(api.naming, "runbook", &run.runbook, &all)?;
                return run.run(session, &api, (&project, &found)).await;
            }
        }
        Ok(Exit::Done)
    }
}

impl Run {
    async fn run(
        self,
        session: &Session,
        api: &Api,
        (project, runbook): (&Value, &Value),
    ) -> Ended {
        let environments = given::environments(session, api, &self.environments).await?;
        session.tell_equivalent();
        let mut body = json!({
            "SpaceIdOrName": api.space, "ProjectName": text(project, "Id"), "RunbookName": text(runbook, "Id"),
            "EnvironmentNames": environments, "Variables": given::variables(&self.var)?,
        });
        if let Some(snapshot) = self.snapshot {
            body["Snapshot"] = json!(snapshot);
        }
        let mut interrupts = self.wait.then(watch::Interrupts::listen);
        let path = api.in_space("runbook-runs/create/v1");
        let answer = api.post_once(&path, &body).await?;
        let made = answer["RunbookRunServerTasks"].as_array().cloned();
        let mut tasks = Vec::new();
        for one in made.unwrap_or_default() {
            let id = part(&text(&one, "ServerTaskId"));
            tasks.push(api.get(&format!("/api/tasks/{id}")).await?);
        }
        if let Some(interrupts) = &mut interrupts {
            let wanted = tasks.iter().map(|task| waiting::of_task(api, task));
            let wanted: Vec<_> = wanted.collect();
            return self
                .waiting
                .follow_all(session, api, wanted, interrupts)
                .await;
        }
        tell(session, api, &tasks)?;
        Ok(Exit::Done)
    }
}

/// What was queued, and where to look at it.
fn tell(session: &Session, api: &Api, tasks: &[Value]) -> Result<()> {
    let base = api.clone();
    let columns = [
        Column::key("TASK", "Id"),
        Column::key("WHAT", "Description"),
        Column::new("PAGE", move |task| pages::task(&base, &text(task, "Id"))),
    ];
    session.out.list(&columns, tasks)
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("NAME", "Name"),
        Column::key("SLUG", "Slug"),
        Column::key("PUBLISHED", "PublishedRunbookSnapshotId"),
        Column::key("ID", "Id").wide(),
        Column::key("DESCRIPTION", "Description"),
    ]
}

fn fields(item: &Value) -> [(&'static str, String); 6] {
    [
        ("Name", text(item, "Name")),
        ("Slug", text(item, "Slug")),
        ("Id", text(item, "Id")),
        ("Published", text(item, "PublishedRunbookSnapshotId")),
        ("Runs in", text(item, "EnvironmentScope")),
        ("Description", text(item, "Description")),
    ]
}
