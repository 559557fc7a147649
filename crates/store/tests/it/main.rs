//! The store against real databases: every test runs on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod database;
mod document;
mod identity;
mod log;
mod run;
