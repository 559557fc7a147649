//! Carries messages both ways for the time of one session, and notices when the server falls silent.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use regatta_wire::proto::agent_link_client::AgentLinkClient;
use regatta_wire::proto::{
    Alive, Down, DownMessage, Retire, Up, UpMessage, down_message, up_message,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;

use super::SessionError;
use super::packages::Packages;
use crate::frame::{self, FrameReader};

/// How often each side says that it lives.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
/// Silence after which the other side counts as gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Frames on their way to the server: enough to keep it busy, few enough to bound memory.
const UP_QUEUE: usize = 8;

pub(super) async fn relay(
    channel: Channel,
    supervisor: UnixStream,
    (welcomed, data_dir): (&OnceLock<Instant>, &Path),
) -> Result<(), SessionError> {
    let (from_supervisor, to_supervisor) = supervisor.into_split();
    let (up, queue) = mpsc::channel(UP_QUEUE);
    let mut client = AgentLinkClient::new(channel)
        .max_decoding_message_size(regatta_wire::MESSAGE_MAX_BYTES)
        .max_encoding_message_size(regatta_wire::MESSAGE_MAX_BYTES);
    let down = client
        .session(ReceiverStream::new(queue))
        .await
        .map_err(Box::new)?
        .into_inner();
    let packages = Packages::new(client, data_dir);
    tokio::select! {
        ended = carry_up(from_supervisor, &up) => ended,
        ended = carry_down(down, to_supervisor, (welcomed, packages)) => ended,
        () = say_alive(&up) => Ok(()),
    }
}

async fn carry_up(mut from: OwnedReadHalf, up: &mpsc::Sender<Up>) -> Result<(), SessionError> {
    let (mut reader, mut buffer) = (FrameReader::default(), vec![0; 64 * 1024]);
    loop {
        let count = from
            .read(&mut buffer)
            .await
            .map_err(|_| SessionError::SupervisorGone)?;
        if count == 0 {
            return Err(SessionError::SupervisorGone);
        }
        reader.push(&buffer[..count]);
        while let Some(message) = reader.next::<Up>()? {
            if up.send(message).await.is_err() {
                return Ok(());
            }
        }
    }
}

async fn carry_down(
    mut down: Streaming<Down>,
    mut to: OwnedWriteHalf,
    (welcomed, mut packages): (&OnceLock<Instant>, Packages),
) -> Result<(), SessionError> {
    let mut bytes = Vec::new();
    let mut heard_at = Instant::now();
    loop {
        let messages = tokio::select! {
            message = tokio::time::timeout_at(heard_at + SILENCE_MAX, down.message()) => {
                let message = message.map_err(|_| SessionError::Silent)?;
                let Some(message) = message.map_err(Box::new)? else {
                    return Ok(());
                };
                heard_at = Instant::now();
                // The first thing a server says is its welcome.
                welcomed.get_or_init(Instant::now);
                let passed = message.messages.into_iter().filter_map(|message| packages.pass(message));
                passed.collect()
            }
            ready = packages.ready() => ready,
        };
        if messages.is_empty() {
            continue;
        }
        bytes.clear();
        frame::encode(&Down { messages }, &mut bytes);
        to.write_all(&bytes)
            .await
            .map_err(|_| SessionError::SupervisorGone)?;
    }
}

async fn say_alive(up: &mpsc::Sender<Up>) {
    let mut ticks = tokio::time::interval(ALIVE_EVERY);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let alive = UpMessage {
            kind: Some(up_message::Kind::Alive(Alive {})),
        };
        if up
            .send(Up {
                messages: vec![alive],
            })
            .await
            .is_err()
        {
            return;
        }
    }
}

/// Tells a supervisor that it may end if it has nothing to do.
pub(super) fn retire() -> Down {
    Down {
        messages: vec![DownMessage {
            kind: Some(down_message::Kind::Retire(Retire {})),
        }],
    }
}
