//! The domain of Regatta, pure: no clock, no I/O, no async, no randomness.
//!
//! Everything a deployment *means* is decided here; every other crate only carries
//! decisions out. Start reading at [`engine`] (one deployment), then [`process`]
//! (what people edit).

pub mod account;
pub mod certificate;
pub mod channel;
pub mod deployment;
pub mod diff;
pub mod encoding;
pub mod engine;
pub mod environment;
pub mod fields;
pub mod id;
pub mod json;
pub mod library_variable_set;
pub mod lifecycle;
pub mod likeness;
pub mod log;
pub mod machine;
pub mod mask;
pub mod name;
pub mod ocl;
pub mod package;
pub mod permission;
pub mod planner;
pub mod process;
pub mod project;
pub mod project_group;
pub mod property;
pub mod queue;
pub mod release;
pub mod runbook;
pub mod secret;
pub mod simulate;
pub mod space_seed;
pub mod structured;
pub mod tag_set;
pub mod template;
pub mod tenant;
pub mod time;
pub mod variable;
pub mod version;
pub mod xml;
