//! A release looked at for an environment with choices: its plan, and how it is played. Nothing here asks the database.

use std::collections::HashMap;
use std::sync::Arc;

use regatta_core::deployment::DeploymentChoices;
use regatta_core::engine::plan::{ActionKind, Plan, PlanStep, StepIx};
use regatta_core::machine::{HealthStatus, Machine};
use regatta_core::planner::PreviewStep;
use regatta_core::process::lint::{LintContext, lint};
use regatta_core::process::problem::Kind;
use regatta_core::simulate::{Forecast, what_if};
use regatta_core::variable::prompt::MissingPrompt;
use serde_json::{Map, Value, json};

use crate::activity::wire::reason_text;
use crate::call::Call;
use crate::driver::plan_input::PlanInput;
use crate::error::ApiError;
use crate::http::deployment::request::{self, Named};
use crate::http::deployment_process::pool_slots;
use crate::http::predict;
use crate::http::task::what_if::Wanted;
use crate::typical::Past;

/// See the module.
pub(super) struct Look {
    pub(super) input: PlanInput,
    pub(super) plan: Arc<Plan>,
    missing: Vec<MissingPrompt>,
    preview: Vec<PreviewStep>,
    changes: Option<Wanted>,
}

/// Three ways it may go: with typical times, and with those of the faster and the slower quarter.
struct Played {
    plan: Arc<Plan>,
    typical: Forecast,
    range: [Forecast; 2],
}

impl Look {
    pub(super) fn of(
        call: &Call,
        input: PlanInput,
        named: &Named,
        wishes: &Value,
    ) -> Result<Self, ApiError> {
        let vault = &call.app.vault;
        let (form_values, missing) = input
            .values
            .form_so_far(&input, &named.form, vault)
            .map_err(ApiError::invalid)?;
        let choices = DeploymentChoices {
            form_values,
            ..request::choices(named, &input)?
        };
        let evaluate = input
            .values
            .evaluator(&input, &choices.form_values, vault, call.now());
        let refused =
            |error: regatta_core::planner::PlanError| ApiError::invalid_one(error.to_string());
        let plan = input.plan(&choices, &evaluate).map_err(refused)?;
        let preview = input.preview(&choices, &evaluate, false).map_err(refused)?;
        let changes = match wishes {
            Value::Null => None,
            wishes => Some(Wanted::parse(&plan, wishes)?),
        };
        Ok(Self {
            plan: Arc::new(plan),
            input,
            missing,
            preview,
            changes,
        })
    }

    /// The answer, but for what other tasks do.
    pub(super) fn body(&self, slots: u32) -> Result<Map<String, Value>, ApiError> {
        let played = self.played(slots)?;
        let mut body = predict::totals(&played.plan, &played.typical);
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        let all = (0..).map(StepIx).zip(&played.plan.steps);
        put(
            "Steps",
            all.map(|(ix, step)| self.step(&played, ix, step)).collect(),
        );
        let machine = |target: &regatta_core::engine::plan::PlanTarget| json!({"Id": target.id, "Name": target.name});
        put("Machines", self.plan.targets.iter().map(machine).collect());
        put("SkippedSteps", self.skipped());
        let whole = |forecast: &Forecast| forecast.times.actual_ms;
        put("Expected", played.span(|forecast| Some(whole(forecast))));
        put("Runs", self.runs().into());
        put("WhatIfSavedMs", self.saved_ms(&played, slots)?.into());
        let prompt = |prompt: &MissingPrompt| json!({"Id": prompt.id, "Name": prompt.name});
        put("MissingPrompts", self.missing.iter().map(prompt).collect());
        put("OfflineTargets", self.offline());
        put("TakesTurns", self.turns(slots));
        Ok(body)
    }

    fn played(&self, slots: u32) -> Result<Played, ApiError> {
        let slots = self
            .changes
            .as_ref()
            .map_or(slots, |wanted| wanted.slots(slots));
        let plan = self.changed(None)?;
        let world = predict::world_now(&self.input.pools, slots);
        let play = |plan: &Arc<Plan>| predict::played(plan, world.clone());
        Ok(Played {
            typical: play(&plan)?,
            range: [
                play(&self.changed(Some(|past| past.low_ms))?)?,
                play(&self.changed(Some(|past| past.high_ms))?)?,
            ],
            plan,
        })
    }

    /// The plan with the changes made, after every action with a past got what `take` says of it.
    fn changed(&self, take: Option<fn(Past) -> i64>) -> Result<Arc<Plan>, ApiError> {
        let mut plan = self.plan.clone();
        if let Some(take) = take {
            let times: HashMap<String, i64> = self.input.typical.by_id(&self.input.process, take);
            let steps = &mut Arc::make_mut(&mut plan).steps;
            for action in steps.iter_mut().flat_map(|step| &mut step.actions) {
                action.expected_ms = times.get(&action.id).copied().or(action.expected_ms);
            }
        }
        let Some(wanted) = &self.changes else {
            return Ok(plan);
        };
        let changed = what_if(&plan, &wanted.changes);
        let changed =
            changed.map_err(|fault| ApiError::invalid_one(format!("WhatIf: {fault}.")))?;
        Ok(Arc::new(changed))
    }

    fn saved_ms(&self, played: &Played, slots: u32) -> Result<Option<i64>, ApiError> {
        if self.changes.is_none() {
            return Ok(None);
        }
        let world = predict::world_now(&self.input.pools, slots);
        let before = predict::played(&self.plan, world)?;
        Ok(Some(
            before.times.actual_ms - played.typical.times.actual_ms,
        ))
    }

