//! Library variable sets and script modules: what projects share. Their variables are a set of their own
//! ([`super::variable`]), and releases freeze it.

use regatta_core::library_variable_set::{ContentType, LibraryVariableSet};
use regatta_core::permission::Permission as P;
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use super::variable;
use crate::error::ApiError;
use crate::names;
use crate::operation::Place;
use crate::resource::{Body, Change, Hooks, Resource};
use crate::shape::{
    DESCRIPTION, Field, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SPACE_ID, Shape,
    TEXT, field,
};

/// A variable that somebody else gives the value for.
static TEMPLATE: Object = Object {
    name: "ActionTemplateParameter",
    fields: &[
        field("Id", TEXT),
        NAME,
        field("Label", TEXT).max(1_000),
        field("HelpText", TEXT).max(100_000),
        field("DefaultValue", Shape::Property),
        field("DisplaySettings", Shape::Map(&Shape::Text)).or("{}"),
    ],
};

static TEMPLATE_SHAPE: Shape = Shape::Object(&TEMPLATE);

/// The key of variable templates, the same in every document that has them.
pub(super) const TEMPLATES: Field = field("Templates", Shape::List(&TEMPLATE_SHAPE));

static OBJECT: Object = Object {
    name: "LibraryVariableSet",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        DESCRIPTION,
        field("ContentType", Shape::Word(ContentType::VALUES)).or("\"Variables\""),
        TEMPLATES.or("[]"),
        field("VariableSetId", TEXT).read_only(),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static LIBRARY_VARIABLE_SET: Resource = Resource {
    kind: "LibraryVariableSets",
    item_type: "LibraryVariableSet",
    place: Place::Space,
    names: names!("libraryVariableSet", "/libraryvariablesets"),
    object: &OBJECT,
    view: P::LibraryVariableSetView,
    create: Some(P::LibraryVariableSetCreate),
    edit: Some(P::LibraryVariableSetEdit),
    delete: Some(P::LibraryVariableSetDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: false,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        created: |change| Box::pin(variable::create_empty(change)),
        deleting: |change| Box::pin(deleting(change)),
        view: |view| {
            let own = format!("variableset-{}", view.id);
            view.link("Variables", &format!("/variables/{own}"));
            view.body.insert("VariableSetId".to_owned(), json!(own));
        },
        tags: |body| {
            let content = body.get("ContentType").and_then(Value::as_str);
            content
                .map(|content| format!("content:{content}"))
                .into_iter()
                .collect()
        },
        filters: &[("contentType", "content")],
        ..Hooks::NONE
    },
};

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    name_templates(&mut change.body)?;
    change.is_a::<LibraryVariableSet>()
}

/// Gives every variable template an id that lasts, and refuses two of one name.
pub(super) fn name_templates(body: &mut Body) -> Result<(), ApiError> {
    let Some(Value::Array(templates)) = body.get_mut("Templates") else {
        return Ok(());
    };
    let (mut names, mut ids) = (
        std::collections::HashSet::new(),
        std::collections::HashSet::new(),
    );
    let mut problems = Vec::new();
    for (i, template) in templates.iter_mut().enumerate() {
        let name = template["Name"]
            .as_str()
            .unwrap_or_default()
            .trim()
            .to_owned();
        if !names.insert(name.to_lowercase()) {
            problems.push(format!("Templates[{i}].Name: '{name}' is there twice."));
        }
        let own = template["Id"].as_str().unwrap_or_default().to_owned();
        if own.is_empty() || !ids.insert(own) {
            template["Id"] = json!(uuid::Uuid::new_v4().to_string());
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// Takes its variables along, unless a project still uses the set.
async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    let using = Query {
        kind: "Projects".to_owned(),
        tags: vec![vec![format!("library:{}", change.id)]],
        ..Query::default()
    };
    let problems: Vec<String> = change
        .tx
        .documents(&using)
        .await?
        .items
        .iter()
        .map(|project| {
            format!(
                "The project '{}' includes this set. Take it out there first.",
                project.name
            )
        })
        .collect();
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    let own = Query {
        kind: variable::KIND.to_owned(),
        owner_id: Some(change.id.clone()),
        ..Query::default()
    };
    // Frozen copies belong to releases and stay with them.
    for set in change.tx.documents(&own).await?.items {
        if !set.id.contains("-s-") {
            change.tx.document_delete(variable::KIND, &set.id).await?;
        }
    }
    Ok(())
}
