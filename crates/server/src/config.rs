//! How a server is started: parsed once, by the binary.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use crate::auth::setup::FirstAdminError;
pub use crate::client_address::{Network, NetworkError};

/// 4 GiB.
const PACKAGE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Everything that is decided before the server runs.
pub struct Config {
    /// Where everything is kept; made when missing, readable by its owner only.
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    /// `postgres://…`; `None`: a SQLite file in the data directory.
    pub database_url: Option<String>,
    /// PEM files to serve HTTPS with.
    pub tls: Option<Tls>,
    /// Whether to start although another server uses the database, to take over what that one leaves.
    pub is_standby: bool,
    /// Proxies whose word counts about whom they are asked by (`X-Forwarded-For`).
    pub trusted_proxies: Vec<Network>,
    /// The administrator to create while there is no user; what is wrong with it counts no longer than that.
    pub first_admin: Result<Option<FirstAdmin>, FirstAdminError>,
    /// The key that seals sensitive values; `None`: `master.key` in the data directory.
    pub master_key_file: Option<PathBuf>,
    /// A larger package is not taken.
    pub package_bytes_max: u64,
    /// Deployments running at once on this node.
    pub task_cap: u32,
    /// How long a client may keep the server waiting for a request, or for the rest of one.
    pub patience: Duration,
    /// Scripts the built-in worker runs at once.
    pub worker_slots: u32,
    /// The program whose command `agent` is the built-in worker; `None`: there is none.
    pub worker_program: Option<PathBuf>,
}

/// A certificate chain and its private key.
pub struct Tls {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
}

/// Who may do everything at first. No `Debug`: it holds secrets.
pub struct FirstAdmin {
    pub username: String,
    pub password: String,
    /// `API-` and capital letters and digits.
    pub api_key: Option<String>,
}

impl Config {
    /// The defaults of a server in this directory.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            listen: SocketAddr::from(([127, 0, 0, 1], 8065)),
            database_url: None,
            tls: None,
            is_standby: false,
            trusted_proxies: Vec::new(),
            first_admin: Ok(None),
            master_key_file: None,
            package_bytes_max: PACKAGE_BYTES_MAX,
            task_cap: 5,
            patience: Duration::from_secs(10),
            worker_slots: 2,
            worker_program: None,
        }
    }
}
