//! Files that scripts hand over, on their way from the agent into the blob store.
//!
//! The pieces of a ticket's files come before its end. They are written down as they come, and the end is handed on
//! only when every file is durable, so that one transaction makes the end and its files known. What a killed server
//! leaves is swept by the blob store, and the agent sends everything again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use regatta_core::engine::event::{Cell, TicketId};
use regatta_core::engine::plan::Plan;
use regatta_core::time::Time;
use regatta_store::Document;
use regatta_store::blob::{BlobId, BlobWriter};
use tokio::sync::mpsc;

use super::Shared;
use super::input::Input;
use super::live::TaskHead;
use crate::artifact::{self, Artifact, BYTES_MAX};
use crate::gateway::{ArtifactPart, ScriptEnd};

/// Files one script may hand over.
const FILES_MAX: usize = 1_000;
/// Files beyond them that are counted.
const REFUSED_MAX: usize = 1_000;

/// A file of a script, when the script's end is made known.
#[derive(Debug)]
pub(super) struct HandedOver {
    pub filename: String,
    /// Or why it is not kept.
    pub content: Result<Stored, String>,
}

/// Durable bytes and the id of the document to come.
#[derive(Debug)]
pub(super) struct Stored {
    pub id: String,
    pub blob: BlobId,
    pub length_bytes: u64,
}

enum Piece {
    Part(ArtifactPart),
    End(Box<ScriptEnd>),
}

/// The tickets that are handing files over.
#[derive(Default)]
pub(super) struct Receiving(Mutex<HashMap<TicketId, mpsc::UnboundedSender<Piece>>>);

impl Receiving {
    fn lock(&self) -> MutexGuard<'_, HashMap<TicketId, mpsc::UnboundedSender<Piece>>> {
        self.0.lock().expect("no holder of this lock panics")
    }

    /// Its task is not driven here any more: what came so far is dropped.
    pub(super) fn forget(&self, ticket: &TicketId) {
        self.lock().remove(ticket);
    }
}

/// Takes a piece of a file. How many are on their way is bounded by the gateway's memory.
pub(super) fn take_part(shared: &Arc<Shared>, part: ArtifactPart) {
    if !shared.tickets().contains_key(&part.ticket) {
        return;
    }
    let mut receiving = shared.receiving.lock();
    let pieces = receiving.entry(part.ticket.clone()).or_insert_with(|| {
        let (sender, pieces) = mpsc::unbounded_channel();
        drop(tokio::spawn(receive(Arc::clone(shared), pieces)));
        sender
    });
    // Its end was seen already: this is a repetition.
    drop(pieces.send(Piece::Part(part)));
}

/// Hands the end of a script on, behind its files if it has any.
pub(super) fn take_end(shared: &Shared, end: Box<ScriptEnd>) {
    let pieces = shared.receiving.lock().remove(&end.ticket);
    match pieces {
        Some(pieces) => drop(pieces.send(Piece::End(end))),
        None => hand_on(shared, end, Vec::new()),
    }
}

fn hand_on(shared: &Shared, end: Box<ScriptEnd>, files: Vec<HandedOver>) {
    let ticket = end.ticket.clone();
    super::report::deliver(shared, &ticket, Input::Finished { end, files });
}

async fn receive(shared: Arc<Shared>, mut pieces: mpsc::UnboundedReceiver<Piece>) {
    let mut files: BTreeMap<u32, File> = BTreeMap::new();
    // Of those beyond the bound the first, by name, and how many there are.
    let mut refused: BTreeMap<u32, String> = BTreeMap::new();
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Part(part) if files.len() < FILES_MAX || files.contains_key(&part.index) => {
                take(&shared, &mut files, part).await;
            }
            Piece::Part(part) => too_many(&mut refused, &part),
            Piece::End(end) => {
                let files = files.into_values().map(File::handed_over);
                let files = files.chain(not_kept(&refused)).collect();
                return hand_on(&shared, end, files);
            }
        }
    }
}

