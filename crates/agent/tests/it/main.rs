//! The agent against a real gateway, with real processes.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod disk;
mod rig;

mod scripts;
mod secrecy;
mod stopping;
mod survival;
