//! One request to one operation, after it was checked: what handlers work with.
//!
//! Handlers reach the database only through a call. A call whose permission is still open
//! ([`From::Items`](crate::operation::From::Items)) cannot write before [`Call::require`] has passed, so
//! forgetting the check is an error, not a hole.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use regatta_core::permission::{Permission, Scope};
use regatta_core::time::Time;
use regatta_store::{Conn, Document, Tx};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::App;
use crate::audit::Author;
use crate::auth::caller::{Caller, Sees};
use crate::auth::directory::Space;
use crate::error::ApiError;
use crate::operation::{Access, Operation};
use crate::query::Query;
use crate::scope;
use crate::shape::bind;

pub(crate) mod body;

/// A checked request.
pub struct Call {
    pub app: App,
    pub caller: Caller,
    pub query: Query,
    pub headers: HeaderMap,
    /// Where it comes from, as far as we can tell.
    pub address: IpAddr,
    /// Server-absolute path of the request, as sent.
    pub uri_path: String,
    pub(crate) operation: Operation,
    pub(crate) space: Option<Space>,
    pub(crate) parameters: Vec<(&'static str, String)>,
    /// What [`From::Project`](crate::operation::From::Project) or `From::Document` found.
    pub(crate) document: Option<Document>,
    /// A body is not `Sync`; the mutex makes a call that handlers can lend across an await.
    pub(crate) body: Mutex<Option<Body>>,
    pub(crate) may_write: bool,
    pub(crate) granted: Vec<(Permission, Scope)>,
}

impl Call {
    /// The value of a path parameter.
    ///
    /// # Panics
    /// When the operation's path has no such parameter: a mistake that the first test finds.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, value)| value.as_str())
            .expect("the operation's path names the parameter")
    }

    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.operation.method
    }

    /// The space of the path; `None` for the system.
    #[must_use]
    pub const fn space(&self) -> Option<&Space> {
        self.space.as_ref()
    }

    /// Id of the space of the path.
    ///
    /// # Panics
    /// For operations outside all spaces.
    #[must_use]
    pub fn space_id(&self) -> &str {
        &self
            .space
            .as_ref()
            .expect("an operation of a space is only called with one")
            .id
    }

    /// The scope that is the whole space (or the system).
    #[must_use]
    pub fn scope(&self) -> Scope {
        scope::of_space(self.space.as_ref().map(|space| space.id.as_str()))
    }

    /// The document the path names, found when the permission was checked.
    ///
    /// # Panics
    /// When the operation's access names no document.
    #[must_use]
    pub const fn document(&self) -> &Document {
        self.document
            .as_ref()
            .expect("the operation's access names a document")
    }

    /// The document the path names as it is now, to be deleted: before the transaction ends nobody queues anything for
    /// it.
    ///
    /// # Errors
    /// 404 when it is gone by now.
    pub(crate) async fn claim(&self, tx: &mut Tx) -> Result<Document, ApiError> {
        let Document { kind, id, .. } = self.document();
        let claimed = tx.document_claim(kind, id).await?;
        claimed.ok_or_else(|| ApiError::not_found(id))
    }

    #[must_use]
    pub fn now(&self) -> Time {
        self.app.now()
    }

    /// The caller, as the audit records them.
    #[must_use]
    pub fn author(&self) -> Author {
        let agent = self
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        Author {
            user_id: self.caller.user_id().map(str::to_owned),
            username: self.caller.username().to_owned(),
            at: self.now(),
            established_with: self.caller.established_with(),
            user_agent: agent.unwrap_or_default().chars().take(200).collect(),
            address: self.address.to_string(),
        }
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn read(&self) -> Result<Conn, ApiError> {
        Ok(self.app.store.read().await?)
    }

    /// A transaction. On SQLite there is one at a time: read the request's body before. What was permitted is
    /// checked again inside it, so that a permission taken away meanwhile is not used any more.
    ///
    /// # Errors
    /// When the database cannot be reached, or the permission was not checked yet, or is gone.
    pub async fn begin(&self) -> Result<Tx, ApiError> {
        if !self.may_write {
            return Err(ApiError::internal(format!(
                "{} writes before it checked its permission",
                self.operation.id
            )));
        }
        let mut tx = self.app.store.begin().await?;
        if !self.caller.directory.is_current(&mut tx).await? {
            let caller = self.caller.renewed(&mut tx).await?;
            for (permission, scope) in &self.granted {
                caller.require(*permission, scope)?;
            }
        }
        Ok(tx)
    }

    /// Checks the operation's own permission for what the body names, and lets the call write.
    ///
    /// # Errors
    /// 403 naming the permission.
    pub fn require(&mut self, scope: &Scope) -> Result<(), ApiError> {
        let Access::Needs(permission, _) = self.operation.access else {
            if self.may_write {
                return Ok(());
            }
            return Err(ApiError::internal(format!(
                "{} has no permission to check",
                self.operation.id
            )));
        };
        self.also_require(permission, scope)?;
        self.may_write = true;
        Ok(())
    }

    /// Checks a further permission.
    ///
    /// # Errors
    /// 403 naming the permission.
    pub fn also_require(&mut self, permission: Permission, scope: &Scope) -> Result<(), ApiError> {
        self.caller.require(permission, scope)?;
        self.granted.push((permission, scope.clone()));
        Ok(())
    }

    /// Lets a [`Access::SignedIn`] or anonymous operation write what it decided itself.
    pub(crate) const fn decided(&mut self) {
        self.may_write = true;
    }

    /// What of a list the caller may see, by the operation's own permission.
    #[must_use]
    pub fn sees(&self) -> Sees {
        match self.operation.access {
            Access::Needs(permission, _) => self.sees_by(permission),
            Access::Anonymous | Access::SignedIn => Sees::Everything,
        }
    }

    /// What of a list the caller may see by another permission.
    #[must_use]
    pub fn sees_by(&self, permission: Permission) -> Sees {
        self.caller.sees(
            permission,
            self.space.as_ref().map(|space| space.id.as_str()),
        )
    }

    /// [`scope::within`] for this permission.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn within(
        &self,
        permission: Permission,
    ) -> Result<Option<Vec<Vec<Vec<String>>>>, ApiError> {
        let space = self.space.as_ref().map(|space| space.id.as_str());
        let mut conn = self.read().await?;
        Ok(scope::within(&mut conn, &self.sees_by(permission), space).await?)
    }

    /// The document of this kind in the call's space (or outside all), by id or slug.
    ///
    /// # Errors
    /// 404 when there is none, in the same words as for one in another space.
    pub async fn find(
        &self,
        conn: &mut Conn,
        kind: &str,
        id_or_slug: &str,
    ) -> Result<Document, ApiError> {
        let space = self.space.as_ref().map(|space| space.id.as_str());
        scope::find(conn, kind, space, id_or_slug)
            .await?
            .ok_or_else(|| ApiError::not_found(id_or_slug))
    }

    /// The request body, bound to the operation's shape. An empty body is an empty object.
    ///
    /// # Errors
    /// 400, 413 or 415, saying what is wrong where.
    pub async fn json(&mut self) -> Result<Value, ApiError> {
        let bytes = self.bytes().await?;
        let body = if bytes.is_empty() {
            Value::Object(serde_json::Map::new())
        } else {
            self.parse(&bytes)?
        };
        match &self.operation.body {
            Some(shape) => bind::bind(shape, body),
            None => Ok(body),
        }
    }

    /// The request body as a type of its own, after binding.
    ///
    /// # Errors
    /// As [`Call::json`], and 400 when the type refuses a value.
    pub async fn body<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        let body = self.json().await?;
        serde_json::from_value(body).map_err(|error| ApiError::invalid_one(error.to_string()))
    }

    /// The body as a stream, for operations that bound it themselves.
    ///
    /// # Errors
    /// When it was taken before.
    pub fn take_body(&mut self) -> Result<Body, ApiError> {
        self.body
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .ok_or_else(|| ApiError::internal("the body of a request was read twice"))
    }

    async fn bytes(&mut self) -> Result<Vec<u8>, ApiError> {
        let most = self.operation.body_bytes_max.unwrap_or(0);
        let body = self.take_body()?;
        body::read(body, &self.headers, most, self.app.config.patience).await
    }

    fn parse(&self, bytes: &[u8]) -> Result<Value, ApiError> {
        let media_type = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("application/json");
        let essence = media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        // Forms can be sent by foreign pages without the browser asking us; JSON cannot.
        if !(essence == "application/json" || essence == "text/json" || essence.ends_with("+json"))
        {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "NotJson",
                format!("The request body has the media type '{essence}'; this server reads application/json."),
            )
            .help("Send JSON with the header Content-Type: application/json."));
        }
        bind::parse(bytes)
    }
}

/// 200 with a JSON body.
#[must_use]
pub fn ok(body: Value) -> Response {
    axum::Json(body).into_response()
}

/// 201 with a JSON body.
#[must_use]
pub fn created(body: Value) -> Response {
    (StatusCode::CREATED, axum::Json(body)).into_response()
}

/// 200 with an empty object: Octopus' Go client takes 204 for an error.
#[must_use]
pub fn done() -> Response {
    ok(Value::Object(serde_json::Map::new()))
}
