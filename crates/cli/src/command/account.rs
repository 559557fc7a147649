//! Signing out, who one is, and profiles.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Ended;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::find::text;
use crate::output::Column;
use crate::session::Session;

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
    #[command(after_help = "Examples:\n  regatta profile list\n  regatta profile list -o json")]
    List,
    /// Use a profile from now on.
    #[command(after_help = "Examples:\n  regatta profile use work\n  regatta profile use default")]
    Use {
        /// Its name.
        #[arg(add = crate::completion::profiles())]
        name: String,
    },
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