    fn step(&self, played: &Played, ix: StepIx, step: &PlanStep) -> Value {
        let plan = &played.plan;
        let past = self.past(step);
        let mut body = step_body(plan, step);
        body["TypicalMs"] = past.map(|past| past.median_ms).into();
        body["TypicalRuns"] = past.map_or(0, |past| past.runs).into();
        body["EndsAfter"] = played.span(|forecast| {
            let times = &forecast.times.steps[ix.0 as usize];
            let over_at = times.over_at.filter(|_| times.began_at.is_some());
            over_at.map(|at| at.0)
        });
        for (key, value) in predict::step_times(&played.typical, ix) {
            body[key] = value;
        }
        body
    }

    fn past(&self, step: &PlanStep) -> Option<Past> {
        let own = self
            .input
            .process
            .steps
            .iter()
            .find(|own| own.id == step.id);
        own.and_then(|own| self.input.typical.of_step(own))
    }

    fn runs(&self) -> usize {
        // What people take is in no figure.
        let takes_time = |step: &&PlanStep| {
            let mut actions = step.actions.iter();
            step.skip.is_none() && actions.any(|action| action.kind != ActionKind::Manual)
        };
        let steps = self.plan.steps.iter().filter(takes_time);
        let runs = steps.map(|step| self.past(step).map_or(0, |past| past.runs));
        runs.min().unwrap_or(0)
    }

    fn skipped(&self) -> Value {
        let skipped = self.plan.steps.iter().filter_map(|step| {
            let reason = reason_text(&self.plan, step.skip.as_ref()?);
            Some(json!({"StepSlug": step.slug, "StepName": step.name, "Reason": reason}))
        });
        skipped.collect()
    }

    /// Steps set to run in parallel that would take turns here, in the words of lint.
    fn turns(&self, slots: u32) -> Value {
        let mut process = self.input.process.clone();
        let skipped = |id: &str| {
            self.plan
                .steps
                .iter()
                .any(|step| step.id == id && step.skip.is_some())
        };
        for step in process.steps.iter_mut().filter(|step| skipped(&step.id)) {
            step.actions
                .iter_mut()
                .for_each(|action| action.is_disabled = true);
        }
        let is_used = |machine: &&Machine| {
            self.plan
                .targets
                .iter()
                .any(|used| machine.id.as_str() == used.id)
        };
        let machines: Vec<Machine> = self
            .input
            .machines
            .iter()
            .filter(is_used)
            .cloned()
            .collect();
        let pool_slots = pool_slots(&self.input.pools, slots as usize);
        let context = LintContext {
            machines: Some(&machines),
            pool_slots: Some(&pool_slots),
            limits: self.input.settings.limits(),
            ..LintContext::default()
        };
        let problems = lint(&process, context).into_iter();
        problems
            .filter(|problem| problem.kind == Kind::TakesTurns)
            .map(|problem| Value::String(problem.message))
            .collect()
    }

    /// Targets that cannot be reached, whether steps would wait for them or the project leaves them out.
    fn offline(&self) -> Value {
        let machines = self.input.machines.iter().filter(|machine| {
            machine.health_status == HealthStatus::Unavailable && !machine.is_disabled
        });
        let offline = machines.filter_map(|machine| {
            let id = machine.id.as_str();
            let names = |row: &&PreviewStep, is_left_out: bool| {
                let listed = if is_left_out { &row.unavailable_machines } else { &row.machines };
                listed.iter().any(|listed| listed.id == id)
            };
            let rows = |is_left_out| self.preview.iter().filter(move |row| names(row, is_left_out));
            let is_left_out = rows(true).next().is_some();
            let mut slugs: Vec<&str> = rows(is_left_out).map(|row| row.step_slug.as_str()).collect();
            slugs.dedup();
            (!slugs.is_empty()).then(|| {
                json!({
                    "MachineId": id, "MachineName": machine.name, "HealthStatus": machine.health_status,
                    "IsLeftOut": is_left_out, "StepSlugs": slugs,
                })
            })
        });
        offline.collect()
    }
}

impl Played {
    /// From the least to the most of the three: a step that ends sooner may make another end later.
    fn span(&self, of: impl Fn(&Forecast) -> Option<i64>) -> Value {
        let all = self.range.iter().chain([&self.typical]);
        let all: Option<Vec<i64>> = all.map(of).collect();
        let ends = all.and_then(|all| Some((*all.iter().min()?, *all.iter().max()?)));
        ends.map_or(
            Value::Null,
            |(from, to)| json!({"FromMs": from, "ToMs": to}),
        )
    }
}

fn step_body(plan: &Plan, step: &PlanStep) -> Value {
    let waits_for = step.waits_for.iter();
    let waits_for: Vec<&str> = waits_for
        .map(|on| plan.steps[on.0 as usize].slug.as_str())
        .collect();
    let machines = step.on.iter().flatten();
    let machines: Vec<&str> = machines
        .map(|target| plan.targets[target.0 as usize].id.as_str())
        .collect();
    let actions: Vec<Value> = step.actions.iter().map(|action| {
        json!({
            "ActionId": action.id, "ActionSlug": action.slug, "ActionName": action.name, "ActionType": action.action_type,
            "RunsOn": action.kind, "WorkerPoolId": action.worker_pool, "ExpectedMs": action.expected_ms, "IsRequired": action.required,
            "Skip": action.skip.as_ref().map(|reason| reason_text(plan, reason)),
        })
    }).collect();
    json!({
        "StepId": step.id,
        "StepSlug": step.slug,
        "StepName": step.name,
        "WaitsFor": waits_for,
        "MachineIds": machines,
        "Actions": actions,
        "Skip": step.skip.as_ref().map(|reason| reason_text(plan, reason)),
    })
}
