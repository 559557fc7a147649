//! Everything a plan is made of, read at one moment: for a start, a preview, or a check before queueing. The same for
//! releases and for runbooks.

use std::collections::HashMap;

use regatta_core::channel::Channel;
use regatta_core::deployment::DeploymentChoices;
use regatta_core::engine::plan::Plan;
use regatta_core::environment::Environment;
use regatta_core::id::derived::{ProcessId, VariableSetId};
use regatta_core::id::{ChannelId, RunbookSnapshotId};
use regatta_core::machine::{Machine, WorkerPool};
use regatta_core::planner::{self, Evaluate, PlanContext, PlanError, PreviewStep};
use regatta_core::process::DeploymentProcess;
use regatta_core::project::{DeploymentSettings, Project};
use regatta_core::release::Release;
use regatta_core::runbook::{Runbook, RunbookSnapshot};
use regatta_core::tenant::Tenant;
use regatta_store::seal::SealError;
use regatta_store::{Conn, StoreError, Vault};

use super::referred::Referred;
use super::tenant_values;
use super::values::Values;
use crate::stored::{self, VARIABLES};
use crate::typical::Typical;

/// What is brought to an environment.
#[derive(Debug, Clone)]
pub enum Subject {
    Release {
        release: Box<Release>,
        channel: Option<Box<Channel>>,
    },
    Runbook {
        runbook: Box<Runbook>,
        /// Of the living documents, when a draft is looked at.
        snapshot: Box<RunbookSnapshot>,
    },
}

/// See the module.
pub struct PlanInput {
    pub project: Project,
    pub settings: DeploymentSettings,
    pub subject: Subject,
    pub environment: Environment,
    /// Whom it is for, in a tenanted deployment.
    pub tenant: Option<Tenant>,
    pub process: DeploymentProcess,
    /// Those that steps can reach; every one of the space after [`Self::read_all_machines`].
    pub machines: Vec<Machine>,
    pub pools: Vec<WorkerPool>,
    pub values: Values,
    pub typical: Typical,
    /// Typical duration in ms by action id.
    expected_ms: HashMap<String, i64>,
}

impl PlanInput {
    /// Reads it for an environment and a release, a runbook's snapshot, or a runbook as it is being edited: whichever
    /// has the id.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when something it needs is gone.
    pub async fn load(
        conn: &mut Conn,
        subject_id: &str,
        environment_id: &str,
    ) -> Result<Self, StoreError> {
        let subject = Subject::load(conn, subject_id).await?;
        let project: Project = stored::need(conn, "Projects", subject.project_id()).await?;
        let settings = match &subject {
            Subject::Release { .. } => settings(conn, &project).await?,
            Subject::Runbook { runbook, .. } => runbook.settings(),
        };
        let space = project.space_id.as_str().to_owned();
        let process = stored::process(conn, subject.process_id().as_str()).await?;
        let mut sets = Vec::new();
        for id in subject.variable_set_ids() {
            sets.push(stored::need(conn, VARIABLES, id.as_str()).await?);
        }
        let typical = Typical::load(conn, subject.process_owner()).await?;
        let expected_ms = typical.by_id(&process, |past| past.median_ms);
        Ok(Self {
            environment: stored::need(conn, "Environments", environment_id).await?,
            tenant: None,
            machines: reachable(conn, &process, (&space, environment_id)).await?,
            pools: stored::all(conn, "WorkerPools", &space).await?,
            values: Values::new(sets),
            project,
            settings,
            subject,
            process,
            typical,
            expected_ms,
        })
    }

    /// For choices that name machines: whether there are such, and why they cannot take part.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_all_machines(&mut self, conn: &mut Conn) -> Result<(), StoreError> {
        self.machines = stored::all(conn, "Machines", self.project.space_id.as_str()).await?;
        Ok(())
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

    /// The same with what the accounts and certificates give that its variables name, as they are now.
    ///
    /// # Errors
    /// When the database fails or one of them cannot be read.
    pub(super) async fn with_referred(
        mut self,
        conn: &mut Conn,
        vault: &Vault,
        form: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, SealError> {
        let referred = Referred::read(conn, vault, &self, form).await?;
        self.values = self.values.with_referred(referred);
        Ok(self)
    }

    /// What would run, or why nothing can.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn plan(
        &self,
        choices: &DeploymentChoices,
        evaluate: &Evaluate<'_>,
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
        evaluate: &Evaluate<'_>,
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
        evaluate: &'a Evaluate<'a>,
        expected_ms: &'a dyn Fn(&str) -> Option<i64>,
    ) -> PlanContext<'a> {
        let mode = self.settings.default_guided_failure_mode;
        PlanContext {
            environment: Some(&self.environment),
            channel: self.subject.channel_id(),
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
            // One that cannot be worked out leaves machines locked, which is what is safe.
            bypass_mutex: evaluate("#{OctopusBypassDeploymentMutex}")
                .is_ok_and(|text| text.trim().eq_ignore_ascii_case("true")),
            evaluate,
            expected_ms,
        }
    }
}

/// Whether any step runs on targets, so that it matters which there are.
pub(crate) fn asks_for_targets(process: &DeploymentProcess) -> bool {
    let mut steps = process.steps.iter();
    steps.any(|step| !step.target_roles().is_empty())
}

