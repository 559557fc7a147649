//! The files settings are kept in: profiles, and the project's own.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::failure::{Failure, Result};

const PROJECT_FILE: &str = ".regatta.toml";
/// What a project file may say.
const PROJECT_KEYS: [&str; 3] = ["server", "space", "project"];

/// `config.toml` with the profiles, and `credentials.toml` with their keys, which only their owner may read.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    folder: PathBuf,
    config: Table,
    credentials: Table,
}

/// One named set of settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    table: Table,
    pub(crate) server: Option<String>,
    pub(crate) api_key: Option<String>,
}

impl Profile {
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        text(&self.table, name)
    }
}

impl Files {
    /// # Errors
    /// When a file is there and cannot be read.
    pub(crate) fn open() -> Result<Self> {
        let folder = folder()?;
        Ok(Self {
            config: read(&folder.join("config.toml"))?.unwrap_or_default(),
            credentials: read(&folder.join("credentials.toml"))?.unwrap_or_default(),
            folder,
        })
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.folder.join("config.toml")
    }

    pub(crate) fn current(&self) -> Option<String> {
        text(&self.config, "current")
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let profiles = self.config.get("profiles").and_then(Value::as_table);
        profiles
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    }

    pub(crate) fn profile(&self, name: &str) -> Option<Profile> {
        let table = self
            .config
            .get("profiles")?
            .as_table()?
            .get(name)?
            .as_table()?
            .clone();
        let key = self.credentials.get("keys").and_then(Value::as_table);
        Some(Profile {
            server: text(&table, "server"),
            api_key: key.and_then(|keys| text(keys, name)),
            table,
        })
    }

    /// Sets one setting of a profile, or takes it away.
    pub(crate) fn set(&mut self, profile: &str, name: &str, value: Option<&str>) -> Result<()> {
        let table = entry(entry(&mut self.config, "profiles")?, profile)?;
        match value {
            Some(value) => table.insert(name.to_owned(), value.into()),
            None => table.remove(name),
        };
        self.write_config()
    }

    pub(crate) fn set_current(&mut self, profile: &str) -> Result<()> {
        self.config.insert("current".to_owned(), profile.into());
        self.write_config()
    }

    /// Saves the key of a profile, or forgets it.
    pub(crate) fn set_key(&mut self, profile: &str, key: Option<&str>) -> Result<()> {
        let keys = entry(&mut self.credentials, "keys")?;
        match key {
            Some(key) => keys.insert(profile.to_owned(), key.into()),
            None => keys.remove(profile),
        };
        write(
            &self.folder.join("credentials.toml"),
            &self.credentials,
            true,
        )
    }

    fn write_config(&self) -> Result<()> {
        write(&self.config_path(), &self.config, false)
    }
}

fn folder() -> Result<PathBuf> {
    let from = |name: &str| super::variable(name).map(PathBuf::from);
    let base = from("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| from("HOME").map(|home| home.join(".config")))
        .or_else(|| from("APPDATA"));
    base.map(|base| base.join("regatta")).ok_or_else(|| {
        Failure::unexpected("There is no folder for the configuration.")
            .why("None of XDG_CONFIG_HOME, HOME and APPDATA is set.")
    })
}

/// The value of a key in the nearest project file.
pub(super) fn project_file(name: &str) -> Result<Option<(String, PathBuf)>> {
    let Ok(here) = std::env::current_dir() else {
        return Ok(None);
    };
    for folder in here.ancestors() {
        let path = folder.join(PROJECT_FILE);
        let Some(table) = read(&path)? else { continue };
        if let Some(key) = table
            .keys()
            .find(|key| !PROJECT_KEYS.contains(&key.as_str()))
        {
            let what = format!(
                "{} says `{key}`, which does not belong there.",
                path.display()
            );
            return Err(Failure::usage(what)
                .why(format!(
                    "A project file may say {}.",
                    PROJECT_KEYS.join(", ")
                ))
                .next("regatta login, which keeps keys where only you can read them"));
        }
        return Ok(text(&table, name).map(|value| (value, path)));
    }
    Ok(None)
}

fn text(table: &Table, name: &str) -> Option<String> {
    let text = table.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn entry<'t>(table: &'t mut Table, name: &str) -> Result<&'t mut Table> {
    let entry = table
        .entry(name)
        .or_insert_with(|| Value::Table(Table::new()));
    entry.as_table_mut().ok_or_else(|| {
        Failure::usage(format!("`{name}` in the configuration is not a table."))
            .next("regatta config path, and mend the file")
    })
}

/// `None` when there is no such file.
fn read(path: &Path) -> Result<Option<Table>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::unexpected(format!(
                "{} cannot be read: {error}.",
                path.display()
            )));
        }
    };
    text.parse().map(Some).map_err(|error: toml::de::Error| {
        let message = error.message().to_owned();
        Failure::usage(format!("{} is not valid TOML: {message}.", path.display()))
            .next("mend or remove the file")
    })
}

/// Writes beside it and renames, so that a reader never sees half a file.
fn write(path: &Path, table: &Table, private: bool) -> Result<()> {
    let failed = |error: std::io::Error| {
        Failure::unexpected(format!("{} cannot be written: {error}.", path.display()))
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if private { 0o600 } else { 0o644 });
    }
    let mut file = options.open(&beside).map_err(failed)?;
    file.write_all(table.to_string().as_bytes())
        .map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
