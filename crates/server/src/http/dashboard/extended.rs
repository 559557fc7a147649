//! What the portal's dashboard shows beyond Octopus': progress, remaining time, and how far behind a place is.

use std::collections::{HashMap, HashSet};

use regatta_core::engine::{WaitReason, Waiting, World};
use regatta_core::simulate::{Forecast, Setup, forecast};
use regatta_core::time::Time;
use regatta_store::{Conn, Task};
use serde_json::{Value, json};

use super::Board;
use crate::app::App;
use crate::call::Call;
use crate::error::ApiError;
use crate::http::predict;
use crate::stored;

/// Running deployments whose rest is worked out; on a server that runs more the others have none.
const PREDICTED_MAX: usize = 40;

pub(super) async fn items(
    call: &Call,
    conn: &mut Conn,
    board: &Board,
    items: &mut [Value],
) -> Result<(), ApiError> {
    let newer = Newer::read(conn, board, call.space_id()).await?;
    let world = idle(call, conn).await?;
    let mut predicted = 0;
    for (shown, item) in board.tasks.iter().zip(items) {
        item["Regatta.NewerReleases"] = json!(newer.than(board, &shown.task));
        item["Regatta.Queued"] = json!(shown.queued);
        let runs = shown.task.started_at.is_some() && !shown.task.state.is_completed();
        if runs && predicted < PREDICTED_MAX {
            predicted += 1;
            let progress = progress(&call.app, conn, &shown.task, &world).await?;
            item["Regatta.PercentComplete"] = json!(progress.percent);
            item["Regatta.RemainingMs"] = json!(progress.remaining_ms);
            item["Regatta.IsOverdue"] = json!(progress.is_overdue);
        }
    }
    Ok(())
}

/// How far a run is; what is not known is `None`, as is the end of one that waits for a worker nobody has.
#[derive(Default)]
struct Progress {
    /// How much of its expected time it is through.
    percent: Option<i64>,
    remaining_ms: Option<i64>,
    /// Something of it runs for longer than is typical.
    is_overdue: bool,
}

/// What runs of the space have to work with, when nothing else runs.
async fn idle(call: &Call, conn: &mut Conn) -> Result<World, ApiError> {
    let pools = stored::all(conn, "WorkerPools", call.space_id()).await?;
    Ok(predict::world_now(&pools, call.app.config.worker_slots))
}

async fn progress(
    app: &App,
    conn: &mut Conn,
    task: &Task,
    world: &World,
) -> Result<Progress, ApiError> {
    let Some(folded) = app.runs.get(conn, &task.id).await? else {
        return Ok(Progress::default());
    };
    let plan = &folded.frozen.plan;
    let setup = Setup {
        world: world.clone(),
        unknown_ms: predict::UNKNOWN_MS,
    };
    let now = app.now();
    let expected = forecast(plan, &folded.events, now, &setup).map_err(ApiError::internal)?;
    Ok(Progress::of(&expected, now))
}

impl Progress {
    fn of(expected: &Forecast, now: Time) -> Self {
        let is_overdue = expected.overdue_ms.values().any(|ms| *ms >= 1_000);
        let unknown = Self {
            is_overdue,
            ..Self::default()
        };
        let has_no_worker =
            |waiting: &Waiting| matches!(waiting.reason, WaitReason::NoWorker { .. });
        if expected.stuck.iter().any(has_no_worker) {
            return unknown;
        }
        let steps = expected.times.steps.iter();
        let begun = steps.filter_map(|step| Some((step.began_at?, step.over_at)));
        let (began, over): (Vec<_>, Vec<_>) = begun.unzip();
        let (Some(first), Some(last)) = (began.into_iter().min(), over.into_iter().flatten().max())
        else {
            return Self {
                percent: Some(0),
                ..unknown
            };
        };
        let (whole, done) = (last.since_ms(first).max(1), now.since_ms(first));
        Self {
            percent: Some((done.max(0) * 100 / whole).min(99)),
            remaining_ms: Some(last.since_ms(now).max(0)),
            is_overdue,
        }
    }
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
