//! One step of the answer: its place in the order, where it runs, its times, what it reads.

use std::collections::BTreeMap;

use regatta_core::diff;
use regatta_core::engine::plan::{ActionKind, PlanStep, StepIx};
use regatta_core::process::outline::{Rail, Refused, Wait};
use regatta_core::process::{StartRule, output};
use regatta_core::simulate::Forecast;
use serde_json::{Value, json};

use super::Look;
use crate::activity::wire::reason_text;
use crate::http::predict;
use crate::shape::{BOOL, Field, INT, Object, Shape, TEXT, TEXTS, field, joined};

/// Larger processes are answered without what there is for every pair of steps, as that would be megabytes: without
/// what may overlap, and of refused dependencies with those of the steps only that are asked about.
const PAIRS_STEPS_MAX: usize = 300;

static WAIT: Object = Object {
    name: "ProcessWait",
    fields: &[
        field("StepSlug", TEXT),
        field("Kind", Shape::Word(&["Explicit", "Implicit"]))
            .about("From the dependency list, or from the place in the list."),
        field("IsRedundant", BOOL).about("It would wait anyway: to be drawn on request only."),
        field("ImpliedThrough", TEXT).about("Slug of the step through which it would."),
        field("InLoop", BOOL),
    ],
};
static REFUSED: Object = Object {
    name: "ProcessRefusedDependency",
    fields: &[
        field("StepSlug", TEXT),
        field("Reason", TEXT).about("With the way from that step to this one, by their numbers."),
    ],
};
static MACHINE: Object = Object {
    name: "ProcessPlanMachine",
    fields: &[field("Id", TEXT), field("Name", TEXT)],
};
static RUNS_ON: Object = Object {
    name: "ProcessPlanPlace",
    fields: &[
        field(
            "Kind",
            Shape::Word(&["OnTarget", "OnWorker", "Manual", "InServer"]),
        ),
        field("TargetTags", TEXTS),
        field("Machines", Shape::List(&Shape::Object(&MACHINE))),
        field("WorkerPoolId", TEXT),
        field("WorkerPoolName", TEXT),
        field("Problem", TEXT).about("Why it cannot be said."),
    ],
};
static READS: Object = Object {
    name: "ProcessPlanRead",
    fields: &[field("StepSlug", TEXT), field("Variables", TEXTS)],
};

static WAIT_ITEM: Shape = Shape::Object(&WAIT);
static REFUSED_ITEM: Shape = Shape::Object(&REFUSED);
static READS_ITEM: Shape = Shape::Object(&READS);

const HEAD: [Field; 20] = [
    field("Number", INT).about("From 1, as in the list."),
    field("StepId", TEXT),
    field("StepSlug", TEXT),
    field("StepName", TEXT),
    field("IsDisabled", BOOL),
    field("Skip", TEXT).about("Why it would not run; null when it would."),
    field(
        "StartRule",
        Shape::Word(&["AfterPrevious", "WithPrevious", "After"]),
    ),
    field("Starts", TEXT).about("The same in words, e.g. after Build, Test."),
    field("WaitsFor", Shape::List(&WAIT_ITEM)),
    field("FollowedBy", TEXTS).about("Slugs of the steps that wait for it directly."),
    field("CanOverlapWith", TEXTS).about("Null in a process of more than 300 steps."),
    field("CannotDependOn", Shape::List(&REFUSED_ITEM)).about(
        "The dependencies that cannot be added, and why. In a process of more than 300 steps null but for those of RefusalsAbout.",
    ),
    field("InLoop", BOOL),
    field("Lane", INT).about("Where the list draws its dot; from 0."),
    field("RailFrom", INT).about("Its line covers the rows of these numbers, in its lane."),
    field("RailTo", INT),
    field("RunsOn", Shape::Object(&RUNS_ON)),
    field("TypicalMs", INT).about("Median of the last ten successes; null without history."),
    field("TypicalRuns", INT).about("How many there were, at most ten."),
    field("Reads", Shape::List(&READS_ITEM)).about("The steps whose outputs it reads."),
];
static FIELDS: [Field; 24] = joined(HEAD, predict::STEP_TIMES);
pub(super) static OBJECT: Object = Object {
    name: "ProcessPlanStep",
    fields: &FIELDS,
};

impl Look {
    /// `about`: the slugs of the steps whose refused dependencies are told, with those of others on them.
    pub(super) fn steps(
        &self,
        expected: &Forecast,
        rails: &[Rail],
        about: Option<&[String]>,
    ) -> Value {
        let tells_pairs = self.process.steps.len() <= PAIRS_STEPS_MAX;
        let dependants = dependants(self);
        let is_about: Option<Vec<bool>> = about.map(|about| {
            let each = 0..self.process.steps.len();
            each.map(|i| about.iter().any(|slug| slug == self.slug(i)))
                .collect()
        });
        let each = (0..self.process.steps.len()).map(|i| {
            let mut body = self.step(i, rails[i]);
            body["FollowedBy"] = self.slugs(dependants[i].iter().copied());
            if tells_pairs {
                body["CanOverlapWith"] = self.slugs(self.beside(i));
            }
            body["CannotDependOn"] = self.refusals(i, is_about.as_deref(), tells_pairs);
            for (key, value) in predict::step_times(expected, step_ix(i)) {
                body[key] = if self.outline.is_stuck(i) {
                    Value::Null
                } else {
                    value
                };
            }
            body
        });
        each.collect()
    }

    fn slug(&self, i: usize) -> &str {
        &self.process.steps[i].slug
    }

    fn slugs(&self, steps: impl Iterator<Item = usize>) -> Value {
        steps.map(|i| Value::from(self.slug(i))).collect()
    }

