use serde_json::json;

use super::super::catalogue::ScopeValue;
use super::*;

fn stored_set() -> VariableSet<Sealed> {
    serde_json::from_value(json!({
        "Id": "variableset-Projects-1", "OwnerId": "Projects-1", "SpaceId": "Spaces-1", "Version": 4,
        "Variables": [
            {"Id": "v1", "Name": "Url", "Value": "http://a", "Type": "String", "Scope": {}},
            {"Id": "v2", "Name": "Password", "Value": "sealed-2", "Type": "Sensitive", "Scope": {}},
            {"Id": "v3", "Name": "Url", "Value": "http://b", "Type": "String", "Scope": {"Environment": ["Environments-1"]}},
        ],
    }))
    .unwrap()
}

fn catalogue() -> ScopeCatalogue {
    let environments = vec![
        ScopeValue::new("Environments-1", "Dev"),
        ScopeValue::new("Environments-2", "Prod"),
    ];
    ScopeCatalogue::default().with(Dimension::Environment, environments)
}

fn put_as(
    access: &VariableAccess,
    variables: Value,
) -> Result<VariableSet<Sealed>, InvalidVariables> {
    let mut next = 0;
    let mut mint = || {
        next += 1;
        format!("new-{next}")
    };
    let editor = Editor {
        catalogue: &catalogue(),
        access,
    };
    let set = stored_set().replaced_by(
        json!({"Id": "forged", "Version": 99, "Variables": variables, "Custom": 1}),
        &editor,
        &mut mint,
    )?;
    let sealed = set.seal(|id, secret| Ok::<_, ()>(Sealed(format!("{id}:{}", secret.expose()))));
    Ok(sealed.unwrap())
}

fn put(variables: Value) -> Result<VariableSet<Sealed>, InvalidVariables> {
    put_as(&VariableAccess::FULL, variables)
}

fn refused(variables: Value) -> String {
    put(variables)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

fn stored_value(set: &VariableSet<Sealed>, index: usize) -> Value {
    serde_json::to_value(set).unwrap()["Variables"][index]["Value"].clone()
}

#[test]
fn an_untouched_secret_survives_null_and_empty_text() {
    for value in [json!(null), json!("")] {
        let set =
            put(json!([{"Id": "v2", "Name": "Password", "Value": value, "Type": "Sensitive"}]))
                .unwrap();
        assert_eq!(stored_value(&set, 0), "sealed-2");
        assert_eq!(set.to_api()["Variables"][0]["Value"], Value::Null);
    }
}

#[test]
fn new_text_replaces_a_secret_and_is_sealed_for_its_variable() {
    let set = put(json!([
        {"Id": "v2", "Name": "Password", "Value": "n1", "IsSensitive": true},
        {"Id": "", "Name": "Token", "Value": "n2", "Type": "sensitive"},
        {"Name": "None", "Value": "", "Type": "Sensitive"},
    ]))
    .unwrap();
    assert_eq!(stored_value(&set, 0), "v2:n1");
    assert_eq!(stored_value(&set, 1), "new-1:n2");
    assert_eq!(stored_value(&set, 2), Value::Null);
}

#[test]
fn a_secret_cannot_be_read_by_making_it_text() {
    let set =
        put(json!([{"Id": "v2", "Name": "Password", "Value": "", "Type": "String"}])).unwrap();
    assert_eq!(set.to_api()["Variables"][0]["Value"], "");
    assert!(!serde_json::to_string(&set).unwrap().contains("sealed-2"));
}

#[test]
fn the_whole_document_round_trips() {
    let variables = json!([
        {"Id": "v1", "Name": "Url", "Value": "x", "Description": "d", "Type": "String", "IsSensitive": false, "IsEditable": true,
         "Scope": {"Environment": ["Environments-1"], "Role": ["web"]},
         "Prompt": {"Label": "L", "Description": "", "Required": true, "DisplaySettings": {"Octopus.ControlType": "Select"}, "Odd": 1},
         "Later": {"a": [1]}},
        {"Id": "c", "Name": "Cert", "Value": "Certificates-1", "Description": "", "Type": "Certificate", "IsSensitive": false, "IsEditable": true,
         "Scope": {}, "Prompt": null},
    ]);
    let set = put(variables.clone()).unwrap();
    let api = set.to_api();
    assert_eq!(api["Variables"], variables);
    assert_eq!(
        (&api["Id"], &api["Version"], &api["Custom"]),
        (&json!("variableset-Projects-1"), &json!(5), &json!(1))
    );
    let again: VariableSet<Sealed> =
        serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
    assert_eq!(again.to_api(), api);
}

#[test]
fn everything_wrong_is_reported_at_once_and_by_place() {
    let message = refused(json!([
        {"Name": " "},
        {"Name": "a", "Id": "v1"},
        {"Name": "b", "Id": "v1"},
        {"Name": "c", "Type": "Secret"},
        {"Name": "d", "Scope": {"Environment": ["Environments-9"]}},
        {"Name": "e", "Value": ["x"]},
        {"Name": "f", "Id": "a b"},
        7,
    ]));
    let expected = [
        "Variables[0].Name: is empty",
        "Variables[2].Id: `v1` is used twice",
        "Variables[3].Type: must be one of String, Sensitive,",
        "Variables[4].Scope.Environment: `Environments-9` does not exist",
        "Variables[5].Value: must be a string, not an array",
        "Variables[6].Id: is not an id",
        "Variables[7]: must be an object, not a number",
    ];
    assert_eq!(message.lines().count(), expected.len(), "{message}");
    for line in expected {
        assert!(message.contains(line), "{line}\nis not in\n{message}");
    }
}

#[test]
fn sizes_are_limited() {
    let long = "x".repeat(VALUE_BYTES_MAX + 1);
    assert!(
        refused(json!([{"Name": "a", "Value": long}]))
            .starts_with("Variables[0].Value: is 4194305 bytes long; at most 4194304")
    );
    assert!(
        refused(json!([{"Name": "n".repeat(2000)}]))
            .starts_with("Variables[0].Name: is 2000 bytes long")
    );
    let many: Vec<_> = (0..=VARIABLES_MAX).map(|_| json!({"Name": "a"})).collect();
    assert!(refused(json!(many)).starts_with("Variables: has 20001 entries"));
}

#[test]
fn a_library_set_has_no_steps_channels_or_processes() {
    let set = VariableSet::<Sealed>::empty("LibraryVariableSets-1", "Spaces-1");
    let body = json!({"Variables": [{"Name": "a", "Scope": {"Channel": ["Channels-1"]}}]});
    let editor = Editor {
        catalogue: &catalogue(),
        access: &VariableAccess::FULL,
    };
    let error = set
        .replaced_by(body, &editor, &mut || "n".into())
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("Variables[0].Scope.Channel: a library variable set knows no steps")
    );
}

