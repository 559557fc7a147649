//! Environments, in the order people put them.

use regatta_core::permission::Permission as P;
use regatta_core::tag_set::TagScope;
use regatta_store::{Order, Query, TaskQuery};
use serde_json::{Value, json};

use super::machine::MACHINE;
use super::referrer;
use super::tag_set::carries;
use super::unfinished;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::page::{page, window};
use crate::resource::{self, Change, Hooks, Resource, read, sort};
use crate::shape::{
    BOOL, DESCRIPTION, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG,
    SPACE_ID, Shape, TEXT, TEXTS, field,
};

static EXTENSION: Object = Object {
    name: "ExtensionSettings",
    fields: &[
        field("ExtensionId", TEXT).required(),
        field("Values", Shape::Any),
    ],
};

static OBJECT: Object = Object {
    name: "Environment",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("SortOrder", INT),
        field("UseGuidedFailure", BOOL).or("false"),
        field("AllowDynamicInfrastructure", BOOL).or("false"),
        field("EnvironmentTags", TEXTS).or("[]"),
        field("ExtensionSettings", Shape::List(&Shape::Object(&EXTENSION))).or("[]"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

/// What may name environments, by what messages call it.
const USERS: &[(&str, &str)] = &[
    ("Machines", "deployment target"),
    ("Lifecycles", "lifecycle"),
    ("Tenants", "tenant"),
    (super::tenant_variable::KIND, "variables of tenant"),
    ("Accounts", "account"),
    ("Certificates", "certificate"),
    ("Runbooks", "runbook"),
    ("DeploymentProcesses", "process of project"),
    ("RunbookProcesses", "process of runbook"),
    ("VariableSets", "variables of"),
    ("ScopedUserRoles", "role of team"),
];

/// As newer clients list them. Here all are static: nothing makes parents or short-lived ones.
static OBJECT_V2: Object = Object {
    name: "EnvironmentV2",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("Type", Shape::Word(&["Static", "Parent", "Ephemeral"])).required(),
        field("SortOrder", INT),
        field("UseGuidedFailure", BOOL),
        field("AllowDynamicInfrastructure", BOOL),
        field("EnvironmentTags", TEXTS),
        LINKS_FIELD,
    ],
};

pub static ENVIRONMENT: Resource = Resource {
    kind: "Environments",
    item_type: "DeploymentEnvironment",
    place: Place::Space,
    names: names!("environment", "/environments"),
    object: &OBJECT,
    view: P::EnvironmentView,
    create: Some(P::EnvironmentCreate),
    edit: Some(P::EnvironmentEdit),
    delete: Some(P::EnvironmentDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Sorted,
    hooks: Hooks {
        prepare: |change| Box::pin(at_the_end(change)),
        deleting: |change| Box::pin(is_unused(change)),
        sort_order: |body| body.get("SortOrder").and_then(Value::as_i64).unwrap_or(0),
        view: |view| {
            view.link("Machines", &format!("/environments/{}/machines{{?skip,take,partialName,roles,isDisabled,healthStatuses,commStyles}}", view.id));
            view.link(
                "SinglyScopedVariableDetails",
                &format!("/environments/{}/singlyScopedVariableDetails", view.id),
            );
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&ENVIRONMENT);
    all.push(sort::operation(
        &ENVIRONMENT,
        ("environmentSort", "/environments/sortorder"),
        P::EnvironmentEdit,
    ));
    all.push(
        get(
            "environmentListV2",
            Place::Space,
            "/environments/v2",
            needs(P::EnvironmentView, From::Items),
            list_by_type,
        )
        .answers_page(&OBJECT_V2)
        .query(&["skip", "take", "ids", "partialName", "name", "type"]),
    );
    all.push(
        get(
            "environmentMachines",
            Place::Space,
            "/environments/{id}/machines",
            needs(P::EnvironmentView, From::Document("Environments", "id")),
            machines,
        )
        .answers_page(MACHINE.object)
        .query(&["skip", "take", "partialName"])
        .summary("The targets in an environment, as far as the caller may see targets."),
    );
    all.push(
        get(
            "environmentSummary",
            Place::Space,
            "/environments/summary",
            needs(P::EnvironmentView, From::Items),
            summary,
        )
        .query(&["ids", "partialName"]),
    );
    all
}

/// A new environment comes last, unless the client says where.
async fn at_the_end(change: &mut Change<'_>) -> Result<(), ApiError> {
    carries(change, "EnvironmentTags", TagScope::Environment).await?;
    if !change.body.get("SortOrder").is_none_or(Value::is_null) {
        return Ok(());
    }
    let kept = change
        .before
        .as_ref()
        .and_then(|before| before.get("SortOrder"))
        .and_then(Value::as_i64);
    let order = match kept {
        Some(order) => order,
        None => {
            let all = Query {
                kind: ENVIRONMENT.kind.to_owned(),
                space_id: Some(change.space_id.clone()),
                order: Order::Sorted,
                ..Query::default()
            };
            change
                .tx
                .documents(&all)
                .await?
                .items
                .last()
                .map_or(0, |last| last.sort_order + 1)
        }
    };
    change.set("SortOrder", order);
    Ok(())
}

async fn is_unused(change: &mut Change<'_>) -> Result<(), ApiError> {
    let open = TaskQuery {
        space_id: Some(change.space_id.clone()),
        environment_id: Some(change.id.clone()),
        ..TaskQuery::default()
    };
    let mut problems = unfinished::told(change.tx, open).await?;
    let users = referrer::users_of(change, &change.id.clone(), USERS).await?;
    problems.extend(
        users
            .iter()
            .map(|user| format!("The {user} uses this environment. Remove it there first.")),
    );
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

async fn list_by_type(call: Call) -> Answer {
    let types = call.query.list("type")?;
    let wants_static =
        |types: &Vec<String>| types.iter().any(|kind| kind.eq_ignore_ascii_case("Static"));
    if !types.as_ref().is_none_or(wants_static) {
        let path = call.uri_path.trim_end_matches('/');
        return Ok(ok(page(
            ENVIRONMENT.item_type,
            Vec::new(),
            0,
            path,
            &call.query,
        )));
    }
    read::list_with(&ENVIRONMENT, call, |environment| {
        environment["Type"] = json!("Static");
    })
    .await
}

async fn machines(call: Call) -> Answer {
    call.query.window()?;
    let mut conn = call.read().await?;
    let within = Query {
        kind: MACHINE.kind.to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        partial_name: call.query.get("partialName").map(str::to_owned),
        tags: vec![vec![format!("environment:{}", call.document().id)]],
        order: MACHINE.order,
        ..Query::default()
    };
    let found = conn.documents(&within).await?.items;
    let seen = read::visible(&call, &mut conn, P::MachineView, found).await?;
    let total = seen.len() as u64;
    let shown = window(seen, &call.query);
    let items = shown.iter().map(|machine| read::view(&MACHINE, machine));
    let path = call.uri_path.trim_end_matches('/');
    Ok(ok(page(
        MACHINE.item_type,
        items.collect(),
        total,
        path,
        &call.query,
    )))
}

/// How many targets each environment has.
async fn summary(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let all = Query {
        kind: ENVIRONMENT.kind.to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("ids")?,
        partial_name: call.query.get("partialName").map(str::to_owned),
        order: Order::Sorted,
        ..Query::default()
    };
    let found = conn.documents(&all).await?.items;
    let seen = read::visible(&call, &mut conn, P::EnvironmentView, found).await?;
    let mut summaries = Vec::new();
    let mut total = 0;
    for document in seen {
        let targets = Query {
            kind: "Machines".to_owned(),
            space_id: Some(Some(call.space_id().to_owned())),
            tags: vec![vec![format!("environment:{}", document.id)]],
            ..Query::default()
        };
        let count = conn.document_count(&targets).await?;
        total += count;
        summaries.push(
            json!({ "Environment": read::view(&ENVIRONMENT, &document), "TotalMachines": count }),
        );
    }
    Ok(ok(
        json!({ "TotalMachines": total, "EnvironmentSummaries": summaries }),
    ))
}
