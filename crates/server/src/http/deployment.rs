//! Deployments: requests to bring a release to an environment. What becomes of one is its task.

pub(crate) mod allowed;
mod create;
pub(crate) mod hold;
pub(super) mod idempotency;
pub(super) mod keys;
mod progress;
pub(crate) mod queue;
pub(super) mod read;
pub(crate) mod request;
pub(super) mod tenanted;

use regatta_core::permission::Permission;

use crate::operation::{From, Operation, Place, delete, get, needs, post};
use crate::shape::{BOOL, Field, ID, Object, SPACE_ID, Shape, TEXT, TEXTS, field, joined};
use keys::{DEPLOYMENT_HOW_V1, HOW, MADE, PROJECT_V1, TENANTS_V1, WHERE};

pub(crate) use progress::{reached, reached_by, task_of};
pub(crate) use queue::check_again;
pub(super) use queue::concurrency_tag;
pub(crate) use read::view;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "Deployments";

const HEAD: [Field; 10] = joined([ID, SPACE_ID, field("ReleaseId", TEXT).required()], WHERE);
const OF_RELEASE: [Field; 4] = joined(
    [
        field("ChannelId", TEXT).read_only(),
        field("DeploymentProcessId", TEXT).read_only(),
    ],
    MADE,
);
const TAIL: [Field; 12] = joined(HOW, OF_RELEASE);
const REDEPLOYED: [Field; 13] = joined([field("ForcePackageRedeployment", BOOL)], TAIL);
static FIELDS: [Field; 23] = joined(HEAD, REDEPLOYED);
/// A deployment as answered, and as sent to the older endpoint.
pub(crate) static DEPLOYMENT: Object = Object {
    name: "Deployment",
    fields: &FIELDS,
};

const UNTENANTED_HEAD: [Field; 5] = joined(
    PROJECT_V1,
    [
        field("ReleaseVersion", TEXT).required(),
        field("EnvironmentNames", TEXTS)
            .required()
            .about("Names, ids or slugs."),
    ],
);
static UNTENANTED_FIELDS: [Field; 17] = joined(UNTENANTED_HEAD, DEPLOYMENT_HOW_V1);
/// The body of the executions API without tenants.
static UNTENANTED_V1: Object = Object {
    name: "CreateDeploymentUntenantedCommandV1",
    fields: &UNTENANTED_FIELDS,
};

const ONE_ENVIRONMENT: [Field; 5] = joined(
    PROJECT_V1,
    [
        field("ReleaseVersion", TEXT).required(),
        field("EnvironmentName", TEXT)
            .required()
            .about("Name, id or slug."),
    ],
);
const TENANTED_HEAD: [Field; 7] = joined(ONE_ENVIRONMENT, TENANTS_V1);
static TENANTED_FIELDS: [Field; 19] = joined(TENANTED_HEAD, DEPLOYMENT_HOW_V1);
/// The body of the executions API with tenants.
static TENANTED_V1: Object = Object {
    name: "CreateDeploymentTenantedCommandV1",
    fields: &TENANTED_FIELDS,
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
            "partialName",
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
        .query(&["skip", "take", "ids", "partialName"]),
    ]
}
