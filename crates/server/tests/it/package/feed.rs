//! Looking for packages, as the official clients do.

use reqwest::Method;
use serde_json::{Value, json};

use super::upload::{push, push_with, stored};
use crate::test_server::TestServer;

async fn world() -> TestServer {
    let server = TestServer::start().await;
    for file in [
        "Acme.Web.1.0.0.zip",
        "Acme.Web.1.0.10.zip",
        "Acme.Web.1.0.9.tar.gz.zip",
        "Acme.Web.1.0.9.zip",
        "acme.web.1.1.0-beta.2.zip",
        "Acme.Web.1.1.0-beta.10.zip",
        "Acme.Web.1.1.0+build.5.zip",
        "Acme.Web.2.0.zip",
        "Acme.Db.1.0.0.zip",
        "Tool.3.0.0.nupkg",
    ] {
        if !file.contains(".tar.gz.zip") {
            push(&server, file).await;
        }
    }
    server
}

fn texts(page: &Value, key: &str) -> Vec<String> {
    let items = page["Items"].as_array().unwrap().iter();
    items
        .map(|item| item[key].as_str().unwrap().to_owned())
        .collect()
}

#[allow(clippy::too_many_lines, reason = "one world, asked in many ways")]
#[tokio::test]
async fn versions_come_newest_first_and_are_chosen_by_range_and_tag() {
    let server = world().await;
    let feeds = server
        .get("/api/Spaces-1/feeds?feedType=BuiltIn&take=1")
        .await;
    assert_eq!(feeds["TotalResults"], 1);
    let link = feeds["Items"][0]["Links"]["SearchPackageVersionsTemplate"]
        .as_str()
        .unwrap();
    let base = link.split('{').next().unwrap().to_owned();
    let versions = async |query: &str| {
        let page = server
            .get(&format!("{base}?packageId=acme.WEB&{query}"))
            .await;
        texts(&page, "Version")
    };
    assert_eq!(
        versions("").await,
        [
            "2.0",
            "1.1.0+build.5",
            "1.1.0-beta.10",
            "1.1.0-beta.2",
            "1.0.10",
            "1.0.9",
            "1.0.0"
        ]
    );
    assert_eq!(versions("take=1").await, ["2.0"]);
    assert_eq!(versions("skip=1&take=1").await, ["1.1.0+build.5"]);
    assert_eq!(
        versions("take=1&versionRange=%5B1.0,2.0)").await,
        ["1.1.0+build.5"]
    );
    assert_eq!(
        versions("preReleaseTag=%5E%24").await,
        ["2.0", "1.0.10", "1.0.9", "1.0.0"]
    );
    assert_eq!(
        versions("take=1&preReleaseTag=%5Ebeta&versionRange=%5B1.0,2.0)").await,
        ["1.1.0-beta.10"]
    );
    assert_eq!(
        versions("includePreRelease=false&filter=1.1").await,
        ["1.1.0+build.5"]
    );
    assert_eq!(versions("filter=BETA.1").await, ["1.1.0-beta.10"]);
    let one = server
        .get(&format!("{base}?packageId=Acme.Web&take=1"))
        .await;
    assert!(
        one["Items"][0]["SizeBytes"].is_u64() && one["Items"][0]["Published"].is_string(),
        "{one}"
    );
    assert_eq!(one["TotalResults"], 7);
    for (query, words) in [
        ("versionRange=%5B2,1%5D", "not a version range"),
        ("preReleaseTag=(", "regular expression"),
    ] {
        let wrong = server
            .send(
                Method::GET,
                &format!("{base}?packageId=Acme.Web&{query}"),
                None,
            )
            .await;
        assert_eq!(wrong.status, 400);
        assert!(wrong.text.contains(words), "{}", wrong.text);
    }
    assert_eq!(
        server.send(Method::GET, &base, None).await.status,
        400,
        "of which package?"
    );
    assert!(
        versions("packageId=Acme").await.len() == 7,
        "the first wins"
    );
}

#[tokio::test]
async fn packages_are_listed_searched_and_counted() {
    let server = world().await;
    let list = async |query: &str| server.get(&format!("/api/packages?{query}")).await;
    assert_eq!(list("take=2147483647").await["TotalResults"], 9);
    assert_eq!(
        texts(&list("filter=acme&latest=true").await, "Id"),
        ["packages-Acme.Db.1.0.0", "packages-Acme.Web.2.0"]
    );
    assert_eq!(
        texts(&list("nuGetPackageId=tool").await, "Id"),
        ["packages-Tool.3.0.0"]
    );
    assert_eq!(
        texts(
            &list("ids=packages-tool.3.0.0,packages-None.1.0").await,
            "Id"
        ),
        ["packages-Tool.3.0.0"]
    );
    let page = list("skip=2&take=3").await;
    assert_eq!(
        (
            page["Items"].as_array().unwrap().len(),
            &page["TotalResults"]
        ),
        (3, &serde_json::json!(9))
    );
    let found = server
        .get("/api/Spaces-1/feeds/feeds-builtin/packages/search?term=WE")
        .await;
    assert_eq!(texts(&found, "Id"), ["Acme.Web"]);
    assert_eq!(found["Items"][0]["LatestVersion"], "2.0");
    assert_eq!(server.get("/api/feeds/stats").await["TotalPackages"], 9);
    assert_eq!(
        server
            .get("/api/Spaces-1/feeds/octopus-server-built-in")
            .await["Id"],
        "feeds-builtin"
    );
}

#[tokio::test]
async fn notes_are_answered_for_each_package() {
    let server = world().await;
    let notes = server
        .get("/api/packages/notes?packageIds=packages-Tool.3.0.0,packages-No.1.0")
        .await;
    assert_eq!(notes["Packages"][0]["PackageId"], "Tool");
    assert_eq!(notes["Packages"][0]["Notes"]["Succeeded"], true);
    assert_eq!(notes["Packages"][1]["Notes"]["Succeeded"], false);
    let one = server
        .get("/api/feeds/feeds-builtin/packages/notes?packageId=Tool&version=3.0")
        .await;
    assert_eq!(one["Succeeded"], true);
    assert_eq!(one["Notes"], json!(null));
    let nuspec =
        "<package><metadata><releaseNotes>Faster &amp; smaller</releaseNotes></metadata></package>";
    let nupkg = stored("Acme.Lib.nuspec", nuspec.as_bytes());
    let pushed = push_with(&server, "", "Acme.Lib.1.0.0.nupkg", &nupkg).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    let one = server
        .get("/api/feeds/feeds-builtin/packages/notes?packageId=Acme.Lib&version=1.0")
        .await;
    assert_eq!(one["Notes"], "Faster & smaller");
}

/// Octopus' clients fall back to whole files when there is nothing to compare with.
#[tokio::test]
async fn differences_are_not_taken_and_clients_are_told_so() {
    let server = world().await;
    let path = "/api/Spaces-1/packages/Tool/4.0.0/delta-signature";
    let signature = server.send(Method::GET, path, None).await;
    assert_eq!(signature.status, 404);
    assert!(signature.text.contains("whole file"), "{}", signature.text);
    let delta = server
        .send(
            Method::POST,
            "/api/Spaces-1/packages/Tool/3.0.0/delta",
            None,
        )
        .await;
    assert_eq!(delta.status, 400);
}
