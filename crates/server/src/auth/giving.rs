//! Changes to who may do what: one at a time, never giving more than the giver has, and never leaving a server
//! that nobody may administer.
//!
//! The check compares what everybody may do before and after, inside the transaction. So it holds for every way
//! there is to give (membership, a role for a team, a permission for a role), and for ways still to come.

use std::collections::BTreeSet;

use regatta_core::permission::{Dimension, Grant, Permission, Restriction};
use regatta_store::Tx;

use super::caller::Caller;
use super::directory::{self, Directory};
use crate::error::ApiError;

/// A change under way. Nobody else changes anything of the directory until the transaction ends.
pub(crate) struct Giving {
    /// The giver, with what everybody may do now rather than when the request began.
    giver: Caller,
}

impl Giving {
    /// Waits for other changes, then looks at the state they left.
    pub(crate) async fn begin(tx: &mut Tx, caller: &Caller) -> Result<Self, ApiError> {
        // Writing the stamp first locks its row: PostgreSQL would let two changes run side by side otherwise.
        directory::touch(tx).await?;
        Ok(Self {
            giver: caller.renewed(tx).await?,
        })
    }

    /// 403 when somebody may now do what the giver may not. Call it after writing.
    pub(crate) async fn check(&self, tx: &mut Tx) -> Result<(), ApiError> {
        let after = Directory::read(tx).await?;
        for given in given(&self.giver.directory, &after) {
            may_give(&self.giver.grants, &given)?;
        }
        Ok(())
    }

    /// 400 when nobody may administer the server any more. Call it after writing.
    pub(crate) async fn leaves_an_administrator(&self, tx: &mut Tx) -> Result<(), ApiError> {
        let after = Directory::read(tx).await?;
        if after.administrators().is_empty() && !self.giver.directory.administrators().is_empty() {
            return Err(ApiError::invalid_one(
                "This would leave nobody who can sign in and administer the server.",
            )
            .help("Give the role System Administrator to another active user first."));
        }
        Ok(())
    }
}

/// 403 unless the caller may do everything the user may: who can change a user's password can act as that user.
pub(crate) async fn may_act_as(tx: &mut Tx, caller: &Caller, user: &str) -> Result<(), ApiError> {
    if caller.user_id() == Some(user) {
        return Ok(());
    }
    let caller = caller.renewed(tx).await?;
    let theirs = caller.directory.grants_of(user);
    let refused = theirs
        .iter()
        .try_for_each(|grant| may_give(&caller.grants, grant));
    refused.map_err(|error| {
        error.help("This user may do more than you, so only somebody who may do as much can change the account.")
    })
}

/// What teams may do now and could not before, and all that the teams of new members may do.
fn given(before: &Directory, after: &Directory) -> Vec<Grant> {
    let joined: BTreeSet<_> = after
        .memberships()
        .filter(|(team, user)| !before.is_member(team, user))
        .map(|(team, _)| team)
        .collect();
    let mut all = Vec::new();
    for grant in &after.grants {
        let mut given = grant.clone();
        if !joined.contains(grant.team.as_str()) {
            let had: Vec<_> = before
                .grants
                .iter()
                .filter(|had| had.team == grant.team)
                .cloned()
                .collect();
            given
                .permissions
                .retain(|permission| !covers(&had, *permission, grant));
        }
        all.push(given);
    }
    all
}

fn may_give(held: &[Grant], given: &Grant) -> Result<(), ApiError> {
    let missing = given
        .permissions
        .iter()
        .copied()
        .find(|permission| !covers(held, *permission, given));
    let Some(missing) = missing else {
        return Ok(());
    };
    let place = given
        .space
        .as_ref()
        .map_or_else(|| "in the system".to_owned(), |space| format!("in {space}"));
    Err(ApiError::new(
        axum::http::StatusCode::FORBIDDEN,
        "MoreThanYouHave",
        format!("You cannot give {missing} {place}, because you do not have it there yourself."),
    )
    .help("Leave it out, or ask somebody who has it.")
    .fact("Permission", missing.as_str()))
}

