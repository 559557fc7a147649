//! Everything a plan is made of, read at one moment: for a start, a preview, or a check before queueing.

use std::collections::HashMap;

use regatta_core::channel::Channel;
use regatta_core::deployment::DeploymentChoices;
use regatta_core::engine::plan::Plan;
use regatta_core::environment::Environment;
use regatta_core::machine::{Machine, WorkerPool};
use regatta_core::planner::{self, PlanContext, PlanError, PreviewStep};
use regatta_core::process::DeploymentProcess;
use regatta_core::project::{DeploymentSettings, Project};
use regatta_core::release::Release;
use regatta_core::tenant::Tenant;
use regatta_store::seal::SealError;
use regatta_store::{Conn, StoreError, Vault};

use super::tenant_values;
use super::values::Values;
use crate::stored::{self, PROCESSES, VARIABLES};
use crate::typical::Typical;

/// See the module.
pub struct PlanInput {
    pub project: Project,
    pub settings: DeploymentSettings,
    pub release: Release,
    pub channel: Option<Channel>,
    pub environment: Environment,
    /// Whom it is for, in a tenanted deployment.
    pub tenant: Option<Tenant>,
    pub process: DeploymentProcess,
    pub machines: Vec<Machine>,
    pub pools: Vec<WorkerPool>,
    pub values: Values,
    pub typical: Typical,
    /// Typical duration in ms by action id.
    expected_ms: HashMap<String, i64>,
}

impl PlanInput {
    /// Reads it for a release and an environment.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when something it needs is gone.
    pub async fn load(
        conn: &mut Conn,
        release_id: &str,
        environment_id: &str,
    ) -> Result<Self, StoreError> {
        let release: Release = stored::need(conn, "Releases", release_id).await?;
        let space = release.space_id.as_str().to_owned();
        let project: Project = stored::need(conn, "Projects", release.project_id.as_str()).await?;
        let settings = settings(conn, &project).await?;
        let process: DeploymentProcess = stored::need(
            conn,
            PROCESSES,
            release.project_deployment_process_snapshot_id.as_str(),
        )
        .await?;
        let mut sets = Vec::new();
        let ids = std::iter::once(&release.project_variable_set_snapshot_id)
            .chain(&release.library_variable_set_snapshot_ids);
        for id in ids {
            sets.push(stored::need(conn, VARIABLES, id.as_str()).await?);
        }
        let typical = Typical::load(conn, project.id.as_str()).await?;
        let expected_ms = typical.by_id(&process, |past| past.median_ms);
        Ok(Self {
            channel: stored::get(conn, "Channels", release.channel_id.as_str()).await?,
            environment: stored::need(conn, "Environments", environment_id).await?,
            tenant: None,
            machines: stored::all(conn, "Machines", &space).await?,
            pools: stored::all(conn, "WorkerPools", &space).await?,
            values: Values::new(sets),
            project,
            settings,
            release,
            process,
            typical,
            expected_ms,
        })
    }

    /// The same for a tenant, with the variables it gives.
    ///
    /// # Errors
    /// When the tenant is gone, or a secret cannot be opened.
    pub async fn for_tenant(
        mut self,
        conn: &mut Conn,
        vault: &Vault,
        tenant_id: Option<&str>,
    ) -> Result<Self, SealError> {
        let Some(id) = tenant_id else {
            return Ok(self);
        };
        let tenant: Tenant = stored::need(conn, "Tenants", id).await?;
        let place = (&tenant, &self.environment, &self.project);
        let given = tenant_values::read(conn, vault, place).await?;
        self.values = self.values.with_tenant(Some(given));
        self.tenant = Some(tenant);
        Ok(self)
    }

    /// What would run, or why nothing can.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn plan(
        &self,
        choices: &DeploymentChoices,
        evaluate: &dyn Fn(&str) -> String,
    ) -> Result<Plan, PlanError> {
        planner::plan(
            &self.process,
            &self.context(choices, evaluate, &|action| self.expected(action)),
        )
    }

    /// What would run, as Octopus previews it.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn preview(
        &self,
        choices: &DeploymentChoices,
        evaluate: &dyn Fn(&str) -> String,
        with_disabled: bool,
    ) -> Result<Vec<PreviewStep>, PlanError> {
        planner::preview(
            &self.process,
            &self.context(choices, evaluate, &|action| self.expected(action)),
            with_disabled,
        )
    }

    /// Whether failures ask a person when nobody says otherwise.
    #[must_use]
    pub fn guided_by_default(&self) -> bool {
        self.settings
            .default_guided_failure_mode
            .decide(None, self.environment.use_guided_failure)
    }

    fn expected(&self, action: &str) -> Option<i64> {
        self.expected_ms.get(action).copied()
    }

    fn context<'a>(
        &'a self,
        choices: &'a DeploymentChoices,
        evaluate: &'a dyn Fn(&str) -> String,
        expected_ms: &'a dyn Fn(&str) -> Option<i64>,
    ) -> PlanContext<'a> {
        let mode = self.settings.default_guided_failure_mode;
        PlanContext {
            environment: Some(&self.environment),
            channel: Some(&self.release.channel_id),
            tenant: self.tenant.as_ref().map(|tenant| planner::Tenant {
                id: &tenant.id,
                tags: &tenant.tenant_tags,
            }),
            choices,
            machines: &self.machines,
            pools: &self.pools,
            connectivity: &self.settings.connectivity_policy,
            guided_failure: mode.decide(
                choices.use_guided_failure,
                self.environment.use_guided_failure,
            ),
            failure_policy: self.settings.failure_policy.into(),
            limits: self.settings.limits(),
            bypass_mutex: evaluate("#{OctopusBypassDeploymentMutex}")
                .trim()
                .eq_ignore_ascii_case("true"),
            evaluate,
            expected_ms,
        }
    }
}

/// Settings live beside the project; a project without a document of them has the defaults.
pub(crate) async fn settings(
    conn: &mut Conn,
    project: &Project,
) -> Result<DeploymentSettings, StoreError> {
    let found = stored::get(conn, "DeploymentSettings", project.settings_id().as_str()).await?;
    Ok(found.unwrap_or_else(|| {
        let mut settings = DeploymentSettings::of_new(project.id.clone(), project.space_id.clone());
        settings.default_guided_failure_mode = project.default_guided_failure_mode;
        settings.connectivity_policy = project.project_connectivity_policy.clone();
        settings
    }))
}

/// Spaces whose queue is stopped: nothing of them starts.
pub(crate) async fn stopped_spaces(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let query = regatta_store::Query {
        kind: "Spaces".into(),
        tags: vec![vec!["task-queue-stopped:true".into()]],
        ..regatta_store::Query::default()
    };
    Ok(conn
        .documents(&query)
        .await?
        .items
        .into_iter()
        .map(|space| space.id)
        .collect())
}
