//! Where settings come from: option, environment, project file, profile, default; in this order.
//!
//! A project file (`.regatta.toml`, in the current folder or above) may name server, space and project, never a key:
//! it comes with a repository, and who can change it must not be able to have a key sent elsewhere. A key is
//! therefore only used for the server it was saved with, or together with an address from the same place.

mod file;

use std::path::PathBuf;

use clap::ValueEnum;

use crate::failure::{Failure, Result};
use crate::options::{Color, Options, Progress};
use crate::output::Format;

pub(crate) use file::Files;

pub(crate) const SERVER_DEFAULT: &str = "http://127.0.0.1:8065";

/// Where a value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Environment(&'static str),
    ProjectFile(PathBuf),
    Profile(String),
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "option {name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::ProjectFile(path) => write!(f, "file {}", path.display()),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its origin.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: Option<String>,
    pub(crate) origin: Origin,
}

/// What can be set: its name, its option, its variable, and whether a project file may say it.
struct Known {
    name: &'static str,
    flag: &'static str,
    variable: &'static str,
    in_project_file: bool,
}

const KNOWN: &[Known] = &[
    Known {
        name: "server",
        flag: "--server",
        variable: "REGATTA_URL",
        in_project_file: true,
    },
    Known {
        name: "space",
        flag: "--space",
        variable: "REGATTA_SPACE",
        in_project_file: true,
    },
    Known {
        name: "project",
        flag: "--project",
        variable: "REGATTA_PROJECT",
        in_project_file: true,
    },
    Known {
        name: "output",
        flag: "--output",
        variable: "REGATTA_OUTPUT",
        in_project_file: false,
    },
    Known {
        name: "progress",
        flag: "--progress",
        variable: "REGATTA_PROGRESS",
        in_project_file: false,
    },
    Known {
        name: "color",
        flag: "--color",
        variable: "REGATTA_COLOR",
        in_project_file: false,
    },
];

/// Names that `regatta config` takes.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name)
}

/// Everything a command needs to know before it talks to a server.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) settings: Vec<Setting>,
    pub(crate) profile: String,
    pub(crate) profile_origin: Origin,
    pub(crate) files: Files,
    api_key: Option<(String, Origin)>,
}

impl Config {
    pub(crate) fn read(options: &Options) -> Result<Self> {
        let files = Files::open()?;
        let (profile, profile_origin) = if let Some(name) = &options.profile {
            (name.clone(), Origin::Flag("--profile"))
        } else if let Some(name) = variable("REGATTA_PROFILE") {
            (name, Origin::Environment("REGATTA_PROFILE"))
        } else if let Some(name) = files.current() {
            (name, Origin::Profile("current".to_owned()))
        } else {
            ("default".to_owned(), Origin::Default)
        };
        let mut config = Self {
            settings: Vec::new(),
            profile,
            profile_origin,
            files,
            api_key: None,
        };
        for known in KNOWN {
            let setting = config.find(known, options)?;
            config.settings.push(setting);
        }
        config.api_key = config.find_key();
        Ok(config)
    }

    fn find(&self, known: &Known, options: &Options) -> Result<Setting> {
        let from_file = || -> Result<Option<(String, Origin)>> {
            if !known.in_project_file {
                return Ok(None);
            }
            let found = file::project_file(known.name)?;
            Ok(found.map(|(value, path)| (value, Origin::ProjectFile(path))))
        };
        let from_profile = || {
            let profile = self.files.profile(&self.profile)?;
            Some((
                profile.get(known.name)?,
                Origin::Profile(self.profile.clone()),
            ))
        };
        let found = if let Some(value) = options.given(known.name) {
            Some((value, Origin::Flag(known.flag)))
        } else if let Some((value, name)) = from_environment(known) {
            Some((value, Origin::Environment(name)))
        } else {
            from_file()?.or_else(from_profile)
        };
        let default = (known.name == "server").then(|| SERVER_DEFAULT.to_owned());
        let (value, origin) = match found {
            Some((value, origin)) => (Some(value), origin),
            None => (default, Origin::Default),
        };
        Ok(Setting {
            name: known.name,
            value,
            origin,
        })
    }

