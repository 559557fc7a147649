//! Worker pools that actions name. A process alone does not tell which there are, so this is asked apart.

use crate::machine::WorkerPool;
use crate::process::DeploymentProcess;
use crate::process::number::is_expression;
use crate::process::problem::{Kind, Problem};

/// The actions that name none of these pools, which are all of the space. What an expression names is known at
/// deployment only.
#[must_use]
pub fn worker_pools(process: &DeploymentProcess, pools: &[WorkerPool]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (i, step) in process.steps.iter().enumerate() {
        for (j, action) in step.actions.iter().enumerate() {
            let wanted = action.worker_pool_id.as_deref().unwrap_or_default();
            let is_known = wanted.trim().is_empty()
                || is_expression(wanted)
                || pools.iter().any(|pool| pool.is_meant_by(wanted));
            if !is_known {
                let message = format!(
                    "{}: `{wanted}` is no worker pool of this space. Name one by its id, or leave it empty for the default pool.",
                    action.name
                );
                let problem = Problem::new(Kind::UnknownWorkerPool, process, &[i], message);
                problems.push(problem.at(format!("Steps[{i}].Actions[{j}].WorkerPoolId")));
            }
        }
    }
    problems
}
