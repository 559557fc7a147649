//! Automatic deployments: what follows when a release is made, has been deployed, or got rid of a defect.
//!
//! Whatever makes something automatic leaves a document in the transaction of its own change ([`deployed`],
//! [`created`], [`defect_resolved`]). The document goes in the transaction that queues what follows, so a server
//! killed in between neither forgets a deployment nor makes it twice.

use std::time::Duration;

use regatta_core::deployment::DeploymentChoices;
use regatta_core::environment::Environment;
use regatta_core::id::EnvironmentId;
use regatta_core::lifecycle::{Lifecycle, Reached};
use regatta_core::project::{Project, TenantedMode};
use regatta_core::release::Release;
use regatta_core::tag_set;
use regatta_core::tenant::Tenant;
use regatta_core::time::Time;
use regatta_store::{Conn, Document, Order, Query, StoreError, TaskQuery, TaskState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::audit::{self, Author, Record};
use crate::driver::plan_input::{PlanInput, Subject};
use crate::driver::run_kind::RunKind;
use crate::error::ApiError;
use crate::http::deployment::request::How;
use crate::http::deployment::{allowed, queue, reached_by};
use crate::resource::write;
use crate::stored;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "AutomaticDeployments";
/// Another server may have left something.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// Why something may be automatic now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Because {
    Created,
    /// The task of a deployment that succeeded.
    Deployed(String),
    DefectResolved,
}

/// The body of a document.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Left {
    because: Because,
}

fn document(
    (release, space): (&str, Option<String>),
    mark: &str,
    because: &Because,
    now: Time,
) -> Document {
    let body = json!({ "Because": because });
    write::part(
        KIND,
        &format!("{KIND}-{mark}"),
        (space, release),
        (&body, now),
    )
}

/// To be stored with the end of a deployment.
pub(crate) fn deployed(release: &str, space: &str, task: &str, now: Time) -> Document {
    let place = (release, Some(space.to_owned()));
    document(place, task, &Because::Deployed(task.to_owned()), now)
}

/// To be stored with a new release.
pub(crate) fn created(release: &Document) -> Document {
    let place = (release.id.as_str(), release.space_id.clone());
    document(place, &release.id, &Because::Created, release.created_at)
}

/// To be stored with the end of a defect.
pub(crate) fn defect_resolved(release: &Document, defect: &str, now: Time) -> Document {
    let place = (release.id.as_str(), release.space_id.clone());
    document(place, defect, &Because::DefectResolved, now)
}

/// Queues what was left to be queued, for as long as the server runs.
pub(crate) async fn run(app: App) {
    loop {
        let pause = match settle_all(&app).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                let error = why(&error);
                tracing::warn!(
                    error,
                    "automatic deployments cannot be queued; trying again"
                );
                PAUSE
            }
        };
        tokio::select! {
            () = app.driver().automatic_wanted() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn settle_all(app: &App) -> Result<(), ApiError> {
    let left = Query {
        kind: KIND.into(),
        order: Order::Oldest,
        ..Query::default()
    };
    let left = app.store.read().await?.documents(&left).await?.items;
    let mut failed = None;
    for document in left {
        // One that cannot be settled now keeps nobody else waiting.
        if let Err(error) = settle(app, &document).await {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Settles at once what a new release makes automatic; what goes wrong is tried again later.
pub(crate) async fn settle_now(app: &App, document: &Document) -> Vec<String> {
    match settle(app, document).await {
        Ok(names) => names,
        Err(error) => {
            let error = why(&error);
            tracing::warn!(error, "automatic deployments wait to be queued");
            app.driver().look_for_automatic();
            Vec::new()
        }
    }
}

/// A deployment that is to be queued, or why it cannot be.
struct Due {
    environment: Environment,
    checked: Result<Box<(PlanInput, DeploymentChoices)>, String>,
}

/// Queues what follows from the document; answers the names of the environments.
async fn settle(app: &App, document: &Document) -> Result<Vec<String>, ApiError> {
    let release = document.owner_id.clone().unwrap_or_default();
    let found = app
        .store
        .read()
        .await?
        .document("Releases", &release)
        .await?;
    let due = match &found {
        Some(release) => due(app, document, release).await?,
        None => Vec::new(),
    };
    let author = Author::system(app.now());
    let mut tx = app.store.begin().await?;
    if !tx.document_delete(KIND, &document.id).await? {
        // Somebody else was faster.
        return Ok(Vec::new());
    }
    let how = How {
        kind: RunKind::Deployment,
        comments: Some("Deployed automatically: the release has reached this phase.".to_owned()),
        scheduled_at: None,
        expires_at: None,
        prioritised: false,
    };
    let mut names = Vec::new();
    for due in &due {
        match &due.checked {
            Ok(checked) => {
                queue::insert(&mut tx, &author, &how, (&checked.0, &checked.1)).await?;
                names.push(due.environment.name.to_string());
            }
            Err(why) => {
                let Some(release) = &found else { continue };
                let message = format!(
                    "Release {} was not deployed to {} automatically: {why}",
                    release.name, due.environment.name
                );
                let mut record = Record::about(release, "AutoDeployDeploymentBlocked", message);
                record.related.push(due.environment.id.to_string());
                audit::record(&mut tx, &author, record).await?;
            }
        }
    }
    tx.commit().await?;
    app.driver().queue_changed();
    Ok(names)
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

async fn due(app: &App, document: &Document, release: &Document) -> Result<Vec<Due>, ApiError> {
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
                let after =
                    crate::http::deployment::reached(&mut conn, &release.id, tenant).await?;
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
        tenant_id: tenant.map(str::to_owned),
        kind: Some(RunKind::Deployment.task().into()),
        states: vec![
            TaskState::Queued,
            TaskState::Executing,
            TaskState::Cancelling,
            TaskState::Success,
        ],
        ..TaskQuery::default()
    };
    let tasks = conn.tasks(&query).await?.items;
    Ok(tasks.iter().any(|task| task.tenant_id.as_deref() == tenant))
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

fn why(error: &ApiError) -> String {
    let body = error.body();
    let all = body.get("Errors").and_then(Value::as_array);
    let all: Vec<&str> = all
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if all.is_empty() {
        let message = body.get("ErrorMessage").and_then(Value::as_str);
        message.unwrap_or_default().to_owned()
    } else {
        all.join(" ")
    }
}
