//! Queueing beside a deletion: what a request is of and for stays until its task is in the queue, or it is not queued.
//!
//! Whoever deletes one of these claims it and then looks for open tasks ([`crate::http::unfinished`]). So one of the two
//! waits for the other, and sees what it did.

use regatta_store::Tx;

use crate::driver::plan_input::{PlanInput, Subject};
use crate::error::ApiError;

/// Everything a deployment or a run needs, from the outside in: deletions go the same way, so nobody waits in a circle.
fn needed(input: &PlanInput) -> Vec<(&'static str, &str)> {
    let mut needed = vec![
        ("Spaces", input.project.space_id.as_str()),
        ("Projects", input.project.id.as_str()),
    ];
    match &input.subject {
        Subject::Release { release, .. } => needed.push(("Releases", release.id.as_str())),
        Subject::Runbook { runbook, snapshot } => needed.extend([
            ("Runbooks", runbook.id.as_str()),
            ("RunbookSnapshots", snapshot.id.as_str()),
        ]),
    }
    needed.push(("Environments", input.environment.id.as_str()));
    let tenant = input.tenant.as_ref();
    needed.extend(tenant.map(|tenant| ("Tenants", tenant.id.as_str())));
    needed
}

/// Keeps it until the transaction ends. First in a transaction that queues, for all it queues: who holds something else
/// already, and waits here, may keep the one it waits for waiting.
///
/// # Errors
/// 404 when something of it was deleted since it was read.
pub(crate) async fn hold(tx: &mut Tx, input: &PlanInput) -> Result<(), ApiError> {
    for (kind, id) in needed(input) {
        if !tx.document_hold(kind, id).await? {
            return Err(ApiError::not_found(id));
        }
    }
    Ok(())
}
