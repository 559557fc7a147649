//! What runs at a place while something newer waits behind it in the queue: a dashboard is about what happens, not about
//! what is to come. Not who may see it: that goes by place.

use std::collections::HashMap;

use regatta_store::{Conn, Task};

use crate::error::ApiError;

/// Project, environment and tenant.
type Place = (Option<String>, Option<String>, Option<String>);

/// Deployments that run, and how many wait behind each.
#[derive(Default)]
pub(super) struct Running(HashMap<Place, (Option<Task>, usize)>);

impl Running {
    pub(super) async fn read(conn: &mut Conn, space: &str) -> Result<Self, ApiError> {
        let mut places: HashMap<Place, (Option<Task>, usize)> = HashMap::new();
        let is_here =
            |task: &Task| task.kind == "Deploy" && task.space_id.as_deref() == Some(space);
        for task in conn.tasks_open().await?.into_iter().filter(is_here) {
            let (running, queued) = places.entry(place(&task)).or_default();
            if task.started_at.is_some() {
                *running = Some(task);
            } else {
                *queued += 1;
            }
        }
        Ok(Self(places))
    }

    /// What is shown of the place whose newest deployment is this one, and how many wait behind it.
    pub(super) fn before(&mut self, newest: Task) -> (Task, usize) {
        if newest.started_at.is_some() || newest.state.is_completed() {
            return (newest, 0);
        }
        match self.0.remove(&place(&newest)) {
            Some((Some(running), queued)) => (running, queued),
            _ => (newest, 0),
        }
    }
}

fn place(task: &Task) -> Place {
    (
        task.project_id.clone(),
        task.environment_id.clone(),
        task.tenant_id.clone(),
    )
}
