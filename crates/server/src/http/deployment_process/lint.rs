//! Lint of a process without saving it: what is wrong, and what may surprise, given what exists around it.

use regatta_core::process::DeploymentProcess;
use regatta_core::process::lint::{LintContext, lint};
use regatta_core::process::problem::Level;
use regatta_store::Query;
use serde_json::{Value, json};

use super::{adopted, found, parse};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;

/// What is wrong with the process of the body, or of the store when the body is empty, or may surprise.
pub(super) async fn body(mut call: Call) -> Answer {
    let body = call.json().await?;
    let stored = parse(&found(&call).await?)?;
    let has_steps = body
        .get("Steps")
        .and_then(Value::as_array)
        .is_some_and(|steps| !steps.is_empty());
    let process = if has_steps {
        adopted(body, &stored)
    } else {
        Ok(stored)
    };
    let problems = match process {
        Err(problems) => problems,
        Ok(process) => {
            let known = Known::read(&call, &process).await?;
            lint(&process, known.context())
        }
    };
    Ok(ok(
        json!({ "Problems": problems, "CanBeSaved": problems.iter().all(|problem| problem.level != Level::Error) }),
    ))
}

/// What lint may know around a process.
struct Known {
    machines: Vec<regatta_core::machine::Machine>,
    environments: Vec<regatta_core::id::EnvironmentId>,
    channels: Vec<regatta_core::id::ChannelId>,
}

impl Known {
    async fn read(call: &Call, process: &DeploymentProcess) -> Result<Self, ApiError> {
        let mut conn = call.read().await?;
        let in_space = |kind: &str| Query {
            kind: kind.to_owned(),
            space_id: Some(Some(call.space_id().to_owned())),
            ..Query::default()
        };
        let machines = conn.documents(&in_space("Machines")).await?.items;
        let environments = conn.documents(&in_space("Environments")).await?.items;
        let project = process.project_id.as_ref().map(ToString::to_string);
        let channels = conn
            .documents(&Query {
                owner_id: project,
                ..in_space("Channels")
            })
            .await?
            .items;
        Ok(Self {
            machines: machines
                .iter()
                .filter_map(|document| serde_json::from_str(&document.body).ok())
                .collect(),
            environments: environments
                .iter()
                .filter_map(|document| document.id.parse().ok())
                .collect(),
            channels: channels
                .iter()
                .filter_map(|document| document.id.parse().ok())
                .collect(),
        })
    }

    fn context(&self) -> LintContext<'_> {
        LintContext {
            machines: Some(&self.machines),
            environments: Some(&self.environments),
            channels: Some(&self.channels),
            ..LintContext::default()
        }
    }
}
