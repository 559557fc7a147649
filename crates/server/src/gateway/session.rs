//! One session of one agent: reads what it says, checks it, turns it into reports. Agents are not trusted: a message
//! about a ticket that is not the agent's is dropped, one that breaks the protocol ends the session.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use regatta_core::engine::event::{Outcome, TicketId};
use regatta_core::log::LogLevel;
use regatta_core::time::Time;
use regatta_wire::proto::{self, Up, agent_link_server::AgentLink, down_message, up_message};
use tonic::{Request, Response, Status, Streaming};

use super::agents::{Accepted, Arrival};
use super::fetch::{PackageStream, fetch};
use super::listener::Peer;
use super::outbox::{DownStream, Outbox, outbox};
use super::report::{ArtifactPart, Credit, OutputBatch, ScriptEnd};
use super::{AgentId, Gateway, Report, ScriptVariable, limits};

/// How often each side says that it lives.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
/// Silence after which the other side counts as gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// An agent that takes nothing for so long is no use, whatever it says. A large script on a slow line takes a while.
const DEAF_MAX: Duration = Duration::from_secs(60);
/// The hello must come at once.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// What the smallest report takes of the gateway's memory while it is on its way.
const REPORT_MIN_BYTES: usize = 256;

/// The gRPC service.
pub(super) struct AgentSessions {
    gateway: Gateway,
}

impl AgentSessions {
    pub(super) fn new(gateway: Gateway) -> Self {
        Self { gateway }
    }
}

#[tonic::async_trait]
impl AgentLink for AgentSessions {
    type SessionStream = DownStream;
    type FetchStream = PackageStream;

    async fn session(
        &self,
        request: Request<Streaming<Up>>,
    ) -> Result<Response<DownStream>, Status> {
        let agent = self.agent(&request)?;
        let (down, stream) = outbox();
        let gateway = self.gateway.clone();
        drop(tokio::spawn(async move {
            run(&gateway, agent, request.into_inner(), down).await;
        }));
        Ok(Response::new(stream))
    }

    async fn fetch(
        &self,
        request: Request<proto::FetchRequest>,
    ) -> Result<Response<PackageStream>, Status> {
        let agent = self.agent(&request)?;
        fetch(&self.gateway, &agent, request.into_inner()).await
    }
}

