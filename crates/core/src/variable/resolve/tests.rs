use serde_json::{Value, json};

use super::*;
use crate::secret::Sealed;

fn set(variables: Value) -> VariableSet<Secret> {
    let document = json!({"Id": "s", "OwnerId": "o", "Variables": variables});
    let stored: VariableSet<Sealed> = serde_json::from_value(document).unwrap();
    stored
        .unseal(|_, sealed| Ok::<_, ()>(Secret::new(sealed.0.clone())))
        .unwrap()
}

fn variable(id: &str, value: &str, scope: Value) -> Value {
    json!({"Id": id, "Name": "Url", "Value": value, "Scope": scope})
}

fn here() -> ScopeContext {
    ScopeContext {
        environment: Some("Environments-1".into()),
        machine: Some("Machines-1".into()),
        machine_tags: vec!["web".into()],
        ..ScopeContext::default()
    }
}

fn of(sets: Vec<(Origin, Value)>) -> Variables {
    Variables::new(
        sets.into_iter()
            .map(|(origin, variables)| (origin, set(variables)))
            .collect(),
        &BTreeMap::new(),
    )
}

fn value_here(variables: &Variables) -> Option<String> {
    variables
        .bindings(&here())
        .first()
        .map(|binding| binding.source.text().expose().to_owned())
}

#[test]
fn the_most_specific_scope_wins_whatever_its_origin() {
    let variables = of(vec![
        (
            Origin::Project,
            json!([
                variable("a", "unscoped", json!({})),
                variable(
                    "b",
                    "environment",
                    json!({"Environment": ["Environments-1"]})
                )
            ]),
        ),
        (
            Origin::Library(0),
            json!([
                variable("c", "tag", json!({"Role": ["web"]})),
                variable("d", "other", json!({"Role": ["db"]}))
            ]),
        ),
    ]);
    assert_eq!(value_here(&variables).as_deref(), Some("tag"));
    let verdicts: Vec<_> = variables
        .explain("URL", &here())
        .into_iter()
        .map(|(c, verdict)| (c.id.as_str(), verdict))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("c", Verdict::Wins),
            ("b", Verdict::Beaten),
            ("a", Verdict::Beaten),
            ("d", Verdict::Elsewhere)
        ]
    );
}

#[test]
fn ties_go_to_the_project_then_the_earlier_set_then_the_smaller_id() {
    let one = |id: &str| json!([variable(id, id, json!({}))]);
    let project = of(vec![
        (Origin::Library(0), one("a")),
        (Origin::Project, one("z")),
    ]);
    assert_eq!(value_here(&project).as_deref(), Some("z"));
    assert!(project.ambiguous(&here()).is_empty());
    let sets = of(vec![
        (Origin::Library(1), one("a")),
        (Origin::Library(0), one("z")),
    ]);
    assert_eq!(value_here(&sets).as_deref(), Some("z"));
    let same = of(vec![(
        Origin::Project,
        json!([variable("b", "b", json!({})), variable("a", "a", json!({}))]),
    )]);
    assert_eq!(value_here(&same).as_deref(), Some("a"));
    assert_eq!(same.ambiguous(&here()), ["Url"]);
    assert_eq!(same.explain("url", &here())[1].1, Verdict::Ambiguous);
}

#[test]
fn a_name_without_a_matching_value_does_not_exist() {
    let variables = of(vec![(
        Origin::Project,
        json!([variable(
            "a",
            "x",
            json!({"Environment": ["Environments-2"]})
        )]),
    )]);
    assert_eq!(value_here(&variables), None);
    assert!(variables.explain("Nope", &here()).is_empty());
}

#[test]
fn an_answer_replaces_the_value_and_is_data() {
    let sets = vec![(
        Origin::Project,
        set(
            json!([variable("a", "#{Default}", json!({})), {"Id": "p", "Name": "Pwd", "Type": "Sensitive", "Value": "old"}]),
        ),
    )];
    let answers = [
        ("a".to_owned(), "#{Secret}".to_owned()),
        ("p".to_owned(), "new!".to_owned()),
    ];
    let variables = Variables::new(sets, &answers.into_iter().collect());
    let bindings = variables.bindings(&here());
    assert!(
        bindings
            .iter()
            .all(|binding| binding.source.parsed().is_none())
    );
    assert_eq!(variables.secrets().collect::<Vec<_>>(), ["new!"]);
}

#[test]
fn a_reference_gives_the_parts_of_what_it_names_and_written_names_win() {
    let variables = of(vec![(
        Origin::Project,
        json!([
            {"Id": "a", "Name": "Cert", "Type": "Certificate", "Value": "Certificates-1"},
            {"Id": "b", "Name": "Cert", "Type": "Certificate", "Value": "Certificates-2", "Scope": {"Environment": ["Environments-1"]}},
            {"Id": "c", "Name": "cert.subject", "Value": "by hand"},
            {"Id": "d", "Name": "Plain", "Value": "Certificates-1"},
            {"Id": "e", "Name": "Pool", "Type": "WorkerPool", "Value": "Certificates-1"},
        ]),
    )]);
    let parts = |subject: &str| {
        vec![
            ("Subject".to_owned(), Text::plain(subject)),
            (
                "PrivateKeyPem".to_owned(),
                Text::Secret(Secret::new(format!("key of {subject}"))),
            ),
        ]
    };
    let variables = variables.with_referred(Referred::from([
        ("Certificates-1".to_owned(), parts("CN=a")),
        ("Certificates-2".to_owned(), parts("CN=b")),
    ]));
    let bindings = crate::template::Bindings::new(variables.bindings(&here()));
    let shown: Vec<(&str, &str, bool)> = bindings
        .entries()
        .iter()
        .map(|entry| {
            let text = entry.source.text();
            (&*entry.name, text.expose(), text.is_sensitive())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("Cert", "Certificates-2", false),
            ("Cert.PrivateKeyPem", "key of CN=b", true),
            ("cert.subject", "by hand", false),
            ("Plain", "Certificates-1", false),
            ("Pool", "Certificates-1", false),
        ]
    );
    // No log of the deployment shows the key of either, wherever it holds.
    let secrets: Vec<&str> = variables.secrets().collect();
    assert_eq!(secrets, ["key of CN=a", "key of CN=b"]);
}
