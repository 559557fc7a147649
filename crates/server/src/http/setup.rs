//! The first administrator, made with the one-time token. Works only while there is no user.

use serde_json::{Value, json};

use crate::auth::{password, setup};
use crate::call::{Call, created, ok};
use crate::config::FirstAdmin;
use crate::error::ApiError;
use crate::http::user::USER;
use crate::operation::{Access, Answer, Operation, Place, get, post};
use crate::resource::read::view;
use crate::shape::{Object, TEXT, field};

/// Tries of the token are limited like those of a password.
const LIMIT_ACCOUNT: &str = "set-up";

static SETUP: Object = Object {
    name: "Setup",
    fields: &[
        field("Token", TEXT)
            .required()
            .about("The content of the file setup-token in the data directory."),
        field("Username", TEXT).required().max(200),
        field("Password", TEXT).required(),
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("setup", Place::System, "/setup", Access::Anonymous, run)
            .body(&SETUP)
            .answers(USER.object)
            .summary("Creates the first administrator."),
        get(
            "setupGet",
            Place::System,
            "/setup",
            Access::Anonymous,
            describe,
        )
        .summary("What setting up needs; 404 once it is done."),
    ]
}

async fn describe(call: Call) -> Answer {
    if !call.caller.directory.has_no_users() {
        return Err(ApiError::not_found("/api/setup"));
    }
    Ok(ok(json!({
        "TokenFile": "setup-token, in the server's data directory",
        "PasswordCharsMin": password::CHARS_MIN,
    })))
}

async fn run(mut call: Call) -> Answer {
    if !call.caller.directory.has_no_users() {
        return Err(ApiError::not_found("/api/setup"));
    }
    let attempt = call
        .app
        .limits
        .attempt(call.now(), LIMIT_ACCOUNT, call.address)?;
    let body = call.json().await?;
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    if !setup::token_matches(&call.app, &text("Token")) {
        return Err(
            ApiError::unauthorized("BadToken", "The set-up token is not right.")
                .help("It is in the file setup-token in the server's data directory."),
        );
    }
    call.app.limits.succeeded(attempt);
    let admin = FirstAdmin {
        username: text("Username"),
        password: text("Password"),
        api_key: None,
    };
    let document = setup::create_admin(&call.app, &admin, &call.author()).await?;
    Ok(created(view(&USER, &document)))
}
