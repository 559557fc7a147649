//! Teams: who belongs together. What a team may do are its scoped user roles.

use regatta_core::permission::Permission as P;
use regatta_core::permission::builtin::TEAMS;
use regatta_store::{Document, Order, Query};
use serde_json::{Value, json};

use super::user_role::SCOPED;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Access, Answer, Operation, Place, get};
use crate::page::{page, window};
use crate::resource::{self, Change, Hooks, Resource, Sight, read, texts};
use crate::scope;
use crate::shape::{
    BOOL, DESCRIPTION, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, Shape, TEXT, TEXTS,
    field,
};

static GROUP: Object = Object {
    name: "ExternalSecurityGroup",
    fields: &[
        field("Id", TEXT),
        field("DisplayName", TEXT),
        field("DisplayIdAndName", BOOL),
    ],
};

static OBJECT: Object = Object {
    name: "Team",
    fields: &[
        ID,
        NAME,
        DESCRIPTION,
        field("SpaceId", TEXT).about("Null: a team of the whole system."),
        field("MemberUserIds", TEXTS).or("[]"),
        field(
            "ExternalSecurityGroups",
            Shape::List(&Shape::Object(&GROUP)),
        )
        .or("[]"),
        field("CanBeDeleted", BOOL).read_only(),
        field("CanBeRenamed", BOOL).read_only(),
        field("CanChangeMembers", BOOL).read_only(),
        field("CanChangeRoles", BOOL).read_only(),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static TEAM: Resource = Resource {
    kind: "Teams",
    item_type: "Team",
    place: Place::System,
    names: names!("team", "/teams"),
    object: &OBJECT,
    view: P::TeamView,
    create: Some(P::TeamCreate),
    edit: Some(P::TeamEdit),
    delete: Some(P::TeamDelete),
    name_key: "Name",
    name_is_unique: false,
    has_slug: false,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |change| Box::pin(deleting(change)),
        view: |view| {
            view.link(
                "ScopedUserRoles",
                &format!("/teams/{}/scopeduserroles{{?skip,take}}", view.id),
            );
        },
        replaced: |change| Box::pin(replaced(change)),
        sees: Some(SIGHT),
        tags: |body| {
            let space = body.get("SpaceId").and_then(Value::as_str);
            vec![format!("space:{}", space.unwrap_or_default())]
        },
        ..Hooks::NONE
    },
};

/// Whether the caller may look at a team, or at a role a team holds: each names its space, if it has one.
pub(super) const SIGHT: Sight = Sight {
    all: |caller, space| caller.may(P::TeamView, &scope::of_space(Some(space))),
    one: |caller, document| {
        let body = read::body(document);
        let space = body.get("SpaceId").and_then(Value::as_str);
        let scope = scope::of_space(space.filter(|id| !id.is_empty()));
        caller.may(P::TeamView, &scope)
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&TEAM);
    let roles = get(
        "teamScopedUserRoles",
        Place::Both,
        "/teams/{id}/scopeduserroles",
        Access::SignedIn,
        scoped_roles,
    );
    all.push(roles.answers_page(SCOPED.object).query(&["skip", "take"]));
    all
}

/// The roles a team holds, as far as the caller may look at them.
async fn scoped_roles(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let id = call.parameter("id");
    let team = call.find(&mut conn, TEAM.kind, id).await?;
    let held = Query {
        kind: SCOPED.kind.to_owned(),
        tags: vec![vec![format!("team:{}", team.id)]],
        order: Order::Oldest,
        ..Query::default()
    };
    let mut held = conn.documents(&held).await?.items;
    held.retain(|document| (SIGHT.one)(&call.caller, document));
    if held.is_empty() && !(SIGHT.one)(&call.caller, &team) {
        return Err(ApiError::not_found(id));
    }
    let total = held.len() as u64;
    let items = window(held, &call.query);
    let items = items.iter().map(|document| read::view(&SCOPED, document));
    let path = call.uri_path.trim_end_matches('/');
    Ok(ok(page(
        SCOPED.item_type,
        items.collect(),
        total,
        path,
        &call.query,
    )))
}

/// The space a team or scoped role is about stays what it was; on creation it must exist.
pub(super) async fn keep_space(change: &mut Change<'_>) -> Result<(), ApiError> {
    let given = Some(change.text("SpaceId").to_owned()).filter(|id| !id.is_empty());
    let Some(before) = &change.before else {
        change.set("SpaceId", given);
        return change.refers("SpaceId", "Spaces").await;
    };
    let kept = before.get("SpaceId").cloned().unwrap_or(Value::Null);
    if given.is_some() && json!(given) != kept {
        return Err(ApiError::invalid_one(
            "SpaceId: it cannot be changed. Delete this one and make another in the other space.",
        ));
    }
    change.set("SpaceId", kept);
    Ok(())
}

/// The managers of a space are its own document's to tell as well.
async fn replaced(change: &mut Change<'_>) -> Result<(), ApiError> {
    let (team, members) = (change.id.clone(), change.texts("MemberUserIds"));
    space_follows(change, &team, &members).await
}

async fn space_follows(
    change: &mut Change<'_>,
    team: &str,
    members: &[String],
) -> Result<(), ApiError> {
    let Some(space) = team.strip_prefix("teams-spacemanagers-") else {
        return Ok(());
    };
    let Some(document) = change.tx.document("Spaces", space).await? else {
        return Ok(());
    };
    rewrite(change, document, "SpaceManagersTeamMembers", members).await
}

/// Stores the document with another list under a key.
async fn rewrite(
    change: &mut Change<'_>,
    mut document: Document,
    key: &str,
    ids: &[String],
) -> Result<(), ApiError> {
    let mut body = read::body(&document);
    body.insert(key.to_owned(), json!(ids));
    document.body = Value::Object(body).to_string();
    document.updated_at = change.now;
    change.tx.document_replace(&document).await?;
    Ok(())
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    keep_space(change).await?;
    change.refers("MemberUserIds", "Users").await?;
    for key in [
        "CanBeDeleted",
        "CanBeRenamed",
        "CanChangeMembers",
        "CanChangeRoles",
    ] {
        change.body.entry(key).or_insert(json!(true));
    }
    has_a_name_of_its_own(change).await?;
    let Some(before) = &change.before else {
        return Ok(());
    };
    let may = |key: &str| before.get(key).and_then(Value::as_bool).unwrap_or(true);
    if !may("CanBeRenamed") && before.get("Name") != change.body.get("Name") {
        return Err(ApiError::invalid_one(
            "This team is built in and cannot be renamed.",
        ));
    }
    if !may("CanChangeMembers") && !change.texts("MemberUserIds").is_empty() {
        return Err(ApiError::invalid_one(
            "Everybody is a member of this team; its members cannot be changed.",
        ));
    }
    if change.id == "teams-administrators" && change.texts("MemberUserIds").is_empty() {
        return Err(ApiError::invalid_one(
            "Somebody must stay an administrator. Add another member before you remove the last one.",
        ));
    }
    Ok(())
}

/// No two teams of one space, or of the system, are called the same. Teams of different spaces may be.
async fn has_a_name_of_its_own(change: &mut Change<'_>) -> Result<(), ApiError> {
    let name = change.text("Name").trim().to_owned();
    let space = change.text("SpaceId").to_owned();
    let same = Query {
        kind: TEAM.kind.to_owned(),
        name: Some(name),
        tags: vec![vec![format!("space:{space}")]],
        ..Query::default()
    };
    let found = change.tx.documents(&same).await?.items;
    if found.iter().any(|team| team.id != change.id) {
        return Err(ApiError::name_taken());
    }
    Ok(())
}

async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    let is_builtin = change.body.get("CanBeDeleted").and_then(Value::as_bool) == Some(false)
        || TEAMS.iter().any(|team| team.id == change.id);
    if is_builtin {
        return Err(ApiError::invalid_one(
            "This team is built in and cannot be deleted.",
        ));
    }
    let roles = Query {
        kind: "ScopedUserRoles".to_owned(),
        tags: vec![vec![format!("team:{}", change.id)]],
        ..Query::default()
    };
    for role in change.tx.documents(&roles).await?.items {
        change
            .tx
            .document_delete("ScopedUserRoles", &role.id)
            .await?;
    }
    manages_no_more(change).await
}

