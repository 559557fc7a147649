//! Deployments: requests to bring a release to an environment. What becomes of one is its task.

pub(crate) mod allowed;
mod create;
pub(super) mod idempotency;
mod progress;
pub(crate) mod queue;
pub(super) mod read;
pub(crate) mod request;
pub(super) mod tenanted;

use regatta_core::permission::Permission;

use crate::operation::{From, Operation, Place, delete, get, needs, post};
use crate::shape::{
    BOOL, Field, ID, LINKS_FIELD, Object, SPACE_ID, Shape, TEXT, TEXTS, TIME, field,
};

pub(crate) use progress::{reached, reached_by, task_of};
pub(crate) use queue::check_again;
pub(super) use queue::concurrency_tag;
pub(crate) use read::view;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "Deployments";

const FORM_VALUES: Field = field("FormValues", Shape::Map(&Shape::Any))
    .about("Values of prompted variables, by variable id.");

/// A deployment as answered, and as sent to the older endpoint.
pub(crate) static DEPLOYMENT: Object = Object {
    name: "Deployment",
    fields: &[
        ID,
        SPACE_ID,
        field("ReleaseId", TEXT).required(),
        field("EnvironmentId", TEXT).required(),
        field("TenantId", TEXT),
        field("Comments", TEXT).max(10_000),
        field("SkipActions", TEXTS).about("Ids of actions or steps to leave out."),
        field("SpecificMachineIds", TEXTS),
        field("ExcludedMachineIds", TEXTS),
        field("ForcePackageDownload", BOOL),
        field("ForcePackageRedeployment", BOOL),
        field("UseGuidedFailure", BOOL),
        FORM_VALUES,
        field("QueueTime", TIME),
        field("QueueTimeExpiry", TIME),
        field("Priority", TEXT),
        field("Name", TEXT).read_only(),
        field("TaskId", TEXT).read_only(),
        field("ProjectId", TEXT).read_only(),
        field("ChannelId", TEXT).read_only(),
        field("DeploymentProcessId", TEXT).read_only(),
        field("Created", TIME).read_only(),
        LINKS_FIELD,
    ],
};

/// The body of the executions API without tenants.
static UNTENANTED_V1: Object = Object {
    name: "CreateDeploymentUntenantedCommandV1",
    fields: &[
        field("SpaceId", TEXT),
        field("SpaceIdOrName", TEXT),
        field("ProjectName", TEXT)
            .required()
            .about("Name, id or slug."),
        field("ReleaseVersion", TEXT).required(),
        field("EnvironmentNames", TEXTS)
            .required()
            .about("Names, ids or slugs."),
        field("ForcePackageDownload", BOOL),
        field("ForcePackageRedeployment", BOOL),
        field("UpdateVariableSnapshot", BOOL),
        field("SpecificMachineNames", TEXTS),
        field("ExcludedMachineNames", TEXTS),
        field("SkipStepNames", TEXTS),
        field("UseGuidedFailure", BOOL),
        field("RunAt", TEXT),
        field("NoRunAfter", TEXT),
        field("Variables", Shape::Map(&Shape::Text))
            .about("Values of prompted variables, by name."),
        field("Comments", TEXT).max(10_000),
        field("Priority", TEXT),
    ],
};

/// The body of the executions API with tenants.
static TENANTED_V1: Object = Object {
    name: "CreateDeploymentTenantedCommandV1",
    fields: &[
        field("SpaceId", TEXT),
        field("SpaceIdOrName", TEXT),
        field("ProjectName", TEXT)
            .required()
            .about("Name, id or slug."),
        field("ReleaseVersion", TEXT).required(),
        field("EnvironmentName", TEXT)
            .required()
            .about("Name, id or slug."),
        field("Tenants", TEXTS).about("Names, ids or slugs."),
        field("TenantTags", TEXTS)
            .about("Every connected tenant they mean; tags of one set are alternatives."),
        field("ForcePackageDownload", BOOL),
        field("ForcePackageRedeployment", BOOL),
        field("UpdateVariableSnapshot", BOOL),
        field("SpecificMachineNames", TEXTS),
        field("ExcludedMachineNames", TEXTS),
        field("SkipStepNames", TEXTS),
        field("UseGuidedFailure", BOOL),
        field("RunAt", TEXT),
        field("NoRunAfter", TEXT),
        field("Variables", Shape::Map(&Shape::Text))
            .about("Values of prompted variables, by name."),
        field("Comments", TEXT).max(10_000),
        field("Priority", TEXT),
    ],
};

static CREATED_V1: Object = Object {
    name: "CreateDeploymentResponseV1",
    fields: &[field("DeploymentServerTasks", Shape::List(&Shape::Any))],
};

/// The operations on deployments.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let view = needs(Permission::DeploymentView, From::Document(KIND, "id"));
    let list = needs(Permission::DeploymentView, From::Items);
    let create = needs(Permission::DeploymentCreate, From::Items);
    let remove = needs(Permission::DeploymentDelete, From::Document(KIND, "id"));
    let space = Place::Space;
    vec![
        post(
            "deploymentCreateUntenantedV1",
            space,
            "/deployments/create/untenanted/v1",
            create,
            create::untenanted_v1,
        )
        .body(&UNTENANTED_V1)
        .answers(&CREATED_V1)
        .summary("Deploys a release to one or more environments."),
        post(
            "deploymentCreateTenantedV1",
            space,
            "/deployments/create/tenanted/v1",
            create,
            create::tenanted_v1,
        )
        .body(&TENANTED_V1)
        .answers(&CREATED_V1)
        .summary("Deploys a release to an environment for one or more tenants."),
        post(
            "deploymentCreate",
            space,
            "/deployments",
            create,
            create::create,
        )
        .body(&DEPLOYMENT)
        .answers(&DEPLOYMENT),
        get("deploymentList", space, "/deployments", list, |call| {
            read::list(&read::DEPLOYMENTS, call)
        })
        .answers_page(&DEPLOYMENT)
        .query(&[
            "skip",
            "take",
            "ids",
            "projects",
            "environments",
            "tenants",
            "channels",
            "releases",
            "taskState",
        ]),
        get("deploymentGet", space, "/deployments/{id}", view, read::get).answers(&DEPLOYMENT),
        delete(
            "deploymentDelete",
            space,
            "/deployments/{id}",
            remove,
            |call| read::delete(&read::DEPLOYMENTS, call),
        ),
        get(
            "releaseDeploymentList",
            space,
            "/releases/{id}/deployments",
            needs(Permission::DeploymentView, From::Items),
            read::of_release,
        )
        .answers_page(&DEPLOYMENT)
        .query(&["skip", "take"]),
    ]
}
