//! Accepts connections, lets only registered keys through the TLS handshake, and hands the rest to gRPC.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin as Pinned;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use regatta_wire::pin::Pin;
use regatta_wire::proto::agent_link_server::AgentLinkServer;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use tonic::transport::server::Connected;

use super::connections::{Connections, Superseded};
use super::session::AgentSessions;
use super::{Gateway, GatewayError, journal_memory};

/// A peer that has not finished its handshake by then is dropped.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Handshakes at the same time: they are what an unknown peer can make us compute.
const HANDSHAKES_MAX: usize = 64;
/// What one session may have in flight: an agent's outputs share the connection.
const WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// A session and the packages that are fetched beside it; more wait at the agent.
const STREAMS_MAX: u32 = 8;

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| GatewayError::Listen { address, source })
}

/// Agents on this machine read the address here on every attempt, since the port may change with a restart.
pub(super) fn publish_address(dir: &Path, address: SocketAddr) -> io::Result<()> {
    journal_memory::replace_file(&dir.join("address"), address.to_string().as_bytes())
}

/// Serves until the last handle of the gateway is gone.
pub(super) fn spawn(listener: TcpListener, tls: Arc<ServerConfig>, gateway: Gateway) {
    let (streams, incoming) = mpsc::channel(16);
    drop(tokio::spawn(accept(
        listener,
        TlsAcceptor::from(tls),
        streams,
    )));
    let service = AgentLinkServer::new(AgentSessions::new(gateway))
        .max_decoding_message_size(regatta_wire::UP_MAX_BYTES)
        .max_encoding_message_size(regatta_wire::MESSAGE_MAX_BYTES);
    drop(tokio::spawn(async move {
        let served = Server::builder()
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .max_concurrent_streams(STREAMS_MAX)
            .add_service(service)
            .serve_with_incoming(ReceiverStream::new(incoming))
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the agent listener stopped");
        }
    }));
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    streams: mpsc::Sender<io::Result<PinnedStream>>,
) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    let connections = Arc::new(Connections::default());
    loop {
        let permit = handshakes
            .clone()
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let tcp = match listener.accept().await {
            Ok((tcp, _)) => tcp,
            Err(error) => {
                // Out of file descriptors, most likely: waiting lets others be closed.
                tracing::warn!(%error, "cannot accept an agent's connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (acceptor, streams) = (acceptor.clone(), streams.clone());
        let connections = Arc::clone(&connections);
        drop(tokio::spawn(async move {
            let shaken = handshake(tcp, &acceptor, &connections);
            let shaken = tokio::time::timeout(HANDSHAKE_LIMIT, shaken).await;
            drop(permit);
            match shaken.ok().flatten() {
                Some(stream) => {
                    let _stopping = streams.send(Ok(stream)).await;
                }
                // Said to nobody: an unknown peer learns nothing.
                None => metrics::counter!("regatta_agent_handshakes_refused_total").increment(1),
            }
        }));
    }
}

async fn handshake(
    tcp: TcpStream,
    acceptor: &TlsAcceptor,
    connections: &Connections,
) -> Option<PinnedStream> {
    tcp.set_nodelay(true).ok()?;
    let tls = acceptor.accept(tcp).await.ok()?;
    let pin = Pin::of_certificate(tls.get_ref().1.peer_certificates()?.first()?)?;
    let superseded = connections.admit(pin);
    Some(PinnedStream {
        tls,
        pin,
        superseded,
    })
}

/// A connection whose peer has proved to own the key with this pin.
pub(super) struct PinnedStream {
    tls: TlsStream<TcpStream>,
    pin: Pin,
    superseded: Superseded,
}

/// The proved pin, for the service behind the connection.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) Pin);

impl Connected for PinnedStream {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        Peer(self.pin)
    }
}

impl AsyncRead for PinnedStream {
    fn poll_read(
        mut self: Pinned<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.superseded.poll(cx)?;
        Pinned::new(&mut self.tls).poll_read(cx, buf)
    }
}

impl AsyncWrite for PinnedStream {
    fn poll_write(
        mut self: Pinned<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pinned::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pinned<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pinned::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pinned<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pinned::new(&mut self.tls).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pinned<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pinned::new(&mut self.tls).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }
}
