//! How far a release has come, from the tasks of its deployments and its defects.

use regatta_core::lifecycle::Reached;
use regatta_store::{Conn, StoreError, Task, TaskQuery, TaskState};

use crate::http::release::defect;

/// The environments a release was deployed to with success; for a tenant those it was deployed to for that tenant.
pub(crate) async fn reached(
    conn: &mut Conn,
    release_id: &str,
    tenant_id: Option<&str>,
) -> Result<Reached, StoreError> {
    let done = succeeded(conn, release_id, tenant_id).await?;
    Ok(Reached {
        has_defect: defect::is_open(conn, release_id).await?,
        ..of(&done)
    })
}

/// The same before and after this deployment of it, whatever has happened since; defects as they are now.
pub(crate) async fn reached_by(
    conn: &mut Conn,
    release_id: &str,
    task: &Task,
) -> Result<[Reached; 2], StoreError> {
    let has_defect = defect::is_open(conn, release_id).await?;
    let mut done = succeeded(conn, release_id, task.tenant_id.as_deref()).await?;
    let when = |task: &Task| (task.completed_at, task.id.clone());
    done.retain(|other| when(other) < when(task));
    let before = Reached {
        has_defect,
        ..of(&done)
    };
    done.push(task.clone());
    let after = Reached {
        has_defect,
        ..of(&done)
    };
    Ok([before, after])
}

fn of(done: &[Task]) -> Reached {
    let environments = done
        .iter()
        .filter_map(|task| task.environment_id.as_deref()?.parse().ok());
    Reached {
        succeeded: environments.collect(),
        has_defect: false,
    }
}

async fn succeeded(
    conn: &mut Conn,
    release_id: &str,
    tenant_id: Option<&str>,
) -> Result<Vec<Task>, StoreError> {
    let query = TaskQuery {
        release_id: Some(release_id.to_owned()),
        tenant_id: tenant_id.map(|tenant| Some(tenant.to_owned())),
        kind: Some("Deploy".into()),
        states: vec![TaskState::Success],
        ..TaskQuery::default()
    };
    Ok(conn.tasks(&query).await?.items)
}

/// The task that carries a deployment out.
pub(crate) async fn task_of(
    conn: &mut Conn,
    deployment_id: &str,
) -> Result<Option<Task>, StoreError> {
    let query = TaskQuery {
        deployment_id: Some(deployment_id.to_owned()),
        take: Some(1),
        ..TaskQuery::default()
    };
    Ok(conn.tasks(&query).await?.items.pop())
}
