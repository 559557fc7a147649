//! Deploying a release: everything is checked, then deployment, task and audit are written together.

use regatta_core::deployment::DeploymentChoices;
use regatta_core::environment::Environment;
use regatta_core::lifecycle::Lifecycle;
use regatta_store::{Conn, Document, Task, TaskState, Tx};
use serde_json::{Map, Value, json};

use super::request::{self, Place, Wanted, named, text, texts};
use super::{KIND, idempotency, read, tenanted};
use crate::audit::{self, Record};
use crate::call::{Call, created};
use crate::driver::plan_input::PlanInput;
use crate::error::ApiError;
use crate::http::release;
use crate::operation::Answer;
use crate::{scope, stored};

/// `POST deployments/create/untenanted/v1`.
pub(super) async fn untenanted_v1(mut call: Call) -> Answer {
    let body = call.json().await?;
    let release = release_of(&call, &body).await?;
    let wanted = Wanted {
        places: request::untenanted(&call, &texts(&body, "EnvironmentNames")).await?,
        ..v1(&call, &body, release)?
    };
    answer_v1(call, &body, wanted).await
}

/// The release the executions API names.
async fn release_of(call: &Call, body: &Value) -> Result<Document, ApiError> {
    let project = release::project(call, text(body, "ProjectName").unwrap_or_default()).await?;
    let version = text(body, "ReleaseVersion").unwrap_or_default();
    let found = release::find_version(&mut call.read().await?, &project.id, version).await?;
    found.ok_or_else(|| {
        ApiError::not_found(version)
            .help(format!("The project {} has no such release.", project.name))
    })
}

/// What both commands of the executions API have; the places are to be filled in.
fn v1(call: &Call, body: &Value, release: Document) -> Result<Wanted, ApiError> {
    let (scheduled_at, expires_at) = request::times(body, ["RunAt", "NoRunAfter"], call.now())?;
    Ok(Wanted {
        release,
        places: Vec::new(),
        named: named(
            body,
            [
                "SkipStepNames",
                "SpecificMachineNames",
                "ExcludedMachineNames",
                "Variables",
            ],
        ),
        comments: text(body, "Comments").map(str::to_owned),
        scheduled_at,
        expires_at,
        prioritised: is_priority(body),
    })
}

async fn answer_v1(mut call: Call, body: &Value, wanted: Wanted) -> Answer {
    let made = idempotency::once(&mut call, body, wanted).await?;
    let tasks: Vec<Value> = made
        .iter()
        .map(|deployment| json!({"DeploymentId": deployment.id, "ServerTaskId": task_id(deployment)}))
        .collect();
    Ok(created(json!({"DeploymentServerTasks": tasks})))
}

/// `POST deployments/create/tenanted/v1`.
pub(super) async fn tenanted_v1(mut call: Call) -> Answer {
    let body = call.json().await?;
    let release = release_of(&call, &body).await?;
    let wanted = Wanted {
        places: tenanted::places(&call, &release, &body).await?,
        ..v1(&call, &body, release)?
    };
    answer_v1(call, &body, wanted).await
}

/// `POST deployments`.
pub(super) async fn create(mut call: Call) -> Answer {
    let body = call.json().await?;
    let id = text(&body, "ReleaseId").unwrap_or_default();
    let release = call
        .find(&mut call.read().await?, release::KIND, id)
        .await?;
    let (scheduled_at, expires_at) =
        request::times(&body, ["QueueTime", "QueueTimeExpiry"], call.now())?;
    let environment = text(&body, "EnvironmentId").map(str::to_owned);
    let wanted = Wanted {
        release,
        places: tenanted::place(&call, environment.as_slice(), text(&body, "TenantId")).await?,
        named: named(
            &body,
            [
                "SkipActions",
                "SpecificMachineIds",
                "ExcludedMachineIds",
                "FormValues",
            ],
        ),
        comments: text(&body, "Comments").map(str::to_owned),
        scheduled_at,
        expires_at,
        prioritised: is_priority(&body),
    };
    let made = idempotency::once(&mut call, &body, wanted).await?;
    let deployment = made
        .first()
        .ok_or_else(|| ApiError::internal("no deployment was made"))?;
    Ok(created(read::view(deployment)))
}

fn is_priority(body: &Value) -> bool {
    text(body, "Priority").is_some_and(|priority| {
        priority.eq_ignore_ascii_case("Prioritized") || priority.eq_ignore_ascii_case("High")
    })
}

