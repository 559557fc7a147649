//! Packages: pushed, found, read back whole, replaced and deleted, and nothing left of what was refused.

mod build;
mod feed;
mod hostile;
mod push;
pub(crate) mod upload;
