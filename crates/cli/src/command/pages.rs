//! Pages of the portal: their addresses, and a look at one instead of an answer.

use clap::Args;
use serde_json::Value;

use crate::api::{Api, part};
use crate::browser;
use crate::failure::Result;
use crate::find::text;
use crate::output::raw;

/// Whether to look at something in the portal.
#[derive(Args, Clone, Copy)]
pub struct Web {
    /// Show its page in the browser instead.
    #[arg(long)]
    pub(super) web: bool,
}

impl Web {
    /// The page if that is wanted, else what a command shows.
    pub(super) fn or(self, page: &str, show: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.web { open(page) } else { show() }
    }
}

pub(super) fn project(api: &Api, project: &Value) -> String {
    format!("{}/projects/{}", api.base, named(project))
}

/// Below the page of its project.
pub(super) fn deployment(of_project: &str, deployment: &Value) -> String {
    let id = text(deployment, "Id");
    format!("{of_project}/deployments/{}", part(number(&id)))
}

pub(super) fn step(api: &Api, project_: &Value, step: &Value) -> String {
    format!("{}/process/steps/{}", project(api, project_), named(step))
}

pub(super) fn release(api: &Api, project_: &Value, release: &Value) -> String {
    let version = text(release, "Version");
    format!("{}/releases/{}", project(api, project_), part(&version))
}

pub(super) fn runbook(api: &Api, project_: &Value, runbook: &Value) -> String {
    format!("{}/runbooks/{}", project(api, project_), named(runbook))
}

pub(super) fn environment(api: &Api, environment: &Value) -> String {
    format!("{}/environments/{}", api.base, named(environment))
}

pub(super) fn target(api: &Api, target: &Value) -> String {
    format!("{}/targets/{}", api.base, named(target))
}

/// The page of what the task does.
pub(super) fn task(api: &Api, id: &str) -> String {
    format!("{}/tasks/{}", api.base, part(number(id)))
}

/// What is written behind the dash of an id, which is enough to name it.
pub(super) fn number(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(_, number)| number)
}

fn named(document: &Value) -> String {
    match text(document, "Slug") {
        slug if slug.is_empty() => part(&text(document, "Id")),
        slug => part(&slug),
    }
}

/// Shows a page in the browser, or says where it is.
pub(super) fn open(page: &str) -> Result<()> {
    if browser::open(page) {
        return Ok(());
    }
    eprintln!("No browser could be started; open this page:");
    raw(&format!("{page}\n"))
}
