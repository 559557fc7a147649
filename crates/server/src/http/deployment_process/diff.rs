//! What is different between two processes: the saved one, frozen copies of releases, or a draft; in sentences, and
//! as the steps and dependencies that a picture shows as come and gone.

use regatta_core::diff;
use regatta_core::process::{DeploymentProcess, validate};
use serde_json::{Value, json};

use super::lint::names_steps;
use super::{STEPS, adopted, found, parse, refused, version};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::shape::{INT, Object, Shape, TEXT, TEXTS, field};

pub(super) static REQUEST: Object = Object {
    name: "ProcessDiffRequest",
    fields: &[
        field("FromId", TEXT).about(
            "Id of a process of the project or runbook, e.g. the frozen copy of a release or snapshot; the saved one when left out.",
        ),
        field("ToId", TEXT).about("The same; not read when Steps are given."),
        field("FromVersion", INT).about("Number of a save, instead of an id."),
        field("ToVersion", INT),
        STEPS,
    ],
};
static CHANGE: Object = Object {
    name: "ProcessChange",
    fields: &[
        field("Text", TEXT).about("The sentence, without a full stop."),
        field("Subject", TEXT).about("Name of the step, empty for the process itself."),
        field("Field", TEXT),
        field("Texts", TEXTS)
            .about("Of a long text, such as a script: what it was and what it is."),
    ],
};
static EDGE: Object = Object {
    name: "ProcessEdge",
    fields: &[
        field("StepSlug", TEXT),
        field("StepName", TEXT),
        field("WaitsForSlug", TEXT),
        field("WaitsForName", TEXT),
    ],
};
pub(super) static OBJECT: Object = Object {
    name: "ProcessDiff",
    fields: &[
        field("FromVersion", INT),
        field("ToVersion", INT).about("Of a draft, the version it is based on."),
        field("Changes", Shape::List(&Shape::Object(&CHANGE))),
        field("AddedSteps", TEXTS).about("Slugs."),
        field("RemovedSteps", TEXTS),
        field("ChangedSteps", TEXTS),
        field("AddedWaits", Shape::List(&Shape::Object(&EDGE)))
            .about("Null when one of the two has a loop."),
        field("RemovedWaits", Shape::List(&Shape::Object(&EDGE))),
    ],
};

pub(super) async fn of_body(mut call: Call) -> Answer {
    let mut body = call.json().await?;
    let mut taken = |key: &str| {
        let id = body.as_object_mut().and_then(|body| body.shift_remove(key));
        id.and_then(|id| id.as_str().map(str::to_owned))
            .filter(|id| !id.is_empty())
    };
    let (from, to) = (taken("FromId"), taken("ToId"));
    let mut number = |key: &str| {
        let number = body.as_object_mut().and_then(|body| body.shift_remove(key));
        number.and_then(|number| number.as_i64())
    };
    let (from_version, to_version) = (number("FromVersion"), number("ToVersion"));
    let from = named(&call, (from.as_deref(), from_version)).await?;
    let to = if names_steps(&body) {
        let mut draft = adopted(body, &from).map_err(|problems| refused(&problems))?;
        draft.version = from.version;
        draft
    } else {
        named(&call, (to.as_deref(), to_version)).await?
    };
    if from_version.or(to_version).is_some() {
        // Versions hold no secrets: those of the other side are no difference.
        return Ok(ok(answer(&from.to_public(), &to.to_public())));
    }
    Ok(ok(answer(&from, &to)))
}

/// A process of the project or runbook the path names.
async fn named(
    call: &Call,
    (id, version): (Option<&str>, Option<i64>),
) -> Result<DeploymentProcess, ApiError> {
    if let (None, Some(version)) = (id, version) {
        let mut shown = version::of(call, &found(call).await?, &version.to_string()).await?;
        shown
            .as_object_mut()
            .map(|shown| shown.shift_remove("Links"));
        return validate::read(shown).map_err(|problems| refused(&problems));
    }
    let Some(id) = id else {
        return parse(&found(call).await?);
    };
    let saved = found(call).await?;
    let own = call.read().await?.document(&saved.kind, id).await?;
    let own = own.filter(|document| document.owner_id == saved.owner_id);
    parse(&own.ok_or_else(|| ApiError::not_found(id))?)
}

fn answer(from: &DeploymentProcess, to: &DeploymentProcess) -> Value {
    let step = |id: &str| {
        let mut both = to.steps.iter().chain(&from.steps);
        let found = both.find(|step| step.id == id);
        found.map(|step| (step.slug.as_str(), step.name.as_str()))
    };
    let edges = |edges: &[diff::Edge]| -> Value {
        let one = |edge: &diff::Edge| {
            let ((slug, name), (on, on_name)) = (step(&edge.step)?, step(&edge.on)?);
            Some(
                json!({"StepSlug": slug, "StepName": name, "WaitsForSlug": on, "WaitsForName": on_name}),
            )
        };
        edges.iter().filter_map(one).collect()
    };
    let waits = diff::edges(from, to);
    let missing = |of: &DeploymentProcess, other: &DeploymentProcess| -> Vec<String> {
        let gone = of
            .steps
            .iter()
            .filter(|step| other.steps.iter().all(|o| o.id != step.id));
        gone.map(|step| step.slug.clone()).collect()
    };
    let is_changed = |step: &&regatta_core::process::Step| {
        from.steps
            .iter()
            .any(|old| old.id == step.id && old != *step)
    };
    let changed = to
        .steps
        .iter()
        .filter(is_changed)
        .map(|step| step.slug.clone());
    json!({
        "FromVersion": from.version,
        "ToVersion": to.version,
        "Changes": diff::process(from, to),
        "AddedSteps": missing(to, from),
        "RemovedSteps": missing(from, to),
        "ChangedSteps": changed.collect::<Vec<_>>(),
        "AddedWaits": waits.as_ref().map(|waits| edges(&waits.added)),
        "RemovedWaits": waits.as_ref().map(|waits| edges(&waits.removed)),
    })
}
