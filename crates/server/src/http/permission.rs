//! What users may do, in words and as data: the catalogue of permissions, and each user's rights, teams and spaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regatta_core::permission::{Dimension, Grant, Level, Permission as P};
use regatta_store::Conn;
use serde_json::{Value, json};

use super::api_key::subject;
use super::team::TEAM;
use crate::auth::caller::Caller;
use crate::auth::directory::Directory;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Access, Answer, Operation, Place, get};
use crate::query::Query;
use crate::resource::read;

mod holders;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            "permissionHolders",
            Place::Space,
            "/permissions/holders",
            Access::SignedIn,
            holders::answer,
        )
        .query(holders::QUERY)
        .answers(&holders::OBJECT)
        .summary("Which teams have a permission at a place: whom to ask for it."),
        get(
            "permissionAll",
            Place::System,
            "/permissions/all",
            Access::SignedIn,
            catalogue,
        ),
        get(
            "userPermissions",
            Place::System,
            "/users/{user}/permissions",
            Access::SignedIn,
            rights,
        )
        .query(&["spaces", "includeSystem"]),
        get(
            "userPermissionsConfiguration",
            Place::System,
            "/users/{user}/permissions/configuration",
            Access::SignedIn,
            rights,
        )
        .query(&["spaces", "includeSystem"]),
        get(
            "userSpaces",
            Place::System,
            "/users/{user}/spaces",
            Access::SignedIn,
            spaces,
        ),
        get(
            "userTeams",
            Place::System,
            "/users/{user}/teams",
            Access::SignedIn,
            teams,
        )
        .query(&["spaces", "includeSystem"]),
        get(
            "teamMembership",
            Place::System,
            "/teammembership",
            Access::SignedIn,
            membership,
        )
        .query(&["userId", "spaces", "includeSystem"]),
    ]
}

/// `View process` for `ProcessView`, `Administer system` for `AdministerSystem`.
#[must_use]
pub fn describe(permission: P) -> String {
    const VERBS: &[&str] = &[
        "view",
        "create",
        "edit",
        "delete",
        "push",
        "download",
        "administer",
        "cancel",
        "submit",
        "report",
        "resolve",
        "invite",
        "prioritize",
    ];
    let mut words = Vec::new();
    for c in permission.as_str().chars() {
        if c.is_ascii_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    if words
        .last()
        .is_some_and(|word| VERBS.contains(&word.as_str()))
    {
        words.rotate_right(1);
    }
    let text = words.join(" ");
    text[..1].to_ascii_uppercase() + &text[1..]
}

/// What a grant of these permissions may be restricted to, in Octopus' words.
#[must_use]
pub fn restrictions<'p>(permissions: impl IntoIterator<Item = &'p P>) -> BTreeSet<&'static str> {
    let dimensions = permissions
        .into_iter()
        .flat_map(|permission| permission.dimensions());
    dimensions
        .map(|dimension| match dimension {
            Dimension::Project => "Projects",
            Dimension::ProjectGroup => "ProjectGroups",
            Dimension::Environment => "Environments",
            Dimension::Tenant | Dimension::TenantExplicit => "Tenants",
        })
        .collect()
}

#[allow(clippy::unused_async, reason = "handlers are async")]
async fn catalogue(_call: Call) -> Answer {
    let all = P::ALL.iter().map(|permission| {
        json!({
            "Id": permission,
            "Description": describe(*permission),
            "CanApplyAtSpaceLevel": permission.level() != Level::System,
            "CanApplyAtSystemLevel": permission.level() != Level::Space,
            "SupportedRestrictions": restrictions([permission]),
        })
    });
    Ok(ok(all.collect()))
}

async fn rights(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserView).await?;
    let directory = Arc::clone(&call.caller.directory);
    let wanted = Wanted::of(&call.query)?;
    let known = Known::of(&call, &user);
    let space_of = |grant: &Grant| grant.space.as_ref().map(ToString::to_string);
    let mut grants = directory.grants_of(&user);
    grants.retain(|grant| wanted.includes(space_of(grant).as_deref()));
    let all = grants.len();
    grants.retain(|grant| known.includes(space_of(grant).as_deref()));
    let (space, system) = by_permission(&grants);
    let mut teams = team_spaces(&directory, &user, &wanted);
    let all_teams = teams.len();
    teams.retain(|(_, space)| known.includes(*space));
    Ok(ok(json!({
        "Id": user,
        "SpacePermissions": space,
        "SystemPermissions": system,
        "IsPermissionsComplete": grants.len() == all,
        "IsTeamsComplete": teams.len() == all_teams,
        "Teams": team_references(&directory, teams),
        "Links": { "Self": format!("/api/users/{user}/permissions"), "User": format!("/api/users/{user}") },
    })))
}

/// `?spaces=` and `?includeSystem=`: which part of somebody's rights is asked for. Everything, unless said.
struct Wanted {
    spaces: Option<Vec<String>>,
    system: bool,
}

