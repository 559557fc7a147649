//! Who gets through the handshake.

mod pins;
