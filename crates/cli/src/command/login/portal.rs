//! Signing in through the portal: a person types a code there and confirms, and only this process can collect the key.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::api::Api;
use crate::browser;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::session::Session;
use crate::text::visible;
use crate::watch::{Interrupts, until};

/// How long one request waits for the person; the server answers as soon as they have decided.
const WAIT_SECONDS: u64 = 20;
/// Before a server that did not answer is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// Who ends it wants to be gone.
const WITHDRAW_WITHIN: Duration = Duration::from_secs(2);

/// What this process asked for, and what only it knows.
struct Asked {
    code: String,
    secret: String,
    page: String,
}

/// The key as the server made it, once somebody has confirmed.
pub(super) async fn sign_in(session: &Session, api: &Api, opens_browser: bool) -> Result<Value> {
    let limit = session.options.timeout;
    let deadline = limit.map(|limit| Instant::now() + limit);
    let mut interrupts = Interrupts::listen();
    let asked = ask(api).await?;
    show(&asked);
    if opens_browser {
        let page = asked.page.clone();
        // Some browsers do not let go of who started them.
        drop(tokio::task::spawn_blocking(move || browser::open(&page)));
    }
    let ended = tokio::select! {
        collected = collect(api, &asked.secret) => return collected,
        () = until(deadline) => Failure::new(Exit::TimedOut, "Nobody confirmed in time."),
        () = interrupts.next() => Failure::new(Exit::Detached, "Not signed in: you ended it."),
    };
    let secret = json!({ "Secret": asked.secret });
    let withdrawn = api.post("/api/signinrequests/withdraw", &secret);
    // A server that does not hear it forgets the request by itself, and makes no key that nobody collects.
    let _unheard = tokio::time::timeout(WITHDRAW_WITHIN, withdrawn).await;
    Err(ended.next(again(api)))
}

async fn ask(api: &Api) -> Result<Asked> {
    let device = json!({ "Device": super::purpose() });
    let answer = api.post("/api/signinrequests", &device).await;
    let answer = answer.map_err(|failure| match failure.exit {
        Exit::NotFound => {
            Failure::invalid(format!("{} signs nobody in from its portal.", api.base))
                .next(format!("regatta login {} --paste-key", api.base))
        }
        _ => failure,
    })?;
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let path = text("Page");
    // Anything else would stand for another server.
    if !path.starts_with('/') {
        return Err(Failure::unexpected(
            "The server did not say which page to open.",
        ));
    }
    Ok(Asked {
        code: text("Code"),
        secret: text("Secret"),
        page: format!("{}{path}", api.base),
    })
}

fn show(asked: &Asked) {
    eprintln!(
        "Open this page in a browser, sign in, and type the code there:\n\n    {}\n    {}\n",
        visible(&asked.page),
        visible(&asked.code)
    );
    eprintln!("Waiting until you have confirmed; Ctrl-C ends it.");
}

/// Waits for the decision, however often the server goes away in between.
async fn collect(api: &Api, secret: &str) -> Result<Value> {
    let body = json!({ "Secret": secret, "WaitSeconds": WAIT_SECONDS });
    loop {
        match api.post("/api/signinrequests/collect", &body).await {
            Ok(answer) => match answer["State"].as_str() {
                Some("Approved") => return Ok(answer["ApiKey"].clone()),
                Some("Refused") => {
                    return Err(Failure::new(
                        Exit::NotAllowed,
                        "The sign-in was refused in the portal.",
                    ));
                }
                _ => {}
            },
            Err(failure) if failure.exit == Exit::Unreachable => tokio::time::sleep(PAUSE).await,
            Err(failure) if failure.exit == Exit::NotFound => {
                return Err(Failure::new(
                    Exit::NotAllowed,
                    "Not signed in: nobody confirmed in time, or the server was started again.",
                )
                .next(again(api)));
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn again(api: &Api) -> String {
    format!("regatta login {}", api.base)
}
