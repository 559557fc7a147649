//! Proxies between the server and machines. Kept with their secrets; nothing dials through one yet.

use regatta_core::permission::Permission as P;
use regatta_store::{Order, Query};

use crate::error::ApiError;
use crate::names;
use crate::operation::Place;
use crate::resource::{Change, Hooks, Resource};
use crate::shape::{
    ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SPACE_ID, Shape, TEXT, field,
};

static OBJECT: Object = Object {
    name: "Proxy",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        field("Host", TEXT).required().max(1_000),
        field("Port", INT).or("80"),
        field("ProxyType", Shape::Word(&["HTTP"])).or("\"HTTP\""),
        field("Username", TEXT).max(1_000),
        field("Password", Shape::Sensitive),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static PROXY: Resource = Resource {
    kind: "Proxies",
    item_type: "Proxy",
    place: Place::Space,
    names: names!("proxy", "/proxies"),
    object: &OBJECT,
    view: P::ProxyView,
    create: Some(P::ProxyCreate),
    edit: Some(P::ProxyEdit),
    delete: Some(P::ProxyDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: false,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |change| Box::pin(is_unused(change)),
        ..Hooks::NONE
    },
};

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    let port = change.body.get("Port").and_then(serde_json::Value::as_i64);
    if port.is_some_and(|port| (1..=65_535).contains(&port)) {
        Ok(())
    } else {
        Err(ApiError::invalid_one("Port: must be from 1 to 65535."))
    }
}

async fn is_unused(change: &mut Change<'_>) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    for (kind, what) in [("Machines", "deployment target"), ("Workers", "worker")] {
        let using = Query {
            kind: kind.to_owned(),
            tags: vec![vec![format!("proxy:{}", change.id)]],
            ..Query::default()
        };
        for document in change.tx.documents(&using).await?.items {
            problems.push(format!(
                "The {what} '{}' uses this proxy. Give it another one first.",
                document.name
            ));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}