    fn step(&self, i: usize, rail: Rail) -> Value {
        let (step, planned) = (&self.process.steps[i], &self.plan.steps[i]);
        let past = self.typical.of_step(step);
        let rule = match StartRule::of(step) {
            Ok(StartRule::AfterPrevious) => "AfterPrevious",
            Ok(StartRule::WithPrevious) => "WithPrevious",
            Ok(StartRule::After(_)) | Err(_) => "After",
        };
        json!({
            "Number": i + 1,
            "StepId": step.id,
            "StepSlug": step.slug,
            "StepName": step.name,
            "IsDisabled": step.is_disabled(),
            "Skip": planned.skip.as_ref().map(|reason| reason_text(&self.plan, reason)),
            "StartRule": rule,
            "Starts": diff::starts(&self.process, i),
            "WaitsFor": self.outline.waits(i).map(|wait| self.wait(wait)).collect::<Value>(),
            "FollowedBy": [],
            "CanOverlapWith": Value::Null,
            "CannotDependOn": Value::Null,
            "InLoop": self.outline.is_in_loop(i),
            "Lane": rail.lane,
            "RailFrom": rail.from + 1,
            "RailTo": rail.to + 1,
            "RunsOn": self.runs_on(i, planned),
            "TypicalMs": past.map(|past| past.median_ms),
            "TypicalRuns": past.map_or(0, |past| past.runs),
            "Reads": self.reads(i),
        })
    }

    /// What may run at the same time as the step; nothing for one in a loop, which never runs.
    fn beside(&self, i: usize) -> impl Iterator<Item = usize> {
        (0..self.process.steps.len()).filter(move |other| {
            !self.outline.is_in_loop(i)
                && !self.outline.is_in_loop(*other)
                && self.outline.graph().may_overlap(i, *other)
        })
    }

    fn wait(&self, wait: Wait) -> Value {
        json!({
            "StepSlug": self.slug(wait.on),
            "Kind": if wait.is_explicit { "Explicit" } else { "Implicit" },
            "IsRedundant": wait.implied_through.is_some(),
            "ImpliedThrough": wait.implied_through.map(|via| self.slug(via)),
            "InLoop": wait.in_loop,
        })
    }

    /// What cannot be added to a step's dependencies; null when it is not told.
    fn refusals(&self, i: usize, is_about: Option<&[bool]>, tells_pairs: bool) -> Value {
        let is_own = is_about.is_some_and(|about| about[i]);
        if !tells_pairs && !is_own {
            return Value::Null;
        }
        if is_about.is_some_and(|about| !about.contains(&true)) {
            return json!([]);
        }
        let told = |on: usize| is_own || is_about.is_none_or(|about| about[on]);
        let refused = self.outline.refused(i);
        let refused = refused.iter().filter(|one| told(one.on));
        refused.map(|one| self.refused_body(one)).collect()
    }

    fn refused_body(&self, refused: &Refused) -> Value {
        let numbers = refused.path.iter().map(|i| (i + 1).to_string());
        let mut numbers: Vec<String> = numbers.collect();
        if refused.is_cut {
            numbers.insert(numbers.len() - 1, "…".to_owned());
        }
        let reason = match refused.path.as_slice() {
            [_] => "It starts together with this step, so it would wait for itself.".to_owned(),
            [_, _] => "It waits for this step.".to_owned(),
            _ => format!("It waits for this step: {}.", numbers.join(" → ")),
        };
        json!({
            "StepSlug": self.slug(refused.on),
            "Reason": reason,
        })
    }

    fn runs_on(&self, i: usize, planned: &PlanStep) -> Value {
        let step = &self.process.steps[i];
        let problem = self.made_up.iter().find(|(ix, _)| *ix == step_ix(i));
        let kind = planned.actions.iter().map(|action| action.kind);
        // Of several actions the first that runs on a machine says it best.
        let kind = kind.min_by_key(|kind| match kind {
            ActionKind::OnTarget => 0,
            ActionKind::OnWorker => 1,
            ActionKind::Manual => 2,
            ActionKind::InServer => 3,
        });
        let pool = planned
            .actions
            .iter()
            .find_map(|action| action.worker_pool.as_deref());
        let name = self
            .known
            .pools
            .iter()
            .find(|known| Some(known.id.as_str()) == pool);
        let machines = planned.on.iter().flatten().map(|target| {
            let target = &self.plan.targets[target.0 as usize];
            json!({"Id": target.id, "Name": target.name})
        });
        json!({
            "Kind": kind.filter(|_| problem.is_none()),
            "TargetTags": step.target_roles(),
            "Machines": machines.collect::<Value>(),
            "WorkerPoolId": pool,
            "WorkerPoolName": name.map(|pool| pool.name.as_str()),
            "Problem": problem.map(|(_, error)| error.to_string()),
        })
    }

    fn reads(&self, i: usize) -> Value {
        let mut by_step: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for placed in output::reads_of_step(&self.process.steps[i]) {
            let found = output::find(&self.process, &placed.read.of);
            if let Some((of, _)) = found.filter(|(of, _)| *of != i) {
                let variables = by_step.entry(of).or_default();
                if !variables.contains(&placed.read.variable) {
                    variables.push(placed.read.variable);
                }
            }
        }
        let one = |(of, variables)| json!({"StepSlug": self.slug(of), "Variables": variables});
        by_step.into_iter().map(one).collect()
    }
}

fn dependants(look: &Look) -> Vec<Vec<usize>> {
    let mut dependants = vec![Vec::new(); look.process.steps.len()];
    for i in 0..look.process.steps.len() {
        look.outline
            .waits(i)
            .for_each(|wait| dependants[wait.on].push(i));
    }
    dependants
}

fn step_ix(position: usize) -> StepIx {
    StepIx(u32::try_from(position).expect("a process that fits in memory has fewer steps"))
}
