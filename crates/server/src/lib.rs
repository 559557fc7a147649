//! The server: the HTTP API, the driver of running tasks and the gateway to the agents.

pub mod gateway;
