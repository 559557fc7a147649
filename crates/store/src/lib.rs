//! Everything Regatta remembers: rows in SQLite or PostgreSQL, log lines and blobs in files, sealed secrets.
//!
//! The only crate with SQL, and inside it only [`conn`] knows which database it talks to. It decides
//! nothing about deployments: it stores what the core decided and says what was stored.
//!
//! Start reading at [`store::Store`]; `docs/store.md` has the tables and the promises.

pub mod api_key;
mod append;
pub mod audit;
pub mod blob;
pub mod conn;
mod counter;
pub mod document;
pub mod error;
mod filter;
mod former_slug;
pub mod lease;
pub mod log;
pub mod node;
pub mod page;
mod schema;
pub mod seal;
pub mod session;
mod setting;
mod space;
pub mod step_duration;
pub mod store;
pub mod task;
pub mod task_event;
mod value;

pub use api_key::ApiKey;
pub use audit::{AuditEntry, AuditEvent, AuditQuery};
pub use blob::{BlobId, BlobStore};
pub use conn::{Conn, Location, Tx};
pub use document::{Document, Order, Query};
pub use error::StoreError;
pub use lease::Lease;
pub use log::LogStore;
pub use page::Page;
pub use seal::{Place, Vault};
pub use session::Session;
pub use step_duration::StepDuration;
pub use store::Store;
pub use task::{Latest, Line, Task, TaskChange, TaskPlace, TaskQuery, TaskState, TasksOf};
pub use task_event::{Append, Write};
