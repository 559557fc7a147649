//! The store against real databases: every test runs on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::too_many_lines, reason = "a test reads best as one story")]

mod blob;
mod crash;
mod database;
mod document;
mod identity;
mod log;
mod node;
mod run;
mod schema;
mod seal;
