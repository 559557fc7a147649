//! `process plan`: what would run, when, and what it saves. Worked out by the server.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{Of, file};
use crate::api::part;
use crate::command::Ended;
use crate::command::step::position;
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, Naming, text};
use crate::output::{Column, cell_text};
use crate::signs::Signs;
use crate::text::precise;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta process plan -p web-shop --env Test --limit 4\n  regatta process plan -p web-shop --whatif 'Deploy web:-30s' --whatif 'Build:2m'"
)]
pub struct Plan {
    /// Environment it is looked at for: its scopes and machines.
    #[arg(long = "env", value_name = "NAME", add = Named::Environments.of_server())]
    environment: Option<String>,
    /// Of a release instead of the process as it is; needs --env.
    #[arg(long, value_name = "VERSION", add = Named::Releases.of_server(), requires = "environment", conflicts_with_all = ["limit", "whatif", "file"])]
    release: Option<String>,
    /// Of this file instead of what is saved.
    #[arg(short, long)]
    file: Option<PathBuf>,
    /// As if so many actions could run at once; 0 for no limit.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// As if a step took so long, or so much more or less: STEP:30s, STEP:-30s, STEP:+1m.
    #[arg(long, value_name = "STEP:TIME")]
    whatif: Vec<String>,
}

impl Plan {
    pub(super) async fn run(self, of: &Of<'_>) -> Ended {
        let plan = match &self.release {
            Some(version) => self.of_release(of, version).await?,
            None => self.of_process(of).await?,
        };
        if !of.session.out.is_for_people() {
            of.session.out.one(&[], &plan)?;
            return Ok(Exit::Done);
        }
        let steps = numbered(&plan);
        of.session.out.list(&columns(&steps), &steps)?;
        let ms = |key: &str| precise(plan[key].as_i64().unwrap_or(0));
        of.session.out.say(&format!(
            "About {}; one by one {}, saved {}. Longest chain: {}.",
            ms("ExpectedMs"),
            ms("OneByOneMs"),
            ms("SavedMs"),
            chain(&steps, &plan["CriticalPath"], of.session.out.signs),
        ));
        let guessed = cell_text(&plan["WithoutHistory"]);
        if !guessed.is_empty() {
            of.session
                .out
                .say(&format!("Never ran before, so guessed: {guessed}."));
        }
        Ok(Exit::Done)
    }

    async fn environment(&self, of: &Of<'_>) -> Result<Option<String>> {
        match &self.environment {
            Some(name) => Ok(Some(text(&find::environment(of.api, name).await?, "Id"))),
            None => Ok(None),
        }
    }

    async fn of_release(&self, of: &Of<'_>, version: &str) -> Result<Value> {
        let environment = self.environment(of).await?.unwrap_or_default();
        let release = find::release(of.api, of.project, Some(version)).await?;
        let id = text(&release, "Id");
        let path = format!("releases/{}/plan/{}", part(&id), part(&environment));
        of.api.get(&of.api.in_space(&path)).await
    }

    async fn of_process(&self, of: &Of<'_>) -> Result<Value> {
        let mut body = json!({});
        if let Some(path) = &self.file {
            body["Steps"] = file::document(of, path).await?["Steps"].clone();
        }
        if let Some(id) = self.environment(of).await? {
            body["EnvironmentId"] = json!(id);
        }
        if self.whatif.is_empty() && self.limit.is_none() {
            return of.api.post(&of.path("/plan"), &body).await;
        }
        if let Some(limit) = self.limit {
            body["WhatIf"]["MaxRunning"] = json!(limit);
        }
        if !self.whatif.is_empty() {
            // More or less than what: the server knows how long steps take.
            let before = of.api.post(&of.path("/plan"), &body).await?;
            let steps = before["Steps"].as_array().cloned().unwrap_or_default();
            let durations = self.whatif.iter().map(|text| what_if(text, &steps));
            body["WhatIf"]["Durations"] = json!(durations.collect::<Result<Vec<_>>>()?);
        }
        of.api.post(&of.path("/plan"), &body).await
    }
}

/// `{StepSlug, Ms}` of `STEP:30s`, `STEP:-30s` or `STEP:+1m`.
fn what_if(wanted: &str, steps: &[Value]) -> Result<Value> {
    let wrong = || {
        Failure::usage(format!("`{wanted}` is no change of a duration."))
            .next("write --whatif 'STEP:30s', 'STEP:-30s' or 'STEP:+1m'")
    };
    let (step, time) = wanted.rsplit_once(':').ok_or_else(wrong)?;
    let named: Vec<Value> = steps
        .iter()
        .map(|step| json!({"Name": step["StepName"], "Slug": step["StepSlug"]}))
        .collect();
    let at = position(Naming::Beginning, step, &named)?;
    let (sign, length) = match time.split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => (0, time),
    };
    let length = crate::options::duration(length).map_err(|_| wrong())?;
    let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    let known = || {
        let step = &steps[at];
        let typical = step["TypicalMs"].as_i64();
        let planned = || Some(step["EndsAfterMs"].as_i64()? - step["StartsAfterMs"].as_i64()?);
        typical.or_else(planned).unwrap_or(0)
    };
    let ms = match sign {
        0 => length,
        sign => known().saturating_add(length.saturating_mul(sign)).max(0),
    };
    Ok(json!({"StepSlug": steps[at]["StepSlug"], "Ms": ms}))
}

fn numbered(plan: &Value) -> Vec<Value> {
    let steps = plan["Steps"].as_array().into_iter().flatten().enumerate();
    let with_number = |(at, step): (usize, &Value)| {
        let mut step = step.clone();
        step["Number"] = json!(at + 1);
        step
    };
    steps.map(with_number).collect()
}

/// `1 → 2 → 5`.
pub(crate) fn chain(steps: &[Value], path: &Value, signs: Signs) -> String {
    let number = |slug: &Value| {
        let at = steps.iter().position(|step| step["StepSlug"] == *slug);
        at.map(|at| (at + 1).to_string())
    };
    let numbers = path.as_array().into_iter().flatten().filter_map(number);
    numbers.collect::<Vec<_>>().join(signs.then())
}

fn columns(steps: &[Value]) -> Vec<Column> {
    let slugs: Vec<String> = steps.iter().map(|step| text(step, "StepSlug")).collect();
    let waits = move |step: &Value| {
        let on = step["WaitsFor"].as_array().into_iter().flatten();
        // A release's plan has slugs, a process' plan says more about each.
        let slug = |on: &Value| {
            on.as_str()
                .or_else(|| on["StepSlug"].as_str())
                .map(str::to_owned)
        };
        let numbers = on
            .filter(|on| !on["ImpliedThrough"].is_string())
            .filter_map(slug)
            .filter_map(|slug| slugs.iter().position(|known| *known == slug));
        let numbers: Vec<String> = numbers.map(|at| (at + 1).to_string()).collect();
        numbers.join(", ")
    };
    let at =
        |key: &'static str| move |step: &Value| step[key].as_i64().map(precise).unwrap_or_default();
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
