//! Queueing deployments and runbook runs: everything is checked, then what was asked for, its task and the audit are
//! written together.

use regatta_core::deployment::DeploymentChoices;
use regatta_core::time::Time;
use regatta_store::{Document, Task, Tx};
use serde_json::{Map, Value, json};

use super::allowed;
use super::hold::hold;
use super::idempotency;
use super::request::{self, How, Place, Wanted};
use crate::app::App;
use crate::audit::{self, Author, Record};
use crate::call::Call;
use crate::driver::plan_input::{PlanInput, Subject};
use crate::error::ApiError;
use crate::scope;

pub(in crate::http) fn task_id(request: &Document) -> String {
    let body = crate::resource::read::body(request);
    body.get("TaskId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// One per environment and tenant, all or none.
pub(super) async fn make(
    call: &mut Call,
    wanted: Wanted,
    mark: Option<Document>,
) -> Result<Vec<Document>, ApiError> {
    let mut checked = Vec::with_capacity(wanted.places.len());
    for place in &wanted.places {
        checked.push(check(call, &wanted, place).await?);
    }
    let mut tx = call.begin().await?;
    for (input, _) in &checked {
        hold(&mut tx, input).await?;
    }
    let mut made = Vec::with_capacity(checked.len());
    for (input, choices) in &checked {
        made.push(insert(&mut tx, &call.author(), &wanted.how, (input, choices)).await?);
    }
    if let Some(mark) = mark {
        idempotency::remember(&mut tx, mark, &made).await?;
    }
    tx.commit().await?;
    // Only after the commit: the queue must find the rows.
    call.app.driver().queue_changed();
    Ok(made)
}

/// Everything that could be refused, before anything is written.
async fn check(
    call: &mut Call,
    wanted: &Wanted,
    place: &Place,
) -> Result<(PlanInput, DeploymentChoices), ApiError> {
    let mut conn = call.read().await?;
    let mut scope = scope::of_document(&mut conn, &wanted.subject).await?;
    scope.environments = place.environment.id.parse().into_iter().collect();
    let tenant = place.tenant.as_ref().map(|tenant| tenant.id.as_str());
    scope.tenants = tenant.and_then(|id| id.parse().ok()).into_iter().collect();
    drop(conn);
    call.require(&scope)?;
    let ids = (wanted.subject.id.as_str(), place.environment.id.as_str());
    let mut input = allowed::load(&call.app, ids, tenant).await?;
    if wanted.named.names_machines() {
        input.read_all_machines(&mut call.read().await?).await?;
    }
    let mut choices = request::choices(&wanted.named, &input)?;
    choices.form_values = input
        .values
        .form(&input, &wanted.named.form, &call.app.vault)
        .map_err(ApiError::invalid)?;
    check_plan(&call.app, &input, &choices)?;
    Ok((input, choices))
}

/// Checks a request with the choices of an earlier one: what was right then may be wrong now.
pub(crate) async fn check_again(
    call: &Call,
    ids: (&str, &str),
    tenant: Option<&str>,
    choices: &DeploymentChoices,
) -> Result<PlanInput, ApiError> {
    let mut input = allowed::load(&call.app, ids, tenant).await?;
    if choices.names_machines() {
        input.read_all_machines(&mut call.read().await?).await?;
    }
    check_plan(&call.app, &input, choices)?;
    Ok(input)
}

/// Whether anything can be carried out at all.
pub(crate) fn check_plan(
    app: &App,
    input: &PlanInput,
    choices: &DeploymentChoices,
) -> Result<(), ApiError> {
    let evaluate = input
        .values
        .evaluator(input, &choices.form_values, &app.vault, app.now());
    let planned = input.plan(choices, &evaluate);
    planned
        .map(|_| ())
        .map_err(|error| ApiError::invalid_one(error.to_string()))
}

fn name(input: &PlanInput) -> String {
    let environment = &input.environment.name;
    match &input.subject {
        Subject::Release { .. } => format!("Deploy to {environment}"),
        Subject::Runbook { runbook, .. } => format!("Run {} in {environment}", runbook.name),
    }
}

/// The ids of what is brought to the environment, as the document of a request has them.
fn subject_ids(subject: &Subject) -> Vec<(&'static str, &str)> {
    let process = subject.process_id().as_str();
    let variables = subject
        .variable_set_ids()
        .first()
        .map_or("", |id| id.as_str());
    match subject {
        Subject::Release { release, .. } => vec![
            ("ReleaseId", release.id.as_str()),
            ("ChannelId", release.channel_id.as_str()),
            ("DeploymentProcessId", process),
            ("ManifestVariableSetId", variables),
        ],
        Subject::Runbook { runbook, snapshot } => vec![
            ("RunbookSnapshotId", snapshot.id.as_str()),
            ("RunbookId", runbook.id.as_str()),
            ("FrozenRunbookProcessId", process),
            ("ManifestVariableSetId", variables),
        ],
    }
}

/// The document as clients see it.
fn body(
    author: &Author,
    task_id: &str,
    how: &How,
    (input, choices): (&PlanInput, &DeploymentChoices),
) -> Result<Map<String, Value>, ApiError> {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("Name", name(input).into());
    for (key, id) in subject_ids(&input.subject) {
        put(key, id.into());
    }
    put("EnvironmentId", input.environment.id.as_str().into());
    let tenant = input.tenant.as_ref().map(|tenant| tenant.id.as_str());
    put("TenantId", tenant.into());
    put("ProjectId", input.project.id.as_str().into());
    put("TaskId", task_id.into());
    put("Comments", how.comments.clone().into());
    put("Created", crate::time_text::iso(author.at).into());
    put(
        "QueueTime",
        how.scheduled_at.map(crate::time_text::iso).into(),
    );
    put(
        "QueueTimeExpiry",
        how.expires_at.map(crate::time_text::iso).into(),
    );
    put("DeployedBy", author.username.clone().into());
    put("DeployedById", author.user_id.clone().into());
    put("FailureEncountered", false.into());
    if input.subject.release().is_some() {
        put("DeployedToMachineIds", json!([]));
        put("Changes", json!([]));
        put("ChangesMarkdown", "".into());
    }
    let chosen = serde_json::to_value(choices).map_err(ApiError::internal)?;
    body.extend(chosen.as_object().cloned().unwrap_or_default());
    Ok(body)
}

/// Writes what is asked for, with its task and the audit, in a transaction that holds what it needs.
pub(crate) async fn insert(
    tx: &mut Tx,
    author: &Author,
    how: &How,
    (input, choices): (&PlanInput, &DeploymentChoices),
) -> Result<Document, ApiError> {
    let now = author.at;
    let kind = how.kind.documents();
    let (id, task_id) = (tx.next_id(kind).await?, tx.next_id("ServerTasks").await?);
    let project = &input.project;
    let name = name(input);
    let body = body(author, &task_id, how, (input, choices))?;
    let document = Document {
        kind: kind.into(),
        id: id.clone(),
        space_id: Some(project.space_id.to_string()),
        owner_id: Some(project.id.to_string()),
        name,
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: tags(input),
        version: 1,
        body: Value::Object(body).to_string(),
        created_at: now,
        updated_at: now,
    };
    tx.document_insert(&document).await?;
    let task = task(&document, (task_id, now), how, input);
    tx.task_insert(&task).await?;
    let message = format!("{} was queued", task.description);
    let mut record = Record::about(&document, how.kind.queued(), message);
    record.related.extend([
        task.id.clone(),
        input.environment.id.to_string(),
        input.subject.id().to_owned(),
    ]);
    record.related.extend(task.runbook_id);
    record
        .related
        .extend(input.tenant.as_ref().map(|tenant| tenant.id.to_string()));
    audit::record(tx, author, record).await?;
    Ok(document)
}

/// What lists of requests are filtered by.
fn tags(input: &PlanInput) -> Vec<String> {
    let subject = match &input.subject {
        Subject::Release { release, .. } => [
            ("release", release.id.as_str()),
            ("channel", release.channel_id.as_str()),
        ],
        Subject::Runbook { runbook, snapshot } => [
            ("runbook", runbook.id.as_str()),
            ("snapshot", snapshot.id.as_str()),
        ],
    };
    let tenant = input.tenant.as_ref().map(|tenant| tenant.id.as_str());
    let place = [
        ("project", input.project.id.as_str()),
        ("environment", input.environment.id.as_str()),
    ];
    place
        .into_iter()
        .chain(subject)
        .chain(tenant.map(|tenant| ("tenant", tenant)))
        .map(|(field, id)| format!("{field}:{id}"))
        .collect()
}

/// Of tasks with the same tag one runs at a time: of one project (or runbook) in one environment for one tenant.
pub(in crate::http) fn concurrency_tag(input: &PlanInput) -> String {
    let tenant = input.tenant.as_ref();
    let own_tag = tenant.map_or_else(String::new, |tenant| format!("{}/", tenant.id));
    let owner = input.subject.process_owner();
    format!("{own_tag}{owner}/{}", input.environment.id)
}

fn description(input: &PlanInput) -> String {
    let tenant = input.tenant.as_ref();
    let of_tenant = tenant.map_or_else(String::new, |tenant| format!(" for {}", tenant.name));
    let (project, environment) = (&input.project.name, &input.environment.name);
    match &input.subject {
        Subject::Release { release, .. } => format!(
            "Deploy {project} release {} to {environment}{of_tenant}",
            release.version
        ),
        Subject::Runbook { runbook, snapshot } => format!(
            "Run runbook {} snapshot {} of {project} in {environment}{of_tenant}",
            runbook.name, snapshot.name
        ),
    }
}

fn task(request: &Document, (id, now): (String, Time), how: &How, input: &PlanInput) -> Task {
    let (release_id, runbook_id) = match &input.subject {
        Subject::Release { release, .. } => (Some(release.id.to_string()), None),
        Subject::Runbook { runbook, .. } => (None, Some(runbook.id.to_string())),
    };
    Task {
        space_id: request.space_id.clone(),
        description: description(input),
        project_id: Some(input.project.id.to_string()),
        environment_id: Some(input.environment.id.to_string()),
        tenant_id: input.tenant.as_ref().map(|tenant| tenant.id.to_string()),
        release_id,
        deployment_id: Some(request.id.clone()),
        runbook_id,
        scheduled_at: how.scheduled_at,
        expires_at: how.expires_at,
        priority: i64::from(how.prioritised),
        concurrency_tag: Some(concurrency_tag(input)),
        arguments: json!({how.kind.argument(): request.id}).to_string(),
        ..Task::queued(id, how.kind.task(), now)
    }
}
