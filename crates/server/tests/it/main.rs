//! The server as its clients see it: a real router on a real database, over HTTP.

mod giving;
mod hardening;
mod identity;
mod permission;
mod project;
mod resource;
mod test_server;
mod wire;
