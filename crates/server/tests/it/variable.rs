//! Variables looked at: which value holds where and why, where they are used, and that nobody learns more than they may.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::{project, step};
use crate::test_server::{PASSWORD, TestServer};

const SPACE: &str = "/api/Spaces-1";

fn text(of: &Value) -> &str {
    of.as_str().unwrap()
}

pub(crate) fn value(name: &str, value: &str, scope: Value) -> Value {
    json!({ "Name": name, "Value": value, "Scope": scope })
}

/// A shop with Test and Production, a target, a library set, and a step that uses some of it.
pub(crate) async fn shop() -> TestServer {
    let server = TestServer::start().await;
    for name in ["Test", "Production"] {
        let environment = json!({ "Name": name });
        server
            .post(&format!("{SPACE}/environments"), environment)
            .await;
    }
    let machine = json!({ "Name": "web-01", "Roles": ["web"], "EnvironmentIds": ["Environments-1"],
        "Endpoint": { "CommunicationStyle": "None" } });
    server.post(&format!("{SPACE}/machines"), machine).await;
    let library = json!({ "Name": "Shared" });
    let library = server
        .post(&format!("{SPACE}/libraryvariablesets"), library)
        .await;
    let set = format!("{SPACE}/variables/{}", text(&library["VariableSetId"]));
    save(
        &server,
        &set,
        json!([
            value(
                "Url",
                "http://shared",
                json!({ "Environment": ["Environments-1"] })
            ),
            value("Region", "north", json!({})),
        ]),
    )
    .await;
    let mut made = project(&server, "Shop").await;
    made["IncludedLibraryVariableSetIds"] = json!([library["Id"]]);
    let own = format!("{SPACE}/projects/{}", text(&made["Id"]));
    server.put(&own, made.clone()).await;
    let mut secret = value("Password", "hush-hush", json!({}));
    secret["Type"] = json!("Sensitive");
    secret["IsSensitive"] = json!(true);
    let variables = json!([
        value(
            "Url",
            "http://#{Host}:#{Port}/#{Octopus.Environment.Name}",
            json!({ "Environment": ["Environments-1"] })
        ),
        value("Url", "http://everywhere", json!({})),
        value("Url", "http://web", json!({ "Role": ["web"] })),
        value("Host", "test", json!({ "Environment": ["Environments-1"] })),
        value("Host", "live", json!({ "Environment": ["Environments-2"] })),
        value("Login", "shop:#{Password}", json!({})),
        value("Twice", "a", json!({})),
        value("Twice", "a", json!({})),
        secret,
    ]);
    save(
        &server,
        &format!("{SPACE}/variables/variableset-{}", text(&made["Id"])),
        variables,
    )
    .await;
    let process = format!("{own}/deploymentprocesses");
    let mut build = step("Build", None);
    build["Actions"][0]["Properties"]["Octopus.Action.Script.ScriptBody"] =
        json!("curl #{Url}\necho #{Typo}; get_octopusvariable \"Region\"");
    let mut document = server.get(&process).await;
    document["Steps"] = json!([build]);
    server.put(&process, document).await;
    server
}

pub(crate) async fn save(server: &TestServer, path: &str, variables: Value) {
    let mut set = server.get(path).await;
    set["Variables"] = variables;
    server.put(path, set).await;
}

/// Without what differs from run to run.
fn steady(mut body: Value) -> Value {
    for one in body["Variables"].as_array_mut().into_iter().flatten() {
        one["Id"] = json!("…");
    }
    for action in body["ScopeValues"]["Actions"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        action["Id"] = json!("…");
    }
    for name in body["Names"].as_array_mut().into_iter().flatten() {
        for one in name["Values"].as_array_mut().into_iter().flatten() {
            if one["Variable"].is_object() {
                one["Variable"] = json!([one["Variable"]["Value"], one["Variable"]["Scope"]]);
            }
        }
    }
    body
}

/// Name, what it comes to, and each value's verdict.
fn told(body: &Value) -> Vec<String> {
    let names = body["Names"].as_array().unwrap().iter();
    let told = names.map(|name| {
        let values = name["Values"].as_array().unwrap().iter();
        let values: Vec<&str> = values.map(|one| text(&one["Verdict"])).collect();
        format!(
            "{} = {}: {}",
            text(&name["Name"]),
            name["Evaluated"],
            values.join(" ")
        )
    });
    told.collect()
}

#[tokio::test]
async fn a_preview_says_what_holds_at_a_place_and_why() {
    let server = shop().await;
    let preview = format!("{SPACE}/variables/preview?project=shop");
    let here = server.get(&format!("{preview}&environment=test")).await;
    insta::assert_json_snapshot!(steady(here));
    let target = format!("{preview}&environment=Environments-1&machine=web-01&action=build");
    assert_eq!(
        told(&server.get(&target).await),
        [
            r#"Host = "test": Wins Elsewhere"#,
            "Login = null: Wins",
            "Password = null: Wins",
            r#"Region = "north": Wins"#,
            r#"Twice = "a": Wins Ambiguous"#,
            r#"Url = "http://web": Wins Beaten Beaten Beaten"#,
        ]
    );
    for (query, status, says) in [
        ("?environment=test", 400, "project: name the project"),
        ("?project=shop&environment=nowhere", 404, "nowhere"),
        (
            "?project=shop&action=nothing",
            400,
            "action: the process has no step 'nothing'.",
        ),
    ] {
        let path = format!("{SPACE}/variables/preview{query}");
        let refused = server.expect(Method::GET, &path, None, status).await;
        assert!(refused.to_string().contains(says), "{query}: {refused}");
    }
}

