//! The audit as its readers see it: everybody who may read it learns that something changed, and only those who may
//! see a document what changed in it.

use regatta_core::time::Time;
use regatta_store::AuditEntry;
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{ADMIN_KEY, TestServer};
use crate::variable::{reader, save, shop, value};

const SET: &str = "/api/Spaces-1/variables/variableset-Projects-1";
const HIDDEN: &str = "What changed is not shown: that needs the VariableView permission";

/// Details and differences of the newest event about a document.
async fn newest(server: &TestServer, key: &str, about: &str) -> (Value, String) {
    let path = format!("/api/Spaces-1/events?regarding={about}&take=1");
    let list = server.send_as(Some(key), Method::GET, &path, None).await;
    assert_eq!(list.status, 200, "{}", list.text);
    let event = list.body["Items"][0].clone();
    let path = format!("/api/Spaces-1/events/{}", event["Id"].as_str().unwrap());
    let one = server.send_as(Some(key), Method::GET, &path, None).await;
    assert_eq!(one.body, event, "one event is shown as the list shows it");
    let differences = event["ChangeDetails"]["Differences"].to_string();
    (event["Details"].clone(), differences)
}

#[tokio::test]
async fn values_are_told_only_to_those_who_may_see_them() {
    let server = shop().await;
    let host = |text: &str, environment: &str| {
        value("Host", text, json!({ "Environment": [environment] }))
    };
    let mut set = server.get(SET).await;
    let everywhere = value("Where", "everywhere-1", json!({}));
    set["Variables"] = json!([
        host("test-1", "Environments-1"),
        host("live-1", "Environments-2"),
        everywhere,
    ]);
    set = server.put(SET, set).await;
    for (at, text) in ["test-2", "live-2", "everywhere-2"].iter().enumerate() {
        set["Variables"][at]["Value"] = json!(text);
    }
    server.put(SET, set).await;
    let events: (&[&str], &[&str]) = (&["EventView"], &[]);
    let nothing = reader(&server, "nothing", &[events]).await;
    let tester = (&["VariableView"] as &[&str], &["Environments-1"] as &[&str]);
    let tester = reader(&server, "tester", &[events, tester]).await;
    let all = reader(&server, "all", &[events, (&["VariableView"], &[])]).await;

    let set = "variableset-Projects-1";
    assert_eq!(
        newest(&server, &nothing, set).await,
        (json!([HIDDEN]), "[]".to_owned())
    );
    let (said, differs) = newest(&server, &tester, set).await;
    let test = "Host (Environment Environments-1): test-1 → test-2";
    let other = "Other values changed, too: that needs the VariableView permission";
    assert_eq!(said, json!([test, other]));
    assert_eq!(
        differs,
        r#"[{"path":"/Variables/0/Value","oldValue":"test-1","newValue":"test-2"}]"#
    );
    let live = "Host (Environment Environments-2): live-1 → live-2";
    let whole = json!([test, live, "Where: everywhere-1 → everywhere-2"]);
    for key in [ADMIN_KEY, &all] {
        let (said, differs) = newest(&server, key, set).await;
        assert_eq!(said, whole);
        assert!(
            differs.contains("live-1") && differs.contains("everywhere-2"),
            "{differs}"
        );
    }
}

/// A value that leaves what somebody may see would tell what it was by what it is.
#[tokio::test]
async fn a_value_that_moved_is_told_to_those_who_see_both_places() {
    let server = shop().await;
    let moved = json!({ "Environment": ["Environments-2"] });
    save(&server, SET, json!([value("Key", "of-production", moved)])).await;
    let mut set = server.get(SET).await;
    set["Variables"][0]["Scope"] = json!({ "Environment": ["Environments-1"] });
    set["Variables"][0]["Value"] = json!("of-test");
    server.put(SET, set).await;
    let grants: &[(&[&str], &[&str])] = &[
        (&["EventView"], &[]),
        (&["VariableView"], &["Environments-1"]),
    ];
    let tester = reader(&server, "tester", grants).await;
    let (said, differs) = newest(&server, &tester, "variableset-Projects-1").await;
    assert!(!said.to_string().contains("of-"), "{said}");
    assert_eq!(differs, "[]");
}

