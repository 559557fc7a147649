//! The guide's table of problems is the code's.

use std::fmt::Write as _;
use std::path::Path;

use regatta_core::process::problem::Kind;

#[test]
fn the_guide_lists_every_problem() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let (first_linted, mut table) = (
        Kind::OutputOfMissingStep,
        String::from("| Kind | Level | Meaning |\n|---|---|---|\n"),
    );
    for kind in Kind::ALL {
        if *kind == first_linted {
            table.push_str("\n| Kind | Level | Meaning |\n|---|---|---|\n");
        }
        let level = format!("{:?}", kind.level()).to_lowercase();
        writeln!(
            table,
            "| `{}` | {level} | {} |",
            kind.as_str(),
            kind.about()
        )
        .unwrap();
    }
    assert!(
        guide.contains(&table),
        "docs/lint.md must contain exactly this:\n\n{table}"
    );
}
