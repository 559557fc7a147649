//! Who may do what: the tables as people read them, and the one function that decides.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use regatta_core::id::{EnvironmentId, ProjectGroupId, ProjectId, SpaceId, TeamId, TenantId};
use regatta_core::permission::{
    Grant, Permission, Place, Restriction, Scope, builtin, may, teams_that_may,
};

#[test]
fn the_table_of_permissions() {
    let mut table = String::new();
    for permission in Permission::ALL {
        let dimensions: Vec<String> = permission
            .dimensions()
            .iter()
            .map(|d| format!("{d:?}"))
            .collect();
        writeln!(
            table,
            "{permission:<34} {:<7} {}",
            format!("{:?}", permission.level()),
            dimensions.join(", ")
        )
        .unwrap();
        assert_eq!(
            Permission::parse(&permission.as_str().to_lowercase()),
            Some(*permission)
        );
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_built_in_roles() {
    let mut table = String::new();
    for role in builtin::roles() {
        let names = |list: &[Permission]| {
            list.iter()
                .map(|p| p.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let space = if role.name == builtin::SPACE_MANAGER {
            format!("{} permissions", role.space.len())
        } else {
            names(&role.space)
        };
        writeln!(
            table,
            "{} ({})\n  space:  {space}\n  system: {}",
            role.name,
            role.id(),
            names(&role.system)
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn built_in_teams_hold_built_in_roles() {
    let roles = builtin::roles();
    for team in builtin::TEAMS {
        assert_eq!(team.id.parse::<TeamId>().unwrap().as_str(), team.id);
        assert!(
            team.role
                .is_none_or(|name| roles.iter().any(|role| role.name == name)),
            "{}",
            team.name
        );
    }
    assert_eq!(
        builtin::space_managers_team(&SpaceId::numbered(1)).as_str(),
        "teams-spacemanagers-Spaces-1"
    );
}

fn grant(permissions: &[Permission], only: Restriction) -> Grant {
    Grant {
        team: TeamId::numbered(1),
        space: Some(SpaceId::numbered(1)),
        permissions: permissions.iter().copied().collect(),
        only,
    }
}

fn project(number: u64, group: u64) -> Scope {
    Scope {
        space: Some(SpaceId::numbered(1)),
        project: Some(ProjectId::numbered(number)),
        project_group: Some(ProjectGroupId::numbered(group)),
        ..Scope::default()
    }
}

use Permission::{
    DeploymentCreate, DeploymentView, MachineEdit, MachineView, ProcessEdit, ProjectCreate,
    ProjectView, VariableEdit,
};

#[test]
fn a_refusal_names_the_permission() {
    let denied = may(&[], ProcessEdit, &project(1, 1)).unwrap_err();
    assert_eq!(
        denied.to_string(),
        "You do not have the ProcessEdit permission."
    );
    let elsewhere = grant(
        &[ProcessEdit],
        Restriction {
            projects: vec![ProjectId::numbered(2)],
            ..Restriction::default()
        },
    );
    let denied = may(&[elsewhere], ProcessEdit, &project(1, 1)).unwrap_err();
    assert_eq!(
        (denied.permission, denied.place),
        (ProcessEdit, Place::Elsewhere)
    );
}

#[test]
fn grants_add_up_but_each_must_cover_the_whole_scope_alone() {
    let test_only = Restriction {
        environments: vec![EnvironmentId::numbered(1)],
        ..Restriction::default()
    };
    let one_only = Restriction {
        projects: vec![ProjectId::numbered(1)],
        ..Restriction::default()
    };
    let mut scope = project(2, 1);
    scope.environments = vec![EnvironmentId::numbered(2)];
    let grants = [
        grant(&[DeploymentCreate], test_only),
        grant(&[DeploymentCreate], one_only),
    ];
    assert!(may(&grants, DeploymentCreate, &scope).is_err());
    scope.project = Some(ProjectId::numbered(1));
    assert!(may(&grants, DeploymentCreate, &scope).is_ok());
}

#[test]
fn projects_and_groups_are_one_dimension() {
    let only = Restriction {
        projects: vec![ProjectId::numbered(1)],
        project_groups: vec![ProjectGroupId::numbered(7)],
        ..Restriction::default()
    };
    let grants = [grant(&[ProcessEdit, ProjectCreate], only)];
    assert!(may(&grants, ProcessEdit, &project(1, 1)).is_ok());
    assert!(may(&grants, ProcessEdit, &project(9, 7)).is_ok());
    assert!(may(&grants, ProcessEdit, &project(9, 8)).is_err());
    let into = |group| Scope {
        project: None,
        ..project(1, group)
    };
    assert!(
        may(&grants, ProjectCreate, &into(7)).is_ok()
            && may(&grants, ProjectCreate, &into(8)).is_err()
    );
}

#[test]
fn a_dimension_the_permission_does_not_have_restricts_nothing() {
    let only = Restriction {
        environments: vec![EnvironmentId::numbered(1)],
        ..Restriction::default()
    };
    let grants = [grant(&[ProcessEdit, VariableEdit], only)];
    assert!(may(&grants, ProcessEdit, &project(1, 1)).is_ok());
    assert!(
        may(&grants, VariableEdit, &project(1, 1)).is_err(),
        "an unscoped variable is outside every environment"
    );
}

#[test]
fn several_environments_are_seen_with_one_and_changed_with_all() {
    let only = Restriction {
        environments: vec![EnvironmentId::numbered(1)],
        ..Restriction::default()
    };
    let grants = [grant(&[MachineView, MachineEdit], only)];
    let scope = Scope {
        space: Some(SpaceId::numbered(1)),
        environments: vec![EnvironmentId::numbered(1), EnvironmentId::numbered(2)],
        ..Scope::default()
    };
    assert!(
        may(&grants, MachineView, &scope).is_ok() && may(&grants, MachineEdit, &scope).is_err()
    );
}

#[test]
fn tenants_must_be_explicit_where_the_permission_says_so() {
    let only = Restriction {
        tenants: vec![TenantId::numbered(1)],
        ..Restriction::default()
    };
    let grants = [grant(&[ProjectView, DeploymentView], only)];
    assert!(
        may(&grants, ProjectView, &project(1, 1)).is_ok(),
        "a project without tenants is visible"
    );
    assert!(
        may(&grants, DeploymentView, &project(1, 1)).is_err(),
        "an untenanted deployment is not"
    );
    let mut tenanted = project(1, 1);
    tenanted.tenants = vec![TenantId::numbered(1)];
    assert!(may(&grants, DeploymentView, &tenanted).is_ok());
}

#[test]
fn spaces_and_the_system_are_apart() {
    let here = grant(&[ProcessEdit], Restriction::default());
    let system = Grant {
        space: None,
        ..here.clone()
    };
    let mut there = project(1, 1);
    there.space = Some(SpaceId::numbered(2));
    assert!(may(&[here.clone(), system], ProcessEdit, &there).is_err());
    assert_eq!(
        teams_that_may(&[here], ProcessEdit, &project(1, 1)),
        BTreeSet::from([&TeamId::numbered(1)])
    );
}
