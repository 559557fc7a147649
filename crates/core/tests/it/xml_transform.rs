//! Transforms of .NET's configuration files.

use regatta_core::xml::Document;
use regatta_core::xml::transform::{TransformProblem, transform};

const FILE: &str = r#"<?xml version="1.0"?>
<configuration>
  <!-- of the shop -->
  <connectionStrings>
    <add name="Main" connectionString="local" />
    <add name="Other" connectionString="other"/>
  </connectionStrings>
  <appSettings>
    <add key="Debug" value="true"/>
    <add key="Url" value="http://localhost" />
  </appSettings>
  <system.web>
    <compilation debug="true" targetFramework="4.8" />
    <pages/>
  </system.web>
</configuration>
"#;

fn with(body: &str) -> String {
    format!(
        "<configuration xmlns:xdt=\"http://schemas.microsoft.com/XML-Document-Transform\">\n{body}\n</configuration>"
    )
}

/// The file after a transform, and what did nothing.
fn tried(file: &str, by: &str) -> Result<(String, Vec<TransformProblem>), TransformProblem> {
    let mut target = Document::parse(file).unwrap();
    let idle = transform(&mut target, &Document::parse(by).unwrap())?;
    Ok((target.text(), idle))
}

fn transformed(body: &str) -> String {
    let (text, idle) = tried(FILE, &with(body)).unwrap();
    assert!(idle.is_empty(), "{idle:?}");
    text
}

#[test]
fn attributes_are_set_and_removed() {
    let text = transformed(
        r#"<connectionStrings><add name="Main" connectionString="a &amp; b" providerName='p' xdt:Transform="SetAttributes" xdt:Locator="Match(name)"/></connectionStrings>
<appSettings><add key="Url" value="x" note="not set" xdt:Transform="SetAttributes(value)" xdt:Locator="Match(key)"/></appSettings>
<system.web><compilation xdt:Transform="RemoveAttributes(debug)"/></system.web>"#,
    );
    let expected = FILE
        .replace(
            "connectionString=\"local\" />",
            "connectionString=\"a &amp; b\" providerName=\"p\" />",
        )
        .replace("http://localhost", "x")
        .replace(" debug=\"true\"", "");
    assert_eq!(text, expected);
}

#[test]
fn elements_are_replaced_removed_and_inserted_on_lines_of_their_own() {
    let text = transformed(
        r#"<connectionStrings>
  <add name="Other" xdt:Transform="Remove" xdt:Locator="Condition(@name='Other' and @connectionString='other')"/>
  <add name="New" connectionString="new" xdt:Transform="Insert"/>
</connectionStrings>
<appSettings>
  <add xdt:Transform="RemoveAll"/>
  <add key="Only" value="1" xdt:Transform="InsertIfMissing" xdt:Locator="Match(key)"/>
  <add key="Only" value="2" xdt:Transform="InsertIfMissing" xdt:Locator="Match(key)"/>
</appSettings>
<system.web>
  <compilation xdt:Transform="Replace" mode="release"><assemblies xdt:Transform="Insert"/></compilation>
  <pages><controls xdt:Transform="Insert"/></pages>
  <first xdt:Transform="InsertBefore(/configuration/system.web/compilation)"/>
  <last xdt:Transform="InsertAfter(pages)"/>
</system.web>"#,
    );
    let expected = FILE
        .replace(
            "\n    <add name=\"Other\" connectionString=\"other\"/>",
            "\n    <add name=\"New\" connectionString=\"new\"/>",
        )
        .replace(
            "\n    <add key=\"Debug\" value=\"true\"/>\n    <add key=\"Url\" value=\"http://localhost\" />",
            "\n    <add key=\"Only\" value=\"1\"/>",
        )
        .replace(
            "<compilation debug=\"true\" targetFramework=\"4.8\" />\n    <pages/>",
            "<first/>\n    <compilation mode=\"release\"><assemblies/><assemblies/></compilation>\n    <pages>\n      <controls/>\n    </pages>\n    <last/>",
        );
    assert_eq!(text, expected);
}

#[test]
fn locators_of_what_is_around_count_and_paths_lead_anywhere() {
    let file = "<a><b n='1'><c/></b><b n='2'><c/><c/></b></a>";
    let by = |body: &str| {
        format!("<a xmlns:t='http://schemas.microsoft.com/XML-Document-Transform'>{body}</a>")
    };
    let (text, _) = tried(
        file,
        &by("<b n='2' t:Locator='Match(n)'><c x='1' t:Transform='SetAttributes'/></b>"),
    )
    .unwrap();
    assert_eq!(
        text,
        "<a><b n='1'><c/></b><b n='2'><c x=\"1\"/><c x=\"1\"/></b></a>"
    );
    let (text, _) = tried(
        file,
        &by("<any t:Locator='XPath(//c[2])' t:Transform='Remove'/>"),
    )
    .unwrap();
    assert_eq!(text, "<a><b n='1'><c/></b><b n='2'><c/></b></a>");
    let (text, _) = tried(
        file,
        &by("<b t:Locator='Condition(2)' t:Transform='Remove'/>"),
    )
    .unwrap();
    assert_eq!(text, "<a><b n='1'><c/></b></a>");
}

