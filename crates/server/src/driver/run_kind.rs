//! The two kinds of tasks the engine carries out, and what each is called: in the store, in the audit, to people.
//!
//! Nothing else about them differs after they were made.

use regatta_core::permission::Permission;
use regatta_store::Task;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunKind {
    Deployment,
    RunbookRun,
}

/// What a task carries out.
#[must_use]
pub(crate) fn kind_of(task: &Task) -> RunKind {
    if task.kind == RunKind::RunbookRun.task() {
        RunKind::RunbookRun
    } else {
        RunKind::Deployment
    }
}

impl RunKind {
    /// Octopus' name of such tasks.
    pub(crate) const fn task(self) -> &'static str {
        match self {
            Self::Deployment => "Deploy",
            Self::RunbookRun => "RunbookRun",
        }
    }

    /// Kind of the documents that say what was asked for.
    pub(crate) const fn documents(self) -> &'static str {
        match self {
            Self::Deployment => "Deployments",
            Self::RunbookRun => "RunbookRuns",
        }
    }

    /// The argument of the task that names its document.
    pub(crate) const fn argument(self) -> &'static str {
        match self {
            Self::Deployment => "DeploymentId",
            Self::RunbookRun => "RunbookRunId",
        }
    }

    pub(crate) const fn create(self) -> Permission {
        match self {
            Self::Deployment => Permission::DeploymentCreate,
            Self::RunbookRun => Permission::RunbookRunCreate,
        }
    }

    /// For people, in the middle of a sentence.
    pub(crate) const fn called(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::RunbookRun => "run",
        }
    }

    pub(crate) const fn queued(self) -> &'static str {
        match self {
            Self::Deployment => "DeploymentQueued",
            Self::RunbookRun => "RunbookRunQueued",
        }
    }

    pub(crate) const fn started(self) -> &'static str {
        match self {
            Self::Deployment => "DeploymentStarted",
            Self::RunbookRun => "RunbookRunStarted",
        }
    }

    pub(crate) const fn succeeded(self) -> &'static str {
        match self {
            Self::Deployment => "DeploymentSucceeded",
            Self::RunbookRun => "RunbookRunSucceeded",
        }
    }

    pub(crate) const fn failed(self) -> &'static str {
        match self {
            Self::Deployment => "DeploymentFailed",
            Self::RunbookRun => "RunbookRunFailed",
        }
    }
}
