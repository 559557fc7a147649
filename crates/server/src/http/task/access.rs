//! Who may see or change a task: whoever holds the permission for its space, project, environment and tenant.

use std::collections::HashMap;

use regatta_core::permission::{Permission, Scope};
use regatta_store::{Conn, StoreError, Task, TaskPlace};

use crate::call::Call;
use crate::error::ApiError;
use crate::scope;

/// What a permission must cover for this task.
pub(crate) async fn scope_of(conn: &mut Conn, task: &Task) -> Result<Scope, StoreError> {
    let space = task.space_id.as_deref();
    let mut wanted = match &task.project_id {
        Some(project) => scope::of_project(conn, space, project).await?,
        None => scope::of_space(space),
    };
    wanted.environments = task
        .environment_id
        .iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    let tenant = task.tenant_id.iter();
    wanted.tenants = tenant.filter_map(|id| id.parse().ok()).collect();
    Ok(wanted)
}

/// Which tasks the caller may see: many are of few places, and each place is looked up once.
#[derive(Default)]
pub(super) struct Sight {
    known: HashMap<[Option<String>; 4], bool>,
}

impl Sight {
    pub(super) async fn may(
        &mut self,
        call: &Call,
        conn: &mut Conn,
        task: &Task,
    ) -> Result<bool, StoreError> {
        let place = [
            &task.space_id,
            &task.project_id,
            &task.environment_id,
            &task.tenant_id,
        ]
        .map(Clone::clone);
        if let Some(may) = self.known.get(&place) {
            return Ok(*may);
        }
        let wanted = scope_of(conn, task).await?;
        let may = call.caller.may(Permission::TaskView, &wanted);
        self.known.insert(place, may);
        Ok(may)
    }
}

/// The places whose tasks the caller may see, so that the database can page: of the path's space, or all of them.
pub(super) async fn places(call: &Call, conn: &mut Conn) -> Result<Vec<TaskPlace>, StoreError> {
    let mut places = Vec::new();
    for grant in &call.caller.grants {
        let space = grant.space.as_ref().map(ToString::to_string);
        let is_here = call
            .space()
            .is_none_or(|here| Some(&here.id) == space.as_ref());
        if !is_here || !grant.permissions.contains(&Permission::TaskView) {
            continue;
        }
        let only = &grant.only;
        let within = (&*only.projects, &*only.project_groups);
        places.push(TaskPlace {
            projects: scope::projects_of(conn, within, space.as_deref()).await?,
            space_id: space,
            environments: only.environments.iter().map(ToString::to_string).collect(),
            tenants: only.tenants.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(places)
}

/// The task the path names, if the caller may see it. In the path of a space only its own tasks exist.
pub(super) async fn task(call: &Call, conn: &mut Conn) -> Result<Task, ApiError> {
    let id = call.parameter("id");
    let missing = || ApiError::not_found(id);
    let task = conn.task(&canonical(id)).await?.ok_or_else(missing)?;
    if call
        .space()
        .is_some_and(|space| task.space_id.as_deref() != Some(space.id.as_str()))
    {
        return Err(missing());
    }
    let wanted = scope_of(conn, &task).await?;
    if call.caller.may(Permission::TaskView, &wanted) {
        return Ok(task);
    }
    // Of a space the caller does not know nothing is told, not even that there is such a task.
    let knows = task
        .space_id
        .as_deref()
        .is_some_and(|space| call.caller.knows_space(space));
    if knows {
        Err(call.caller.refusal(Permission::TaskView, &wanted))
    } else {
        Err(missing())
    }
}

/// The task the path names, if the caller may see it and holds `permission` for it.
pub(super) async fn task_for(call: &mut Call, permission: Permission) -> Result<Task, ApiError> {
    let mut conn = call.read().await?;
    let task = task(call, &mut conn).await?;
    let wanted = scope_of(&mut conn, &task).await?;
    call.caller.require(permission, &wanted)?;
    call.decided();
    Ok(task)
}

/// Ids are read in any case of letters.
fn canonical(id: &str) -> String {
    const PREFIX: &str = "ServerTasks";
    match id.get(..PREFIX.len()) {
        Some(head) if head.eq_ignore_ascii_case(PREFIX) => {
            format!("{PREFIX}{}", &id[PREFIX.len()..])
        }
        _ => id.to_owned(),
    }
}
