//! Signing programs in from the portal: a program asks, a person confirms there, the program collects an API key.
//!
//! The key is answered to whoever holds the secret of the request, which only the program has: it is in no address, and
//! no page and no other program can get at it. Who waits is kept by [`crate::auth::sign_in_request`].

use std::pin::pin;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::api_key::{self, NewKey};
use crate::audit::Author;
use crate::auth::caller::Credential;
use crate::auth::directory::Directory;
use crate::auth::sign_in_request::{Approval, Asks, Decided, Decision, Request};
use crate::auth::{csrf, limit};
use crate::call::{Call, created, done, ok};
use crate::error::ApiError;
use crate::operation::{Access, Answer, Operation, Place, get, post};
use crate::shape::{BOOL, INT, Object, Shape, TEXT, TIME, field};
use crate::time_text::{iso, parse_iso};

/// Where in the portal the code is typed.
const PAGE: &str = "/connect";
/// Longest wait for a person in one request; well below what proxies cut off.
const WAIT_SECONDS_MAX: u64 = 20;
/// What is tried as a code is limited like passwords are.
const LIMIT_PREFIX: &str = "sign-in code";

static ASK: Object = Object {
    name: "SignInRequest",
    fields: &[
        field("Device", TEXT)
            .required()
            .max(200)
            .about("What asks and where, as the person is told and the key is called."),
        field("Code", TEXT)
            .read_only()
            .about("For the person to type in the portal."),
        field("Secret", TEXT)
            .read_only()
            .about("For the program alone; it collects the key with it."),
        field("Page", TEXT)
            .read_only()
            .about("Where the code is typed, below the address of the portal."),
        field("Expires", TIME).read_only(),
    ],
};
static WAITING: Object = Object {
    name: "WaitingSignIn",
    fields: &[
        field("Code", TEXT).read_only(),
        field("Device", TEXT).read_only(),
        field("Address", TEXT)
            .read_only()
            .about("The network address the request came from."),
        field("IsFromYourNetwork", BOOL).read_only(),
        field("Created", TIME).read_only(),
        field("Expires", TIME).read_only(),
    ],
};
static APPROVE: Object = Object {
    name: "SignInApproval",
    fields: &[
        field("Expires", TIME).about("Until when the key is valid; never ends when left out.")
    ],
};
static SECRET: Object = Object {
    name: "SignInSecret",
    fields: &[
        field("Secret", TEXT).required(),
        field("WaitSeconds", INT)
            .or("0")
            .about("How long to wait for a person, at most 20 seconds."),
    ],
};
static COLLECTED: Object = Object {
    name: "CollectedSignIn",
    fields: &[
        field("State", Shape::Word(&["Waiting", "Approved", "Refused"])),
        field("ApiKey", Shape::Any)
            .about("Once approved: the key, as making one answers it. Answered once."),
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post(
            "signInRequestCreate",
            Place::System,
            "/signinrequests",
            Access::Anonymous,
            ask,
        )
        .body(&ASK)
        .answers(&ASK)
        .summary("Asks to be signed in by a person in the portal."),
        post(
            "signInRequestCollect",
            Place::System,
            "/signinrequests/collect",
            Access::Anonymous,
            collect,
        )
        .body(&SECRET)
        .answers(&COLLECTED)
        .acts()
        .summary("What came of it, waiting for it if need be; the key is made and answered once."),
        post(
            "signInRequestWithdraw",
            Place::System,
            "/signinrequests/withdraw",
            Access::Anonymous,
            withdraw,
        )
        .body(&SECRET)
        .acts()
        .summary("The program does not wait any more."),
        get(
            "signInRequestGet",
            Place::System,
            "/signinrequests/{code}",
            Access::SignedIn,
            look,
        )
        .answers(&WAITING)
        .summary("Who asks with this code; only for a session of the portal."),
        post(
            "signInRequestApprove",
            Place::System,
            "/signinrequests/{code}/approve",
            Access::SignedIn,
            approve,
        )
        .body(&APPROVE)
        .acts()
        .summary("Lets the program act as oneself; only for a session of the portal."),
        post(
            "signInRequestRefuse",
            Place::System,
            "/signinrequests/{code}/refuse",
            Access::SignedIn,
            refuse,
        )
        .acts()
        .summary("Sends the program away; only for a session of the portal."),
    ]
}

async fn ask(mut call: Call) -> Answer {
    // Programs have no origin: a page that asks is somebody else's.
    csrf::same_origin(&call.headers)?;
    let body = call.json().await?;
    let asks = Asks {
        device: one_line(body["Device"].as_str().unwrap_or_default()),
        address: call.address,
    };
    if asks.device.is_empty() {
        return Err(ApiError::invalid_one("Device: say what asks, and where."));
    }
    let (request, secret) = call.app.sign_in_requests.ask(call.now(), asks)?;
    Ok(created(json!({
        "Device": request.asks.device,
        "Code": request.code,
        "Secret": secret,
        "Page": PAGE,
        "Expires": iso(request.expires_at),
    })))
}

/// What a stranger calls itself, in a form that cannot pass for words of the portal.
fn one_line(text: &str) -> String {
    let shown = text
        .chars()
        .filter(|c| !c.is_control() && !is_reordering(*c));
    shown.collect::<String>().trim().to_owned()
}

