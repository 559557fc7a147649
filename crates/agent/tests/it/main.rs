//! The agent against a real gateway, with real processes.

mod rig;

mod scripts;
mod survival;