/// The machines of the environment; none for a process whose steps ask for none. A space may have very many.
async fn reachable(
    conn: &mut Conn,
    process: &DeploymentProcess,
    (space, environment_id): (&str, &str),
) -> Result<Vec<Machine>, StoreError> {
    if !asks_for_targets(process) {
        return Ok(Vec::new());
    }
    let tag = format!("environment:{environment_id}");
    stored::tagged(conn, "Machines", space, &tag).await
}

impl Subject {
    async fn load(conn: &mut Conn, id: &str) -> Result<Self, StoreError> {
        if id.starts_with("Releases-") {
            let release: Box<Release> = stored::need(conn, "Releases", id).await?;
            let channel = stored::get(conn, "Channels", release.channel_id.as_str()).await?;
            return Ok(Self::Release { release, channel });
        }
        if id.starts_with("Runbooks-") {
            let runbook: Box<Runbook> = stored::need(conn, "Runbooks", id).await?;
            let snapshot = draft(conn, &runbook).await?;
            return Ok(Self::Runbook { runbook, snapshot });
        }
        let snapshot: Box<RunbookSnapshot> = stored::need(conn, "RunbookSnapshots", id).await?;
        let runbook = stored::need(conn, "Runbooks", snapshot.runbook_id.as_str()).await?;
        Ok(Self::Runbook { runbook, snapshot })
    }

    fn project_id(&self) -> &str {
        match self {
            Self::Release { release, .. } => release.project_id.as_str(),
            Self::Runbook { runbook, .. } => runbook.project_id.as_str(),
        }
    }

    /// Of the release or the snapshot.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Release { release, .. } => release.id.as_str(),
            Self::Runbook { snapshot, .. } => snapshot.id.as_str(),
        }
    }

    /// How people call it, e.g. `Release 1.2.0`.
    #[must_use]
    pub fn called(&self) -> String {
        match self {
            Self::Release { release, .. } => format!("Release {}", release.version),
            Self::Runbook { runbook, .. } => format!("The runbook {}", runbook.name),
        }
    }

    #[must_use]
    pub fn release(&self) -> Option<&Release> {
        match self {
            Self::Release { release, .. } => Some(release),
            Self::Runbook { .. } => None,
        }
    }

    #[must_use]
    pub fn channel(&self) -> Option<&Channel> {
        match self {
            Self::Release { channel, .. } => channel.as_deref(),
            Self::Runbook { .. } => None,
        }
    }

    #[must_use]
    pub fn channel_id(&self) -> Option<&ChannelId> {
        self.release().map(|release| &release.channel_id)
    }

    /// Whose process it is: the project's or the runbook's.
    #[must_use]
    pub fn process_owner(&self) -> &str {
        match self {
            Self::Release { release, .. } => release.project_id.as_str(),
            Self::Runbook { runbook, .. } => runbook.id.as_str(),
        }
    }

    /// What is frozen of the process.
    #[must_use]
    pub fn process_id(&self) -> &ProcessId {
        match self {
            Self::Release { release, .. } => &release.project_deployment_process_snapshot_id,
            Self::Runbook { snapshot, .. } => &snapshot.frozen_runbook_process_id,
        }
    }

    /// What is frozen of the variables: the project's, then those of library sets in their order.
    #[must_use]
    pub fn variable_set_ids(&self) -> Vec<&VariableSetId> {
        let (own, libraries) = match self {
            Self::Release { release, .. } => (
                &release.project_variable_set_snapshot_id,
                &release.library_variable_set_snapshot_ids,
            ),
            Self::Runbook { snapshot, .. } => (
                &snapshot.frozen_project_variable_set_id,
                &snapshot.library_variable_set_snapshot_ids,
            ),
        };
        std::iter::once(own).chain(libraries).collect()
    }
}

/// A runbook as it is now, in the shape of a snapshot that nobody has made yet.
async fn draft(conn: &mut Conn, runbook: &Runbook) -> Result<Box<RunbookSnapshot>, StoreError> {
    let project: Project = stored::need(conn, "Projects", runbook.project_id.as_str()).await?;
    let mut libraries = Vec::new();
    for set in &project.included_library_variable_set_ids {
        let id = VariableSetId::of_library(set);
        if conn.document(VARIABLES, id.as_str()).await?.is_some() {
            libraries.push(id);
        }
    }
    Ok(Box::new(RunbookSnapshot {
        id: RunbookSnapshotId::numbered(0),
        name: "Draft".to_owned(),
        space_id: runbook.space_id.clone(),
        project_id: runbook.project_id.clone(),
        runbook_id: runbook.id.clone(),
        assembled: String::new(),
        notes: None,
        frozen_runbook_process_id: runbook.process_id(),
        frozen_project_variable_set_id: project.variable_set_id(),
        library_variable_set_snapshot_ids: libraries,
        selected_packages: Vec::new(),
        other: serde_json::Map::new(),
    }))
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

/// The tag of a space whose queue is stopped.
pub(crate) const QUEUE_STOPPED: &str = "task-queue-stopped:true";

/// Spaces whose queue is stopped: nothing of them starts.
pub(crate) async fn stopped_spaces(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let query = regatta_store::Query {
        kind: "Spaces".into(),
        tags: vec![vec![QUEUE_STOPPED.into()]],
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
