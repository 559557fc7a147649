//! What a recorded change is about, for the question who may know of it and who may see what changed. Not the change.

use regatta_core::permission::{Permission as P, Scope};
use regatta_store::{AuditEntry, Conn, StoreError};

use crate::scope;

/// The permission that shows documents of a kind.
const VIEWS: &[(&str, P)] = &[
    ("Accounts", P::AccountView),
    ("Artifacts", P::ArtifactView),
    ("BuildInformation", P::FeedView),
    ("Certificates", P::CertificateView),
    ("Channels", P::ProcessView),
    ("Defects", P::ReleaseView),
    ("DeploymentProcesses", P::ProcessView),
    ("DeploymentSettings", P::ProcessView),
    ("Deployments", P::DeploymentView),
    ("Environments", P::EnvironmentView),
    ("Feeds", P::FeedView),
    ("LibraryVariableSets", P::LibraryVariableSetView),
    ("Lifecycles", P::LifecycleView),
    ("MachinePolicies", P::MachinePolicyView),
    ("Machines", P::MachineView),
    ("Packages", P::FeedView),
    ("ProjectGroups", P::ProjectGroupView),
    ("Projects", P::ProjectView),
    ("Proxies", P::ProxyView),
    ("Releases", P::ReleaseView),
    ("RunbookProcesses", P::RunbookView),
    ("RunbookRuns", P::RunbookRunView),
    ("RunbookSnapshots", P::RunbookView),
    ("Runbooks", P::RunbookView),
    ("ScopedUserRoles", P::TeamView),
    ("Spaces", P::SpaceView),
    ("Teams", P::TeamView),
    ("Tenants", P::TenantView),
    ("UserRoles", P::UserRoleView),
    ("Users", P::UserView),
    ("VariableSets", P::VariableView),
    ("WorkerPools", P::WorkerView),
    ("Workers", P::WorkerView),
];

/// `None`: there is none for documents of this kind.
pub(crate) fn view_of(kind: &str) -> Option<P> {
    let found = VIEWS.iter().find(|(known, _)| *known == kind);
    found.map(|(_, permission)| *permission)
}

/// Where it happened, by what the change itself names.
///
/// # Errors
/// When the database fails.
pub(crate) async fn scope_of(conn: &mut Conn, entry: &AuditEntry) -> Result<Scope, StoreError> {
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

/// The same with what the document says of itself now, as long as it is there.
///
/// # Errors
/// When the database fails.
pub(crate) async fn scope_now(conn: &mut Conn, entry: &AuditEntry) -> Result<Scope, StoreError> {
    let mut wanted = scope_of(conn, entry).await?;
    let own = entry.related.first().map_or("", String::as_str);
    let Some(document) = conn.document(&entry.document_kind, own).await? else {
        return Ok(wanted);
    };
    let now = scope::of_document(conn, &document).await?;
    wanted.space = now.space;
    if now.project.is_some() || wanted.project.is_none() {
        (wanted.project, wanted.project_group) = (now.project, now.project_group);
    }
    wanted.environments = now.environments;
    wanted.tenants = now.tenants;
    Ok(wanted)
}
