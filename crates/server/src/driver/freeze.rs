//! Freezing a task when it starts: the plan, and what the deployment is about, from documents as they are now.

use std::sync::Arc;

use regatta_core::deployment::Request;
use regatta_core::engine::plan::Plan;
use regatta_core::machine::Machine;
use regatta_core::release::Release;
use regatta_core::time::Time;
use regatta_store::{Conn, Order, Query, StoreError, Task, TaskQuery, TaskState, Vault};
use serde_json::Value;

use super::facts::{CreatedBy, DeploymentFacts, MachineFacts, Named, RunbookFacts};
use super::frozen::{Frozen, FrozenTask};
use super::open::OpenError;
use super::package;
use super::plan_input::{PlanInput, Subject};
use super::run_kind::kind_of;
use super::tenant_values;
use crate::{stored, time_text};

/// Works the plan of a task out. Nothing is stored yet: that happens with the first event.
pub(super) async fn freeze(
    conn: &mut Conn,
    vault: &Vault,
    task: &Task,
    now: Time,
) -> Result<Frozen, OpenError> {
    let id = task.deployment_id.clone().unwrap_or_default();
    let asked: Request = stored::need(conn, kind_of(task).documents(), &id)
        .await
        .map_err(gone)?;
    let tenant = asked.tenant_id.as_ref().map(AsRef::as_ref);
    let mut input = PlanInput::load(conn, &asked.subject_id, asked.environment_id.as_str())
        .await
        .map_err(gone)?
        .for_tenant(conn, vault, tenant)
        .await?
        .with_referred(conn, vault, &asked.choices.form_values)
        .await?;
    if asked.choices.names_machines() {
        input.read_all_machines(conn).await?;
    }
    let evaluate = input
        .values
        .evaluator(&input, &asked.choices.form_values, vault, now);
    let plan = input
        .plan(&asked.choices, &evaluate)
        .map_err(|error| OpenError::Unrunnable(error.to_string()))?;
    let facts = facts(conn, task, (&asked, &input), &plan).await?;
    let sets = input.subject.variable_set_ids();
    let frozen = FrozenTask {
        plan: Arc::new(plan),
        facts,
        process_id: input.subject.process_id().to_string(),
        variable_set_ids: sets.into_iter().map(ToString::to_string).collect(),
        referred: input.values.referred().clone(),
        tenant_variables: input.values.tenant().map(tenant_values::to_stored),
        form_values: asked.choices.form_values,
        packages: package::selected(conn, &input).await?,
    };
    Ok(Frozen::new(
        &task.id,
        frozen,
        input.process,
        &input.values,
        vault,
    )?)
}

/// Something the deployment needs was removed while it was queued: it can never run.
fn gone(error: StoreError) -> OpenError {
    match error {
        StoreError::Missing { kind, id } => OpenError::Unrunnable(format!(
            "{id} ({kind}) was removed before the deployment started"
        )),
        other => OpenError::Store(other),
    }
}

