//! Signing in: where the key comes from, and where it is kept.

mod portal;

use std::io::Read as _;

use clap::Args;
use serde_json::Value;

use super::Ended;
use crate::api::{Api, part};
use crate::config::{Origin, normal};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::text;
use crate::session::Session;
use crate::terminal;

/// Signs in: you confirm it in the portal, in any browser. Or with an API key, pasted or piped in so that it is in no
/// history and no process list; or with your password.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta login https://deploy.example.org\n  regatta login https://deploy.example.org --no-browser\n  regatta login https://deploy.example.org --username ada\n  pass show deploy | regatta login https://deploy.example.org --api-key-stdin"
)]
pub struct Login {
    /// Address of the server.
    url: Option<String>,
    /// Say which page to open instead of opening it; also where nobody can be asked.
    #[arg(long)]
    no_browser: bool,
    /// Ask for an API key that was made in the portal.
    #[arg(long, conflicts_with = "no_browser")]
    paste_key: bool,
    /// Read the API key from standard input.
    #[arg(long, conflicts_with_all = ["no_browser", "paste_key"])]
    api_key_stdin: bool,
    /// Sign in with this name and a password, which is asked for. A key is made for this computer.
    #[arg(long, conflicts_with_all = ["no_browser", "paste_key", "api_key_stdin"])]
    username: Option<String>,
    /// Read the password from standard input.
    #[arg(long, requires = "username")]
    password_stdin: bool,
}

/// A key to keep.
struct Key {
    key: String,
    /// When it was made for this computer: what it is deleted by if it cannot be kept.
    made_id: Option<String>,
}

impl Key {
    fn made(answer: &Value) -> Result<Self> {
        let key = answer["ApiKey"].as_str().map(str::to_owned);
        Ok(Self {
            key: key.ok_or_else(|| Failure::unexpected("The server answered no key."))?,
            made_id: answer["Id"].as_str().map(str::to_owned),
        })
    }
}

impl Login {
    pub(super) async fn run(self, session: &mut Session) -> Ended {
        let url = self.url.clone().unwrap_or_else(|| session.config.server());
        let url = normal(&url).to_owned();
        // The address is looked at before anybody pastes a key.
        let anonymous = Api::new(url.clone(), None, session.options.verbose)?;
        let root = anonymous.get("/api").await?;
        if root["Application"] != "Octopus Deploy" {
            return Err(Failure::invalid(format!("{url} does not speak the API."))
                .next("check the address"));
        }
        let key = self.key(session, anonymous).await?;
        let api = Api::new(url, Some(key.key.clone()), session.options.verbose)?;
        let user = api.get("/api/users/me").await?;
        if let Err(failure) = keep(session, &api.base, &key.key) {
            return Err(forgotten(&api, key.made_id, failure).await);
        }
        session.out.say(&format!(
            "Signed in to {} as {} (profile {}).",
            api.base,
            text(&user, "Username"),
            session.config.profile
        ));
        Ok(Exit::Done)
    }

    async fn key(&self, session: &Session, api: Api) -> Result<Key> {
        if let Some(username) = &self.username {
            let password = self.password(session, username)?;
            let password = password.trim_end_matches(['\n', '\r']);
            return Key::made(&api.make_key(username, password, &purpose()).await?);
        }
        if self.api_key_stdin {
            return given(&piped()?);
        }
        if self.no_browser {
            return Key::made(&portal::sign_in(session, &api, false).await?);
        }
        if !session.may_ask() {
            return Err(
                Failure::usage("Nobody can be asked to sign in.").next(format!(
                    "regatta login {} --api-key-stdin < file-with-the-key",
                    api.base
                )),
            );
        }
        if self.paste_key {
            eprintln!(
                "Make an API key in the portal ({}), under your profile, and paste it here.",
                api.base
            );
            return given(&hidden("API key: ")?);
        }
        Key::made(&portal::sign_in(session, &api, true).await?)
    }

    fn password(&self, session: &Session, username: &str) -> Result<String> {
        if self.password_stdin {
            return piped();
        }
        if session.may_ask() {
            return hidden(&format!("Password of {}: ", crate::text::visible(username)));
        }
        Err(Failure::usage("Nobody can be asked for a password.").next("add --password-stdin"))
    }
}

/// What the key is for, as its owner will find it among their keys.
fn purpose() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("regatta on {}", host.trim()).trim().to_owned()
}

fn given(key: &str) -> Result<Key> {
    let key = key.trim().to_owned();
    let printable = key.chars().all(|c| c.is_ascii_graphic());
    if key.is_empty() || !printable {
        return Err(Failure::usage("That is no API key.")
            .why("A key is one word like API-ABCDEFGH…")
            .next("make one in the portal, under your profile"));
    }
    Ok(Key { key, made_id: None })
}

fn piped() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(10_000)
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("Standard input cannot be read: {error}.")))?;
    Ok(text)
}

fn hidden(question: &str) -> Result<String> {
    terminal::read_hidden(question)
        .map_err(|error| Failure::usage(format!("The terminal cannot be read: {error}.")))
}

/// Keeps the key with the server it is for, in the current profile.
fn keep(session: &mut Session, url: &str, key: &str) -> Result<()> {
    let profile = session.config.profile.clone();
    let files = &mut session.config.files;
    files.set(&profile, "server", Some(url))?;
    if let Some(space) = &session.options.space {
        files.set(&profile, "space", Some(space))?;
    }
    files.set_key(&profile, Some(key))?;
    if files.current().is_none() || session.config.profile_origin == Origin::Default {
        files.set_current(&profile)?;
    }
    Ok(())
}

/// Deletes a key that was made and cannot be kept: nobody would ever use it.
async fn forgotten(api: &Api, made_id: Option<String>, failure: Failure) -> Failure {
    let Some(id) = made_id else {
        return failure;
    };
    match api
        .delete(&format!("/api/users/me/apikeys/{}", part(&id)))
        .await
    {
        Ok(_) => failure,
        Err(_) => failure.why(format!(
            "The key {id} was made for this computer and is still there: delete it in the portal."
        )),
    }
}
