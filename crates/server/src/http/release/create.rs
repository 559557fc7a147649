//! Creating a release, through the executions API and the older endpoint.

use regatta_core::process::DeploymentProcess;
use regatta_store::{Conn, Document, Order, Query, Tx};
use serde_json::{Map, Value, json};

use super::choose::{self, Choice, Selected};
use super::{KIND, freeze, read, version};
use crate::audit::{self, Record};
use crate::automatic;
use crate::call::{Call, created};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read::body as body_of;
use crate::{scope, stored};

/// What is asked for, from either endpoint.
struct Wanted {
    project: Document,
    channel: Option<String>,
    version: Option<String>,
    exists_is_fine: bool,
    choice: Choice,
    /// Keys kept as they were sent.
    rest: Map<String, Value>,
}

/// `POST releases/create/v1`.
pub(super) async fn create_v1(mut call: Call) -> Answer {
    let body = call.json().await?;
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    from_here(&body)?;
    let project = project(&call, text("ProjectName").unwrap_or_default()).await?;
    let mut rest = Map::new();
    for key in ["ReleaseNotes", "CustomFields", "IgnoreChannelRules"] {
        rest.extend(body.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    let wanted = Wanted {
        project,
        channel: text("ChannelName").map(str::to_owned),
        version: text("ReleaseVersion").map(str::to_owned),
        exists_is_fine: body["IgnoreIfAlreadyExists"].as_bool().unwrap_or(false),
        choice: Choice::of_v1(&body)?,
        rest,
    };
    let release = make(&mut call, wanted).await?;
    let next = automatic::created(&release);
    let environments = automatic::settle_now(&call.app, &next).await;
    Ok(created(json!({
        "ReleaseId": release.id,
        "ReleaseVersion": release.name,
        "AutomaticallyDeployedEnvironments": environments.join(", "),
    })))
}

/// A release of what a branch or commit says must not become one of what this server says.
fn from_here(body: &Value) -> Result<(), ApiError> {
    let says = |key: &&&str| match &body[**key] {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    let said = ["GitRef", "GitCommit", "GitResources"];
    let problems: Vec<_> = said
        .iter()
        .filter(says)
        .map(|key| format!("{key}: this server keeps nothing in git. Leave it out, and the release is made of the process as it is now."))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// `POST releases`.
pub(super) async fn create(mut call: Call) -> Answer {
    let body = call.json().await?;
    let Value::Object(mut rest) = body else {
        return Err(ApiError::invalid_one("The request body must be an object."));
    };
    // Clients of Octopus say it in the query.
    let ignores_rules = call.query.flag("ignoreChannelRules")?;
    if let Some(ignores_rules) = ignores_rules {
        rest.insert("IgnoreChannelRules".into(), ignores_rules.into());
    }
    let ignores_rules = rest.get("IgnoreChannelRules") == Some(&Value::Bool(true));
    let selected = rest.shift_remove("SelectedPackages");
    let mut text = |key: &str| match rest.shift_remove(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    };
    let project_id = text("ProjectId").unwrap_or_default();
    let (channel, version) = (text("ChannelId"), text("Version"));
    let wanted = Wanted {
        project: project(&call, &project_id).await?,
        channel,
        version,
        exists_is_fine: false,
        choice: Choice::of_selected(selected.as_ref(), ignores_rules),
        rest,
    };
    let release = make(&mut call, wanted).await?;
    automatic::settle_now(&call.app, &automatic::created(&release)).await;
    Ok(created(read::view(&release)))
}

/// The project with this id, slug or name.
pub(crate) async fn project(call: &Call, wanted: &str) -> Result<Document, ApiError> {
    by_name(call, "Projects", wanted)
        .await?
        .ok_or_else(|| ApiError::not_found(wanted))
}

/// A document of the call's space by id, slug or name.
pub(crate) async fn by_name(
    call: &Call,
    kind: &str,
    wanted: &str,
) -> Result<Option<Document>, ApiError> {
    let mut conn = call.read().await?;
    if let Some(found) = scope::find(&mut conn, kind, Some(call.space_id()), wanted).await? {
        return Ok(Some(found));
    }
    let query = Query {
        kind: kind.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        name: Some(wanted.to_owned()),
        take: Some(1),
        ..Query::default()
    };
    Ok(conn.documents(&query).await?.items.pop())
}

async fn make(call: &mut Call, wanted: Wanted) -> Result<Document, ApiError> {
    let allowed = {
        let mut conn = call.read().await?;
        scope::of_document(&mut conn, &wanted.project).await?
    };
    call.require(&allowed)?;
    let project = body_of(&wanted.project);
    if project
        .get("IsDisabled")
        .and_then(Value::as_bool)
        .unwrap_or(false)
    {
        return Err(ApiError::invalid_one(format!(
            "The project {} is disabled. Enable it to create releases.",
            wanted.project.name
        )));
    }
    let mut tx = call.begin().await?;
    let channel = channel(&mut tx, &wanted.project, wanted.channel.as_deref()).await?;
    let process = check_process(&mut tx, &wanted.project).await?;
    let mut selected = None;
    let version = match (&wanted.version, version::donor(&wanted.project)) {
        (Some(version), _) => version::check(version)?,
        (None, Some(donor)) => {
            let all = choose::choose(&mut tx, &process, Some(&channel), &wanted.choice).await?;
            let version = of_donor(&all, &donor)?;
            selected = Some(all);
            version
        }
        (None, None) => version::next(&mut tx, &wanted.project, &channel).await?,
    };
    if let Some(existing) = read::find_version(&mut tx, &wanted.project.id, &version).await? {
        if wanted.exists_is_fine {
            return Ok(existing);
        }
        return Err(ApiError::invalid_one(format!(
            "Release {version} already exists for the project {}. Use another version, or set IgnoreIfAlreadyExists.",
            wanted.project.name
        )));
    }
    let selected = match selected {
        Some(selected) => selected,
        None => choose::choose(&mut tx, &process, Some(&channel), &wanted.choice).await?,
    };
    let made = Made {
        version,
        channel,
        selected,
    };
    let release = insert(&mut tx, call, &wanted, &made).await?;
    tx.commit().await?;
    Ok(release)
}

/// What was decided for a new release.
struct Made {
    version: String,
    channel: Document,
    selected: Vec<Selected>,
}

/// The version of the package that gives releases theirs.
fn of_donor(all: &[Selected], (action, reference): &(String, String)) -> Result<String, ApiError> {
    let donor = all.iter().find(|one| one.is_donor(action, reference));
    let donor = donor.ok_or_else(|| {
        ApiError::invalid_one(format!(
            "Releases of this project take their version from a package of '{action}', which has none. Name a version, or change the \
             project's versioning."
        ))
    })?;
    version::check(&donor.version)
}

/// The channel asked for, by id, slug or name, or the project's default.
pub(in crate::http) async fn channel(
    conn: &mut Conn,
    project: &Document,
    wanted: Option<&str>,
) -> Result<Document, ApiError> {
    let query = Query {
        kind: "Channels".into(),
        owner_id: Some(project.id.clone()),
        order: Order::Oldest,
        ..Query::default()
    };
    let channels = conn.documents(&query).await?.items;
    let found = match wanted {
        Some(name) => channels.iter().find(|channel| {
            [
                Some(&channel.id),
                Some(&channel.name),
                channel.slug.as_ref(),
            ]
            .into_iter()
            .flatten()
            .any(|own| own.eq_ignore_ascii_case(name))
        }),
        None => channels
            .iter()
            .find(|channel| {
                body_of(channel)
                    .get("IsDefault")
                    .and_then(Value::as_bool)
                    .unwrap_or(false)
            })
            .or(channels.first()),
    };
    found.cloned().ok_or_else(|| match wanted {
        Some(name) => ApiError::invalid_one(format!(
            "The project {} has no channel '{name}'.",
            project.name
        )),
        None => ApiError::invalid_one(format!(
            "The project {} has no channel. Add one.",
            project.name
        )),
    })
}

/// A release of what cannot run is refused here already (DESIGN D3).
async fn check_process(conn: &mut Conn, project: &Document) -> Result<DeploymentProcess, ApiError> {
    let id = format!("deploymentprocess-{}", project.id);
    let process: Option<DeploymentProcess> = stored::get(conn, stored::PROCESSES, &id).await?;
    let Some(process) = process.filter(|process| !process.steps.is_empty()) else {
        return Err(ApiError::invalid_one(format!(
            "The deployment process of {} has no steps. Add at least one step before creating a release.",
            project.name
        )));
    };
    let problems = regatta_core::process::validate::validate(&process);
    if problems.is_empty() {
        return Ok(process);
    }
    Err(ApiError::invalid(
        problems.into_iter().map(|problem| problem.message),
    ))
}

async fn insert(
    tx: &mut Tx,
    call: &Call,
    wanted: &Wanted,
    made: &Made,
) -> Result<Document, ApiError> {
    let (version, channel) = (made.version.as_str(), &made.channel);
    let now = call.now();
    let project = &wanted.project;
    let process = freeze::copy(
        tx,
        stored::PROCESSES,
        &format!("deploymentprocess-{}", project.id),
        now,
    )
    .await?;
    let variables = freeze::variables(tx, project, now).await?;
    let id = tx.next_id(KIND).await?;
    let mut body = Map::new();
    body.insert("Version".into(), version.into());
    body.insert("ProjectId".into(), project.id.clone().into());
    body.insert("ChannelId".into(), channel.id.clone().into());
    body.insert("Assembled".into(), crate::time_text::iso(now).into());
    body.insert("ReleaseNotes".into(), Value::Null);
    body.insert("IgnoreChannelRules".into(), false.into());
    body.insert("ProjectDeploymentProcessSnapshotId".into(), process.into());
    body.insert(
        "ProjectVariableSetSnapshotId".into(),
        variables.project.into(),
    );
    body.insert(
        "LibraryVariableSetSnapshotIds".into(),
        variables.libraries.into(),
    );
    let selected = made.selected.iter().map(Selected::stored);
    body.insert("SelectedPackages".into(), selected.collect());
    for key in ["SelectedGitResources", "BuildInformation"] {
        body.insert(key.into(), json!([]));
    }
    body.insert("CustomFields".into(), json!({}));
    body.extend(
        wanted
            .rest
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    let document = Document {
        kind: KIND.into(),
        id: id.clone(),
        space_id: project.space_id.clone(),
        owner_id: Some(project.id.clone()),
        name: version.to_owned(),
        name_is_unique: true,
        slug: None,
        sort_order: 0,
        tags: vec![format!("channel:{}", channel.id)],
        version: 1,
        body: Value::Object(body).to_string(),
        created_at: now,
        updated_at: now,
    };
    tx.document_insert(&document).await?;
    tx.document_insert(&automatic::created(&document)).await?;
    let message = format!("Release {version} of {} was created", project.name);
    audit::record(
        tx,
        &call.author(),
        Record::about(&document, "Created", message),
    )
    .await?;
    Ok(document)
}
