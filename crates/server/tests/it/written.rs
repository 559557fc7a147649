//! Pages of `docs` that tests write, because what is in them is what the tests did. Also a part of the tests of the
//! whole program.

use std::path::{Path, PathBuf};

/// The folder of everything.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The page is what the test came to; with `INSTA_UPDATE=always` it is from now on.
pub(crate) fn is_written(name: &str, page: &str) {
    let path = root().join("docs").join(name);
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(&path, page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written, page,
        "run this test once with INSTA_UPDATE=always, and read the difference"
    );
}