#[test]
fn names_are_those_of_their_namespace_and_declarations_come_along() {
    let file = "<a xmlns='urn:one'>\r\n  <b/>\r\n</a>";
    let by = "<p:a xmlns:p='urn:one' xmlns:q='urn:two' xmlns:xdt='http://schemas.microsoft.com/XML-Document-Transform'>\n<p:b q:x='1' xdt:Transform='SetAttributes'/><q:c xdt:Transform='Insert'>\n</q:c></p:a>";
    let (text, _) = tried(file, by).unwrap();
    assert_eq!(
        text,
        "<a xmlns='urn:one'>\r\n  <b q:x=\"1\" xmlns:q=\"urn:two\"/>\r\n  <q:c xmlns:q=\"urn:two\">\r\n</q:c>\r\n</a>"
    );
    let by = "<a xmlns:xdt='http://schemas.microsoft.com/XML-Document-Transform'><b xdt:Transform='Remove'/></a>";
    let (text, idle) = tried(file, by).unwrap();
    assert_eq!(
        (text.as_str(), idle.len()),
        (file, 1),
        "no <a> of no namespace is there"
    );
}

#[test]
fn what_did_nothing_is_told_with_its_line() {
    let (text, idle) = tried(
        FILE,
        &with("<system.web>\n<trace xdt:Transform=\"Remove\"/>\n<compilation xdt:Transform=\"RemoveAttributes(nothing)\"/>\n<pages a=\"1\" xdt:Transform=\"SetAttributes(b)\"/></system.web>\n<appSettings><add xdt:Transform=\"Remove\"/></appSettings>"),
    )
    .unwrap();
    assert_eq!(
        idle.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "line 3: at <trace>, no element of the file is meant by this",
            "line 4: at <compilation>, no element meant by this has an attribute nothing",
            "line 5: at <pages>, this has no attribute b to set",
            "line 6: at <add>, several elements of the file are meant by this, and only the first is changed",
        ]
    );
    assert_eq!(
        text,
        FILE.replace("\n    <add key=\"Debug\" value=\"true\"/>", "")
    );
}

#[test]
fn what_is_not_understood_or_cannot_be_done_is_refused_with_its_line() {
    for (body, what) in [
        (
            "<appSettings xdt:Transform=\"Rename(x)\"/>",
            "the transform Rename is not understood",
        ),
        (
            "<appSettings xdt:Transform=\"SetTokenizedAttributeStorage\"/>",
            "is not understood",
        ),
        (
            "<appSettings xdt:Locator=\"Near(x)\"/>",
            "the locator Near is not understood",
        ),
        (
            "<appSettings xdt:Locator=\"Match(key)\" xdt:Transform=\"Remove\"/>",
            "the locator matches by key, which this does not have",
        ),
        (
            "<appSettings xdt:Locator=\"Match\" xdt:Transform=\"Remove\"/>",
            "Match needs",
        ),
        (
            "<appSettings xdt:Locator=\"Condition(@a=)\" xdt:Transform=\"Remove\"/>",
            "Condition cannot be followed, because it is no XPath",
        ),
        (
            "<appSettings xdt:Locator=\"Condition(id('a'))\" xdt:Transform=\"Remove\"/>",
            "not understood here",
        ),
        (
            "<appSettings xdt:Locator=\"Condition(p:a)\" xdt:Transform=\"Remove\"/>",
            "a prefix that the file does not declare",
        ),
        (
            "<appSettings xdt:Transform=\"InsertAfter(nobody)\"/>",
            "no element stands where",
        ),
        (
            "<appSettings xdt:Transform=\"InsertAfter\"/>",
            "InsertAfter needs a path",
        ),
        (
            "<appSettings xdt:Transform=\"Remove(\"/>",
            "a parenthesis is missing",
        ),
        (
            "<appSettings xdt:Transform=\"Remove(x)\"/>",
            "Remove has nothing in its parentheses",
        ),
        (
            "<appSettings xdt:Other=\"x\"/>",
            "the attribute Other is not understood",
        ),
        (
            "<nobody><x xdt:Transform=\"Insert\"/></nobody>",
            "no element that this could be put into",
        ),
        (
            "<xdt:Import path=\"x\"/>",
            "elements of transforms themselves",
        ),
    ] {
        let error = tried(FILE, &with(body)).unwrap_err();
        assert_eq!(error.line, 2, "{body}");
        assert!(error.to_string().contains(what), "{body}: {error}");
    }
}
