//! `package …`: uploaded, listed, its versions, deleted; `build-information …`.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{Client, is_an_error, plain};
use crate::installation::{ADMIN_KEY, Installation, text};
use crate::npm::traffic;

/// A zip with nothing in it.
const EMPTY_ZIP: [u8; 22] = {
    let mut zip = [0; 22];
    (zip[0], zip[1], zip[2], zip[3]) = (b'P', b'K', 5, 6);
    zip
};

/// One file in the field `file`.
async fn upload(client: &Client<'_>, file: &str, mode: &str) -> (StatusCode, Value) {
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    let body = [head.as_bytes(), &EMPTY_ZIP, b"\r\n--x--\r\n"].concat();
    let url = format!(
        "{}{}?overwriteMode={mode}",
        client.installation.base,
        client.link("PackageUpload")
    );
    client.note(&Method::POST, &url[client.installation.base.len()..]);
    let answer = reqwest::Client::new()
        .post(url)
        .header("X-Octopus-ApiKey", ADMIN_KEY)
        .header("Content-Type", "multipart/form-data; boundary=x")
        .body(body)
        .send()
        .await
        .unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_uploaded_listed_and_deleted() {
    let installation = Installation::start().await;
    let client = Client::start(&installation).await;
    client.command("package upload");
    // The difference to the version before is tried first; where that is not known, the whole is sent.
    let delta = format!("/api/{}/packages/Shop/1.9.0/delta-signature", client.space);
    let unknown = client.try_send(Method::GET, &delta, None).await;
    assert_eq!(unknown.unwrap_err().status, StatusCode::NOT_FOUND);
    for (file, mode, status) in [
        ("Shop.1.9.0.zip", "FailIfExists", StatusCode::CREATED),
        ("Shop.1.10.0.zip", "FailIfExists", StatusCode::CREATED),
        ("Shop.1.10.0.zip", "IgnoreIfExists", StatusCode::OK),
        ("Shop.1.10.0.zip", "OverwriteExisting", StatusCode::CREATED),
    ] {
        let (answered, body) = upload(&client, file, mode).await;
        assert_eq!(answered, status, "{file} {mode}: {body}");
        assert_eq!(body["PackageId"], "Shop");
    }
    let (twice, body) = upload(&client, "Shop.1.9.0.zip", "FailIfExists").await;
    assert!(twice.is_client_error(), "{body}");
    is_an_error(&body, "a second upload");
    client.command("package list");

    let list = format!("{}?filter=shop&take=2147483647", client.link("Packages"));
    let listed = client.pages(&list).await;
    assert_eq!(listed.len(), 2);
    // The library reads a time here.
    assert!(
        listed
            .iter()
            .all(|package| package["ReleaseNotes"].is_null())
    );
    client.command("package versions");
    let feeds = client
        .get(&format!("{}?feedType=BuiltIn&take=1", client.link("Feeds")))
        .await;
    let versions = plain(&feeds["Items"][0]["Links"]["SearchPackageVersionsTemplate"]);
    let versions = client
        .pages(&format!("{versions}?packageId=Shop&take=30"))
        .await;
    let versions: Vec<_> = versions.iter().map(|one| text(&one["Version"])).collect();
    assert_eq!(versions, ["1.10.0", "1.9.0"], "the newest first");

    built(&client).await;
    client.command("package delete");
    client
        .pages(&format!("{}?nuGetPackageId=Shop", client.link("Packages")))
        .await;
    for package in &listed {
        client
            .delete(&format!(
                "{}/{}",
                client.link("Packages"),
                text(&package["Id"])
            ))
            .await;
    }
    client.aside();
    assert!(client.pages(&list).await.is_empty());
    insta::assert_snapshot!("conversation_package_commands", client.said());
    insta::assert_snapshot!("conversation_package_traffic", traffic(&installation).await);
}

async fn built(client: &Client<'_>) {
    client.command("build-information upload");
    let build = json!({ "PackageId": "Shop", "Version": "1.10.0", "OctopusBuildInformation": { "BuildEnvironment": "CI", "BuildNumber": "7", "VcsCommitNumber": "abc", "Commits": [] } });
    let upload = format!(
        "{}?overwriteMode=FailIfExists",
        client.link("BuildInformation")
    );
    let build = client.post(&upload, build).await;
    client.command("build-information view");
    let view = format!("{}/{}", client.link("BuildInformation"), text(&build["Id"]));
    client.get(&view).await;
    client.command("build-information list, build-information delete");
    let of_package = format!("{}?packageId=Shop", client.link("BuildInformation"));
    let found = client.pages(&of_package).await;
    assert_eq!(found[0]["BuildNumber"], "7");
    client
        .delete(&format!(
            "{}/{}",
            client.link("BuildInformation"),
            text(&build["Id"])
        ))
        .await;
    client.aside();
    let mut ids = Vec::new();
    for version in ["1.8.0", "1.9.0"] {
        let build = json!({ "PackageId": "Shop", "Version": version, "OctopusBuildInformation": { "BuildNumber": "6" } });
        ids.push(text(&client.post(&upload, build).await["Id"]));
    }
    client.command("build-information bulk-delete");
    let latest = format!("{}?latest=true", client.link("BuildInformation"));
    assert_eq!(client.pages(&latest).await.len(), 1);
    client.pages(&of_package).await;
    let bulk = plain(&json!(client.link("BuildInformationBulk")));
    client
        .delete(&format!("{bulk}?ids={}", ids.join("%2C")))
        .await;
    client.aside();
    assert!(client.pages(&of_package).await.is_empty());
}
