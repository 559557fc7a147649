//! Spaces, users, roles and teams.

use serde_json::{Value, json};

use super::super::client::{Client, plain};
use super::{applied, applied_bare, id, is_as_planned};
use crate::installation::text;

pub(super) async fn is_applied(client: &Client<'_>) {
    let user = json!({ "Username": "terraformed", "DisplayName": "Terra Formed", "EmailAddress": "t@example.com", "IsActive": true, "IsService": false, "Password": "Correct-Horse-2" });
    client.command("octopusdeploy_user");
    let made = client.post("/api/users", user.clone()).await;
    for key in ["Username", "DisplayName", "EmailAddress", "IsActive"] {
        assert_eq!(made[key], user[key], "{key}");
    }
    assert!(made["Password"].is_null(), "{made}");
    let own = plain(&made["Links"]["Self"]);
    let mut changed = client.get(&own).await;
    changed["DisplayName"] = json!("changed");
    let saved = client.put(&own, &changed).await;
    assert_eq!(saved["DisplayName"], "changed");
    assert_eq!(saved["EmailAddress"], "t@example.com");
    let user = id(&made);

    let role = json!({ "Name": "Terraformer", "Description": "d", "CanBeDeleted": true, "GrantedSpacePermissions": ["ProjectView", "DeploymentCreate"], "GrantedSystemPermissions": ["SpaceView"], "SpacePermissionDescriptions": null, "SupportedRestrictions": null, "SystemPermissionDescriptions": null });
    let role = described(client, role).await;
    team(client, (&user, &role)).await;
    space(client, &user).await;
}

/// What the role says of its permissions is computed, and not planned.
async fn described(client: &Client<'_>, mut role: Value) -> String {
    for key in [
        "SpacePermissionDescriptions",
        "SupportedRestrictions",
        "SystemPermissionDescriptions",
    ] {
        role.as_object_mut().unwrap().remove(key);
    }
    let made = applied(client, "octopusdeploy_user_role", "/api/userroles", role).await;
    assert!(made["SpacePermissionDescriptions"].is_array());
    id(&made)
}

/// A team, and what it may do: by the links of the team, and by documents of their own.
async fn team(client: &Client<'_>, (user, role): (&str, &str)) {
    let team = json!({ "Name": "Terraformers", "Description": "d", "MemberUserIds": [user], "CanBeDeleted": true, "CanBeRenamed": true, "CanChangeMembers": true, "CanChangeRoles": true });
    let made = applied(client, "octopusdeploy_team", "/api/teams", team).await;
    let bare = json!({ "Name": "Bare", "MemberUserIds": [] });
    let left_out = ["Description", "ExternalSecurityGroups"];
    applied_bare(client, "/api/teams", bare, &left_out).await;
    let roles = plain(&made["Links"]["ScopedUserRoles"]);
    assert!(client.pages(&roles).await.is_empty());
    let scoped = json!({ "TeamId": made["Id"], "UserRoleId": role, "SpaceId": client.space, "EnvironmentIds": [], "ProjectIds": [], "ProjectGroupIds": [], "TenantIds": [] });
    let at = "/api/scopeduserroles";
    applied(client, "octopusdeploy_scoped_user_role", at, scoped).await;
    client.aside();
    assert_eq!(client.pages(&roles).await.len(), 1);
}

/// A stopped queue is asked for with the space and again after it; its own team of managers is left out.
async fn space(client: &Client<'_>, user: &str) {
    client.command("octopusdeploy_space");
    let space = json!({ "Name": "Terraformed", "Slug": "terraformed-space", "Description": "d", "IsDefault": false, "TaskQueueStopped": true, "SpaceManagersTeams": ["teams-everyone"], "SpaceManagersTeamMembers": [user] });
    let made = client.post("/api/spaces", space.clone()).await;
    let own = format!("/api/spaces/{}", id(&made));
    let mut read = client.get(&own).await;
    read["TaskQueueStopped"] = json!(true);
    client.put(&own, &read).await;
    let mut read = client.get(&own).await;
    let teams = read["SpaceManagersTeams"].as_array_mut().unwrap();
    let managers = format!("teams-spacemanagers-{}", id(&made));
    assert!(teams.contains(&json!(managers)), "{teams:?}");
    teams.retain(|team| !text(team).contains("teams-spacemanagers-"));
    is_as_planned(&space, &read, "space");
    // An update sends them with it.
    read["SpaceManagersTeams"] = json!([managers, "teams-everyone"]);
    read["Description"] = json!("changed");
    client.put(&own, &read).await;
    let after = client.get(&own).await;
    assert_eq!(after["Description"], "changed");
    let teams = after["SpaceManagersTeams"].as_array().unwrap();
    assert_eq!(teams.len(), 2, "{teams:?}");
    client.delete(&own).await;
}
