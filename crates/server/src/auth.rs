//! Who makes a request, and what they may do.
//!
//! [`caller`] is who it is, [`directory`] what everybody may do, [`credential`] how a request proves who it is.
//! Not here: what each operation needs (the operation table) and what permissions mean
//! ([`regatta_core::permission`]).

pub(crate) mod api_key;
pub mod caller;
pub(crate) mod credential;
pub(crate) mod csrf;
pub mod directory;
pub(crate) mod giving;
pub(crate) mod limit;
pub mod password;
pub(crate) mod session;
pub mod setup;
pub(crate) mod sign_in_request;

pub use caller::Caller;
