//! `POST …?clone={id}`: which document a new one is made of, and what shall be different. What is taken over is the
//! resource's own business.

use regatta_core::permission::Permission;
use regatta_core::secret::Sealed;
use regatta_store::{Document, Place};
use serde_json::Value;

use super::{Body, Resource, read, secret};
use crate::call::Call;
use crate::error::ApiError;
use crate::scope;
use crate::shape::{Object, Shape};

/// The source, if the caller holds all of `sees` for it, and the request's body bound to `asked`.
pub(crate) async fn source(
    (resource, source): (&'static Resource, &str),
    call: &mut Call,
    (asked, sees): (&'static Object, &[Permission]),
) -> Result<(Document, Body), ApiError> {
    let mut conn = call.read().await?;
    let found = call.find(&mut conn, resource.kind, source).await?;
    let place = scope::of_document(&mut conn, &found).await?;
    drop(conn);
    for permission in sees {
        call.also_require(*permission, &place)?;
    }
    call.operation.body = Some(Shape::Object(asked));
    match call.json().await? {
        Value::Object(asked) => Ok((found, asked)),
        _ => Err(ApiError::invalid_one("expected an object")),
    }
}

/// The source's body to make the new document of, with its secrets open: they are sealed anew, because a sealed value
/// is bound to the document it belongs to.
pub(crate) fn opened(
    call: &Call,
    resource: &Resource,
    source: &Document,
) -> Result<Body, ApiError> {
    let mut body = read::body(source);
    secret::open(resource.object, &mut body, |field, sealed| {
        let place = Place {
            kind: resource.kind,
            id: &source.id,
            field,
        };
        let opened = call
            .app
            .vault
            .open_sealed(place, &Sealed(sealed.to_owned()));
        opened.map(|secret| secret.expose().to_owned())
    })
    .map_err(ApiError::internal)?;
    Ok(body)
}
