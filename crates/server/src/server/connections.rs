//! Connections of clients: accepted, bounded, served, ended in order. Not what they ask for ([`crate::dispatch`]).
//!
//! Whoever connects needs no credential, so nobody may keep a place without using it, and no network may take them all.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tower_http::compression::CompressionLayer;

use super::Opened;
use crate::app::App;
use crate::auth::limit::network;
use crate::client_address::is_trusted;
use crate::dispatch::dispatch;

/// Connections open at once; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 4096;
/// Of these one network may have so many.
const SHARE_OF_A_NETWORK: usize = 4;
/// Enough for every connection and whatever their requests open. What is started here inherits it, and there are
/// programs that look at each number they may use, so not more.
const OPEN_FILES: u64 = 16_384;
/// How long open requests may take to finish when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Lets this process open as many files as it may, within reason; most systems start programs with fewer.
pub(super) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit
        .maximum
        .map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if limit.current.is_none_or(|current| current >= most) {
        return;
    }
    let raised = Rlimit {
        current: Some(most),
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// So many that the files their requests need can be opened as well.
fn connections_max() -> usize {
    let files = getrlimit(Resource::Nofile).current;
    let half = files.and_then(|files| usize::try_from(files / 2).ok());
    half.map_or(CONNECTIONS_MAX, |half| half.clamp(1, CONNECTIONS_MAX))
}

/// Answers connections until `stop` ends, then lets open requests finish.
pub async fn serve(opened: &Opened, listener: TcpListener, stop: impl Future<Output = ()>) {
    let open = GracefulShutdown::new();
    let places = Places::new(connections_max());
    tokio::select! {
        () = stop => {}
        never = accept(opened, &listener, &places, &open) => match never {},
    }
    drop(listener);
    opened.app.stopping.cancel();
    if tokio::time::timeout(STOP_TIMEOUT, open.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

async fn accept(
    opened: &Opened,
    listener: &TcpListener,
    places: &Arc<Places>,
    open: &GracefulShutdown,
) -> Infallible {
    let mut failures = Rarely::default();
    let mut refusals = Rarely::default();
    loop {
        let free = places.free().await;
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, or the client is gone already.
                failures.tell(|count| {
                    tracing::warn!(%error, count, "connections could not be accepted");
                });
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let is_proxy = is_trusted(&opened.app.config.trusted_proxies, address.ip());
        let Some(place) = places.take(free, address.ip(), is_proxy) else {
            refusals.tell(|count| {
                tracing::warn!(%address, count, "connections were refused: their network has too many open");
            });
            continue;
        };
        let (app, tls, watcher) = (opened.app.clone(), opened.tls.clone(), open.watcher());
        tokio::spawn(async move {
            connection(app, stream, address, tls, watcher).await;
            drop(place);
        });
    }
}

/// Places for connections, and how many each network has.
struct Places {
    all: Arc<Semaphore>,
    of_network_max: usize,
    of_networks: Mutex<HashMap<IpAddr, usize>>,
}

/// A place that is taken, for as long as this lives.
struct Place {
    network: IpAddr,
    places: Arc<Places>,
    _one: OwnedSemaphorePermit,
}

impl Places {
    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            all: Arc::new(Semaphore::new(count)),
            of_network_max: count.div_ceil(SHARE_OF_A_NETWORK),
            of_networks: Mutex::default(),
        })
    }

    async fn free(&self) -> OwnedSemaphorePermit {
        let free = Arc::clone(&self.all).acquire_owned().await;
        free.expect("the semaphore is never closed")
    }

    /// `None`: the network of this address has enough. A proxy that is trusted stands for many.
    fn take(
        self: &Arc<Self>,
        free: OwnedSemaphorePermit,
        address: IpAddr,
        is_proxy: bool,
    ) -> Option<Place> {
        let network = network(address);
        let mut of_networks = self.of_networks.lock().expect("never held over a panic");
        let count = of_networks.entry(network).or_default();
        if *count >= self.of_network_max && !is_proxy {
            return None;
        }
        *count += 1;
        Some(Place {
            network,
            places: Arc::clone(self),
            _one: free,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of_networks = self
            .places
            .of_networks
            .lock()
            .expect("never held over a panic");
        if let Some(count) = of_networks.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                of_networks.remove(&self.network);
            }
        }
    }
}

