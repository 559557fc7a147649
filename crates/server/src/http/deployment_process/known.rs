//! What exists around a process: what lint and analysis may know besides the document.

use regatta_core::channel::Channel;
use regatta_core::environment::Environment;
use regatta_core::id::{ChannelId, EnvironmentId};
use regatta_core::machine::{Machine, WorkerPool};
use regatta_core::process::DeploymentProcess;
use regatta_core::process::lint::LintContext;
use regatta_core::project::{DeploymentSettings, Project};
use regatta_core::runbook::Runbook;
use regatta_store::Query;

use crate::call::Call;
use crate::driver::{self, plan_input};
use crate::error::ApiError;
use crate::stored;

pub(super) struct Known {
    pub settings: DeploymentSettings,
    /// None for a process whose steps ask for none: a space may have very many.
    pub machines: Vec<Machine>,
    pub environments: Vec<Environment>,
    pub channels: Vec<Channel>,
    pub pools: Vec<WorkerPool>,
    environment_ids: Vec<EnvironmentId>,
    channel_ids: Vec<ChannelId>,
    pool_slots: Vec<(String, usize)>,
}

impl Known {
    /// Reads it for the process of a project or a runbook.
    pub(super) async fn read(call: &Call, process: &DeploymentProcess) -> Result<Self, ApiError> {
        let project = process
            .project_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let mut conn = call.read().await?;
        let space = call.space_id();
        let settings = match &process.runbook_id {
            Some(runbook) => {
                let runbook: Runbook =
                    stored::need(&mut conn, "Runbooks", runbook.as_str()).await?;
                runbook.settings()
            }
            None => {
                let owner: Project = stored::need(&mut conn, "Projects", &project).await?;
                plan_input::settings(&mut conn, &owner).await?
            }
        };
        let environments: Vec<Environment> = stored::all(&mut conn, "Environments", space).await?;
        let of_project = Query {
            kind: "Channels".to_owned(),
            space_id: Some(Some(space.to_owned())),
            owner_id: Some(project),
            ..Query::default()
        };
        let found = conn.documents(&of_project).await?.items;
        let channels: Vec<Channel> = found.iter().map(stored::parse).collect::<Result<_, _>>()?;
        let pools: Vec<WorkerPool> = stored::all(&mut conn, "WorkerPools", space).await?;
        let machines = if plan_input::asks_for_targets(process) {
            stored::all(&mut conn, "Machines", space).await?
        } else {
            Vec::new()
        };
        let slots = call.app.config.worker_slots as usize;
        Ok(Self {
            settings,
            machines,
            environment_ids: environments.iter().map(|known| known.id.clone()).collect(),
            channel_ids: channels.iter().map(|known| known.id.clone()).collect(),
            pool_slots: pool_slots(&pools, slots),
            environments,
            channels,
            pools,
        })
    }

    pub(super) fn lint(&self) -> LintContext<'_> {
        LintContext {
            machines: Some(&self.machines),
            environments: Some(&self.environment_ids),
            channels: Some(&self.channel_ids),
            pool_slots: Some(&self.pool_slots),
            pools: Some(&self.pools),
            limits: self.settings.limits(),
        }
    }
}

/// What the built-in worker serves, all others have no worker; steps that name none use the default pool.
pub(in crate::http) fn pool_slots(pools: &[WorkerPool], slots: usize) -> Vec<(String, usize)> {
    let named = pools.iter().map(|pool| {
        let slots = if driver::is_served(pool) { slots } else { 0 };
        (pool.id.to_string(), slots)
    });
    let default = std::iter::once((String::new(), slots));
    default.chain(named).collect()
}
