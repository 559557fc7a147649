//! Pushing, and what becomes of the file.

use reqwest::Method;
use serde_json::json;

use super::upload::{MULTIPART, audit, files, form, post, push, push_with, raw, zip};
use crate::test_server::{ADMIN_KEY, TestServer};

#[tokio::test]
async fn a_package_is_kept_as_it_was_sent_and_says_what_it_is() {
    let server = TestServer::start().await;
    let content = zip("hello");
    let body = form("fileToUpload", "Acme.Web.1.2.3-beta.1.zip", &content);
    let pushed = post(&server, (ADMIN_KEY, ""), MULTIPART, body).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    insta::assert_json_snapshot!(pushed.body, @r#"
    {
      "Id": "packages-Acme.Web.1.2.3-beta.1",
      "SpaceId": "Spaces-1",
      "PackageId": "Acme.Web",
      "NuGetPackageId": "Acme.Web",
      "Version": "1.2.3-beta.1",
      "FeedId": "feeds-builtin",
      "NuGetFeedId": "feeds-builtin",
      "Title": "Acme.Web",
      "Summary": "",
      "Description": "",
      "Published": "2026-01-02T03:04:05.000+00:00",
      "FileExtension": ".zip",
      "PackageSizeBytes": 27,
      "Hash": "7b1552117e98ad1c1a8e8625fcbcc7ec279075be9e235929774ebb3dc13b7786",
      "Links": {
        "Self": "/api/Spaces-1/packages/packages-Acme.Web.1.2.3-beta.1",
        "Raw": "/api/Spaces-1/packages/packages-Acme.Web.1.2.3-beta.1/raw",
        "Feed": "/api/Spaces-1/feeds/feeds-builtin",
        "AllVersions": "/api/Spaces-1/packages?nuGetPackageId=Acme.Web"
      }
    }
    "#);
    let own = "/api/Spaces-1/packages/packages-Acme.Web.1.2.3-beta.1";
    for same in [
        own.to_owned(),
        own.to_lowercase(),
        own.replace("1.2.3-beta", "1.2.3.0-BETA"),
    ] {
        assert_eq!(server.get(&same).await, pushed.body, "{same}");
    }
    let (status, headers, bytes) = raw(&server, &format!("{own}/raw"), &[]).await;
    assert_eq!((status, &bytes), (200, &content));
    assert_eq!(headers["content-length"], content.len().to_string());
    assert!(
        headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("Acme.Web.1.2.3-beta.1.zip")
    );
    let (status, headers, bytes) =
        raw(&server, &format!("{own}/raw"), &[("Range", "bytes=4-9")]).await;
    assert_eq!((status, &bytes[..]), (206, &content[4..10]));
    assert_eq!(
        headers["content-range"],
        format!("bytes 4-9/{}", content.len())
    );
    let (status, ..) = raw(&server, &format!("{own}/raw"), &[("Range", "bytes=999-")]).await;
    assert_eq!(status, 416);
    assert_eq!(
        audit(&server).await,
        ["Created: Package Acme.Web 1.2.3-beta.1 was pushed"]
    );
}

#[tokio::test]
async fn what_is_there_already_decides_by_the_mode() {
    let server = TestServer::start().await;
    let first = push(&server, "a.1.0.0.zip").await;
    for same in ["a.1.0.0.zip", "A.1.0.zip"] {
        let again = push_with(&server, "", same, &zip("other")).await;
        assert_eq!(
            (again.status, &again.body["Code"]),
            (409, &json!("PackageExists"))
        );
        assert!(
            again
                .text
                .contains("A package with the same name and version already exists")
        );
    }
    let ignored = push_with(
        &server,
        "?overwriteMode=IgnoreIfExists",
        "a.1.0.0.zip",
        &zip("other"),
    )
    .await;
    assert_eq!((ignored.status, &ignored.body), (200, &first));
    assert_eq!(files(&server).len(), 1, "{:?}", files(&server));

    for (query, comment) in [
        ("?overwriteMode=overwriteexisting", "two"),
        ("?replace=true", "three"),
    ] {
        let replaced = push_with(&server, query, "a.1.0.0.zip", &zip(comment)).await;
        assert_eq!(replaced.status, 201, "{}", replaced.text);
        assert_ne!(replaced.body["Hash"], first["Hash"]);
        let (_, _, bytes) = raw(&server, "/api/packages/packages-a.1.0.0/raw", &[]).await;
        assert_eq!(bytes, zip(comment));
        assert_eq!(
            files(&server).len(),
            1,
            "the content before is gone: {:?}",
            files(&server)
        );
    }
    let wrong = push_with(&server, "?overwriteMode=maybe", "a.1.0.0.zip", &zip("x")).await;
    assert_eq!(wrong.status, 400);
    let said = audit(&server).await;
    let said: Vec<_> = said
        .iter()
        .map(|text| text.split(':').next().unwrap())
        .collect();
    assert_eq!(said, ["Modified", "Modified", "Created"]);
}

/// Equal content is one file, and goes with the last package that has it.
#[tokio::test]
async fn content_is_stored_once_and_goes_with_the_last_that_has_it() {
    let server = TestServer::start().await;
    let other = server
        .post("/api/spaces", json!({ "Name": "Other", "SpaceManagersTeams": ["teams-administrators"], "TaskQueueStopped": true }))
        .await;
    for name in ["a.1.0.0.zip", "a.1.0.1.zip", "b.1.0.0.zip"] {
        assert_eq!(push_with(&server, "", name, &zip("same")).await.status, 201);
    }
    let space = other["Id"].as_str().unwrap();
    let url = format!("{}/api/{space}/packages/raw", server.base);
    let request = server.http.post(url).header("X-Octopus-ApiKey", ADMIN_KEY);
    let request =
        request
            .header("Content-Type", MULTIPART)
            .body(form("f", "a.1.0.0.zip", &zip("same")));
    let there = crate::test_server::answered(request).await;
    assert_eq!(
        there.status, 201,
        "the same package in another space is another one: {}",
        there.text
    );
    assert_eq!(files(&server).len(), 1);

    let delete = async |path: &str| server.expect(Method::DELETE, path, None, 200).await;
    delete("/api/packages/packages-a.1.0.0").await;
    let missing = server
        .send(Method::DELETE, "/api/packages/packages-a.1.0.0", None)
        .await;
    assert_eq!(missing.status, 404);
    let partly = "/api/packages/bulk?ids=packages-b.1.0.0,packages-nothing.1.0.0";
    assert_eq!(server.send(Method::DELETE, partly, None).await.status, 404);
    assert_eq!(
        server.get("/api/Spaces-1/feeds/stats").await["TotalPackages"],
        2,
        "all or none"
    );
    let everywhere = server.get("/api/feeds/stats").await;
    assert_eq!(everywhere["TotalPackages"], 3, "of all spaces");
    delete("/api/packages/bulk?ids=packages-b.1.0.0&ids=packages-a.1.0.1,packages-A.1.0.1").await;
    assert_eq!(files(&server).len(), 1, "the other space has it still");
    delete(&format!("/api/spaces/{space}")).await;
    assert!(files(&server).is_empty(), "{:?}", files(&server));
}

#[tokio::test]
async fn replacing_and_deleting_need_more_than_pushing() {
    let server = TestServer::start().await;
    push(&server, "a.1.0.0.zip").await;
    let user = server
        .post(
            "/api/users",
            json!({ "Username": "robot", "DisplayName": "r", "IsService": true }),
        )
        .await;
    let role =
        json!({ "Name": "Pusher", "GrantedSpacePermissions": ["BuiltInFeedPush", "FeedView"] });
    let role = server.post("/api/userroles", role).await;
    let team = json!({ "Name": "Robots", "MemberUserIds": [user["Id"]] });
    let team = server.post("/api/teams", team).await;
    let grant = json!({ "TeamId": team["Id"], "UserRoleId": role["Id"], "SpaceId": "Spaces-1" });
    server.post("/api/scopeduserroles", grant).await;
    let keys = format!("/api/users/{}/apikeys", user["Id"].as_str().unwrap());
    let key = server.post(&keys, json!({ "Purpose": "t" })).await;
    let key = key["ApiKey"].as_str().unwrap();

    let new = post(
        &server,
        (key, ""),
        MULTIPART,
        form("f", "a.1.0.1.zip", &zip("x")),
    )
    .await;
    assert_eq!(new.status, 201, "{}", new.text);
    let query = "?overwriteMode=OverwriteExisting";
    let over = post(
        &server,
        (key, query),
        MULTIPART,
        form("f", "a.1.0.0.zip", &zip("x")),
    )
    .await;
    assert_eq!(over.status, 403, "{}", over.text);
    assert!(over.text.contains("BuiltInFeedAdminister"), "{}", over.text);
    let path = "/api/Spaces-1/packages/packages-a.1.0.0";
    let delete = server.send_as(Some(key), Method::DELETE, path, None).await;
    assert_eq!(delete.status, 403);
    let download = server
        .send_as(Some(key), Method::GET, &format!("{path}/raw"), None)
        .await;
    assert_eq!(download.status, 403);
    assert_eq!(
        server.get(path).await["PackageSizeBytes"],
        zip("a.1.0.0.zip").len()
    );
    assert_eq!(files(&server).len(), 2);
}
