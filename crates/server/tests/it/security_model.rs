//! The guide to rights says what the program does: its table of roles is written from the program's own data.

use std::fmt::Write as _;
use std::path::Path;

use regatta_core::permission::Permission;
use regatta_core::permission::builtin;

const BEGIN: &str = "<!-- roles -->\n";
const END: &str = "<!-- /roles -->";

fn table() -> String {
    let mut text =
        "| role | what for | in a space | in the system |\n|---|---|---|---|\n".to_owned();
    let words = |permissions: &[Permission]| {
        let names: Vec<_> = permissions.iter().map(|p| p.as_str()).collect();
        if names.is_empty() {
            "–".to_owned()
        } else {
            names.join(", ")
        }
    };
    for role in builtin::roles() {
        let space = if role.name == builtin::SPACE_MANAGER {
            format!("all {} that spaces have", role.space.len())
        } else {
            words(&role.space)
        };
        let (name, what, system) = (role.name, role.description, words(&role.system));
        writeln!(text, "| {name} | {what} | {space} | {system} |").unwrap();
    }
    text
}

/// `INSTA_UPDATE=always` rewrites the table instead of comparing it.
#[test]
fn the_guides_table_of_roles_is_the_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/security-model.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = guide.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(
        written,
        table(),
        "run this test once with INSTA_UPDATE=always"
    );
}
