//! The audit: who did what, when.

use regatta_core::permission::Permission as P;
use regatta_store::{AuditEvent, AuditQuery, Conn};
use serde_json::{Value, json};

use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Access, Answer, From, Operation, Place, get, needs};
use crate::page::page;
use crate::shape::{ID, LINKS_FIELD, Object, SPACE_ID, Shape, TEXT, TEXTS, TIME, field};
use crate::time_text::{iso, parse_iso};

mod asked;
mod detail;
mod export;
mod reference;

use asked::Places;
use detail::{Detail, Details};
use reference::Names;

/// Id and name of every category.
const CATEGORIES: &[(&str, &str)] = &[
    ("Created", "Document created"),
    ("Modified", "Document modified"),
    ("Deleted", "Document deleted"),
    ("LoginSucceeded", "Login succeeded"),
    ("DeploymentQueued", "Deployment queued"),
    ("DeploymentStarted", "Deployment started"),
    ("DeploymentResumed", "Deployment resumed"),
    ("DeploymentSucceeded", "Deployment succeeded"),
    ("DeploymentFailed", "Deployment failed"),
    ("RunbookRunQueued", "Runbook run queued"),
    ("RunbookRunStarted", "Runbook run started"),
    ("RunbookRunSucceeded", "Runbook run succeeded"),
    ("RunbookRunFailed", "Runbook run failed"),
    (
        "AutoDeployDeploymentBlocked",
        "Automatic deployment blocked",
    ),
    ("TaskCanceled", "Task canceled"),
    (
        "ManualInterventionInterruptionRaised",
        "Manual intervention interruption raised",
    ),
    (
        "GuidedFailureInterruptionRaised",
        "Guided failure interruption raised",
    ),
    ("InterruptionSubmitted", "Interruption submitted"),
    ("CertificateExported", "Certificate exported"),
];

/// Id, name and categories of every group.
const GROUPS: &[(&str, &str, &[&str])] = &[
    ("Document", "Document", &["Created", "Modified", "Deleted"]),
    (
        "Deployment",
        "Deployment",
        &[
            "DeploymentQueued",
            "DeploymentStarted",
            "DeploymentResumed",
            "DeploymentSucceeded",
            "DeploymentFailed",
        ],
    ),
    (
        "RunbookRun",
        "Runbook run",
        &[
            "RunbookRunQueued",
            "RunbookRunStarted",
            "RunbookRunSucceeded",
            "RunbookRunFailed",
        ],
    ),
    (
        "DeploymentCritical",
        "Deployment (critical)",
        &["DeploymentFailed", "GuidedFailureInterruptionRaised"],
    ),
    (
        "Interruption",
        "Interruption",
        &[
            "ManualInterventionInterruptionRaised",
            "GuidedFailureInterruptionRaised",
            "InterruptionSubmitted",
        ],
    ),
];

const DOCUMENTS: &[(&str, &str)] = &[
    ("APIKeys", "API key"),
    ("Accounts", "Account"),
    ("Artifacts", "Artifact"),
    ("BuildInformation", "Build information"),
    ("Certificates", "Certificate"),
    ("Channels", "Channel"),
    ("DashboardConfigurations", "Dashboard configuration"),
    ("Defects", "Defect"),
    ("DeploymentProcesses", "Deployment process"),
    ("DeploymentSettings", "Deployment settings"),
    ("Deployments", "Deployment"),
    ("Environments", "Environment"),
    ("Feeds", "Feed"),
    ("LibraryVariableSets", "Library variable set"),
    ("Lifecycles", "Lifecycle"),
    ("MachinePolicies", "Machine policy"),
    ("Machines", "Deployment target"),
    ("Packages", "Package"),
    ("ProjectGroups", "Project group"),
    ("Projects", "Project"),
    ("Proxies", "Proxy"),
    ("Releases", "Release"),
    ("RunbookProcesses", "Runbook process"),
    ("RunbookRuns", "Runbook run"),
    ("RunbookSnapshots", "Runbook snapshot"),
    ("Runbooks", "Runbook"),
    ("ScopedUserRoles", "Scoped user role"),
    ("ServerTasks", "Task"),
    ("Spaces", "Space"),
    ("TagSets", "Tag set"),
    ("Teams", "Team"),
    ("Tenants", "Tenant"),
    ("UserRoles", "User role"),
    ("Users", "User"),
    ("VariableSets", "Variable set"),
    ("WorkerPools", "Worker pool"),
    ("Workers", "Worker"),
];

