//! The server as its clients see it: a real router on a real database, over HTTP.

mod giving;
mod hardening;
mod identity;
mod resource;
mod test_server;
mod wire;
