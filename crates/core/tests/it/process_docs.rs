//! The guide's table of problems is the code's.

use std::fmt::Write as _;
use std::path::Path;

use regatta_core::process::problem::Kind;

#[test]
fn the_guide_lists_every_problem() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint.md");
    let guide = std::fs::read_to_string(path).unwrap();
    for prevents_saving in [true, false] {
        let mut table = String::from("| Kind | Level | Meaning |\n|---|---|---|\n");
        let kinds = Kind::ALL
            .iter()
            .filter(|kind| kind.prevents_saving() == prevents_saving);
        for kind in kinds {
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
}
