//! Spaces, and what a new space starts with.

use regatta_core::id::SpaceId;
use regatta_core::permission::Permission as P;
use regatta_core::permission::builtin;
use regatta_core::space_seed;
use regatta_store::{Order, Query, TaskQuery};
use serde_json::{Value, json};

use super::{
    feed, lifecycle, machine_policy, project_group, team, unfinished, user_role, worker_pool,
};
use crate::app::App;
use crate::driver::plan_input::QUEUE_STOPPED;
use crate::error::ApiError;
use crate::names;
use crate::operation::Place;
use crate::remains;
use crate::resource::{self, Body, Change, Hooks, Resource, Sight, read, write};
use crate::shape::{
    BOOL, DESCRIPTION, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, Object, SLUG, TEXT, TEXTS, field,
};

static OBJECT: Object = Object {
    name: "Space",
    fields: &[
        ID,
        field("Name", TEXT).required().max(20),
        SLUG,
        DESCRIPTION,
        field("IsDefault", BOOL).or("false"),
        field("TaskQueueStopped", BOOL).or("false"),
        field("SpaceManagersTeams", TEXTS).or("[]"),
        field("SpaceManagersTeamMembers", TEXTS).or("[]"),
        field("Icon", TEXT),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static SPACE: Resource = Resource {
    kind: "Spaces",
    item_type: "Space",
    place: Place::System,
    names: names!("space", "/spaces"),
    object: &OBJECT,
    view: P::SpaceView,
    create: Some(P::SpaceCreate),
    edit: Some(P::SpaceEdit),
    delete: Some(P::SpaceDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Oldest,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        created: |change| Box::pin(created(change)),
        replaced: |change| Box::pin(replaced(change)),
        deleting: |change| Box::pin(deleting(change)),
        view: |view| {
            view.body
                .entry("SpaceManagersTeamMembers")
                .or_insert_with(|| json!([]));
            view.link("SpaceHome", &format!("/{}", view.id));
            view.links
                .insert("Web".to_owned(), json!(format!("/app#/{}", view.id)));
        },
        // Whoever has anything to do in a space may know its name; the CLI lists spaces before anything else.
        sees: Some(Sight {
            all: |_, _| false,
            one: |caller, document| caller.knows_space(&document.id),
        }),
        deleted: |app| Box::pin(deleted(app)),
        afterwards: |app| app.driver().queue_changed(),
        tags,
        ..Hooks::NONE
    },
};

/// The team of the space's managers, always among the managing teams.
fn managers(space_id: &str) -> Result<String, ApiError> {
    let id = space_id.parse().map_err(ApiError::internal)?;
    Ok(builtin::space_managers_team(&id).to_string())
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    // Who was deleted meanwhile does not keep the space from being saved.
    change
        .forget_gone("SpaceManagersTeamMembers", "Users")
        .await?;
    change.forget_gone("SpaceManagersTeams", "Teams").await?;
    change.refers("SpaceManagersTeamMembers", "Users").await?;
    let own = managers(&change.id)?;
    let mut teams = change.texts("SpaceManagersTeams");
    teams.retain(|id| *id != own);
    change.set("SpaceManagersTeams", json!(teams));
    change.refers("SpaceManagersTeams", "Teams").await?;
    let managed = |members: &[String], teams: &[String]| {
        !members.is_empty() || teams.iter().any(|id| *id != own)
    };
    let lost_its_own = change.before.as_ref().is_some_and(|before| {
        let of = |key: &str| resource::texts(before, key);
        !managed(&of("SpaceManagersTeamMembers"), &of("SpaceManagersTeams"))
    });
    if !managed(&change.texts("SpaceManagersTeamMembers"), &teams) && !lost_its_own {
        return Err(ApiError::invalid_one(
            "SpaceManagersTeams: name at least one team or one member that manages the space.",
        ));
    }
    teams.push(own);
    change.set("SpaceManagersTeams", json!(teams));
    one_default(change).await
}

fn tags(body: &Body) -> Vec<String> {
    let is_stopped = body.get("TaskQueueStopped") == Some(&Value::Bool(true));
    let stopped = is_stopped.then(|| QUEUE_STOPPED.to_owned());
    stopped.into_iter().collect()
}

/// There is at most one default space: the newest to say so.
async fn one_default(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.body.get("IsDefault") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let others = Query {
        kind: SPACE.kind.to_owned(),
        ..Query::default()
    };
    for mut other in change.tx.documents(&others).await?.items {
        let mut body = read::body(&other);
        if other.id != change.id && body.get("IsDefault") == Some(&Value::Bool(true)) {
            body.insert("IsDefault".to_owned(), json!(false));
            other.body = Value::Object(body).to_string();
            change.tx.document_replace(&other).await?;
        }
    }
    Ok(())
}

async fn created(change: &mut Change<'_>) -> Result<(), ApiError> {
    let own = managers(&change.id)?;
    let name = format!("Space Managers of {}", change.text("Name"));
    let body = json!({
        "Name": name, "Description": "May do everything in this space", "SpaceId": change.id,
        "MemberUserIds": change.texts("SpaceManagersTeamMembers"), "ExternalSecurityGroups": [],
        "CanBeDeleted": false, "CanBeRenamed": false, "CanChangeMembers": true, "CanChangeRoles": false,
    });
    seed(change, &team::TEAM, Some(own), None, body).await?;
    grant(change).await?;
    let id: SpaceId = change.id.parse().map_err(ApiError::internal)?;
    for document in space_seed::documents(&id) {
        let resource = seeded(document.collection)?;
        // Word ids are unique on the whole server, so only the default space's feed can have Octopus' well-known one.
        let is_default = change.body.get("IsDefault") == Some(&Value::Bool(true));
        let word = document.id.filter(|_| is_default).map(str::to_owned);
        let word = match word {
            Some(id) if change.tx.document(resource.kind, &id).await?.is_some() => None,
            other => other,
        };
        seed(
            change,
            resource,
            word,
            Some(change.id.clone()),
            document.body,
        )
        .await?;
    }
    Ok(())
}

fn seeded(collection: &str) -> Result<&'static Resource, ApiError> {
    let all = [
        &lifecycle::LIFECYCLE,
        &project_group::PROJECT_GROUP,
        &machine_policy::MACHINE_POLICY,
        &worker_pool::WORKER_POOL,
        &feed::FEED,
    ];
    let found = all.into_iter().find(|resource| resource.kind == collection);
    found.ok_or_else(|| ApiError::internal(format!("{collection} cannot be seeded")))
}

/// Gives every managing team the role of a space manager, and takes it from teams that no longer are.
async fn grant(change: &mut Change<'_>) -> Result<(), ApiError> {
    let role = "userroles-spacemanager";
    let wanted = change.texts("SpaceManagersTeams");
    let query = Query {
        kind: user_role::SCOPED.kind.to_owned(),
        tags: vec![
            vec![format!("space:{}", change.id)],
            vec![format!("role:{role}")],
        ],
        ..Query::default()
    };
    let mut held = Vec::new();
    for scoped in change.tx.documents(&query).await?.items {
        if wanted.contains(&scoped.name) {
            held.push(scoped.name);
        } else {
            change
                .tx
                .document_delete(user_role::SCOPED.kind, &scoped.id)
                .await?;
        }
    }
    for team in wanted.into_iter().filter(|team| !held.contains(team)) {
        let body = json!({ "TeamId": team, "UserRoleId": role, "SpaceId": change.id });
        seed(change, &user_role::SCOPED, None, None, body).await?;
    }
    Ok(())
}

async fn replaced(change: &mut Change<'_>) -> Result<(), ApiError> {
    let own = managers(&change.id)?;
    if let Some(mut team) = change.tx.document(team::TEAM.kind, &own).await? {
        let mut body = read::body(&team);
        body.insert(
            "MemberUserIds".to_owned(),
            json!(change.texts("SpaceManagersTeamMembers")),
        );
        team.body = Value::Object(body).to_string();
        change.tx.document_replace(&team).await?;
    }
    grant(change).await
}

/// Stores a document that comes with the space.
async fn seed(
    change: &mut Change<'_>,
    resource: &'static Resource,
    id: Option<String>,
    space_id: Option<String>,
    body: Value,
) -> Result<(), ApiError> {
    let id = match id {
        Some(id) => id,
        None => change.tx.next_id(resource.kind).await?,
    };
    let Value::Object(body) = body else {
        return Err(ApiError::internal("a seeded document is no object"));
    };
    let mut inner = Change {
        app: change.app,
        caller: change.caller,
        tx: &mut *change.tx,
        now: change.now,
        id,
        space_id,
        before: None,
        body,
    };
    write::insert(resource, &mut inner).await.map(|_| ())
}

/// The files of what was in the space go with it.
async fn deleted(app: &App) -> Result<(), ApiError> {
    Ok(remains::space::remove(app).await?)
}

/// Everything in the space goes with it. Refused while its tasks could still run.
async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.body.get("TaskQueueStopped") != Some(&Value::Bool(true)) {
        return Err(ApiError::invalid_one(
            "The space's task queue is running. Stop it (TaskQueueStopped) before you delete the space.",
        ));
    }
    let open = TaskQuery {
        space_id: Some(Some(change.id.clone())),
        ..TaskQuery::default()
    };
    unfinished::none(change.tx, open).await?;
    let emptied = remains::space::empty(change.app, change.tx, &change.id, change.now).await;
    emptied.map_err(ApiError::internal)?;
    for kind in [user_role::SCOPED.kind, team::TEAM.kind] {
        let about = Query {
            kind: kind.to_owned(),
            tags: vec![vec![format!("space:{}", change.id)]],
            ..Query::default()
        };
        for document in change.tx.documents(&about).await?.items {
            change.tx.document_delete(kind, &document.id).await?;
        }
    }
    Ok(())
}
