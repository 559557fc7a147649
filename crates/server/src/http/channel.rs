//! Channels of projects.

use regatta_core::channel::Channel;
use regatta_core::package::rule::VersionRule;
use regatta_core::package::selection::has_package;
use regatta_core::permission::Permission as P;
use regatta_core::process::DeploymentProcess;
use regatta_core::tag_set::TagScope;
use regatta_core::version::Version;
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use super::tag_set::carries;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::page::page;
use crate::resource::{self, Body, Change, Hooks, Resource, read};
use crate::shape::{
    BOOL, DESCRIPTION, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG, SPACE_ID,
    Shape, TEXT, TEXTS, field,
};
use crate::stored::{self, PROCESSES};

const ANYTHING: Shape = Shape::List(&Shape::Any);

static ACTION_PACKAGE: Object = Object {
    name: "ActionPackage",
    fields: &[
        field("DeploymentAction", TEXT),
        field("PackageReference", TEXT),
    ],
};
static RULE: Object = Object {
    name: "ChannelRule",
    fields: &[
        field("Id", TEXT),
        field(
            "ActionPackages",
            Shape::List(&Shape::Object(&ACTION_PACKAGE)),
        )
        .or("[]"),
        field("VersionRange", TEXT),
        field("Tag", TEXT),
    ],
};

