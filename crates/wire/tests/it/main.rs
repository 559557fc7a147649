//! Who gets through the handshake.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod pins;
