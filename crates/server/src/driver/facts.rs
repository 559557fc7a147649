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

/// The runbook of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunbookFacts {
    pub runbook: Named,
    pub snapshot: Named,
    pub notes: String,
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
    /// With it there is no release and no channel, and `deployment` is the run.
    #[serde(default)]
    pub runbook: Option<RunbookFacts>,
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
    #[serde(default)]
    pub force_package_redeployment: bool,
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
        match &self.runbook {
            Some(runbook) => self.push_run(&mut all, runbook),
            None => self.push_deployment(&mut all),
        }
        if let Some(tenant) = &self.tenant {
            named(&mut all, "Octopus.Deployment.Tenant", tenant);
            let tags = self.tenant_tags.join(",");
            push(&mut all, "Octopus.Deployment.Tenant.Tags", &tags);
        }
        named(&mut all, "Octopus.Task", &self.task);
        self.push_everywhere(&mut all);
        self.push_machines(&mut all);
        all
    }

    /// Whose process it is: values may be scoped to it.
    #[must_use]
    pub fn process_owner(&self) -> &str {
        let runbook = self.runbook.as_ref();
        runbook.map_or(&self.project.id, |facts| &facts.runbook.id)
    }

    /// Channels are of releases.
    #[must_use]
    pub fn channel_id(&self) -> Option<String> {
        let is_release = self.runbook.is_none();
        is_release.then(|| self.channel.id.clone())
    }

    fn push_run(&self, all: &mut Vec<(String, String)>, of: &RunbookFacts) {
        named(all, "Octopus.Runbook", &of.runbook);
        named(all, "Octopus.RunbookSnapshot", &of.snapshot);
        push(all, "Octopus.RunbookSnapshot.Notes", &of.notes);
        self.push_request(all, "Octopus.RunbookRun");
        let space = &self.space.id;
        let runbook = format!(
            "/app#/{space}/projects/{}/runbooks/{}",
            self.project.id, of.runbook.id
        );
        push(all, "Octopus.Web.RunbookLink", &runbook);
        push(
            all,
            "Octopus.Web.RunbookRunLink",
            &format!("/app#/{space}/tasks/{}", self.task.id),
        );
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
        self.push_request(all, "Octopus.Deployment");
        self.push_release(all);
        let space = &self.space.id;
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

    /// Who asked for it, when, and how.
    fn push_request(&self, all: &mut Vec<(String, String)>, prefix: &str) {
        named(all, prefix, &self.deployment);
        let by = &self.created_by;
        for (name, value) in [
            ("Comments", self.comments.as_str()),
            ("Created", &self.created),
            ("CreatedBy.Id", &by.id),
            ("CreatedBy.Username", &by.username),
            ("CreatedBy.DisplayName", &by.display_name),
            ("CreatedBy.EmailAddress", &by.email),
            ("ForcePackageDownload", flag(self.force_package_download)),
            (
                "ForcePackageRedeployment",
                flag(self.force_package_redeployment),
            ),
        ] {
            push(all, &format!("{prefix}.{name}"), value);
        }
    }

    fn push_everywhere(&self, all: &mut Vec<(String, String)>) {
        push(
            all,
            "Octopus.Environment.SortOrder",
            &self.environment_sort_order.to_string(),
        );
        push(all, "Octopus.Task.QueueTime", &self.queue_time);
        push(all, "Octopus.Web.ServerUri", &self.server_uri);
        push(all, "Octopus.Web.BaseUrl", &self.server_uri);
        push(
            all,
            "Octopus.Web.ProjectLink",
            &format!("/app#/{}/projects/{}", self.space.id, self.project.id),
        );
    }

    fn push_machines(&self, all: &mut Vec<(String, String)>) {
        let ids: Vec<&str> = self
            .machines
            .iter()
            .map(|machine| machine.id.as_str())
            .collect();
        let prefix = match self.runbook {
            Some(_) => "Octopus.RunbookRun",
            None => "Octopus.Deployment",
        };
        push(all, &format!("{prefix}.Machines"), &ids.join(","));
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
                &format!("{prefix}.Targets[{}].Name", machine.id),
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
