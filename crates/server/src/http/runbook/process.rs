//! The addresses of runbooks' processes. What is done there is the same as with a project's process
//! ([`crate::http::deployment_process`]).

use regatta_core::permission::Permission as P;

use crate::call::Call;
use crate::error::ApiError;
use crate::http::deployment_process::{self, OBJECT, comparing, linting, planning, version};
use crate::operation::{Answer, From, Operation, Place, get, needs, put};
use crate::resource::read;
use crate::stored::RUNBOOK_PROCESSES;

const PATH: &str = "/runbookprocesses/{id}";
const OF_PROJECT: &str = "/projects/{project}/runbookprocesses/{id}";

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::RunbookView, From::Document(RUNBOOK_PROCESSES, "id"));
    let edit = needs(P::RunbookEdit, From::Document(RUNBOOK_PROCESSES, "id"));
    let space = Place::Space;
    vec![
        get(
            "runbookProcessGet",
            space,
            PATH,
            view,
            deployment_process::one,
        )
        .answers(&OBJECT),
        put(
            "runbookProcessReplace",
            space,
            PATH,
            edit,
            deployment_process::replace,
        )
        .body(&OBJECT)
        .answers(&OBJECT),
        get("projectRunbookProcessGet", space, OF_PROJECT, view, one).answers(&OBJECT),
        put(
            "projectRunbookProcessReplace",
            space,
            OF_PROJECT,
            edit,
            replace,
        )
        .body(&OBJECT)
        .answers(&OBJECT),
        linting("runbookProcessLint", "/runbookprocesses/{id}/lint", view),
        planning("runbookProcessPlan", "/runbookprocesses/{id}/plan", view),
        comparing("runbookProcessDiff", "/runbookprocesses/{id}/diff", view),
        get(
            "runbookProcessVersionList",
            space,
            "/runbookprocesses/{id}/versions",
            view,
            version::list,
        )
        .answers_page(&version::OBJECT)
        .query(&["skip", "take"])
        .summary("Every save of the process, newest first: when, by whom, and what it changed."),
        get(
            "runbookProcessVersionGet",
            space,
            "/runbookprocesses/{id}/versions/{number}",
            view,
            version::one,
        )
        .answers(&OBJECT)
        .summary("The process as it was saved then, without its secrets."),
    ]
}

async fn one(call: Call) -> Answer {
    of_its_project(&call).await?;
    deployment_process::one(call).await
}

async fn replace(call: Call) -> Answer {
    of_its_project(&call).await?;
    deployment_process::replace(call).await
}

/// A process is found below its own project only.
async fn of_its_project(call: &Call) -> Result<(), ApiError> {
    let wanted = call.parameter("project");
    let project = call
        .find(&mut call.read().await?, "Projects", wanted)
        .await?;
    let own = read::body(call.document());
    if own.get("ProjectId").and_then(|id| id.as_str()) == Some(&project.id) {
        Ok(())
    } else {
        Err(ApiError::not_found(&call.document().id))
    }
}
