//! Where a runbook may run.

use regatta_core::environment::Environment;
use regatta_core::permission::Permission as P;
use regatta_core::project::Project;
use regatta_core::runbook::Runbook;
use regatta_store::{Conn, Document, Order, Query};

use super::find::of_path;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::deployment::allowed;
use crate::http::environment;
use crate::operation::Answer;
use crate::resource::read;
use crate::stored;

/// Where a runbook may run, in the order of the space's environments.
pub(super) async fn open_to(
    conn: &mut Conn,
    runbook: &Document,
) -> Result<Vec<Document>, ApiError> {
    let parsed: Runbook = stored::parse(runbook)?;
    let project: Project = stored::need(conn, "Projects", parsed.project_id.as_str()).await?;
    let lifecycles = allowed::lifecycles(conn, &project).await?;
    let query = Query {
        kind: "Environments".to_owned(),
        space_id: Some(runbook.space_id.clone()),
        order: Order::Sorted,
        ..Query::default()
    };
    let documents = conn.documents(&query).await?.items;
    let all: Vec<Environment> = documents
        .iter()
        .map(stored::parse)
        .collect::<Result<_, _>>()?;
    let open = documents.into_iter().zip(&all);
    let open = open.filter(|(_, environment)| parsed.runs_in(&environment.id, &lifecycles, &all));
    Ok(open.map(|(document, _)| document).collect())
}

async fn shown_environments(call: &Call, conn: &mut Conn, runbook: &Document) -> Answer {
    let open = open_to(conn, runbook).await?;
    let seen = read::visible(call, conn, P::EnvironmentView, open).await?;
    Ok(ok(seen
        .iter()
        .map(|document| read::view(&environment::ENVIRONMENT, document))
        .collect()))
}

pub(super) async fn environments(call: Call) -> Answer {
    let mut conn = call.read().await?;
    shown_environments(&call, &mut conn, call.document()).await
}

pub(super) async fn environments_of_project(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let runbook = of_path(&call, &mut conn).await?;
    shown_environments(&call, &mut conn, &runbook).await
}
