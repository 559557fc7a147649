//! Signing in and out of the portal, and who one is.

use axum::http::header;
use axum::response::Response;
use regatta_core::name::Name;
use regatta_core::permission::Permission as P;
use regatta_store::{Conn, Document, Query};
use serde_json::{Value, json};

use super::api_key::subject;
use crate::audit::{self, Record};
use crate::auth::caller::Credential;
use crate::auth::{csrf, limit, session};
use crate::call::{Call, done, ok};
use crate::error::ApiError;
use crate::http::user::{USER, password_of};
use crate::operation::{Access, Answer, Operation, Place, get, post};
use crate::resource::read;
use crate::shape::{BOOL, Object, TEXT, field};

static LOGIN: Object = Object {
    name: "Login",
    fields: &[
        field("Username", TEXT).required().max(200),
        field("Password", TEXT).required(),
        field("RememberMe", BOOL),
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("userMe", Place::System, "/users/me", Access::SignedIn, me).answers(USER.object),
        post(
            "login",
            Place::System,
            "/users/login",
            Access::Anonymous,
            login,
        )
        .body(&LOGIN)
        .query(&["returnUrl"])
        .summary("Signs in: sets the session cookie and answers the user with a CsrfToken."),
        post(
            "logout",
            Place::System,
            "/users/logout",
            Access::SignedIn,
            logout,
        ),
        get(
            "authentication",
            Place::System,
            "/authentication",
            Access::Anonymous,
            providers,
        )
        .summary("The ways to sign in."),
        get(
            "userAuthentication",
            Place::System,
            "/users/authentication",
            Access::SignedIn,
            providers,
        ),
        get(
            "userAuthenticationOf",
            Place::System,
            "/users/authentication/{user}",
            Access::SignedIn,
            providers_of,
        ),
    ]
}

/// Username and password are the only way so far.
fn password_provider() -> Value {
    json!({
        "Name": "Username / Password",
        "IdentityType": "UsernamePassword",
        "FormsLoginEnabled": true,
        "FormsUsernameIdentifier": "Username",
        "CSSLinks": [],
        "JavascriptLinks": [],
        "Links": { "LoginForm": "/api/users/login" },
    })
}

#[allow(clippy::unused_async, reason = "handlers are async")]
async fn providers(_call: Call) -> Answer {
    Ok(ok(json!({
        "AuthenticationProviders": [password_provider()],
        "AnyAuthenticationProvidersSupportGroups": false,
        "AutoLoginEnabled": false,
    })))
}

async fn providers_of(mut call: Call) -> Answer {
    subject(&mut call, P::UserView).await?;
    Ok(ok(json!({
        "AuthenticationProviders": [password_provider()],
        "CanCurrentUserEditIdentitiesForUser": false,
    })))
}

async fn me(call: Call) -> Answer {
    let id = call.caller.user_id().unwrap_or_default();
    let user = call.find(&mut call.read().await?, USER.kind, id).await?;
    let mut body = read::view(&USER, &user);
    body["IsRequestor"] = json!(true);
    // A page that was loaded anew has lost the token that signing in answered.
    if let Some(token) = session::token_of(&call.headers)
        && matches!(call.caller.credential, Credential::Session { .. })
    {
        body["CsrfToken"] = json!(csrf::token(&token));
    }
    Ok(ok(body))
}

async fn login(mut call: Call) -> Answer {
    // A foreign page must not be able to sign somebody in as somebody else.
    csrf::same_origin(&call.headers)?;
    let body = call.json().await?;
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (username, password) = (text("Username"), text("Password"));
    let attempt = call
        .app
        .limits
        .attempt(call.now(), &username, call.address)?;
    let mut conn = call.read().await?;
    // What cannot be a name is nobody's; PostgreSQL would not even look for some of it.
    let user = match username.parse::<Name>() {
        Ok(name) => user_named(&mut conn, &name).await?,
        Err(_) => None,
    };
    let kept = match &user {
        Some(user) => password_of(&mut conn, &user.id).await?,
        None => None,
    };
    drop(conn);
    let is_right = call.app.passwords.verify(password, kept).await?;
    let may_sign_in = |user: &str| {
        call.caller
            .directory
            .user(user)
            .is_some_and(|user| user.is_active && !user.is_service)
    };
    let Some(user) = user.filter(|user| is_right && may_sign_in(&user.id)) else {
        tracing::info!(account = limit::normalised(&username), address = %call.address, "a sign-in failed");
        return Err(ApiError::unauthorized(
            "BadLogin",
            "The username or the password is not right, or the account is disabled.",
        ));
    };
    call.app.limits.succeeded(attempt);
    start(call, &user).await
}

async fn user_named(conn: &mut Conn, name: &Name) -> Result<Option<Document>, ApiError> {
    let by_name = Query {
        kind: USER.kind.to_owned(),
        name: Some(name.as_str().to_owned()),
        take: Some(1),
        ..Query::default()
    };
    Ok(conn.documents(&by_name).await?.items.pop())
}

async fn start(mut call: Call, user: &Document) -> Answer {
    let token = session::make()?;
    call.decided();
    let about =
        json!({ "Address": call.address.to_string(), "UserAgent": call.author().user_agent })
            .to_string();
    let mut tx = call.begin().await?;
    tx.sessions_delete_ended(call.now()).await?;
    tx.session_insert(&session::row(&token, &user.id, call.now(), about))
        .await?;
    let mut author = call.author();
    author.user_id = Some(user.id.clone());
    author.username.clone_from(&user.name);
    audit::record(
        &mut tx,
        &author,
        Record::about(user, "LoginSucceeded", format!("{} signed in", user.name)),
    )
    .await?;
    tx.commit().await?;
    let mut body = read::view(&USER, user);
    body["CsrfToken"] = json!(csrf::token(&token));
    let mut response = ok(body);
    set_cookies(&mut response, Some(&token), &call);
    Ok(response)
}

async fn logout(mut call: Call) -> Answer {
    if let Credential::Session { hash, .. } = &call.caller.credential {
        let hash = *hash;
        call.decided();
        let mut tx = call.begin().await?;
        tx.session_delete(&hash).await?;
        tx.commit().await?;
    }
    let mut response = done();
    set_cookies(&mut response, None, &call);
    Ok(response)
}

fn set_cookies(response: &mut Response, token: Option<&str>, call: &Call) {
    // Behind a proxy that ends TLS the browser's connection is encrypted although ours is not.
    let forwarded = call
        .headers
        .get("x-forwarded-proto")
        .is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
    for cookie in session::cookies(token, call.app.config.tls.is_some() || forwarded) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
