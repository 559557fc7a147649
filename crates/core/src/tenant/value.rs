//! Values a tenant gives for variable templates, and which one holds in an environment.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Tenant;
use crate::environment::Environment;
use crate::json::null_as_default;
use crate::library_variable_set::VariableTemplate;
use crate::secret::Sealed;
use crate::variable::scope::Dimension;
use crate::variable::{Scope, Variable, VariableSet, VariableValue};

/// One value, as stored: a text, or a secret that is sealed under this value's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TenantValue {
    /// Unique and never reused: a secret is bound to it.
    pub id: String,
    /// The project or library variable set that has the template.
    pub owner_id: String,
    pub template_id: String,
    /// Where it holds; empty = everywhere. Always one environment for a project's template.
    #[serde(default, deserialize_with = "null_as_default")]
    pub environment_ids: Vec<String>,
    pub value: Value,
}

/// The templates of one project or library variable set.
#[derive(Debug, Clone, Copy)]
pub struct Templates<'a> {
    pub owner_id: &'a str,
    pub templates: &'a [VariableTemplate],
}

/// The value for a template in an environment: one for this environment before one for all.
#[must_use]
pub fn given<'v>(
    values: &'v [TenantValue],
    (owner, template): (&str, &str),
    environment: &str,
) -> Option<&'v TenantValue> {
    let here = |value: &&TenantValue| value.owner_id == owner && value.template_id == template;
    let named = |value: &&TenantValue| value.environment_ids.iter().any(|id| id == environment);
    let candidates = || values.iter().filter(here);
    candidates()
        .find(named)
        .or_else(|| candidates().find(|value| value.environment_ids.is_empty()))
}

/// What a deployment to the tenant sees: the value of every template, or its default. Values count as scoped to the
/// tenant and the environment (deployment-semantics §3.2). `default_secret` gives a template's sealed default
/// (owner, template) sealed anew for the variable whose id is the third argument.
///
/// # Errors
/// The first error of `default_secret`.
pub fn variables<E>(
    (tenant, environment): (&Tenant, &Environment),
    owners: &[Templates<'_>],
    values: &[TenantValue],
    mut default_secret: impl FnMut(&str, &VariableTemplate, &str) -> Result<Option<Sealed>, E>,
) -> Result<VariableSet<Sealed>, E> {
    let mut set = VariableSet::empty(tenant.id.as_str(), tenant.space_id.as_str());
    for owner in owners {
        for template in owner.templates {
            let place = (owner.owner_id, template.id.as_str());
            let (id, value) = match given(values, place, environment.id.as_str()) {
                Some(given) => (given.id.clone(), stored_value(&given.value)),
                None => {
                    let id = format!("{}-{}", owner.owner_id, template.id);
                    let value = match &template.default_value {
                        Some(Value::Object(_)) => {
                            VariableValue::Sensitive(default_secret(owner.owner_id, template, &id)?)
                        }
                        default => VariableValue::Text(
                            default.as_ref().and_then(Value::as_str).map(str::to_owned),
                        ),
                    };
                    (id, value)
                }
            };
            if value.is_filled() {
                set.variables.push(Variable {
                    id,
                    name: template.name.to_string(),
                    value,
                    description: String::new(),
                    is_editable: true,
                    scope: Scope::of([
                        (Dimension::Tenant, vec![tenant.id.to_string()]),
                        (Dimension::Environment, vec![environment.id.to_string()]),
                    ]),
                    prompt: None,
                    other: Map::new(),
                });
            }
        }
    }
    Ok(set)
}

fn stored_value(value: &Value) -> VariableValue<Sealed> {
    match value {
        Value::Object(secret) => {
            let sealed = secret.get("Sealed").and_then(Value::as_str);
            VariableValue::Sensitive(sealed.map(|sealed| Sealed(sealed.to_owned())))
        }
        other => VariableValue::Text(other.as_str().map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(id: &str, template: &str, environments: &[&str], text: &str) -> TenantValue {
        TenantValue {
            id: id.to_owned(),
            owner_id: "LibraryVariableSets-1".to_owned(),
            template_id: template.to_owned(),
            environment_ids: environments.iter().map(|&id| id.to_owned()).collect(),
            value: json!(text),
        }
    }

    #[test]
    fn a_value_for_the_environment_beats_one_for_all_and_a_default_comes_last() {
        let tenant: Tenant = serde_json::from_value(json!({
            "Id": "Tenants-1", "SpaceId": "Spaces-1", "Name": "Acme", "Slug": "acme",
        }))
        .unwrap();
        let environment: Environment = serde_json::from_value(json!({
            "Id": "Environments-1", "SpaceId": "Spaces-1", "Name": "Test", "Slug": "test",
        }))
        .unwrap();
        let templates: Vec<VariableTemplate> = serde_json::from_value(json!([
            {"Id": "a", "Name": "Host"},
            {"Id": "b", "Name": "Port", "DefaultValue": "80"},
            {"Id": "c", "Name": "Left.Open"},
        ]))
        .unwrap();
        let values = [
            value("1", "a", &[], "everywhere"),
            value("2", "a", &["Environments-1"], "here"),
            value("3", "b", &["Environments-2"], "elsewhere"),
        ];
        let owners = [Templates {
            owner_id: "LibraryVariableSets-1",
            templates: &templates,
        }];
        let set = variables::<()>((&tenant, &environment), &owners, &values, |_, _, _| {
            Ok(None)
        });
        let seen: Vec<_> = set
            .unwrap()
            .variables
            .into_iter()
            .map(|variable| match variable.value {
                VariableValue::Text(text) => (variable.name, text.unwrap_or_default()),
                _ => (variable.name, "secret".to_owned()),
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("Host".to_owned(), "here".to_owned()),
                ("Port".to_owned(), "80".to_owned())
            ]
        );
    }
}
