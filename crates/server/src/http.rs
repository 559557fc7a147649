//! The table of everything the API can do. One file per resource; each says what is special about it.

use crate::operation::Operation;
use crate::resource::operations as of;

pub mod account;
pub mod api_key;
pub mod artifact;
pub mod build_information;
pub mod channel;
pub mod dashboard;
pub mod deployment;
pub mod deployment_process;
pub mod deployment_settings;
mod download;
pub mod environment;
pub mod event;
pub mod feed;
pub mod interruption;
pub mod library_variable_set;
pub mod lifecycle;
pub mod link;
pub mod machine;
pub mod machine_policy;
pub mod package;
pub mod permission;
pub mod plan;
pub mod predict;
pub mod progression;
pub mod project;
pub mod project_group;
pub mod proxy;
pub mod release;
pub mod root;
pub mod server;
pub mod session;
pub mod setup;
pub mod space;
pub mod stream;
pub mod tag_set;
pub mod task;
pub mod team;
pub mod tenant;
pub mod tenant_variable;
pub mod user;
pub mod user_role;
pub mod variable;
pub mod what_if;
pub mod worker;
pub mod worker_pool;

/// Every operation of the server.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(root::operations());
    all.extend(server::operations());
    all.extend(artifact::operations());
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
    all.extend(tag_set::operations());
    all.extend(account::operations());
    all.extend(of(&proxy::PROXY));
    all.extend(tenant::operations());
    all.extend(tenant_variable::operations());
    all.extend(of(&library_variable_set::LIBRARY_VARIABLE_SET));
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
    all.extend(package::operations());
    all.extend(build_information::operations());
    all.extend(release::operations());
    all.extend(deployment::operations());
    all.extend(task::operations());
    all.extend(interruption::operations());
    all.extend(plan::operations());
    all.extend(progression::operations());
    all.extend(event::operations());
    all.extend(stream::operations());
    all.extend(dashboard::operations());
    all
}
