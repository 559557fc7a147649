//! Things that variables refer to by id, accounts and certificates: who may use one, and what the variable then gives
//! besides the id. Loading them is the server's business.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::document::VariableType;
use crate::id::{EnvironmentId, TenantId};
use crate::json::null_as_default;
use crate::project::TenantedMode;
use crate::template::Text;

/// By id, what each thing gives: the name behind that of the variable, and the text.
pub type Referred = BTreeMap<String, Vec<(String, Text)>>;

/// Where a thing may be used; the same keys in accounts and certificates.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Restriction {
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub environment_ids: Vec<EnvironmentId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenanted_deployment_participation: TenantedMode,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenant_ids: Vec<TenantId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenant_tags: Vec<String>,
}

/// Why a thing may not be used in a deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    #[error("{id} does not exist in this space")]
    Gone { id: String },
    #[error("{name} ({id}) may not be used in this environment")]
    Environment { id: String, name: String },
    #[error("{name} ({id}) may not be used for this tenant")]
    Tenant { id: String, name: String },
    #[error("{name} ({id}) may only be used for tenants")]
    TenantsOnly { id: String, name: String },
}

impl Restriction {
    /// Whether a deployment to this environment, for this tenant or for none, may use the thing.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(
        &self,
        id: &str,
        environment: &EnvironmentId,
        tenant: Option<(&TenantId, &[String])>,
    ) -> Result<(), NotUsable> {
        let (id, name) = (id.to_owned(), self.name.clone());
        if !self.environment_ids.is_empty() && !self.environment_ids.contains(environment) {
            return Err(NotUsable::Environment { id, name });
        }
        let chosen = (self.tenant_ids.as_slice(), self.tenant_tags.as_slice());
        let mode = self.tenanted_deployment_participation;
        match tenant {
            _ if mode.takes_part(chosen, tenant) => Ok(()),
            None => Err(NotUsable::TenantsOnly { id, name }),
            Some(_) => Err(NotUsable::Tenant { id, name }),
        }
    }
}

/// Whether a variable of this type is the id of something that gives more.
#[must_use]
pub const fn expands(kind: VariableType) -> bool {
    !matches!(
        kind,
        VariableType::String | VariableType::Sensitive | VariableType::WorkerPool
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(
        restriction: &serde_json::Value,
        tenant: Option<(&str, &[&str])>,
    ) -> Result<(), String> {
        let restriction = Restriction::deserialize(restriction).unwrap();
        let environment: EnvironmentId = "Environments-1".parse().unwrap();
        let tenant = tenant.map(|(id, tags)| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            (id.parse::<TenantId>().unwrap(), tags)
        });
        let tenant = tenant.as_ref().map(|(id, tags)| (id, tags.as_slice()));
        let checked = restriction.check("Certificates-1", &environment, tenant);
        checked.map_err(|why| why.to_string())
    }

    #[test]
    fn a_thing_is_used_where_it_may_be() {
        let mut cert = json!({ "Name": "web", "EnvironmentIds": ["Environments-2"] });
        assert_eq!(
            check(&cert, None),
            Err("web (Certificates-1) may not be used in this environment".to_owned())
        );
        cert["EnvironmentIds"] = json!(["Environments-2", "Environments-1"]);
        assert_eq!(check(&cert, None), Ok(()));
        let acme = Some(("Tenants-1", &["Ring/Beta"][..]));
        assert_eq!(
            check(&cert, acme),
            Err("web (Certificates-1) may not be used for this tenant".to_owned())
        );
        cert["TenantedDeploymentParticipation"] = json!("Tenanted");
        assert_eq!(
            check(&cert, None),
            Err("web (Certificates-1) may only be used for tenants".to_owned())
        );
        assert!(check(&cert, acme).is_err(), "nobody chose this tenant");
        cert["TenantTags"] = json!(["Ring/Beta"]);
        assert_eq!(check(&cert, acme), Ok(()));
        cert["TenantTags"] = json!([]);
        cert["TenantIds"] = json!(["Tenants-1"]);
        assert_eq!(check(&cert, acme), Ok(()));
    }
}
