//! The agent against a real gateway, with real processes.

mod disk;
mod rig;

mod scripts;
mod secrecy;
mod stopping;
mod survival;
