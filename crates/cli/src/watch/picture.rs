//! The picture of a run as lines of text: how far it is, what runs, what waits and why. It draws nothing.

use serde_json::Value;

use super::Wanted;
use super::board::Board;
use crate::find::text;
use crate::text::{clip, duration, visible};

/// What a line is about; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Head,
    Done,
    Bad,
    Running,
    Waiting,
    Person,
    Quiet,
    /// A line somebody else wrote.
    Plain,
}

pub(super) struct Line {
    pub(super) tone: Tone,
    pub(super) text: String,
}

impl Line {
    pub(super) fn quiet(text: String) -> Self {
        line(Tone::Quiet, text)
    }

    pub(super) fn plain(text: String) -> Self {
        line(Tone::Plain, text)
    }
}

fn line(tone: Tone, text: impl Into<String>) -> Line {
    Line {
        tone,
        text: text.into(),
    }
}

/// How finished steps are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finished {
    /// As a count, with the names of the last ones.
    Folded,
    /// A line for each where there is room for all of them, else folded.
    Each,
}

/// The whole picture in so many columns and rows; finished steps fold into a count before anything else is cut.
pub(super) fn lines(
    board: &Board,
    wanted: &Wanted,
    (columns, rows): (usize, usize),
    finished_steps: Finished,
) -> Vec<Line> {
    let (settled, open): (Vec<&Value>, Vec<&Value>) =
        board.steps.iter().partition(|step| is_settled(step));
    let mut lines = about_all(board, wanted, rows);
    let fits = lines.len() + board.steps.len() <= rows;
    if finished_steps == Finished::Each && fits {
        lines.extend(settled.iter().map(|step| finished(board, step)));
    } else {
        let (bad, good): (Vec<&Value>, Vec<&Value>) = settled.iter().partition(|step| is_bad(step));
        if !good.is_empty() {
            lines.push(line(Tone::Done, folded(board, &good, columns)));
        }
        lines.extend(bad.iter().map(|step| finished(board, step)));
    }
    let room = rows.saturating_sub(lines.len()).max(1);
    lines.extend(open_lines(board, &open, room));
    lines.truncate(rows.max(1));
    for line in &mut lines {
        line.text = clip(&visible(&line.text), columns);
    }
    lines
}

/// What is said about the whole, above its steps.
fn about_all(board: &Board, wanted: &Wanted, rows: usize) -> Vec<Line> {
    let mut lines = vec![line(Tone::Head, head(board, wanted))];
    // Where there is room for more than the run itself.
    if rows > 11 {
        lines.push(line(Tone::Quiet, format!("   {}", wanted.page)));
    }
    if let Some(why) = &board.lost {
        lines.push(line(
            Tone::Bad,
            format!(" ! connection lost ({why}); trying again, the deployment goes on"),
        ));
    }
    if let Some(queue) = &board.queue {
        lines.push(line(
            Tone::Waiting,
            format!(" ○ waits in the queue: {queue}"),
        ));
    }
    lines
}

