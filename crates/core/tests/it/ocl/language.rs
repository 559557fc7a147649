//! The language itself.

use proptest::prelude::*;
use regatta_core::ocl::tree::{Block, Body, Decorated, Item, List, Trivia, Value};
use regatta_core::ocl::{Document, parse, print};

/// The error of a text, as people read it.
fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

fn only_value(text: &str) -> Value {
    let document = parse(text).unwrap();
    match &document.body.items[0].inner {
        Item::Attribute(attribute) => attribute.value.clone(),
        Item::Block(_) => panic!("{text}"),
    }
}

const AS_OCTOPUS_WRITES: &str = r#"step "hello-world" {
    name = "Hello \"World\""
    start_trigger = "StartWithPrevious"

    action {
        action_type = "Octopus.Script"
        environments = ["test", "production"]
        properties = {
            Octopus.Action.RunOnServer = "true"
            Octopus.Action.Script.ScriptBody = <<-EOT
                if [ -n "$x" ]; then

                    echo yes
                fi
                EOT
            "with space" = "a\tb"
        }

        packages "" {
            package_id = "web"
        }

        packages "second" {}
    }
}
"#;

#[test]
fn what_octopus_writes_is_written_again_byte_by_byte() {
    assert_eq!(print(&parse(AS_OCTOPUS_WRITES).unwrap()), AS_OCTOPUS_WRITES);
}

#[test]
fn comments_stay_where_they_are() {
    let text = r#"# head

// of the first
a = 1 # behind
list = [ # opening
    "x", # first
    # between
    "y"
    /* at the end */
]

block "b" { # of the block
    # inside
    c = {
        # of the entry
        key = "v" # behind
        # last
    }
    # end of the block
} # after the block
# end of the text
"#;
    assert_eq!(print(&parse(text).unwrap()), text);
}

#[test]
fn any_layout_is_read_and_the_usual_one_written() {
    let text = "\u{feff}a=1\r\n\r\n\r\nb   =   [ 1,\n2 , 3,]\nx \"l\"\t{ c = null\n }\ny{}";
    assert_eq!(
        print(&parse(text).unwrap()),
        "a = 1\nb = [1, 2, 3]\n\nx \"l\" {\n    c = null\n}\n\ny {}\n"
    );
    assert_eq!(print(&parse("").unwrap()), "");
}

