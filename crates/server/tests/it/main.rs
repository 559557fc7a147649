//! The server as its clients see it: a real router on a real database, over HTTP.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may stop at the first surprise, and everything here is one program"
)]

mod canary;
mod certificate;
mod client_calls;
mod cloning;
mod connection;
mod current_release;
mod deployment;
mod event;
mod giving;
mod hardening;
mod identity;
mod matrix;
mod named;
mod narrowed;
mod nodes;
mod package;
mod paging;
mod parked;
mod permission;
mod process_plan;
mod process_version;
mod project;
mod proxy;
mod queued_meanwhile;
mod release_packages;
mod release_plan;
mod remains;
mod resource;
mod runbook;
mod search;
mod security_model;
mod sign_in_request;
mod space_deleted;
mod stopped_space;
mod stream;
mod task_cap;
mod tasks_deleted;
mod tenant;
mod tenant_right;
mod test_server;
mod variable;
mod wire;
mod worker_pool;
mod written;
