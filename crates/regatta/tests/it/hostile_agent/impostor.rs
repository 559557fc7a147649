//! A connection with an agent's key that says whatever it is told to, byte for byte.

use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use prost::Message as _;
use prost::bytes::{Buf as _, BufMut as _};
use regatta_wire::identity::Identity;
use regatta_wire::pin::PinSet;
use regatta_wire::proto::{Down, Hello, Start, Up, UpMessage, down_message, up_message::Kind};
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

use crate::installation::{Installation, text};

/// Nothing takes this long unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// The client reads little ahead, so that what is not read waits at the server.
const WINDOW_BYTES: u32 = 64 * 1024;

pub(super) struct Impostor {
    up: mpsc::Sender<Vec<u8>>,
    down: Streaming<Vec<u8>>,
    /// Held, so that it is never this side that ends the connection.
    _channel: Channel,
}

impl Impostor {
    /// With the key of the built-in worker, whose own link must not move meanwhile.
    pub(super) async fn connect(installation: &Installation) -> Self {
        let channel = dial(installation).await;
        let (up, queue) = mpsc::channel(1);
        let mut client = tonic::client::Grpc::new(channel.clone());
        client.ready().await.unwrap();
        let path = "/regatta.agent.v1.AgentLink/Session".parse().unwrap();
        let session = Request::new(ReceiverStream::new(queue));
        let answer = client.streaming(session, path, Raw).await.unwrap();
        let down = answer.into_inner();
        Self {
            up,
            down,
            _channel: channel,
        }
    }

    /// As an agent that has nothing to tell; the server takes it for one.
    pub(super) async fn with_hello(installation: &Installation) -> Self {
        let before = times_connected(installation);
        let impostor = Self::connect(installation).await;
        impostor.say(up([Kind::Hello(hello())])).await;
        connected_after(installation, before).await;
        impostor
    }

    /// Nothing happens when the server listens no more.
    pub(super) async fn say(&self, message: Vec<u8>) {
        drop(self.up.send(message).await);
    }

    /// Waits until the server has ended the session.
    pub(super) async fn until_cut_off(mut self) {
        while let Ok(Some(_)) = self.heard().await {}
    }

    /// Waits for a script.
    pub(super) async fn start(&mut self) -> Start {
        loop {
            let heard = self.heard().await.unwrap().expect("it is not cut off");
            let down = Down::decode(&heard[..]).unwrap();
            let start = down.messages.into_iter().find_map(|it| match it.kind {
                Some(down_message::Kind::Start(start)) => Some(start),
                _ => None,
            });
            if let Some(start) = start {
                return start;
            }
        }
    }

    async fn heard(&mut self) -> Result<Option<Vec<u8>>, Status> {
        let heard = tokio::time::timeout(LIMIT, self.down.message()).await;
        heard.expect("no hang")
    }
}

/// How often an agent has connected, whoever it is.
pub(super) fn times_connected(installation: &Installation) -> usize {
    installation.server_log().matches("agent connected").count()
}

/// Waits until one connects after so many.
pub(super) async fn connected_after(installation: &Installation, before: usize) {
    installation
        .until("an agent connects", async || {
            (times_connected(installation) > before).then_some(())
        })
        .await;
}

pub(super) fn up(kinds: impl IntoIterator<Item = Kind>) -> Vec<u8> {
    let messages = kinds.into_iter().map(|kind| UpMessage { kind: Some(kind) });
    let up = Up {
        messages: messages.collect(),
    };
    up.encode_to_vec()
}

pub(super) fn hello() -> Hello {
    Hello {
        protocol_min: regatta_wire::PROTOCOL_MIN,
        protocol_max: regatta_wire::PROTOCOL,
        journal_id: "of an impostor".to_owned(),
        slots: 4,
        ..Hello::default()
    }
}

/// Where the server listens for agents, and the pin of its key.
fn server(installation: &Installation) -> (SocketAddr, String) {
    let config = std::fs::read(installation.data_dir().join("worker/agent.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let file = config["server"]["file"].as_str().unwrap();
    let address = std::fs::read_to_string(file).unwrap();
    (address.parse().unwrap(), text(&config["server_pin"]))
}

/// Connections of agents that the server has open.
pub(super) fn connections(installation: &Installation) -> usize {
    let port = format!(":{:04X}", server(installation).0.port());
    let all = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let open = all.lines().filter(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields[1].ends_with(&port) && fields[3] == "01"
    });
    open.count()
}

async fn dial(installation: &Installation) -> Channel {
    let (address, pin) = server(installation);
    let pins = PinSet::default();
    pins.insert(pin.parse().unwrap(), "server");
    let identity = Identity::open(&installation.data_dir().join("worker")).unwrap();
    let connector = TlsConnector::from(identity.client_config(pins).unwrap());
    let endpoint = Endpoint::from_static("http://agent.regatta")
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    let channel = endpoint.connect_with_connector(tower::service_fn(move |_| {
        let connector = connector.clone();
        async move {
            let tcp = TcpStream::connect(address).await?;
            let name = ServerName::try_from("regatta").expect("a valid name");
            Ok::<_, std::io::Error>(TokioIo::new(connector.connect(name, tcp).await?))
        }
    }));
    channel.await.unwrap()
}

/// Bytes as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; from.remaining()];
        from.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}
