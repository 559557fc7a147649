//! Roles (named sets of permissions) and where teams hold them.

use regatta_core::permission::{Level, Permission as P, builtin};
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use super::permission::{describe, restrictions};
use super::team;
use crate::error::ApiError;
use crate::names;
use crate::operation::Place;
use crate::resource::{Body, Change, Hooks, Resource, read, texts};
use crate::shape::{
    BOOL, DESCRIPTION, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, TEXT, TEXTS, field,
};

static ROLE_OBJECT: Object = Object {
    name: "UserRole",
    fields: &[
        ID,
        NAME,
        DESCRIPTION,
        field("GrantedSystemPermissions", TEXTS).or("[]"),
        field("GrantedSpacePermissions", TEXTS).or("[]"),
        field("SystemPermissionDescriptions", TEXTS).read_only(),
        field("SpacePermissionDescriptions", TEXTS).read_only(),
        field("SupportedRestrictions", TEXTS).read_only(),
        field("CanBeDeleted", BOOL).read_only(),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static ROLE: Resource = Resource {
    kind: "UserRoles",
    item_type: "UserRole",
    place: Place::System,
    names: names!("userRole", "/userroles"),
    object: &ROLE_OBJECT,
    view: P::UserRoleView,
    create: Some(P::UserRoleEdit),
    edit: Some(P::UserRoleEdit),
    delete: Some(P::UserRoleEdit),
    name_key: "Name",
    name_is_unique: true,
    has_slug: false,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare_role(change)),
        deleting: |change| Box::pin(delete_role(change)),
        view: |view| {
            let granted = |body: &Body, key: &str| -> Vec<P> {
                let names = texts(body, key);
                names.iter().filter_map(|name| P::parse(name)).collect()
            };
            let describe =
                |list: &[P]| json!(list.iter().copied().map(describe).collect::<Vec<_>>());
            let system = granted(view.body, "GrantedSystemPermissions");
            let space = granted(view.body, "GrantedSpacePermissions");
            for (key, value) in [
                ("SystemPermissionDescriptions", describe(&system)),
                ("SpacePermissionDescriptions", describe(&space)),
                ("SupportedRestrictions", json!(restrictions(&space))),
            ] {
                view.body.insert(key.to_owned(), value);
            }
        },
        ..Hooks::NONE
    },
};

