//! How far a release has come, from the tasks of its deployments.

use regatta_core::lifecycle::Reached;
use regatta_store::{Conn, StoreError, Task, TaskQuery};

/// The environments a release was deployed to with success; for a tenant those it was deployed to for that tenant.
pub(crate) async fn reached(
    conn: &mut Conn,
    release_id: &str,
    tenant_id: Option<&str>,
) -> Result<Reached, StoreError> {
    let releases = [release_id.to_owned()];
    let places = conn
        .environments_reached("Deploy", &releases, tenant_id)
        .await?;
    let succeeded = places
        .iter()
        .filter_map(|(_, environment)| environment.parse().ok());
    Ok(Reached {
        succeeded: succeeded.collect(),
        has_defect: false,
    })
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
