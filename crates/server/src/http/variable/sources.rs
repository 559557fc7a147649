//! The variable sets a project's deployments would see, as far as the caller may see them.
//!
//! Secrets stay sealed. What the caller may not see takes part all the same, or the answer would be wrong; its text
//! does not, and it counts as secret, so that nothing that is made of it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use regatta_core::project::Project;
use regatta_core::secret::{Sealed, Secret};
use regatta_core::variable::access::VariableAccess;
use regatta_core::variable::resolve::{Origin, Variables};
use regatta_core::variable::{Variable, VariableSet, VariableValue};
use regatta_store::Conn;
use serde_json::{Value, json};

use super::place::Place;
use super::{KIND, parse, viewing};
use crate::call::Call;
use crate::driver::tenant_values;
use crate::error::ApiError;
use crate::scope;

/// One set and where it is from.
pub(super) struct Source {
    pub(super) origin: Origin,
    kind: &'static str,
    id: String,
    name: String,
    pub(super) set: VariableSet<Sealed>,
    access: VariableAccess,
}

const NOTHING: VariableAccess = VariableAccess {
    environments: Some(Vec::new()),
    unscoped: false,
};

/// The project's own set, which the caller must be allowed to see some of, and those of its library sets in their order.
pub(super) async fn read(
    call: &Call,
    conn: &mut Conn,
    project: &Project,
) -> Result<Vec<Source>, ApiError> {
    let owners = std::iter::once((Origin::Project, "Project", project.id.as_str()));
    let libraries = project.included_library_variable_set_ids.iter();
    let libraries = libraries
        .enumerate()
        .map(|(at, id)| (Origin::Library(at), "LibraryVariableSet", id.as_str()));
    let mut sources = Vec::new();
    for (origin, kind, owner) in owners.chain(libraries) {
        let Some(document) = conn.document(KIND, &format!("variableset-{owner}")).await? else {
            continue;
        };
        let of = scope::of_document(conn, &document).await?;
        let access = match (origin, viewing(call, (&document, &of))) {
            (Origin::Project, Err(refused)) => return Err(refused),
            (_, access) => access.unwrap_or(NOTHING),
        };
        let named = match origin {
            Origin::Library(_) => conn.document("LibraryVariableSets", owner).await?,
            _ => conn.document("Projects", owner).await?,
        };
        sources.push(Source {
            origin,
            kind,
            id: owner.to_owned(),
            name: named.map(|document| document.name).unwrap_or_default(),
            set: parse(&document)?,
            access,
        });
    }
    Ok(sources)
}

/// What the tenant of the place gives, if it names one.
pub(super) async fn of_tenant(
    call: &Call,
    conn: &mut Conn,
    (project, place): (&Project, &Place),
) -> Result<Option<Source>, ApiError> {
    let (Some(tenant), Some(environment)) = (&place.tenant, &place.environment) else {
        return Ok(None);
    };
    let given = tenant_values::read(conn, &call.app.vault, (tenant, environment, project)).await;
    Ok(Some(Source {
        origin: Origin::Tenant,
        kind: "Tenant",
        id: tenant.id.to_string(),
        name: tenant.name.to_string(),
        set: given.map_err(ApiError::internal)?,
        access: VariableAccess::FULL,
    }))
}

impl Source {
    /// Whether the caller may see this value of it.
    pub(super) fn shows<S>(&self, variable: &Variable<S>) -> bool {
        self.access.allows(&variable.scope)
    }

    /// Where it is from, for the answer.
    pub(super) fn owner(&self) -> Value {
        json!({"Kind": self.kind, "Id": self.id, "Name": self.name})
    }

    /// What the caller may see of it, as variable sets show it, by variable id.
    pub(super) fn shown(&self) -> BTreeMap<String, Value> {
        let seen = self.set.clone().visible_to(&self.access).to_api();
        let all = seen["Variables"].as_array().into_iter().flatten();
        all.filter_map(|variable| Some((variable["Id"].as_str()?.to_owned(), variable.clone())))
            .collect()
    }
}

/// All of it together, without the texts the caller may not see.
pub(super) fn variables(sources: &[Source]) -> Variables {
    let covered = || Secret::new("hidden".to_owned());
    let opened = sources.iter().map(|source| {
        let mut set = source.set.clone();
        for variable in &mut set.variables {
            if !source.shows(variable) {
                variable.value = VariableValue::Sensitive(Some(Sealed(String::new())));
            }
        }
        let Ok(open) = set.unseal(|_, _| Ok::<_, Infallible>(covered()));
        (source.origin, open)
    });
    Variables::new(opened.collect(), &BTreeMap::new())
}

/// Names the caller may see a value of.
pub(super) fn seen_names(sources: &[Source]) -> BTreeSet<String> {
    let seen = sources.iter().flat_map(|source| {
        let values = source.set.variables.iter();
        values.filter(|variable| source.shows(variable))
    });
    seen.map(|variable| variable.name.to_lowercase()).collect()
}