/// Something that may happen very often and is told once in a while.
#[derive(Default)]
struct Rarely {
    told_at: Option<Instant>,
    untold: u64,
}

impl Rarely {
    /// Tells how often it happened since it was told last, if that is long ago.
    fn tell(&mut self, tell: impl FnOnce(u64)) {
        self.untold += 1;
        if self.told_at.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
            tell(std::mem::take(&mut self.untold));
            self.told_at = Some(Instant::now());
        }
    }
}

/// Serves one connection to its end, which comes early when its first request does not come in time.
async fn connection(
    app: App,
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<tokio_rustls::TlsAcceptor>,
    watcher: Watcher,
) {
    // Small answers must not wait for more to send.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let heard = CancellationToken::new();
    let patience = app.config.patience;
    let served = async {
        match tls {
            None => requests(app, stream, (address, heard.clone()), watcher).await,
            Some(acceptor) => match acceptor.accept(stream).await {
                Ok(stream) => requests(app, stream, (address, heard.clone()), watcher).await,
                Err(error) => tracing::debug!(%error, %address, "a TLS handshake failed"),
            },
        }
    };
    let silence = async {
        // How long later requests may take is the protocol's to watch.
        if tokio::time::timeout(patience, heard.cancelled())
            .await
            .is_ok()
        {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = served => {}
        () = silence => tracing::debug!(%address, "a client sent no request in time"),
    }
}

/// Answers the requests of a connection; `heard` is told of the first.
async fn requests(
    app: App,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (address, heard): (SocketAddr, CancellationToken),
    watcher: Watcher,
) {
    let patience = app.config.patience;
    let service = tower::service_fn(move |mut request: Request| {
        heard.cancel();
        let app = app.clone();
        request.extensions_mut().insert(ConnectInfo(address));
        async move { Ok::<Response, Infallible>(dispatch(app, request).await) }
    });
    let service = tower::ServiceBuilder::new()
        .layer(CompressionLayer::new().gzip(true))
        .service(service);
    let service = service.map_request(|request: axum::http::Request<hyper::body::Incoming>| {
        request.map(axum::body::Body::new)
    });
    let service = hyper_util::service::TowerToHyperService::new(service);
    let builder = protocols(patience);
    let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(served.into_owned()).await {
        tracing::debug!(%error, %address, "a connection ended early");
    }
}

/// A client that sends the headers of a request slower than it should is cut off.
fn protocols(patience: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(64 * 1024)
        .keep_alive_interval(Some(Duration::from_secs(30)));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_leaves_places_for_others_and_gives_back_what_it_took() {
        let places = Places::new(8);
        let take = |address: &str| {
            let free = Arc::clone(&places.all).try_acquire_owned().unwrap();
            places.take(free, address.parse().unwrap(), false)
        };
        // One network, two addresses.
        let taken = [take("2001:db8::1"), take("2001:db8::2")];
        assert!(taken.iter().all(Option::is_some));
        assert!(take("2001:db8::3").is_none());
        assert!(take("192.0.2.1").is_some());
        let free = Arc::clone(&places.all).try_acquire_owned().unwrap();
        assert!(
            places
                .take(free, "2001:db8::3".parse().unwrap(), true)
                .is_some()
        );
        drop(taken);
        assert!(take("2001:db8::3").is_some());
        assert!(places.of_networks.lock().unwrap().is_empty());
        assert_eq!(places.all.available_permits(), 8);
    }

    #[test]
    fn as_many_files_can_be_opened_as_the_system_allows() {
        let before = getrlimit(Resource::Nofile);
        let few = Rlimit {
            current: Some(512),
            maximum: before.maximum,
        };
        setrlimit(Resource::Nofile, few).unwrap();
        assert_eq!(connections_max(), 256);
        raise_open_files();
        let most = before
            .maximum
            .map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
        assert_eq!(getrlimit(Resource::Nofile).current, Some(most));
        setrlimit(Resource::Nofile, before).unwrap();
    }

    #[test]
    fn what_happens_very_often_is_told_once_with_its_count() {
        let mut rarely = Rarely::default();
        let mut told = Vec::new();
        for _ in 0..1_000 {
            rarely.tell(|count| told.push(count));
        }
        rarely.told_at = Instant::now().checked_sub(TELL_EVERY);
        rarely.tell(|count| told.push(count));
        assert_eq!(told.iter().sum::<u64>(), 1_001);
        assert!(told.len() < 100, "{told:?}");
    }
}
