//! How far a release has come through its lifecycle, and where it may go next.

use std::collections::HashMap;

use regatta_core::environment::Environment;
use regatta_core::lifecycle::{Lifecycle, PhaseState, Progress};
use regatta_core::project::Project;
use regatta_core::release::Release;
use regatta_store::{Conn, Order, Query, Task};
use serde_json::{Value, json};

use super::refresh;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::dashboard::{may_see_deployments, may_see_environment};
use crate::http::deployment;
use crate::http::task::body;
use crate::operation::Answer;
use crate::stored;

/// A release's place in its lifecycle.
pub(crate) struct Standing {
    pub phases: Vec<PhaseState>,
    pub environments: Vec<Environment>,
    pub has_defect: bool,
}

/// Works out the standing of a release.
pub(crate) async fn standing(conn: &mut Conn, release: &Release) -> Result<Standing, ApiError> {
    let project: Project = stored::need(conn, "Projects", release.project_id.as_str()).await?;
    let channel: Option<regatta_core::channel::Channel> =
        stored::get(conn, "Channels", release.channel_id.as_str()).await?;
    let own = channel.and_then(|channel| channel.lifecycle_id);
    let lifecycle: Lifecycle = stored::need(
        conn,
        "Lifecycles",
        own.unwrap_or(project.lifecycle_id).as_str(),
    )
    .await?;
    let environments: Vec<Environment> =
        stored::all(conn, "Environments", release.space_id.as_str()).await?;
    let reached = deployment::reached(conn, release.id.as_str(), None).await?;
    Ok(Standing {
        phases: lifecycle.progression(&environments, &reached),
        has_defect: reached.has_defect,
        environments,
    })
}

impl Standing {
    /// Environments that can be deployed to now, first phase first.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Environment> {
        let open = self.phases.iter().filter(|phase| !phase.blocked);
        open.flat_map(PhaseState::environments).filter_map(|id| {
            self.environments
                .iter()
                .find(|environment| environment.id == *id)
        })
    }

    fn next(&self) -> Vec<String> {
        next(&self.phases)
    }
}

/// Environments of the phases that are under way.
pub(crate) fn next(phases: &[PhaseState]) -> Vec<String> {
    let current = phases
        .iter()
        .filter(|phase| phase.progress == Progress::Current);
    current
        .flat_map(|phase| phase.environments().map(ToString::to_string))
        .collect()
}

pub(super) async fn of_release(call: Call) -> Answer {
    let release: Release = stored::parse(call.document())?;
    let mut conn = call.read().await?;
    let standing = standing(&mut conn, &release).await?;
    let latest = latest(&mut conn, &call, &release).await?;
    let phases: Vec<Value> = standing
        .phases
        .iter()
        .map(|phase| phase_body(phase, &latest))
        .collect();
    let minimum = standing
        .phases
        .iter()
        .find(|phase| phase.progress == Progress::Current)
        .map_or(0, |phase| phase.required);
    Ok(ok(
        json!({"Phases": phases, "NextDeployments": standing.next(), "NextDeploymentsMinimumRequired": minimum, "HasUnresolvedDefect": standing.has_defect}),
    ))
}

fn phase_body(phase: &PhaseState, latest: &HashMap<String, Value>) -> Value {
    json!({
        "Id": phase.id,
        "Name": phase.name,
        "Blocked": phase.blocked,
        "Progress": phase.progress.as_str(),
        "AutomaticDeploymentTargets": phase.automatic,
        "OptionalDeploymentTargets": phase.by_hand,
        "MinimumEnvironmentsBeforePromotion": phase.required,
        "IsOptionalPhase": phase.is_optional,
        "Deployments": phase.environments().filter_map(|id| latest.get(id.as_str())).collect::<Vec<_>>(),
    })
}

/// The newest deployment of a release per environment, with its task, where the caller may see it.
async fn latest(
    conn: &mut Conn,
    call: &Call,
    release: &Release,
) -> Result<HashMap<String, Value>, ApiError> {
    let project: Project = stored::need(conn, "Projects", release.project_id.as_str()).await?;
    let mut newest: HashMap<String, Task> = HashMap::new();
    let releases = [release.id.to_string()];
    for task in conn.tasks_of_releases("Deploy", &releases, 1).await? {
        if let Some(environment) = task.environment_id.clone()
            && may_see_deployments(call, &project, (&environment, task.tenant_id.as_deref()))
        {
            newest.insert(environment, task);
        }
    }
    let ids = newest
        .values()
        .filter_map(|task| task.deployment_id.clone())
        .collect();
    let query = Query {
        kind: deployment::KIND.into(),
        ids: Some(ids),
        order: Order::Newest,
        ..Query::default()
    };
    let documents = conn.documents(&query).await?.items;
    let mut pairs = HashMap::new();
    for (environment, task) in newest {
        let document = documents
            .iter()
            .find(|document| Some(&document.id) == task.deployment_id.as_ref());
        if let Some(document) = document {
            pairs.insert(environment, json!({"Task": body::task(&task, call.now()), "Deployment": deployment::view(document)}));
        }
    }
    Ok(pairs)
}

/// Where the release can be deployed now.
pub(super) async fn template(call: Call) -> Answer {
    let release: Release = stored::parse(call.document())?;
    let mut conn = call.read().await?;
    let standing = standing(&mut conn, &release).await?;
    let space = release.space_id.as_str();
    let promote: Vec<Value> = standing
        .open()
        .filter(|environment| may_see_environment(&call, &environment.id))
        .map(|environment| {
            let preview = format!(
                "/api/{space}/releases/{}/deployments/preview/{}{{?includeDisabledSteps}}",
                release.id, environment.id
            );
            json!({"Id": environment.id, "Name": environment.name, "Links": {"Preview": preview}})
        })
        .collect();
    let modified = refresh::modified(&mut conn, &release).await?;
    Ok(ok(json!({
        "IsDeploymentProcessModified": modified.process,
        "DeploymentNotes": release.release_notes,
        "IsVariableSetModified": modified.variables,
        "IsLibraryVariableSetModified": modified.libraries,
        "PromoteTo": promote,
        "TenantPromotions": [],
    })))
}
