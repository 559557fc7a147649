//! `config` and `completion`.

use clap::{Args, Subcommand};
use clap_complete::Shell;
use clap_complete::env::Shells;
use serde_json::{Value, json};

use super::Ended;
use crate::completion::settings;
use crate::config;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::{Column, raw};
use crate::session::Session;

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// All settings.
    #[command(after_help = "Examples:\n  regatta config list\n  regatta config list --show-origin")]
    List {
        /// Say where each value comes from.
        #[arg(long)]
        show_origin: bool,
    },
    /// One setting.
    #[command(
        after_help = "Examples:\n  regatta config get project\n  regatta config get server --profile work"
    )]
    Get {
        #[arg(add = settings())]
        name: String,
    },
    /// Set one of the current profile.
    #[command(
        after_help = "Examples:\n  regatta config set project web-shop\n  regatta config set output json --profile build"
    )]
    Set {
        #[arg(add = settings())]
        name: String,
        value: String,
    },
    /// Take one of the current profile away.
    #[command(
        after_help = "Examples:\n  regatta config unset project\n  regatta config unset output --profile build"
    )]
    Unset {
        #[arg(add = settings())]
        name: String,
    },
    /// Where the settings are kept.
    #[command(
        after_help = "Examples:\n  regatta config path\n  regatta config path --profile work"
    )]
    Path,
}

impl ConfigCommand {
    pub(super) fn run(self, session: &mut Session) -> Ended {
        match self {
            Self::List { show_origin } => list(session, show_origin),
            Self::Get { name } => {
                let name = known(&name)?;
                raw(&format!(
                    "{}\n",
                    session.config.get(name).unwrap_or_default()
                ))?;
                Ok(Exit::Done)
            }
            Self::Set { name, value } => set(session, &name, Some(&value)),
            Self::Unset { name } => set(session, &name, None),
            Self::Path => {
                raw(&format!(
                    "{}\n",
                    session.config.files.config_path().display()
                ))?;
                Ok(Exit::Done)
            }
        }
    }
}

fn list(session: &Session, show_origin: bool) -> Ended {
    let mut rows: Vec<Value> = session
        .config
        .settings
        .iter()
        .map(|setting| json!({"Name": setting.name, "Value": setting.value, "Origin": setting.origin.to_string()}))
        .collect();
    rows.push(json!({"Name": "profile", "Value": session.config.profile, "Origin": session.config.profile_origin.to_string()}));
    let key = session.config.key_origin();
    // Whether there is a key, never what it is.
    rows.push(json!({
        "Name": "api_key", "Value": key.map(|_| "(set)"),
        "Origin": key.map_or_else(|| config::Origin::Default.to_string(), ToString::to_string),
    }));
    let mut columns = vec![Column::key("NAME", "Name"), Column::key("VALUE", "Value")];
    if show_origin {
        columns.push(Column::key("FROM", "Origin"));
    }
    session.out.list(&columns, &rows)?;
    Ok(Exit::Done)
}

fn known(name: &str) -> Result<&'static str> {
    config::names().find(|known| *known == name).ok_or_else(|| {
        let names: Vec<_> = config::names().collect();
        Failure::not_found(format!("There is no setting `{name}`."))
            .why(format!("Known are: {}.", names.join(", ")))
    })
}

fn set(session: &mut Session, name: &str, value: Option<&str>) -> Ended {
    let name = known(name)?;
    if let Some(value) = value {
        check(name, value)?;
    }
    let profile = session.config.profile.clone();
    session.config.files.set(&profile, name, value)?;
    Ok(Exit::Done)
}

/// A value that would make every later command fail is refused now.
fn check(name: &str, value: &str) -> Result<()> {
    use clap::ValueEnum as _;
    let verdict = match name {
        "output" => crate::output::Format::parse(value).map(|_| ()),
        "progress" => crate::options::Progress::from_str(value, true).map(|_| ()),
        "color" => crate::options::Color::from_str(value, true).map(|_| ()),
        "server" => {
            return crate::api::Api::new(config::normal(value).to_owned(), None, 0).map(|_| ());
        }
        _ if value.trim().is_empty() => Err("it is empty; use unset".to_owned()),
        _ => Ok(()),
    };
    verdict.map_err(|error| Failure::usage(format!("`{value}` is no value for {name}: {error}.")))
}

/// Prints a completion script.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta completion bash > ~/.local/share/bash-completion/completions/regatta\n  regatta completion zsh > ~/.zfunc/_regatta"
)]
pub struct Completion {
    shell: Shell,
}

impl Completion {
    /// The script asks the program itself what fits, so names of the server are offered, too.
    pub(super) fn run(self) -> Ended {
        let shell = self.shell.to_string();
        let known = Shells::builtins();
        let completer = known.completer(&shell);
        let completer = completer
            .ok_or_else(|| Failure::usage(format!("There is no completion for {shell}.")))?;
        let mut script = Vec::new();
        completer
            .write_registration("COMPLETE", "regatta", "regatta", "regatta", &mut script)
            .map_err(|error| Failure::unexpected(error.to_string()))?;
        raw(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}
