//! What every request and background task shares.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use regatta_core::time::Time;
use regatta_store::{LogStore, Store, StoreError, Vault};
use tokio_util::sync::CancellationToken;

use crate::auth::directory::Directories;
use crate::auth::limit::Limits;
use crate::auth::password::Passwords;
use crate::auth::sign_in_request::SignInRequests;
use crate::client_address;
use crate::config::Config;
use crate::driver::Driver;
use crate::files::Files;
use crate::folded::FoldedRuns;
use crate::gateway::BuiltinWorker;
use crate::health::Health;
use crate::operation::Operation;
use crate::router::Router;

/// Reads the clock; tests set their own.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The running server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an [`App`] holds.
pub struct Inner {
    pub store: Store,
    pub vault: Vault,
    pub logs: LogStore,
    pub artifacts: Files,
    pub packages: Files,
    pub config: Config,
    pub router: Router,
    /// A UUID, made at the first start; clients tell installations apart by it.
    pub installation_id: String,
    clock: Clock,
    driver: OnceLock<Driver>,
    /// Kept for an orderly stop.
    worker: tokio::sync::Mutex<Option<BuiltinWorker>>,
    pub(crate) directories: Directories,
    pub(crate) passwords: Passwords,
    pub(crate) runs: FoldedRuns,
    pub(crate) limits: Limits,
    pub(crate) sign_in_requests: SignInRequests,
    pub(crate) proxy_hint: client_address::Hint,
    pub(crate) health: Health,
    /// What would last for as long as its client wants ends when this is cancelled.
    pub(crate) stopping: CancellationToken,
    pub(crate) metrics: metrics_exporter_prometheus::PrometheusHandle,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// A server over an open store, with these operations.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn new(
        (store, vault, logs, [artifacts, packages]): (Store, Vault, LogStore, [Files; 2]),
        config: Config,
        clock: Clock,
        operations: Vec<Operation>,
    ) -> Result<Self, StoreError> {
        let mut tx = store.begin().await?;
        let installation_id = tx
            .setting_or_insert("installation-id", &uuid::Uuid::new_v4().to_string())
            .await?;
        tx.commit().await?;
        Ok(Self(Arc::new(Inner {
            store,
            vault,
            logs,
            artifacts,
            packages,
            config,
            router: Router::new(operations),
            installation_id,
            clock,
            driver: OnceLock::new(),
            worker: tokio::sync::Mutex::new(None),
            directories: Directories::default(),
            passwords: Passwords::new(),
            runs: FoldedRuns::default(),
            limits: Limits::default(),
            sign_in_requests: SignInRequests::default(),
            proxy_hint: client_address::Hint::default(),
            health: Health::default(),
            stopping: CancellationToken::new(),
            metrics: crate::metrics::recorder(),
        })))
    }

    /// What carries tasks out.
    ///
    /// # Panics
    /// Before the server has started it: no request is answered before.
    #[must_use]
    pub fn driver(&self) -> &Driver {
        self.0
            .driver
            .get()
            .expect("the driver starts before the first request is answered")
    }

    /// Sets what carries tasks out, once.
    pub(crate) fn set_driver(&self, driver: Driver) {
        assert!(self.0.driver.set(driver).is_ok(), "a server has one driver");
    }

    pub(crate) async fn set_worker(&self, worker: BuiltinWorker) {
        *self.0.worker.lock().await = Some(worker);
    }

    /// Ends the built-in worker's link; what it runs goes on and is found again by the next server.
    pub(crate) async fn stop_worker(&self) {
        if let Some(worker) = self.0.worker.lock().await.take() {
            worker.stop().await;
        }
    }

    pub(crate) fn clock(&self) -> Clock {
        Arc::clone(&self.0.clock)
    }

    /// The time, in ms since 1970.
    #[must_use]
    pub fn now(&self) -> Time {
        (self.0.clock)()
    }
}

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| Time(jiff::Timestamp::now().as_millisecond()))
}