/// Whether the permission is held at least as widely. Administrators can give themselves every permission anyway.
fn covers(held: &[Grant], permission: Permission, given: &Grant) -> bool {
    held.iter().any(|grant| {
        let administers =
            grant.space.is_none() && grant.permissions.contains(&Permission::AdministerSystem);
        let is_wider = || {
            permission
                .dimensions()
                .iter()
                .all(|dimension| is_wider(*dimension, &grant.only, &given.only))
        };
        administers
            || (grant.space == given.space && grant.permissions.contains(&permission) && is_wider())
    })
}

fn is_wider(dimension: Dimension, held: &Restriction, given: &Restriction) -> bool {
    match dimension {
        Dimension::Project | Dimension::ProjectGroup => {
            let all = held.projects.is_empty() && held.project_groups.is_empty();
            let bounded = !(given.projects.is_empty() && given.project_groups.is_empty());
            let each = given.projects.iter().all(|id| held.projects.contains(id))
                && given
                    .project_groups
                    .iter()
                    .all(|id| held.project_groups.contains(id));
            all || (bounded && each)
        }
        Dimension::Environment => contains(&held.environments, &given.environments),
        Dimension::Tenant | Dimension::TenantExplicit => contains(&held.tenants, &given.tenants),
    }
}

/// Empty lists restrict nothing.
fn contains<T: PartialEq>(held: &[T], given: &[T]) -> bool {
    held.is_empty() || (!given.is_empty() && given.iter().all(|id| held.contains(id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use regatta_core::id::{EnvironmentId, ProjectGroupId, ProjectId, SpaceId, TeamId};

    fn grant(
        permission: Permission,
        space: Option<u64>,
        projects: &[u64],
        environments: &[u64],
    ) -> Grant {
        Grant {
            team: TeamId::numbered(1),
            space: space.map(SpaceId::numbered),
            permissions: [permission].into(),
            only: Restriction {
                projects: projects.iter().map(|n| ProjectId::numbered(*n)).collect(),
                environments: environments
                    .iter()
                    .map(|n| EnvironmentId::numbered(*n))
                    .collect(),
                ..Restriction::default()
            },
        }
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        let deploy = Permission::DeploymentCreate;
        let held = [grant(deploy, Some(1), &[1, 2], &[3])];
        assert!(may_give(&held, &grant(deploy, Some(1), &[2], &[3])).is_ok());
        for wider in [
            grant(deploy, Some(1), &[], &[3]),
            grant(deploy, Some(1), &[2, 4], &[3]),
            grant(deploy, Some(1), &[2], &[]),
            grant(deploy, Some(2), &[2], &[3]),
            grant(deploy, None, &[2], &[3]),
            grant(Permission::ProcessEdit, Some(1), &[2], &[3]),
        ] {
            assert!(may_give(&held, &wider).is_err(), "{wider:?}");
        }
    }

    #[test]
    fn a_group_is_not_given_by_who_has_a_project_only() {
        let held = [grant(Permission::ProcessEdit, Some(1), &[1], &[])];
        let mut group = grant(Permission::ProcessEdit, Some(1), &[], &[]);
        group.only.project_groups = vec![ProjectGroupId::numbered(1)];
        assert!(may_give(&held, &group).is_err());
    }

    #[test]
    fn a_restriction_that_does_not_concern_the_permission_does_not_narrow_it() {
        // LifecycleEdit cannot be restricted to environments, so the holder has it for the whole space.
        let held = [grant(Permission::LifecycleEdit, Some(1), &[], &[3])];
        assert!(may_give(&held, &grant(Permission::LifecycleEdit, Some(1), &[], &[])).is_ok());
    }

    #[test]
    fn administrators_may_give_everything() {
        let held = [grant(Permission::AdministerSystem, None, &[], &[])];
        assert!(may_give(&held, &grant(Permission::ProcessEdit, Some(7), &[], &[])).is_ok());
        let in_a_space = [grant(Permission::AdministerSystem, Some(1), &[], &[])];
        assert!(
            may_give(
                &in_a_space,
                &grant(Permission::ProcessEdit, Some(1), &[], &[])
            )
            .is_err()
        );
    }
}
