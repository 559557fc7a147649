//! Starting a server: the data directory, the store, TLS, and what runs for as long as it does.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use regatta_store::{BlobStore, Location, LogStore, Store, Vault};
use tokio::net::TcpListener;

use crate::app::{App, Clock, system_clock};
use crate::auth::setup;
pub use crate::auth::setup::FirstSteps;
use crate::config::{Config, Tls};
use crate::driver::{BUILT_IN_WORKER, Driver, DriverParts};
use crate::error::ApiError;
use crate::files::{Files, SweepError};
use crate::gateway::{AgentId, BuiltinWorker, BuiltinWorkerConfig, Gateway, GatewayConfig};
use crate::{artifact, automatic, nodes, package, remains, retagged};

mod connections;

pub use connections::serve;

/// Why a server cannot start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot use the data directory {path}: {source}")]
    DataDir {
        path: String,
        source: std::io::Error,
    },
    #[error(
        "another server is using the data directory {path}; stop it first, or choose another --data-dir"
    )]
    InUse { path: String },
    #[error(
        "another server uses the same database: {other}, seen {seconds} s ago. Stop it first; one that was killed is \
         forgotten after 20 s. To take over when it is gone, start with --standby"
    )]
    Beside { other: String, seconds: i64 },
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("cannot use the TLS certificate {certificate} with the key {key}: {why}")]
    Tls {
        certificate: String,
        key: String,
        why: String,
    },
    #[error(transparent)]
    Store(#[from] regatta_store::StoreError),
    #[error(transparent)]
    Seal(#[from] regatta_store::seal::SealError),
    #[error(transparent)]
    Log(#[from] regatta_store::log::LogError),
    #[error(transparent)]
    Blob(#[from] regatta_store::blob::BlobError),
    #[error(transparent)]
    Sweep(#[from] SweepError),
    #[error(transparent)]
    Gateway(#[from] crate::gateway::GatewayError),
    #[error("the first start failed: {0}")]
    Setup(String),
}

/// A server that is ready to listen. The data directory is its own until it is dropped.
pub struct Opened {
    pub app: App,
    pub first_steps: FirstSteps,
    tls: Option<tokio_rustls::TlsAcceptor>,
    _data_dir: std::fs::File,
}

/// Takes the data directory, opens the store and creates what every installation starts with.
///
/// # Errors
/// When one of these is not possible; the text says what to do.
pub async fn open(config: Config, clock: Clock) -> Result<Opened, ServerError> {
    let data_dir = lock(&config.data_dir)?;
    let tls = config.tls.as_ref().map(tls_acceptor).transpose()?;
    let location = match &config.database_url {
        Some(url) => Location::Postgres(url.clone()),
        None => Location::Sqlite(config.data_dir.join("regatta.db")),
    };
    let store = Store::open(location).await?;
    let key_file = config
        .master_key_file
        .clone()
        .unwrap_or_else(|| config.data_dir.join("master.key"));
    let vault = Vault::open(&key_file, &store).await?;
    let logs = LogStore::open(&config.data_dir.join("logs"))?;
    let files = [
        files(&config, &store, "artifacts", artifact::KIND).await?,
        files(&config, &store, "packages", package::KIND).await?,
    ];
    let app = App::new(
        (store, vault, logs, files),
        config,
        clock,
        crate::http::operations(),
    )
    .await?;
    let first_steps = setup::prepare(&app)
        .await
        .map_err(|error| ServerError::Setup(told(&error)))?;
    retagged::renew(&app).await?;
    remains::sweep(&app).await?;
    drive(&app).await?;
    Ok(Opened {
        app,
        first_steps,
        tls,
        _data_dir: data_dir,
    })
}

/// The files of one kind of documents, without what a killed server left half-done.
async fn files(
    config: &Config,
    store: &Store,
    folder: &str,
    kind: &'static str,
) -> Result<Files, ServerError> {
    let blobs = BlobStore::open(&config.data_dir.join(folder)).await?;
    let files = Files::new(blobs, kind);
    files.sweep(store).await?;
    Ok(files)
}

/// What is wrong, for whoever started the server.
fn told(error: &ApiError) -> String {
    let body = error.body();
    let errors = body["Errors"].as_array().into_iter().flatten();
    let errors: Vec<&str> = errors.filter_map(serde_json::Value::as_str).collect();
    if errors.is_empty() {
        return body["ErrorMessage"].as_str().unwrap_or_default().to_owned();
    }
    errors.join("; ")
}

/// Lets agents in, takes up what was running, and starts the built-in worker.
async fn drive(app: &App) -> Result<(), ServerError> {
    let data_dir = &app.config.data_dir;
    let config = GatewayConfig {
        packages: Some(app.packages.blobs.clone()),
        ..GatewayConfig::local(data_dir.join("gateway"))
    };
    let (gateway, reports) = Gateway::open(config).await?;
    let node = node(&gateway);
    nodes::enter(&app.store, &app.config, &node).await?;
    if let Some(program) = app.config.worker_program.clone() {
        let worker = BuiltinWorker::start(
            &gateway,
            BuiltinWorkerConfig {
                agent: AgentId(BUILT_IN_WORKER.to_owned()),
                dir: data_dir.join("worker"),
                gateway_dir: data_dir.join("gateway"),
                program,
                slots: Some(app.config.worker_slots),
            },
        )?;
        app.set_worker(worker).await;
    }
    let parts = DriverParts {
        store: app.store.clone(),
        logs: app.logs.clone(),
        artifacts: app.artifacts.clone(),
        vault: app.vault.clone(),
        node,
        gateway,
        clock: app.clock(),
        task_cap: app.config.task_cap,
    };
    app.set_driver(Driver::start(parts, reports).await?);
    drop(tokio::spawn(automatic::run(app.clone())));
    if app.config.database_url.is_some() {
        drop(tokio::spawn(nodes::stay(app.clone())));
    }
    Ok(())
}

/// Names this server among all that use its database. It belongs to the data directory, whose worker is this server's
/// alone: what another directory's server has sent cannot be asked for here.
fn node(gateway: &Gateway) -> String {
    let pin = gateway.pin().to_string();
    format!("node-{}", pin.get(..12).unwrap_or(&pin))
}

/// Runs a server until it is told to stop by SIGTERM or ctrl-c.
///
/// # Errors
/// When it cannot start; the text says what to do.
pub async fn run(config: Config) -> Result<(), ServerError> {
    survive_file_limits();
    connections::raise_open_files();
    let listen = config.listen;
    let opened = open(config, system_clock()).await?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| ServerError::Listen {
            address: listen,
            source,
        })?;
    announce(listener.local_addr().unwrap_or(listen), &opened);
    serve(&opened, listener, stop_signal()).await;
    opened.app.stop_worker().await;
    nodes::leave(&opened.app).await;
    opened.app.store.close().await;
    Ok(())
}

/// One line on standard output says that the server is ready: scripts wait for it.
fn announce(address: SocketAddr, opened: &Opened) {
    let has_tls = opened.tls.is_some();
    if !has_tls && !address.ip().is_loopback() {
        tracing::warn!(%address, "passwords and keys travel unencrypted: serve HTTPS with --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy that --trusted-proxy names");
    }
    let scheme = if has_tls { "https" } else { "http" };
    let next = match &opened.first_steps {
        FirstSteps::None => String::new(),
        FirstSteps::Created { username } => format!(" (administrator {username} was created)"),
        FirstSteps::Token { file } => format!(
            " (create the administrator with the token in {})",
            file.display()
        ),
    };
    println!("Regatta is ready at {scheme}://{address}{next}");
}

/// One that was made beforehand is often open to everybody, and it holds the master key and every log.
fn close_to_others(data_dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = std::fs::metadata(data_dir)?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    tracing::info!(data_dir = %data_dir.display(), "the data directory was open to other users; it is not any more");
    permissions.set_mode(0o700);
    std::fs::set_permissions(data_dir, permissions)
}

/// A file that may not grow is an error of one write, as a full disk is, and must not end the server.
fn survive_file_limits() {
    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) {
        // Once there is a handler it stays for the life of the process.
        Ok(handler) => drop(handler),
        Err(error) => tracing::warn!(%error, "a file size limit would end the server"),
    }
}

/// Takes the data directory for this process; the lock ends with it, however it ends.
fn lock(data_dir: &Path) -> Result<std::fs::File, ServerError> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let path = data_dir.display().to_string();
    let failed = |source| ServerError::DataDir {
        path: path.clone(),
        source,
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(failed)?;
    close_to_others(data_dir).map_err(failed)?;
    let mut options = std::fs::OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(data_dir.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(ServerError::InUse { path }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn tls_acceptor(tls: &Tls) -> Result<tokio_rustls::TlsAcceptor, ServerError> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let wrong = |why: String| ServerError::Tls {
        certificate: tls.certificate_file.display().to_string(),
        key: tls.key_file.display().to_string(),
        why,
    };
    let chain = CertificateDer::pem_file_iter(&tls.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| wrong(error.to_string()))?;
    let key =
        PrivateKeyDer::from_pem_file(&tls.key_file).map_err(|error| wrong(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|error| wrong(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tokio_rustls::TlsAcceptor::from(Arc::new(config)))
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without it ctrl-c still works.
        return tokio::signal::ctrl_c()
            .await
            .unwrap_or_else(|error| tracing::warn!(%error, "cannot be stopped by a signal"));
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
