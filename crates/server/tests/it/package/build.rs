//! Build information: pushed before or after its package, and found with it.

use reqwest::Method;
use serde_json::{Value, json};

use super::upload::push;
use crate::test_server::TestServer;

fn pushed(version: &str, commit: &str) -> Value {
    json!({
        "spaceId": "Spaces-1", "spaceName": "Default", "PackageId": "Acme.Web", "Version": version,
        "OctopusBuildInformation": {
            "BuildEnvironment": "CI", "BuildNumber": "7", "BuildUrl": "https://ci.example/7", "Branch": "main", "VcsType": "Git",
            "VcsRoot": "https://git.example/web", "VcsCommitNumber": commit, "Commits": [{ "Id": commit, "Comment": "Fix #1" }],
        },
    })
}

#[tokio::test]
async fn a_build_is_found_with_its_package() {
    let server = TestServer::start().await;
    let path = "/api/Spaces-1/build-information";
    let made = server.post(path, pushed("1.0.0", "abc")).await;
    assert_eq!(
        (&made["VcsCommitNumber"], &made["Commits"][0]["Id"]),
        (&json!("abc"), &json!("abc"))
    );
    push(&server, "acme.web.1.0.zip").await;
    let package = server.get("/api/packages/packages-Acme.Web.1.0.0").await;
    assert_eq!(package["PackageVersionBuildInformation"], made);

    let exists = server
        .send(Method::POST, path, Some(pushed("1.0", "def")))
        .await;
    assert_eq!(exists.status, 409);
    assert!(
        exists
            .text
            .contains("Metadata for the specified Package ID and version already exists.")
    );
    let ignore = format!("{path}?overwriteMode=IgnoreIfExists");
    let kept = server
        .expect(Method::POST, &ignore, Some(pushed("1.0", "def")), 200)
        .await;
    assert_eq!(kept, made);
    let mut over = pushed("1.0", "def");
    over["OverwriteMode"] = json!("OverwriteExisting");
    let over = server.post(path, over).await;
    assert_eq!(
        (&over["Id"], &over["VcsCommitNumber"], &over["Version"]),
        (&made["Id"], &json!("def"), &json!("1.0.0"))
    );

    server.post(path, pushed("1.0.2", "x")).await;
    server.post(path, pushed("1.0.10", "y")).await;
    let list = server
        .get(&format!("{path}?packageId=acme.web&take=2"))
        .await;
    assert_eq!(
        (&list["TotalResults"], &list["Items"][0]["Version"]),
        (&json!(3), &json!("1.0.10"))
    );
    let latest = server.get(&format!("{path}?filter=acme&latest=true")).await;
    assert_eq!(
        (&latest["TotalResults"], &latest["Items"][0]["Version"]),
        (&json!(1), &json!("1.0.10"))
    );
    let own = format!("{path}/{}", made["Id"].as_str().unwrap());
    server.expect(Method::DELETE, &own, None, 200).await;
    assert_eq!(server.send(Method::GET, &own, None).await.status, 404);
    let ids: Vec<_> = list["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["Id"].as_str().unwrap())
        .collect();
    server
        .expect(
            Method::DELETE,
            &format!("{path}/bulk?ids={}", ids.join(",")),
            None,
            200,
        )
        .await;
    assert_eq!(server.get(path).await["TotalResults"], 0);
}

#[tokio::test]
async fn what_names_no_package_is_refused() {
    let server = TestServer::start().await;
    let mut wrong = pushed("one", "abc");
    wrong["PackageId"] = json!("../x");
    let answer = server
        .send(Method::POST, "/api/build-information", Some(wrong))
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.body["Errors"].as_array().unwrap().len(),
        2,
        "{}",
        answer.text
    );
}
