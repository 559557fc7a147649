//! `release deploy`: queues deployments and, if asked to, stays until they are over.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::api::{Api, part};
use crate::command::waiting::Waiting;
use crate::command::{Ended, step};
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
    #[arg(long)]
    version: Option<String>,
    /// Environment; several are deployed to at the same time.
    #[arg(long = "env", required = true, add = crate::completion::environments())]
    environments: Vec<String>,
    /// Stay until it is over, and end with how it ended.
    #[arg(long)]
    wait: bool,
    /// Leave out a step.
    #[arg(long, value_name = "STEP")]
    exclude_step: Vec<String>,
    /// Only these deployment targets.
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Not these deployment targets.
    #[arg(long, value_name = "TARGET")]
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
    #[arg(long, value_enum, default_value = "default")]
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
        let mut interrupts = self.wait.then(watch::Interrupts::listen);
        let body = self.body(api, project, &release).await?;
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
            tell(session, api, &deployments)?;
            return Ok(Exit::Done);
        };
        let deadline = session.deadline();
        let mut ended = Exit::Done;
        for deployment in &deployments {
            let wanted = watch::of_deployment(api, deployment).await?;
            let wanted = self.waiting.wanted(deadline, wanted);
            let exit = watch::follow(session, api, wanted, interrupts).await?;
            // Of several, the first that did not succeed says how it went.
            if ended == Exit::Done {
                ended = exit;
            }
            if matches!(exit, Exit::Detached | Exit::TimedOut | Exit::WaitsForPerson) {
                return Ok(exit);
            }
        }
        Ok(ended)
    }

    async fn body(&self, api: &Api, project: &Value, release: &Value) -> Result<Value> {
        let mut body = json!({
            "SpaceIdOrName": api.space, "ProjectName": text(project, "Id"), "ReleaseVersion": text(release, "Version"),
            "SkipStepNames": self.skipped(api, release).await?,
        });
        self.add_places(api, &mut body).await?;
        let variables = self.variables()?;
        if !variables.is_empty() {
            body["Variables"] = Value::Object(variables);
        }
        if self.guided_failure != Guided::Default {
            body["UseGuidedFailure"] = json!(self.guided_failure == Guided::On);
        }
        self.add_times(&mut body)?;
        Ok(body)
    }

    /// Environments, tenants and targets.
    async fn add_places(&self, api: &Api, body: &mut Value) -> Result<()> {
        let mut environments = Vec::new();
        for name in &self.environments {
            environments.push(text(&find::environment(api, name).await?, "Id"));
        }
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
        let mut begin = jiff::Timestamp::now();
        if let Some(at) = &self.at {
            let at = time(at)?;
            begin = at.parse().unwrap_or(begin);
            body["RunAt"] = json!(at);
        }
        if let Some(expire) = self.expire {
            body["NoRunAfter"] = json!(later(begin, expire)?);
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

    fn variables(&self) -> Result<Map<String, Value>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok((name.trim().to_owned(), json!(value)))
            }
            _ => Err(
                Failure::usage(format!("`{text}` is no value of a variable."))
                    .next("write --var NAME=VALUE"),
            ),
        };
        self.var.iter().map(pair).collect()
    }
}

/// A time as people write it: a timestamp, or `in 2h`.
fn time(wanted: &str) -> Result<String> {
    if let Some(span) = wanted.trim().strip_prefix("in ") {
        let span = crate::options::duration(span).map_err(Failure::usage)?;
        return later(jiff::Timestamp::now(), span);
    }
    let parsed: std::result::Result<jiff::Timestamp, _> = wanted.trim().parse();
    match parsed {
        Ok(at) => Ok(at.to_string()),
        Err(_) => Err(Failure::usage(format!("`{wanted}` is no time.")).next(
            "write 2026-01-02T03:04:05Z, with an offset like +01:00 instead of Z, or \"in 2h\"",
        )),
    }
}

fn later(at: jiff::Timestamp, by: std::time::Duration) -> Result<String> {
    at.checked_add(by)
        .map(|at| at.to_string())
        .map_err(|_| Failure::usage("That is too far in the future."))
}

/// What was queued, and where to look at it.
fn tell(session: &Session, api: &Api, deployments: &[Value]) -> Result<()> {
    let (base, space) = (api.base.clone(), api.space.clone());
    let page = move |item: &Value| format!("{base}/app#/{space}/deployments/{}", text(item, "Id"));
    let columns = [
        Column::key("TASK", "TaskId"),
        Column::key("DEPLOYMENT", "Id"),
        Column::key("NAME", "Name"),
        Column::new("PAGE", page),
    ];
    session.out.list(&columns, deployments)
}
