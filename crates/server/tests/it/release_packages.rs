//! Releases and the packages their process uses: chosen by what was asked for and what the channel allows, frozen with
//! their content, and missed when they are gone.

use reqwest::Method;
use serde_json::{Value, json};

use crate::package::upload::push;
use crate::project::step;
use crate::test_server::TestServer;

const PROJECT: &str = "/api/Spaces-1/projects/Projects-1";

/// A project whose step uses two packages, with some versions of each in the feed.
async fn world() -> TestServer {
    let server = TestServer::start().await;
    for file in [
        "Web.1.0.0.zip",
        "Web.1.1.0.zip",
        "Web.2.0.0-beta.1.zip",
        "Kit.3.1.zip",
        "Kit.3.2.zip",
    ] {
        push(&server, file).await;
    }
    let project = json!({ "Name": "Shop", "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1" });
    server.post("/api/Spaces-1/projects", project).await;
    save(&server, "feeds-builtin").await;
    server
}

async fn save(server: &TestServer, feed: &str) {
    let path = format!("{PROJECT}/deploymentprocesses");
    let mut process = server.get(&path).await;
    let mut deploy = step("Deploy", None);
    deploy["Actions"][0]["Packages"] = json!([
        { "Name": "", "PackageId": "Web", "FeedId": feed, "AcquisitionLocation": "Server", "Properties": { "SelectionMode": "immediate" } },
        { "Name": "Tools", "PackageId": "Kit", "FeedId": feed, "AcquisitionLocation": "Server", "Properties": { "Extract": "True" } },
    ]);
    process["Steps"] = json!([deploy]);
    server.put(&path, process).await;
}

async fn create(server: &TestServer, more: Value) -> Result<Vec<String>, Vec<String>> {
    let mut body = json!({ "SpaceIdOrName": "Spaces-1", "ProjectName": "Shop" });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = server
        .send(Method::POST, "/api/Spaces-1/releases/create/v1", Some(body))
        .await;
    let texts = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect()
    };
    if answer.status != 201 {
        assert_eq!(answer.status, 400, "{}", answer.text);
        return Err(texts(&answer.body["Errors"]));
    }
    let release = server
        .get(&format!(
            "/api/Spaces-1/releases/{}",
            answer.body["ReleaseId"].as_str().unwrap()
        ))
        .await;
    let selected = release["SelectedPackages"].as_array().unwrap().iter();
    let text = |one: &Value| {
        format!(
            "{}/{} {}",
            one["ActionName"].as_str().unwrap(),
            one["PackageReferenceName"].as_str().unwrap(),
            one["Version"].as_str().unwrap()
        )
    };
    Ok(selected.map(text).collect())
}

fn chosen(web: &str, kit: &str) -> Result<Vec<String>, Vec<String>> {
    Ok(vec![
        format!("Deploy/ {web}"),
        format!("Deploy/Tools {kit}"),
    ])
}

