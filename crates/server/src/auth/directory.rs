//! Spaces, users, teams and what teams may do, read once and kept until something of it changes.
//!
//! Every request needs all of this, and it changes rarely. Each writer of these documents changes a stamp in the
//! same transaction; each request compares the stamp, so no node ever decides by an older state than the one
//! committed before the request began (a disabled user is out at once, on every node).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, RwLock};

use regatta_core::id::{SpaceId, TeamId};
use regatta_core::permission::{Grant, Permission, Restriction, builtin};
use regatta_store::{Conn, Query, StoreError, Tx};
use serde_json::Value;

const STAMP: &str = "directory-stamp";

/// Kinds of documents whose change must be seen by the next request.
pub(crate) const KINDS: &[&str] = &["Spaces", "Users", "Teams", "UserRoles", "ScopedUserRoles"];

/// A space, as far as routing and checking need it.
#[derive(Debug, Clone)]
pub struct Space {
    pub id: String,
    pub name: String,
    pub slug: String,
    pub is_default: bool,
    pub task_queue_stopped: bool,
}

/// A user, as far as every request needs it.
#[derive(Debug, Clone)]
pub struct User {
    pub id: String,
    pub username: String,
    pub display_name: String,
    pub is_active: bool,
    pub is_service: bool,
}

/// A state of everything, as committed.
#[derive(Debug, Default)]
pub struct Directory {
    stamp: String,
    pub(crate) spaces: Vec<Space>,
    users: HashMap<String, Arc<User>>,
    /// Team id to its name and members.
    teams: HashMap<String, Team>,
    /// What every team may do.
    pub(crate) grants: Vec<Grant>,
}

#[derive(Debug)]
struct Team {
    name: String,
    /// The space the team is about; `None`: the whole system.
    space: Option<String>,
    everyone: bool,
    members: BTreeSet<String>,
}

/// The directory, kept fresh.
#[derive(Default)]
pub(crate) struct Directories(RwLock<Arc<Directory>>);

impl Directories {
    /// The directory as last committed.
    pub(crate) async fn current(&self, conn: &mut Conn) -> Result<Arc<Directory>, StoreError> {
        let stamp = conn.setting(STAMP).await?.unwrap_or_default();
        let cached = Arc::clone(&self.0.read().expect("never held over a panic"));
        if cached.stamp == stamp && !stamp.is_empty() {
            return Ok(cached);
        }
        // The stamp is read before the rows: rows that are newer than it are read again next time.
        let fresh = Arc::new(Directory::load(conn, stamp).await?);
        *self.0.write().expect("never held over a panic") = Arc::clone(&fresh);
        Ok(fresh)
    }
}

/// Makes every later request read the directory again. Call it in the transaction that changes something of it.
pub(crate) async fn touch(tx: &mut Tx) -> Result<(), StoreError> {
    tx.set_setting(STAMP, &uuid::Uuid::now_v7().to_string())
        .await
}

impl Directory {
    async fn load(conn: &mut Conn, stamp: String) -> Result<Self, StoreError> {
        let mut directory = Self {
            stamp,
            ..Self::default()
        };
        for (id, body) in bodies(conn, "Spaces").await? {
            directory.spaces.push(Space {
                name: text(&body, "Name"),
                slug: text(&body, "Slug"),
                is_default: flag(&body, "IsDefault"),
                task_queue_stopped: flag(&body, "TaskQueueStopped"),
                id,
            });
        }
        for (id, body) in bodies(conn, "Users").await? {
            let user = User {
                username: text(&body, "Username"),
                display_name: text(&body, "DisplayName"),
                is_active: flag(&body, "IsActive"),
                is_service: flag(&body, "IsService"),
                id: id.clone(),
            };
            directory.users.insert(id, Arc::new(user));
        }
        for (id, body) in bodies(conn, "Teams").await? {
            let everyone = builtin::TEAMS
                .iter()
                .any(|team| team.everyone && team.id == id);
            let members = texts(&body, "MemberUserIds").into_iter().collect();
            directory.teams.insert(
                id,
                Team {
                    name: text(&body, "Name"),
                    space: Some(text(&body, "SpaceId")).filter(|id| !id.is_empty()),
                    everyone,
                    members,
                },
            );
        }
        directory.grants = grants(conn).await?;
        Ok(directory)
    }

