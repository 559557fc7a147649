//! Options of everything that waits, and the waiting for several.

use clap::Args;
use serde_json::Value;

use super::{Ended, pages};
use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::text;
use crate::session::Session;
use crate::watch;

/// How a wait goes about what may come up.
#[derive(Args, Default, Clone)]
pub struct Waiting {
    /// End with 13 when a person is needed.
    #[arg(long)]
    no_wait_for_people: bool,
    /// Ctrl-C cancels the deployment instead of leaving it running.
    #[arg(long)]
    cancel_on_interrupt: bool,
    /// Show log lines, too, where progress is for people.
    #[arg(long)]
    logs: bool,
    /// Go on after this event.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from_event: u64,
}

impl Waiting {
    /// One after the other; the first that did not succeed says how it went. The time limit is for all of them together.
    pub(super) async fn follow_all(
        &self,
        session: &Session,
        api: &Api,
        all: Vec<watch::Wanted>,
        interrupts: &mut watch::Interrupts,
    ) -> Ended {
        let deadline = session.deadline();
        let mut ended = Exit::Done;
        for known in all {
            let wanted = watch::Wanted {
                deadline,
                no_wait_for_people: self.no_wait_for_people,
                cancel_on_interrupt: self.cancel_on_interrupt,
                logs: self.logs,
                after_event: self.from_event,
                ..known
            };
            let exit = watch::follow(session, api, wanted, interrupts).await?;
            if ended == Exit::Done {
                ended = exit;
            }
            if matches!(exit, Exit::Detached | Exit::TimedOut | Exit::WaitsForPerson) {
                return Ok(exit);
            }
        }
        Ok(ended)
    }
}

/// What is said about a deployment wherever it is watched.
pub(super) async fn of_deployment(api: &Api, deployment: &Value) -> Result<watch::Wanted> {
    let id = text(deployment, "TaskId");
    let task = api.get(&format!("/api/tasks/{}", part(&id))).await?;
    let what = text(&task, "Description");
    let what = what.trim_start_matches("Deploy ");
    Ok(watch::Wanted {
        title: format!("{what} #{}", pages::number(&text(deployment, "Id"))),
        page: page_of(api, deployment).await?,
        ..of_task(api, &task)
    })
}

/// The page of a deployment; that of its task, which leads there, where its project may not be seen.
pub(super) async fn page_of(api: &Api, deployment: &Value) -> Result<String> {
    let path = format!("projects/{}", part(&text(deployment, "ProjectId")));
    match api.get(&api.in_space(&path)).await {
        Ok(project) => Ok(pages::deployment(
            &pages::project(api, &project),
            deployment,
        )),
        Err(failure) if matches!(failure.exit, Exit::NotFound | Exit::NotAllowed) => {
            Ok(pages::task(api, &text(deployment, "TaskId")))
        }
        Err(failure) => Err(failure),
    }
}

/// What is said about a task wherever it is watched.
pub(super) fn of_task(api: &Api, task: &Value) -> watch::Wanted {
    let id = text(task, "Id");
    watch::Wanted {
        title: text(task, "Description"),
        page: pages::task(api, &id),
        task_id: id,
        ..watch::Wanted::default()
    }
}