async fn prepare_role(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change
        .before
        .as_ref()
        .is_some_and(|before| before.get("CanBeDeleted") == Some(&Value::Bool(false)))
    {
        return Err(ApiError::invalid_one(
            "Built-in roles cannot be changed. Make a new role with the permissions you want.",
        ));
    }
    let mut problems = Vec::new();
    for (key, refused, place) in [
        ("GrantedSystemPermissions", Level::Space, "the system"),
        ("GrantedSpacePermissions", Level::System, "a space"),
    ] {
        let mut names = Vec::new();
        for given in change.texts(key) {
            match P::parse(&given) {
                Some(permission) if permission.level() != refused => {
                    names.push(permission.as_str());
                }
                Some(_) => problems.push(format!("{key}: '{given}' cannot be granted in {place}.")),
                None => problems.push(format!("{key}: there is no permission '{given}'.")),
            }
        }
        change.set(key, json!(names));
    }
    change.body.entry("CanBeDeleted").or_insert(json!(true));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

async fn delete_role(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.body.get("CanBeDeleted") == Some(&Value::Bool(false)) {
        return Err(ApiError::invalid_one("Built-in roles cannot be deleted."));
    }
    let held = Query {
        kind: SCOPED.kind.to_owned(),
        tags: vec![vec![format!("role:{}", change.id)]],
        ..Query::default()
    };
    match change.tx.document_count(&held).await? {
        0 => Ok(()),
        count => Err(ApiError::invalid_one(format!(
            "{count} teams hold this role. Take it from them first."
        ))),
    }
}

static SCOPED_OBJECT: Object = Object {
    name: "ScopedUserRole",
    fields: &[
        ID,
        field("TeamId", TEXT).required(),
        field("UserRoleId", TEXT).required(),
        field("SpaceId", TEXT)
            .about("Null: the role's system permissions; else its permissions in this space."),
        field("ProjectIds", TEXTS).or("[]"),
        field("EnvironmentIds", TEXTS).or("[]"),
        field("TenantIds", TEXTS).or("[]"),
        field("ProjectGroupIds", TEXTS).or("[]"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static SCOPED: Resource = Resource {
    kind: "ScopedUserRoles",
    item_type: "ScopedUserRole",
    place: Place::System,
    names: names!("scopedUserRole", "/scopeduserroles"),
    object: &SCOPED_OBJECT,
    view: P::TeamView,
    create: Some(P::TeamEdit),
    edit: Some(P::TeamEdit),
    delete: Some(P::TeamEdit),
    name_key: "TeamId",
    name_is_unique: false,
    has_slug: false,
    order: Order::Oldest,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare_scoped(change)),
        tags: |body| {
            let tag = |field: &str, key: &str| {
                body.get(key)
                    .and_then(Value::as_str)
                    .map(|id| format!("{field}:{id}"))
            };
            let space = tag("space", "SpaceId").unwrap_or_else(|| "space:".to_owned());
            let others = [tag("team", "TeamId"), tag("role", "UserRoleId")];
            others.into_iter().flatten().chain([space]).collect()
        },
        deleting: |change| Box::pin(is_not_fixed(change)),
        sees: Some(team::SIGHT),
        filters: &[("teamId", "team")],
        ..Hooks::NONE
    },
};

/// The built-in teams keep the role they are there for.
async fn is_not_fixed(change: &mut Change<'_>) -> Result<(), ApiError> {
    let before = change.before.clone().unwrap_or_default();
    let text = |key: &str| before.get(key).and_then(Value::as_str).unwrap_or_default();
    let (team, role, space) = (text("TeamId"), text("UserRoleId"), text("SpaceId"));
    let built_in = builtin::TEAMS.iter().find(|known| known.id == team);
    let is_system = built_in.is_some_and(|known| known.role.is_some() && space.is_empty());
    let is_manager =
        role == "userroles-spacemanager" && team == format!("teams-spacemanagers-{space}");
    if is_system || is_manager {
        return Err(ApiError::invalid_one(
            "This role is what the built-in team is there for, so it cannot be changed or taken away.",
        ));
    }
    Ok(())
}

/// A team of a space holds roles in that space only.
async fn fits_its_team(change: &mut Change<'_>, space: Option<&str>) -> Result<(), ApiError> {
    let team = change.text("TeamId").to_owned();
    let team = change.tx.document("Teams", &team).await?;
    let of_team = team.map(|team| read::body(&team)).unwrap_or_default();
    let of_team = of_team
        .get("SpaceId")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty());
    if of_team.is_some() && of_team != space {
        return Err(ApiError::invalid_one(
            "SpaceId: the team belongs to another space, so it can hold roles in that space only.",
        ));
    }
    Ok(())
}

/// Everything it names must exist, and in the space it is about: an id that cannot be read would widen the grant.
async fn prepare_scoped(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.before.is_some() {
        is_not_fixed(change).await?;
    }
    team::keep_space(change).await?;
    let space = Some(change.text("SpaceId").to_owned()).filter(|id| !id.is_empty());
    change.refers("TeamId", "Teams").await?;
    change.refers("UserRoleId", "UserRoles").await?;
    fits_its_team(change, space.as_deref()).await?;
    let restricted = [
        ("ProjectIds", "Projects"),
        ("EnvironmentIds", "Environments"),
        ("ProjectGroupIds", "ProjectGroups"),
        ("TenantIds", "Tenants"),
    ];
    let mut problems = Vec::new();
    for (key, kind) in restricted {
        for id in change.texts(key) {
            let found = change.tx.document(kind, &id).await?;
            if found.is_none_or(|found| space.is_none() || found.space_id != space) {
                problems.push(format!("{key}: '{id}' does not exist in the space."));
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}
