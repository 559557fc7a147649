//! Permissions as data: their names, what restricts each, the built-in roles and teams, and the one
//! function that decides ([`may`]).
//!
//! Grants only add up; nothing takes away (Octopus' rule). Not here: who is in which team, and
//! which route needs what.

use std::collections::BTreeSet;

use crate::id::{EnvironmentId, ProjectGroupId, ProjectId, SpaceId, TeamId, TenantId};

pub mod builtin;
mod table;

pub use table::Permission;

/// What a grant may be restricted to. Project groups and projects are one dimension:
/// a project is inside if it or its group is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Projects, directly or through their group.
    Project,
    /// Project groups, for what belongs to a group and to no project.
    ProjectGroup,
    Environment,
    Tenant,
    /// As `Tenant`, and a grant restricted to tenants does not cover untenanted work.
    TenantExplicit,
}

/// Where a permission is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Space,
    System,
    /// Both, granted separately (Octopus: teams, tasks, audit events).
    Both,
}

/// A role held through a team, in one space or in the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub team: TeamId,
    /// `None` = the system itself. A system grant does not reach into spaces.
    pub space: Option<SpaceId>,
    pub permissions: BTreeSet<Permission>,
    pub only: Restriction,
}

/// Empty lists restrict nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restriction {
    pub projects: Vec<ProjectId>,
    pub project_groups: Vec<ProjectGroupId>,
    pub environments: Vec<EnvironmentId>,
    pub tenants: Vec<TenantId>,
}

/// What the permission is wanted for. Leave out what the document does not have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// `None` = the system.
    pub space: Option<SpaceId>,
    pub project: Option<ProjectId>,
    /// The group itself, or the group of `project`.
    pub project_group: Option<ProjectGroupId>,
    /// All environments of the document; a deployment has one, a machine may have several.
    pub environments: Vec<EnvironmentId>,
    pub tenants: Vec<TenantId>,
}

/// A refusal. Names the permission, so that people know what to ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("You do not have the {permission} permission{}.", .place.sentence())]
pub struct Denied {
    pub permission: Permission,
    pub place: Place,
}

/// How far the permission is held at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Nowhere,
    /// Held, but not for this project, environment or tenant.
    Elsewhere,
}

impl Place {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Nowhere => "",
            Self::Elsewhere => {
                " here: your teams have it only for other projects, environments, tenants or spaces"
            }
        }
    }
}

/// Decides whether `grants` together allow `permission` for `scope`.
///
/// A document in several environments or tenants can be *viewed* with any of them, and changed
/// only with all of them, by one grant.
pub fn may(grants: &[Grant], permission: Permission, scope: &Scope) -> Result<(), Denied> {
    if grants.iter().any(|grant| grant.allows(permission, scope)) {
        return Ok(());
    }
    let held = grants
        .iter()
        .any(|grant| grant.permissions.contains(&permission));
    Err(Denied {
        permission,
        place: if held {
            Place::Elsewhere
        } else {
            Place::Nowhere
        },
    })
}

/// The teams among `grants` (of everybody) that could do it: whom to ask after a refusal.
#[must_use]
pub fn teams_that_may<'g>(
    grants: &'g [Grant],
    permission: Permission,
    scope: &Scope,
) -> BTreeSet<&'g TeamId> {
    grants
        .iter()
        .filter(|grant| grant.allows(permission, scope))
        .map(|grant| &grant.team)
        .collect()
}

impl Grant {
    /// Whether this grant alone allows it.
    #[must_use]
    pub fn allows(&self, permission: Permission, scope: &Scope) -> bool {
        self.space == scope.space
            && self.permissions.contains(&permission)
            && permission
                .dimensions()
                .iter()
                .all(|dimension| self.covers(*dimension, permission, scope))
    }

    fn covers(&self, dimension: Dimension, permission: Permission, scope: &Scope) -> bool {
        let only = &self.only;
        match dimension {
            Dimension::Project | Dimension::ProjectGroup => {
                (only.projects.is_empty() && only.project_groups.is_empty())
                    || scope
                        .project
                        .as_ref()
                        .is_some_and(|p| only.projects.contains(p))
                    || scope
                        .project_group
                        .as_ref()
                        .is_some_and(|g| only.project_groups.contains(g))
            }
            Dimension::Environment => inside(
                &only.environments,
                &scope.environments,
                permission.is_view(),
            ),
            Dimension::Tenant => {
                scope.tenants.is_empty()
                    || inside(&only.tenants, &scope.tenants, permission.is_view())
            }
            Dimension::TenantExplicit => {
                inside(&only.tenants, &scope.tenants, permission.is_view())
            }
        }
    }
}

fn inside<T: PartialEq>(allowed: &[T], wanted: &[T], any: bool) -> bool {
    if allowed.is_empty() {
        return true;
    }
    let mut hits = wanted.iter().map(|item| allowed.contains(item));
    if any {
        hits.any(|hit| hit)
    } else {
        !wanted.is_empty() && hits.all(|hit| hit)
    }
}
