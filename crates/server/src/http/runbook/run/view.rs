//! Runs of runbooks as answered.

use regatta_store::Document;
use serde_json::Value;

use crate::http::deployment::read::linked;
use crate::resource::read::body;

/// A run as answered. Its page is that of its task.
pub(super) fn view(document: &Document) -> Value {
    let others = [
        ("Runbook", "runbooks", "RunbookId"),
        ("RunbookSnapshot", "runbookSnapshots", "RunbookSnapshotId"),
        (
            "RunbookProcess",
            "runbookProcesses",
            "FrozenRunbookProcessId",
        ),
    ];
    let stored = body(document);
    let task = stored.get("TaskId").and_then(Value::as_str);
    let web = format!("tasks/{}", task.unwrap_or_default());
    linked(document, ("runbookRuns", &web), &others)
}
