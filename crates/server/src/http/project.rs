//! Projects, and what each brings along: a channel, a process, variables and deployment settings.

use regatta_core::permission::Permission as P;
use regatta_core::project::Project;
use regatta_core::tag_set::TagScope;
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use super::library_variable_set::{TEMPLATES, name_templates};
use super::tag_set::carries;
use super::{channel, deployment_process, deployment_settings, runbook, variable};
use crate::call::{Call, created as created_answer, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::page::{page, window};
use crate::remains;
use crate::resource::cloning::{self, Cloning};
use crate::resource::{self, Change, Hooks, Resource, View, read, texts, write};
use crate::shape::{
    BOOL, DESCRIPTION, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG, SPACE_ID,
    Shape, TEXT, TEXTS, field,
};

mod copy;
mod forget;

pub(super) const TENANTED: Shape = Shape::Word(&["Untenanted", "TenantedOrUntenanted", "Tenanted"]);
pub(super) const GUIDED: Shape = Shape::Word(&["EnvironmentDefault", "Off", "On"]);
const VERSIONING: &str = r##"{"Template":"#{Octopus.Version.LastMajor}.#{Octopus.Version.LastMinor}.#{Octopus.Version.NextPatch}"}"##;
pub(super) const CONNECTIVITY_DEFAULT: &str = r#"{"SkipMachineBehavior":"None","TargetRoles":[],"AllowDeploymentsToNoTargets":false,"ExcludeUnhealthyTargets":false}"#;

pub(super) static CONNECTIVITY: Object = Object {
    name: "ConnectivityPolicy",
    fields: &[
        field(
            "SkipMachineBehavior",
            Shape::Word(&["None", "SkipUnavailableMachines"]),
        )
        .or("\"None\""),
        field("TargetRoles", TEXTS).or("[]"),
        field("AllowDeploymentsToNoTargets", BOOL).or("false"),
        field("ExcludeUnhealthyTargets", BOOL).or("false"),
    ],
};
pub(super) static STRATEGY: Object = Object {
    name: "VersioningStrategy",
    fields: &[
        field("Template", TEXT),
        field("DonorPackage", Shape::Any),
        field("DonorPackageStepId", TEXT),
    ],
};
static PERSISTENCE: Object = Object {
    name: "PersistenceSettings",
    fields: &[field("Type", Shape::Word(&["Database", "VersionControlled"])).or("\"Database\"")],
};

static OBJECT: Object = Object {
    name: "Project",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("ProjectGroupId", TEXT).required(),
        field("LifecycleId", TEXT).required(),
        field("VariableSetId", TEXT).read_only(),
        field("DeploymentProcessId", TEXT).read_only(),
        field("ClonedFromProjectId", TEXT).read_only(),
        field("IncludedLibraryVariableSetIds", TEXTS).or("[]"),
        TEMPLATES.or("[]"),
        field("TenantedDeploymentMode", TENANTED).or("\"Untenanted\""),
        field("DefaultGuidedFailureMode", GUIDED).or("\"EnvironmentDefault\""),
        field("DefaultToSkipIfAlreadyInstalled", BOOL).or("false"),
        field("ProjectConnectivityPolicy", Shape::Object(&CONNECTIVITY)).or(CONNECTIVITY_DEFAULT),
        field("VersioningStrategy", Shape::Object(&STRATEGY)).or(VERSIONING),
        field("ReleaseCreationStrategy", Shape::Any).or("null"),
        field("AutoCreateRelease", BOOL).or("false"),
        field("AutoDeployReleaseOverrides", Shape::List(&Shape::Any)).or("[]"),
        field("ReleaseNotesTemplate", TEXT).or("null"),
        field("DeploymentChangesTemplate", TEXT).or("null"),
        field("DiscreteChannelRelease", BOOL).or("false"),
        field("IsDisabled", BOOL).or("false"),
        field("IsVersionControlled", BOOL).or("false"),
        field("PersistenceSettings", Shape::Object(&PERSISTENCE)).or("{\"Type\":\"Database\"}"),
        field("AllowIgnoreChannelRules", BOOL).or("true"),
        field("ExtensionSettings", Shape::List(&Shape::Any)).or("[]"),
        field("ProjectTags", TEXTS).or("[]"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

static CLONED: Object = Object {
    name: "ProjectClone",
    fields: &[
        NAME,
        DESCRIPTION,
        field("ProjectGroupId", TEXT),
        field("LifecycleId", TEXT),
    ],
};

static CLONING: Cloning = Cloning {
    resource: &PROJECT,
    asked: &CLONED,
    sees: &[P::ProjectView, P::ProcessView, P::VariableView],
    drops: &["Slug", "ProjectTags"],
    source_key: "ClonedFromProjectId",
};

pub static PROJECT: Resource = Resource {
    kind: "Projects",
    item_type: "Project",
    place: Place::Space,
    names: names!("project", "/projects"),
    object: &OBJECT,
    view: P::ProjectView,
    // It has a handler of its own, because the same request can also clone.
    create: None,
    edit: Some(P::ProjectEdit),
    delete: Some(P::ProjectDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        created: |change| Box::pin(created(change)),
        replaced: |change| Box::pin(deployment_settings::follow(change)),
        deleting: |change| Box::pin(forget::deleting(change)),
        deleted: |app| Box::pin(async { Ok(remains::tasks::remove(app).await?) }),
        view,
        filters: &[("clonedFromProjectId", "cloned")],
        tags: |body| {
            let tag = |field: &str, key: &str| {
                body.get(key)
                    .and_then(Value::as_str)
                    .map(|id| format!("{field}:{id}"))
            };
            let tags = [
                tag("group", "ProjectGroupId"),
                tag("lifecycle", "LifecycleId"),
                tag("cloned", "ClonedFromProjectId"),
            ];
            let libraries = texts(body, "IncludedLibraryVariableSetIds");
            let libraries = libraries.iter().map(|id| format!("library:{id}"));
            tags.into_iter().flatten().chain(libraries).collect()
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::ProjectView, From::Project("id"));
    let mut all = resource::operations(&PROJECT);
    all.extend([
        post(
            "projectCreate",
            Place::Space,
            "/projects",
            needs(P::ProjectCreate, From::Items),
            create,
        )
        .body(&OBJECT)
        .answers(&OBJECT)
        .query(&["clone"])
        .summary("Creates a project; with ?clone={id} from another one."),
        get(
            "projectSummary",
            Place::Space,
            "/projects/{id}/summary",
            view,
            summary,
        ),
        get(
            "projectGroupProjects",
            Place::Space,
            "/projectgroups/{id}/projects",
            needs(P::ProjectGroupView, From::Document("ProjectGroups", "id")),
            of_group,
        )
        .answers_page(&OBJECT)
        .query(&["skip", "take"]),
    ]);
    all
}

fn view(view: &mut View<'_>) {
    let id = view.id;
    view.body.insert(
        "VariableSetId".to_owned(),
        json!(format!("variableset-{id}")),
    );
    view.body.insert(
        "DeploymentProcessId".to_owned(),
        json!(format!("deploymentprocess-{id}")),
    );
    view.body
        .entry("ClonedFromProjectId")
        .or_insert(Value::Null);
    for (name, path) in [
        ("Channels", "/channels{/id}{?skip,take,partialName}"),
        (
            "Releases",
            "/releases{/version}{?skip,take,searchByVersion}",
        ),
        ("DeploymentProcess", "/deploymentprocesses"),
        ("DeploymentSettings", "/deploymentsettings"),
        ("Progression", "/progression{?aggregate}"),
        ("Summary", "/summary"),
        ("ConvertToVcs", "/git/convert"),
        ("Triggers", "/triggers{?skip,take}"),
        ("Runbooks", "/runbooks{/id}{?skip,take,partialName}"),
    ] {
        view.link(name, &format!("/projects/{id}{path}"));
    }
    view.link("Variables", &format!("/variables/variableset-{id}"));
    let space = view.document.space_id.clone().unwrap_or_default();
    view.links.insert(
        "Web".to_owned(),
        json!(format!("/app#/{space}/projects/{id}")),
    );
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    change.refers("ProjectGroupId", "ProjectGroups").await?;
    change.refers("LifecycleId", "Lifecycles").await?;
    change
        .refers("IncludedLibraryVariableSetIds", "LibraryVariableSets")
        .await?;
    let in_git = change
        .body
        .get("PersistenceSettings")
        .is_some_and(|settings| settings["Type"] == "VersionControlled");
    if in_git || change.body.get("IsVersionControlled") == Some(&Value::Bool(true)) {
        return Err(ApiError::invalid_one(
            "PersistenceSettings: projects in git are not supported; use Type 'Database'.",
        ));
    }
    if change
        .body
        .get("PersistenceSettings")
        .is_none_or(Value::is_null)
    {
        change.set("PersistenceSettings", json!({ "Type": "Database" }));
    }
    carries(change, "ProjectTags", TagScope::Project).await?;
    name_templates(&mut change.body)?;
    change.is_a::<Project>()
}

async fn created(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change
        .body
        .get("ClonedFromProjectId")
        .is_some_and(Value::is_string)
    {
        return copy::parts(change).await;
    }
    channel::create_default(change).await?;
    deployment_process::create_empty(change).await?;
    variable::create_empty(change).await?;
    deployment_settings::follow(change).await
}

async fn create(mut call: Call) -> Answer {
    let Some(source) = call.query.get("clone").map(str::to_owned) else {
        return write::create(&PROJECT, call).await;
    };
    let (cloned, tx) = cloning::create_open(&CLONING, &mut call, &source).await?;
    tx.commit().await?;
    Ok(created_answer(read::view(&PROJECT, &cloned.document)))
}

async fn summary(call: Call) -> Answer {
    let id = &call.document().id;
    let process = call
        .read()
        .await?
        .document(deployment_process::KIND, &format!("deploymentprocess-{id}"))
        .await?;
    let has_steps = process.is_some_and(|process| {
        read::body(&process)
            .get("Steps")
            .and_then(Value::as_array)
            .is_some_and(|steps| !steps.is_empty())
    });
    let runbooks = Query {
        kind: runbook::KIND.to_owned(),
        owner_id: Some(id.clone()),
        ..Query::default()
    };
    let has_runbooks = call.read().await?.document_count(&runbooks).await? > 0;
    Ok(ok(
        json!({ "HasDeploymentProcess": has_steps, "HasRunbooks": has_runbooks, "Links": {} }),
    ))
}

async fn of_group(call: Call) -> Answer {
    let group = &call.document().id;
    let query = Query {
        kind: PROJECT.kind.to_owned(),
        tags: vec![vec![format!("group:{group}")]],
        ..Query::default()
    };
    let mut conn = call.read().await?;
    let found = conn.documents(&query).await?.items;
    let seen = read::visible(&call, &mut conn, P::ProjectView, found).await?;
    let total = seen.len() as u64;
    let items = window(seen, &call.query)
        .iter()
        .map(|document| read::view(&PROJECT, document))
        .collect();
    Ok(ok(page(
        PROJECT.item_type,
        items,
        total,
        &call.uri_path,
        &call.query,
    )))
}
