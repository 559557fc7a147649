//! Putting documents that people sort by hand into a new order.

use regatta_core::permission::Permission;
use serde_json::{Value, json};

use super::{Resource, read};
use crate::audit::{self, Record};
use crate::call::{Call, done};
use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, needs, put};
use crate::shape::TEXTS;

/// `PUT …/sortorder` of a resource whose order is [`regatta_store::Order::Sorted`].
pub(crate) fn operation(
    resource: &'static Resource,
    (id, path): (&'static str, &'static str),
    edit: Permission,
) -> Operation {
    let access = needs(edit, From::Space);
    put(id, Place::Space, path, access, move |call| {
        sort(resource, call)
    })
    .body_shape(TEXTS)
    .summary("Puts them into this order; those left out stay behind the ones named.")
}

async fn sort(resource: &'static Resource, mut call: Call) -> Answer {
    let ids: Vec<String> = call.body().await?;
    let mut tx = call.begin().await?;
    let mut problems = Vec::new();
    for (position, id) in ids.iter().enumerate() {
        let found = tx
            .document(resource.kind, id)
            .await?
            .filter(|found| found.space_id.as_deref() == Some(call.space_id()));
        let Some(mut document) = found else {
            problems.push(format!(
                "'{id}' is not a {} of this space.",
                resource.item_type
            ));
            continue;
        };
        let mut body = read::body(&document);
        document.sort_order = i64::try_from(position).unwrap_or(i64::MAX);
        body.insert("SortOrder".to_owned(), json!(document.sort_order));
        document.body = Value::Object(body).to_string();
        document.updated_at = call.now();
        tx.document_replace(&document).await?;
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    let message = format!("{} were put into a new order", resource.kind);
    let mut record = Record::of("Modified", resource.kind, ids, message);
    record.space_id = Some(call.space_id().to_owned());
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    Ok(done())
}
