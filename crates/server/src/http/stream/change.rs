//! A recorded change as a reader of the stream is told of it: what it was, never what is in it.

use regatta_core::permission::{Permission as P, Scope};
use regatta_store::{AuditEvent, Conn, StoreError};
use serde_json::{Value, json};

use crate::auth::caller::Caller;
use crate::scope;
use crate::time_text::iso;

/// Who may see documents of a kind may know that one changed. Of other kinds only readers of the audit are told.
const VIEWS: &[(&str, P)] = &[
    ("Projects", P::ProjectView),
    ("ProjectGroups", P::ProjectGroupView),
    ("Environments", P::EnvironmentView),
    ("Lifecycles", P::LifecycleView),
    ("Channels", P::ProjectView),
    ("DeploymentProcesses", P::ProcessView),
    ("DeploymentSettings", P::ProcessView),
    ("VariableSets", P::VariableView),
    ("Releases", P::ReleaseView),
    ("Deployments", P::DeploymentView),
    ("Runbooks", P::RunbookView),
    ("RunbookProcesses", P::RunbookView),
    ("RunbookSnapshots", P::RunbookView),
    ("RunbookRuns", P::RunbookRunView),
    ("Machines", P::MachineView),
    ("Workers", P::WorkerView),
    ("WorkerPools", P::WorkerView),
    ("Tenants", P::TenantView),
];
/// Their documents say in the body which save they come from.
const VERSIONED: &[&str] = &["DeploymentProcesses", "RunbookProcesses", "VariableSets"];

/// `None`: it is not for this reader.
pub(super) async fn told(
    conn: &mut Conn,
    caller: &Caller,
    event: &AuditEvent,
) -> Result<Option<Value>, StoreError> {
    let entry = &event.entry;
    let kind = entry.document_kind.as_str();
    let wanted = scope_of(conn, event).await?;
    let view = VIEWS.iter().find(|(known, _)| *known == kind);
    let permission = view.map_or(P::EventView, |(_, permission)| *permission);
    if !caller.may(permission, &wanted) {
        return Ok(None);
    }
    let mut related = entry.related.iter();
    let own = related
        .find(|id| id.starts_with(kind))
        .or(entry.related.first());
    let version = match own.filter(|_| VERSIONED.contains(&kind)) {
        Some(id) => version(conn, kind, id).await?,
        None => None,
    };
    Ok(Some(json!({
        "Seq": event.auto_id,
        "Kind": kind,
        "Id": own,
        "Category": entry.category,
        "Version": version,
        "RelatedDocumentIds": entry.related,
        "UserId": entry.user_id,
        "Username": entry.username,
        "At": iso(entry.occurred_at),
    })))
}

async fn scope_of(conn: &mut Conn, event: &AuditEvent) -> Result<Scope, StoreError> {
    let entry = &event.entry;
    let space = entry.space_id.as_deref();
    let with = |prefix: &'static str| {
        let related = entry.related.iter();
        related.filter(move |id| id.starts_with(prefix))
    };
    let mut wanted = match with("Projects-").next() {
        Some(project) => scope::of_project(conn, space, project).await?,
        None => scope::of_space(space),
    };
    wanted.environments = with("Environments-")
        .filter_map(|id| id.parse().ok())
        .collect();
    wanted.tenants = with("Tenants-").filter_map(|id| id.parse().ok()).collect();
    if wanted.project_group.is_none() {
        wanted.project_group = with("ProjectGroups-").find_map(|id| id.parse().ok());
    }
    Ok(wanted)
}

/// The version the document has by now: what a reader would get.
async fn version(conn: &mut Conn, kind: &str, id: &str) -> Result<Option<i64>, StoreError> {
    let found = conn.document(kind, id).await?;
    let body: Option<Value> = found.and_then(|found| serde_json::from_str(&found.body).ok());
    Ok(body.and_then(|body| body.get("Version")?.as_i64()))
}
