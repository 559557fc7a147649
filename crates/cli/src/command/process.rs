//! The deployment process of a project: shown, checked, compared, applied.

mod apply;
pub(super) mod file;
mod graph;
mod plan;

use std::path::PathBuf;

pub(crate) use plan::chain;

use clap::{Args, Subcommand};
use regatta_core::{diff, ocl};
use serde_json::{Value, json};

use super::{Ended, written};
use crate::api::{Api, part};
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, text};
use crate::output::{Column, Format, raw, yaml};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Process {
    /// The steps, and what each waits for.
    Show(Show),
    /// What is wrong with the process, or may surprise. Ends with 6 when something is wrong.
    #[command(
        after_help = "Examples:\n  regatta process lint -p web-shop\n  regatta process lint -p web-shop -f deployment_process.ocl"
    )]
    Lint {
        /// Check this file instead of what is saved.
        #[arg(short, long)]
        file: Option<PathBuf>,
    },
    /// What changed since a release.
    #[command(
        after_help = "Examples:\n  regatta process diff -p web-shop\n  regatta process diff -p web-shop --from 2.4.1"
    )]
    Diff {
        /// Version of the release; the newest unless given.
        #[arg(long, value_name = "VERSION", add = Named::Releases.of_server())]
        from: Option<String>,
    },
    /// Replace the process with a file's, after showing what changes.
    Apply(apply::Apply),
    /// Write an OCL file the usual way, with its comments. Needs no server.
    #[command(
        after_help = "Examples:\n  regatta process format -f deployment_process.ocl\n  regatta process format -f deployment_process.ocl --check"
    )]
    Format {
        /// OCL; - for standard input and output.
        #[arg(short, long)]
        file: PathBuf,
        /// Only say whether it is; ends with 6 when it is not.
        #[arg(long)]
        check: bool,
    },
    /// When each step would run.
    Plan(plan::Plan),
    /// Who changed the process, and when.
    #[command(
        after_help = "Examples:\n  regatta process history -p web-shop\n  regatta process history -p web-shop -o jsonl"
    )]
    History,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta process show --project 'Web shop' --graph\n  regatta process show -p web-shop --ocl > deployment_process.ocl"
)]
pub struct Show {
    /// Draw which step waits for which.
    #[arg(long, conflicts_with_all = ["ocl", "yaml"])]
    graph: bool,
    /// As a file of Octopus' configuration language.
    #[arg(long, conflicts_with = "yaml")]
    ocl: bool,
    /// As YAML.
    #[arg(long)]
    yaml: bool,
}

impl Process {
    pub(super) const fn only_shows(&self) -> bool {
        !matches!(self, Self::Apply(_))
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        if let Self::Format { file, check } = self {
            return format(session, &file, check);
        }
        let api = session.api().await?;
        let project = session.project(&api).await?;
        let of = Of::read(session, &api, &project).await?;
        match self {
            Self::Show(show) => show.run(&of).await,
            Self::Lint { file } => lint(&of, file).await,
            Self::Diff { from } => compare(&of, from.as_deref()).await,
            Self::Apply(apply) => apply.run(&of).await,
            Self::Plan(plan) => plan.run(&of).await,
            Self::History => history(&of).await,
            Self::Format { .. } => Ok(Exit::Done),
        }
    }
}

/// A project and its process as the server has it.
pub(super) struct Of<'s> {
    pub(super) session: &'s Session,
    pub(super) api: &'s Api,
    pub(super) project: &'s Value,
    pub(super) document: Value,
}

impl<'s> Of<'s> {
    pub(super) async fn read(
        session: &'s Session,
        api: &'s Api,
        project: &'s Value,
    ) -> Result<Self> {
        let mut of = Self {
            session,
            api,
            project,
            document: Value::Null,
        };
        of.document = api.get(&of.path("")).await?;
        Ok(of)
    }

    pub(super) fn path(&self, rest: &str) -> String {
        let id = text(self.project, "Id");
        self.api
            .in_space(&format!("projects/{}/deploymentprocesses{rest}", part(&id)))
    }

    pub(super) fn typed(&self) -> Result<regatta_core::process::DeploymentProcess> {
        file::typed(&self.document)
    }

    /// Saves a changed document; it names the version it is based on.
    pub(super) async fn save(&self, document: &Value) -> Result<Value> {
        self.api.put(&self.path(""), document).await
    }
}