impl AgentSessions {
    /// Whose key the connection was opened with.
    fn agent<T>(&self, request: &Request<T>) -> Result<AgentId, Status> {
        let peer = request
            .extensions()
            .get::<Peer>()
            .ok_or_else(|| Status::internal("no peer"))?;
        let agent = self.gateway.0.trusted.peer(peer.0).map(AgentId);
        agent.ok_or_else(|| Status::unauthenticated("this key is no longer registered"))
    }
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("the first message was not a hello")]
    NoHello,
    #[error(
        "no common protocol: the agent speaks {min} to {max}, this server {ours}; update the older of the two"
    )]
    Protocol { min: u32, max: u32, ours: u32 },
    #[error("cannot note down the agent's journal: {0}")]
    Memory(#[from] std::io::Error),
    #[error("the agent was unregistered")]
    Unregistered,
    #[error("silent for {} s", SILENCE_MAX.as_secs())]
    Silent,
    #[error("it has not taken what it is told for {} s", DEAF_MAX.as_secs())]
    Deaf,
    #[error("the agent broke the protocol: {0}")]
    Broken(&'static str),
    #[error("the connection is gone: {0}")]
    Connection(#[from] Status),
}

async fn run(gateway: &Gateway, id: AgentId, mut up: Streaming<Up>, down: Outbox) {
    let agent = id.0.clone();
    let result = match greet(gateway, id, &mut up, &down).await {
        Ok((mut accepted, rest)) => {
            tracing::info!(agent, "agent connected");
            let result = converse(gateway, &mut accepted, rest, up, &down).await;
            gateway.lock().disconnect(&accepted.agent, accepted.session);
            result
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => tracing::info!(agent, "agent disconnected"),
        Err(reason) => tracing::warn!(agent, %reason, "agent session ended"),
    }
}

async fn greet(
    gateway: &Gateway,
    id: AgentId,
    up: &mut Streaming<Up>,
    down: &Outbox,
) -> Result<(Accepted, Vec<proto::UpMessage>), SessionError> {
    let first = tokio::time::timeout(HELLO_LIMIT, up.message())
        .await
        .map_err(|_| SessionError::Silent)??;
    let mut messages = first.ok_or(SessionError::NoHello)?.messages.into_iter();
    let Some(up_message::Kind::Hello(hello)) = messages.next().and_then(|message| message.kind)
    else {
        return Err(SessionError::NoHello);
    };
    limits::check_hello(&hello).map_err(SessionError::Broken)?;
    let ours = regatta_wire::PROTOCOL;
    if hello.protocol_min > ours || hello.protocol_max < regatta_wire::PROTOCOL_MIN {
        return Err(SessionError::Protocol {
            min: hello.protocol_min,
            max: hello.protocol_max,
            ours,
        });
    }
    let (memory, agent, journal_id) = (gateway.clone(), id.clone(), hello.journal_id.clone());
    tokio::task::spawn_blocking(move || memory.0.journals.remember(&agent, &journal_id))
        .await
        .map_err(std::io::Error::other)??;
    let accepted = gateway
        .lock()
        .connect(id, hello, down.clone())
        .ok_or(SessionError::Unregistered)?;
    Ok((accepted, messages.collect()))
}

async fn converse(
    gateway: &Gateway,
    accepted: &mut Accepted,
    first: Vec<proto::UpMessage>,
    mut up: Streaming<Up>,
    down: &Outbox,
) -> Result<(), SessionError> {
    handle(gateway, accepted, first).await?;
    let mut alive = tokio::time::interval(ALIVE_EVERY);
    let mut heard_at = tokio::time::Instant::now();
    loop {
        tokio::select! {
            // An agent that does not take what it is told is not listened to: its silence ends the session.
            message = up.message(), if !down.is_full() => match message? {
                Some(up) => {
                    heard_at = tokio::time::Instant::now();
                    handle(gateway, accepted, up.messages).await?;
                }
                None => return Ok(()),
            },
            () = down.less(), if down.is_full() => {}
            () = down.closed() => return Ok(()),
            _ended = &mut accepted.ended => return Ok(()),
            _ = alive.tick() => {
                if heard_at.elapsed() > SILENCE_MAX {
                    return Err(SessionError::Silent);
                }
                if down.is_stuck(DEAF_MAX, tokio::time::Instant::now()) {
                    return Err(SessionError::Deaf);
                }
                down.send(down_message::Kind::Alive(proto::Alive {}));
            }
        }
    }
}

async fn handle(
    gateway: &Gateway,
    from: &mut Accepted,
    messages: Vec<proto::UpMessage>,
) -> Result<(), SessionError> {
    for message in messages {
        let Some(kind) = message.kind else { continue };
        match kind {
            up_message::Kind::Hello(_) => return Err(SessionError::Broken("a second hello")),
            up_message::Kind::Alive(_) => {}
            up_message::Kind::Started(started) => {
                let ticket = TicketId(started.ticket);
                let report = Report::Started {
                    ticket: ticket.clone(),
                    at: Time(started.at_ms),
                    credit: credit(gateway, REPORT_MIN_BYTES).await,
                };
                forward(gateway, from, &ticket, report)?;
            }
            up_message::Kind::Output(output) => handle_output(gateway, from, output).await?,
            up_message::Kind::Progress(progress) => {
                let ticket = TicketId(progress.ticket);
                let message = limits::cut_progress(progress.message);
                let report = Report::Progress {
                    ticket: ticket.clone(),
                    percentage: progress.percentage.min(100),
                    credit: credit(gateway, message.len()).await,
                    message,
                };
                forward(gateway, from, &ticket, report)?;
            }
            up_message::Kind::ArtifactChunk(chunk) => {
                limits::check_chunk(&chunk).map_err(SessionError::Broken)?;
                let credit = credit(gateway, chunk.content.len() + chunk.name.len()).await;
                let ticket = TicketId(chunk.ticket);
                let part = ArtifactPart {
                    ticket: ticket.clone(),
                    index: chunk.index,
                    name: chunk.name,
                    offset: chunk.offset,
                    content: chunk.content,
                    last: chunk.last,
                    _credit: credit,
                };
                forward(gateway, from, &ticket, Report::Artifact(part))?;
            }
            up_message::Kind::Finished(finished) => {
                handle_finished(gateway, from, finished).await?;
            }
        }
    }
    Ok(())
}

/// Memory for a report, as soon as there is some: until then nothing more is read from the agent. Nobody who gives
/// memory back waits for an agent, so it comes.
async fn credit(gateway: &Gateway, bytes: usize) -> Credit {
    let most = gateway.0.output_buffer_bytes;
    let bytes = bytes.max(REPORT_MIN_BYTES).min(most);
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let credit = gateway.0.output_credit.clone();
    Credit::from(credit.acquire_many_owned(bytes).await.ok())
}

fn forward(
    gateway: &Gateway,
    from: &mut Accepted,
    ticket: &TicketId,
    report: Report,
) -> Result<(), SessionError> {
    let mut state = gateway.lock();
    if !state.is_open(from, ticket) {
        return from.strays.one_more().map_err(SessionError::Broken);
    }
    state.report(report);
    Ok(())
}

async fn handle_output(
    gateway: &Gateway,
    from: &mut Accepted,
    output: proto::Output,
) -> Result<(), SessionError> {
    let lines = limits::check_output(&output).map_err(SessionError::Broken)?;
    let credit = credit(gateway, limits::output_bytes(&output, lines)).await;
    let ticket = TicketId(output.ticket);
    let mut state = gateway.lock();
    match state.output_arrives(from, &ticket, output.first_line, lines) {
        Arrival::Ignore => Ok(()),
        Arrival::Stray => from.strays.one_more().map_err(SessionError::Broken),
        Arrival::Gap => Err(SessionError::Broken("output is missing")),
        Arrival::Next => {
            let runs = output
                .runs
                .iter()
                .map(|run| (run.lines, level(run.level()), Time(run.at_ms)))
                .collect();
            let first_line = output.first_line;
            let batch = OutputBatch {
                ticket,
                first_line,
                text: output.text,
                runs,
                _credit: credit,
            };
            state.report(Report::Output(batch));
            Ok(())
        }
    }
}

async fn handle_finished(
    gateway: &Gateway,
    from: &mut Accepted,
    finished: proto::Finished,
) -> Result<(), SessionError> {
    let ticket = TicketId(finished.ticket.clone());
    let credit = credit(gateway, limits::finished_bytes(&finished)).await;
    let mut state = gateway.lock();
    let next_line = state.next_line(from, &ticket);
    let incomplete = next_line.is_some_and(|next| next != finished.lines + 1);
    if incomplete && !finished.released && state.is_open(from, &ticket) {
        return Err(SessionError::Broken("an end before its output"));
    }
    if !state.ends(from, &ticket) {
        return from.strays.one_more().map_err(SessionError::Broken);
    }
    let end = script_end(ticket, finished, credit);
    state.report(Report::Finished(Box::new(end)));
    Ok(())
}

fn script_end(ticket: TicketId, finished: proto::Finished, credit: Credit) -> ScriptEnd {
    let ending = finished.ending();
    let ended_itself = matches!(ending, proto::Ending::Exited | proto::Ending::ErrorOutput);
    let variable = |v: proto::Variable| ScriptVariable {
        name: v.name,
        value: v.value,
        sensitive: v.sensitive,
    };
    ScriptEnd {
        ticket,
        exit_code: ended_itself.then_some(finished.code),
        started_at: (finished.started_at_ms > 0).then_some(Time(finished.started_at_ms)),
        at: Time(finished.at_ms),
        lines: finished.lines,
        outcome: outcome(ending, finished.code, finished.warnings, finished.message),
        output_variables: finished
            .output_variables
            .into_iter()
            .map(variable)
            .collect(),
        _credit: credit,
    }
}

fn outcome(ending: proto::Ending, code: i32, warnings: bool, message: String) -> Outcome {
    let or = |message: String, otherwise: String| {
        if message.is_empty() {
            otherwise
        } else {
            message
        }
    };
    match ending {
        proto::Ending::Exited if code == 0 => Outcome::Succeeded { warnings },
        proto::Ending::Exited => Outcome::Failed {
            message: or(message, format!("The script exited with code {code}")),
        },
        proto::Ending::Signaled => Outcome::Failed {
            message: or(message, format!("The script was ended by signal {code}")),
        },
        proto::Ending::ErrorOutput => Outcome::Failed {
            message: or(message, "The script wrote to standard error".to_owned()),
        },
        proto::Ending::TimedOut => Outcome::TimedOut,
        proto::Ending::Canceled => Outcome::Canceled,
        proto::Ending::NotStarted => Outcome::NotStarted { message },
        proto::Ending::Refused => Outcome::Failed {
            message: or(message, "The agent refuses the script".to_owned()),
        },
        proto::Ending::Unknown | proto::Ending::Unspecified => Outcome::Unknown {
            message: or(
                message,
                "The agent cannot tell how the script ended".to_owned(),
            ),
        },
    }
}

fn level(level: proto::Level) -> LogLevel {
    match level {
        proto::Level::Verbose => LogLevel::Verbose,
        proto::Level::Info | proto::Level::Unspecified => LogLevel::Info,
        proto::Level::Highlight => LogLevel::Highlight,
        proto::Level::Wait => LogLevel::Wait,
        proto::Level::Warning => LogLevel::Warning,
        proto::Level::Error => LogLevel::Error,
        proto::Level::Gap => LogLevel::Gap,
    }
}

/// The wall clock.
pub(super) fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
