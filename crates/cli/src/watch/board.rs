//! What is known about the run: the snapshot, kept up to date by events. It decides nothing.

use std::collections::HashMap;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;

use crate::find::text;

#[derive(Default)]
pub(super) struct Board {
    /// As in `tasks/{id}/run`, in list order.
    pub(super) steps: Vec<Value>,
    pub(super) task: Value,
    pub(super) queue: Option<String>,
    pub(super) forecast: Value,
    pub(super) limit: Option<i64>,
    machines: HashMap<String, String>,
    as_of: u64,
    /// The last event that was told here. The snapshot may know more.
    told: u64,
    /// The server's time, and ours when it said so.
    clock: Option<(Timestamp, Instant)>,
    /// Why the connection is down.
    pub(super) lost: Option<String>,
    pub(super) is_changed: bool,
}

impl Board {
    /// For a watching that goes on after this event.
    pub(super) fn after(event: u64) -> Self {
        Self {
            told: event,
            ..Self::default()
        }
    }

    pub(super) fn read(&mut self, run: &Value) {
        self.is_changed = true;
        self.task = run["Task"].clone();
        self.queue = run["Queue"]["Message"].as_str().map(str::to_owned);
        self.clock = time(&run["At"]).map(|at| (at, Instant::now()));
        // An event may have been faster than this answer.
        if run["AsOf"].as_u64().unwrap_or(0) < self.as_of {
            return;
        }
        self.as_of = run["AsOf"].as_u64().unwrap_or(0);
        self.steps = run["Steps"].as_array().cloned().unwrap_or_default();
        self.forecast = run["Forecast"].clone();
        self.limit = run["Limits"]["RunningMax"].as_i64();
        let machines = run["Machines"].as_array().into_iter().flatten();
        self.machines = machines
            .map(|machine| (text(machine, "Id"), text(machine, "Name")))
            .collect();
    }

    /// Replaces the state of everything an event changed.
    pub(super) fn apply(&mut self, event: &Value) {
        let number = event["Seq"].as_u64().unwrap_or(0);
        self.told = self.told.max(number);
        if number <= self.as_of {
            return;
        }
        self.as_of = number;
        self.is_changed = true;
        for changed in event["Steps"].as_array().into_iter().flatten() {
            let same = |step: &&mut Value| step["StepSlug"] == changed["StepSlug"];
            if let Some(step) = self.steps.iter_mut().find(same) {
                merge(step, changed);
            }
        }
    }

    /// Whether a person has been asked and has not answered, as far as everything is told. A question of long ago, which
    /// is told again to somebody who comes later, is none.
    pub(super) fn waits_for_person(&self) -> bool {
        let runs = self
            .steps
            .iter()
            .filter_map(|step| step["ActionRuns"].as_array());
        let asks = |run: &Value| run["State"] == "Interrupted" && run["InterruptionId"].is_string();
        self.told >= self.as_of && runs.flatten().any(asks)
    }

    pub(super) fn machine(&self, id: &str) -> String {
        self.machines
            .get(id)
            .cloned()
            .unwrap_or_else(|| id.to_owned())
    }

    pub(super) fn step(&self, slug: &str) -> Option<&Value> {
        self.steps.iter().find(|step| step["StepSlug"] == slug)
    }

    /// What time it is for the server.
    pub(super) fn now(&self) -> Timestamp {
        let Some((at, seen)) = self.clock else {
            return Timestamp::now();
        };
        let passed = jiff::SignedDuration::try_from(seen.elapsed()).unwrap_or_default();
        at.checked_add(passed).unwrap_or(at)
    }

    /// Milliseconds from a time in a document until now, or until another.
    pub(super) fn ms_since(&self, start: &Value, end: &Value) -> Option<i64> {
        let start = time(start)?;
        let end = time(end).unwrap_or_else(|| self.now());
        Some(end.as_millisecond() - start.as_millisecond())
    }

    /// Milliseconds from now until a time in a document.
    pub(super) fn ms_until(&self, end: &Value) -> Option<i64> {
        Some(time(end)?.as_millisecond() - self.now().as_millisecond())
    }
}

/// States an event carries about a step; keys of the plan stay.
fn merge(step: &mut Value, changed: &Value) {
    const STATE: [&str; 7] = [
        "State",
        "StartedAt",
        "EndedAt",
        "SkipReason",
        "Message",
        "ConditionError",
        "HasWarnings",
    ];
    let Some(object) = step.as_object_mut() else {
        return;
    };
    for key in STATE {
        match changed.get(key) {
            Some(value) => object.insert(key.to_owned(), value.clone()),
            None => object.shift_remove(key),
        };
    }
    if changed["State"] != "Pending" {
        object.shift_remove("Waiting");
    }
    let Some(Value::Array(runs)) = object.get_mut("ActionRuns") else {
        object.insert("ActionRuns".to_owned(), changed["ActionRuns"].clone());
        return;
    };
    for run in changed["ActionRuns"].as_array().into_iter().flatten() {
        let place = |run: &Value| (run["ActionSlug"].clone(), run["MachineId"].clone());
        match runs.iter_mut().find(|known| place(known) == place(run)) {
            Some(known) => *known = run.clone(),
            None => runs.push(run.clone()),
        }
    }
}

pub(super) fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
