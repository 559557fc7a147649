//! What the portal's dashboard shows beyond Octopus': progress, remaining time, and how far behind a place is.

use std::collections::{HashMap, HashSet};

use regatta_core::simulate::{Setup, forecast};
use regatta_store::{Conn, Task};
use serde_json::{Value, json};

use super::Board;
use crate::app::App;
use crate::call::Call;
use crate::error::ApiError;
use crate::http::predict;

/// Running deployments whose rest is worked out; on a server that runs more the others have none.
const PREDICTED_MAX: usize = 40;

pub(super) async fn items(
    call: &Call,
    conn: &mut Conn,
    board: &Board,
    items: &mut [Value],
) -> Result<(), ApiError> {
    let newer = Newer::read(conn, board, call.space_id()).await?;
    let mut predicted = 0;
    for (shown, item) in board.tasks.iter().zip(items) {
        item["Regatta.NewerReleases"] = json!(newer.than(board, &shown.task));
        item["Regatta.Queued"] = json!(shown.queued);
        let runs = shown.task.started_at.is_some() && !shown.task.state.is_completed();
        if runs && predicted < PREDICTED_MAX {
            predicted += 1;
            let progress = progress(&call.app, conn, &shown.task).await?;
            item["Regatta.PercentComplete"] = json!(progress.percent);
            item["Regatta.RemainingMs"] = json!(progress.remaining_ms);
            item["Regatta.IsOverdue"] = json!(progress.is_overdue);
        }
    }
    Ok(())
}

/// How far a run is; what is not known is `None`.
#[derive(Default)]
struct Progress {
    /// How much of its expected time it is through.
    percent: Option<i64>,
    remaining_ms: Option<i64>,
    /// Something of it runs for longer than is typical.
    is_overdue: bool,
}

async fn progress(app: &App, conn: &mut Conn, task: &Task) -> Result<Progress, ApiError> {
    let Some(folded) = app.runs.get(conn, &task.id).await? else {
        return Ok(Progress::default());
    };
    let plan = &folded.frozen.plan;
    let setup = Setup {
        world: predict::world(plan, app.config.worker_slots),
        unknown_ms: predict::UNKNOWN_MS,
    };
    let now = app.now();
    let expected = forecast(plan, &folded.events, now, &setup).map_err(ApiError::internal)?;
    let began = expected.times.steps.iter().filter_map(|step| step.began_at);
    let over = expected
        .times
        .steps
        .iter()
        .filter(|step| step.began_at.is_some());
    let (Some(first), Some(last)) = (began.min(), over.filter_map(|step| step.over_at).max())
    else {
        return Ok(Progress {
            percent: Some(0),
            ..Progress::default()
        });
    };
    let (whole, done) = (last.since_ms(first).max(1), now.since_ms(first));
    let percent = (done.max(0) * 100 / whole).min(99);
    Ok(Progress {
        percent: Some(percent),
        remaining_ms: Some(last.since_ms(now).max(0)),
        is_overdue: expected.overdue_ms.values().any(|ms| *ms >= 1_000),
    })
}

/// Releases that reached places with success: project and environment to the numbers in their ids.
struct Newer(HashMap<(String, String), HashSet<u64>>);

impl Newer {
    async fn read(conn: &mut Conn, board: &Board, space: &str) -> Result<Self, ApiError> {
        // Only places whose environment before has something newer.
        let ids = board.behind();
        let mut reached: HashMap<(String, String), HashSet<u64>> = HashMap::new();
        for (project, environment, release) in conn.releases_reached(space, "Deploy", &ids).await? {
            reached
                .entry((project, environment))
                .or_default()
                .extend(serial(&release));
        }
        Ok(Self(reached))
    }

    fn than(&self, board: &Board, task: &Task) -> usize {
        let found = board
            .before(task)
            .zip(task.release_id.as_deref().and_then(serial));
        let Some((place, own)) = found else {
            return 0;
        };
        self.0.get(&place).map_or(0, |all| {
            all.iter().filter(|release| **release > own).count()
        })
    }
}

impl Board {
    /// The project and the environment before the one of this task.
    fn before(&self, task: &Task) -> Option<(String, String)> {
        let project = task.project_id.clone()?;
        let environment = task.environment_id.as_deref()?;
        let reach = self.reach.get(&project)?;
        let at = reach.iter().position(|id| id.as_str() == environment)?;
        let before = reach.get(at.checked_sub(1)?)?.to_string();
        Some((project, before))
    }

    /// Projects of which some environment has something newer than the one after it.
    fn behind(&self) -> Vec<String> {
        let newest: HashMap<(String, String), u64> = self
            .tasks
            .iter()
            .filter(|shown| shown.standing == super::item::Standing::Current)
            .filter_map(|shown| {
                let place = (
                    shown.task.project_id.clone()?,
                    shown.task.environment_id.clone()?,
                );
                Some((place, serial(shown.task.release_id.as_deref()?)?))
            })
            .collect();
        let is_behind = |task: &Task| {
            let own = task.release_id.as_deref().and_then(serial);
            let before = self
                .before(task)
                .and_then(|place| newest.get(&place).copied());
            own.zip(before).is_some_and(|(own, before)| before > own)
        };
        let behind = self.tasks.iter().filter(|shown| is_behind(&shown.task));
        let ids: HashSet<String> = behind
            .filter_map(|shown| shown.task.project_id.clone())
            .collect();
        ids.into_iter().collect()
    }
}

/// Releases are numbered in the order they were made.
fn serial(release: &str) -> Option<u64> {
    release.rsplit('-').next()?.parse().ok()
}
