//! The person or program behind a request.

use std::collections::BTreeSet;
use std::sync::Arc;

use regatta_core::id::{EnvironmentId, ProjectGroupId, ProjectId, TenantId};
use regatta_core::permission::{Dimension, Grant, Permission, Scope, may, teams_that_may};
use regatta_core::time::Time;
use regatta_store::Conn;

use super::directory::{Directory, User};
use crate::error::ApiError;

/// Who makes the request. Holds what everybody may do as it was when the request began.
#[derive(Clone)]
pub struct Caller {
    pub(crate) user: Option<Arc<User>>,
    pub(crate) credential: Credential,
    pub(crate) grants: Vec<Grant>,
    pub(crate) directory: Arc<Directory>,
}

/// How the caller proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    Anonymous,
    /// The server itself, while it sets up what every installation starts with.
    System,
    /// `expires_at` bounds what may be created with it: nothing outlives its parent.
    ApiKey {
        id: String,
        expires_at: Option<Time>,
    },
    /// `hash` names the session's row; the token itself is forgotten. `extended_to`: its use is to be noted.
    Session {
        hash: [u8; 32],
        extended_to: Option<Time>,
    },
}

/// Which documents a permission covers, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sees {
    Everything,
    /// Only documents inside at least one of these.
    Only(Vec<Inside>),
}

/// One grant's restriction, reduced to what the permission can be restricted by. Empty = not restricted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inside {
    pub projects: Vec<ProjectId>,
    pub project_groups: Vec<ProjectGroupId>,
    pub environments: Vec<EnvironmentId>,
    pub tenants: Vec<TenantId>,
}

impl Caller {
    /// The server itself.
    pub(crate) fn system() -> Self {
        Self {
            user: None,
            credential: Credential::System,
            grants: Vec::new(),
            directory: Arc::default(),
        }
    }

