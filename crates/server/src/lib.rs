//! The server: the HTTP API, the driver of running tasks and the gateway to the agents.
//!
//! A request goes through [`dispatch`] (find, check, run), by the table in [`http`]; plain documents share one
//! implementation in [`resource`]. Start reading at [`operation`] and [`call`].

pub mod activity;
pub mod app;
pub mod artifact;
pub mod audit;
pub mod auth;
pub(crate) mod automatic;
pub mod call;
mod certificate;
pub mod client_address;
pub mod config;
pub mod dispatch;
pub mod driver;
pub mod error;
pub mod files;
mod folded;
pub mod gateway;
mod health;
pub mod http;
pub(crate) mod metrics;
mod nodes;
pub mod openapi;
pub mod operation;
pub(crate) mod package;
pub mod page;
pub(crate) mod path;
mod portal;
pub mod query;
mod remains;
pub mod resource;
mod retagged;
pub mod router;
pub mod scope;
pub mod server;
pub mod shape;
mod stored;
pub mod time_text;
pub mod typical;

pub use app::App;
pub use config::Config;
pub use error::ApiError;
pub use server::run;
