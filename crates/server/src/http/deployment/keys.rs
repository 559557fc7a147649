//! Keys that the bodies of deployments and of runbook runs have in common: what is asked for is the same, of a release
//! or of a snapshot.

use crate::shape::{BOOL, Field, LINKS_FIELD, Shape, TEXT, TEXTS, TIME, field, joined};

/// Where, and with what left out, in the body of the older endpoints.
pub(in crate::http) const WHERE: [Field; 7] = [
    field("EnvironmentId", TEXT).required(),
    field("TenantId", TEXT),
    field("Comments", TEXT).max(10_000),
    field("SkipActions", TEXTS).about("Ids of actions or steps to leave out."),
    field("SpecificMachineIds", TEXTS),
    field("ExcludedMachineIds", TEXTS),
    field("ForcePackageDownload", BOOL),
];

/// How and when, in the same body, and what became of it.
pub(in crate::http) const HOW: [Field; 8] = [
    field("UseGuidedFailure", BOOL),
    field("FormValues", Shape::Map(&Shape::Any))
        .about("Values of prompted variables, by variable id."),
    field("QueueTime", TIME),
    field("QueueTimeExpiry", TIME),
    field("Priority", TEXT),
    field("Name", TEXT).read_only(),
    field("TaskId", TEXT).read_only(),
    field("ProjectId", TEXT).read_only(),
];

/// What of these two is by id: actions to leave out, machines to use and not to use, and values of prompts.
pub(in crate::http) const NAMED: [&str; 4] = [
    "SkipActions",
    "SpecificMachineIds",
    "ExcludedMachineIds",
    "FormValues",
];

pub(in crate::http) const MADE: [Field; 2] = [field("Created", TIME).read_only(), LINKS_FIELD];

/// The project, in bodies of the executions API.
pub(in crate::http) const PROJECT_V1: [Field; 3] = [
    field("SpaceId", TEXT),
    field("SpaceIdOrName", TEXT),
    field("ProjectName", TEXT)
        .required()
        .about("Name, id or slug."),
];

/// For whom, in bodies of the executions API.
pub(in crate::http) const TENANTS_V1: [Field; 2] = [
    field("Tenants", TEXTS).about("Names, ids or slugs."),
    field("TenantTags", TEXTS)
        .about("Every connected tenant they mean; tags of one set are alternatives."),
];

/// With what left out, how and when, in bodies of the executions API.
pub(in crate::http) const HOW_V1: [Field; 9] = [
    field("SpecificMachineNames", TEXTS),
    field("ExcludedMachineNames", TEXTS),
    field("SkipStepNames", TEXTS),
    field("UseGuidedFailure", BOOL),
    field("RunAt", TEXT),
    field("NoRunAfter", TEXT),
    field("Variables", Shape::Map(&Shape::Text)).about("Values of prompted variables, by name."),
    field("Comments", TEXT).max(10_000),
    field("Priority", TEXT),
];

/// [`HOW_V1`] as deployments have it.
pub(super) const DEPLOYMENT_HOW_V1: [Field; 12] = joined(
    [
        field("ForcePackageDownload", BOOL),
        field("ForcePackageRedeployment", BOOL),
        field("UpdateVariableSnapshot", BOOL),
    ],
    HOW_V1,
);
