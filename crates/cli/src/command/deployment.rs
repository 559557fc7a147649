//! Deployments: listed, watched, read, and acted on.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Ended;
use super::release::Waiting;
use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, name_of, text};
use crate::output::{Column, raw};
use crate::session::Session;
use crate::text::visible_lines;
use crate::watch;

#[derive(Subcommand)]
pub enum Deployment {
    /// Deployments, newest first.
    List {
        /// Only to this environment.
        #[arg(long = "env")]
        environment: Option<String>,
        #[arg(long, default_value_t = 20)]
        take: usize,
    },
    /// One deployment and its steps.
    View { deployment: String },
    /// Follow a deployment until it is over.
    Watch {
        /// Number, id, or id of its task.
        deployment: String,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// What a deployment wrote.
    Log(Log),
    /// Stop a deployment.
    Cancel { deployment: String },
    /// Try a failed step again where a person is asked, or the whole deployment when it is over.
    Retry { deployment: String },
    /// Answer a question with yes.
    Approve(Answer),
    /// Answer a question with no.
    Abort(Answer),
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta deployment log 412 --step deploy-web --level Warning\n  regatta deployment log 412 --follow --grep timeout"
)]
pub struct Log {
    deployment: String,
    #[arg(long)]
    step: Option<String>,
    #[arg(long)]
    target: Option<String>,
    /// Stay and show what comes.
    #[arg(long)]
    follow: bool,
    /// From this line.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    since: u64,
    /// Only lines with this text.
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// Verbose, Info, Warning or Error, and what is worse.
    #[arg(long, default_value = "Info")]
    level: String,
}

#[derive(Args)]
pub struct Answer {
    /// Number, id, or id of its task.
    deployment: String,
    /// The step that asks, when more than one does.
    step: Option<String>,
    #[arg(long, default_value = "")]
    note: String,
}

