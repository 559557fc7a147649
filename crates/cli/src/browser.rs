//! The desktop's browser.

use std::process::{Command, Stdio};

/// Hands an address to it. Answers whether there is one that took it.
pub(crate) fn open(page: &str) -> bool {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let opened = Command::new(program)
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    opened.is_ok_and(|status| status.success())
}