#[tokio::test]
async fn usages_name_the_steps_and_variables_and_what_may_be_a_mistake() {
    let server = shop().await;
    let usages = format!("{SPACE}/projects/shop/variables/usages");
    insta::assert_json_snapshot!(server.get(&usages).await);
}

/// Somebody who has these permissions, each within these environments only; none: in all.
pub(crate) async fn reader(
    server: &TestServer,
    name: &str,
    grants: &[(&[&str], &[&str])],
) -> String {
    let user = json!({ "Username": name, "DisplayName": name, "Password": PASSWORD });
    let user = server.post("/api/users", user).await;
    let team = json!({ "Name": name, "MemberUserIds": [user["Id"]] });
    let team = server.post("/api/teams", team).await;
    for (at, (permissions, environments)) in grants.iter().enumerate() {
        let role =
            json!({ "Name": format!("{name} {at}"), "GrantedSpacePermissions": permissions });
        let role = server.post("/api/userroles", role).await;
        let grant = json!({ "TeamId": team["Id"], "UserRoleId": role["Id"], "SpaceId": "Spaces-1",
            "EnvironmentIds": environments });
        server.post("/api/scopeduserroles", grant).await;
    }
    let keys = format!("/api/users/{}/apikeys", text(&user["Id"]));
    let key = server.post(&keys, json!({ "Purpose": "t" })).await;
    text(&key["ApiKey"]).to_owned()
}

#[tokio::test]
async fn what_one_may_not_see_takes_part_and_does_not_show() {
    let server = shop().await;
    let only: &[_] = &["Environments-2"];
    let key = reader(&server, "tess", &[(&["VariableView"], only)]).await;
    let key = Some(key.as_str());
    let own = format!("{SPACE}/projects/Projects-1/variables");
    let set = server.send_as(key, Method::GET, &own, None).await;
    let preview = format!("{SPACE}/variables/preview?project=shop&environment=test");
    let here = server.send_as(key, Method::GET, &preview, None).await;
    assert_eq!(
        (set.status, here.status),
        (200, 200),
        "{} {}",
        set.text,
        here.text
    );
    // Of `Host` there is a value for Production that Tess may see; the one for Test holds and stays hidden.
    let shown = format!("{}{}", set.text, here.text);
    for hidden in ["shared", "north", "http://", "hush"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert_eq!(told(&here.body), ["Host = null: Wins Elsewhere"]);
    assert_eq!(here.body["Names"][0]["Values"][0]["IsHidden"], true);
    assert_eq!(here.body["Variables"], json!([]));
}

#[tokio::test]
async fn a_new_release_is_told_the_names_that_changed_and_no_value() {
    let server = shop().await;
    let release = json!({ "ProjectId": "Projects-1", "Version": "1.0.0" });
    server.post(&format!("{SPACE}/releases"), release).await;
    let path = format!("{SPACE}/projects/shop/deploymentprocesses/template");
    let changed = async |key: Option<&str>| {
        let template = match key {
            None => server.get(&path).await,
            key => server.send_as(key, Method::GET, &path, None).await.body,
        };
        assert!(!template.to_string().contains("hush"), "{template}");
        template["VariablesChangedSinceLastRelease"].clone()
    };
    assert_eq!(changed(None).await, json!([]));
    let own = format!("{SPACE}/variables/variableset-Projects-1");
    let mut set = server.get(&own).await;
    for one in set["Variables"].as_array_mut().unwrap() {
        match (text(&one["Name"]), &one["Value"]) {
            ("Host", value) if *value == "live" => one["Value"] = json!("live-2"),
            ("Password", _) => one["Value"] = json!("hush-again"),
            ("Login", _) => one["Name"] = json!("User"),
            _ => {}
        }
    }
    server.put(&own, set).await;
    assert_eq!(changed(None).await, json!(["Host", "Password", "User"]));
    let project = format!("{SPACE}/projects/Projects-1");
    let mut made = server.get(&project).await;
    made["IncludedLibraryVariableSetIds"] = json!([]);
    server.put(&project, made).await;
    let all = json!(["Host", "Password", "Region", "Url", "User"]);
    assert_eq!(changed(None).await, all);

    let process: (&[&str], &[&str]) = (&["ProcessView"], &[]);
    let blind = reader(&server, "blind", &[process]).await;
    assert_eq!(changed(Some(&blind)).await, Value::Null);
    let test = (&["VariableView"] as &[&str], &["Environments-1"] as &[&str]);
    let tester = reader(&server, "tester", &[process, test]).await;
    let seen = changed(Some(&tester)).await;
    assert_eq!(
        seen,
        json!([]),
        "what changed for Test alone, of the project's own"
    );
}
