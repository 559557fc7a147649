//! Project groups.

use regatta_core::permission::Permission as P;
use regatta_store::{Order, Query};

use crate::error::ApiError;
use crate::names;
use crate::operation::Place;
use crate::resource::{Change, Hooks, Resource};
use crate::shape::{
    DESCRIPTION, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG, SPACE_ID, TEXT,
    TEXTS, field,
};

static OBJECT: Object = Object {
    name: "ProjectGroup",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("EnvironmentIds", TEXTS).or("[]"),
        field("RetentionPolicyId", TEXT).or("null"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static PROJECT_GROUP: Resource = Resource {
    kind: "ProjectGroups",
    item_type: "ProjectGroup",
    place: Place::Space,
    names: names!("projectGroup", "/projectgroups"),
    object: &OBJECT,
    view: P::ProjectGroupView,
    create: Some(P::ProjectGroupCreate),
    edit: Some(P::ProjectGroupEdit),
    delete: Some(P::ProjectGroupDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        deleting: |change| Box::pin(is_empty(change)),
        view: |view| view.link("Projects", &format!("/projectgroups/{}/projects", view.id)),
        ..Hooks::NONE
    },
};

async fn is_empty(change: &mut Change<'_>) -> Result<(), ApiError> {
    let inside = Query {
        kind: "Projects".to_owned(),
        tags: vec![vec![format!("group:{}", change.id)]],
        ..Query::default()
    };
    match change.tx.document_count(&inside).await? {
        0 => Ok(()),
        count => Err(ApiError::invalid_one(format!(
            "The group still has {count} projects. Move or delete them first."
        ))),
    }
}
