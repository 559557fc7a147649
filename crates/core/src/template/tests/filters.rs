use super::*;

/// `(value, filter and options, expected)`; `None` = the source stays.
fn check_filters(cases: &[(&str, &str, Option<&str>)]) {
    for (value, call, expected) in cases {
        let template = format!("#{{V | {call}}}");
        check(&template, &[("V", value)], expected.unwrap_or(&template));
    }
}

#[test]
fn cutting_and_joining() {
    check_filters(&[
        ("aBc", "ToLower", Some("abc")),
        ("aBç", "TOUPPER", Some("ABÇ")),
        ("a", "ToLower x", None),
        (" a ", "Trim", Some("a")),
        (" a ", "Trim start", Some("a ")),
        (" a ", "Trim END", Some(" a")),
        (" a ", "Trim middle", None),
        ("abcdef", "Truncate 3", Some("abc...")),
        ("abc", "Truncate 3", Some("abc")),
        ("abcdef", "Truncate 2 \"\"", Some("ab")),
        ("abcdef", "Truncate 2 !", Some("ab!")),
        ("äöü", "Truncate 1", Some("ä...")),
        ("abc", "Truncate x", None),
        ("abc", "Truncate", None),
        ("abcdef", "Substring 2", Some("ab")),
        ("abcdef", "Substring 2 3", Some("cde")),
        ("abc", "Substring 1 99", Some("bc")),
        ("abc", "Substring 3 1", Some("")),
        ("abc", "Substring 4 1", None),
        ("abc", "Substring -1 1", None),
        ("abc", "Substring", None),
        ("a", "Append b c", Some("abc")),
        ("a", "Prepend b c", Some("bca")),
        ("a", "Append", None),
        ("a\nb", "Indent", Some("    a\n    b")),
        ("a\nb", "Indent 2", Some("  a\n  b")),
        ("a\nb", "Indent 1/3", Some(" a\n   b")),
        ("a\nb", "Indent /2", Some("a\n  b")),
        ("a\nb", "Indent \"> \"", Some("> a\n> b")),
        ("a\nb", "Indent - +", Some("-a\n+b")),
        ("", "Indent", Some("")),
    ]);
    check_all(
        &[],
        &[
            ("#{M | Append x}", "x"),
            ("#{M | Prepend x}", "x"),
            ("#{ | Append x}", "x"),
            ("#{M | ToLower}", "#{M | ToLower}"),
        ],
    );
}

#[test]
fn searching_and_replacing() {
    check_filters(&[
        ("a1b22", "Replace [0-9]+ #", Some("a#b#")),
        ("abc", "Replace b", Some("ac")),
        (
            "john smith",
            "Replace \"(\\w+) (\\w+)\" \"$2 $1\"",
            Some("smith john"),
        ),
        ("ab", "Replace (a) $1x", Some("axb")),
        ("ab", "Replace a $9", Some("$9b")),
        ("ab", "Replace a $$", Some("$b")),
        ("ab", "Replace a [$&]", Some("[a]b")),
        ("ab", "Replace (?<n>a) \"${n}${n}\"", Some("aab")),
        ("a.b", "Replace \\. -", Some("a-b")),
        ("abc", "Replace ( x", None),
        ("abc", "Replace", None),
        ("abc", "Match b", Some("true")),
        ("abc", "Match ^b", Some("false")),
        ("abc", "Match [", None),
        ("abc", "StartsWith ab", Some("true")),
        ("abc", "StartsWith AB", Some("false")),
        ("abc", "EndsWith bc", Some("true")),
        ("abc", "EndsWith x", Some("false")),
        ("abc", "Contains b", Some("true")),
        ("abc", "Contains \"\"", Some("true")),
        ("abc", "Contains b c", None),
    ]);
}

#[test]
fn a_pattern_that_would_explode_is_refused() {
    let pattern = "a{1000}{1000}{1000}";
    let template = format!("#{{V | Match {pattern}}}");
    // Braces end an unquoted word, so the pattern is quoted.
    let quoted = template.replace(pattern, &format!("\"{pattern}\""));
    check(&quoted, &[("V", "aaa")], &quoted);
}

