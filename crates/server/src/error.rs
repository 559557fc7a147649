//! The one error a request can end in, and how it reads on the wire.
//!
//! The body has Octopus' form (`ErrorMessage`; `Errors` only with 400, because Octopus' Go client takes the
//! mere presence of that key for a validation error) and additions of ours: `Code`, which is stable and for
//! programs, `HelpText`, which says how to get past the error, and `Facts`, which programs read beside the
//! message. Octopus' `Details` is never answered: its Go client reads a text there, and shows nothing of an
//! error where it finds anything else. Causes inside the server are logged with the request's id and never
//! shown.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use regatta_store::StoreError;
use serde_json::{Map, Value, json};

/// Why a request failed, in words for the person who made it.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Parts>);

/// Boxed, because every handler's result carries the room for an error.
#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    message: String,
    errors: Vec<String>,
    help: Option<String>,
    header: Option<(HeaderName, String)>,
    facts: Map<String, Value>,
}

impl ApiError {
    /// An error of any kind. `code` is part of the API: never change one that was released.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            message: message.into(),
            errors: Vec::new(),
            help: None,
            header: None,
            facts: Map::new(),
        }))
    }

    /// 400 with every problem found, each a whole sentence.
    #[must_use]
    pub fn invalid(errors: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut error = Self::new(
            StatusCode::BAD_REQUEST,
            "Invalid",
            "There was a problem with your request.",
        );
        error.0.errors = errors.into_iter().map(Into::into).collect();
        error
    }

    /// 400 with one problem.
    #[must_use]
    pub fn invalid_one(problem: impl Into<String>) -> Self {
        Self::invalid([problem.into()])
    }

    /// 404. Says the same of what does not exist and of what the caller must not know to exist.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            format!("The resource '{what}' was not found."),
        )
    }

    /// 403 with a reason of its own; a missing permission is [`crate::auth::Caller`]'s to report.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    /// 401.
    #[must_use]
    pub fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// 409: the request was right, but the state it assumed is gone.
    #[must_use]
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 500. `cause` goes to the log only.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside the server");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal",
            "The server could not do this because of an internal error.",
        )
        .help("Look for the request id of this answer (header X-Request-Id) in the server's log.")
    }

    /// Another sentence of the message, for those who see nothing else.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.0.message = format!("{} {reason}", self.0.message);
        self
    }

    /// How the person can get past the error.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.0.help = Some(text.into());
        self
    }

    /// A fact for programs, beside the message.
    #[must_use]
    pub fn fact(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.facts.insert(key.to_owned(), value.into());
        self
    }

    /// A header that belongs to the error, such as `Retry-After` or `Allow`.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.0.header = Some((name, value.into()));
        self
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The body as sent.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({ "ErrorMessage": self.0.message, "Code": self.0.code });
        if self.0.status == StatusCode::BAD_REQUEST {
            let shown = if self.0.errors.is_empty() {
                std::slice::from_ref(&self.0.message)
            } else {
                &self.0.errors
            };
            body["Errors"] = json!(shown);
            body["ParsedHelpLinks"] = json!([]);
        }
        if let Some(help) = &self.0.help {
            body["HelpText"] = json!(help);
        }
        if !self.0.facts.is_empty() {
            body["Facts"] = Value::Object(self.0.facts.clone());
        }
        body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.0.status, axum::Json(self.body())).into_response();
        if let Some((name, value)) = self.0.header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale {
                id,
                expected,
                found,
                ..
            } => Self::stale(&id, expected, found),
            StoreError::Missing { id, .. } => Self::not_found(&id),
            StoreError::Taken { field: "slug" } => {
                Self::invalid_one("Another one has this slug already. Choose a different slug.")
            }
            StoreError::Taken { .. } => Self::name_taken(),
            error if error.is_full() => Self::disk_full(),
            error if error.is_transient() => {
                tracing::warn!(%error, "the database was busy, or could not be written to");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Busy",
                    "The database is busy.",
                )
                .help("Nothing was changed; send the same request again.")
                .header(header::RETRY_AFTER, "1")
            }
            error => Self::internal(error),
        }
    }
}

impl ApiError {
    /// 507.
    #[must_use]
    pub fn disk_full() -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "DiskFull",
            "The server's disk is full.",
        )
        .help("Nothing was changed. Free some space on the server and send it again.")
    }

    /// 409: somebody else saved in between.
    #[must_use]
    pub fn stale(id: &str, given: i64, stored: i64) -> Self {
        Self::conflict(
            "StaleVersion",
            format!("{id} was changed by somebody else: your change is based on version {given}, the current version is {stored}."),
        )
        .help("Load the current version, apply your change to it and save again.")
        .fact("YourVersion", given)
        .fact("CurrentVersion", stored)
    }

    /// 400: names are unique, in any case of letters.
    #[must_use]
    pub fn name_taken() -> Self {
        let mut error =
            Self::invalid_one("Another one has this name already. Choose a different name.");
        error.0.code = "NameTaken";
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_400_lists_errors() {
        assert_eq!(
            ApiError::invalid(["a", "b"]).body()["Errors"],
            json!(["a", "b"])
        );
        let missing = ApiError::not_found("Projects-9").body();
        assert_eq!(
            missing,
            json!({ "ErrorMessage": "The resource 'Projects-9' was not found.", "Code": "NotFound" })
        );
    }

    /// Octopus' Go client reads a text under `Details`, and loses the whole error where it finds anything else.
    #[test]
    fn facts_are_not_where_a_text_is_read() {
        let stale = ApiError::stale("Projects-1", 3, 4).body();
        assert_eq!(stale["Facts"]["CurrentVersion"], 4);
        for key in ["ErrorMessage", "Details", "HelpText", "FullException"] {
            let is_readable = stale.get(key).is_none_or(Value::is_string);
            assert!(is_readable, "{key}: {stale}");
        }
    }

    #[test]
    fn causes_inside_the_server_are_not_shown() {
        let body = ApiError::internal("password of the database is hunter2")
            .body()
            .to_string();
        assert!(!body.contains("hunter2"), "{body}");
    }
}
