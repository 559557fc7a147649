//! Values put into XML and properties files, and files that do not say by their name what they are.

use regatta_core::structured::{Replaced, StructuredError, Values};

fn tried(path: &str, text: &str, values: &[(&str, &str)]) -> Result<Replaced, StructuredError> {
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Values::new(values).put_into(path, text)
}

fn put(path: &str, text: &str, values: &[(&str, &str)]) -> Replaced {
    tried(path, text, values).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

const FILE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE shop SYSTEM "shop.dtd">
<shop   xmlns:d='urn:db' version = '1'>
  <!-- where -->
  <server id="a" ><host>localhost</host></server>
  <server id='b' class="x"><host>other &amp; more</host><d:port d:kind="tcp">1</d:port></server>
  <script><![CDATA[if (a < b) {}]]></script>
  <limits><memory unit="MB">5</memory></limits>
  <?target old data?>
  <empty/>
</shop>
"#;

#[test]
fn paths_lead_to_what_gets_the_value_and_everything_else_stays() {
    let done = put(
        "a.xml",
        FILE,
        &[
            ("/shop/server[@id='a']/host", "db <1> & \"2\""),
            ("//server[2]/@class", "say \"hi\" & <bye>"),
            ("//server/d:port", "5432"),
            ("//d:port/@d:kind", "udp"),
            ("//script", "x > ]]> y"),
            ("/shop/limits", "<memory>7</memory><disk/>"),
            ("//processing-instruction('target')", "new"),
            ("//empty", "filled"),
            ("/shop/comment()", " here "),
            ("//nobody", "never added"),
            ("Database:Host", "no path"),
            ("shop", "no path either"),
        ],
    );
    let expected = FILE
        .replace("localhost", "db &lt;1&gt; &amp; \"2\"")
        .replace("\"x\"", "\"say &quot;hi&quot; &amp; &lt;bye&gt;\"")
        .replace(">1<", ">5432<")
        .replace("tcp", "udp")
        .replace("if (a < b) {}", "x > ]]]]><![CDATA[> y")
        .replace(
            "<memory unit=\"MB\">5</memory>",
            "<memory>7</memory><disk/>",
        )
        .replace("old data", "new")
        .replace("<empty/>", "<empty>filled</empty>")
        .replace(" where ", " here ");
    assert_eq!(done.text, expected);
    assert_eq!(done.names.len(), 9);
    assert!(done.unfit.is_empty(), "{:?}", done.unfit);
}

#[test]
fn everything_a_path_leads_to_is_replaced_in_any_case_of_its_axes() {
    let done = put(
        "a.xml",
        "<a><b n=\"1\">x</b><b n=\"2\">y</b><c><b n=\"3\">z</b></c></a>",
        &[
            ("//b[not(@n='2') and position()=1]", "!"),
            ("/a/b[last()]/text()", "?"),
        ],
    );
    assert_eq!(
        done.text,
        "<a><b n=\"1\">!</b><b n=\"2\">?</b><c><b n=\"3\">!</b></c></a>"
    );
}

#[test]
fn what_a_place_cannot_hold_is_left_and_told() {
    let file = "<a><b><c/></b><!--x--><d>1</d></a>";
    let done = put(
        "a.xml",
        file,
        &[
            ("/a/b", "<open>"),
            ("/a/comment()", "a--b"),
            ("/a/d", "\u{1}"),
            ("/a/unknown-function()", "1"),
            ("/a/b[", "1"),
            ("/x:b", "1"),
            ("foo/bar[", "a name like many"),
            ("/", "all"),
            ("/a/b ", "<p:q/>"),
        ],
    );
    assert_eq!(done.text, file);
    assert_eq!(done.unfit.len(), 8, "{:?}", done.unfit);
    assert!(done.names.is_empty());
}

#[test]
fn entities_are_kept_and_never_followed() {
    let bomb = "<!DOCTYPE a [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>\r\n<a v=\"&b;\">&b;&x;<c>1</c></a>\r\n";
    let done = put(
        "a.xml",
        bomb,
        &[("/a/c", "2\n3"), ("//a[contains(@v, '&b;')]/@v", "found")],
    );
    assert_eq!(
        done.text,
        bomb.replace("<c>1", "<c>2\r\n3")
            .replace("v=\"&b;\"", "v=\"found\"")
    );
}

#[test]
fn what_is_no_xml_is_refused_with_its_line_and_none_of_its_words() {
    for (text, line) in [
        ("", 1),
        ("text only", 1),
        ("<a>\n<b>\n</a>", 3),
        ("<a>\n", 2),
        ("<a/><b/>", 1),
        ("<a>\n<b c=secret/></a>", 2),
        ("<a b='1' b='2'/>", 1),
        ("<a>\n\n<!-- open", 3),
        ("<a b='<'/>", 1),
        ("</a>", 1),
        ("<a/>more", 1),
        (&"<a>".repeat(1000), 1),
    ] {
        match tried("a.xml", text, &[]) {
            Err(StructuredError::NotXml(error)) => {
                assert_eq!(error.line, line, "{text}: {error}");
                assert!(!error.to_string().contains("secret"));
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let large = format!("<a>{}</a>", "<b/>".repeat(300_000));
    assert!(tried("a.xml", &large, &[]).is_err());
}

/// A path that goes through everything for everything is stopped.
#[test]
fn paths_that_take_too_long_are_left() {
    let file = format!("<a>{}</a>", "<b/>".repeat(5000));
    let done = put("a.xml", &file, &[("//*[//*[//*[//c]]]", "x")]);
    assert_eq!(done.unfit, ["//*[//*[//*[//c]]]"]);
}

#[test]
fn properties_are_named_by_their_keys() {
    let file = "# of the database\r\ndb.host = localhost\r\ndb.port:1\r\n! old\r\n  long = one, \\\r\n    two\r\nlonely\r\nwith\\ space value\r\nempty=\r\n";
    let done = put(
        "a.properties",
        file,
        &[
            ("DB.Host", " c:\\temp\té"),
            ("db.port", "5432"),
            ("long", "short"),
            ("lonely", "not any more"),
            ("with space", "=x"),
            ("empty", "日\n"),
            ("old", "a comment"),
        ],
    );
    assert_eq!(
        done.text,
        "# of the database\r\ndb.host = \\ c:\\\\temp\\té\r\ndb.port:5432\r\n! old\r\n  long = short\r\nlonely:not any more\r\nwith\\ space \\=x\r\nempty=\\u65E5\\n\r\n"
    );
    assert_eq!(done.names.len(), 6);
}

#[test]
fn a_file_of_another_name_is_tried_as_everything() {
    let values = [("a:b", "2"), ("/a/b", "3"), ("x", "4")];
    for (text, expected) in [
        ("{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 2}}"),
        ("<a><b>1</b></a>", "<a><b>3</b></a>"),
        ("a:\n  b: 1\n", "a:\n  b: 2\n"),
        ("%: [\nx=1\n", "%: [\nx=4\n"),
    ] {
        assert_eq!(put("conf/settings", text, &values).text, expected);
    }
}
