//! What a deployment is asked for with, the same from both endpoints.

use regatta_core::deployment::DeploymentChoices;
use regatta_core::process::DeploymentProcess;
use regatta_core::time::Time;
use regatta_store::Document;
use serde_json::{Map, Value};

use crate::call::Call;
use crate::driver::plan_input::PlanInput;
use crate::driver::run_kind::RunKind;
use crate::error::ApiError;
use crate::http::release::by_name;
use crate::time_text::parse_iso;

/// Octopus' limit on planning ahead.
const AHEAD_MAX_MS: i64 = 30 * 24 * 3_600_000;

/// A request with names turned into documents, before anything is decided.
pub(in crate::http) struct Wanted {
    /// The release, or the snapshot of a runbook.
    pub subject: Document,
    pub places: Vec<Place>,
    pub named: Named,
    pub how: How,
}

/// What does not depend on where it goes.
pub(crate) struct How {
    pub kind: RunKind,
    pub comments: Option<String>,
    pub scheduled_at: Option<Time>,
    pub expires_at: Option<Time>,
    pub prioritised: bool,
}

impl How {
    /// Reads the keys both endpoints have; `keys` are theirs for when to start and when to give up.
    pub(in crate::http) fn read(
        kind: RunKind,
        body: &Value,
        keys: [&str; 2],
        now: Time,
    ) -> Result<Self, ApiError> {
        let (scheduled_at, expires_at) = times(body, keys, now)?;
        let is_priority = |priority: &str| {
            ["Prioritized", "High"]
                .iter()
                .any(|word| priority.eq_ignore_ascii_case(word))
        };
        Ok(Self {
            kind,
            comments: text(body, "Comments").map(str::to_owned),
            scheduled_at,
            expires_at,
            prioritised: text(body, "Priority").is_some_and(is_priority),
        })
    }
}

/// Where one deployment goes.
pub(in crate::http) struct Place {
    pub environment: Document,
    pub tenant: Option<Document>,
}

/// Choices as sent: by name from the executions API, by id from the older endpoint.
#[derive(Default)]
pub(in crate::http) struct Named {
    pub skip_steps: Vec<String>,
    pub specific_machines: Vec<String>,
    pub excluded_machines: Vec<String>,
    pub force_package_download: bool,
    pub force_package_redeployment: bool,
    pub use_guided_failure: Option<bool>,
    /// By variable name or id.
    pub form: Map<String, Value>,
}

impl Named {
    /// Whether machines are chosen or left out, so that they have to be known.
    pub(in crate::http) fn names_machines(&self) -> bool {
        !self.specific_machines.is_empty() || !self.excluded_machines.is_empty()
    }
}

/// The text under a key, trimmed, unless empty.
pub(in crate::http) fn text<'b>(body: &'b Value, key: &str) -> Option<&'b str> {
    body.get(key)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

