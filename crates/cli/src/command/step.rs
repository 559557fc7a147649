//! Steps: looked at, and told when to start.

use clap::{ArgGroup, Args, Subcommand};
use regatta_core::diff;
use regatta_core::process::{DeploymentProcess, StartRule, Step as ProcessStep};
use serde_json::{Value, json};

use super::Ended;
use super::pages::{self, Web};
use super::process::Of;
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, Naming};
use crate::output::Column;
use crate::session::Session;
use crate::text::visible;

#[derive(Subcommand)]
pub enum Step {
    /// All steps of the process.
    #[command(
        after_help = "Examples:\n  regatta step list -p web-shop\n  regatta step list -p web-shop -o wide"
    )]
    List,
    /// One step.
    #[command(
        after_help = "Examples:\n  regatta step view 3 -p web-shop\n  regatta step view 'Upload assets' -p web-shop --web"
    )]
    View {
        /// Number, slug, name, or the beginning of one.
        #[arg(add = Named::Steps.of_server())]
        step: String,
        #[command(flatten)]
        web: Web,
    },
    /// Change when a step starts, or its name.
    Set(Set),
    /// Change what a step waits for. It then runs in parallel with the others.
    Depends(Depends),
}

#[derive(Args)]
#[command(group(ArgGroup::new("start").args(["parallel", "sequential"])))]
#[command(
    after_help = "Examples:\n  regatta step set 'Upload assets' --parallel -p web-shop\n  regatta step set 3 --sequential -p web-shop"
)]
pub struct Set {
    /// Number, slug or name.
    #[arg(add = Named::Steps.of_server())]
    step: String,
    /// Run in parallel with other steps.
    #[arg(long)]
    parallel: bool,
    /// Run after all previous steps.
    #[arg(long)]
    sequential: bool,
    /// A new name; the slug stays.
    #[arg(long)]
    name: Option<String>,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta step depends 'Smoke test' --add deploy-api --add deploy-web -p web-shop\n  regatta step depends 2 --none -p web-shop"
)]
pub struct Depends {
    /// Number, slug or name.
    #[arg(add = Named::Steps.of_server())]
    step: String,
    /// Wait for this step, too.
    #[arg(long, value_name = "STEP", add = Named::Steps.of_server())]
    add: Vec<String>,
    /// Wait for this step no longer.
    #[arg(long, value_name = "STEP", add = Named::Steps.of_server())]
    remove: Vec<String>,
    /// Wait for nothing: start with the deployment.
    #[arg(long, conflicts_with_all = ["add", "remove"])]
    none: bool,
}

impl Step {
    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::List | Self::View { .. })
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        let project = session.project(&api).await?;
        let of = Of::read(session, &api, &project).await?;
        let steps = of.document["Steps"].as_array().cloned().unwrap_or_default();
        match self {
            Self::List => session.out.list(&columns(), &numbered(&steps))?,
            Self::View { step, web } => {
                let at = position(api.naming, &step, &steps)?;
                let page = pages::step(&api, &project, &steps[at]);
                web.or(&page, || view(session, &steps, at))?;
            }
            Self::Set(set) => {
                let at = position(api.naming, &set.step, &steps)?;
                change(&of, at, |process| set.apply(&mut process.steps[at])).await?;
            }
            Self::Depends(depends) => {
                let at = position(api.naming, &depends.step, &steps)?;
                let rule = depends.rule(at, &of.typed()?, &steps)?;
                change(&of, at, |process| {
                    rule.write(&mut process.steps[at]);
                    Ok(())
                })
                .await?;
            }
        }
        Ok(Exit::Done)
    }
}

impl Set {
    fn apply(&self, step: &mut ProcessStep) -> Result<()> {
        if !self.parallel && !self.sequential && self.name.is_none() {
            return Err(
                Failure::usage("Nothing to set.").next("give --parallel, --sequential or --name")
            );
        }
        if self.sequential {
            StartRule::AfterPrevious.write(step);
        }
        // A list that is there already stays.
        if self.parallel && StartRule::of(step) == Ok(StartRule::AfterPrevious) {
            StartRule::WithPrevious.write(step);
        }
        if let Some(name) = &self.name {
            step.name.clone_from(name);
        }
        Ok(())
    }
}

