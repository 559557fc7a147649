//! Packages on their way to agents: only to one that was told to run a script that uses it, and only as stored.

use std::pin::Pin as Pinned;

use futures_util::Stream;
use regatta_core::engine::event::TicketId;
use regatta_store::BlobId;
use regatta_store::blob::BlobError;
use regatta_wire::proto::{FetchRequest, PackageBytes};
use tonic::{Response, Status};

use super::{AgentId, Gateway};

/// Pieces of a package.
pub(super) type PackageStream =
    Pinned<Box<dyn Stream<Item = Result<PackageBytes, Status>> + Send + 'static>>;

pub(super) async fn fetch(
    gateway: &Gateway,
    agent: &AgentId,
    wanted: FetchRequest,
) -> Result<Response<PackageStream>, Status> {
    let ticket = TicketId(wanted.ticket);
    if !gateway.lock().may_fetch(agent, &ticket, &wanted.sha256) {
        return Err(Status::permission_denied(
            "no open script of this agent uses this package",
        ));
    }
    let id = BlobId::try_from(wanted.sha256)
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    let packages = gateway.0.packages.as_ref();
    let packages = packages.ok_or_else(|| Status::not_found("this server keeps no packages"))?;
    let reader = packages.read(&id).await.map_err(|error| status(&error))?;
    let pieces = futures_util::stream::try_unfold(reader, |mut reader| async move {
        let piece = reader.next().await.map_err(|error| status(&error))?;
        Ok(piece.map(|content| {
            let content = content.to_vec();
            (PackageBytes { content }, reader)
        }))
    });
    Ok(Response::new(Box::pin(pieces)))
}

fn status(error: &BlobError) -> Status {
    match error {
        BlobError::Missing(_) => Status::not_found(
            "its content is not there any more: it was deleted or replaced after the release was made. Create a new release",
        ),
        BlobError::Damaged(_) => Status::data_loss(error.to_string()),
        other => {
            tracing::error!(error = %other, "a package cannot be read");
            Status::failed_precondition("the server cannot read it; its log says why")
        }
    }
}