fn task_id(deployment: &Document) -> String {
    let body = crate::resource::read::body(deployment);
    body.get("TaskId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// One deployment per environment, all or none.
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
    let mut made = Vec::with_capacity(checked.len());
    for (input, choices) in &checked {
        made.push(insert(&mut tx, call, &wanted, (input, choices)).await?);
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
    let mut allowed = scope::of_document(&mut conn, &wanted.release).await?;
    allowed.environments = place.environment.id.parse().into_iter().collect();
    let tenant = place.tenant.as_ref().map(|tenant| tenant.id.as_str());
    allowed.tenants = tenant.and_then(|id| id.parse().ok()).into_iter().collect();
    drop(conn);
    call.require(&allowed)?;
    let ids = (wanted.release.id.as_str(), place.environment.id.as_str());
    let input = load_deployable(call, ids, tenant).await?;
    let mut choices = request::choices(&wanted.named, &input)?;
    choices.form_values = input
        .values
        .form(&input, &wanted.named.form, &call.app.vault)
        .map_err(ApiError::invalid)?;
    check_plan(call, &input, &choices)?;
    Ok((input, choices))
}

/// Checks a deployment with the choices of an earlier one: what was right then may be wrong now.
pub(crate) async fn check_again(
    call: &Call,
    (release_id, environment_id): (&str, &str),
    tenant: Option<&str>,
    choices: &DeploymentChoices,
) -> Result<(), ApiError> {
    let input = load_deployable(call, (release_id, environment_id), tenant).await?;
    check_plan(call, &input, choices)
}

/// Project, release and environment, unless the release may not go there now.
async fn load_deployable(
    call: &Call,
    (release_id, environment_id): (&str, &str),
    tenant: Option<&str>,
) -> Result<PlanInput, ApiError> {
    let mut conn = call.read().await?;
    let input = PlanInput::load(&mut conn, release_id, environment_id)
        .await?
        .for_tenant(&mut conn, &call.app.vault, tenant)
        .await
        .map_err(ApiError::internal)?;
    if input.project.is_disabled {
        return Err(ApiError::invalid_one(format!(
            "The project {} is disabled. Enable it to deploy its releases.",
            input.project.name
        )));
    }
    tenanted::check(&input)?;
    check_lifecycle(&mut conn, &input).await?;
    Ok(input)
}

/// Whether anything can be carried out at all.
fn check_plan(call: &Call, input: &PlanInput, choices: &DeploymentChoices) -> Result<(), ApiError> {
    let evaluate = input
        .values
        .evaluator(input, &choices.form_values, &call.app.vault, call.now());
    let planned = input.plan(choices, &evaluate);
    planned
        .map(|_| ())
        .map_err(|error| ApiError::invalid_one(error.to_string()))
}

/// Whether the release's lifecycle lets it into the environment now.
async fn check_lifecycle(conn: &mut Conn, input: &PlanInput) -> Result<(), ApiError> {
    let space = input.project.space_id.as_str();
    let own = input
        .channel
        .as_ref()
        .and_then(|channel| channel.lifecycle_id.as_ref());
    let lifecycle_id = own.unwrap_or(&input.project.lifecycle_id);
    let mut lifecycle: Lifecycle = stored::need(conn, "Lifecycles", lifecycle_id.as_str()).await?;
    let mut environments: Vec<Environment> = stored::all(conn, "Environments", space).await?;
    if let Some(tenant) = &input.tenant {
        let connected = tenant.project_environments.get(&input.project.id);
        let connected = connected.map_or(&[][..], Vec::as_slice);
        lifecycle = lifecycle.for_tenant(connected);
        environments.retain(|environment| connected.contains(&environment.id));
    }
    let tenant = input.tenant.as_ref().map(|tenant| tenant.id.as_str());
    let reached = super::reached(conn, input.release.id.as_str(), tenant).await?;
    let allowed = lifecycle.may_deploy(&input.environment.id, &environments, &reached);
    allowed.map_err(|why| {
        let mut text = why.to_string();
        for environment in &environments {
            text = text.replace(environment.id.as_str(), environment.name.as_str());
        }
        ApiError::invalid_one(format!(
            "Release {} cannot be deployed to {} now. {text}",
            input.release.version, input.environment.name
        ))
    })
}

fn name(input: &PlanInput) -> String {
    format!("Deploy to {}", input.environment.name)
}

/// The document as clients see it.
fn body(
    call: &Call,
    task_id: &str,
    wanted: &Wanted,
    (input, choices): (&PlanInput, &DeploymentChoices),
) -> Result<Map<String, Value>, ApiError> {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("Name", name(input).into());
    put("ReleaseId", input.release.id.as_str().into());
    put("EnvironmentId", input.environment.id.as_str().into());
    let tenant = input.tenant.as_ref().map(|tenant| tenant.id.as_str());
    put("TenantId", tenant.into());
    put("ProjectId", input.project.id.as_str().into());
    put("ChannelId", input.release.channel_id.as_str().into());
    put(
        "DeploymentProcessId",
        input
            .release
            .project_deployment_process_snapshot_id
            .as_str()
            .into(),
    );
    put(
        "ManifestVariableSetId",
        input
            .release
            .project_variable_set_snapshot_id
            .as_str()
            .into(),
    );
    put("TaskId", task_id.into());
    put("Comments", wanted.comments.clone().into());
    put("Created", crate::time_text::iso(call.now()).into());
    put(
        "QueueTime",
        wanted.scheduled_at.map(crate::time_text::iso).into(),
    );
    put(
        "QueueTimeExpiry",
        wanted.expires_at.map(crate::time_text::iso).into(),
    );
    put("DeployedBy", call.caller.username().into());
    put("DeployedById", call.caller.user_id().into());
    for key in ["DeployedToMachineIds", "Changes"] {
        put(key, json!([]));
    }
    put("ChangesMarkdown", "".into());
    put("FailureEncountered", false.into());
    let chosen = serde_json::to_value(choices).map_err(ApiError::internal)?;
    body.extend(chosen.as_object().cloned().unwrap_or_default());
    Ok(body)
}

async fn insert(
    tx: &mut Tx,
    call: &Call,
    wanted: &Wanted,
    (input, choices): (&PlanInput, &DeploymentChoices),
) -> Result<Document, ApiError> {
    let now = call.now();
    let (id, task_id) = (tx.next_id(KIND).await?, tx.next_id("ServerTasks").await?);
    let project = &input.project;
    let name = name(input);
    let body = body(call, &task_id, wanted, (input, choices))?;
    let document = Document {
        kind: KIND.into(),
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
    let task = task(&document, (task_id, call), wanted, input);
    tx.task_insert(&task).await?;
    let mut record = Record::about(
        &document,
        "DeploymentQueued",
        format!("{} was queued", task.description),
    );
    record.related.extend([
        task.id.clone(),
        input.environment.id.to_string(),
        input.release.id.to_string(),
    ]);
    record
        .related
        .extend(input.tenant.as_ref().map(|tenant| tenant.id.to_string()));
    audit::record(tx, &call.author(), record).await?;
    Ok(document)
}

/// What lists of deployments are filtered by.
fn tags(input: &PlanInput) -> Vec<String> {
    let tenant = input.tenant.as_ref().map(|tenant| tenant.id.as_str());
    [
        ("project", Some(input.project.id.as_str())),
        ("environment", Some(input.environment.id.as_str())),
        ("release", Some(input.release.id.as_str())),
        ("channel", Some(input.release.channel_id.as_str())),
        ("tenant", tenant),
    ]
    .into_iter()
    .filter_map(|(field, id)| Some(format!("{field}:{}", id?)))
    .collect()
}

/// Of deployments with the same tag one runs at a time.
pub(in crate::http) fn concurrency_tag(input: &PlanInput) -> String {
    let tenant = input.tenant.as_ref();
    let own_tag = tenant.map_or_else(String::new, |tenant| format!("{}/", tenant.id));
    format!("{own_tag}{}/{}", input.project.id, input.environment.id)
}

fn task(
    deployment: &Document,
    (id, call): (String, &Call),
    wanted: &Wanted,
    input: &PlanInput,
) -> Task {
    let now = call.now();
    let (project, environment) = (&input.project, &input.environment);
    let tenant = input.tenant.as_ref();
    let of_tenant = tenant.map_or_else(String::new, |tenant| format!(" for {}", tenant.name));
    Task {
        id,
        space_id: deployment.space_id.clone(),
        kind: "Deploy".into(),
        state: TaskState::Queued,
        description: format!(
            "Deploy {} release {} to {}{of_tenant}",
            project.name, input.release.version, environment.name
        ),
        project_id: Some(project.id.to_string()),
        environment_id: Some(environment.id.to_string()),
        tenant_id: tenant.map(|tenant| tenant.id.to_string()),
        release_id: Some(input.release.id.to_string()),
        deployment_id: Some(deployment.id.clone()),
        runbook_id: None,
        queued_at: now,
        scheduled_at: wanted.scheduled_at,
        expires_at: wanted.expires_at,
        priority: i64::from(wanted.prioritised),
        concurrency_tag: Some(concurrency_tag(input)),
        started_at: None,
        completed_at: None,
        has_warnings: false,
        has_pending_interruptions: false,
        error_message: None,
        node: None,
        arguments: json!({"DeploymentId": deployment.id}).to_string(),
        updated_at: now,
    }
}
