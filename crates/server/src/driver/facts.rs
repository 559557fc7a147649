//! What a deployment is about, frozen when it starts: the names and ids behind Octopus' system
//! variables (deployment-semantics §3.5).
//!
//! Not here: the variables people define, which come from the snapshots.

use serde::{Deserialize, Serialize};

/// A document as scripts see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub id: String,
    pub name: String,
}

/// A machine taking part, with what scripts and scopes may ask about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFacts {
    pub id: String,
    pub name: String,
    /// Target tags ("roles").
    pub roles: Vec<String>,
    pub hostname: String,
    /// `Octopus.Endpoint.*` and agent settings, name to value.
    pub properties: Vec<(String, String)>,
}

/// Who asked for the deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedBy {
    pub id: String,
    pub username: String,
    pub display_name: String,
    pub email: String,
}

/// Everything system variables are made of, except step and action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentFacts {
    pub space: Named,
    pub project: Named,
    pub project_group: Named,
    pub environment: Named,
    /// Whom the deployment is for, with canonical tag names.
    #[serde(default)]
    pub tenant: Option<Named>,
    #[serde(default)]
    pub tenant_tags: Vec<String>,
    pub environment_sort_order: i64,
    pub channel: Named,
    /// Name holds the version number.
    pub release: Named,
    pub release_notes: String,
    /// ISO 8601.
    pub release_created: String,
    pub custom_fields: Vec<(String, String)>,
    pub deployment: Named,
    pub comments: String,
    /// ISO 8601.
    pub created: String,
    pub created_by: CreatedBy,
    pub task: Named,
    /// ISO 8601.
    pub queue_time: String,
    pub force_package_download: bool,
    /// Release that was last deployed here with success.
    pub current_for_environment: Option<Named>,
    /// Release of the project created before this one.
    pub previous_release: Option<Named>,
    pub server_uri: String,
    pub machines: Vec<MachineFacts>,
}

impl DeploymentFacts {
    /// The system variables of the whole deployment, name to value.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut all = Vec::with_capacity(64);
        named(&mut all, "Octopus.Space", &self.space);
        named(&mut all, "Octopus.Project", &self.project);
        named(&mut all, "Octopus.ProjectGroup", &self.project_group);
        named(&mut all, "Octopus.Environment", &self.environment);
        named(&mut all, "Octopus.Deployment", &self.deployment);
        if let Some(tenant) = &self.tenant {
            named(&mut all, "Octopus.Deployment.Tenant", tenant);
            let tags = self.tenant_tags.join(",");
            push(&mut all, "Octopus.Deployment.Tenant.Tags", &tags);
        }
        named(&mut all, "Octopus.Task", &self.task);
        self.push_release(&mut all);
        self.push_deployment(&mut all);
        self.push_machines(&mut all);
        all
    }

    fn push_release(&self, all: &mut Vec<(String, String)>) {
        push(all, "Octopus.Release.Id", &self.release.id);
        push(all, "Octopus.Release.Number", &self.release.name);
        push(all, "Octopus.Release.Notes", &self.release_notes);
        push(all, "Octopus.Release.Created", &self.release_created);
        push(all, "Octopus.Release.Channel.Name", &self.channel.name);
        for (key, value) in &self.custom_fields {
            push(all, &format!("Octopus.Release.CustomFields[{key}]"), value);
        }
        for (of, release) in [
            ("Octopus.Release.Previous", &self.previous_release),
            (
                "Octopus.Release.CurrentForEnvironment",
                &self.current_for_environment,
            ),
            (
                "Octopus.Release.PreviousForEnvironment",
                &self.current_for_environment,
            ),
        ] {
            if let Some(release) = release {
                push(all, &format!("{of}.Id"), &release.id);
                push(all, &format!("{of}.Number"), &release.name);
            }
        }
    }

    fn push_deployment(&self, all: &mut Vec<(String, String)>) {
        push(all, "Octopus.Deployment.Comments", &self.comments);
        push(all, "Octopus.Deployment.Created", &self.created);
        push(all, "Octopus.Deployment.CreatedBy.Id", &self.created_by.id);
        push(
            all,
            "Octopus.Deployment.CreatedBy.Username",
            &self.created_by.username,
        );
        push(
            all,
            "Octopus.Deployment.CreatedBy.DisplayName",
            &self.created_by.display_name,
        );
        push(
            all,
            "Octopus.Deployment.CreatedBy.EmailAddress",
            &self.created_by.email,
        );
        push(
            all,
            "Octopus.Deployment.ForcePackageDownload",
            flag(self.force_package_download),
        );
        push(
            all,
            "Octopus.Environment.SortOrder",
            &self.environment_sort_order.to_string(),
        );
        push(all, "Octopus.Task.QueueTime", &self.queue_time);
        push(all, "Octopus.Web.ServerUri", &self.server_uri);
        push(all, "Octopus.Web.BaseUrl", &self.server_uri);
        let space = &self.space.id;
        push(
            all,
            "Octopus.Web.ProjectLink",
            &format!("/app#/{space}/projects/{}", self.project.id),
        );
        push(
            all,
            "Octopus.Web.ReleaseLink",
            &format!("/app#/{space}/releases/{}", self.release.id),
        );
        push(
            all,
            "Octopus.Web.DeploymentLink",
            &format!("/app#/{space}/deployments/{}", self.deployment.id),
        );
    }

    fn push_machines(&self, all: &mut Vec<(String, String)>) {
        let ids: Vec<&str> = self
            .machines
            .iter()
            .map(|machine| machine.id.as_str())
            .collect();
        push(all, "Octopus.Deployment.Machines", &ids.join(","));
        let mut roles: Vec<&str> = self
            .machines
            .iter()
            .flat_map(|m| m.roles.iter().map(String::as_str))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        for role in roles {
            let within = self
                .machines
                .iter()
                .filter(|m| m.roles.iter().any(|r| r == role));
            let ids: Vec<&str> = within.map(|machine| machine.id.as_str()).collect();
            push(
                all,
                &format!("Octopus.Environment.MachinesInRole[{role}]"),
                &ids.join(","),
            );
        }
        for machine in &self.machines {
            push(
                all,
                &format!("Octopus.Deployment.Targets[{}].Name", machine.id),
                &machine.name,
            );
        }
    }
}

impl MachineFacts {
    /// The variables of one machine, name to value.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut all = Vec::with_capacity(4 + self.properties.len());
        push(&mut all, "Octopus.Machine.Id", &self.id);
        push(&mut all, "Octopus.Machine.Name", &self.name);
        push(&mut all, "Octopus.Machine.Roles", &self.roles.join(","));
        push(&mut all, "Octopus.Machine.Hostname", &self.hostname);
        all.extend(self.properties.iter().cloned());
        all
    }
}

/// Octopus writes flags as words.
#[must_use]
pub const fn flag(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

fn named(all: &mut Vec<(String, String)>, prefix: &str, document: &Named) {
    push(all, &format!("{prefix}.Id"), &document.id);
    push(all, &format!("{prefix}.Name"), &document.name);
}

fn push(all: &mut Vec<(String, String)>, name: &str, value: &str) {
    all.push((name.to_owned(), value.to_owned()));
}
