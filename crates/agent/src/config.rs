//! What an agent must know to find its server: `agent.json` in its data directory.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use regatta_wire::pin::Pin;
use serde::{Deserialize, Serialize};

/// The content of `agent.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    pub server: ServerAddress,
    /// Pin of the server's key.
    pub server_pin: String,
    /// Scripts to run at the same time, unless the server says otherwise.
    pub slots: u32,
}

/// Where the server is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerAddress {
    /// `host:port`.
    Address(String),
    /// A file that holds `host:port`, read again for every attempt: the server on this machine may change its port.
    File(PathBuf),
}

/// Why the data directory is no agent's.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "cannot read {path}: {source}; an agent's data directory is made by the server or by enrolment"
    )]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error("{path} is not valid: {reason}")]
    Invalid { path: String, reason: String },
}

impl AgentConfig {
    /// Reads `agent.json` in `data_dir`.
    ///
    /// # Errors
    /// If the file is missing or not as described above.
    pub fn read(data_dir: &Path) -> Result<Self, ConfigError> {
        let file = data_dir.join("agent.json");
        let path = file.display().to_string();
        let bytes = std::fs::read(&file).map_err(|source| ConfigError::Read {
            path: path.clone(),
            source,
        })?;
        let config: Self =
            serde_json::from_slice(&bytes).map_err(|error| ConfigError::Invalid {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        config.pin().map_err(|error| ConfigError::Invalid {
            path: path.clone(),
            reason: format!("server_pin: {error}"),
        })?;
        if config.slots == 0 {
            return Err(ConfigError::Invalid {
                path,
                reason: "slots must be at least 1".to_owned(),
            });
        }
        Ok(config)
    }

    pub(crate) fn pin(&self) -> Result<Pin, regatta_wire::pin::PinError> {
        self.server_pin.parse()
    }
}

impl ServerAddress {
    /// Whether the server leaves its address in a file, as one on this machine does.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The address as of now.
    pub(crate) async fn resolve(&self) -> std::io::Result<SocketAddr> {
        let text = match self {
            Self::Address(text) => text.clone(),
            Self::File(path) => std::fs::read_to_string(path)?.trim().to_owned(),
        };
        let mut found = tokio::net::lookup_host(&text).await?;
        found
            .next()
            .ok_or_else(|| std::io::Error::other(format!("{text} has no address")))
    }
}
