//! Files people write: their text, and what is wrong with it.

use std::io::Read as _;
use std::path::Path;

use regatta_core::ocl::OclError;

use crate::failure::{Failure, Result};

/// A file's text, or standard input's.
pub(super) fn read(path: &Path) -> Result<String> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::not_found(format!("There is no file {}.", path.display()))
        }
        _ => Failure::usage(format!("{} cannot be read: {error}.", path.display())),
    };
    if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// The same for what is to replace something: a text that was lost on the way is no wish to delete it.
pub(super) fn read_something(path: &Path) -> Result<String> {
    let text = read(path)?;
    if text.trim().is_empty() {
        let what = if path.as_os_str() == "-" {
            "Standard input is empty.".to_owned()
        } else {
            format!("{} is empty.", path.display())
        };
        return Err(Failure::invalid(what).next("write a comment if nothing is to be left"));
    }
    Ok(text)
}

/// Where in the file, what, and how to mend it.
pub(super) fn wrong(path: &Path, error: OclError) -> Failure {
    let place = format!("{}:{}:{}", path.display(), error.line, error.column);
    Failure::invalid(format!("{place}: {}", error.what)).why(error.help)
}