impl Deployment {
    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        match self {
            Self::List { environment, take } => list(session, &api, environment, take).await,
            Self::View { deployment } => view(session, &api, &deployment).await,
            Self::Watch {
                deployment,
                waiting,
            } => {
                let found = find::deployment(&api, &deployment).await?;
                let wanted = watch::of_deployment(&api, &found).await?;
                watch::follow(session, &api, waiting.wanted(session, wanted)).await
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
            Self::Retry { deployment } => retry(session, &api, &deployment).await,
            Self::Approve(answer) => answer.run(session, &api, "Proceed").await,
            Self::Abort(answer) => answer.run(session, &api, "Abort").await,
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
    let ids: Vec<String> = items
        .iter()
        .map(|item| part(&text(item, "TaskId")))
        .collect();
    if !ids.is_empty() {
        let tasks = api
            .all(&format!("/api/tasks?ids={}", ids.join(",")))
            .await?;
        for item in &mut items {
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

async fn view(session: &Session, api: &Api, wanted: &str) -> Ended {
    let found = find::deployment(api, wanted).await?;
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
        ("Page", watch::page(api, &text(&found, "Id"))),
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

impl Log {
    async fn run(self, api: &Api) -> Ended {
        let task = text(&find::deployment(api, &self.deployment).await?, "TaskId");
        let filter = self.filter(api, &task).await?;
        let mut from = self.since.max(1);
        let mut feed = self.follow.then(|| watch::Changes::start(api, &task));
        loop {
            let path = format!("tasks/{}/log?from={from}{filter}", part(&task));
            let page = api.get(&api.in_space(&path)).await?;
            let lines = page["Lines"].as_array().cloned().unwrap_or_default();
            for line in &lines {
                from = from.max(line["Number"].as_u64().unwrap_or(0) + 1);
                self.show(line)?;
            }
            if !lines.is_empty() {
                continue;
            }
            let Some(changes) = &mut feed else {
                return Ok(Exit::Done);
            };
            if !changes.next().await? {
                // What was written between the last look and the end.
                feed = None;
            }
        }
    }

    async fn filter(&self, api: &Api, task: &str) -> Result<String> {
        let mut filter = format!("&level={}", part(&self.level));
        if self.step.is_none() && self.target.is_none() {
            return Ok(filter);
        }
        let run = api
            .get(&api.in_space(&format!("tasks/{}/run", part(task))))
            .await?;
        if let Some(step) = &self.step {
            let steps: Vec<Value> = run["Steps"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|step| json!({"Name": step["StepName"], "Slug": step["StepSlug"]}))
                .collect();
            let at = super::step::position(step, &steps)?;
            filter.push_str(&format!("&step={}", part(&text(&steps[at], "Slug"))));
        }
        if let Some(target) = &self.target {
            let machines = run["Machines"].as_array().cloned().unwrap_or_default();
            let found = find::among("deployment target", target, &machines)?;
            filter.push_str(&format!("&target={}", part(&text(&found, "Id"))));
        }
        Ok(filter)
    }

    fn show(&self, line: &Value) -> Result<()> {
        let text = text(line, "MessageText");
        if self
            .grep
            .as_ref()
            .is_some_and(|wanted| !text.contains(wanted))
        {
            return Ok(());
        }
        raw(&format!("{}\n", visible_lines(&text)))
    }
}

async fn questions(api: &Api, task: &str) -> Result<Vec<Value>> {
    api.all(&api.in_space(&format!(
        "interruptions?regarding={}&pendingOnly=true",
        part(task)
    )))
    .await
}

async fn answer(api: &Api, question: &Value, form: &Value) -> Result<()> {
    let path = api.in_space(&format!("interruptions/{}", part(&text(question, "Id"))));
    if question["HasResponsibility"] != true {
        api.put(&format!("{path}/responsible"), &json!({})).await?;
    }
    api.post(&format!("{path}/submit"), form).await.map(|_| ())
}

impl Answer {
    async fn run(self, session: &Session, api: &Api, result: &str) -> Ended {
        let task = text(&find::deployment(api, &self.deployment).await?, "TaskId");
        let mut open: Vec<Value> = questions(api, &task)
            .await?
            .into_iter()
            .filter(|question| question["Type"] != "GuidedFailure")
            .collect();
        if let Some(step) = &self.step {
            let wanted = step.to_lowercase();
            open.retain(|question| text(question, "Title").to_lowercase().contains(&wanted));
        }
        let question = match open.as_slice() {
            [only] => only,
            [] => {
                let what = format!(
                    "{task} asks nothing{}.",
                    self.step
                        .map(|step| format!(" about `{step}`"))
                        .unwrap_or_default()
                );
                return Err(
                    Failure::not_found(what).next(format!("regatta deployment view {task}"))
                );
            }
            several => {
                let titles: Vec<String> = several
                    .iter()
                    .map(|question| text(question, "Title"))
                    .collect();
                return Err(Failure::not_found("More than one step asks.")
                    .why(titles.join("; "))
                    .next("name the step behind the deployment"));
            }
        };
        let form = json!({"Instructions": null, "Notes": self.note, "Result": result});
        answer(api, question, &form).await?;
        session
            .out
            .say(&format!("Answered {result}: {}", text(question, "Title")));
        Ok(Exit::Done)
    }
}

async fn retry(session: &Session, api: &Api, wanted: &str) -> Ended {
    let found = find::deployment(api, wanted).await?;
    let task = text(&found, "TaskId");
    let open = questions(api, &task).await?;
    let failures: Vec<&Value> = open
        .iter()
        .filter(|question| question["Type"] == "GuidedFailure")
        .collect();
    if failures.is_empty() {
        let again = api
            .post(&format!("/api/tasks/rerun/{}", part(&task)), &json!({}))
            .await?;
        session
            .out
            .say(&format!("{} runs it again.", text(&again, "Id")));
        if !session.out.is_for_people() {
            session.out.one(&[], &again)?;
        }
        return Ok(Exit::Done);
    }
    for question in failures {
        answer(api, question, &json!({"Notes": "", "Guidance": "Retry"})).await?;
        session.out.say(&format!(
            "Trying again: {}",
            name_of(&json!({"Name": question["Title"]}))
        ));
    }
    Ok(Exit::Done)
}
