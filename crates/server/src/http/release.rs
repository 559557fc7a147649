//! Releases: a version of a project with its process and variables frozen.

pub(super) mod choose;
mod create;
pub(crate) mod defect;
pub(super) mod freeze;
pub(super) mod preview;
pub(crate) mod progression;
mod read;
mod refresh;
mod remove;
pub(super) mod version;
pub(super) mod write;

use regatta_core::permission::Permission;

use crate::operation::{From, Operation, Place, delete, get, needs, post, put};
use crate::shape::{
    BOOL, DESCRIPTION, Field, ID, LINKS_FIELD, Object, SPACE_ID, Shape, TEXT, TEXTS, TIME, field,
};

pub(super) use create::channel;
pub(crate) use create::{by_name, project};
pub(crate) use read::{find_version, view};
pub(super) use remove::forget;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "Releases";

const VERSION: Field = field("Version", TEXT)
    .max(349)
    .about("Unique in the project; the next one by the project's template when left out.");
const NOTES: Field = field("ReleaseNotes", TEXT).max(100_000);
const PACKAGES: Field = field("SelectedPackages", Shape::List(&Shape::Any));
const GIT_RESOURCES: Field = field("SelectedGitResources", Shape::List(&Shape::Any));
const CUSTOM_FIELDS: Field = field("CustomFields", Shape::Map(&Shape::Text));

/// A release as answered, and as sent to the older endpoint.
pub(crate) static RELEASE: Object = Object {
    name: "Release",
    fields: &[
        ID,
        SPACE_ID,
        VERSION,
        field("ProjectId", TEXT).required(),
        field("ChannelId", TEXT),
        NOTES,
        PACKAGES,
        GIT_RESOURCES,
        CUSTOM_FIELDS,
        field("IgnoreChannelRules", BOOL).or("false"),
        field("Assembled", TIME).read_only(),
        field("ProjectDeploymentProcessSnapshotId", TEXT).read_only(),
        field("ProjectVariableSetSnapshotId", TEXT).read_only(),
        field("LibraryVariableSetSnapshotIds", TEXTS).read_only(),
        LINKS_FIELD,
    ],
};

/// What may be changed afterwards.
static EDIT: Object = Object {
    name: "ReleaseEdit",
    fields: &[VERSION, NOTES, CUSTOM_FIELDS],
};

/// The body of the executions API.
static CREATE_V1: Object = Object {
    name: "CreateReleaseCommandV1",
    fields: &[
        field("SpaceId", TEXT),
        field("SpaceIdOrName", TEXT),
        field("ProjectName", TEXT)
            .required()
            .about("Name, id or slug."),
        field("ReleaseVersion", TEXT).max(349),
        field("ChannelName", TEXT),
        field("ReleaseNotes", TEXT).max(100_000),
        field("PackageVersion", TEXT),
        field("Packages", TEXTS),
        field("PackagePrerelease", TEXT),
        field("GitResources", TEXTS),
        field("GitRef", TEXT),
        field("GitCommit", TEXT),
        field("IgnoreIfAlreadyExists", BOOL).or("false"),
        field("IgnoreChannelRules", BOOL).or("false"),
        CUSTOM_FIELDS,
    ],
};

static CREATED_V1: Object = Object {
    name: "CreateReleaseResponseV1",
    fields: &[
        field("ReleaseId", TEXT),
        field("ReleaseVersion", TEXT),
        field("AutomaticallyDeployedEnvironments", TEXT),
    ],
};

pub(super) static PREVIEWS: Object = Object {
    name: "DeploymentPreviewRequests",
    fields: &[
        field("ReleaseId", TEXT),
        field("SpaceId", TEXT),
        field("IncludeDisabledSteps", BOOL).or("false"),
        field("DeploymentPreviews", Shape::List(&Shape::Object(&PREVIEW))).required(),
    ],
};

static PREVIEW: Object = Object {
    name: "DeploymentPreviewRequest",
    fields: &[
        field("EnvironmentId", TEXT).required(),
        field("TenantId", TEXT),
        DESCRIPTION,
    ],
};

