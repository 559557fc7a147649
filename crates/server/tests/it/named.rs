//! What documents name must be there when they are saved, and stays, or is taken out of them, when it is deleted.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::project::step;
use crate::test_server::{PASSWORD, TestServer};
use crate::variable::shop;

const SPACE: &str = "/api/Spaces-1";

async fn errors(server: &TestServer, method: Method, path: &str, body: Option<Value>) -> Value {
    server.expect(method, path, body, 400).await["Errors"].clone()
}

/// A user and its id.
async fn user(server: &TestServer, name: &str) -> Value {
    let user = json!({ "Username": name, "Password": PASSWORD });
    server.post("/api/users", user).await["Id"].clone()
}

#[tokio::test]
async fn an_environment_stays_as_long_as_something_names_it() {
    let server = shop().await;
    let path = format!("{SPACE}/projects/Projects-1");
    let mut project = server.get(&path).await;
    project["TenantedDeploymentMode"] = json!("TenantedOrUntenanted");
    server.put(&path, project).await;
    let here = json!(["Environments-2"]);
    let account = json!({ "Name": "db", "AccountType": "Token", "EnvironmentIds": here,
        "Token": { "HasValue": true, "NewValue": "hush" } });
    let tenant = json!({ "Name": "Acme", "ProjectEnvironments": { "Projects-1": here } });
    let runbook = json!({ "Name": "Restart", "ProjectId": "Projects-1", "EnvironmentScope": "Specified",
        "Environments": here });
    let mut own = Vec::new();
    for (collection, body) in [
        ("accounts", account),
        ("tenants", tenant),
        ("runbooks", runbook),
    ] {
        let made = server.post(&format!("{SPACE}/{collection}"), body).await;
        own.push(format!(
            "{SPACE}/{collection}/{}",
            made["Id"].as_str().unwrap()
        ));
    }
    let team = server
        .post("/api/teams", json!({ "Name": "Testers" }))
        .await;
    let role = json!({ "TeamId": team["Id"], "UserRoleId": "userroles-projectviewer",
        "SpaceId": "Spaces-1", "EnvironmentIds": here });
    let role = server.post("/api/scopeduserroles", role).await;
    own.push(format!(
        "/api/scopeduserroles/{}",
        role["Id"].as_str().unwrap()
    ));

    let path = format!("{SPACE}/environments/Environments-2");
    let used = |what: &str| format!("The {what} uses this environment. Remove it there first.");
    let users = [
        "tenant 'Acme'",
        "account 'db'",
        "runbook 'Restart'",
        "variables of 'Shop'",
        "role of team 'Testers'",
    ];
    assert_eq!(
        errors(&server, Method::DELETE, &path, None).await,
        json!(users.map(used))
    );
    for own in own {
        server.expect(Method::DELETE, &own, None, 200).await;
    }
    let set = format!("{SPACE}/variables/variableset-Projects-1");
    let mut variables = server.get(&set).await;
    variables["Variables"] = json!([]);
    server.put(&set, variables).await;
    server.expect(Method::DELETE, &path, None, 200).await;
}

#[tokio::test]
async fn an_environment_stays_as_long_as_something_is_queued_for_it() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let path = format!("{SPACE}/environments/{}", world.id("environments"));
    let said = errors(&server, Method::DELETE, &path, None)
        .await
        .to_string();
    assert!(
        said.contains("has not ended. Cancel it, or wait until it has."),
        "{said}"
    );
}

#[tokio::test]
async fn a_space_can_be_saved_after_its_managers_are_gone() {
    let server = TestServer::start().await;
    assert_eq!(
        server.get("/api/spaces/Spaces-1").await["SpaceManagersTeamMembers"],
        json!([])
    );
    let (ada, bob) = (user(&server, "ada").await, user(&server, "bob").await);
    let team = server.post("/api/teams", json!({ "Name": "Owners" })).await["Id"].clone();
    let space = json!({ "Name": "Other", "SpaceManagersTeams": [team], "SpaceManagersTeamMembers": [ada, bob] });
    let space = server.post("/api/spaces", space).await;
    let own = format!("/api/spaces/{}", space["Id"].as_str().unwrap());
    let managers = format!("teams-spacemanagers-{}", space["Id"].as_str().unwrap());
    for gone in [
        format!("users/{}", ada.as_str().unwrap()),
        format!("teams/{}", team.as_str().unwrap()),
    ] {
        server
            .expect(Method::DELETE, &format!("/api/{gone}"), None, 200)
            .await;
    }
    let mut space = server.get(&own).await;
    assert_eq!(
        (
            &space["SpaceManagersTeamMembers"],
            &space["SpaceManagersTeams"]
        ),
        (&json!([bob]), &json!([managers]))
    );
    space["TaskQueueStopped"] = json!(true);
    server.put(&own, space).await;
    // Without anybody left its queue can still be started by whoever may edit spaces.
    let bob = format!("/api/users/{}", bob.as_str().unwrap());
    server.expect(Method::DELETE, &bob, None, 200).await;
    let mut space = server.get(&own).await;
    space["TaskQueueStopped"] = json!(false);
    let space = server.put(&own, space).await;
    assert_eq!(space["SpaceManagersTeamMembers"], json!([]));
    let mut wrong = space.clone();
    wrong["SpaceManagersTeamMembers"] = json!(["Users-404"]);
    let said = errors(&server, Method::PUT, &own, Some(wrong)).await;
    assert_eq!(
        said,
        json!(["SpaceManagersTeamMembers: 'Users-404' does not exist in this space."])
    );
}

