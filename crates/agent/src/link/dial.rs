//! Connects to the server: TCP, then TLS 1.3 with both keys pinned, then HTTP/2.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Error};

/// A server that does not answer within this time is tried again.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// What one session may have in flight.
const WINDOW_BYTES: u32 = 4 * 1024 * 1024;

pub(super) async fn connect(address: SocketAddr, tls: Arc<ClientConfig>) -> Result<Channel, Error> {
    let connector = TlsConnector::from(tls);
    let endpoint = Endpoint::from_static("http://agent.regatta")
        .connect_timeout(CONNECT_LIMIT)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    endpoint
        .connect_with_connector(tower::service_fn(move |_| {
            let connector = connector.clone();
            async move {
                let tcp = TcpStream::connect(address).await?;
                tcp.set_nodelay(true)?;
                // No name is checked: the key is.
                let name = ServerName::try_from("regatta").expect("a valid name");
                Ok::<_, io::Error>(TokioIo::new(connector.connect(name, tcp).await?))
            }
        }))
        .await
}
