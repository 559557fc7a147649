//! `release deploy`: queues deployments and, if asked to, stays until they are over.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::command::waiting::{self, Waiting};
use crate::command::{Ended, given, pages, step};
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, name_of, text};
use crate::output::Column;
use crate::session::Session;
use crate::watch;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta release deploy -p web-shop --env Test --wait\n  regatta release deploy -p web-shop --version 2.4.1 --env Production --exclude-step 'Smoke test' --var Color=green"
)]
pub struct Deploy {
    /// The newest unless given.
    #[arg(long, add = Named::Releases.of_server())]
    version: Option<String>,
    /// Environment; several are deployed to at the same time.
    #[arg(long = "env", value_name = "NAME", add = Named::Environments.of_server())]
    environments: Vec<String>,
    /// Stay until it is over, and end with how it ended.
    #[arg(long)]
    wait: bool,
    /// Leave out a step.
    #[arg(long, value_name = "STEP", add = Named::Steps.of_server())]
    exclude_step: Vec<String>,
    /// Only these deployment targets.
    #[arg(long, value_name = "TARGET", add = Named::Targets.of_server())]
    target: Vec<String>,
    /// Not these deployment targets.
    #[arg(long, value_name = "TARGET", add = Named::Targets.of_server())]
    exclude_target: Vec<String>,
    /// Value of a prompted variable.
    #[arg(long, value_name = "NAME=VALUE")]
    var: Vec<String>,
    /// For this tenant; to one environment at a time.
    #[arg(long, value_name = "TENANT")]
    tenant: Vec<String>,
    /// For all tenants with this tag, like Ring/Beta.
    #[arg(long, value_name = "SET/TAG")]
    tenant_tag: Vec<String>,
    /// Start then, like 2026-01-02T03:04:05Z or in 2h.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Give up if it has not started after this time.
    #[arg(long, value_name = "DURATION", value_parser = crate::options::duration)]
    expire: Option<std::time::Duration>,
    /// Ask a person when a step fails.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "default")]
    guided_failure: Guided,
    #[command(flatten)]
    waiting: Waiting,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Guided {
    On,
    Off,
    Default,
}

impl Deploy {
    pub(super) async fn run(
        self: Box<Self>,
        session: &Session,
        api: &Api,
        project: &Value,
    ) -> Ended {
        let release = find::release(api, project, self.version.as_deref()).await?;
        let body = self.body(session, api, (project, &release)).await?;
        session.tell_equivalent();
        let mut interrupts = self.wait.then(watch::Interrupts::listen);
        let how = if self.is_for_tenants() {
            "tenanted"
        } else {
            "untenanted"
        };
        let path = api.in_space(&format!("deployments/create/{how}/v1"));
        let answer = api.post_once(&path, &body).await?;
        let made = answer["DeploymentServerTasks"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut deployments = Vec::new();
        for one in &made {
            let path = format!("deployments/{}", part(&text(one, "DeploymentId")));
            deployments.push(api.get(&api.in_space(&path)).await?);
        }
        let Some(interrupts) = &mut interrupts else {
            tell(session, api, (project, &deployments))?;
            return Ok(Exit::Done);
        };
        let mut wanted = Vec::new();
        for deployment in &deployments {
            wanted.push(waiting::of_deployment(api, deployment).await?);
        }
        let how = &self.waiting;
        how.follow_all(session, api, wanted, interrupts).await
    }

    async fn body(
        &self,
        session: &Session,
        api: &Api,
        (project, release): (&Value, &Value),
    ) -> Result<Value> {
        let mut body = json!({
            "SpaceIdOrName": api.space, "ProjectName": text(project, "Id"), "ReleaseVersion": text(release, "Version"),
            "SkipStepNames": self.skipped(api, release).await?,
        });
        self.add_places(session, api, &mut body).await?;
        if !self.var.is_empty() {
            body["Variables"] = given::variables(&self.var)?.into();
        }
        if self.guided_failure != Guided::Default {
            body["UseGuidedFailure"] = json!(self.guided_failure == Guided::On);
        }
        self.add_times(&mut body)?;
        Ok(body)
    }

    /// Environments, tenants and targets.
    async fn add_places(&self, session: &Session, api: &Api, body: &mut Value) -> Result<()> {
        let environments = given::environments(session, api, &self.environments).await?;
        if !self.is_for_tenants() {
            body["EnvironmentNames"] = json!(environments);
        } else if let [environment] = environments.as_slice() {
            body["EnvironmentName"] = json!(environment);
            body["Tenants"] = json!(self.tenant);
            body["TenantTags"] = json!(self.tenant_tag);
        } else {
            let what = "Tenants are deployed to in one environment at a time.";
            return Err(Failure::usage(what).next("give --env once"));
        }
        let machines = [
            ("SpecificMachineNames", &self.target),
            ("ExcludedMachineNames", &self.exclude_target),
        ];
        for (key, names) in machines.into_iter().filter(|(_, names)| !names.is_empty()) {
            let all = api.all(&api.in_space("machines")).await?;
            let named = |name| {
                find::among(api.naming, "deployment target", name, &all).map(|one| name_of(&one))
            };
            let found: Vec<String> = names
                .iter()
                .map(|name| named(name))
                .collect::<Result<_>>()?;
            body[key] = json!(found);
        }
        Ok(())
    }

    /// When it may start, and until when it must have.
    fn add_times(&self, body: &mut Value) -> Result<()> {
        let mut begin = Timestamp::now();
        if let Some(at) = &self.at {
            begin = given::time(at)?;
            body["RunAt"] = json!(begin.to_string());
        }
        if let Some(expire) = self.expire {
            body["NoRunAfter"] = json!(given::later(begin, expire)?.to_string());
        }
        Ok(())
    }

    fn is_for_tenants(&self) -> bool {
        !self.tenant.is_empty() || !self.tenant_tag.is_empty()
    }

    /// Names of the steps of the release that are left out.
    async fn skipped(&self, api: &Api, release: &Value) -> Result<Vec<String>> {
        if self.exclude_step.is_empty() {
            return Ok(Vec::new());
        }
        let id = text(release, "ProjectDeploymentProcessSnapshotId");
        let process = api
            .get(&api.in_space(&format!("deploymentprocesses/{}", part(&id))))
            .await?;
        let steps = process["Steps"].as_array().cloned().unwrap_or_default();
        let named =
            |name: &String| step::position(api.naming, name, &steps).map(|at| name_of(&steps[at]));
        self.exclude_step.iter().map(named).collect()
    }
}

/// What was queued, and where to look at it.
fn tell(session: &Session, api: &Api, (project, deployments): (&Value, &[Value])) -> Result<()> {
    let of_project = pages::project(api, project);
    let page = move |item: &Value| pages::deployment(&of_project, item);
    let columns = [
        Column::key("TASK", "TaskId"),
        Column::key("DEPLOYMENT", "Id"),
        Column::key("NAME", "Name"),
        Column::new("PAGE", page),
    ];
    session.out.list(&columns, deployments)
}