#[test]
fn encodings_and_hashes() {
    check_filters(&[
        ("abc", "ToBase64", Some("YWJj")),
        ("ü", "ToBase64 utf8", Some("w7w=")),
        ("ab", "ToBase64 unicode", Some("YQBiAA==")),
        ("ab", "ToBase64 latin", None),
        ("YWJj", "FromBase64", Some("abc")),
        ("YQBiAA==", "FromBase64 Unicode", Some("ab")),
        ("!", "FromBase64", None),
        ("Bar", "Md5", Some("ddc35f88fa71b6ef142ae61f35364653")),
        (
            "Bar",
            "Sha1",
            Some("e496fd20136d4bb7828ebb0ab925b1bd977208e4"),
        ),
        (
            "abc",
            "Sha256",
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ),
        ("abc", "Sha256 4", Some("ba7816bf")),
        ("abc", "Sha256 4 utf8", Some("ba7816bf")),
        ("abc", "Sha256 utf8 4", Some("ba7816bf")),
        (
            "abc",
            "Sha256 99",
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ),
        ("abc", "Sha256 0", None),
        ("abc", "Sha256 odd", None),
        ("abc", "Sha384 2", Some("cb00")),
        ("abc", "Sha512 2", Some("ddaf")),
        ("abc", "Md5 1 2", None),
    ]);
}

#[test]
fn escapes() {
    check_filters(&[
        (
            "A&'b\"<c>/",
            "HtmlEscape",
            Some("A&amp;&apos;b&quot;&lt;c&gt;&#x2F;"),
        ),
        (
            "A&'b\"<c>/",
            "XmlEscape",
            Some("A&amp;&apos;b&quot;&lt;c&gt;/"),
        ),
        ("a\"\\\r\n\t/ü", "JsonEscape", Some("a\\\"\\\\\\r\\n\\t/ü")),
        ("it's", "YamlSingleQuoteEscape", Some("it''s")),
        ("a\nb\n\nc", "YamlSingleQuoteEscape", Some("a\n\nb\n\n\nc")),
        ("a\r\nb", "YamlSingleQuoteEscape", Some("a\r\n\r\nb")),
        (
            "\"\\\n\tü😀",
            "YamlDoubleQuoteEscape",
            Some("\\\"\\\\\\n\\t\\u00fc\\ud83d\\ude00"),
        ),
        (
            "a b:c=d\\ü€",
            "PropertiesKeyEscape",
            Some("a\\ b\\:c\\=d\\\\ü\\u20ac"),
        ),
        (" a b:c\n", "PropertiesValueEscape", Some("\\ a b:c\\n")),
        (
            "http://x/a b?q=ü&r=%",
            "UriEscape",
            Some("http://x/a%20b?q=%C3%BC&r=%25"),
        ),
        (
            "a b/c?d&e=f~",
            "UriDataEscape",
            Some("a%20b%2Fc%3Fd%26e%3Df~"),
        ),
    ]);
}