#[test]
fn what_the_editor_cannot_see_stays_and_cannot_be_taken() {
    let access = VariableAccess {
        environments: Some(vec!["Environments-1".into()]),
        unscoped: false,
    };
    let visible = stored_set().visible_to(&access);
    assert_eq!(
        visible
            .variables
            .iter()
            .map(|v| v.id.as_str())
            .collect::<Vec<_>>(),
        ["v3"]
    );

    let set = put_as(&access, json!([])).unwrap();
    assert_eq!(
        set.variables
            .iter()
            .map(|v| v.id.as_str())
            .collect::<Vec<_>>(),
        ["v1", "v2"]
    );
    assert_eq!(stored_value(&set, 1), "sealed-2");

    let stolen = json!([{"Id": "v2", "Name": "Mine", "IsSensitive": true, "Scope": {"Environment": ["Environments-1"]}}]);
    let error = put_as(&access, stolen).err().unwrap();
    assert_eq!(error.to_string(), "Variables[0].Id: you may not edit `v2`");
    let widened = json!([{"Id": "v3", "Name": "Url", "Scope": {}}]);
    let error = put_as(&access, widened).err().unwrap();
    assert_eq!(
        error.to_string(),
        "Variables[0].Scope: you may not edit values with this scope"
    );
}

#[test]
fn the_catalogue_shows_what_scopes_may_name() {
    let runbook = ScopeValue {
        is_runbook: true,
        ..ScopeValue::new("Runbooks-1", "Restart")
    };
    let owners = vec![ScopeValue::new("Projects-1", "Shop"), runbook];
    let shown = catalogue().with(Dimension::ProcessOwner, owners).to_api();
    let none = json!([]);
    let expected = json!({
        "Environments": [{"Id": "Environments-1", "Name": "Dev"}, {"Id": "Environments-2", "Name": "Prod"}],
        "Machines": none, "Actions": none, "Roles": none, "Channels": none, "TenantTags": none,
        "Processes": [
            {"Id": "Projects-1", "Name": "Shop", "ProcessType": "Deployment"},
            {"Id": "Runbooks-1", "Name": "Restart", "ProcessType": "Runbook"},
        ],
    });
    assert_eq!(shown, expected);
}
