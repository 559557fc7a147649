//! Teams: who belongs together. What a team may do are its scoped user roles.

use regatta_core::permission::Permission as P;
use regatta_core::permission::builtin::TEAMS;
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::names;
use crate::operation::Place;
use crate::resource::{Change, Hooks, Resource, read, texts};
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
            )
        },
        filters: &[("spaces", "space")],
        tags: |body| {
            body.get("SpaceId")
                .and_then(Value::as_str)
                .map(|id| format!("space:{id}"))
                .into_iter()
                .collect()
        },
        ..Hooks::NONE
    },
};

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    let kept_space = change.body.get("SpaceId").cloned().unwrap_or(Value::Null);
    change.set("SpaceId", kept_space);
    change.refers("MemberUserIds", "Users").await?;
    for key in [
        "CanBeDeleted",
        "CanBeRenamed",
        "CanChangeMembers",
        "CanChangeRoles",
    ] {
        change.body.entry(key).or_insert(json!(true));
    }
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
    Ok(())
}

/// Takes a user out of every team; refused for the last administrator.
pub(super) async fn leave_all(change: &mut Change<'_>, user_id: &str) -> Result<(), ApiError> {
    let all = Query {
        kind: TEAM.kind.to_owned(),
        ..Query::default()
    };
    for mut team in change.tx.documents(&all).await?.items {
        let mut body = read::body(&team);
        let members = texts(&body, "MemberUserIds");
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
        body.insert("MemberUserIds".to_owned(), json!(rest));
        team.body = Value::Object(body).to_string();
        change.tx.document_replace(&team).await?;
    }
    Ok(())
}
