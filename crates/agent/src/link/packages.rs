//! What a script needs, fetched before the supervisor hears of it: a start with packages waits here until all of them
//! are there, checked and unpacked, and everything that is said of its ticket meanwhile waits behind it.
//!
//! Nothing of this is remembered. When the session breaks, half-done work is dropped, and the server sends the start
//! again, because the supervisor never had it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use regatta_wire::proto::agent_link_client::AgentLinkClient;
use regatta_wire::proto::{DownMessage, Start, down_message};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::store::{Prepared, Store};

/// The starts that wait.
pub(super) struct Packages {
    client: AgentLinkClient<Channel>,
    store: Arc<Store>,
    working: JoinSet<Start>,
    held: HashMap<String, Held>,
}

#[derive(Default)]
struct Held {
    behind: Vec<DownMessage>,
    /// Dropped when the script is to be stopped.
    go_on: Option<oneshot::Sender<()>>,
}

impl Packages {
    pub(super) fn new(client: AgentLinkClient<Channel>, data_dir: &Path) -> Self {
        Self {
            client,
            store: Arc::new(Store::new(&data_dir.join("packages"))),
            working: JoinSet::new(),
            held: HashMap::new(),
        }
    }

    /// Gives back what the supervisor may have at once.
    pub(super) fn pass(&mut self, message: DownMessage) -> Option<DownMessage> {
        let ticket = message.kind.as_ref().and_then(ticket_of);
        if let Some(held) = ticket.and_then(|ticket| self.held.get_mut(ticket)) {
            match &message.kind {
                // Said again: it is being prepared already.
                Some(down_message::Kind::Start(_)) => return None,
                Some(down_message::Kind::Stop(_)) => held.go_on = None,
                _ => {}
            }
            held.behind.push(message);
            return None;
        }
        match message.kind {
            Some(down_message::Kind::Start(start)) if !start.packages.is_empty() => {
                self.begin(start);
                None
            }
            kind => Some(DownMessage { kind }),
        }
    }

    fn begin(&mut self, start: Start) {
        let (go_on, stopped) = oneshot::channel();
        let held = Held {
            behind: Vec::new(),
            go_on: Some(go_on),
        };
        self.held.insert(start.ticket.clone(), held);
        let (client, store) = (self.client.clone(), Arc::clone(&self.store));
        self.working.spawn(prepare(store, client, start, stopped));
    }

    /// The next start that is ready, with what was held behind it. Waits for ever while there is none.
    pub(super) async fn ready(&mut self) -> Vec<DownMessage> {
        match self.working.join_next().await {
            Some(Ok(start)) => {
                let held = self.held.remove(&start.ticket).unwrap_or_default();
                let start = DownMessage {
                    kind: Some(down_message::Kind::Start(start)),
                };
                std::iter::once(start).chain(held.behind).collect()
            }
            // A mistake of ours; the start is sent again in the next session.
            Some(Err(error)) => {
                tracing::error!(%error, "packages cannot be prepared");
                Vec::new()
            }
            None => std::future::pending().await,
        }
    }
}

fn ticket_of(kind: &down_message::Kind) -> Option<&str> {
    match kind {
        down_message::Kind::Start(start) => Some(&start.ticket),
        down_message::Kind::Stop(stop) => Some(&stop.ticket),
        down_message::Kind::Resume(resume) => Some(&resume.ticket),
        down_message::Kind::OutputStored(stored) => Some(&stored.ticket),
        down_message::Kind::Release(release) => Some(&release.ticket),
        down_message::Kind::Welcome(_)
        | down_message::Kind::Alive(_)
        | down_message::Kind::Retire(_) => None,
    }
}

/// The start with the places of its packages, or with what stands in their way.
async fn prepare(
    store: Arc<Store>,
    client: AgentLinkClient<Channel>,
    mut start: Start,
    stopped: oneshot::Receiver<()>,
) -> Start {
    let done = tokio::select! {
        done = all(&store, client, &start) => done,
        _ = stopped => Err((0, "the script was stopped before it was there".to_owned())),
    };
    match done {
        Ok(prepared) => {
            for (package, prepared) in start.packages.iter_mut().zip(prepared) {
                package.prepared = prepared.keep();
            }
        }
        Err((at, problem)) => start.packages[at].problem = problem,
    }
    start
}

/// All packages of a start, or the place of the first that cannot be had, and why.
async fn all(
    store: &Arc<Store>,
    mut client: AgentLinkClient<Channel>,
    start: &Start,
) -> Result<Vec<Prepared>, (usize, String)> {
    let mut all = Vec::with_capacity(start.packages.len());
    for (at, package) in start.packages.iter().enumerate() {
        let prepared = store.prepare(&mut client, &start.ticket, package).await;
        all.push(prepared.map_err(|problem| (at, problem))?);
    }
    Ok(all)
}
