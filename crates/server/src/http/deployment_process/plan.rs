//! A process looked at without saving it: its order as lists and pictures need it, and how long it would take.
//!
//! Works on a process with errors as well: what cannot be worked out is left out, and the problems say why. Nothing
//! of a variable is evaluated here, because who may see the process need not be allowed to see variables.

use std::sync::Arc;

use regatta_core::deployment::DeploymentChoices;
use regatta_core::engine::plan::{Plan, StepIx};
use regatta_core::environment::Environment;
use regatta_core::id::ChannelId;
use regatta_core::planner::{PlanContext, PlanError, sketch};
use regatta_core::process::DeploymentProcess;
use regatta_core::process::lint::lint;
use regatta_core::process::outline::Outline;
use regatta_core::process::problem::Problem;
use regatta_core::simulate::Forecast;
use serde_json::{Map, Value, json};

use super::known::Known;
use super::lint::{PROBLEM, can_be_saved, names_steps, shown};
use super::{STEPS, adopted, found, parse};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::{predict, what_if};
use crate::operation::Answer;
use crate::shape::{BOOL, Field, INT, Object, Shape, TEXT, TEXTS, field, joined};
use crate::typical::Typical;

mod step;

pub(super) static REQUEST: Object = Object {
    name: "ProcessPlanRequest",
    fields: &[
        STEPS,
        field("EnvironmentId", TEXT)
            .about("Id or slug; left out, every step counts and the machines of all environments."),
        field("ChannelId", TEXT),
        field("RefusalsAbout", TEXTS)
            .about("Slugs: CannotDependOn is told of pairs with one of these steps only; left out, of all pairs."),
        field("WhatIf", Shape::Object(&what_if::OBJECT))
            .about("Changes for the predicted times only."),
    ],
};

static PROBLEM_ITEM: Shape = Shape::Object(&PROBLEM);
static STEP_ITEM: Shape = Shape::Object(&step::OBJECT);

const HEAD: [Field; 7] = [
    field("Version", INT).about("Of the saved process."),
    field("CanBeSaved", BOOL),
    field("Problems", Shape::List(&PROBLEM_ITEM)),
    field("Loops", Shape::List(&TEXTS)).about(
        "Slugs of steps that wait for each other; they have no times, nor has what waits for them.",
    ),
    field("LaneCount", INT),
    field("Steps", Shape::List(&STEP_ITEM)),
    field("Runs", INT).about("The least number of past runs any step's time is based on."),
];
static FIELDS: [Field; 15] = joined(HEAD, predict::TOTALS);
pub(super) static OBJECT: Object = Object {
    name: "ProcessPlan",
    fields: &FIELDS,
};

/// The process of the body, or of the store when the body names no steps.
pub(super) async fn of_body(mut call: Call) -> Answer {
    let mut body = call.json().await?;
    let wishes = Wishes::take(&mut body);
    let stored = parse(&found(&call).await?)?;
    let version = stored.version;
    let process = if names_steps(&body) {
        adopted(body, &stored).map_err(|problems| super::refused(&problems))?
    } else {
        stored
    };
    let known = Known::read(&call, &process).await?;
    let typical = Typical::load(&mut call.read().await?, process.id.owner()).await?;
    let look = Look::of(process, known, typical, &wishes)?;
    let world = predict::world_now(&look.known.pools, call.app.config.worker_slots);
    let expected = predict::played(&look.played, world)?;
    Ok(ok(look.body(version, &expected, &wishes.refusals)))
}

/// What the request asks besides the process.
struct Wishes {
    environment: Option<String>,
    channel: Option<String>,
    /// About which steps refusals are told; `None`: about all.
    refusals: Option<Vec<String>>,
    what_if: Value,
}

