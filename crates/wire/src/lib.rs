//! The agent protocol: its messages, and how both ends prove who they are. No sockets, no files, no scripts.

pub mod codec;
pub mod identity;
pub mod pin;

/// The messages of `proto/agent.proto`, generated.
#[allow(
    missing_docs,
    clippy::all,
    clippy::use_self,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    unreachable_pub,
    let_underscore_drop,
    reason = "generated code"
)]
pub mod proto {
    tonic::include_proto!("regatta.agent.v1");
}

/// The newest protocol this build speaks.
pub const PROTOCOL: u32 = 1;
/// The oldest protocol this build still speaks.
pub const PROTOCOL_MIN: u32 = 1;

/// Largest message either side may send. A Start carries a script, its modules and its variables.
pub const MESSAGE_MAX_BYTES: usize = 32 * 1024 * 1024;
/// Largest message an agent may send. The end of a script carries its output variables.
pub const UP_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Output variables of one script, names and values together.
pub const OUTPUT_VARIABLES_MAX_BYTES: usize = 8 * 1024 * 1024;