    /// The key from the environment, else the one saved with the profile for this server.
    fn find_key(&self) -> Option<(String, Origin)> {
        if let Some(key) = variable("REGATTA_API_KEY") {
            return Some((key, Origin::Environment("REGATTA_API_KEY")));
        }
        let profile = self.files.profile(&self.profile)?;
        let same = profile.server.as_deref().map(normal) == self.get("server").map(normal);
        let key = profile.api_key.filter(|_| same)?;
        Some((key, Origin::Profile(self.profile.clone())))
    }

    /// # Errors
    /// When a profile was asked for that does not exist. Logging in makes it.
    pub(crate) fn check_profile(&self) -> Result<()> {
        let asked = !matches!(self.profile_origin, Origin::Default);
        if !asked || self.files.profile(&self.profile).is_some() {
            return Ok(());
        }
        let what = format!("There is no profile `{}`.", self.profile);
        Err(Failure::not_found(what)
            .why(format!("Known are: {}.", list(&self.files.names())))
            .next(format!("regatta login URL --profile {}", self.profile)))
    }

    pub(crate) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.setting(name)?.value.as_deref()
    }

    pub(crate) fn server(&self) -> String {
        normal(self.get("server").unwrap_or(SERVER_DEFAULT)).to_owned()
    }

    /// The key to send to the server, if there is one that may be.
    pub(crate) fn api_key(&self) -> Result<Option<&str>> {
        let from_file = self
            .setting("server")
            .is_some_and(|setting| matches!(setting.origin, Origin::ProjectFile(_)));
        match &self.api_key {
            Some((_, Origin::Environment(name))) if from_file => Err(Failure::usage(format!(
                "The key in {name} is not sent to a server that only a project file names."
            ))
            .why("Whoever can change .regatta.toml could have the key sent to themselves.")
            .next("set REGATTA_URL, or give --server")),
            key => Ok(key.as_ref().map(|(key, _)| key.as_str())),
        }
    }

    pub(crate) fn key_origin(&self) -> Option<&Origin> {
        self.api_key.as_ref().map(|(_, origin)| origin)
    }

    pub(crate) fn format(&self, options: &Options) -> Result<Format> {
        if let Some(format) = &options.output {
            return Ok(format.clone());
        }
        match self.get("output") {
            None => Ok(Format::default()),
            Some(text) => Format::parse(text).map_err(|error| self.bad("output", text, &error)),
        }
    }

    pub(crate) fn progress(&self, options: &Options) -> Result<Progress> {
        let word = self.word(options.progress, "progress")?;
        Ok(word.unwrap_or(Progress::Auto))
    }

    pub(crate) fn color(&self, options: &Options) -> Result<Color> {
        let word = self.word(options.color, "color")?;
        Ok(word.unwrap_or(Color::Auto))
    }

    /// A setting that is one of a few words.
    fn word<T: ValueEnum>(&self, given: Option<T>, name: &str) -> Result<Option<T>> {
        let Some(text) = self.get(name).filter(|_| given.is_none()) else {
            return Ok(given);
        };
        T::from_str(text, true).map(Some).map_err(|_| {
            let known = T::value_variants().iter().filter_map(T::to_possible_value);
            let known: Vec<String> = known.map(|word| word.get_name().to_owned()).collect();
            self.bad(name, text, &format!("use one of {}", known.join(", ")))
        })
    }

    fn bad(&self, name: &str, text: &str, help: &str) -> Failure {
        let origin = self
            .setting(name)
            .map_or(Origin::Default, |s| s.origin.clone());
        Failure::usage(format!("`{text}` is no value for {name} ({origin})."))
            .why(format!("{help}."))
    }
}

/// An address without the slash at its end, so that two of the same server are equal.
pub(crate) fn normal(url: &str) -> &str {
    url.trim().trim_end_matches('/')
}

/// The value of a setting and the variable that says it. Of colours those of all programs speak, too.
fn from_environment(known: &Known) -> Option<(String, &'static str)> {
    let own = variable(known.variable).map(|value| (value, known.variable));
    if own.is_some() || known.name != "color" {
        return own;
    }
    if variable("NO_COLOR").is_some() {
        return Some(("never".to_owned(), "NO_COLOR"));
    }
    let forced = ["CLICOLOR_FORCE", "FORCE_COLOR"];
    let forced = forced.into_iter().find(|name| is_on(name))?;
    Some(("always".to_owned(), forced))
}

/// Whether a variable of the environment switches something on.
pub(crate) fn is_on(name: &str) -> bool {
    variable(name).is_some_and(|value| !matches!(value.trim(), "0" | "false"))
}

/// A variable of the environment, unless empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
