//! Lifecycles: the phases a release goes through.

use regatta_core::environment::Environment;
use regatta_core::lifecycle::{Lifecycle, Reached};
use regatta_core::permission::Permission as P;
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::project::PROJECT;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::resource::{self, Body, Change, Hooks, Resource, read, texts};
use crate::shape::{
    BOOL, DESCRIPTION, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG,
    SPACE_ID, Shape, TEXT, TEXTS, field,
};
use crate::stored;

static RETENTION: Object = Object {
    name: "RetentionPolicy",
    fields: &[
        field("Unit", Shape::Word(&["Days", "Items"])).or("\"Items\""),
        field("QuantityToKeep", INT).or("0"),
        field("ShouldKeepForever", BOOL),
        field("Strategy", Shape::Word(&["Default", "Forever", "Count"])),
    ],
};

static PHASE: Object = Object {
    name: "Phase",
    fields: &[
        field("Id", TEXT),
        NAME,
        field("AutomaticDeploymentTargets", TEXTS).or("[]"),
        field("OptionalDeploymentTargets", TEXTS).or("[]"),
        field("MinimumEnvironmentsBeforePromotion", INT).or("0"),
        field("IsOptionalPhase", BOOL).or("false"),
        field("IsPriorityPhase", BOOL).or("false"),
        field("ReleaseRetentionPolicy", Shape::Object(&RETENTION)),
        field("TentacleRetentionPolicy", Shape::Object(&RETENTION)),
    ],
};

const FOREVER: &str =
    r#"{"Unit":"Items","QuantityToKeep":0,"ShouldKeepForever":true,"Strategy":"Forever"}"#;

static OBJECT: Object = Object {
    name: "Lifecycle",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("Phases", Shape::List(&Shape::Object(&PHASE))).or("[]"),
        field("ReleaseRetentionPolicy", Shape::Object(&RETENTION)).or(FOREVER),
        field("TentacleRetentionPolicy", Shape::Object(&RETENTION)).or(FOREVER),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static LIFECYCLE: Resource = Resource {
    kind: "Lifecycles",
    item_type: "Lifecycle",
    place: Place::Space,
    names: names!("lifecycle", "/lifecycles"),
    object: &OBJECT,
    view: P::LifecycleView,
    create: Some(P::LifecycleCreate),
    edit: Some(P::LifecycleEdit),
    delete: Some(P::LifecycleDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Oldest,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |change| Box::pin(is_unused(change)),
        view: |view| {
            view.link("Projects", &format!("/lifecycles/{}/projects", view.id));
            view.link("Preview", &format!("/lifecycles/{}/preview", view.id));
        },
        tags: |body| {
            environments(body)
                .into_iter()
                .map(|id| format!("environment:{id}"))
                .collect()
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::LifecycleView, From::Document("Lifecycles", "id"));
    let mut all = resource::operations(&LIFECYCLE);
    all.push(get(
        "lifecycleProjects",
        Place::Space,
        "/lifecycles/{id}/projects",
        view,
        projects,
    ));
    all.push(
        get(
            "lifecyclePreview",
            Place::Space,
            "/lifecycles/{id}/preview",
            view,
            preview,
        )
        .answers(&OBJECT)
        .summary("The lifecycle with the phases it has today: those that only follow from the environments there are, too."),
    );
    all
}

fn phases(body: &Body) -> impl Iterator<Item = &Body> {
    body.get("Phases")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

fn environments(body: &Body) -> Vec<String> {
    let of = |phase: &Body| {
        [
            texts(phase, "AutomaticDeploymentTargets"),
            texts(phase, "OptionalDeploymentTargets"),
        ]
        .concat()
    };
    phases(body).flat_map(of).collect()
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    for id in environments(&change.body) {
        let found = change.tx.document("Environments", &id).await?;
        if found.is_none_or(|found| found.space_id != change.space_id) {
            problems.push(format!(
                "Phases: the environment '{id}' does not exist in this space."
            ));
        }
    }
    let mut names = std::collections::HashSet::new();
    for (i, phase) in phases(&change.body).enumerate() {
        let name = phase
            .get("Name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !names.insert(name.trim().to_lowercase()) {
            problems.push(format!(
                "Phases[{i}].Name: another phase is called '{name}' already."
            ));
        }
        if phase
            .get("MinimumEnvironmentsBeforePromotion")
            .and_then(Value::as_i64)
            .unwrap_or(0)
            < 0
        {
            problems.push(format!(
                "Phases[{i}].MinimumEnvironmentsBeforePromotion: must be 0 or more."
            ));
        }
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    if let Some(Value::Array(phases)) = change.body.get_mut("Phases") {
        for phase in phases {
            if phase["Id"].as_str().is_none_or(str::is_empty) {
                phase["Id"] = json!(uuid::Uuid::new_v4().to_string());
            }
        }
    }
    change.is_a::<Lifecycle>()
}

async fn is_unused(change: &mut Change<'_>) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    for (kind, what) in [("Projects", "project"), ("Channels", "channel")] {
        let using = Query {
            kind: kind.to_owned(),
            tags: vec![vec![format!("lifecycle:{}", change.id)]],
            ..Query::default()
        };
        for document in change.tx.documents(&using).await?.items {
            problems.push(format!(
                "The {what} '{}' uses this lifecycle. Give it another one first.",
                document.name
            ));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// Phases that are written keep what is written, but for the environments they stand for.
async fn preview(call: Call) -> Answer {
    let lifecycle: Lifecycle = stored::parse(call.document())?;
    let mut conn = call.read().await?;
    let environments: Vec<Environment> =
        stored::all(&mut conn, "Environments", lifecycle.space_id.as_str()).await?;
    let mut shown = read::view(&LIFECYCLE, call.document());
    let written = shown["Phases"].take();
    let written = written.as_array().map_or(&[][..], Vec::as_slice);
    let today = lifecycle.progression(&environments, &Reached::default());
    let phases = today.into_iter().map(|phase| {
        let own = written.iter().find(|own| own["Id"] == phase.id.as_str());
        let mut body = own.cloned().unwrap_or_else(|| {
            json!({
                "Id": phase.id, "Name": phase.name, "MinimumEnvironmentsBeforePromotion": 0,
                "IsOptionalPhase": phase.is_optional, "IsPriorityPhase": false,
                "ReleaseRetentionPolicy": null, "TentacleRetentionPolicy": null,
            })
        });
        body["AutomaticDeploymentTargets"] = json!(phase.automatic);
        body["OptionalDeploymentTargets"] = json!(phase.by_hand);
        body
    });
    shown["Phases"] = phases.collect();
    Ok(ok(shown))
}

/// A bare array, unlike other lists (octopus-api §1.2).
async fn projects(call: Call) -> Answer {
    let query = Query {
        kind: PROJECT.kind.to_owned(),
        tags: vec![vec![format!("lifecycle:{}", call.document().id)]],
        ..Query::default()
    };
    let mut conn = call.read().await?;
    let found = conn.documents(&query).await?.items;
    let seen = read::visible(&call, &mut conn, P::ProjectView, found).await?;
    Ok(ok(seen
        .iter()
        .map(|document| read::view(&PROJECT, document))
        .collect()))
}
