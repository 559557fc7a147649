//! What if: changes to a plan that are played through, and never stored.

use regatta_core::engine::PlanFault;
use regatta_core::engine::plan::{MachineLock, Plan, StepIx};
use regatta_core::simulate::{Change, what_if};
use serde_json::Value;

use crate::error::ApiError;
use crate::http::task::what_if::{DURATION, EDGE};
use crate::shape::{INT, Object, Shape, TEXT, field};

static LOCK: Object = Object {
    name: "PlanWhatIfLock",
    fields: &[
        field("StepSlug", TEXT).required(),
        field(
            "MachineLock",
            Shape::Word(&["Deployment", "Exclusive", "Bypass"]),
        )
        .required(),
    ],
};
static WINDOW: Object = Object {
    name: "PlanWhatIfWindow",
    fields: &[
        field("StepSlug", TEXT).required(),
        field("Targets", INT).about("Targets at a time; null for all."),
    ],
};
/// What changes; everything left out stays as it is.
pub(super) static OBJECT: Object = Object {
    name: "PlanWhatIf",
    fields: &[
        field("MaxRunning", INT).about("Actions that run at once; 0 for no limit."),
        field("MaxRunningPerMachine", INT)
            .about("Actions that run on one machine at once; 0 for no limit."),
        field("AddDependencies", Shape::List(&Shape::Object(&EDGE))).or("[]"),
        field("RemoveDependencies", Shape::List(&Shape::Object(&EDGE))).or("[]"),
        field("Durations", Shape::List(&Shape::Object(&DURATION))).or("[]"),
        field("Locks", Shape::List(&Shape::Object(&LOCK))).or("[]"),
        field("Windows", Shape::List(&Shape::Object(&WINDOW))).or("[]"),
    ],
};

/// The longest duration that can be asked about: a year.
const MS_MAX: i64 = 366 * 24 * 3_600_000;

/// The plan with the changes of a bound [`OBJECT`] made.
///
/// # Errors
/// 400 when one names a step that is not there, or makes steps wait for each other.
pub(super) fn applied(plan: &Plan, wishes: &Value) -> Result<Plan, ApiError> {
    if wishes.is_null() {
        return Ok(plan.clone());
    }
    let mut changes = limits(plan, wishes)?;
    for (key, read) in READERS {
        let entries = wishes.get(*key).and_then(Value::as_array);
        for entry in entries.into_iter().flatten() {
            changes.push(read(plan, entry)?);
        }
    }
    what_if(plan, &changes).map_err(|fault| match fault {
        PlanFault::Cycle { steps } => {
            let names = steps.join(", ");
            ApiError::invalid_one(format!(
                "WhatIf: a loop would keep these steps from ever starting: {names}. Leave one of the added dependencies out."
            ))
        }
        fault => ApiError::invalid_one(format!("WhatIf: {fault}")),
    })
}

type Reader = fn(&Plan, &Value) -> Result<Change, ApiError>;

const READERS: &[(&str, Reader)] = &[
    ("AddDependencies", |plan, entry| {
        let (step, waits_for) = (
            named(plan, entry, "StepSlug")?,
            named(plan, entry, "WaitsForSlug")?,
        );
        Ok(Change::AddWait { step, waits_for })
    }),
    ("RemoveDependencies", |plan, entry| {
        let (step, waits_for) = (
            named(plan, entry, "StepSlug")?,
            named(plan, entry, "WaitsForSlug")?,
        );
        Ok(Change::RemoveWait { step, waits_for })
    }),
    ("Durations", |plan, entry| {
        let ms = entry.get("Ms").and_then(Value::as_i64).unwrap_or(-1);
        if !(0..=MS_MAX).contains(&ms) {
            return Err(ApiError::invalid_one(format!(
                "WhatIf.Durations: Ms must be from 0 to {MS_MAX}, found {ms}."
            )));
        }
        let step = named(plan, entry, "StepSlug")?;
        Ok(Change::Takes { step, ms })
    }),
    ("Locks", |plan, entry| {
        let machine_lock = match entry.get("MachineLock").and_then(Value::as_str) {
            Some("Exclusive") => MachineLock::Exclusive,
            Some("Bypass") => MachineLock::Bypass,
            _ => MachineLock::Deployment,
        };
        let step = named(plan, entry, "StepSlug")?;
        Ok(Change::Lock { step, machine_lock })
    }),
    ("Windows", |plan, entry| {
        let window = count(entry, "Targets", "WhatIf.Windows")?.filter(|targets| *targets > 0);
        let step = named(plan, entry, "StepSlug")?;
        Ok(Change::Window { step, window })
    }),
];

fn limits(plan: &Plan, wishes: &Value) -> Result<Vec<Change>, ApiError> {
    let mut limits = plan.limits;
    if let Some(max) = count(wishes, "MaxRunning", "WhatIf")? {
        limits.running_max = Some(max).filter(|max| *max > 0);
    }
    if let Some(max) = count(wishes, "MaxRunningPerMachine", "WhatIf")? {
        limits.per_machine_max = Some(max).filter(|max| *max > 0);
    }
    Ok(vec![Change::Limits(limits)])
}

fn count(object: &Value, key: &str, place: &str) -> Result<Option<u32>, ApiError> {
    let Some(number) = object.get(key).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let fits = number
        .as_i64()
        .and_then(|number| u32::try_from(number).ok());
    fits.map(Some).ok_or_else(|| {
        ApiError::invalid_one(format!(
            "{place}.{key} must be a whole number of 0 or more, found {number}."
        ))
    })
}

fn named(plan: &Plan, entry: &Value, key: &str) -> Result<StepIx, ApiError> {
    let slug = entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let found = (0..)
        .map(StepIx)
        .zip(&plan.steps)
        .find(|(_, step)| step.slug == slug);
    found.map(|(ix, _)| ix).ok_or_else(|| {
        let slug: String = slug.chars().take(200).collect();
        ApiError::invalid_one(format!("WhatIf: there is no step with the slug `{slug}`."))
    })
}