#[tokio::test]
async fn a_channel_names_tags_steps_and_packages_that_are_there() {
    let server = shop().await;
    let path = format!("{SPACE}/projects/Projects-1/deploymentprocesses");
    let mut process = server.get(&path).await;
    let mut build = step("Build", None);
    build["Actions"][0]["Packages"] = json!([{ "Name": "Tools", "PackageId": "Kit", "FeedId": "feeds-builtin",
        "AcquisitionLocation": "Server" }]);
    process["Steps"] = json!([build]);
    server.put(&path, process).await;
    let rule = |action: &str, reference: &str| {
        let about = json!([{ "DeploymentAction": action, "PackageReference": reference }]);
        json!({ "ActionPackages": about, "VersionRange": "[1.0,2.0)", "Tag": "" })
    };
    let channel = |rules: Value, tags: Value| json!({ "Name": "Stable", "ProjectId": "Projects-1", "Rules": rules, "TenantTags": tags });
    let channels = format!("{SPACE}/channels");
    let nowhere = channel(json!([]), json!(["Nope/Nothing"]));
    assert_eq!(
        errors(&server, Method::POST, &channels, Some(nowhere)).await,
        json!(["TenantTags: 'Nope/Nothing': there is no tag set 'Nope' in this space."])
    );
    let nothing = channel(
        json!([
            rule("Build", "Tools"),
            rule("nosuch", ""),
            rule("Build", "")
        ]),
        json!([]),
    );
    let says = |at: usize, step: &str| {
        format!(
            "Rules[{at}]: the process has no step '{step}' with a package ''. Name one it has, or save the process first."
        )
    };
    assert_eq!(
        errors(&server, Method::POST, &channels, Some(nothing)).await,
        json!([says(1, "nosuch"), says(2, "Build")])
    );
    let made = channel(json!([rule("build", "tools")]), json!([]));
    let mut made = server.post(&channels, made).await;
    // The process goes on; what was saved can be saved again.
    let mut process = server.get(&path).await;
    process["Steps"] = json!([step("Other", None)]);
    server.put(&path, process).await;
    made["Description"] = json!("as it was");
    let own = made["Links"]["Self"].as_str().unwrap().to_owned();
    server.put(&own, made).await;
    let clone = json!({ "Name": "Copy", "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1",
        "ClonedFromProjectId": "Projects-1" });
    server.post(&format!("{SPACE}/projects"), clone).await;
}

#[tokio::test]
async fn a_tag_is_kept_as_its_set_spells_it_and_found_in_any_case() {
    let server = TestServer::start().await;
    let set = json!({ "Name": "Ring", "Tags": [{ "Name": "Beta" }] });
    let mut set = server.post(&format!("{SPACE}/tagsets"), set).await;
    let tenant = json!({ "Name": "Acme", "TenantTags": ["ring/BETA", "Ring/Beta"] });
    let tenant = server.post(&format!("{SPACE}/tenants"), tenant).await;
    assert_eq!(tenant["TenantTags"], json!(["Ring/Beta"]));
    let found = async |tag: &str| {
        let list = server.get(&format!("{SPACE}/tenants?tags={tag}")).await;
        list["TotalResults"].clone()
    };
    for tag in ["Ring/Beta", "ring/BETA"] {
        assert_eq!(found(tag).await, 1, "{tag}");
    }
    set["Tags"][0]["Name"] = json!("Early");
    let own = set["Links"]["Self"].as_str().unwrap().to_owned();
    server.put(&own, set).await;
    assert_eq!(
        (found("ring/early").await, found("Ring/Beta").await),
        (json!(1), json!(0))
    );
}
