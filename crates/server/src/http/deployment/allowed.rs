//! Whether a release, or a runbook, may go to an environment now.

use regatta_core::environment::Environment;
use regatta_core::lifecycle::Lifecycle;
use regatta_core::project::{Project, TenantedMode};
use regatta_core::release::Release;
use regatta_core::runbook::{NotRun, Runbook};
use regatta_store::{Conn, Query};

use super::tenanted;
use crate::app::App;
use crate::driver::plan_input::{PlanInput, Subject};
use crate::error::ApiError;
use crate::stored;

/// Everything about a request for an environment, unless it may not go there now.
pub(crate) async fn load(
    app: &App,
    (subject_id, environment_id): (&str, &str),
    tenant: Option<&str>,
) -> Result<PlanInput, ApiError> {
    let mut conn = app.store.read().await?;
    let input = PlanInput::load(&mut conn, subject_id, environment_id)
        .await?
        .for_tenant(&mut conn, &app.vault, tenant)
        .await
        .map_err(ApiError::internal)?;
    let what = match &input.subject {
        Subject::Release { .. } => "deploy its releases",
        Subject::Runbook { .. } => "run its runbooks",
    };
    if input.project.is_disabled {
        return Err(ApiError::invalid_one(format!(
            "The project {} is disabled. Enable it to {what}.",
            input.project.name
        )));
    }
    match &input.subject {
        Subject::Release { release, .. } => {
            tenanted::check(&input)?;
            by_lifecycle(&mut conn, &input, release).await?;
        }
        Subject::Runbook { runbook, .. } => by_runbook(&mut conn, &input, runbook).await?,
    }
    Ok(input)
}

/// Whether the release's lifecycle lets it into the environment now.
async fn by_lifecycle(
    conn: &mut Conn,
    input: &PlanInput,
    release: &Release,
) -> Result<(), ApiError> {
    let space = input.project.space_id.as_str();
    let own = input
        .subject
        .channel()
        .and_then(|channel| channel.lifecycle_id.as_ref());
    let lifecycle_id = own.unwrap_or(&input.project.lifecycle_id);
    let mut lifecycle: Lifecycle = stored::need(conn, "Lifecycles", lifecycle_id.as_str()).await?;
    let mut environments: Vec<Environment> = stored::all(conn, "Environments", space).await?;
    if let Some(tenant) = &input.tenant {
        let connected = tenant.project_environments.get(&input.project.id);
        let connected = connected.map_or(&[][..], Vec::as_slice);
        lifecycle = lifecycle.for_tenant(connected);
        environments.retain(|environment| connected.contains(&environment.id));
    }
    let tenant = input.tenant.as_ref().map(|tenant| tenant.id.as_str());
    let reached = super::reached(conn, release.id.as_str(), tenant).await?;
    let allowed = lifecycle.may_deploy(&input.environment.id, &environments, &reached);
    allowed.map_err(|why| {
        let mut text = why.to_string();
        for environment in &environments {
            text = text.replace(environment.id.as_str(), environment.name.as_str());
        }
        ApiError::invalid_one(format!(
            "Release {} cannot be deployed to {} now. {text}",
            release.version, input.environment.name
        ))
    })
}

/// Whether the runbook runs there, and for whom.
async fn by_runbook(conn: &mut Conn, input: &PlanInput, runbook: &Runbook) -> Result<(), ApiError> {
    let refused = |why: NotRun| ApiError::invalid_one(why.to_string());
    runbook.runs_for(input.tenant.as_ref()).map_err(refused)?;
    if input.tenant.is_some() {
        // The runbook's own mode counts; what is left to ask is whether the tenant gets the project there.
        let project = Project {
            tenanted_deployment_mode: TenantedMode::TenantedOrUntenanted,
            ..input.project.clone()
        };
        tenanted::check_for(input, &project)?;
    }
    let environments: Vec<Environment> =
        stored::all(conn, "Environments", runbook.space_id.as_str()).await?;
    let lifecycles = lifecycles(conn, &input.project).await?;
    if runbook.runs_in(&input.environment.id, &lifecycles, &environments) {
        return Ok(());
    }
    Err(refused(NotRun::Environment {
        runbook: runbook.name.to_string(),
        environment: input.environment.name.to_string(),
    }))
}

/// The lifecycles of a project and of its channels.
pub(in crate::http) async fn lifecycles(
    conn: &mut Conn,
    project: &Project,
) -> Result<Vec<Lifecycle>, ApiError> {
    let channels = Query {
        kind: "Channels".into(),
        owner_id: Some(project.id.to_string()),
        ..Query::default()
    };
    let mut ids = vec![project.lifecycle_id.clone()];
    for channel in conn.documents(&channels).await?.items {
        let channel: regatta_core::channel::Channel = stored::parse(&channel)?;
        ids.extend(channel.lifecycle_id);
    }
    ids.sort();
    ids.dedup();
    let mut lifecycles = Vec::with_capacity(ids.len());
    for id in ids {
        lifecycles.push(stored::need(conn, "Lifecycles", id.as_str()).await?);
    }
    Ok(lifecycles)
}