pub(in crate::http) fn texts(body: &Value, key: &str) -> Vec<String> {
    let items = body.get(key).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Reads the keys both endpoints have; `keys` are theirs for steps, machines, excluded machines and values.
pub(in crate::http) fn named(body: &Value, keys: [&str; 4]) -> Named {
    let flag = |key: &str| body.get(key).and_then(Value::as_bool);
    Named {
        skip_steps: texts(body, keys[0]),
        specific_machines: texts(body, keys[1]),
        excluded_machines: texts(body, keys[2]),
        force_package_download: flag("ForcePackageDownload").unwrap_or(false),
        force_package_redeployment: flag("ForcePackageRedeployment").unwrap_or(false),
        use_guided_failure: flag("UseGuidedFailure"),
        form: body
            .get(keys[3])
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
    }
}

/// When to start and when to give up, checked against each other and the clock.
fn times(
    body: &Value,
    keys: [&str; 2],
    now: Time,
) -> Result<(Option<Time>, Option<Time>), ApiError> {
    let read = |key: &str| {
        let Some(text) = text(body, key) else {
            return Ok(None);
        };
        let at = parse_iso(text);
        at.map(Some).ok_or_else(|| {
            ApiError::invalid_one(format!(
                "{key}: '{text}' is no time; write it like 2026-01-02T03:04:05+00:00."
            ))
        })
    };
    let scheduled_at = read(keys[0])?.filter(|at| *at > now);
    let expires_at = read(keys[1])?;
    if scheduled_at.is_some_and(|at| at.since_ms(now) > AHEAD_MAX_MS) {
        return Err(ApiError::invalid_one(format!(
            "{}: a deployment can be scheduled at most 30 days ahead.",
            keys[0]
        )));
    }
    if let Some(expires_at) = expires_at
        && expires_at <= scheduled_at.unwrap_or(now)
    {
        return Err(ApiError::invalid_one(format!(
            "{}: the deployment would expire before it could start.",
            keys[1]
        )));
    }
    Ok((scheduled_at, expires_at))
}

/// The environments with these names, ids or slugs.
async fn environments(call: &Call, names: &[String]) -> Result<Vec<Document>, ApiError> {
    let mut found: Vec<Document> = Vec::with_capacity(names.len());
    let mut problems = Vec::new();
    for name in names {
        match by_name(call, "Environments", name).await? {
            Some(environment) if found.iter().any(|other| other.id == environment.id) => {}
            Some(environment) => found.push(environment),
            None => problems.push(format!("There is no environment '{name}' in this space.")),
        }
    }
    if found.is_empty() && problems.is_empty() {
        problems.push("Name at least one environment.".to_owned());
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// The same, each without a tenant.
pub(in crate::http) async fn untenanted(
    call: &Call,
    names: &[String],
) -> Result<Vec<Place>, ApiError> {
    let environments = environments(call, names).await?;
    let place = |environment| Place {
        environment,
        tenant: None,
    };
    Ok(environments.into_iter().map(place).collect())
}

/// The choices with names turned into ids, or everything that names nothing.
pub(in crate::http) fn choices(
    named: &Named,
    input: &PlanInput,
) -> Result<DeploymentChoices, ApiError> {
    let mut problems = Vec::new();
    let mut skip_actions = Vec::new();
    for name in &named.skip_steps {
        match steps_named(&input.process, name) {
            ids if ids.is_empty() => {
                problems.push(format!("{} has no step '{name}'.", input.subject.called()));
            }
            ids => skip_actions.extend(ids),
        }
    }
    let mut machines = |names: &[String]| {
        let mut ids = Vec::new();
        for name in names {
            let is_it = |own: &str| own.eq_ignore_ascii_case(name.trim());
            let found = input
                .machines
                .iter()
                .find(|m| is_it(m.id.as_str()) || is_it(m.name.as_str()) || is_it(m.slug.as_str()));
            match found {
                Some(machine) => ids.push(machine.id.clone()),
                None => problems.push(format!("There is no machine '{name}' in this space.")),
            }
        }
        ids
    };
    let choices = DeploymentChoices {
        specific_machine_ids: machines(&named.specific_machines),
        excluded_machine_ids: machines(&named.excluded_machines),
        skip_actions,
        force_package_download: named.force_package_download,
        force_package_redeployment: named.force_package_redeployment,
        use_guided_failure: named.use_guided_failure,
        form_values: Map::new(),
    };
    if problems.is_empty() {
        Ok(choices)
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// Ids of the actions meant by the name, id or slug of a step or an action.
fn steps_named(process: &DeploymentProcess, name: &str) -> Vec<String> {
    let is_it = |own: [&str; 3]| own.iter().any(|own| own.eq_ignore_ascii_case(name.trim()));
    if let Some(step) = process
        .steps
        .iter()
        .find(|step| is_it([&step.id, &step.name, &step.slug]))
    {
        return step
            .actions
            .iter()
            .map(|action| action.id.clone())
            .collect();
    }
    let actions = process.actions().map(|(_, action)| action);
    actions
        .filter(|action| is_it([&action.id, &action.name, &action.slug]))
        .map(|action| action.id.clone())
        .collect()
}
