//! The place a preview of variables is asked for: what the query names, looked up.

use regatta_core::environment::Environment;
use regatta_core::machine::Machine;
use regatta_core::permission::Permission as P;
use regatta_core::process::{DeploymentProcess, keys};
use regatta_core::project::Project;
use regatta_core::tenant::Tenant;
use regatta_core::variable::ScopeContext;
use regatta_store::{Conn, Document};

use crate::call::Call;
use crate::error::ApiError;
use crate::{scope, stored};

pub(super) const QUERY: &[&str] = &[
    "project",
    "environment",
    "channel",
    "tenant",
    "action",
    "machine",
    "role",
];

/// What the query names.
pub(super) struct Place {
    pub(super) context: ScopeContext,
    pub(super) environment: Option<Environment>,
    pub(super) tenant: Option<Tenant>,
    /// System variables that are known already.
    pub(super) facts: Vec<(&'static str, String)>,
}

/// Reads it. Things are named by id or slug, a step by the id or slug of itself or its action.
pub(super) async fn read(
    call: &Call,
    conn: &mut Conn,
    (project, process): (&Project, &DeploymentProcess),
) -> Result<Place, ApiError> {
    let mut place = Place {
        context: ScopeContext {
            process_owner: Some(project.id.to_string()),
            ..ScopeContext::default()
        },
        environment: None,
        tenant: None,
        facts: vec![
            ("Octopus.Project.Id", project.id.to_string()),
            ("Octopus.Project.Name", project.name.to_string()),
        ],
    };
    if let Some(document) = named(call, conn, ("environment", "Environments")).await? {
        place.fact(
            ["Octopus.Environment.Id", "Octopus.Environment.Name"],
            &document,
        );
        place.context.environment = Some(document.id.clone());
        place.environment = Some(stored::parse(&document)?);
    }
    if let Some(document) = named(call, conn, ("channel", "Channels")).await? {
        if document.owner_id.as_deref() != Some(project.id.as_str()) {
            return Err(ApiError::invalid_one("channel: it is of another project."));
        }
        place.fact(
            ["Octopus.Release.Channel.Id", "Octopus.Release.Channel.Name"],
            &document,
        );
        place.context.channel = Some(document.id);
    }
    place.step(call, process)?;
    place.machine(call, conn).await?;
    place.tenant(call, conn).await?;
    Ok(place)
}

async fn named(
    call: &Call,
    conn: &mut Conn,
    (key, kind): (&str, &str),
) -> Result<Option<Document>, ApiError> {
    match call.query.get(key).filter(|text| !text.is_empty()) {
        Some(text) => Ok(Some(call.find(conn, kind, text).await?)),
        None => Ok(None),
    }
}

impl Place {
    fn fact(&mut self, [id, name]: [&'static str; 2], document: &Document) {
        self.facts.push((id, document.id.clone()));
        self.facts.push((name, document.name.clone()));
    }

    fn step(&mut self, call: &Call, process: &DeploymentProcess) -> Result<(), ApiError> {
        let Some(asked) = call.query.get("action").filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let is_it = |text: &str| text.eq_ignore_ascii_case(asked);
        let mut all = process.actions();
        let (step, action) = all
            .find(|(step, action)| {
                [&action.id, &action.slug, &step.id, &step.slug]
                    .into_iter()
                    .any(|text| is_it(text))
            })
            .ok_or_else(|| {
                ApiError::invalid_one(format!(
                    "action: the process has no step '{asked}'. Name a step by its slug, or an action by its id."
                ))
            })?;
        let tags = step.properties.list(keys::TARGET_ROLES);
        self.context.step_tags = tags.into_iter().map(str::to_owned).collect();
        self.context.action = Some(action.id.clone());
        self.facts
            .push(("Octopus.Action.Name", action.name.clone()));
        self.facts.push(("Octopus.Step.Name", step.name.clone()));
        Ok(())
    }

    async fn machine(&mut self, call: &Call, conn: &mut Conn) -> Result<(), ApiError> {
        if let Some(document) = named(call, conn, ("machine", "Machines")).await? {
            let machine: Machine = stored::parse(&document)?;
            self.fact(["Octopus.Machine.Id", "Octopus.Machine.Name"], &document);
            self.context.machine_tags = machine.roles.iter().map(ToString::to_string).collect();
            self.context.machine = Some(document.id);
        }
        // Asked for without a machine: any that has the tag.
        if let Some(tag) = call.query.get("role").filter(|text| !text.is_empty()) {
            self.context.machine_tags.push(tag.to_owned());
        }
        Ok(())
    }

    async fn tenant(&mut self, call: &Call, conn: &mut Conn) -> Result<(), ApiError> {
        let Some(document) = named(call, conn, ("tenant", "Tenants")).await? else {
            return Ok(());
        };
        let of = scope::of_document(conn, &document).await?;
        call.caller.require(P::TenantView, &of)?;
        if self.environment.is_none() {
            return Err(ApiError::invalid_one(
                "environment: name it too; what a tenant gives differs from environment to environment.",
            ));
        }
        let tenant: Tenant = stored::parse(&document)?;
        self.context.tenant = Some(document.id.clone());
        self.context.tenant_tags.clone_from(&tenant.tenant_tags);
        self.fact(
            [
                "Octopus.Deployment.Tenant.Id",
                "Octopus.Deployment.Tenant.Name",
            ],
            &document,
        );
        self.tenant = Some(tenant);
        Ok(())
    }
}
