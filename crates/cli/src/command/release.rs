//! Releases, and deploying them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::Ended;
use super::call::read;
use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, name_of, text};
use crate::output::Column;
use crate::session::Session;
use crate::watch;

#[derive(Subcommand)]
pub enum Release {
    /// A new release: the process and the variables as they are now.
    Create(Create),
    /// The releases of a project, newest first.
    List,
    /// One release.
    View { version: Option<String> },
    /// Delete a release.
    Delete { version: String },
    /// Deploy a release to one or more environments.
    Deploy(Box<Deploy>),
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta release create -p web-shop\n  regatta release create -p web-shop --version 2.4.1 --notes-file notes.md --ignore-existing"
)]
pub struct Create {
    /// The next one by the project's rule unless given.
    #[arg(long)]
    version: Option<String>,
    #[arg(long)]
    channel: Option<String>,
    /// Version of a package: NAME:VERSION, or a version for all.
    #[arg(long, value_name = "NAME:VERSION")]
    package: Vec<String>,
    #[arg(long, conflicts_with = "notes_file")]
    notes: Option<String>,
    /// File with the release notes; - for standard input.
    #[arg(long)]
    notes_file: Option<PathBuf>,
    /// Be content with a release of this version that is there already.
    #[arg(long)]
    ignore_existing: bool,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta release deploy -p web-shop --env Test --wait\n  regatta release deploy -p web-shop --version 2.4.1 --env Production --exclude-step 'Smoke test' --var Color=green"
)]
pub struct Deploy {
    /// The newest unless given.
    #[arg(long)]
    version: Option<String>,
    /// Environment; several are deployed to at the same time.
    #[arg(long = "env", required = true)]
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

/// How a wait goes about what may come up.
#[derive(Args, Default, Clone)]
pub struct Waiting {
    /// End with 13 when a person is needed.
    #[arg(long)]
    no_wait_for_people: bool,
    /// Ctrl-C cancels the deployment instead of leaving it running.
    #[arg(long)]
    cancel_on_interrupt: bool,
    /// Show log lines, too, where progress is lines.
    #[arg(long)]
    logs: bool,
    /// Go on after this event.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from_event: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Guided {
    On,
    Off,
    Default,
}

impl Waiting {
    pub(super) fn wanted(&self, session: &Session, known: watch::Wanted) -> watch::Wanted {
        watch::Wanted {
            timeout: session.options.timeout,
            no_wait_for_people: self.no_wait_for_people,
            cancel_on_interrupt: self.cancel_on_interrupt,
            logs: self.logs,
            after_event: self.from_event,
            ..known
        }
    }
}

impl Release {
    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        let project = session.project(&api).await?;
        match self {
            Self::Create(create) => create.run(session, &api, &project).await,
            Self::List => {
                let path = format!("projects/{}/releases", part(&text(&project, "Id")));
                let items = api.all(&api.in_space(&path)).await?;
                session.out.list(&columns(), &items)?;
                Ok(Exit::Done)
            }
            Self::View { version } => {
                view(
                    session,
                    &find::release(&api, &project, version.as_deref()).await?,
                )?;
                Ok(Exit::Done)
            }
            Self::Delete { version } => {
                let found = find::release(&api, &project, Some(&version)).await?;
                let version = text(&found, "Version");
                session.confirm(&format!(
                    "Delete release {version} of {}?",
                    name_of(&project)
                ))?;
                let path = format!("releases/{}", part(&text(&found, "Id")));
                api.delete(&api.in_space(&path)).await?;
                session.out.say(&format!("Deleted release {version}."));
                Ok(Exit::Done)
            }
            Self::Deploy(deploy) => deploy.run(session, &api, &project).await,
        }
    }
}