#[test]
fn heredocs_lose_what_all_lines_and_the_tag_share() {
    let value = |text: &str| match only_value(text) {
        Value::Text(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(value("a = <<-EOT\n    x\n      y\n    EOT\n"), "x\n  y");
    assert_eq!(value("a = <<-EOT\n    x\n      y\n  EOT\n"), "  x\n    y");
    assert_eq!(value("a = <<EOT\n    x\n  EOT\n"), "    x");
    assert_eq!(value("a = <<-EOT\n    x\n\n    EOT"), "x\n");
    assert_eq!(
        value("a = <<-EOT\r\n    x\r\n    y\r\n    EOT\r\n"),
        "x\r\ny"
    );
    assert_eq!(value("a = <<-EOT\n    EOT\n"), "");
}

#[test]
fn a_mistake_has_a_place_a_reason_and_a_way_out() {
    let errors = [
        "a = ",
        "a = yes",
        "a = 'x'",
        "a = \"x",
        "a = \"\\q\"",
        "a = 1.2.3",
        "a = [1, \"x\"]",
        "a = [1 2]",
        "a = [true]",
        "a = [[1]]",
        "a = {\n    k v\n}",
        "a = <<-EOT\nx\n",
        "a = <<-EOT x\nEOT",
        "a = 1 b = 2",
        "step \"x\"\n{\n}",
        "step \"x\" {\n    a = 1\n",
        "}",
        "/* x",
        "= 1",
        "äöü = 1\n  ö = ?",
    ];
    let shown: Vec<String> = errors
        .iter()
        .map(|text| format!("{text:?}\n  {}", error(text)))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn depth_and_length_have_bounds() {
    let deep = "a {\n".repeat(100_000);
    assert!(
        error(&deep).contains("More than 32 blocks"),
        "{}",
        error(&deep)
    );
    let long = " ".repeat(regatta_core::ocl::BYTES_MAX + 1);
    assert!(error(&long).contains("At most"));
    let list = format!("a = [{}]", "1,".repeat(200_000));
    assert_eq!(
        print(&parse(&list).unwrap()).len(),
        "a = []\n".len() + 200_000 * 3 - 2
    );
}

fn comment() -> impl Strategy<Value = String> {
    prop_oneof![
        "#[ -~äß]{0,12}".prop_map(|c| c.trim_end().to_owned()),
        "//[ -~]{0,12}".prop_map(|c| c.trim_end().to_owned()),
        "/\\*[ -)+-~\n]{0,12}\\*/",
    ]
}

/// A blank line is only kept behind a comment, and never twice.
fn trivia() -> impl Strategy<Value = Vec<Trivia>> {
    let one = (comment(), any::<bool>()).prop_map(|(text, blank)| {
        let mut found = vec![Trivia::Comment(text)];
        found.extend(blank.then_some(Trivia::Blank));
        found
    });
    prop::collection::vec(one, 0..3).prop_map(|found| found.concat())
}

/// At most one comment that ends its line, at the end.
fn behind() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("/\\*[ -)+-~]{0,6}\\*/", 0..2)
}

fn decorated<T: std::fmt::Debug + Clone>(
    inner: impl Strategy<Value = T>,
) -> impl Strategy<Value = Decorated<T>> {
    (trivia(), inner, behind()).prop_map(|(before, inner, after)| Decorated {
        before,
        after,
        ..Decorated::plain(inner)
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ \t]{0,3}[a-zEOT\"\\\\\r\n \t#{}=]{0,30}",
        prop::collection::vec("[ \t]{0,4}(EOT|x|\u{a0}|)", 1..5).prop_map(|lines| lines.join("\n")),
        prop::collection::vec("[ \t]{0,4}[a-z]{0,4}", 1..5).prop_map(|lines| lines.join("\r\n")),
    ]
}

fn list<T: std::fmt::Debug + Clone>(
    entry: impl Strategy<Value = T>,
) -> impl Strategy<Value = List<T>> {
    let entries = prop::collection::vec(decorated(entry), 0..4);
    (behind(), entries, trivia()).prop_map(|(opening, entries, end)| List {
        opening,
        entries,
        end,
    })
}

fn literal() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        "-?[0-9]{1,30}(\\.[0-9]{1,3})?".prop_map(Value::Number),
        text().prop_map(Value::Text),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        literal(),
        list(text().prop_map(Value::Text)).prop_map(Value::Array),
        list("[0-9]{1,9}".prop_map(Value::Number)).prop_map(Value::Array),
        list((any::<String>(), literal())).prop_map(Value::Dictionary),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let attribute = ("[a-z_0-9]{1,8}", value()).prop_map(|(name, value)| {
        let mut body = Body::default();
        body.set(&name, value);
        body.items.remove(0).inner
    });
    attribute.prop_recursive(4, 24, 4, |inner| {
        let items = prop::collection::vec(decorated(inner), 0..4);
        let labels = prop::collection::vec(text(), 0..3);
        ("[a-z_]{1,8}", labels, behind(), items, trivia()).prop_map(
            |(name, labels, opening, items, end)| {
                Item::Block(Block {
                    name,
                    labels,
                    opening,
                    body: Body { items, end },
                })
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn print_parse_print_changes_nothing(
        items in prop::collection::vec(decorated(item()), 0..5),
        end in trivia(),
    ) {
        let document = Document { body: Body { items, end } };
        let text = print(&document);
        let read = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(&print(&read), &text);
    }

    #[test]
    fn every_comment_and_value_survives(text in text(), comment in comment()) {
        let mut body = Body::default();
        body.set("a", Value::Text(text.clone()));
        body.items[0].before = vec![Trivia::Comment(comment.clone())];
        body.items[0].after = vec!["# behind".to_owned()];
        let printed = print(&Document { body });
        let read = parse(&printed).unwrap();
        prop_assert!(printed.contains(&comment) && print(&read).contains("# behind"));
        match &read.body.items[0].inner {
            Item::Attribute(attribute) => prop_assert_eq!(&attribute.value, &Value::Text(text)),
            Item::Block(_) => prop_assert!(false),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _error_or_not = parse(&String::from_utf8_lossy(&bytes));
    }

    /// Near misses: pieces of the language in any order.
    #[test]
    fn no_pieces_make_it_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "step", " ", "\"x\"", "{", "}", "[", "]", "=", "\n", "\r\n", "<<-EOT", "EOT", "#", "/*", "*/", "//", ",", "-", "1", ".", "\\", "\"", "é", "null", "\t",
    ]), 0..40)) {
        let text = pieces.concat();
        if let Ok(document) = parse(&text) {
            let printed = print(&document);
            prop_assert_eq!(print(&parse(&printed).unwrap()), printed);
        }
    }
}
