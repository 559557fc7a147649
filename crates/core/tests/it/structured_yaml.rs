//! Values put into YAML files.

use proptest::prelude::*;
use regatta_core::structured::{Replaced, StructuredError, Values};

fn put(text: &str, values: &[(&str, &str)]) -> Replaced {
    tried(text, values).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn tried(text: &str, values: &[(&str, &str)]) -> Result<Replaced, StructuredError> {
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Values::new(values).put_into("config/app.yaml", text)
}

const FILE: &str = "# where it runs
servers:
  - host: localhost   # the first
    port: 80
  - host: 'other'
    port: 81
defaults: &defaults
  debug: true
  name: \"a b\"
  owner: null
  nothing:
shop:
  <<: *defaults
  limits: {memory: 1.5, names: [a, b]}
";

#[test]
fn values_go_where_their_names_say_and_everything_else_stays() {
    let done = put(
        FILE,
        &[
            ("Servers:0:Host", "db.example"),
            ("servers:0:port", "8080"),
            ("servers:1:host", "it's"),
            ("defaults:debug", "False"),
            ("defaults:name", "say \"hi\"\n"),
            ("defaults:owner", "ada"),
            ("defaults:nothing", "something"),
            ("shop:limits:memory", "2.50"),
            ("shop:limits:names:1", "x, y"),
            ("nobody", "never added"),
            ("Octopus.Environment.Name", "Test"),
        ],
    );
    let expected = FILE
        .replace("localhost", "db.example")
        .replace("port: 80\n", "port: 8080\n")
        .replace("'other'", "'it''s'")
        .replace("true", "False")
        .replace("\"a b\"", "\"say \\\"hi\\\"\\n\"")
        .replace("null", "ada")
        .replace("nothing:", "nothing: something")
        .replace("1.5", "2.50")
        .replace("[a, b]", "[a, 'x, y']");
    assert_eq!(done.text, expected);
    assert_eq!(done.names.len(), 9);
    assert_eq!(done.names[0], "Servers:0:Host");
    assert!(done.unfit.is_empty());
}

#[test]
fn what_is_not_quoted_is_quoted_only_if_it_must_be() {
    for (value, written) in [
        ("8080", "8080"),
        ("true", "true"),
        ("null", "null"),
        ("http://host:80/a#b", "http://host:80/a#b"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("- a", "'- a'"),
        ("", "\"\""),
        (" a ", "' a '"),
        ("@a", "'@a'"),
        ("*a", "'*a'"),
        ("!a b", "'!a b'"),
        ("{a", "'{a'"),
        ("[a, b]", "'[a, b]'"),
        ("'a'", "'''a'''"),
        ("a\nb", "\"a\\nb\""),
        ("\u{7}\t", "\"\\u0007\\t\""),
        ("k", "k"),
        ("---", "---"),
    ] {
        let done = put("a: old # kept\nb: 1\n", &[("a", value)]);
        assert_eq!(done.text, format!("a: {written} # kept\nb: 1\n"), "{value}");
    }
}

#[test]
fn blocks_stay_blocks_while_they_can_hold_the_value() {
    let file =
        "a:\n  text: |  # lines\n    one\n    two\n\n  next: >-\n    folded\n    line\nb: 1\n";
    let done = put(file, &[("a:text", "x\n  y\n\nz\n"), ("a:next", "one line")]);
    assert_eq!(
        done.text,
        "a:\n  text: |  # lines\n    x\n      y\n\n    z\n\n  next: |-\n    one line\nb: 1\n"
    );
    let done = put(file, &[("a:text", " x"), ("a:next", "tail\n\n")]);
    assert_eq!(
        done.text,
        "a:\n  text: \" x\"  # lines\n\n  next: \"tail\\n\\n\"\nb: 1\n"
    );
    let crlf = put(
        "a: |\r\n  one\r\n  two\r\nb: 1\r\n",
        &[("a", "x\ny"), ("b", "2")],
    );
    assert_eq!(crlf.text, "a: |-\r\n  x\r\n  y\r\nb: 2\r\n");
}

#[test]
fn anchors_and_tags_stay_and_documents_are_their_own_starts() {
    let done = put(
        "a: &x !!str old\nb: *x\nc: !!str\n---\na: 'it''s é' # ü\nb: \"\\\"\" # ß\n...\n",
        &[("a", "new"), ("b", "of an alias"), ("c", "unfit")],
    );
    assert_eq!(
        done.text,
        "a: &x !!str new\nb: *x\nc: !!str\n---\na: 'new' # ü\nb: \"of an alias\" # ß\n...\n"
    );
    assert_eq!(done.names, ["a", "a", "b"]);
    assert_eq!(done.unfit, ["c"]);
}

#[test]
fn a_whole_is_replaced_by_yaml_and_wins_over_what_is_in_it() {
    let file = "top:\n  map:\n    x: 1   # gone\n    y: 2\n  # kept\n  list:\n  - a\n  - b\n  flow: [1, 2]\nend: 1\n";
    let done = put(
        file,
        &[
            ("top:map:x", "5"),
            ("top:map", "z: 3\nw:\n  - 4\n"),
            ("top:list", "{\n  \"p\": 1\n}"),
            ("top:flow", "[3]"),
            ("end", "2"),
        ],
    );
    assert_eq!(
        done.text,
        "top:\n  map:\n    z: 3\n    w:\n      - 4\n  # kept\n  list:\n    {\n      \"p\": 1\n    }\n  flow: [3]\nend: 2\n"
    );
    assert_eq!(done.names, ["top:map", "top:list", "top:flow", "end"]);
    let done = put(
        file,
        &[
            ("top:flow", "a: 1\nb: 2"),
            ("top:list", "just text"),
            ("top:map", "[broken"),
        ],
    );
    assert_eq!(
        done.text,
        "top:\n  map:\n    \"[broken\"\n  # kept\n  list:\n    just text\n  flow: \n    a: 1\n    b: 2\nend: 1\n"
    );
    let done = put(
        "a: {b: {c: 1}, d: [1]}\n",
        &[("a:b", "x, y: z"), ("a:d", "x, y")],
    );
    assert_eq!(done.text, "a: {b: {c: 1}, d: 'x, y'}\n");
    assert_eq!(done.unfit, ["a:b"]);
    let done = put("a: {b: {c: 1}}\n", &[("a:b", "x: 1")]);
    assert_eq!(
        (done.text.as_str(), done.unfit.as_slice()),
        ("a: {b: {c: 1}}\n", ["a:b".to_owned()].as_slice())
    );
}

#[test]
fn what_is_no_yaml_is_refused_with_its_line() {
    for (text, line) in [
        ("a: b: c\n", 1),
        ("a: 1\n b: 2\n", 2),
        ("a: [1, 2\nb: 3\n", 2),
        ("a: \"open\n", 1),
        ("a: *nobody\n", 1),
    ] {
        match tried(text, &[]) {
            Err(StructuredError::NotYaml { line: found, .. }) => assert_eq!(found, line, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(tried(&"[".repeat(100_000), &[]).is_err());
    assert!(tried(&"- ".repeat(10_000), &[("0", "1")]).is_err());
    assert!(tried(&"- a\n".repeat(500_000), &[]).is_err());
}

/// Many small things in one line are read in one go.
#[test]
fn long_lines_take_no_longer_than_many_short_ones() {
    let file = format!("a: [{}]\nb: 1\n", "[], ".repeat(100_000));
    assert!(put(&file, &[("b", "2")]).text.ends_with("b: 2\n"));
}

#[test]
fn an_empty_block_is_left_and_told() {
    let done = put("a: |\nb: 1\n", &[("a", "x"), ("b", "2")]);
    assert_eq!(done.text, "a: |\nb: 2\n");
    assert_eq!(done.unfit, ["a"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever a file holds, it is refused, or left but for the values; nothing breaks.
    #[test]
    fn any_file_is_read_and_without_variables_nothing_changes(
        file in "([-:?,&*!|>'\"%@#{}<>/=\\[\\]\\\\ab01é]|\n|\n  |: |- |<a>|</a>|\r\n){0,40}",
        value in "[-:'\"#{}\\[\\]<>& a0é\n]{0,12}",
    ) {
        for path in ["a.yaml", "a.xml", "a.properties", "a.json"] {
            let names = ["a", "b", "0", "a:0", "0:a", "a:a", "//a", "//a/text()", "//@a"];
            let values = names.map(|name| (name.to_owned(), value.clone()));
            let _refused_or_not = Values::new(values).put_into(path, &file);
            if let Ok(done) = Values::default().put_into(path, &file) {
                prop_assert_eq!(&done.text, &file);
            }
        }
    }
}

#[test]
fn json_in_a_yaml_file_is_json() {
    let done = put("{\"a\": \"x\"}\n", &[("a", "5")]);
    assert_eq!(done.text, "{\"a\": \"5\"}\n");
}
