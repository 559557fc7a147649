//! The table of everything the API can do. One file per resource; each says what is special about it.

use crate::operation::Operation;
use crate::resource::operations as of;

pub mod api_key;
pub mod channel;
pub mod deployment;
pub mod deployment_process;
pub mod deployment_settings;
pub mod environment;
pub mod event;
pub mod feed;
pub mod interruption;
pub mod lifecycle;
pub mod link;
pub mod machine;
pub mod machine_policy;
pub mod permission;
pub mod plan;
pub mod progression;
pub mod project;
pub mod project_group;
pub mod release;
pub mod root;
pub mod server;
pub mod session;
pub mod setup;
pub mod space;
pub mod task;
pub mod team;
pub mod user;
pub mod user_role;
pub mod variable;
pub mod worker;
pub mod worker_pool;

/// Every operation of the server.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(root::operations());
    all.extend(server::operations());
    all.extend(setup::operations());
    all.extend(session::operations());
    all.extend(api_key::operations());
    all.extend(user::operations());
    all.extend(permission::operations());
    all.extend(of(&space::SPACE));
    all.extend(team::operations());
    all.extend(of(&user_role::ROLE));
    all.extend(of(&user_role::SCOPED));
    all.extend(of(&project_group::PROJECT_GROUP));
    all.extend(environment::operations());
    all.extend(lifecycle::operations());
    all.extend(project::operations());
    all.extend(channel::operations());
    all.extend(deployment_settings::operations());
    all.extend(deployment_process::operations());
    all.extend(variable::operations());
    all.extend(machine::operations());
    all.extend(machine_policy::operations());
    all.extend(worker::operations());
    all.extend(worker_pool::operations());
    all.extend(feed::operations());
    all.extend(release::operations());
    all.extend(deployment::operations());
    all.extend(task::operations());
    all.extend(interruption::operations());
    all.extend(plan::operations());
    all.extend(progression::operations());
    all.extend(event::operations());
    all
}