    /// The user's id, e.g. `Users-1`; `None` when nobody is signed in.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.id.as_str())
    }

    /// How the audit calls them.
    #[must_use]
    pub fn username(&self) -> &str {
        let nobody = if self.credential == Credential::System {
            "system"
        } else {
            "anonymous"
        };
        self.user
            .as_ref()
            .map_or(nobody, |user| user.username.as_str())
    }

    /// `API key`, `Session cookie` or nothing, as audit events say it.
    #[must_use]
    pub const fn established_with(&self) -> &'static str {
        match self.credential {
            Credential::Anonymous | Credential::System => "",
            Credential::ApiKey { .. } => "API key",
            Credential::Session { .. } => "Session cookie",
        }
    }

    /// The teams the caller is in.
    #[must_use]
    pub fn teams(&self) -> Vec<&str> {
        self.user
            .as_ref()
            .map_or_else(Vec::new, |user| self.directory.teams_of(&user.id))
    }

    /// Whether the permission covers the scope.
    #[must_use]
    pub fn may(&self, permission: Permission, scope: &Scope) -> bool {
        may(&self.grants, permission, scope).is_ok()
    }

    /// Whether the permission is held for anything at all in this space (`None`: the system).
    #[must_use]
    pub fn holds_somewhere(&self, permission: Permission, space: Option<&str>) -> bool {
        self.in_space(space)
            .any(|grant| grant.permissions.contains(&permission))
    }

    /// Whether the permission is held for anything at all.
    #[must_use]
    pub fn holds_anywhere(&self, permission: Permission) -> bool {
        self.grants
            .iter()
            .any(|grant| grant.permissions.contains(&permission))
    }

    /// Whether the caller may know of this space at all.
    #[must_use]
    pub fn knows_space(&self, space: &str) -> bool {
        self.in_space(Some(space)).next().is_some()
            || self.may(Permission::SpaceView, &Scope::default())
            || self.may(Permission::AdministerSystem, &Scope::default())
    }

    /// 403 naming the permission and who has it, unless it covers the scope.
    ///
    /// # Errors
    /// 401 when nobody is signed in, 404 in a space the caller has no part in, else 403.
    pub fn require(&self, permission: Permission, scope: &Scope) -> Result<(), ApiError> {
        if self.may(permission, scope) {
            return Ok(());
        }
        // A space somebody has no part in is, for them, not there.
        match &scope.space {
            Some(space) if self.user.is_some() && !self.knows_space(space.as_str()) => {
                Err(ApiError::not_found(space.as_str()))
            }
            _ => Err(self.refusal(permission, scope)),
        }
    }

    /// What a permission covers in a space, for lists.
    #[must_use]
    pub fn sees(&self, permission: Permission, space: Option<&str>) -> Sees {
        let dimensions = permission.dimensions();
        let by_project = dimensions
            .iter()
            .any(|d| matches!(d, Dimension::Project | Dimension::ProjectGroup));
        let by_environment = dimensions.contains(&Dimension::Environment);
        let by_tenant = dimensions
            .iter()
            .any(|d| matches!(d, Dimension::Tenant | Dimension::TenantExplicit));
        let mut all = Vec::new();
        for grant in self
            .in_space(space)
            .filter(|grant| grant.permissions.contains(&permission))
        {
            let mut inside = Inside::default();
            if by_project {
                inside.projects.clone_from(&grant.only.projects);
                inside.project_groups.clone_from(&grant.only.project_groups);
            }
            if by_environment {
                inside.environments.clone_from(&grant.only.environments);
            }
            if by_tenant {
                inside.tenants.clone_from(&grant.only.tenants);
            }
            if inside == Inside::default() {
                return Sees::Everything;
            }
            all.push(inside);
        }
        Sees::Only(all)
    }

    fn in_space<'c>(&'c self, space: Option<&'c str>) -> impl Iterator<Item = &'c Grant> {
        self.grants
            .iter()
            .filter(move |grant| grant.space.as_ref().map(AsRef::as_ref) == space)
    }

    /// The same caller with what they may do now; 401 when they are disabled or gone.
    pub(crate) async fn renewed(&self, conn: &mut Conn) -> Result<Self, ApiError> {
        let directory = Arc::new(Directory::read(conn).await?);
        let user = match self.user_id() {
            Some(id) => Some(
                directory
                    .user(id)
                    .filter(|user| user.is_active)
                    .ok_or_else(sign_in)?,
            ),
            None => None,
        };
        let grants = user
            .as_ref()
            .map(|user| directory.grants_of(&user.id))
            .unwrap_or_default();
        Ok(Self {
            user,
            credential: self.credential.clone(),
            grants,
            directory,
        })
    }

    /// Names of the teams that have the permission for the scope.
    pub(crate) fn teams_that_may(&self, permission: Permission, scope: &Scope) -> Vec<String> {
        let teams = teams_that_may(&self.directory.grants, permission, scope);
        let names: BTreeSet<_> = teams
            .into_iter()
            .map(|team| self.directory.team_name(team.as_str()))
            .collect();
        names.into_iter().collect()
    }

    /// 401 or 403, in words that help.
    pub(crate) fn refusal(&self, permission: Permission, scope: &Scope) -> ApiError {
        if self.user.is_none() {
            return sign_in();
        }
        let denied = may(&self.grants, permission, scope)
            .map_or_else(|denied| denied.to_string(), |()| String::new());
        let teams = self.teams_that_may(permission, scope);
        let whom = if teams.is_empty() {
            format!(
                "No team has the {permission} permission here; ask an administrator to grant it."
            )
        } else {
            format!(
                "Ask somebody to add you to a team that has it: {}.",
                teams.join(", ")
            )
        };
        ApiError::forbidden(denied)
            .help(whom)
            .fact("Permission", permission.as_str())
            .fact("Teams", teams)
    }
}

/// 401 for a request that brought no credential.
pub(crate) fn sign_in() -> ApiError {
    ApiError::unauthorized("NotSignedIn", "You must be signed in to do this.")
        .help("Sign in, or send an API key in the header X-Octopus-ApiKey.")
}