impl Depends {
    /// The rule the step has afterwards. What it waited for by its trigger becomes a list to change.
    fn rule(&self, at: usize, process: &DeploymentProcess, steps: &[Value]) -> Result<StartRule> {
        if self.none {
            return Ok(StartRule::After(Vec::new()));
        }
        if self.add.is_empty() && self.remove.is_empty() {
            return Err(Failure::usage("Nothing to change.").next("give --add, --remove or --none"));
        }
        let mut slugs = match StartRule::of(&process.steps[at]) {
            Ok(StartRule::After(slugs)) => slugs,
            // Adding to "after all before" would leave it as it is; a list begins empty.
            _ => Vec::new(),
        };
        for name in &self.remove {
            let slug = process.steps[position(Naming::Whole, name, steps)?]
                .slug
                .clone();
            let before = slugs.len();
            slugs.retain(|known| *known != slug);
            if slugs.len() == before {
                let what = format!(
                    "{} is not in the list.",
                    process.steps[position(Naming::Whole, name, steps)?].name
                );
                return Err(
                    Failure::not_found(what).next("regatta step list shows what waits for what")
                );
            }
        }
        for name in &self.add {
            let slug = process.steps[position(Naming::Whole, name, steps)?]
                .slug
                .clone();
            if !slugs.contains(&slug) {
                slugs.push(slug);
            }
        }
        Ok(StartRule::After(slugs))
    }
}

async fn change(
    of: &Of<'_>,
    at: usize,
    edit: impl FnOnce(&mut DeploymentProcess) -> Result<()>,
) -> Result<()> {
    let before = of.typed()?;
    let mut after = before.clone();
    edit(&mut after)?;
    let changes = diff::process(&before, &after);
    if changes.is_empty() {
        of.session.out.say("Nothing to change.");
        return Ok(());
    }
    let mut document = of.document.clone();
    document["Steps"][at] = json!(after.steps[at]);
    let saved = of.save(&document).await?;
    if !of.session.out.quiet {
        for change in changes {
            eprintln!("  {}", visible(&change.to_string()));
        }
    }
    of.session
        .out
        .say(&format!("Saved version {}.", saved["Version"]));
    if of.session.out.is_for_people() {
        return Ok(());
    }
    of.session.out.one(&[], &saved["Steps"][at])
}

/// The step a number, slug or name means, or the beginning of one where that is enough.
pub(super) fn position(naming: Naming, wanted: &str, steps: &[Value]) -> Result<usize> {
    if let Ok(number) = wanted.trim().parse::<usize>()
        && (1..=steps.len()).contains(&number)
    {
        return Ok(number - 1);
    }
    find::position(naming, "step", wanted, steps)
}

fn numbered(steps: &[Value]) -> Vec<Value> {
    let with = |(at, step): (usize, &Value)| {
        let mut step = step.clone();
        step["Number"] = json!(at + 1);
        step
    };
    steps.iter().enumerate().map(with).collect()
}

fn starts(step: &Value) -> String {
    let typed: Option<ProcessStep> = serde_json::from_value(step.clone()).ok();
    match typed.as_ref().map(StartRule::of) {
        Some(Ok(StartRule::AfterPrevious)) => "after previous steps".to_owned(),
        Some(Ok(StartRule::WithPrevious)) => "with the previous step".to_owned(),
        Some(Ok(StartRule::After(slugs))) if slugs.is_empty() => "with the deployment".to_owned(),
        Some(Ok(StartRule::After(slugs))) => format!("after {}", slugs.join(", ")),
        Some(Err(error)) => error.to_string(),
        None => String::new(),
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("#", "Number"),
        Column::key("STEP", "Name"),
        Column::new("STARTS", starts),
        Column::key("SLUG", "Slug"),
        Column::key("CONDITION", "Condition").wide(),
        Column::key("ID", "Id").wide(),
    ]
}

fn view(session: &Session, steps: &[Value], at: usize) -> Result<()> {
    let step = &steps[at];
    let actions: Vec<String> = step["Actions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|action| {
            format!(
                "{} ({})",
                find::text(action, "Name"),
                find::text(action, "ActionType")
            )
        })
        .collect();
    let fields = [
        ("Number", (at + 1).to_string()),
        ("Name", find::text(step, "Name")),
        ("Slug", find::text(step, "Slug")),
        ("Starts", starts(step)),
        ("Condition", find::text(step, "Condition")),
        (
            "Targets",
            find::text(&step["Properties"], "Octopus.Action.TargetRoles"),
        ),
        ("Actions", actions.join(", ")),
    ];
    session.out.one(&fields, step)
}