async fn facts(
    conn: &mut Conn,
    task: &Task,
    (asked, input): (&Request, &PlanInput),
    plan: &Plan,
) -> Result<DeploymentFacts, StoreError> {
    let project = &input.project;
    let text = |key: &str| {
        asked
            .other
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let facts = DeploymentFacts {
        space: named(conn, "Spaces", project.space_id.as_str()).await?,
        project: Named {
            id: project.id.to_string(),
            name: project.name.to_string(),
        },
        project_group: named(conn, "ProjectGroups", project.project_group_id.as_str()).await?,
        environment: Named {
            id: input.environment.id.to_string(),
            name: input.environment.name.to_string(),
        },
        tenant: input.tenant.as_ref().map(|tenant| Named {
            id: tenant.id.to_string(),
            name: tenant.name.to_string(),
        }),
        tenant_tags: input
            .tenant
            .as_ref()
            .map_or_else(Vec::new, |tenant| tenant.tenant_tags.clone()),
        environment_sort_order: input.environment.sort_order.into(),
        deployment: Named {
            id: asked.id.clone(),
            name: text("Name"),
        },
        comments: asked.comments.clone().unwrap_or_default(),
        created: text("Created"),
        created_by: created_by(conn, &text("DeployedById")).await?,
        task: Named {
            id: task.id.clone(),
            name: task.description.clone(),
        },
        queue_time: time_text::iso(task.scheduled_at.unwrap_or(task.queued_at)),
        force_package_download: asked.choices.force_package_download,
        force_package_redeployment: asked.choices.force_package_redeployment,
        machines: machines(input, plan),
        ..DeploymentFacts::default()
    };
    of_subject(conn, task, &input.subject, facts).await
}

/// Adds what is only so of releases, or only of runbooks.
async fn of_subject(
    conn: &mut Conn,
    task: &Task,
    subject: &Subject,
    facts: DeploymentFacts,
) -> Result<DeploymentFacts, StoreError> {
    let release = match subject {
        Subject::Release { release, .. } => release,
        Subject::Runbook { runbook, snapshot } => {
            let runbook = RunbookFacts {
                runbook: Named {
                    id: runbook.id.to_string(),
                    name: runbook.name.to_string(),
                },
                snapshot: Named {
                    id: snapshot.id.to_string(),
                    name: snapshot.name.clone(),
                },
                notes: snapshot.notes.clone().unwrap_or_default(),
            };
            return Ok(DeploymentFacts {
                runbook: Some(runbook),
                ..facts
            });
        }
    };
    let custom = release.other.get("CustomFields").and_then(Value::as_object);
    let custom = custom.into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(DeploymentFacts {
        channel: named(conn, "Channels", release.channel_id.as_str()).await?,
        release: Named {
            id: release.id.to_string(),
            name: release.version.clone(),
        },
        release_notes: release.release_notes.clone().unwrap_or_default(),
        release_created: release.assembled.clone(),
        custom_fields: custom
            .map(|(key, value)| (key.clone(), text(value)))
            .collect(),
        current_for_environment: current(conn, task).await?,
        previous_release: previous(conn, release).await?,
        ..facts
    })
}

async fn named(conn: &mut Conn, kind: &str, id: &str) -> Result<Named, StoreError> {
    let name = conn.document(kind, id).await?.map(|document| document.name);
    Ok(Named {
        id: id.to_owned(),
        name: name.unwrap_or_default(),
    })
}

async fn created_by(conn: &mut Conn, id: &str) -> Result<CreatedBy, StoreError> {
    let Some(user) = conn.document("Users", id).await? else {
        return Ok(CreatedBy {
            id: id.to_owned(),
            ..CreatedBy::default()
        });
    };
    let body: Value = serde_json::from_str(&user.body).unwrap_or_default();
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Ok(CreatedBy {
        id: id.to_owned(),
        username: text("Username"),
        display_name: text("DisplayName"),
        email: text("EmailAddress"),
    })
}

/// The release last deployed to this environment with success, for the same tenant or, like this, for none.
async fn current(conn: &mut Conn, task: &Task) -> Result<Option<Named>, StoreError> {
    let query = TaskQuery {
        project_id: task.project_id.clone(),
        environment_id: task.environment_id.clone(),
        tenant_id: Some(task.tenant_id.clone()),
        kind: Some(task.kind.clone()),
        states: vec![TaskState::Success],
        take: Some(1),
        ..TaskQuery::default()
    };
    let last = conn
        .tasks(&query)
        .await?
        .items
        .pop()
        .and_then(|task| task.release_id);
    match last {
        Some(id) => Ok(conn.document("Releases", &id).await?.map(|release| Named {
            id: release.id,
            name: release.name,
        })),
        None => Ok(None),
    }
}

/// The release of the project made before this one.
async fn previous(conn: &mut Conn, this: &Release) -> Result<Option<Named>, StoreError> {
    const LOOKED_AT: u64 = 200;
    let query = Query {
        kind: "Releases".into(),
        owner_id: Some(this.project_id.to_string()),
        order: Order::Newest,
        take: Some(LOOKED_AT),
        ..Query::default()
    };
    let mut newest = conn
        .documents(&query)
        .await?
        .items
        .into_iter()
        .skip_while(|release| release.id != this.id.as_str());
    Ok(newest.nth(1).map(|release| Named {
        id: release.id,
        name: release.name,
    }))
}

fn machines(input: &PlanInput, plan: &Plan) -> Vec<MachineFacts> {
    let taking_part = |machine: &&Machine| {
        plan.targets
            .iter()
            .any(|target| target.id == machine.id.as_str())
    };
    let facts = |machine: &Machine| MachineFacts {
        id: machine.id.to_string(),
        name: machine.name.to_string(),
        roles: machine.roles.clone(),
        hostname: machine
            .other
            .get("Hostname")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        properties: Vec::new(),
    };
    input
        .machines
        .iter()
        .filter(taking_part)
        .map(facts)
        .collect()
}
