//! Signing in and out, and profiles.

use std::io::Read as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Ended;
use crate::api::Api;
use crate::config::{Origin, normal};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::text;
use crate::output::Column;
use crate::session::Session;
use crate::terminal;

/// Signs in with an API key, pasted or piped in so that it is in no history and no process list; or makes one with
/// your password.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta login https://deploy.example.org\n  regatta login https://deploy.example.org --username ada\n  pass show deploy | regatta login https://deploy.example.org --api-key-stdin"
)]
pub struct Login {
    /// Address of the server.
    url: Option<String>,
    /// Read the API key from standard input.
    #[arg(long)]
    api_key_stdin: bool,
    /// Sign in with this name and a password, which is asked for. A key is made for this computer.
    #[arg(long, conflicts_with = "api_key_stdin")]
    username: Option<String>,
    /// Read the password from standard input.
    #[arg(long, requires = "username")]
    password_stdin: bool,
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
        let key = match &self.username {
            Some(username) => self.made_key(session, anonymous, username).await?,
            None => self.key(session, &url)?,
        };
        let api = Api::new(url.clone(), Some(key.clone()), session.options.verbose)?;
        let user = api.get("/api/users/me").await?;
        let profile = session.config.profile.clone();
        let files = &mut session.config.files;
        files.set(&profile, "server", Some(&url))?;
        if let Some(space) = &session.options.space {
            files.set(&profile, "space", Some(space))?;
        }
        files.set_key(&profile, Some(&key))?;
        if files.current().is_none() || session.config.profile_origin == Origin::Default {
            files.set_current(&profile)?;
        }
        session.out.say(&format!(
            "Signed in to {url} as {} (profile {profile}).",
            text(&user, "Username")
        ));
        Ok(Exit::Done)
    }

    async fn made_key(&self, session: &Session, api: Api, username: &str) -> Result<String> {
        let password = if self.password_stdin {
            piped()?
        } else if session.may_ask() {
            eprint!("Password of {}: ", crate::text::visible(username));
            hidden()?
        } else {
            return Err(
                Failure::usage("Nobody can be asked for a password.").next("add --password-stdin")
            );
        };
        let password = password.trim_end_matches(['\n', '\r']);
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let purpose = format!("regatta on {}", host.trim());
        api.make_key(username, password, purpose.trim()).await
    }

    fn key(&self, session: &Session, url: &str) -> Result<String> {
        let key;
        if self.api_key_stdin {
            key = piped()?;
        } else if session.may_ask() {
            eprintln!(
                "Make an API key in the portal ({url}), under your profile, and paste it here."
            );
            eprint!("API key: ");
            key = hidden()?;
        } else {
            return Err(
                Failure::usage("Nobody can be asked for a key.").next(format!(
                    "regatta login {url} --api-key-stdin < file-with-the-key"
                )),
            );
        }
        let key = key.trim().to_owned();
        let printable = key.chars().all(|c| c.is_ascii_graphic());
        if key.is_empty() || !printable {
            return Err(Failure::usage("That is no API key.")
                .why("A key is one word like API-ABCDEFGH…")
                .next("make one in the portal, under your profile"));
        }
        Ok(key)
    }
}

fn piped() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(10_000)
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("Standard input cannot be read: {error}.")))?;
    Ok(text)
}

fn hidden() -> Result<String> {
    terminal::read_hidden()
        .map_err(|error| Failure::usage(format!("The terminal cannot be read: {error}.")))
}

pub(super) fn logout(session: &mut Session) -> Ended {
    let profile = session.config.profile.clone();
    let known = session
        .config
        .files
        .profile(&profile)
        .and_then(|profile| profile.api_key);
    if known.is_none() {
        session
            .out
            .say(&format!("The profile {profile} holds no key."));
        return Ok(Exit::Done);
    }
    session.config.files.set_key(&profile, None)?;
    session.out.say(&format!(
        "The key of the profile {profile} is forgotten here. It still works elsewhere until it is deleted in the portal."
    ));
    Ok(Exit::Done)
}

pub(super) async fn whoami(session: &Session) -> Ended {
    let api = session.api().await?;
    let user = api.get("/api/users/me").await?;
    let key = session.config.key_origin().map(ToString::to_string);
    let fields = [
        ("User", text(&user, "Username")),
        ("Name", text(&user, "DisplayName")),
        ("Server", api.base.clone()),
        ("Space", api.space.clone()),
        ("Key from", key.unwrap_or_default()),
    ];
    session.out.one(&fields, &user)?;
    Ok(Exit::Done)
}

#[derive(Subcommand)]
pub enum Profile {
    /// All profiles.
    List,
    /// Use a profile from now on.
    Use { name: String },
}

impl Profile {
    pub(super) fn run(self, session: &mut Session) -> Ended {
        match self {
            Self::List => list(session),
            Self::Use { name } => {
                if session.config.files.profile(&name).is_none() {
                    let known = session.config.files.names();
                    return Err(Failure::not_found(format!("There is no profile `{name}`."))
                        .why(format!("Known are: {}.", known.join(", ")))
                        .next(format!("regatta login URL --profile {name}")));
                }
                session.config.files.set_current(&name)?;
                session.out.say(&format!("Using the profile {name}."));
                Ok(Exit::Done)
            }
        }
    }
}

fn list(session: &Session) -> Ended {
    let files = &session.config.files;
    let row = |name: String| {
        let profile = files.profile(&name).unwrap_or_default();
        json!({
            "Name": name, "Server": profile.server, "Space": profile.get("space"),
            "IsCurrent": name == session.config.profile, "HasKey": profile.api_key.is_some(),
        })
    };
    let rows: Vec<Value> = files.names().into_iter().map(row).collect();
    let columns = [
        Column::new("", |row| {
            if row["IsCurrent"] == true { "*" } else { "" }.to_owned()
        }),
        Column::key("NAME", "Name"),
        Column::key("SERVER", "Server"),
        Column::key("SPACE", "Space"),
        Column::key("KEY", "HasKey"),
    ];
    session.out.list(&columns, &rows)?;
    Ok(Exit::Done)
}
