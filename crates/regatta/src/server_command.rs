//! `regatta server`: options and environment become one [`Config`].

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use regatta_server::Config;
use regatta_server::config::{FirstAdmin, Network, Tls};

use crate::logging::Logging;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Server {
    #[command(subcommand)]
    pub(crate) command: Option<ServerCommand>,
    /// Where everything is kept; made when missing.
    #[arg(long, env = "REGATTA_DATA_DIR", required = true)]
    data_dir: Option<PathBuf>,
    /// Address of the API.
    #[arg(long, env = "REGATTA_LISTEN", default_value = "127.0.0.1:8065")]
    listen: SocketAddr,
    /// Keep rows in PostgreSQL (`postgres://user:password@host/database`) instead of a SQLite file.
    #[arg(long, env = "REGATTA_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Start although another server uses the database, to take over what that one leaves when it is gone.
    #[arg(long)]
    standby: bool,
    /// Certificate chain (PEM) to serve HTTPS with.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM) of the certificate.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Believe this proxy (an address, or a network as 10.0.0.0/8) about whom it is asked by; may be given several times.
    #[arg(
        long,
        env = "REGATTA_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    trusted_proxy: Vec<Network>,
    /// The key that seals sensitive values; `master.key` in the data directory unless given.
    #[arg(long, env = "REGATTA_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
    /// The largest package that can be uploaded, in MiB.
    #[arg(long, env = "REGATTA_PACKAGE_MAX_MIB", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    package_max_mib: Option<u64>,
    /// Deployments running at once; by the number of processors, at least 5, unless given.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    task_cap: Option<u32>,
    /// Scripts the built-in worker runs at once; by the number of processors, at least 8, unless given.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    worker_slots: Option<u32>,
    #[command(flatten)]
    logging: Logging,
}

/// What can be asked of a server that runs.
#[derive(Subcommand)]
pub(crate) enum ServerCommand {
    /// How a server is.
    Status(regatta_cli::ServerStatus),
}

pub(crate) fn run(server: Server) -> Result<()> {
    server.logging.start();
    let config = config(server)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(regatta_server::run(config))?;
    Ok(())
}

fn config(server: Server) -> Result<Config> {
    let processors = std::thread::available_parallelism()
        .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
    let data_dir = server.data_dir.context("--data-dir is missing")?;
    let mut config = Config::new(data_dir);
    config.listen = server.listen;
    config.database_url = server.database_url;
    config.is_standby = server.standby;
    config.tls = server
        .tls_cert
        .zip(server.tls_key)
        .map(|(certificate_file, key_file)| Tls {
            certificate_file,
            key_file,
        });
    config.master_key_file = server.master_key_file;
    config.trusted_proxies = server.trusted_proxy;
    if let Some(mib) = server.package_max_mib {
        config.package_bytes_max = mib * 1024 * 1024;
    }
    config.task_cap = server.task_cap.unwrap_or(processors.max(5));
    config.worker_slots = server
        .worker_slots
        .unwrap_or_else(|| processors.saturating_mul(4).max(8));
    config.worker_program =
        Some(std::env::current_exe().context("cannot tell which program this is")?);
    // From the environment only: options are visible to every user of the machine.
    config.first_admin = FirstAdmin::from_environment();
    Ok(config)
}
