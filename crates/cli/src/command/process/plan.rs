//! `process plan`: what a deployment would run, when, and what it saves. Worked out by the server.

use clap::Args;
use serde_json::{Value, json};

use super::Of;
use crate::api::part;
use crate::command::Ended;
use crate::exit::Exit;
use crate::find::{self, text};
use crate::output::{Column, cell_text};
use crate::text::duration;

#[derive(Args)]
pub struct Plan {
    /// Environment: name, slug or id.
    #[arg(long = "env")]
    environment: String,
    /// Version of the release; the newest unless given.
    #[arg(long)]
    release: Option<String>,
}

impl Plan {
    pub(super) async fn run(self, of: &Of<'_>) -> Ended {
        let environment = find::environment(of.api, &self.environment).await?;
        let release = find::release(of.api, of.project, self.release.as_deref()).await?;
        let path = format!(
            "releases/{}/plan/{}",
            part(&text(&release, "Id")),
            part(&text(&environment, "Id"))
        );
        let plan = of.api.get(&of.api.in_space(&path)).await?;
        if !of.session.out.is_for_people() {
            of.session.out.one(&[], &plan)?;
            return Ok(Exit::Done);
        }
        let steps = plan["Steps"].as_array().cloned().unwrap_or_default();
        let numbered: Vec<Value> = steps
            .iter()
            .enumerate()
            .map(|(at, step)| {
                let mut step = step.clone();
                step["Number"] = json!(at + 1);
                step
            })
            .collect();
        of.session.out.list(&columns(&steps), &numbered)?;
        let ms = |key: &str| duration(plan[key].as_i64().unwrap_or(0));
        of.session.out.say(&format!(
            "About {}; one by one {}, saved {}. Longest chain: {}.",
            ms("ExpectedMs"),
            ms("OneByOneMs"),
            ms("SavedMs"),
            chain(&steps, &plan["CriticalPath"]),
        ));
        let guessed = cell_text(&plan["WithoutHistory"]);
        if !guessed.is_empty() {
            of.session
                .out
                .say(&format!("Never ran before, so guessed: {guessed}."));
        }
        Ok(Exit::Done)
    }
}

/// `1 → 2 → 5`.
pub(crate) fn chain(steps: &[Value], path: &Value) -> String {
    let number = |slug: &Value| {
        steps
            .iter()
            .position(|step| step["StepSlug"] == *slug)
            .map(|at| at + 1)
    };
    let numbers: Vec<String> = path
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(number)
        .map(|n| n.to_string())
        .collect();
    numbers.join(" → ")
}

fn columns(steps: &[Value]) -> Vec<Column> {
    let slugs: Vec<String> = steps.iter().map(|step| text(step, "StepSlug")).collect();
    let waits = move |step: &Value| {
        let on = step["WaitsFor"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let numbers = on.filter_map(|slug| slugs.iter().position(|known| known == slug));
        numbers
            .map(|at| (at + 1).to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let at = |key: &'static str| {
        move |step: &Value| step[key].as_i64().map(duration).unwrap_or_default()
    };
    vec![
        Column::key("#", "Number"),
        Column::key("STEP", "StepName"),
        Column::new("WAITS FOR", waits),
        Column::new("FROM", at("StartsAfterMs")),
        Column::new("TO", at("EndsAfterMs")),
        Column::new("SLACK", at("SlackMs")),
        Column::key("NOT RUN", "Skip"),
        Column::key("SLUG", "StepSlug").wide(),
    ]
}