impl Show {
    async fn run(self, of: &Of<'_>) -> Ended {
        let process = of.typed()?;
        if self.ocl {
            let references = file::references(of).await?;
            let secrets = file::count_secrets(&process);
            if let Some(values) = counted("sensitive value", secrets) {
                of.session.out.say(&format!(
                    "Not in the text, but kept on the server: {values}."
                ));
            }
            raw(&ocl::process::print(&process.steps, &references))?;
        } else if self.yaml {
            raw(&yaml(&of.document))?;
        } else if self.graph {
            raw(&graph::text(&process.steps, of.session.out.signs)?)?;
        } else if of.session.out.is_for_people() {
            let items = graph::rows(&process.steps)?;
            of.session.out.list(&columns(), &items)?;
            of.session.out.say(&format!("Version {}.", process.version));
        } else if matches!(of.session.out.format, Format::Json | Format::Jq(_)) {
            of.session.out.one(&[], &of.document)?;
        } else {
            let steps = of.document["Steps"].as_array().cloned().unwrap_or_default();
            of.session.out.list(&columns(), &steps)?;
        }
        Ok(Exit::Done)
    }
}

/// `2 sensitive values`; nothing of none.
fn counted(what: &str, number: usize) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        more => Some(format!("{more} {what}s")),
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("#", "Number"),
        Column::key("STEP", "Name"),
        Column::key("WAITS FOR", "WaitsFor"),
        Column::key("RUNS", "Condition"),
        Column::key("ON", "On"),
        Column::key("SLUG", "Slug").wide(),
        Column::key("ACTIONS", "Actions").wide(),
    ]
}

async fn lint(of: &Of<'_>, file: Option<PathBuf>) -> Ended {
    let document = match file {
        None => of.document.clone(),
        Some(path) => file::document(of, &path).await?,
    };
    let answer = of.api.post(&of.path("/lint"), &document).await?;
    let problems = answer["Problems"].as_array().cloned().unwrap_or_default();
    of.session.out.list(&problem_columns(), &problems)?;
    if problems.is_empty() {
        of.session.out.say("Nothing is wrong with the process.");
    }
    let wrong = problems.iter().any(|problem| problem["Level"] == "Error");
    Ok(if wrong { Exit::Invalid } else { Exit::Done })
}

fn format(session: &Session, file: &std::path::Path, check: bool) -> Ended {
    let text = written::read(file)?;
    let document = ocl::parse(&text).map_err(|error| written::wrong(file, error))?;
    let usual = ocl::print(&document);
    if check {
        let same = usual == text;
        let word = if same { "is" } else { "is not" };
        session
            .out
            .say(&format!("{} {word} written the usual way.", file.display()));
        return Ok(if same { Exit::Done } else { Exit::Invalid });
    }
    if file.as_os_str() == "-" {
        raw(&usual)?;
    } else if usual != text {
        // Beside it first, so that nothing is lost when the disk is full.
        let beside = file.with_extension("ocl.new");
        let written = std::fs::write(&beside, usual).and_then(|()| std::fs::rename(&beside, file));
        written.map_err(|error| {
            Failure::unexpected(format!("{} cannot be written: {error}.", file.display()))
        })?;
    }
    Ok(Exit::Done)
}

pub(super) fn problem_columns() -> Vec<Column> {
    vec![
        Column::key("LEVEL", "Level"),
        Column::new("STEP", |problem| text(&problem["Steps"][0], "Name")),
        Column::key("KIND", "Kind"),
        Column::key("MESSAGE", "Message"),
        Column::key("FIELD", "Field").wide(),
    ]
}

async fn compare(of: &Of<'_>, from: Option<&str>) -> Ended {
    let release = find::release(of.api, of.project, from).await?;
    let id = text(&release, "ProjectDeploymentProcessSnapshotId");
    let frozen = of
        .api
        .get(
            &of.api
                .in_space(&format!("deploymentprocesses/{}", part(&id))),
        )
        .await?;
    let changes = diff::process(&file::typed(&frozen)?, &of.typed()?);
    let items: Vec<Value> = changes.iter().map(|change| json!(change)).collect();
    if items.is_empty() {
        let version = text(&release, "Version");
        of.session
            .out
            .say(&format!("Nothing changed since release {version}."));
    }
    of.session.out.list(&change_columns(), &items)?;
    Ok(Exit::Done)
}

fn change_columns() -> Vec<Column> {
    vec![
        Column::key("CHANGE", "Text"),
        Column::key("FIELD", "Field").wide(),
    ]
}

async fn history(of: &Of<'_>) -> Ended {
    let id = text(&of.document, "Id");
    let path = of.api.in_space(&format!("events?regarding={}", part(&id)));
    let events = of.api.all(&path).await?;
    let columns = [
        Column::key("WHEN", "Occurred"),
        Column::key("WHO", "Username"),
        Column::key("WHAT", "Message"),
        Column::key("ID", "Id").wide(),
    ];
    of.session.out.list(&columns, &events)?;
    Ok(Exit::Done)
}

/// A problem that keeps a process from being saved, as an error of this program.
pub(super) fn refusal(problems: &[Value]) -> Failure {
    let mut failure = Failure::invalid("The process cannot be saved.");
    failure.why = problems
        .iter()
        .map(|problem| text(problem, "Message"))
        .collect();
    failure.next("mend it, or look at it with regatta process lint -f FILE")
}