    /// A state as the transaction sees it, whatever is kept.
    pub(crate) async fn read(conn: &mut Conn) -> Result<Self, StoreError> {
        let stamp = conn.setting(STAMP).await?.unwrap_or_default();
        Self::load(conn, stamp).await
    }

    /// Whether nothing of it has changed since it was read.
    pub(crate) async fn is_current(&self, conn: &mut Conn) -> Result<bool, StoreError> {
        Ok(conn.setting(STAMP).await?.unwrap_or_default() == self.stamp)
    }

    /// The user with this id.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<Arc<User>> {
        self.users.get(id).cloned()
    }

    /// Whether nobody was ever created: the time of the set-up.
    #[must_use]
    pub fn has_no_users(&self) -> bool {
        self.users.is_empty()
    }

    /// The space with this id or slug, in any case of letters.
    #[must_use]
    pub fn space(&self, id_or_slug: &str) -> Option<&Space> {
        let same = |text: &str| text.eq_ignore_ascii_case(id_or_slug);
        self.spaces
            .iter()
            .find(|space| same(&space.id))
            .or_else(|| self.spaces.iter().find(|space| same(&space.slug)))
    }

    /// The space of paths that name none.
    #[must_use]
    pub fn default_space(&self) -> Option<&Space> {
        self.spaces.iter().find(|space| space.is_default)
    }

    /// The space ids and names a user may know of, by the grants of their teams.
    #[must_use]
    pub fn spaces_of(&self, user: &str) -> Vec<&Space> {
        let grants = self.grants_of(user);
        let sees_all = grants.iter().any(|grant| {
            grant.space.is_none()
                && [Permission::SpaceView, Permission::AdministerSystem]
                    .iter()
                    .any(|p| grant.permissions.contains(p))
        });
        let is_in = |space: &&Space| {
            sees_all
                || grants.iter().any(|grant| {
                    grant
                        .space
                        .as_ref()
                        .is_some_and(|id| id.as_str() == space.id)
                })
        };
        self.spaces.iter().filter(is_in).collect()
    }

    /// People (not service accounts) who can sign in and administer the server.
    pub(crate) fn administrators(&self) -> Vec<&str> {
        let administers = |user: &&Arc<User>| {
            let grants = self.grants_of(&user.id);
            grants.iter().any(|grant| {
                grant.space.is_none() && grant.permissions.contains(&Permission::AdministerSystem)
            })
        };
        let people = self
            .users
            .values()
            .filter(|user| user.is_active && !user.is_service);
        people
            .filter(administers)
            .map(|user| user.id.as_str())
            .collect()
    }

    /// Every (team, user) pair of the teams that have members of their own.
    pub(crate) fn memberships(&self) -> impl Iterator<Item = (&str, &str)> {
        self.teams.iter().flat_map(|(id, team)| {
            team.members
                .iter()
                .map(move |user| (id.as_str(), user.as_str()))
        })
    }

    pub(crate) fn is_member(&self, team: &str, user: &str) -> bool {
        self.teams
            .get(team)
            .is_some_and(|team| team.members.contains(user))
    }

    /// The space a team is about; `None`: the whole system.
    #[must_use]
    pub fn team_space(&self, id: &str) -> Option<&str> {
        self.teams.get(id).and_then(|team| team.space.as_deref())
    }

    /// What people call the team.
    #[must_use]
    pub fn team_name(&self, id: &str) -> String {
        self.teams
            .get(id)
            .map_or_else(|| id.to_owned(), |team| team.name.clone())
    }

    /// Ids of the teams a user is in.
    #[must_use]
    pub fn teams_of(&self, user: &str) -> Vec<&str> {
        let mut teams: Vec<_> = self
            .teams
            .iter()
            .filter(|(_, team)| team.everyone || team.members.contains(user))
            .map(|(id, _)| id.as_str())
            .collect();
        teams.sort_unstable();
        teams
    }

    /// What a user may do, through all teams.
    #[must_use]
    pub fn grants_of(&self, user: &str) -> Vec<Grant> {
        let teams = self.teams_of(user);
        self.grants
            .iter()
            .filter(|grant| teams.contains(&grant.team.as_str()))
            .cloned()
            .collect()
    }
}