#[test]
fn markdown() {
    check_filters(&[
        ("_yes_", "Markdown", Some("<p><em>yes</em></p>\n")),
        (
            "# T\n\n- a\n- b",
            "MarkdownToHtml",
            Some("<h1>T</h1>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ),
        ("~~x~~", "MarkdownToHtml", Some("<p><del>x</del></p>\n")),
    ]);
    let table = evaluate("#{V | Markdown}", &[("V", "|a|b|\n|-|-|\n|1|2|")])
        .unwrap()
        .text;
    assert!(
        table.starts_with("<table><thead><tr><th>a</th>") && table.ends_with('\n'),
        "{table}"
    );
}

#[test]
fn uri_parts() {
    let uri = "https://user:pw@octopus.com:8080/docs/a?x=1#top";
    for (part, expected) in [
        ("AbsolutePath", "/docs/a"),
        ("AbsoluteUri", uri),
        ("Authority", "octopus.com:8080"),
        ("DnsSafeHost", "octopus.com"),
        ("Fragment", "#top"),
        ("Host", "octopus.com"),
        ("HostAndPort", "octopus.com:8080"),
        ("HostNameType", "Dns"),
        ("IsAbsoluteUri", "True"),
        ("IsDefaultPort", "False"),
        ("IsFile", "False"),
        ("IsLoopback", "False"),
        ("IsUnc", "False"),
        ("Path", "/docs/a"),
        ("PathAndQuery", "/docs/a?x=1"),
        ("Port", "8080"),
        ("Query", "?x=1"),
        ("Scheme", "https"),
        ("SchemeAndServer", "https://octopus.com:8080"),
        ("UserInfo", "user:pw"),
    ] {
        check(&format!("#{{V | UriPart {part}}}"), &[("V", uri)], expected);
    }
    check_filters(&[
        ("http://[::1]/", "UriPart DnsSafeHost", Some("::1")),
        ("http://[::1]/", "UriPart Host", Some("[::1]")),
        ("http://localhost", "UriPart IsLoopback", Some("True")),
        ("http://x", "UriPart Port", Some("80")),
        ("nope", "UriPart IsAbsoluteUri", Some("False")),
        (
            "http://x",
            "UriPart Bogus",
            Some("[UriPart Bogus error: there is no part with this name]"),
        ),
        ("http://x", "UriPart", None),
    ]);
    let bad = evaluate("#{V | UriPart Host}", &[("V", "nope")])
        .unwrap()
        .text;
    assert!(bad.starts_with("[UriPart Host error: "), "{bad}");
}

#[test]
fn version_parts() {
    check_filters(&[
        ("1.2.3.4-beta.5+sha", "VersionMajor", Some("1")),
        ("1.2.3.4-beta.5+sha", "VersionMinor", Some("2")),
        ("1.2.3.4-beta.5+sha", "VersionPatch", Some("3")),
        ("1.2.3.4-beta.5+sha", "VersionRevision", Some("4")),
        ("1.2.3.4-beta.5+sha", "VersionPreRelease", Some("beta.5")),
        (
            "1.2.3.4-beta.5+sha",
            "VersionPreReleasePrefix",
            Some("beta"),
        ),
        ("1.2.3.4-beta.5+sha", "VersionPreReleaseCounter", Some("5")),
        ("1.2.3.4-beta.5+sha", "VersionMetadata", Some("sha")),
        ("v2", "VersionMajor", Some("2")),
        ("v2", "VersionMinor", Some("0")),
        ("1.2-rc", "VersionPatch", Some("0")),
        ("1.2-rc", "VersionPreRelease", Some("rc")),
        ("1.2-rc", "VersionPreReleaseCounter", Some("")),
        ("1.02.003", "VersionMinor", Some("2")),
        ("text", "VersionMajor", Some("0")),
        ("1.2.3", "VersionMajor x", None),
    ]);
}

#[test]
fn every_filter_is_known_by_its_name_in_any_case_and_sorted() {
    let names: Vec<_> = filter::all().map(|(name, _)| name).collect();
    assert!(
        names[..names.len() - 1]
            .windows(2)
            .all(|pair| pair[0] < pair[1])
    );
    assert!(filter::all().all(|(name, usage)| usage.starts_with(name)));
    assert_eq!(
        filter::apply("tolower", Some("A"), &[], CLOCK).as_deref(),
        Some("a")
    );
    assert_eq!(filter::apply("Nope", Some("A"), &[], CLOCK), None);
}

#[test]
fn the_guide_lists_every_filter() {
    let guide = include_str!("../../../../../docs/variables.md");
    let (_, table) = guide.split_once("| Usage | Result |").unwrap();
    let usages = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let listed: Vec<_> = usages.map(|(usage, _)| usage.replace("\\|", "|")).collect();
    let known: Vec<_> = filter::all().map(|(_, usage)| usage.to_owned()).collect();
    assert_eq!(listed, known);
}