/// Records of before say no places, so they are told as a whole or not.
#[tokio::test]
async fn an_old_record_is_told_only_to_those_who_may_see_all_of_it() {
    let server = shop().await;
    let store = server.store().await;
    let mut tx = store.begin().await.unwrap();
    let body = json!({
        "Sentences": ["Host (Environment Environments-1): old-1 → old-2"],
        "Differences": [{ "path": "/Variables/0/Value", "oldValue": "old-1", "newValue": "old-2" }],
    });
    let entry = AuditEntry {
        space_id: Some("Spaces-1".into()),
        category: "Modified".into(),
        document_kind: "VariableSets".into(),
        user_id: None,
        username: "admin".into(),
        occurred_at: Time(0),
        message: "The variables were changed".into(),
        body: body.to_string(),
        related: vec!["variableset-Projects-1".into(), "Projects-1".into()],
    };
    tx.audit_insert(&entry).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let grants: &[(&[&str], &[&str])] = &[
        (&["EventView"], &[]),
        (&["VariableView"], &["Environments-1"]),
    ];
    let tester = reader(&server, "tester", grants).await;
    let set = "variableset-Projects-1";
    assert_eq!(
        newest(&server, &tester, set).await,
        (json!([HIDDEN]), "[]".to_owned())
    );
    let (said, differs) = newest(&server, ADMIN_KEY, set).await;
    assert_eq!(said, body["Sentences"]);
    assert!(differs.contains("old-1"), "{differs}");
}

#[tokio::test]
async fn other_documents_are_told_of_by_the_permission_that_shows_them() {
    let server = shop().await;
    let account = json!({ "Name": "db", "AccountType": "UsernamePassword", "Username": "sa-before",
        "Password": { "HasValue": true, "NewValue": "hush" } });
    let mut account = server.post("/api/Spaces-1/accounts", account).await;
    account["Username"] = json!("sa-after");
    let (id, own) = (account["Id"].clone(), account["Links"]["Self"].clone());
    server.put(own.as_str().unwrap(), account).await;
    let mut machine = server.get("/api/Spaces-1/machines/Machines-1").await;
    machine["Roles"] = json!(["web", "queue"]);
    server
        .put("/api/Spaces-1/machines/Machines-1", machine)
        .await;

    let permissions: &[&str] = &["EventView", "AccountView"];
    let accounts = reader(&server, "accounts", &[(permissions, &[])]).await;
    let grants: &[(&[&str], &[&str])] = &[
        (&["EventView"], &[]),
        (&["MachineView"], &["Environments-1"]),
    ];
    let machines = reader(&server, "machines", grants).await;
    let grants: &[(&[&str], &[&str])] = &[
        (&["EventView"], &[]),
        (&["MachineView"], &["Environments-2"]),
    ];
    let elsewhere = reader(&server, "elsewhere", grants).await;
    let needs = |permission: &str| {
        let said = format!("What changed is not shown: that needs the {permission} permission");
        (json!([said]), "[]".to_owned())
    };
    let id = id.as_str().unwrap();
    assert_eq!(newest(&server, &machines, id).await, needs("AccountView"));
    assert_eq!(
        newest(&server, &accounts, "Machines-1").await,
        needs("MachineView")
    );
    assert_eq!(
        newest(&server, &elsewhere, "Machines-1").await,
        needs("MachineView")
    );
    let (said, _) = newest(&server, &accounts, id).await;
    assert!(said.to_string().contains("sa-before"), "{said}");
    let (said, differs) = newest(&server, &machines, "Machines-1").await;
    assert!(
        said.to_string().contains("queue") && differs.contains("queue"),
        "{said} {differs}"
    );
}

#[tokio::test]
async fn a_filter_does_something_or_is_refused() {
    let server = shop().await;
    let events = "/api/Spaces-1/events?regarding=variableset-Projects-1";
    let differences = async |path: String| {
        let list = server.get(&path).await;
        let events = list["Items"].as_array().unwrap().iter();
        let events = events.map(|one| {
            one["ChangeDetails"]["Differences"]
                .as_array()
                .unwrap()
                .len()
        });
        events.sum::<usize>()
    };
    assert!(differences(events.to_owned()).await > 0);
    assert_eq!(
        differences(format!("{events}&excludeDifference=true")).await,
        0
    );
    let refused = format!("{events}&eventAgents=nobody");
    let refused = server.expect(Method::GET, &refused, None, 400).await;
    assert!(refused.to_string().contains("'eventAgents'"), "{refused}");
    let kinds = server.get("/api/events/documenttypes").await.to_string();
    for recorded in [
        "Artifacts-",
        "Certificates-",
        "Accounts-",
        "Tenants-",
        "TagSets-",
        "Packages-",
    ] {
        assert!(kinds.contains(recorded), "{recorded}");
    }
}

