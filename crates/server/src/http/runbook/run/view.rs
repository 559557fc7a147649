//! Runs of runbooks as answered.

use regatta_store::Document;
use serde_json::{Map, Value};

use crate::http::deployment::read::bare;

/// A run as answered.
pub(super) fn view(document: &Document) -> Value {
    let mut shown = bare(document);
    let links = links(document, &shown);
    shown.insert("Links".into(), Value::Object(links));
    Value::Object(shown)
}

fn links(document: &Document, body: &Map<String, Value>) -> Map<String, Value> {
    let space = document.space_id.as_deref().unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let task = text("TaskId");
    let below = |path: &str, id: &str| format!("/api/{space}/{path}/{id}");
    let links = [
        ("Self", below("runbookRuns", &document.id)),
        ("Task", format!("/api/tasks/{task}")),
        ("Project", below("projects", text("ProjectId"))),
        ("Environment", below("environments", text("EnvironmentId"))),
        ("Runbook", below("runbooks", text("RunbookId"))),
        (
            "RunbookSnapshot",
            below("runbookSnapshots", text("RunbookSnapshotId")),
        ),
        (
            "RunbookProcess",
            below("runbookProcesses", text("FrozenRunbookProcessId")),
        ),
        (
            "Artifacts",
            format!("/api/{space}/artifacts?regarding={}", document.id),
        ),
        (
            "Interruptions",
            format!("/api/{space}/interruptions?regarding={}", document.id),
        ),
        ("Web", format!("/app#/{space}/tasks/{task}")),
    ];
    let links = links.map(|(name, path)| (name.to_owned(), Value::from(path)));
    links.into_iter().collect()
}
