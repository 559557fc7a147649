//! What is different between two processes: the saved one, frozen copies of releases, or a draft; in sentences, and
//! as the steps and dependencies that a picture shows as come and gone.

use regatta_core::diff;
use regatta_core::process::DeploymentProcess;
use serde_json::{Value, json};

use super::lint::names_steps;
use super::{KIND, STEPS, adopted, found, parse, refused};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::shape::{INT, Object, Shape, TEXT, TEXTS, field};

pub(super) static REQUEST: Object = Object {
    name: "ProcessDiffRequest",
    fields: &[
        field("FromId", TEXT).about(
            "Id of a process of the project, e.g. the frozen copy of a release; the saved one when left out.",
        ),
        field("ToId", TEXT).about("The same; not read when Steps are given."),
        STEPS,
    ],
};
static CHANGE: Object = Object {
    name: "ProcessChange",
    fields: &[
        field("Text", TEXT).about("The sentence, without a full stop."),
        field("Subject", TEXT).about("Name of the step, empty for the process itself."),
        field("Field", TEXT),
    ],
};
static EDGE: Object = Object {
    name: "ProcessEdge",
    fields: &[field("StepSlug", TEXT), field("WaitsForSlug", TEXT)],
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
    let from = named(&call, from.as_deref()).await?;
    let to = if names_steps(&body) {
        let mut draft = adopted(body, &from).map_err(|problems| refused(&problems))?;
        draft.version = from.version;
        draft
    } else {
        named(&call, to.as_deref()).await?
    };
    Ok(ok(answer(&from, &to)))
}

/// A process of the project the path names.
async fn named(call: &Call, id: Option<&str>) -> Result<DeploymentProcess, ApiError> {
    let Some(id) = id else {
        return parse(&found(call).await?);
    };
    let own = call.read().await?.document(KIND, id).await?;
    let project = Some(call.document().id.as_str());
    let own = own.filter(|document| document.owner_id.as_deref() == project);
    parse(&own.ok_or_else(|| ApiError::not_found(id))?)
}

fn answer(from: &DeploymentProcess, to: &DeploymentProcess) -> Value {
    let slug = |id: &str| {
        let mut both = to.steps.iter().chain(&from.steps);
        both.find(|step| step.id == id)
            .map(|step| step.slug.clone())
    };
    let edges = |edges: &[diff::Edge]| -> Value {
        let one = |edge: &diff::Edge| json!({"StepSlug": slug(&edge.step), "WaitsForSlug": slug(&edge.on)});
        edges.iter().map(one).collect()
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