const fn is_reordering(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

async fn look(call: Call) -> Answer {
    let request = found(&call)?;
    let is_near = limit::network(request.asks.address) == limit::network(call.address);
    Ok(ok(json!({
        "Code": request.code,
        "Device": request.asks.device,
        "Address": request.asks.address.to_string(),
        "IsFromYourNetwork": is_near,
        "Created": iso(request.asked_at),
        "Expires": iso(request.expires_at),
    })))
}

async fn approve(mut call: Call) -> Answer {
    let request = found(&call)?;
    let body = call.json().await?;
    let wanted = body["Expires"].as_str().and_then(parse_iso);
    let approval = Approval {
        user_id: call.caller.user_id().unwrap_or_default().to_owned(),
        key_expires_at: api_key::expiry(&call, wanted)?,
    };
    decide(&call, &request, Decision::Approved(approval))
}

async fn refuse(call: Call) -> Answer {
    let request = found(&call)?;
    decide(&call, &request, Decision::Refused)
}

fn decide(call: &Call, request: &Request, decision: Decision) -> Answer {
    let requests = &call.app.sign_in_requests;
    if requests.decide(call.now(), &request.code, decision) {
        Ok(done())
    } else {
        Err(unknown_code())
    }
}

/// The request of the path's code. A person decides, so a key does not do: it could give away more than it is.
fn found(call: &Call) -> Result<Request, ApiError> {
    if !matches!(call.caller.credential, Credential::Session { .. }) {
        return Err(
            ApiError::forbidden("Only a person in the portal can sign programs in.").help(format!(
                "Open {PAGE} in the portal and type the code there."
            )),
        );
    }
    let account = format!("{LIMIT_PREFIX} {}", call.caller.username());
    let attempt = call
        .app
        .limits
        .attempt(call.now(), &account, call.address)?;
    let request = call
        .app
        .sign_in_requests
        .undecided(call.now(), call.parameter("code"))
        .ok_or_else(unknown_code)?;
    call.app.limits.succeeded(attempt);
    Ok(request)
}

fn unknown_code() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "NoSuchCode",
        "Nothing waits with this code.",
    )
    .help("Type it as the terminal shows it. A code is good for ten minutes and for one answer; after that, begin again in the terminal.")
}

async fn collect(mut call: Call) -> Answer {
    let body = call.json().await?;
    let secret = body["Secret"].as_str().unwrap_or_default().to_owned();
    let seconds = body["WaitSeconds"].as_u64().unwrap_or(0);
    let deadline = Instant::now() + Duration::from_secs(seconds.min(WAIT_SECONDS_MAX));
    let Some(decided) = decided(&call, &secret, deadline).await? else {
        return Ok(ok(json!({ "State": "Waiting" })));
    };
    let Decision::Approved(approval) = &decided.decision else {
        return Ok(ok(json!({ "State": "Refused" })));
    };
    match make_key(&mut call, &decided.asks, approval).await {
        Ok(key) => Ok(ok(json!({ "State": "Approved", "ApiKey": key }))),
        Err(error) => {
            call.app.sign_in_requests.put_back(decided);
            Err(error)
        }
    }
}

/// What was decided, as soon as it is; `None` at the deadline.
async fn decided(
    call: &Call,
    secret: &str,
    deadline: Instant,
) -> Result<Option<Decided>, ApiError> {
    let requests = &call.app.sign_in_requests;
    loop {
        let mut next = pin!(requests.next_decision());
        next.as_mut().enable();
        if let Some(decided) = requests.collect(call.now(), secret)? {
            return Ok(Some(decided));
        }
        tokio::select! {
            () = next => {}
            () = tokio::time::sleep_until(deadline) => return Ok(None),
            // Who waits does not hold up a server that stops.
            () = call.app.stopping.cancelled() => return Ok(None),
        }
    }
}

/// The key, made in the name of whoever confirmed: if they may still sign in.
async fn make_key(call: &mut Call, asks: &Asks, approval: &Approval) -> Result<Value, ApiError> {
    call.decided();
    let mut tx = call.begin().await?;
    let directory = Directory::read(&mut tx).await?;
    let user = directory
        .user(&approval.user_id)
        .filter(|user| user.is_active)
        .ok_or_else(|| {
            ApiError::unauthorized(
                "UserDisabled",
                "Whoever confirmed this sign-in is disabled or deleted.",
            )
        })?;
    let author = Author {
        user_id: Some(user.id.clone()),
        username: user.username.clone(),
        established_with: "Session cookie",
        ..call.author()
    };
    let new = NewKey {
        user_id: user.id.clone(),
        purpose: asks.device.clone(),
        expires_at: approval.key_expires_at,
    };
    let made = api_key::make(&mut tx, &author, new).await?;
    tx.commit().await?;
    Ok(made)
}

async fn withdraw(mut call: Call) -> Answer {
    let body = call.json().await?;
    let secret = body["Secret"].as_str().unwrap_or_default();
    call.app.sign_in_requests.withdraw(call.now(), secret);
    Ok(done())
}