/// The file of what fits a filter.
async fn exported(server: &TestServer, key: &str, query: &str) -> String {
    let path = format!("/api/Spaces-1/events/export?{query}");
    let file = server.send_as(Some(key), Method::GET, &path, None).await;
    assert_eq!(file.status, 200, "{}", file.text);
    file.text
}

#[tokio::test]
async fn what_fits_a_filter_is_exported_whole_and_only_as_its_reader_sees_it() {
    let server = shop().await;
    let host = |text: &str| value("Host", text, json!({ "Environment": ["Environments-2"] }));
    save(&server, SET, json!([host("live-1")])).await;
    let mut set = server.get(SET).await;
    set["Variables"][0]["Value"] = json!("live-2");
    server.put(SET, set).await;
    // More than are read at once.
    let store = server.store().await;
    let mut tx = store.begin().await.unwrap();
    for at in 0..1_100 {
        let entry = AuditEntry {
            space_id: Some("Spaces-1".into()),
            category: "Modified".into(),
            document_kind: "Projects".into(),
            user_id: None,
            username: "=cmd".into(),
            occurred_at: Time(at),
            message: format!("Change {at}"),
            body: "{}".into(),
            related: vec!["Projects-1".into()],
        };
        tx.audit_insert(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    store.close().await;

    let lines = exported(&server, ADMIN_KEY, "format=jsonl&documentTypes=Projects").await;
    let events: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ours = events.iter().filter(|event| event["Username"] == "=cmd");
    let said: Vec<_> = ours.map(|event| event["Message"].clone()).collect();
    let all: Vec<_> = (0..1_100)
        .rev()
        .map(|at| json!(format!("Change {at}")))
        .collect();
    assert_eq!(said, all);

    let events: (&[&str], &[&str]) = (&["EventView"], &[]);
    let nothing = reader(&server, "nothing", &[events]).await;
    for format in ["csv", "jsonl"] {
        let query = format!("format={format}&regarding=variableset-Projects-1");
        let whole = exported(&server, ADMIN_KEY, &query).await;
        assert!(whole.contains("live-1 → live-2"), "{whole}");
        let seen = exported(&server, &nothing, &query).await;
        assert!(!seen.contains("live-"), "{seen}");
        assert!(seen.contains(HIDDEN), "{seen}");
    }
    let table = exported(&server, ADMIN_KEY, "documentTypes=Projects").await;
    let head = "\"Id\",\"Occurred\",\"Username\",\"UserId\",\"IdentityEstablishedWith\",\"IpAddress\",\"Category\"";
    assert!(table.starts_with(head), "{}", &table[..200]);
    assert!(table.contains(",\"'=cmd\","), "a name is no formula");
    let path = "/api/Spaces-1/events/export?format=xml";
    let refused = server
        .send_as(Some(ADMIN_KEY), Method::GET, path, None)
        .await;
    assert_eq!(refused.status, 400);
    let outside = reader(&server, "outside", &[(&["ProjectView"], &[])]).await;
    let path = "/api/Spaces-1/events/export";
    let refused = server
        .send_as(Some(&outside), Method::GET, path, None)
        .await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn an_event_says_what_its_message_names_and_where_it_came_from() {
    let server = shop().await;
    let path = "/api/Spaces-1/events?regarding=Machines-1&take=1";
    let event = server.get(path).await["Items"][0].clone();
    assert_eq!(event["Message"], "DeploymentTarget web-01 was created");
    let reference = json!({ "ReferencedDocumentId": "Machines-1", "StartIndex": 17, "Length": 6 });
    assert_eq!(event["MessageReferences"], json!([reference]));
    assert_eq!(event["IpAddress"], "127.0.0.1");
    let gone = "/api/Spaces-1/machines/Machines-1";
    server.expect(Method::DELETE, gone, None, 200).await;
    for event in server
        .get("/api/Spaces-1/events?regarding=Machines-1")
        .await["Items"]
        .as_array()
        .unwrap()
    {
        assert_eq!(event["MessageReferences"], json!([]), "{event}");
    }
}
