//! The domain of Regatta, pure: no clock, no I/O, no async, no randomness.
//!
//! Everything a deployment *means* is decided here; every other crate only carries
//! decisions out. Start reading at [`engine`] (one deployment), then [`process`]
//! (what people edit).

pub mod engine;
pub mod fields;
pub mod id;
pub mod json;
pub mod log;
pub mod name;
pub mod permission;
pub mod process;
pub mod property;
pub mod secret;
pub mod time;
pub mod variable;