static OBJECT: Object = Object {
    name: "Channel",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("ProjectId", TEXT).required(),
        field("LifecycleId", TEXT)
            .or("null")
            .about("Null: the project's."),
        field("IsDefault", BOOL).or("false"),
        field("Rules", Shape::List(&Shape::Object(&RULE))).or("[]"),
        field("TenantTags", TEXTS).or("[]"),
        field("Type", Shape::Word(&["Lifecycle", "EphemeralEnvironment"])).or("\"Lifecycle\""),
        field("GitReferenceRules", ANYTHING).or("[]"),
        field("GitResourceRules", ANYTHING).or("[]"),
        field("CustomFieldDefinitions", ANYTHING).or("[]"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static CHANNEL: Resource = Resource {
    kind: "Channels",
    item_type: "Channel",
    place: Place::Space,
    names: names!("channel", "/channels"),
    object: &OBJECT,
    view: P::ProcessView,
    create: Some(P::ProcessEdit),
    edit: Some(P::ProcessEdit),
    delete: Some(P::ProcessEdit),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |change| Box::pin(deleting(change)),
        owner_key: Some("ProjectId"),
        view: |view| {
            let project = view
                .body
                .get("ProjectId")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            view.link(
                "Releases",
                &format!(
                    "/projects/{project}/channels/{}/releases{{?skip,take}}",
                    view.id
                ),
            );
            view.link("Projects", &format!("/projects/{project}"));
            view.link("Project", &format!("/projects/{project}"));
        },
        tags: |body| {
            body.get("LifecycleId")
                .and_then(Value::as_str)
                .map(|id| format!("lifecycle:{id}"))
                .into_iter()
                .collect()
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::ProcessView, From::Project("project"));
    let mut all = resource::operations(&CHANNEL);
    all.extend([
        get(
            "channelRuleTest",
            Place::Space,
            "/channels/rule-test",
            needs(P::ProcessView, From::Items),
            rule_test,
        )
        .query(&["version", "versionRange", "preReleaseTag", "feedType"]),
        get(
            "projectChannels",
            Place::Space,
            "/projects/{project}/channels",
            view,
            of_project,
        )
        .answers_page(&OBJECT)
        .query(&["skip", "take", "partialName"]),
        get(
            "projectChannel",
            Place::Space,
            "/projects/{project}/channels/{channel}",
            view,
            one_of_project,
        )
        .answers(&OBJECT),
    ]);
    all
}

/// `GET channels/rule-test`: whether a version fits a range and a tag.
async fn rule_test(call: Call) -> Answer {
    let text = |key: &str| call.query.get(key).unwrap_or_default();
    let version = text("version").parse::<Version>();
    let range = VersionRule::new(text("versionRange"), "");
    let tag = VersionRule::new("", text("preReleaseTag"));
    let errors: Vec<_> = [
        version.as_ref().err().map(ToString::to_string),
        range.as_ref().err().map(ToString::to_string),
        tag.as_ref().err().map(ToString::to_string),
    ]
    .into_iter()
    .flatten()
    .collect();
    let fits = |rule: &Result<VersionRule, _>| match (rule, &version) {
        (Ok(rule), Ok(version)) => rule.allows(version),
        _ => false,
    };
    Ok(ok(json!({
        "SatisfiesVersionRange": fits(&range),
        "SatisfiesPreReleaseTag": fits(&tag),
        "Errors": errors,
    })))
}

/// Rules that cannot be read are refused here, not when somebody makes a release.
fn check_rules(change: &Change<'_>) -> Result<(), ApiError> {
    let rules = change.body.get("Rules").and_then(Value::as_array);
    let mut problems = Vec::new();
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        let text = |key: &str| rule[key].as_str().unwrap_or_default();
        if let Err(error) = VersionRule::new(text("VersionRange"), text("Tag")) {
            problems.push(format!("Rules[{index}]: {error}."));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// A rule that names nothing of the process would guard nothing. What was saved stays, whatever the process became
/// since.
async fn rules_mean_something(change: &mut Change<'_>) -> Result<(), ApiError> {
    let before = change.before.as_ref().and_then(|body| body.get("Rules"));
    let before = before.and_then(Value::as_array).cloned();
    let before = before.unwrap_or_default();
    let rules = change.body.get("Rules").and_then(Value::as_array).cloned();
    let rules = rules.unwrap_or_default();
    if rules.iter().all(|rule| before.contains(rule)) {
        return Ok(());
    }
    // A clone gets its channels before its process, as they are.
    let process = format!("deploymentprocess-{}", change.text("ProjectId"));
    let process = stored::get::<DeploymentProcess>(change.tx, PROCESSES, &process).await?;
    let Some(process) = process else {
        return Ok(());
    };
    let mut problems = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let pairs = rule["ActionPackages"].as_array().into_iter().flatten();
        for pair in pairs.filter(|_| !before.contains(rule)) {
            let part = |key: &str| pair[key].as_str().unwrap_or_default();
            let (action, reference) = (part("DeploymentAction"), part("PackageReference"));
            if !has_package(&process, action, reference) {
                problems.push(format!(
                    "Rules[{index}]: the process has no step '{action}' with a package '{reference}'. Name one it has, or save the process first."
                ));
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    check_rules(change)?;
    change.refers("ProjectId", "Projects").await?;
    carries(change, "TenantTags", TagScope::Tenant).await?;
    rules_mean_something(change).await?;
    change.refers("LifecycleId", "Lifecycles").await?;
    if let Some(before) = &change.before
        && before.get("ProjectId") != change.body.get("ProjectId")
    {
        return Err(ApiError::invalid_one(
            "ProjectId: a channel cannot move to another project.",
        ));
    }
    if change.text("LifecycleId").is_empty() {
        change.set("LifecycleId", Value::Null);
    }
    one_default(change).await?;
    change.is_a::<Channel>()
}

/// A project always has exactly one default channel: the last to become it.
async fn one_default(change: &mut Change<'_>) -> Result<(), ApiError> {
    let owned = Query {
        kind: CHANNEL.kind.to_owned(),
        owner_id: Some(change.text("ProjectId").to_owned()),
        ..Query::default()
    };
    let others: Vec<_> = change
        .tx
        .documents(&owned)
        .await?
        .items
        .into_iter()
        .filter(|other| other.id != change.id)
        .collect();
    let is_default = |body: &Body| body.get("IsDefault") == Some(&Value::Bool(true));
    if !is_default(&change.body) {
        if change.before.as_ref().is_some_and(is_default) {
            return Err(ApiError::invalid_one(
                "IsDefault: make another channel the default one instead; a project always has one.",
            ));
        }
        return Ok(());
    }
    for mut other in others {
        let mut body = read::body(&other);
        if is_default(&body) {
            body.insert("IsDefault".to_owned(), json!(false));
            other.body = Value::Object(body).to_string();
            other.updated_at = change.now;
            change.tx.document_replace(&other).await?;
        }
    }
    Ok(())
}

async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.body.get("IsDefault") == Some(&Value::Bool(true)) {
        return Err(ApiError::invalid_one(
            "This is the default channel. Make another one the default first.",
        ));
    }
    let releases = Query {
        kind: "Releases".to_owned(),
        tags: vec![vec![format!("channel:{}", change.id)]],
        ..Query::default()
    };
    match change.tx.document_count(&releases).await? {
        0 => Ok(()),
        count => Err(ApiError::invalid_one(format!(
            "The channel still has {count} releases. Delete them first."
        ))),
    }
}

/// The channel every project starts with.
pub(super) async fn create_default(project: &mut Change<'_>) -> Result<(), ApiError> {
    let body = json!({
        "Name": "Default", "Description": "", "ProjectId": project.id, "LifecycleId": null, "IsDefault": true, "Rules": [], "TenantTags": [],
        "Type": "Lifecycle", "GitReferenceRules": [], "GitResourceRules": [], "CustomFieldDefinitions": [],
    });
    let Value::Object(body) = body else {
        return Err(ApiError::internal("a built-in channel is no object"));
    };
    insert(project, body).await
}

/// Stores a channel of a new project.
pub(super) async fn insert(project: &mut Change<'_>, mut body: Body) -> Result<(), ApiError> {
    body.shift_remove("Slug");
    let id = project.tx.next_id(CHANNEL.kind).await?;
    project.with(&CHANNEL, id, body).await
}

async fn of_project(call: Call) -> Answer {
    let (skip, take) = call.query.window()?;
    let query = Query {
        kind: CHANNEL.kind.to_owned(),
        owner_id: Some(call.document().id.clone()),
        partial_name: call.query.get("partialName").map(str::to_owned),
        skip,
        take: Some(take),
        ..Query::default()
    };
    let found = call.read().await?.documents(&query).await?;
    let items = found
        .items
        .iter()
        .map(|document| read::view(&CHANNEL, document))
        .collect();
    Ok(ok(page(
        CHANNEL.item_type,
        items,
        found.total,
        &call.uri_path,
        &call.query,
    )))
}

async fn one_of_project(call: Call) -> Answer {
    let wanted = call.parameter("channel");
    let query = Query {
        kind: CHANNEL.kind.to_owned(),
        owner_id: Some(call.document().id.clone()),
        ..Query::default()
    };
    let channels = call.read().await?.documents(&query).await?.items;
    let same = |document: &&regatta_store::Document| {
        document.id.eq_ignore_ascii_case(wanted)
            || document.slug.as_deref() == Some(wanted)
            || document.name.eq_ignore_ascii_case(wanted)
    };
    let found = channels
        .iter()
        .find(same)
        .ok_or_else(|| ApiError::not_found(wanted))?;
    Ok(ok(read::view(&CHANNEL, found)))
}
