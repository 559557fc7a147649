//! What a command works with: its options, its configuration, its output, and the server once it is needed.

use std::io::IsTerminal as _;

use serde_json::Value;
use tokio::time::Instant;

use crate::api::Api;
use crate::config::{Config, variable};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::Naming;
use crate::options::{Color, Options, Progress};
use crate::output::{Format, Output};

pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) config: Config,
    pub(crate) out: Output,
    /// How much of a name the command takes.
    naming: Naming,
}

impl Session {
    pub(crate) fn open(options: &Options, naming: Naming) -> Result<Self> {
        let config = Config::read(options)?;
        let out = Output {
            format: match &options.jq {
                Some(expression) => Format::Jq(expression.clone()),
                None => config.format(options)?,
            },
            quiet: options.quiet,
            screen_reader: variable("REGATTA_SCREEN_READER").is_some_and(|value| value != "0"),
        };
        Ok(Self {
            options: options.clone(),
            config,
            out,
            naming,
        })
    }

    /// The server, without asking it anything.
    pub(crate) fn connect(&self) -> Result<Api> {
        self.config.check_profile()?;
        let key = self.config.api_key()?.map(str::to_owned);
        Api::new(self.config.server(), key, self.options.verbose)
    }

    /// The server, with the space commands are about.
    pub(crate) async fn api(&self) -> Result<Api> {
        let mut api = self.connect()?;
        api.naming = self.naming;
        if self.config.api_key()?.is_none() {
            return Err(Failure::new(
                Exit::NotAllowed,
                format!("You are not signed in to {}.", api.base),
            )
            .next(format!("regatta login {}", api.base)));
        }
        let spaces = api.all("/api/spaces").await?;
        let space = match self.config.get("space") {
            Some(wanted) => crate::find::among(api.naming, "space", wanted, &spaces)?,
            None => spaces
                .iter()
                .find(|space| space["IsDefault"] == true)
                .or_else(|| spaces.first().filter(|_| spaces.len() == 1))
                .cloned()
                .ok_or_else(|| {
                    Failure::not_found("There is no default space you may see.")
                        .next("say which one with --space")
                })?,
        };
        api.space = space["Id"].as_str().unwrap_or_default().to_owned();
        Ok(api)
    }

    /// The project the command is about.
    pub(crate) async fn project(&self, api: &Api) -> Result<Value> {
        let wanted = self.config.get("project").ok_or_else(|| {
            Failure::usage("Which project?").next("give --project, or set REGATTA_PROJECT")
        })?;
        crate::find::project(api, wanted).await
    }

    /// Whether somebody can be asked.
    pub(crate) fn may_ask(&self) -> bool {
        let forbidden = self.options.no_prompt || variable("REGATTA_NO_PROMPT").is_some();
        !forbidden && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks before something that cannot be taken back.
    ///
    /// # Errors
    /// When the answer is no, or nobody can be asked.
    pub(crate) fn confirm(&self, question: &str) -> Result<()> {
        if self.options.yes {
            return Ok(());
        }
        if !self.may_ask() {
            return Err(Failure::usage(format!("{question} Nobody can be asked."))
                .next("add --yes if you mean it"));
        }
        eprint!("{} [y/N] ", crate::text::visible(question));
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::new(Exit::Unexpected, "Nothing was changed."))
    }

    /// When a wait that begins now has to end. It is one for everything that is waited for, one after the other.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let timeout = self.options.timeout?;
        Instant::now().checked_add(timeout)
    }

    /// How a wait is shown on this terminal.
    pub(crate) fn progress(&self) -> Result<Progress> {
        let wanted = self.config.progress(&self.options)?;
        let capable = std::io::stderr().is_terminal() && !is_dumb();
        Ok(match wanted {
            Progress::Auto if self.options.quiet => Progress::None,
            Progress::Auto if !capable || variable("CI").is_some() || self.out.screen_reader => {
                Progress::Plain
            }
            Progress::Auto => Progress::Live,
            // Where nothing can be drawn over, lines are the most one can do.
            Progress::Live if !capable => Progress::Plain,
            other => other,
        })
    }

    /// Whether standard error may be coloured.
    pub(crate) fn is_coloured(&self) -> Result<bool> {
        Ok(match self.config.color(&self.options)? {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if variable("NO_COLOR").is_some() => false,
            Color::Auto => {
                let forced = ["CLICOLOR_FORCE", "FORCE_COLOR"];
                forced
                    .iter()
                    .any(|name| variable(name).is_some_and(|value| value != "0"))
                    || (std::io::stderr().is_terminal() && !is_dumb())
            }
        })
    }
}

fn is_dumb() -> bool {
    variable("TERM").is_none_or(|term| term == "dumb")
}
