//! The whole program from outside: real processes, the real API, real scripts.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod artifact;
mod automatic;
mod backup;
mod certificate;
mod checklist;
mod cli;
mod conversation;
mod damage;
mod deployment;
mod hostile_agent;
mod installation;
mod live;
mod machine;
mod npm;
mod package_hooks;
mod package_step;
mod packages;
mod people;
mod pool;
mod restart;
mod runbook;
mod script_module;
mod secret;
mod template;
mod tenant;
mod torture;
mod watching;