impl Create {
    async fn run(self, session: &Session, api: &Api, project: &Value) -> Ended {
        let notes = match &self.notes_file {
            Some(path) => Some(read(path)?),
            None => self.notes.clone(),
        };
        let mut body = json!({
            "SpaceIdOrName": api.space, "ProjectName": text(project, "Id"), "IgnoreIfAlreadyExists": self.ignore_existing,
        });
        let texts = [
            ("ReleaseVersion", self.version),
            ("ChannelName", self.channel),
            ("ReleaseNotes", notes),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        let (named, all): (Vec<String>, Vec<String>) = self
            .package
            .into_iter()
            .partition(|package| package.contains([':', '=']));
        if let Some(version) = all.first() {
            body["PackageVersion"] = json!(version);
        }
        if !named.is_empty() {
            body["Packages"] = json!(named);
        }
        let made = api.post(&api.in_space("releases/create/v1"), &body).await?;
        let path = format!("releases/{}", part(&text(&made, "ReleaseId")));
        view(session, &api.get(&api.in_space(&path)).await?)?;
        Ok(Exit::Done)
    }
}

impl Deploy {
    async fn run(self: Box<Self>, session: &Session, api: &Api, project: &Value) -> Ended {
        let release = find::release(api, project, self.version.as_deref()).await?;
        let body = self.body(api, project, &release).await?;
        let answer = api
            .post(&api.in_space("deployments/create/untenanted/v1"), &body)
            .await?;
        let made = answer["DeploymentServerTasks"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut deployments = Vec::new();
        for one in &made {
            let path = format!("deployments/{}", part(&text(one, "DeploymentId")));
            deployments.push(api.get(&api.in_space(&path)).await?);
        }
        if !self.wait {
            tell(session, api, &deployments)?;
            return Ok(Exit::Done);
        }
        let mut ended = Exit::Done;
        for deployment in &deployments {
            let wanted = watch::of_deployment(api, deployment).await?;
            let wanted = self.waiting.wanted(session, wanted);
            let exit = watch::follow(session, api, wanted).await?;
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
        let mut environments = Vec::new();
        for name in &self.environments {
            environments.push(text(&find::environment(api, name).await?, "Id"));
        }
        let mut body = json!({
            "SpaceIdOrName": api.space, "ProjectName": text(project, "Id"), "ReleaseVersion": text(release, "Version"),
            "EnvironmentNames": environments, "SkipStepNames": self.skipped(api, release).await?,
        });
        let machines = [
            ("SpecificMachineNames", &self.target),
            ("ExcludedMachineNames", &self.exclude_target),
        ];
        for (key, names) in machines {
            if !names.is_empty() {
                let all = api.all(&api.in_space("machines")).await?;
                let found = names.iter().map(|name| {
                    find::among("deployment target", name, &all).map(|one| name_of(&one))
                });
                body[key] = json!(found.collect::<Result<Vec<_>>>()?);
            }
        }
        let variables = self.variables()?;
        if !variables.is_empty() {
            body["Variables"] = Value::Object(variables);
        }
        if let Some(at) = &self.at {
            body["RunAt"] = json!(time(at)?);
        }
        if let Some(expire) = self.expire {
            let begin: jiff::Timestamp = match &self.at {
                Some(at) => time(at)?.parse().unwrap_or_else(|_| jiff::Timestamp::now()),
                None => jiff::Timestamp::now(),
            };
            body["NoRunAfter"] = json!(later(begin, expire)?);
        }
        match self.guided_failure {
            Guided::Default => {}
            choice => body["UseGuidedFailure"] = json!(choice == Guided::On),
        }
        Ok(body)
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
            |name: &String| super::step::position(name, &steps).map(|at| name_of(&steps[at]));
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

fn columns() -> Vec<Column> {
    vec![
        Column::key("VERSION", "Version"),
        Column::key("CREATED", "Assembled"),
        Column::key("CHANNEL", "ChannelId").wide(),
        Column::key("ID", "Id").wide(),
        Column::new("NOTES", |item| {
            text(item, "ReleaseNotes")
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        }),
    ]
}

fn view(session: &Session, item: &Value) -> Result<()> {
    let fields = [
        ("Version", text(item, "Version")),
        ("Id", text(item, "Id")),
        ("Created", text(item, "Assembled")),
        ("Channel", text(item, "ChannelId")),
        ("Process", text(item, "ProjectDeploymentProcessSnapshotId")),
        ("Notes", text(item, "ReleaseNotes")),
    ];
    session.out.one(&fields, item)
}
