//! What a command works with: its options, its configuration, its output, and the server once it is needed.

use std::io::IsTerminal as _;

use serde_json::Value;
use tokio::time::Instant;

use crate::api::Api;
use crate::asked::Asked;
use crate::config::{Config, is_on, variable};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::Naming;
use crate::options::{Color, Options, Progress};
use crate::output::{Format, Output};
use crate::signs::Signs;
use crate::terminal;

pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) config: Config,
    pub(crate) out: Output,
    /// What nobody said, and a person was asked.
    pub(crate) asked: Asked,
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
            signs: Signs::of_environment(),
        };
        Ok(Self {
            options: options.clone(),
            config,
            out,
            asked: Asked::default(),
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
        if let Some(wanted) = self.config.get("project") {
            return crate::find::project(api, wanted).await;
        }
        if !self.may_ask() {
            let failure = Failure::usage("Which project?");
            return Err(failure.next("give --project, or set REGATTA_PROJECT"));
        }
        let projects = api.all(&api.in_space("projects")).await?;
        self.asked.choose("project", "--project", &projects)
    }

    /// After questions, the command that asks none.
    pub(crate) fn tell_equivalent(&self) {
        if let Some(command) = self.asked.equivalent() {
            self.out.say(&format!("Without questions: {command}"));
        }
    }

    /// Whether somebody can be asked.
    pub(crate) fn may_ask(&self) -> bool {
        let forbidden = self.options.no_prompt || is_on("REGATTA_NO_PROMPT");
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
        if terminal::says_yes(question) {
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
        let is_drawable = std::io::stderr().is_terminal() && !is_dumb();
        let draws = is_drawable && self.out.signs != Signs::Spoken;
        Ok(match wanted {
            Progress::Auto if self.options.quiet => Progress::None,
            Progress::Auto if !draws || is_on("CI") => Progress::Plain,
            Progress::Auto => Progress::Live,
            // Where nothing can be drawn over, lines are the most one can do.
            Progress::Live | Progress::Full if !draws => Progress::Plain,
            other => other,
        })
    }

    /// Whether standard error may be coloured.
    pub(crate) fn is_coloured(&self) -> Result<bool> {
        Ok(match self.config.color(&self.options)? {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && !is_dumb(),
        })
    }
}

fn is_dumb() -> bool {
    variable("TERM").is_none_or(|term| term == "dumb")
}