/// Notes a file that is not kept; a script that hands over millions must not fill the memory.
fn too_many(refused: &mut BTreeMap<u32, String>, part: &ArtifactPart) {
    if refused.len() < REFUSED_MAX {
        refused
            .entry(part.index)
            .or_insert_with(|| artifact::safe_name(&part.name));
    }
}

/// One entry for all files beyond the bound.
fn not_kept(refused: &BTreeMap<u32, String>) -> Option<HandedOver> {
    let (_, first) = refused.first_key_value()?;
    let count = match refused.len() {
        1 => "it comes".to_owned(),
        REFUSED_MAX => format!("it and at least {} more come", REFUSED_MAX - 1),
        count => format!("it and {} more come", count - 1),
    };
    Some(HandedOver {
        filename: first.clone(),
        content: Err(format!(
            "{count} after the first {FILES_MAX} files of the script, and no more are kept"
        )),
    })
}

/// A file while it comes in.
struct File {
    filename: String,
    state: State,
}

enum State {
    Coming(Box<BlobWriter>, u64),
    Done(Result<Stored, String>),
}

impl File {
    fn handed_over(self) -> HandedOver {
        let content = match self.state {
            State::Done(content) => content,
            State::Coming(..) => Err("only a part of it arrived".to_owned()),
        };
        HandedOver {
            filename: self.filename,
            content,
        }
    }
}

async fn take(shared: &Shared, files: &mut BTreeMap<u32, File>, part: ArtifactPart) {
    if part.offset == 0 {
        // The first time, or once more from the beginning after a reconnect.
        let state = match shared.artifacts.blobs.write().await {
            Ok(writer) => State::Coming(Box::new(writer), 0),
            Err(error) => State::Done(Err(error.to_string())),
        };
        let filename = artifact::safe_name(&part.name);
        files.insert(part.index, File { filename, state });
    }
    let Some(file) = files.get_mut(&part.index) else {
        return;
    };
    let State::Coming(writer, length_bytes) = &mut file.state else {
        return;
    };
    if part.offset != *length_bytes {
        return;
    }
    *length_bytes += part.content.len() as u64;
    let written = if *length_bytes > BYTES_MAX {
        Err(format!("it is larger than {} MB", BYTES_MAX / 1_000_000))
    } else {
        let pushed = writer.push(&part.content).await;
        pushed.map_err(|error| error.to_string())
    };
    if let Err(why) = written {
        file.state = State::Done(Err(why));
    } else if part.last {
        let whole = std::mem::replace(&mut file.state, State::Done(Err(String::new())));
        if let State::Coming(writer, _) = whole {
            file.state = State::Done(store(shared, *writer).await);
        }
    }
}

async fn store(shared: &Shared, writer: BlobWriter) -> Result<Stored, String> {
    let stored = shared.artifacts.store(writer).await;
    let (blob, length_bytes) = stored.map_err(|error| error.to_string())?;
    let id = async {
        let mut tx = shared.store.begin().await?;
        let id = tx.next_id(artifact::KIND).await?;
        tx.commit().await?;
        Ok::<_, regatta_store::StoreError>(id)
    };
    Ok(Stored {
        id: id.await.map_err(|error| error.to_string())?,
        blob,
        length_bytes,
    })
}

/// The document of a file that is kept.
pub(super) fn document(
    (head, plan): (&TaskHead, &Plan),
    cell: Cell,
    filename: &str,
    stored: &Stored,
    now: Time,
) -> Document {
    let machine = cell
        .target
        .map(|target| plan.targets[target.0 as usize].name.clone());
    let artifact = Artifact {
        filename: filename.to_owned(),
        source: machine.unwrap_or_else(|| "Worker".to_owned()),
        task_id: head.id.clone(),
        log_correlation_id: crate::activity::cell_node_id(&head.id, cell),
        blob: Some(stored.blob.clone()),
        length_bytes: stored.length_bytes,
        related: head.related.clone(),
    };
    artifact.document(&stored.id, &head.space_id, now)
}
