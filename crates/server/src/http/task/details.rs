//! Octopus' task details: the activity tree with log lines, three levels deep at least.

use std::collections::HashMap;

use regatta_core::log::LogLevel;
use regatta_store::log::{LogFilter, LogLine, LogRange};
use regatta_store::{Task, TaskState};
use serde_json::{Value, json};

use super::{access, body};
use crate::activity::{self, Node, Status};
use crate::call::{Call, ok};
use crate::driver::progress::Progress;
use crate::error::ApiError;
use crate::folded::Folded;
use crate::operation::Answer;
use crate::time_text::iso;

/// Lines of the log in one answer; the end of the log counts. Everything is at `.../log`.
const LINES_MAX: usize = 5_000;

pub(super) async fn details(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let folded = call.app.runs.get(&mut conn, &task.id).await?;
    drop(conn);
    let verbose = call.query.flag("verbose")?.unwrap_or(false);
    let tail = call.query.number("tail")?.map_or(LINES_MAX, |tail| {
        usize::try_from(tail).unwrap_or(LINES_MAX).min(LINES_MAX)
    });
    let lines = lines(&call, &task, tail, verbose).await?;
    let nodes = folded
        .as_deref()
        .map(|folded| nodes(&task, folded))
        .unwrap_or_default();
    let percentage = progress(&task, &nodes);
    let said = folded
        .as_deref()
        .map(|folded| said(&call, &task, folded))
        .unwrap_or_default();
    let root = Node {
        id: task.id.clone(),
        name: task.description.clone(),
        status: root_status(&task),
        started_at: task.started_at,
        ended_at: task.completed_at,
        children: nodes,
    };
    let mut by_node = sort_lines(&task.id, folded.as_deref(), lines);
    let size: usize = by_node
        .values()
        .flatten()
        .map(|line| line["MessageText"].as_str().map_or(0, str::len))
        .sum();
    Ok(ok(json!({
        "Task": body::task(&task, call.now()),
        "ActivityLogs": [element(&root, &mut by_node, &said, percentage)],
        "Progress": {"ProgressPercentage": percentage, "EstimatedTimeRemaining": ""},
        "PhysicalLogSize": size,
        "Links": {"Self": format!("/api/tasks/{}/details", task.id)},
    })))
}

async fn lines(
    call: &Call,
    task: &Task,
    take: usize,
    verbose: bool,
) -> Result<Vec<LogLine>, ApiError> {
    let filter = LogFilter {
        level_min: (!verbose).then_some(LogLevel::Info),
        ..LogFilter::default()
    };
    let range = LogRange::Before {
        number: u64::MAX,
        take,
    };
    Ok(call
        .app
        .logs
        .read(&task.id, range, filter)
        .await
        .map_err(ApiError::internal)?
        .lines)
}

fn nodes(task: &Task, folded: &Folded) -> Vec<Node> {
    let name = |worker: &str| worker.strip_prefix("Workers-").unwrap_or(worker).to_owned();
    activity::steps(&task.id, &folded.frozen.plan, &folded.run.view(), &name)
}

fn root_status(task: &Task) -> Status {
    match task.state {
        TaskState::Queued => Status::Pending,
        TaskState::Executing | TaskState::Cancelling => Status::Running,
        TaskState::Success if task.has_warnings => Status::SuccessWithWarning,
        TaskState::Success => Status::Success,
        TaskState::Failed | TaskState::TimedOut => Status::Failed,
        TaskState::Canceled => Status::Canceled,
    }
}

/// Settled steps of all, in whole percent.
fn progress(task: &Task, nodes: &[Node]) -> usize {
    if task.state.is_completed() {
        return 100;
    }
    let open = |node: &&Node| matches!(node.status, Status::Pending | Status::Running);
    let settled = nodes.len() - nodes.iter().filter(open).count();
    if nodes.is_empty() {
        0
    } else {
        settled * 100 / nodes.len()
    }
}

/// Lines by the id of the node they belong to.
fn sort_lines(
    task_id: &str,
    folded: Option<&Folded>,
    lines: Vec<LogLine>,
) -> HashMap<String, Vec<Value>> {
    let mut by_node: HashMap<String, Vec<Value>> = HashMap::new();
    for line in lines {
        let node = folded
            .and_then(|folded| node_of(task_id, folded, &line))
            .unwrap_or_else(|| task_id.to_owned());
        by_node.entry(node).or_default().push(log_element(&line));
    }
    by_node
}

fn node_of(task_id: &str, folded: &Folded, line: &LogLine) -> Option<String> {
    let plan = &folded.frozen.plan;
    let slug = line.source.step.as_ref()?;
    let ix = plan.steps.iter().position(|step| step.slug == *slug)?;
    let step = &plan.steps[ix];
    let base = format!("{task_id}/s{ix}");
    let Some(action) = &line.source.action else {
        return Some(base);
    };
    let target = line
        .source
        .target
        .as_ref()
        .and_then(|id| plan.targets.iter().position(|target| target.id == *id));
    let place = target.map_or_else(
        || format!("{base}/server"),
        |target| format!("{base}/t{target}"),
    );
    let action_ix = step.actions.iter().position(|own| own.slug == *action)?;
    Some(if step.actions.len() == 1 {
        place
    } else {
        format!("{place}/a{action_ix}")
    })
}

/// One line as Octopus shows it.
pub(super) fn log_element(line: &LogLine) -> Value {
    json!({
        "Category": category(line.level),
        "OccurredAt": iso(line.at),
        "MessageText": line.text,
        "Detail": null,
        "Number": line.number,
    })
}

/// Octopus' name of a level.
pub(super) const fn category(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Verbose => "Verbose",
        LogLevel::Info => "Info",
        LogLevel::Highlight => "Highlight",
        LogLevel::Wait => "Wait",
        LogLevel::Warning => "Warning",
        LogLevel::Error => "Error",
        LogLevel::Gap => "Gap",
    }
}

/// What running scripts say of their progress, by node.
fn said(call: &Call, task: &Task, folded: &Folded) -> HashMap<String, Progress> {
    let board = call.app.driver().progress();
    let out = folded.run.tickets_out();
    let said = out.filter_map(|out| {
        let step = &folded.frozen.plan.steps[out.cell.step.0 as usize];
        let node = if step.actions.len() == 1 {
            activity::place_node_id(&task.id, out.cell)
        } else {
            activity::cell_node_id(&task.id, out.cell)
        };
        Some((node, board.of(out.ticket)?))
    });
    said.collect()
}

fn element(
    node: &Node,
    lines: &mut HashMap<String, Vec<Value>>,
    said: &HashMap<String, Progress>,
    percentage: usize,
) -> Value {
    let children: Vec<Value> = node
        .children
        .iter()
        .map(|child| {
            let done = !matches!(child.status, Status::Pending | Status::Running);
            element(child, lines, said, if done { 100 } else { 0 })
        })
        .collect();
    let said_here = said.get(&node.id);
    json!({
        "Id": node.id,
        "Name": node.name,
        "Status": node.status.as_str(),
        "Started": node.started_at.map(iso),
        "Ended": node.ended_at.map(iso),
        "ShowAtSummaryLevel": node.id.matches('/').count() < 2,
        "ProgressPercentage": said_here.map_or(percentage, |said| said.percentage as usize),
        "ProgressMessage": said_here.map(|said| said.message.as_str()).unwrap_or_default(),
        "LogElements": lines.remove(&node.id).unwrap_or_default(),
        "Children": children,
    })
}
