//! Which deployments are due: for whom a release has reached a phase that is automatic, and whether they may be queued.
//!
//! Only reads; [`super`] queues them.

use regatta_core::deployment::DeploymentChoices;
use regatta_core::environment::Environment;
use regatta_core::id::EnvironmentId;
use regatta_core::lifecycle::{Lifecycle, Reached};
use regatta_core::project::{Project, TenantedMode};
use regatta_core::release::Release;
use regatta_core::tag_set;
use regatta_core::tenant::Tenant;
use regatta_store::{Conn, Document, Query, StoreError, TaskQuery, TaskState};
use serde_json::Map;

use super::{Because, Left, why};
use crate::app::App;
use crate::driver::plan_input::{PlanInput, Subject};
use crate::driver::run_kind::RunKind;
use crate::error::ApiError;
use crate::http::deployment::{allowed, queue, reached, reached_by};
use crate::stored;

/// A deployment that is to be queued, or why it cannot be.
pub(super) struct Due {
    pub environment: Environment,
    pub checked: Result<Box<(PlanInput, DeploymentChoices)>, String>,
}

/// What a release is looked at with.
struct Known {
    release: Release,
    project: Project,
    lifecycle: Lifecycle,
    channel_tags: Vec<String>,
    environments: Vec<Environment>,
}

impl Known {
    async fn read(conn: &mut Conn, release: &Document) -> Result<Self, StoreError> {
        let release: Release = stored::parse(release)?;
        let project: Project = stored::need(conn, "Projects", release.project_id.as_str()).await?;
        let channel: Option<regatta_core::channel::Channel> =
            stored::get(conn, "Channels", release.channel_id.as_str()).await?;
        let own = channel
            .as_ref()
            .and_then(|channel| channel.lifecycle_id.clone());
        let lifecycle = own.unwrap_or_else(|| project.lifecycle_id.clone());
        let lifecycle = stored::need(conn, "Lifecycles", lifecycle.as_str()).await?;
        let environments = stored::all(conn, "Environments", release.space_id.as_str()).await?;
        Ok(Self {
            release,
            project,
            lifecycle,
            channel_tags: channel
                .map(|channel| channel.tenant_tags)
                .unwrap_or_default(),
            environments,
        })
    }

    /// Environments that are to be deployed to for a tenant, or for none.
    fn automatic(
        &self,
        tenant: Option<&Tenant>,
        (before, after): (Option<&Reached>, &Reached),
    ) -> Vec<EnvironmentId> {
        let Some(tenant) = tenant else {
            return self.lifecycle.automatic(&self.environments, before, after);
        };
        let connected = tenant.project_environments.get(&self.project.id);
        let connected = connected.map_or(&[][..], Vec::as_slice);
        let mut here = self.environments.clone();
        here.retain(|environment| connected.contains(&environment.id));
        let lifecycle = self.lifecycle.for_tenant(connected);
        let mut all = lifecycle.automatic(&here, before, after);
        all.retain(|environment| connected.contains(environment));
        all
    }

    /// Whom the project is deployed for: nobody in particular, and every tenant that gets releases of this channel.
    async fn receivers(&self, conn: &mut Conn) -> Result<Vec<Option<Tenant>>, StoreError> {
        let mode = self.project.tenanted_deployment_mode;
        let mut receivers = Vec::new();
        if mode != TenantedMode::Tenanted {
            receivers.push(None);
        }
        if mode != TenantedMode::Untenanted {
            let connected = Query {
                kind: "Tenants".into(),
                space_id: Some(Some(self.project.space_id.to_string())),
                tags: vec![vec![format!("project:{}", self.project.id)]],
                ..Query::default()
            };
            for tenant in conn.documents(&connected).await?.items {
                let tenant: Tenant = stored::parse(&tenant)?;
                let gets_it = tag_set::matches(&self.channel_tags, &tenant.tenant_tags);
                receivers.extend((gets_it && !tenant.is_disabled).then_some(Some(tenant)));
            }
        }
        Ok(receivers)
    }
}