impl Wishes {
    fn take(body: &mut Value) -> Self {
        let mut taken = |key: &str| {
            let body = body.as_object_mut();
            body.and_then(|body| body.shift_remove(key))
                .unwrap_or_default()
        };
        let filled = |value: Value| {
            let text = value.as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        let texts = |value: Value| {
            let texts = value.as_array()?.iter();
            Some(
                texts
                    .filter_map(|text| text.as_str().map(str::to_owned))
                    .collect(),
            )
        };
        Self {
            environment: filled(taken("EnvironmentId")),
            channel: filled(taken("ChannelId")),
            refusals: texts(taken("RefusalsAbout")),
            what_if: taken("WhatIf"),
        }
    }
}

/// A process with everything that follows from it.
struct Look {
    process: DeploymentProcess,
    known: Known,
    typical: Typical,
    outline: Outline,
    problems: Vec<Problem>,
    /// As authored.
    plan: Plan,
    /// Why the plan of a step had to be made up.
    made_up: Vec<(StepIx, PlanError)>,
    /// With the changes of the what-if.
    played: Arc<Plan>,
}

impl Look {
    fn of(
        process: DeploymentProcess,
        known: Known,
        typical: Typical,
        wishes: &Wishes,
    ) -> Result<Self, ApiError> {
        let environment = environment(&known, wishes.environment.as_deref())?;
        let channel = channel(&known, wishes.channel.as_deref())?;
        let outline = Outline::of(&process.steps);
        let expected = typical.by_id(&process, |past| past.median_ms);
        let context = PlanContext {
            environment: environment.as_ref(),
            channel: channel.as_ref(),
            tenant: None,
            choices: &DeploymentChoices::default(),
            machines: &known.machines,
            pools: &known.pools,
            connectivity: &known.settings.connectivity_policy,
            guided_failure: false,
            failure_policy: known.settings.failure_policy.into(),
            limits: known.settings.limits(),
            bypass_mutex: false,
            evaluate: &|_| Ok(String::new()),
            expected_ms: &|action| expected.get(action).copied(),
        };
        let (plan, made_up) = sketch(&process, outline.graph(), &context);
        let played = Arc::new(what_if::applied(&plan, &wishes.what_if)?);
        let problems = lint(&process, known.lint());
        Ok(Self {
            outline,
            problems,
            plan,
            made_up,
            played,
            process,
            known,
            typical,
        })
    }

    fn body(&self, version: i32, expected: &Forecast, refusals: &Option<Vec<String>>) -> Value {
        let slug = |step: &usize| self.process.steps[*step].slug.as_str();
        let loops = self.outline.loops().iter();
        let rails = self.outline.rails();
        let lanes = rails.iter().map(|rail| rail.lane + 1).max().unwrap_or(0);
        let runs = self.process.steps.iter().filter(|step| !step.is_disabled());
        let runs = runs.map(|step| self.typical.of_step(step).map_or(0, |past| past.runs));
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        put("Version", json!(version));
        put("CanBeSaved", json!(can_be_saved(&self.problems)));
        put(
            "Problems",
            shown(&self.problems, Some(&self.process)).into(),
        );
        put(
            "Loops",
            loops
                .map(|steps| steps.iter().map(slug).collect::<Value>())
                .collect(),
        );
        put("LaneCount", json!(lanes));
        put("Steps", self.steps(expected, &rails, refusals.as_deref()));
        put("Runs", json!(runs.min().unwrap_or(0)));
        body.extend(predict::totals(&self.played, expected));
        Value::Object(body)
    }
}

fn environment(known: &Known, wanted: Option<&str>) -> Result<Option<Environment>, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let found = known.environments.iter().find(|environment| {
        environment.id.as_str() == wanted || environment.slug.as_str() == wanted
    });
    found
        .cloned()
        .map(Some)
        .ok_or_else(|| absent("EnvironmentId", wanted))
}

fn channel(known: &Known, wanted: Option<&str>) -> Result<Option<ChannelId>, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let mut ids = known.channels.iter().map(|channel| &channel.id);
    let found = ids.find(|id| id.as_str() == wanted);
    found
        .cloned()
        .map(Some)
        .ok_or_else(|| absent("ChannelId", wanted))
}

fn absent(key: &str, wanted: &str) -> ApiError {
    let wanted: String = wanted.chars().take(200).collect();
    ApiError::invalid_one(format!("{key}: there is no '{wanted}' here."))
}
