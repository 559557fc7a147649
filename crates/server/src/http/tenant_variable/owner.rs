//! What has variable templates for a tenant: the projects it is connected to, and the library sets those include.

use std::collections::BTreeMap;

use regatta_core::library_variable_set::{LibraryVariableSet, VariableTemplate};
use regatta_core::project::Project;
use regatta_core::tenant::Tenant;
use regatta_core::tenant::value::{TenantValue, given};
use regatta_store::{Conn, Document};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::http::library_variable_set::LIBRARY_VARIABLE_SET;
use crate::http::project::PROJECT;
use crate::resource::{read, secret, texts};
use crate::stored;

/// Of what kind the templates of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Project,
    Library,
}

impl Kind {
    /// The key that names the owner.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Project => "ProjectId",
            Self::Library => "LibraryVariableSetId",
        }
    }

    /// The key of its name in answers.
    pub(super) const fn name_key(self) -> &'static str {
        match self {
            Self::Project => "ProjectName",
            Self::Library => "LibraryVariableSetName",
        }
    }
}

/// A project or library set with its templates.
pub(super) struct Owner {
    pub kind: Kind,
    pub id: String,
    pub name: String,
    pub templates: Vec<VariableTemplate>,
    /// The templates as clients see them, without secrets.
    pub shown: Vec<Value>,
    /// Where the tenant needs a value: the environments it gets the project in (for a library set, any project that
    /// includes it).
    pub environments: Vec<String>,
}

/// Everything that has templates for the tenant, projects first.
pub(super) async fn all(conn: &mut Conn, tenant: &Tenant) -> Result<Vec<Owner>, ApiError> {
    let mut owners = Vec::new();
    let mut libraries: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (project, environments) in &tenant.project_environments {
        let Some(document) = conn.document("Projects", project.as_str()).await? else {
            continue;
        };
        let here: Vec<String> = environments.iter().map(ToString::to_string).collect();
        for set in texts(&read::body(&document), "IncludedLibraryVariableSetIds") {
            let all = libraries.entry(set).or_default();
            all.extend(here.iter().cloned());
        }
        owners.push(owner(Kind::Project, &document, here)?);
    }
    for (set, mut environments) in libraries {
        environments.sort();
        environments.dedup();
        if let Some(document) = conn.document("LibraryVariableSets", &set).await? {
            owners.push(owner(Kind::Library, &document, environments)?);
        }
    }
    Ok(owners)
}

fn owner(kind: Kind, document: &Document, environments: Vec<String>) -> Result<Owner, ApiError> {
    let (object, templates) = match kind {
        Kind::Project => (
            PROJECT.object,
            stored::parse::<Project>(document)?.templates,
        ),
        Kind::Library => (
            LIBRARY_VARIABLE_SET.object,
            stored::parse::<LibraryVariableSet>(document)?.templates,
        ),
    };
    let mut body = read::body(document);
    secret::hide(object, &mut body);
    let shown = body.get("Templates").and_then(Value::as_array);
    let mut shown = shown.cloned().unwrap_or_default();
    shown.iter_mut().for_each(with_default);
    Ok(Owner {
        kind,
        id: document.id.clone(),
        name: document.name.clone(),
        templates,
        shown,
        environments,
    })
}

/// Octopus' CLI prints the default of a template without a value and stops where there is none.
fn with_default(template: &mut Value) {
    if template["DefaultValue"].is_null() {
        let control = &template["DisplaySettings"]["Octopus.ControlType"];
        template["DefaultValue"] = if control == "Sensitive" {
            json!({ "HasValue": false, "NewValue": null, "Hint": null })
        } else {
            json!("")
        };
    }
}

impl Owner {
    /// Templates without a value and without a default, each with the environment it lacks one in.
    pub(super) fn missing<'o>(
        &'o self,
        values: &'o [TenantValue],
    ) -> impl Iterator<Item = (&'o VariableTemplate, &'o str)> {
        let lacks = move |(template, environment): &(&VariableTemplate, &str)| {
            let has_default = match &template.default_value {
                Some(Value::String(text)) => !text.is_empty(),
                Some(Value::Object(secret)) => secret.contains_key("Sealed"),
                _ => false,
            };
            !has_default && given(values, (&self.id, &template.id), environment).is_none()
        };
        self.templates
            .iter()
            .flat_map(move |template| {
                self.environments
                    .iter()
                    .map(move |environment| (template, environment.as_str()))
            })
            .filter(lacks)
    }

    pub(super) fn template(&self, id: &str) -> Option<&VariableTemplate> {
        self.templates.iter().find(|template| template.id == id)
    }
}
