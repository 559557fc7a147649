//! Settings of .NET's configuration files.

use regatta_core::structured::Values;

#[test]
fn settings_get_the_values_of_the_variables_they_are_called_like() {
    let file = r#"<configuration>
  <appSettings file="more.config">
    <add key="Url" value="old" />
    <add key="Octopus.Environment.Name" value=""/>
    <add key="NoValue" />
    <remove key="Url"/>
    <add name="Url" value="no key"/>
  </appSettings>
  <connectionStrings><add name="main" connectionString='old'/></connectionStrings>
  <applicationSettings>
    <Shop.Settings>
      <setting name="Greeting" serializeAs="String"><value>old</value></setting>
      <setting name="Empty" serializeAs="String"/>
    </Shop.Settings>
  </applicationSettings>
  <elsewhere><add key="Url" value="old"/><setting name="Greeting"><value>old</value></setting></elsewhere>
</configuration>
"#;
    let values = [
        ("url", "http://x?a=1&b=\"2\""),
        ("Octopus.Environment.Name", "Test"),
        ("NoValue", "now"),
        ("Main", "it's"),
        ("Greeting", "<hi>"),
        ("Empty", "no more"),
        ("Nobody", "never added"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let done = Values::all(values.clone()).put_into_settings(file).unwrap();
    let expected = file
        .replacen("value=\"old\" />", "value=\"http://x?a=1&amp;b=&quot;2&quot;\" />", 1)
        .replace("Name\" value=\"\"", "Name\" value=\"Test\"")
        .replace("<add key=\"NoValue\" />", "<add key=\"NoValue\" value=\"now\" />")
        .replace("connectionString='old'", "connectionString='it&apos;s'")
        .replacen("<value>old<", "<value>&lt;hi&gt;<", 1)
        .replace(
            "<setting name=\"Empty\" serializeAs=\"String\"/>",
            "<setting name=\"Empty\" serializeAs=\"String\">\n        <value>no more</value>\n      </setting>",
        );
    assert_eq!(done.text, expected);
    assert_eq!(
        done.names,
        [
            "url",
            "Octopus.Environment.Name",
            "NoValue",
            "Main",
            "Greeting",
            "Empty"
        ]
    );
    assert!(Values::all(values).put_into_settings("no xml").is_err());
    let done = Values::all([("Url".to_owned(), "\u{0}".to_owned())])
        .put_into_settings(file)
        .unwrap();
    assert_eq!(
        (done.text.as_str(), done.unfit),
        (file, vec!["Url".to_owned()])
    );
}
