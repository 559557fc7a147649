//! Everything Regatta remembers: rows in SQLite or PostgreSQL, log lines and blobs in files, sealed secrets.
//!
//! The only crate with SQL, and inside it only [`conn`] knows which database it talks to. It decides
//! nothing about deployments: it stores what the core decided and says what was stored.
//!
//! Start reading at [`store::Store`]; `docs/store.md` has the tables and the promises.

pub mod conn;
mod counter;
pub mod document;
pub mod error;
mod schema;
mod setting;
pub mod store;
mod value;

pub use conn::{Conn, Location, Tx};
pub use document::{Document, Order, Page, Query};
pub use error::StoreError;
pub use store::Store;