fn head(board: &Board, wanted: &Wanted) -> String {
    let mut parts = vec![wanted.title.clone()];
    if let Some(ms) = board.ms_since(&board.task["StartTime"], &board.task["CompletedTime"]) {
        parts.push(duration(ms));
    }
    if !board.steps.iter().all(is_settled) {
        parts.extend(left(board, &board.forecast, 0));
    }
    let running = board
        .steps
        .iter()
        .filter(|step| step["State"] == "Running")
        .count();
    if running > 0 {
        let limit = board
            .limit
            .map(|limit| format!(" (limit {limit})"))
            .unwrap_or_default();
        parts.push(format!("{running} at once{limit}"));
    }
    if board.task["State"] == "Cancelling" {
        parts.push("cancelling".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    format!(" {}", parts.join(" · "))
}

pub(super) fn is_settled(step: &Value) -> bool {
    matches!(
        step["State"].as_str(),
        Some("Succeeded" | "Ignored" | "Failed" | "Canceled" | "Skipped")
    )
}

fn is_bad(step: &Value) -> bool {
    matches!(step["State"].as_str(), Some("Failed" | "Canceled"))
        || step["SkipReason"] == "BlockedBy"
}

fn took(board: &Board, step: &Value) -> String {
    board
        .ms_since(&step["StartedAt"], &step["EndedAt"])
        .map(duration)
        .unwrap_or_default()
}

/// `✓ 4 done  Build 40s · Test 12s`, the newest last, as many as fit.
fn folded(board: &Board, good: &[&Value], columns: usize) -> String {
    let mut names: Vec<String> = Vec::new();
    let head = format!(" ✓ {} done ", good.len());
    for step in good.iter().rev() {
        let name = format!("{} {}", text(step, "StepName"), took(board, step));
        names.insert(0, name.trim_end().to_owned());
        let line = format!("{head} {}", names.join(" · "));
        if crate::text::width(&line) > columns && names.len() > 1 {
            names.remove(0);
            break;
        }
    }
    format!("{head} {}", names.join(" · "))
}

fn finished(board: &Board, step: &Value) -> Line {
    let state = text(step, "State");
    let (tone, mark) = match state.as_str() {
        "Succeeded" => (Tone::Done, "✓"),
        "Ignored" => (Tone::Done, "✓"),
        "Failed" | "Canceled" => (Tone::Bad, "✗"),
        _ if is_bad(step) => (Tone::Bad, "–"),
        _ => (Tone::Quiet, "–"),
    };
    let state = state.to_lowercase();
    let why = text(step, "Message");
    let why = if why.is_empty() {
        String::new()
    } else {
        format!(": {why}")
    };
    line(
        tone,
        format!(
            " {mark} {}  {state} {}{why}",
            named(step),
            took(board, step)
        ),
    )
}

fn named(step: &Value) -> String {
    format!("{} {}", step["Number"], text(step, "StepName"))
}

/// Running steps first when there is not enough room, with what is left over as a count.
fn open_lines(board: &Board, open: &[&Value], room: usize) -> Vec<Line> {
    let rank = |step: &Value| match step["State"].as_str() {
        Some("Interrupted") => 0,
        Some("Running") => 1,
        Some("Ready") => 2,
        _ => 3,
    };
    let mut shown: Vec<&Value> = open.to_vec();
    let cut = shown.len() > room;
    if cut {
        shown.sort_by_key(|step| (rank(step), step["Number"].as_u64()));
        shown.truncate(room.saturating_sub(1));
        shown.sort_by_key(|step| step["Number"].as_u64());
    }
    let hidden = open.len() - shown.len();
    let last = shown.len().saturating_sub(1);
    let mut lines: Vec<Line> = shown
        .iter()
        .enumerate()
        .map(|(at, step)| {
            let branch = if at == last && !cut { "└" } else { "├" };
            open_line(board, step, branch)
        })
        .collect();
    if cut {
        lines.push(line(Tone::Quiet, format!(" └ and {hidden} more")));
    }
    lines
}

fn open_line(board: &Board, step: &Value, branch: &str) -> Line {
    let name = named(step);
    match step["State"].as_str() {
        Some("Interrupted") => line(
            Tone::Person,
            format!(
                " {branch} ◆ {name}  waits for a person, {}   answer: regatta deployment approve {} \"{}\"",
                took(board, step),
                text(&board.task, "Id"),
                text(step, "StepName")
            ),
        ),
        Some("Running") => line(
            Tone::Running,
            format!(" {branch} ▶ {name}  {}", running(board, step)),
        ),
        _ => {
            let why = text(&step["Waiting"], "Message");
            line(Tone::Waiting, format!(" {branch} ○ {name}  {why}"))
        }
    }
}

/// `~20s left`; nobody knows that of what takes longer than it ever did.
fn left(board: &Board, expected: &Value, above_ms: i64) -> Option<String> {
    let overdue = expected["OverdueMs"].as_i64().filter(|ms| *ms > 0);
    if let Some(ms) = overdue {
        return Some(format!("longer than usual by {}", duration(ms)));
    }
    let left = board.ms_until(&expected["TypicalEndsAt"]);
    left.filter(|ms| *ms > above_ms)
        .map(|ms| format!("~{} left", duration(ms)))
}

/// `3/4 targets  40s  ~20s left  web-03`, and what a part of it waits for.
fn running(board: &Board, step: &Value) -> String {
    let runs = step["ActionRuns"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut parts = Vec::new();
    if runs.len() > 1 {
        let done = runs.iter().filter(|run| is_settled(run)).count();
        let what = if runs.iter().any(|run| run["MachineId"].is_string()) {
            "targets"
        } else {
            "actions"
        };
        parts.push(format!("{done}/{} {what}", runs.len()));
    }
    parts.push(took(board, step));
    parts.extend(left(board, &step["Expected"], 500));
    let on: Vec<String> = runs
        .iter()
        .filter(|run| run["State"] == "Running")
        .filter_map(|run| run["MachineId"].as_str())
        .map(|id| board.machine(id))
        .collect();
    if !on.is_empty() {
        parts.push(on.join(", "));
    }
    if let Some(run) = runs.iter().find(|run| run["State"] == "Retrying") {
        let attempts = run["Attempts"].as_array().map_or(0, Vec::len);
        parts.push(format!("failed {attempts} times, tries again"));
    }
    if let Some(why) = runs
        .iter()
        .find_map(|run| run["Waiting"]["Message"].as_str())
    {
        parts.push(why.to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_late_says_so_instead_of_how_little_is_left() {
        let mut board = Board::default();
        board.read(&json!({"Task": {}, "At": "2026-01-01T00:00:00Z"}));
        let expected =
            |ends: &str, overdue_ms: i64| json!({"TypicalEndsAt": ends, "OverdueMs": overdue_ms});
        let on_time = left(&board, &expected("2026-01-01T01:00:00Z", 0), 500).unwrap();
        assert!(
            on_time.starts_with('~') && on_time.ends_with(" left"),
            "{on_time}"
        );
        assert_eq!(
            left(&board, &expected("2026-01-01T00:00:01Z", 80_000), 0).as_deref(),
            Some("longer than usual by 1m 20s")
        );
        assert_eq!(left(&board, &expected("2025-01-01T00:00:00Z", 0), 0), None);
    }
}