/// The operations on releases.
#[must_use]
#[expect(
    clippy::too_many_lines,
    reason = "a table, one operation after the other"
)]
pub fn operations() -> Vec<Operation> {
    let view = needs(Permission::ReleaseView, From::Document(KIND, "id"));
    let edit = needs(Permission::ReleaseEdit, From::Document(KIND, "id"));
    let create = needs(Permission::ReleaseCreate, From::Items);
    let of_project = needs(Permission::ReleaseView, From::Project("project"));
    let space = Place::Space;
    vec![
        post(
            "releaseCreateV1",
            space,
            "/releases/create/v1",
            create,
            create::create_v1,
        )
        .body(&CREATE_V1)
        .answers(&CREATED_V1)
        .summary("Creates a release, freezing process and variables."),
        post("releaseCreate", space, "/releases", create, create::create)
            .body(&RELEASE)
            .answers(&RELEASE),
        get(
            "releaseList",
            space,
            "/releases",
            needs(Permission::ReleaseView, From::Items),
            read::list,
        )
        .answers_page(&RELEASE)
        .query(&["skip", "take", "ids"]),
        get("releaseGet", space, "/releases/{id}", view, read::get).answers(&RELEASE),
        put(
            "releaseReplace",
            space,
            "/releases/{id}",
            edit,
            write::replace,
        )
        .body(&EDIT)
        .answers(&RELEASE),
        delete(
            "releaseDelete",
            space,
            "/releases/{id}",
            needs(Permission::ReleaseDelete, From::Document(KIND, "id")),
            remove::delete,
        ),
        post(
            "releaseSnapshotVariables",
            space,
            "/releases/{id}/snapshot-variables",
            edit,
            write::snapshot_variables,
        )
        .answers(&RELEASE)
        .acts()
        .summary("Freezes the variables again, as they are now; the process stays."),
        post(
            "releaseSnapshotVariablesByName",
            space,
            "/releases/{id}/snapshot-variables-by-name",
            edit,
            refresh::by_name,
        )
        .body(&refresh::NAMED)
        .answers(&RELEASE)
        .acts()
        .summary("Freezes these variables again, as they are now; the others stay."),
        get(
            "projectReleaseList",
            space,
            "/projects/{project}/releases",
            of_project,
            read::of_project,
        )
        .answers_page(&RELEASE)
        .query(&["skip", "take", "searchByVersion"]),
        get(
            "projectReleaseByVersion",
            space,
            "/projects/{project}/releases/{version}",
            of_project,
            read::by_version,
        )
        .answers(&RELEASE),
        get(
            "channelReleaseList",
            space,
            "/projects/{project}/channels/{channel}/releases",
            of_project,
            read::of_channel,
        )
        .answers_page(&RELEASE)
        .query(&["skip", "take", "searchByVersion"]),
        get(
            "releaseProgression",
            space,
            "/releases/{id}/progression",
            view,
            progression::of_release,
        ),
        get(
            "releaseMissingPackages",
            space,
            "/releases/{id}/missingpackages",
            view,
            read::missing_packages,
        ),
        get(
            "releaseDeploymentTemplate",
            space,
            "/releases/{id}/deployments/template",
            view,
            progression::template,
        ),
        get(
            "releaseDeploymentPreview",
            space,
            "/releases/{id}/deployments/preview/{environment}",
            view,
            preview::one,
        )
        .query(&["includeDisabledSteps"]),
        get(
            "releaseDeploymentPreviewForTenant",
            space,
            "/releases/{id}/deployments/preview/{environment}/{tenant}",
            view,
            preview::one_for_tenant,
        )
        .query(&["includeDisabledSteps"]),
        post(
            "releaseDeploymentPreviews",
            space,
            "/releases/{id}/deployments/previews",
            view,
            preview::several,
        )
        .body(&PREVIEWS),
    ]
    .into_iter()
    .chain(defect::operations())
    .collect()
}