/// What every team may do: its scoped roles, looked up.
async fn grants(conn: &mut Conn) -> Result<Vec<Grant>, StoreError> {
    let roles: HashMap<String, Value> = bodies(conn, "UserRoles").await?.into_iter().collect();
    let mut grants = Vec::new();
    for (id, scoped) in bodies(conn, "ScopedUserRoles").await? {
        let space = scoped
            .get("SpaceId")
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty());
        let Some(role) = roles.get(&text(&scoped, "UserRoleId")) else {
            continue;
        };
        let (Ok(team), Ok(space)) = (
            text(&scoped, "TeamId").parse::<TeamId>(),
            space.map(str::parse::<SpaceId>).transpose(),
        ) else {
            tracing::warn!(
                id,
                "a scoped user role names a team or space that cannot exist; it grants nothing"
            );
            continue;
        };
        let Some(only) = restriction(&scoped) else {
            tracing::warn!(
                id,
                "a scoped user role is restricted to something that cannot exist; it grants nothing"
            );
            continue;
        };
        let mut in_system = permissions(role, "GrantedSystemPermissions");
        if space.is_some() {
            let granted = permissions(role, "GrantedSpacePermissions");
            grants.push(Grant {
                team: team.clone(),
                space,
                permissions: granted,
                only,
            });
            // Held in a space, a role gives of its system half only what lets people look (at users, say).
            in_system.retain(|permission| permission.is_view());
        }
        if !in_system.is_empty() {
            grants.push(Grant {
                team,
                space: None,
                permissions: in_system,
                only: Restriction::default(),
            });
        }
    }
    Ok(grants)
}

fn permissions(role: &Value, key: &str) -> BTreeSet<Permission> {
    texts(role, key)
        .iter()
        .filter_map(|name| Permission::parse(name))
        .collect()
}

/// `None` when an id cannot be read: leaving it out would widen the grant.
fn restriction(scoped: &Value) -> Option<Restriction> {
    Some(Restriction {
        projects: ids(scoped, "ProjectIds")?,
        project_groups: ids(scoped, "ProjectGroupIds")?,
        environments: ids(scoped, "EnvironmentIds")?,
        tenants: ids(scoped, "TenantIds")?,
    })
}

/// Every document of a kind, as id and body.
async fn bodies(conn: &mut Conn, kind: &str) -> Result<Vec<(String, Value)>, StoreError> {
    let page = conn
        .documents(&Query {
            kind: kind.to_owned(),
            ..Query::default()
        })
        .await?;
    let read = page
        .items
        .into_iter()
        .map(|document| match serde_json::from_str(&document.body) {
            Ok(body) => Ok((document.id, body)),
            Err(error) => Err(StoreError::Corrupt {
                what: document.id,
                why: error.to_string(),
            }),
        });
    read.collect()
}

fn text(body: &Value, key: &str) -> String {
    body.get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn flag(body: &Value, key: &str) -> bool {
    body.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn texts(body: &Value, key: &str) -> Vec<String> {
    let items = body.get(key).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn ids<T: std::str::FromStr>(body: &Value, key: &str) -> Option<Vec<T>> {
    texts(body, key).iter().map(|id| id.parse().ok()).collect()
}