/// What the document makes due.
pub(super) async fn due(
    app: &App,
    document: &Document,
    release: &Document,
) -> Result<Vec<Due>, ApiError> {
    let left: Left = serde_json::from_str(&document.body).map_err(ApiError::internal)?;
    let because = left.because;
    let mut conn = app.store.read().await?;
    let known = Known::read(&mut conn, release).await?;
    let mut wanted: Vec<(Option<Tenant>, EnvironmentId)> = Vec::new();
    match because {
        Because::Deployed(task) => {
            let Some(task) = conn.task(&task).await? else {
                return Ok(Vec::new());
            };
            let tenant = match &task.tenant_id {
                Some(id) => stored::get(&mut conn, "Tenants", id).await?,
                None => None,
            };
            let [before, after] = reached_by(&mut conn, &release.id, &task).await?;
            let all = known.automatic(tenant.as_ref(), (Some(&before), &after));
            wanted.extend(all.into_iter().map(|id| (tenant.clone(), id)));
        }
        Because::Created | Because::DefectResolved => {
            for receiver in known.receivers(&mut conn).await? {
                let tenant = receiver.as_ref().map(|tenant| tenant.id.as_str());
                let after = reached(&mut conn, &release.id, tenant).await?;
                let before = (because == Because::DefectResolved).then(|| Reached {
                    has_defect: true,
                    ..after.clone()
                });
                let all = known.automatic(receiver.as_ref(), (before.as_ref(), &after));
                wanted.extend(all.into_iter().map(|id| (receiver.clone(), id)));
            }
        }
    }
    let mut due = Vec::new();
    for (tenant, environment) in wanted {
        let tenant = tenant.as_ref().map(|tenant| tenant.id.as_str());
        if !is_there(&mut conn, &known.release, &environment, tenant).await? {
            due.extend(checked(app, &known, &environment, tenant).await?);
        }
    }
    Ok(due)
}

/// Whether the release is in the environment already, or on its way there.
async fn is_there(
    conn: &mut Conn,
    release: &Release,
    environment: &EnvironmentId,
    tenant: Option<&str>,
) -> Result<bool, StoreError> {
    let query = TaskQuery {
        release_id: Some(release.id.to_string()),
        environment_id: Some(environment.to_string()),
        tenant_id: Some(tenant.map(str::to_owned)),
        kind: Some(RunKind::Deployment.task().into()),
        states: vec![
            TaskState::Queued,
            TaskState::Executing,
            TaskState::Cancelling,
            TaskState::Success,
        ],
        ..TaskQuery::default()
    };
    Ok(conn.task_count(&query).await? > 0)
}

async fn checked(
    app: &App,
    known: &Known,
    environment: &EnvironmentId,
    tenant: Option<&str>,
) -> Result<Option<Due>, ApiError> {
    let found = known.environments.iter().find(|own| own.id == *environment);
    let Some(found) = found else { return Ok(None) };
    let ids = (known.release.id.as_str(), environment.as_str());
    let checked = match allowed::load(app, ids, tenant).await {
        Ok(input) => with_choices(app, input),
        Err(error) => Err(error),
    };
    let checked = match checked {
        Ok(checked) => Ok(Box::new(checked)),
        // What a person would be told, too; anything else is tried again.
        Err(error) if error.status().is_client_error() => Err(why(&error)),
        Err(error) => return Err(error),
    };
    Ok(Some(Due {
        environment: found.clone(),
        checked,
    }))
}

/// Nobody is there to answer a prompt: those that are required stand in the way.
fn with_choices(app: &App, input: PlanInput) -> Result<(PlanInput, DeploymentChoices), ApiError> {
    debug_assert!(matches!(input.subject, Subject::Release { .. }));
    let form = input.values.form(&input, &Map::new(), &app.vault);
    let choices = DeploymentChoices {
        form_values: form.map_err(ApiError::invalid)?,
        ..DeploymentChoices::default()
    };
    queue::check_plan(app, &input, &choices)?;
    Ok((input, choices))
}