static OBJECT: Object = Object {
    name: "Event",
    fields: &[
        ID,
        SPACE_ID,
        field("RelatedDocumentIds", TEXTS),
        field("Category", TEXT),
        field("UserId", TEXT),
        field("Username", TEXT),
        field("IsService", crate::shape::BOOL),
        field("IdentityEstablishedWith", TEXT),
        field("UserAgent", TEXT),
        field("IpAddress", TEXT).about("Empty of what the server did by itself."),
        field("Occurred", TIME),
        field("Message", TEXT),
        field("MessageHtml", TEXT),
        field("ChangeDetails", Shape::Any),
        LINKS_FIELD,
    ],
};

/// The keys events are narrowed by, after those that say how they are answered.
macro_rules! filters {
    ($($how:literal),*) => {
        &[
            $($how,)*
            "regarding",
            "regardingAny",
            "users",
            "user",
            "projects",
            "projectGroups",
            "environments",
            "tenants",
            "tags",
            "eventGroups",
            "eventCategories",
            "documentTypes",
            "from",
            "to",
            "fromAutoId",
            "toAutoId",
            "ids",
            "spaces",
            "includeSystem",
            "excludeDifference",
        ]
    };
}
const QUERY: &[&str] = filters!["skip", "take"];
/// All that fits, not a page of it.
const EXPORT_QUERY: &[&str] = filters!["format"];

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::EventView, From::Items);
    vec![
        get("eventList", Place::Both, "/events", view, list)
            .answers_page(&OBJECT)
            .query(QUERY),
        get("eventExport", Place::Both, "/events/export", view, export::file)
            .query(EXPORT_QUERY)
            .answers_raw("text/csv")
            .summary("All events that fit, newest first, as a file: CSV, or with format=jsonl one event a line."),
        get("eventGet", Place::Both, "/events/{id}", view, one).answers(&OBJECT),
        get(
            "eventCategories",
            Place::System,
            "/events/categories",
            Access::SignedIn,
            categories,
        ),
        get(
            "eventGroups",
            Place::System,
            "/events/groups",
            Access::SignedIn,
            groups,
        ),
        get(
            "eventAgents",
            Place::System,
            "/events/agents",
            Access::SignedIn,
            agents,
        ),
        get(
            "eventDocumentTypes",
            Place::System,
            "/events/documenttypes",
            Access::SignedIn,
            document_types,
        ),
    ]
}

async fn categories(_: Call) -> Answer {
    Ok(ok(CATEGORIES
        .iter()
        .map(|(id, name)| json!({ "Id": id, "Name": name }))
        .collect()))
}

async fn groups(_: Call) -> Answer {
    Ok(ok(GROUPS.iter().map(|(id, name, categories)| json!({ "Id": id, "Name": name, "EventCategories": categories })).collect()))
}

async fn agents(_: Call) -> Answer {
    Ok(ok([
        "server",
        "octopus",
        "go-octopusdeploy",
        "ts-octopusdeploy",
        "Mozilla",
    ]
    .iter()
    .map(|id| json!({ "Id": id, "Name": id }))
    .collect()))
}

/// Ids are prefixes with their dash, as Octopus' are.
async fn document_types(_: Call) -> Answer {
    Ok(ok(DOCUMENTS
        .iter()
        .map(|(id, name)| json!({ "Id": format!("{id}-"), "Name": name }))
        .collect()))
}

/// The categories that are asked for, by themselves or in groups.
fn categories_of(call: &Call) -> Result<Vec<String>, ApiError> {
    let list = |key: &str| call.query.list(key).map(Option::unwrap_or_default);
    let mut categories = list("eventCategories")?;
    for group in list("eventGroups")? {
        let found = GROUPS
            .iter()
            .find(|(id, ..)| id.eq_ignore_ascii_case(&group));
        categories.extend(
            found
                .map_or(&["\u{1}"][..], |(.., categories)| categories)
                .iter()
                .map(|id| (*id).to_owned()),
        );
    }
    Ok(categories)
}