#[tokio::test]
async fn a_release_takes_the_newest_or_what_was_asked_for() {
    let server = world().await;
    assert_eq!(
        create(&server, json!({})).await,
        chosen("2.0.0-beta.1", "3.2")
    );
    assert_eq!(
        create(&server, json!({ "Packages": ["Deploy:1.0", "Kit:3.1.0"] })).await,
        chosen("1.0.0", "3.1")
    );
    assert_eq!(
        create(&server, json!({ "Packages": ["Deploy:Tools:3.1"] })).await,
        chosen("2.0.0-beta.1", "3.1")
    );
    assert_eq!(
        create(
            &server,
            json!({ "PackageVersion": "1.1", "packages": ["Tools:3.1"] })
        )
        .await,
        chosen("1.1.0", "3.1")
    );
    assert_eq!(
        create(&server, json!({ "PackagePrerelease": "^(beta|$)" })).await,
        chosen("2.0.0-beta.1", "3.2")
    );

    let problems = create(&server, json!({ "Packages": ["Web:9.9", "Nobody:1.0"] }))
        .await
        .unwrap_err();
    insta::assert_snapshot!(problems.join("\n"), @r#"
    Packages: 'Nobody:1.0' names no package of the deployment process; it uses Web of step "Deploy", Kit (reference "Tools") of step "Deploy".
    There is no version 9.9 of Web of step "Deploy" in the built-in feed. The newest one there is 2.0.0-beta.1. Push it first (packages/raw), or choose another.
    "#);
    let problems = create(&server, json!({ "Packages": ["latest"] }))
        .await
        .unwrap_err();
    assert!(problems[0].contains("Step:1.2.3"), "{problems:?}");
    assert_eq!(
        server.get(&format!("{PROJECT}/releases")).await["TotalResults"],
        5,
        "what is refused is not made"
    );

    // The same again is the same release, whatever packages there are now.
    let same = json!({ "ReleaseVersion": "7.0.0", "IgnoreIfAlreadyExists": true });
    assert_eq!(
        create(&server, same.clone()).await,
        chosen("2.0.0-beta.1", "3.2")
    );
    push(&server, "Web.3.0.0.zip").await;
    assert_eq!(create(&server, same).await, chosen("2.0.0-beta.1", "3.2"));
    assert_eq!(create(&server, json!({})).await, chosen("3.0.0", "3.2"));
}

/// What the template says of each package: the version a release made now would get, and the one the last release has.
fn said(template: &Value) -> Vec<String> {
    let one = |package: &Value| {
        let text = |key: &str| package[key].as_str().unwrap_or("none").to_owned();
        let dated = package["VersionSelectedNowPublished"].is_string();
        assert_eq!(dated, package["VersionSelectedNow"].is_string());
        let (now, last) = (
            text("VersionSelectedNow"),
            text("VersionSelectedLastRelease"),
        );
        format!("{} {now}, last {last}", text("PackageId"))
    };
    template["Packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(one)
        .collect()
}

#[tokio::test]
async fn the_template_says_which_versions_a_release_made_now_would_get() {
    let server = world().await;
    let path = format!("{PROJECT}/deploymentprocesses/template");
    let first = server.get(&path).await;
    assert_eq!(
        said(&first),
        ["Web 2.0.0-beta.1, last none", "Kit 3.2, last none"]
    );
    assert_eq!(first["VariablesChangedSinceLastRelease"], Value::Null);
    create(&server, json!({ "Packages": ["Web:1.0.0"] }))
        .await
        .unwrap();
    assert_eq!(
        said(&server.get(&path).await),
        ["Web 2.0.0-beta.1, last 1.0.0", "Kit 3.2, last 3.2"]
    );

    let only = |tag: &str| json!([{ "ActionPackages": [{ "DeploymentAction": "Deploy", "PackageReference": "" }], "VersionRange": "", "Tag": tag }]);
    let channel = json!({ "Name": "Stable", "ProjectId": "Projects-1", "Rules": only("^$") });
    let mut channel = server.post("/api/Spaces-1/channels", channel).await;
    let id = channel["Id"].as_str().unwrap().to_owned();
    let of_channel = format!("{path}?channel={id}");
    assert_eq!(
        said(&server.get(&of_channel).await),
        ["Web 1.1.0, last 1.0.0", "Kit 3.2, last 3.2"]
    );
    channel["Rules"] = only("^rc");
    server
        .put(&format!("/api/Spaces-1/channels/{id}"), channel)
        .await;
    let none = server.get(&of_channel).await;
    assert_eq!(said(&none), ["Web none, last 1.0.0", "Kit 3.2, last 3.2"]);
    let why = none["Packages"][0]["WhyNoVersion"].as_str().unwrap();
    assert!(why.starts_with("None of the 3 versions of Web"), "{why}");

    let mut project = server.get(PROJECT).await;
    project["VersioningStrategy"] = json!({ "Template": null, "DonorPackage": { "DeploymentAction": "Deploy", "PackageReference": "Tools" } });
    server.put(PROJECT, project).await;
    let by_package = server.get(&path).await;
    let keys = [
        "NextVersionIncrement",
        "VersioningPackageStepName",
        "VersioningPackageReferenceName",
    ];
    let is = keys.map(|key| by_package[key].clone());
    assert_eq!(is, [Value::Null, json!("Deploy"), json!("Tools")]);
}

#[allow(clippy::too_many_lines, reason = "one world, asked in many ways")]
#[tokio::test]
async fn a_channel_chooses_and_refuses_versions() {
    let server = world().await;
    let rule = |range: &str, tag: &str| json!({ "ActionPackages": [{ "DeploymentAction": "Deploy", "PackageReference": "" }], "VersionRange": range, "Tag": tag });
    let channel =
        |rule: Value| json!({ "Name": "Stable", "ProjectId": "Projects-1", "Rules": [rule] });
    let wrong = server
        .send(
            Method::POST,
            "/api/Spaces-1/channels",
            Some(channel(rule("[2,1]", "("))),
        )
        .await;
    assert_eq!(wrong.status, 400);
    assert!(
        wrong
            .text
            .contains("Rules[0]: '[2,1]' is not a version range"),
        "{}",
        wrong.text
    );
    server
        .post("/api/Spaces-1/channels", channel(rule("[1.0,2.0]", "^$")))
        .await;

    let stable = |more: Value| {
        let mut body = json!({ "ChannelName": "stable" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(
        create(&server, stable(json!({}))).await,
        chosen("1.1.0", "3.2")
    );
    assert_eq!(
        create(&server, stable(json!({ "Packages": ["Web:1.0.0"] }))).await,
        chosen("1.0.0", "3.2")
    );
    let problems = create(&server, stable(json!({ "Packages": ["Web:2.0.0-beta.1"] })))
        .await
        .unwrap_err();
    insta::assert_snapshot!(problems.join("\n"), @r#"Version 2.0.0-beta.1 of Web of step "Deploy" is not allowed in the channel Stable: its pre-release tag 'beta.1' does not match ^$. Choose another version or channel, or set IgnoreChannelRules."#);
    let anyway = stable(json!({ "Packages": ["Web:2.0.0-beta.1"], "IgnoreChannelRules": true }));
    assert_eq!(create(&server, anyway).await, chosen("2.0.0-beta.1", "3.2"));
    let newest = server.get(&format!("{PROJECT}/releases?take=1")).await;
    assert_eq!(newest["Items"][0]["IgnoreChannelRules"], true);

    for id in ["packages-Web.1.0.0", "packages-Web.1.1.0"] {
        server
            .expect(
                Method::DELETE,
                &format!("/api/Spaces-1/packages/{id}"),
                None,
                200,
            )
            .await;
    }
    let problems = create(&server, stable(json!({}))).await.unwrap_err();
    assert!(
        problems[0].starts_with(
            "None of the 1 versions of Web of step \"Deploy\" fits the rules of the channel Stable"
        ),
        "{problems:?}"
    );

    let test = async |query: &str| {
        server
            .get(&format!("/api/Spaces-1/channels/rule-test?{query}"))
            .await
    };
    let fits = test("version=1.5.0&versionRange=[1.0,2.0)&preReleaseTag=%5E%24").await;
    assert_eq!(
        fits,
        json!({ "SatisfiesVersionRange": true, "SatisfiesPreReleaseTag": true, "Errors": [] })
    );
    let fits = test("version=2.5.0-rc.1&versionRange=[1.0,2.0)&preReleaseTag=%5Erc").await;
    assert_eq!(
        fits,
        json!({ "SatisfiesVersionRange": false, "SatisfiesPreReleaseTag": true, "Errors": [] })
    );
    assert_eq!(
        test("version=one&versionRange=(1.0)&preReleaseTag=(").await["Errors"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

/// The older endpoint, as the portal of Octopus uses it.
#[tokio::test]
async fn the_older_endpoint_freezes_what_was_selected_with_its_content() {
    let server = world().await;
    let selected =
        json!([{ "ActionName": "Deploy", "PackageReferenceName": "", "Version": "1.0.0" }]);
    let body = json!({ "ProjectId": "Projects-1", "ChannelId": "Channels-1", "Version": "1.0.0", "SelectedPackages": selected });
    let release = server.post("/api/Spaces-1/releases", body).await;
    let own = release["Links"]["Self"].as_str().unwrap().to_owned();
    let web = server
        .get("/api/Spaces-1/packages/packages-Web.1.0.0")
        .await;
    assert_eq!(release["SelectedPackages"][0]["Version"], "1.0.0");
    assert_eq!(release["SelectedPackages"][0]["Hash"], web["Hash"]);
    assert_eq!(
        release["SelectedPackages"][1]["Version"], "3.2",
        "what is left out is the newest"
    );

    let missing = format!("{own}/missingpackages");
    assert_eq!(server.get(&missing).await, json!({ "Packages": [] }));
    server
        .expect(
            Method::DELETE,
            "/api/Spaces-1/packages/packages-Web.1.0.0",
            None,
            200,
        )
        .await;
    assert_eq!(
        server.get(&missing).await,
        json!({ "Packages": [{ "Id": "Web", "Version": "1.0.0" }] })
    );

    let template = server
        .get(&format!("{PROJECT}/deploymentprocesses/template"))
        .await;
    let packages = template["Packages"].as_array().unwrap();
    assert_eq!(packages.len(), 2);
    assert_eq!(
        (
            &packages[0]["PackageId"],
            &packages[0]["VersionSelectedLastRelease"]
        ),
        (&json!("Web"), &json!("1.0.0"))
    );
    assert_eq!(
        (
            &packages[1]["PackageReferenceName"],
            &packages[1]["IsResolvable"]
        ),
        (&json!("Tools"), &json!(true))
    );
}

#[tokio::test]
async fn packages_give_releases_their_version_or_must_be_named() {
    let server = world().await;
    let mut project = server.get(PROJECT).await;
    project["VersioningStrategy"] = json!({ "Template": "", "DonorPackage": { "DeploymentAction": "Deploy", "PackageReference": "Tools" } });
    server.put(PROJECT, project).await;
    create(&server, json!({ "Packages": ["Tools:3.1"] }))
        .await
        .unwrap();
    let newest = server.get(&format!("{PROJECT}/releases?take=1")).await;
    assert_eq!(newest["Items"][0]["Version"], "3.1");

    save(&server, "Feeds-1001").await;
    let problems = create(&server, json!({ "ReleaseVersion": "4.0" }))
        .await
        .unwrap_err();
    assert!(
        problems[0].contains("cannot be looked up") && problems[0].contains("Deploy:1.0.0"),
        "{problems:?}"
    );
    let named = json!({ "ReleaseVersion": "4.0", "PackageVersion": "5.5" });
    assert_eq!(create(&server, named).await, chosen("5.5", "5.5"));
}