/// Spaces the team managed are managed by the others.
async fn manages_no_more(change: &mut Change<'_>) -> Result<(), ApiError> {
    let all = Query {
        kind: "Spaces".to_owned(),
        ..Query::default()
    };
    for space in change.tx.documents(&all).await?.items {
        let mut teams = texts(&read::body(&space), "SpaceManagersTeams");
        if teams.contains(&change.id) {
            teams.retain(|team| *team != change.id);
            rewrite(change, space, "SpaceManagersTeams", &teams).await?;
        }
    }
    Ok(())
}

/// Takes a user out of every team; refused for the last administrator.
pub(super) async fn leave_all(change: &mut Change<'_>, user_id: &str) -> Result<(), ApiError> {
    let all = Query {
        kind: TEAM.kind.to_owned(),
        ..Query::default()
    };
    for team in change.tx.documents(&all).await?.items {
        let members = texts(&read::body(&team), "MemberUserIds");
        if !members.iter().any(|member| member == user_id) {
            continue;
        }
        let rest: Vec<_> = members
            .into_iter()
            .filter(|member| member != user_id)
            .collect();
        if team.id == "teams-administrators" && rest.is_empty() {
            return Err(ApiError::invalid_one(
                "This is the last administrator. Make somebody else one first.",
            ));
        }
        space_follows(change, &team.id, &rest).await?;
        rewrite(change, team, "MemberUserIds", &rest).await?;
    }
    Ok(())
}