/// What the request asks for, within what the caller may see.
async fn query(call: &Call) -> Result<AuditQuery, ApiError> {
    let q = &call.query;
    let list = |key: &str| q.list(key).map(Option::unwrap_or_default);
    let time = |key: &str| match q.get(key) {
        None => Ok(None),
        Some(text) => parse_iso(text).map(Some).ok_or_else(|| {
            ApiError::invalid_one(format!(
                "'{key}' must be a time such as 2026-01-02T03:04:05Z."
            ))
        }),
    };
    let auto_id = |key: &str| {
        Ok::<_, ApiError>(
            q.number(key)?
                .map(|number| i64::try_from(number).unwrap_or(i64::MAX)),
        )
    };
    let mut conn = call.read().await?;
    let mut related_any = Vec::new();
    for key in ["regardingAny", "projects", "environments", "tenants"] {
        related_any.extend(q.list(key)?);
    }
    if let Some(groups) = q.list("projectGroups")? {
        related_any.push(asked::in_groups(&mut conn, groups).await?);
    }
    if let Some(tags) = q.list("tags")? {
        related_any.push(asked::with_tags(&mut conn, &tags).await?);
    }
    let (skip, take) = q.window()?;
    let Places { spaces, within } = Places::asked(call, &mut conn).await?;
    let ids = q.list("ids")?.map(|ids| {
        ids.iter()
            .filter_map(|id| {
                let (kind, number) = id.rsplit_once('-')?;
                kind.eq_ignore_ascii_case("Events")
                    .then(|| number.parse().ok())?
            })
            .collect()
    });
    Ok(AuditQuery {
        spaces: Some(spaces),
        auto_ids: ids,
        regarding: list("regarding")?,
        related_any,
        within,
        users: [list("users")?, list("user")?].concat(),
        categories: categories_of(call)?,
        document_kinds: list("documentTypes")?
            .iter()
            .map(|kind| kind.trim_end_matches('-').to_owned())
            .collect(),
        from: time("from")?,
        to: time("to")?,
        from_auto_id: auto_id("fromAutoId")?,
        to_auto_id: auto_id("toAutoId")?,
        skip,
        take: Some(take),
    })
}

/// The events as the caller may see them.
async fn all_shown(
    call: &Call,
    conn: &mut Conn,
    events: &[AuditEvent],
) -> Result<Vec<Value>, ApiError> {
    let (mut details, mut names) = (Details::new(call), Names::default());
    let no_differences = call.query.flag("excludeDifference")?.unwrap_or(false);
    let mut all = Vec::with_capacity(events.len());
    for event in events {
        let body: Value = serde_json::from_str(&event.entry.body).unwrap_or_default();
        let mut detail = details.of(conn, &event.entry, &body).await?;
        if no_differences {
            detail.differences.clear();
        }
        let references = names.references(conn, &event.entry).await?;
        all.push(shown(call, event, &body, (detail, references)));
    }
    Ok(all)
}

fn shown(
    call: &Call,
    event: &AuditEvent,
    body: &Value,
    (detail, references): (Detail, Vec<Value>),
) -> Value {
    let entry = &event.entry;
    let space = call.space().map(|space| space.id.as_str());
    let base = space.map_or_else(|| "/api".to_owned(), |space| format!("/api/{space}"));
    let escaped = entry
        .message
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    json!({
        "Id": format!("Events-{}", event.auto_id),
        "SpaceId": entry.space_id,
        "RelatedDocumentIds": entry.related,
        "Category": entry.category,
        "UserId": entry.user_id,
        "Username": entry.username,
        "IsService": false,
        "IdentityEstablishedWith": body["IdentityEstablishedWith"].as_str().unwrap_or_default(),
        "UserAgent": body["UserAgent"].as_str().unwrap_or_default(),
        "IpAddress": body["IpAddress"].as_str().unwrap_or_default(),
        "Occurred": iso(entry.occurred_at),
        "Message": entry.message,
        "MessageHtml": escaped,
        "MessageReferences": references,
        "Comments": null,
        "Details": detail.sentences,
        "ChangeDetails": { "DocumentContext": null, "Differences": detail.differences },
        "Links": { "Self": format!("{base}/events/Events-{}", event.auto_id) },
    })
}

async fn list(call: Call) -> Answer {
    let query = query(&call).await?;
    let mut conn = call.read().await?;
    let found = conn.audit_events(&query).await?;
    let items = all_shown(&call, &mut conn, &found.items).await?;
    Ok(ok(page(
        "Event",
        items,
        found.total,
        &call.uri_path,
        &call.query,
    )))
}

async fn one(call: Call) -> Answer {
    let id = call.parameter("id");
    let number = id.rsplit('-').next().and_then(|number| number.parse().ok());
    let query = AuditQuery {
        auto_ids: Some(number.into_iter().collect()),
        take: Some(1),
        skip: 0,
        ..query(&call).await?
    };
    let mut conn = call.read().await?;
    let found = conn.audit_events(&query).await?;
    let shown = all_shown(&call, &mut conn, &found.items).await?.pop();
    shown.map(ok).ok_or_else(|| ApiError::not_found(id))
}
