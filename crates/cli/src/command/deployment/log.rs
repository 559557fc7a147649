//! `deployment log`: lines of a run, those there are and those to come.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::command::{Ended, step};
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::{self, text};
use crate::output::raw;
use crate::text::visible_lines;
use crate::watch;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta deployment log 412 --step deploy-web --level Warning\n  regatta deployment log 412 --follow --grep timeout"
)]
pub struct Log {
    /// Number, id, or id of its task.
    deployment: String,
    /// Only of this step.
    #[arg(long)]
    step: Option<String>,
    /// Only from this deployment target.
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

/// Nobody is told of lines of a log.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Log {
    pub(super) async fn run(self, api: &Api) -> Ended {
        let task = text(&find::deployment(api, &self.deployment).await?, "TaskId");
        let mut feed = self.follow.then(|| watch::Changes::start(api, &task));
        let filter = self.filter(api, &task, &mut feed).await?;
        let mut from = self.since.max(1);
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
            // Lines are no events, so what a script writes in between is looked for.
            let next = tokio::time::timeout(LOOK_EVERY, changes.next()).await;
            if let Ok(next) = next
                && !next?
            {
                // What was written between the last look and the end.
                feed = None;
            }
        }
    }

    async fn filter(
        &self,
        api: &Api,
        task: &str,
        feed: &mut Option<watch::Changes>,
    ) -> Result<String> {
        let mut filter = format!("&level={}", part(&self.level));
        if self.step.is_none() && self.target.is_none() {
            return Ok(filter);
        }
        let path = api.in_space(&format!("tasks/{}/run", part(task)));
        let mut run = api.get(&path).await?;
        // In the queue it has no steps yet.
        while let Some(changes) = feed
            && run["Steps"].as_array().is_none_or(Vec::is_empty)
            && changes.next().await?
        {
            run = api.get(&path).await?;
        }
        if let Some(step) = &self.step {
            let steps: Vec<Value> = run["Steps"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|step| json!({"Name": step["StepName"], "Slug": step["StepSlug"]}))
                .collect();
            let at = step::position(api.naming, step, &steps)?;
            filter.push_str(&format!("&step={}", part(&text(&steps[at], "Slug"))));
        }
        if let Some(target) = &self.target {
            let machines = run["Machines"].as_array().cloned().unwrap_or_default();
            let found = find::among(api.naming, "deployment target", target, &machines)?;
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
