//! The variables a tenant gives to one deployment, read when it starts: releases do not freeze them.
//!
//! Which value holds is the core's business; here templates and values are read, and secrets that are a template's
//! default are sealed anew for the variable they become.

use regatta_core::environment::Environment;
use regatta_core::library_variable_set::{LibraryVariableSet, VariableTemplate};
use regatta_core::project::Project;
use regatta_core::secret::Sealed;
use regatta_core::tenant::Tenant;
use regatta_core::tenant::value::{Templates, variables};
use regatta_core::variable::VariableSet;
use regatta_store::seal::SealError;
use regatta_store::{Conn, Place, StoreError, Vault};
use serde::Deserialize;
use serde_json::Value;

use super::values::VARIABLE_PLACE;
use crate::http::tenant_variable;
use crate::stored;

/// Everything the tenant gives to the project in the environment.
pub(crate) async fn read(
    conn: &mut Conn,
    vault: &Vault,
    (tenant, environment, project): (&Tenant, &Environment, &Project),
) -> Result<VariableSet<Sealed>, SealError> {
    let mut owners = vec![(
        "Projects",
        project.id.to_string(),
        project.templates.clone(),
    )];
    for id in &project.included_library_variable_set_ids {
        let found: Option<LibraryVariableSet> =
            stored::get(conn, "LibraryVariableSets", id.as_str()).await?;
        owners.extend(found.map(|set| ("LibraryVariableSets", id.to_string(), set.templates)));
    }
    let values = tenant_variable::values(conn, tenant.id.as_str()).await?;
    let templates: Vec<Templates<'_>> = owners
        .iter()
        .map(|(_, owner_id, templates)| Templates {
            owner_id,
            templates,
        })
        .collect();
    variables(
        (tenant, environment),
        &templates,
        &values,
        |owner, template, id| {
            let kind = owners.iter().find(|(_, known, _)| known == owner);
            let kind = kind.map_or("Projects", |(kind, _, _)| kind);
            seal_default(vault, (kind, owner), template, id)
        },
    )
}

fn seal_default(
    vault: &Vault,
    (kind, owner): (&str, &str),
    template: &VariableTemplate,
    id: &str,
) -> Result<Option<Sealed>, SealError> {
    let sealed = template
        .default_value
        .as_ref()
        .and_then(|default| default.get("Sealed")?.as_str());
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    // Where `resource::secret` bound it.
    let field = format!("Templates[{}].DefaultValue", template.id);
    let place = Place {
        kind,
        id: owner,
        field: &field,
    };
    let secret = vault.open_sealed(place, &Sealed(sealed.to_owned()))?;
    let (kind, field) = VARIABLE_PLACE;
    vault.seal(Place { kind, id, field }, &secret).map(Some)
}

/// As part of a task's plan.
pub(super) fn to_stored(set: &VariableSet<Sealed>) -> Value {
    serde_json::to_value(set).expect("plain data")
}

/// Out of a task's plan.
pub(super) fn from_stored(stored: &Value) -> Result<VariableSet<Sealed>, StoreError> {
    VariableSet::deserialize(stored).map_err(|error| StoreError::Corrupt {
        what: "the tenant's variables in a task's plan".to_owned(),
        why: error.to_string(),
    })
}
