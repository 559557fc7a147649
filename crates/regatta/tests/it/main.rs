//! The whole program from outside: real processes, the real API, real scripts.

mod deployment;
mod installation;
mod secret;
mod torture;
