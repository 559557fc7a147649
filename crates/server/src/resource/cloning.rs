//! `POST …?clone={id}`: a new document made of another one. What else is taken over than the document is the resource's
//! own business.

use regatta_core::permission::Permission;
use regatta_core::secret::Sealed;
use regatta_store::{Document, Place, Tx};
use serde_json::Value;

use super::{Body, Resource, read, secret, write};
use crate::call::Call;
use crate::error::ApiError;
use crate::scope;
use crate::shape::{Object, Shape};

/// How a resource is cloned.
pub(crate) struct Cloning {
    pub resource: &'static Resource,
    /// What the request may say.
    pub asked: &'static Object,
    /// What the caller must hold for the source.
    pub sees: &'static [Permission],
    /// Keys that are not taken over.
    pub drops: &'static [&'static str],
    /// The key that names the source; nobody else may write it.
    pub source_key: &'static str,
}

/// A document that was just made, and the one it was made of.
pub(crate) struct Cloned {
    pub source: Document,
    pub document: Document,
}

/// Creates a document of the source, with what the request says laid over it; the caller commits.
pub(crate) async fn create_open(
    cloning: &Cloning,
    call: &mut Call,
    source: &str,
) -> Result<(Cloned, Tx), ApiError> {
    let (source, asked) = self::source(cloning, call, source).await?;
    let mut body = opened(call, cloning.resource, &source)?;
    for key in cloning.drops {
        body.shift_remove(*key);
    }
    for (key, value) in asked {
        let is_blank = value.is_null() || value == "";
        if !is_blank || !body.contains_key(&key) {
            body.insert(key, value);
        }
    }
    body.insert(cloning.source_key.to_owned(), source.id.clone().into());
    let (document, tx) = write::create_open(cloning.resource, call, body).await?;
    Ok((Cloned { source, document }, tx))
}

/// The source, if the caller may see it, and what the request says.
async fn source(
    cloning: &Cloning,
    call: &mut Call,
    source: &str,
) -> Result<(Document, Body), ApiError> {
    let mut conn = call.read().await?;
    let found = call.find(&mut conn, cloning.resource.kind, source).await?;
    let place = scope::of_document(&mut conn, &found).await?;
    drop(conn);
    for permission in cloning.sees {
        call.also_require(*permission, &place)?;
    }
    call.operation.body = Some(Shape::Object(cloning.asked));
    match call.json().await? {
        Value::Object(asked) => Ok((found, asked)),
        _ => Err(ApiError::invalid_one("expected an object")),
    }
}

/// The source's body to make the new document of, with its secrets open: they are sealed anew, because a sealed value
/// is bound to the document it belongs to.
fn opened(call: &Call, resource: &Resource, source: &Document) -> Result<Body, ApiError> {
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