impl Wanted {
    fn of(query: &Query) -> Result<Self, ApiError> {
        let spaces = query
            .list("spaces")?
            .filter(|spaces| !spaces.iter().any(|space| space == "all"));
        let system = query.flag("includeSystem")?.unwrap_or(spaces.is_none());
        Ok(Self { spaces, system })
    }

    fn includes(&self, space: Option<&str>) -> bool {
        match (space, &self.spaces) {
            (None, _) => self.system,
            (Some(_), None) => true,
            (Some(space), Some(spaces)) => spaces
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(space)),
        }
    }
}

/// The spaces whose teams and grants the caller may be told of: of a space one has no part in nothing is told, but
/// everybody may know all about themselves.
struct Known<'c> {
    caller: &'c Caller,
    is_oneself: bool,
}

impl<'c> Known<'c> {
    fn of(call: &'c Call, user: &str) -> Self {
        Self {
            caller: &call.caller,
            is_oneself: call.caller.user_id() == Some(user),
        }
    }

    fn includes(&self, space: Option<&str>) -> bool {
        self.is_oneself || space.is_none_or(|space| self.caller.knows_space(space))
    }
}

fn by_permission(grants: &[Grant]) -> (BTreeMap<&'static str, Vec<Value>>, BTreeSet<&'static str>) {
    let mut spaces: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    let mut system = BTreeSet::new();
    for grant in grants {
        for permission in &grant.permissions {
            let Some(space) = &grant.space else {
                system.insert(permission.as_str());
                continue;
            };
            spaces.entry(permission.as_str()).or_default().push(json!({
                "SpaceId": space,
                "RestrictedToProjectIds": grant.only.projects,
                "RestrictedToEnvironmentIds": grant.only.environments,
                "RestrictedToProjectGroupIds": grant.only.project_groups,
                "RestrictedToTenantIds": grant.only.tenants,
            }));
        }
    }
    (spaces, system)
}

/// The teams of somebody as far as they are wanted, each with its space.
fn team_spaces<'d>(
    directory: &'d Directory,
    user: &str,
    wanted: &Wanted,
) -> Vec<(&'d str, Option<&'d str>)> {
    let teams = directory.teams_of(user).into_iter();
    let teams = teams.map(|id| (id, directory.team_space(id)));
    teams.filter(|(_, space)| wanted.includes(*space)).collect()
}

fn team_references(directory: &Directory, teams: Vec<(&str, Option<&str>)>) -> Vec<Value> {
    let reference = |(id, space)| {
        json!({
            "Id": id,
            "Name": directory.team_name(id),
            "SpaceId": space,
            "IsDirectlyAssigned": true,
            "ExternalSecurityGroups": [],
        })
    };
    teams.into_iter().map(reference).collect()
}

async fn spaces(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserView).await?;
    let spaces = call.caller.directory.spaces_of(&user).into_iter();
    let known = spaces.filter(|space| call.caller.knows_space(&space.id));
    let shown = known.map(|space| {
        json!({ "Id": space.id, "Name": space.name, "Slug": space.slug, "IsDefault": space.is_default, "TaskQueueStopped": space.task_queue_stopped })
    });
    Ok(ok(shown.collect()))
}

async fn teams(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserView).await?;
    let wanted = Wanted::of(&call.query)?;
    let directory = Arc::clone(&call.caller.directory);
    let mut conn = call.read().await?;
    let mut shown = Vec::new();
    let known = Known::of(&call, &user);
    for (id, space) in team_spaces(&directory, &user, &wanted) {
        if known.includes(space) {
            shown.extend(team(&mut conn, id).await?);
        }
    }
    Ok(ok(Value::Array(shown)))
}

async fn team(conn: &mut Conn, id: &str) -> Result<Option<Value>, ApiError> {
    Ok(conn
        .document(TEAM.kind, id)
        .await?
        .map(|document| read::view(&TEAM, &document)))
}

/// The teams of `?userId=`, of oneself when left out.
async fn membership(mut call: Call) -> Answer {
    let user = call.query.get("userId").unwrap_or("me").to_owned();
    let user = super::api_key::subject_named(&mut call, &user, P::UserView).await?;
    let wanted = Wanted::of(&call.query)?;
    let known = Known::of(&call, &user);
    let directory = &call.caller.directory;
    let mut teams = team_spaces(directory, &user, &wanted);
    teams.retain(|(_, space)| known.includes(*space));
    Ok(ok(Value::Array(team_references(directory, teams))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_read_like_sentences() {
        let words: Vec<_> = [
            P::ProcessEdit,
            P::AdministerSystem,
            P::BuiltInFeedPush,
            P::TaskViewLog,
            P::CertificateExportPrivateKey,
        ]
        .map(describe)
        .into();
        assert_eq!(
            words,
            [
                "Edit process",
                "Administer system",
                "Push built in feed",
                "Task view log",
                "Certificate export private key"
            ]
        );
    }

    #[test]
    fn a_role_says_what_it_can_be_restricted_to() {
        assert_eq!(
            Vec::from_iter(restrictions(&[P::DeploymentCreate])),
            ["Environments", "Projects", "Tenants"]
        );
        assert!(restrictions(&[P::LifecycleEdit]).is_empty());
    }
}
