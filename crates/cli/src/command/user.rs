//! Users, and their API keys.

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Ended, delete, given};
use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::{self, text};
use crate::output::{Column, raw};
use crate::session::Session;

#[derive(Subcommand)]
pub enum User {
    /// All users.
    #[command(
        after_help = "Examples:\n  regatta user list\n  regatta user list --jq '.[].EmailAddress'"
    )]
    List,
    /// One user, and the teams they are in.
    #[command(
        after_help = "Examples:\n  regatta user view ada\n  regatta user view Users-12 -o json"
    )]
    View {
        /// Name or id.
        user: String,
    },
}

impl User {
    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        let users = api.all("/api/users").await?;
        match self {
            Self::List => session.out.list(&user_columns(), &users)?,
            Self::View { user } => {
                let found = find::among(api.naming, "user", &user, &users)?;
                view(session, &api, &found).await?;
            }
        }
        Ok(Exit::Done)
    }
}

async fn view(session: &Session, api: &Api, user: &Value) -> Result<()> {
    if !session.out.is_for_people() {
        return session.out.one(&[], user);
    }
    let path = format!("/api/users/{}/teams", part(&text(user, "Id")));
    let teams = api.get(&path).await?;
    let names: Vec<String> = teams
        .as_array()
        .into_iter()
        .flatten()
        .map(find::name_of)
        .collect();
    let state = if user["IsActive"] == false {
        "no"
    } else {
        "yes"
    };
    let fields = [
        ("User", text(user, "Username")),
        ("Id", text(user, "Id")),
        ("Name", text(user, "DisplayName")),
        ("E-mail", text(user, "EmailAddress")),
        ("Active", state.to_owned()),
        ("Teams", names.join(", ")),
    ];
    session.out.one(&fields, user)
}

fn user_columns() -> Vec<Column> {
    vec![
        Column::key("USER", "Username"),
        Column::key("NAME", "DisplayName"),
        Column::key("E-MAIL", "EmailAddress"),
        Column::key("ACTIVE", "IsActive"),
        Column::key("SERVICE", "IsService").wide(),
        Column::key("ID", "Id").wide(),
    ]
}

/// Keys of whoever asks.
#[derive(Subcommand)]
pub enum ApiKey {
    /// All your keys. None is ever shown again.
    #[command(after_help = "Examples:\n  regatta api-key list\n  regatta api-key list -o wide")]
    List,
    /// A new key of yours. It is printed once, alone, on standard output.
    #[command(
        after_help = "Examples:\n  regatta api-key create 'Build server' > key\n  regatta api-key create 'Build server' --expire 90d -o json"
    )]
    Create {
        /// What it is for.
        purpose: String,
        /// How long it is good for; for ever unless given.
        #[arg(long, value_name = "DURATION", value_parser = crate::options::duration)]
        expire: Option<std::time::Duration>,
    },
    /// Delete one of your keys: it is good for nothing from then on.
    #[command(
        after_help = "Examples:\n  regatta api-key delete apikeys-12\n  regatta api-key delete apikeys-12 --yes"
    )]
    Delete {
        /// Its id.
        id: String,
    },
}

const OWN_KEYS: &str = "/api/users/me/apikeys";

impl ApiKey {
    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::List)
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        match self {
            Self::List => session
                .out
                .list(&key_columns(), &api.all(OWN_KEYS).await?)?,
            Self::Create { purpose, expire } => {
                let mut body = json!({ "Purpose": purpose });
                if let Some(expire) = expire {
                    body["Expires"] = json!(given::later(Timestamp::now(), expire)?.to_string());
                }
                let made = api.post(OWN_KEYS, &body).await?;
                if session.out.is_for_people() {
                    session.out.say(&format!("Made {}.", text(&made, "Id")));
                    raw(&format!("{}\n", text(&made, "ApiKey")))?;
                } else {
                    session.out.one(&[], &made)?;
                }
            }
            Self::Delete { id } => {
                let found = find::among(api.naming, "API key", &id, &api.all(OWN_KEYS).await?)?;
                let (id, purpose) = (text(&found, "Id"), text(&found, "Purpose"));
                let question = format!("Delete the key {id} ({purpose})?");
                let path = format!("{OWN_KEYS}/{}", part(&id));
                delete(session, &api, (&question, &id), &path).await?;
            }
        }
        Ok(Exit::Done)
    }
}

fn key_columns() -> Vec<Column> {
    vec![
        Column::key("ID", "Id"),
        Column::key("PURPOSE", "Purpose"),
        Column::key("CREATED", "Created"),
        Column::key("EXPIRES", "Expires"),
        Column::new("BEGINS WITH", |item| text(&item["ApiKey"], "Hint")).wide(),
    ]
}
