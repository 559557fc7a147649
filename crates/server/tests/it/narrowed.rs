//! Lists narrowed as Octopus' clients do, where that takes more than a key and a value: in the database, so that pages
//! and totals are of what was asked for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::test_server::TestServer;

const SPACE: &str = "/api/Spaces-1";

/// Names of a page, its total, and whether there is another one.
async fn page(server: &TestServer, path: &str) -> (Vec<String>, u64, bool) {
    let page = server.get(path).await;
    let items = page["Items"].as_array().unwrap().iter();
    let names = items.map(|item| item["Name"].as_str().unwrap().to_owned());
    let next = page["Links"]["Page.Next"].is_string();
    (
        names.collect(),
        page["TotalResults"].as_u64().unwrap(),
        next,
    )
}

async fn names(server: &TestServer, query: &str) -> Vec<String> {
    let path = format!("{SPACE}/machines?{query}");
    let (names, total, _) = page(server, &path).await;
    assert_eq!(names.len() as u64, total, "{query}");
    names
}

/// A tenant with a tag, and targets that differ in everything lists are narrowed by.
async fn targets(world: &World<'_>) -> String {
    let set = json!({ "Name": "Region", "Tags": [{ "Name": "North", "Color": "#333333" }] });
    world.server.post(&format!("{SPACE}/tagsets"), set).await;
    let tenant = json!({ "Name": "Acme", "TenantTags": ["Region/North"] });
    let tenant = world.server.post(&format!("{SPACE}/tenants"), tenant).await["Id"].clone();
    let mut other = world.machine();
    other["Name"] = json!("other");
    other["Roles"] = json!(["Web-Server"]);
    other["IsDisabled"] = json!(true);
    other["TenantedDeploymentParticipation"] = json!("Tenanted");
    other["TenantIds"] = json!([tenant]);
    other["TenantTags"] = json!(["Region/North"]);
    other["Endpoint"] = json!({
        "CommunicationStyle": "TentaclePassive", "Uri": "https://other:10933/", "Thumbprint": "ABCDEF0123",
    });
    for number in 1..=2 {
        other["Name"] = json!(format!("other {number}"));
        let path = format!("{SPACE}/machines");
        world.server.post(&path, other.clone()).await;
    }
    tenant.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn targets_are_found_by_everything_that_clients_ask_for() {
    let mut server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let tenant = targets(&world).await;
    let others = ["other 1", "other 2"];
    let first = server
        .get(&format!("{SPACE}/machines/{}", world.id("machines")))
        .await;
    let first = first["Name"].as_str().unwrap().to_owned();
    let tenants = format!("tenantIds={tenant},Tenants-999");
    for (query, expected) in [
        ("isDisabled=true", &others[..]),
        ("isDisabled=False", &[first.as_str()]),
        ("healthStatuses=Unknown,Unavailable", &others),
        ("healthStatuses=healthy", &[first.as_str()]),
        ("commStyles=TentaclePassive&commStyles=Ssh", &others),
        ("deploymentTargetTypes=TentaclePassive", &others),
        ("tenantTags=region/north", &others),
        (tenants.as_str(), &others),
        ("roles=web-server", &others),
        ("roles=Web-Server&isDisabled=false", &[]),
        ("thumbprint=abcdef0123", &others),
        ("shellNames=Bash", &[]),
        ("partialName=OTHER&commStyles=None", &[]),
        ("environmentIds=Environments-999", &[]),
    ] {
        assert_eq!(names(&server, query).await, expected, "{query}");
    }
    let one = format!("{SPACE}/machines?isDisabled=true&take=1");
    assert_eq!(
        page(&server, &one).await,
        (vec!["other 1".to_owned()], 2, true)
    );
    let junk = format!("{SPACE}/machines?isDisabled=perhaps");
    server.expect(Method::GET, &junk, None, 400).await;

    // As an earlier version stored them.
    let ids = server.get(&format!("{SPACE}/machines/all")).await;
    server.stop().await;
    let store = server.store().await;
    let mut tx = store.begin().await.unwrap();
    for machine in ids.as_array().unwrap() {
        let id = machine["Id"].as_str().unwrap();
        tx.document_retag(id, &[]).await.unwrap();
    }
    tx.set_setting("tag-generation", "0").await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let server = server.start_again().await;
    assert_eq!(names(&server, "isDisabled=true").await, others);
}

/// How many events there are, and the first of them.
async fn events(server: &TestServer, path: &str) -> (u64, Value) {
    let page = server.get(path).await;
    (
        page["TotalResults"].as_u64().unwrap(),
        page["Items"][0].clone(),
    )
}

#[tokio::test]
async fn events_are_found_by_space_group_of_projects_and_tags_of_tenants() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let tenant = targets(&world).await;
    let (tagged, event) = events(&server, &format!("{SPACE}/events?tags=Region/North")).await;
    let same = events(&server, &format!("{SPACE}/events?tenants={tenant}")).await;
    assert_eq!((tagged, event), same);
    assert!(tagged > 0);
    let project = format!("{SPACE}/projects/{}", world.id("projects"));
    let group = server.get(&project).await["ProjectGroupId"].clone();
    let group = group.as_str().unwrap();
    let of_group = format!("{SPACE}/events?projectGroups={group}&documentTypes=Releases-");
    assert!(events(&server, &of_group).await.0 > 0);

    let own = events(&server, &format!("{SPACE}/events")).await.0;
    let system = events(&server, "/api/events").await.0;
    let other = world.id("spaces");
    for (query, expected) in [
        ("spaces=Spaces-1".to_owned(), own),
        (
            "spaces=Spaces-1&includeSystem=true".to_owned(),
            own + system,
        ),
        (format!("spaces={other}&includeSystem=true"), system),
    ] {
        let path = format!("/api/events?{query}");
        assert_eq!(events(&server, &path).await.0, expected, "{query}");
    }
    let foreign = format!("{SPACE}/events?spaces={other}");
    assert_eq!(events(&server, &foreign).await.0, 0);
}

#[tokio::test]
async fn tasks_are_found_in_several_spaces_and_what_is_ahead_comes_in_pages() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let total = async |path: &str| server.get(path).await["TotalResults"].as_u64().unwrap();
    let own = total(&format!("{SPACE}/tasks")).await;
    let other = world.id("spaces");
    let both = format!("/api/tasks?spaces=Spaces-1,{other}&includeSystem=true");
    assert_eq!(total(&both).await, own);
    assert_eq!(total(&format!("/api/tasks?spaces={other}")).await, 0);

    // Behind each other: they are of one project in one environment.
    let release = world.id("releases");
    let mut last = String::new();
    for _ in 0..3 {
        last = world.deployment(&release, false).await.1;
    }
    let path = format!("{SPACE}/tasks/{last}/queued-behind");
    let ahead = total(&path).await;
    assert!(ahead >= 2, "{ahead}");
    let first = server.get(&format!("{path}?take=1")).await;
    let second = server.get(&format!("{path}?skip=1&take=1")).await;
    assert_eq!(first["TotalResults"], ahead);
    assert_eq!(first["Items"].as_array().unwrap().len(), 1);
    assert_ne!(first["Items"], second["Items"]);
    server
        .expect(Method::GET, &format!("{path}?take=x"), None, 400)
        .await;
}
