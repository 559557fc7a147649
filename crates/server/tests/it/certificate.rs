//! Certificates as clients see them: what is read off a file, how one replaces another, and what leaves the server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde_json::{Value, json};

use crate::permission::somebody;
use crate::test_server::{ADMIN_KEY, TestServer};

const PATH: &str = "/api/Spaces-1/certificates";

macro_rules! fixture {
    ($name:literal) => {
        BASE64.encode(include_bytes!(concat!("../fixtures/certificates/", $name)))
    };
}

/// A file without a private key, as base64.
pub(crate) fn web() -> String {
    fixture!("web.cer")
}

/// Another file, as base64.
pub(crate) fn elliptic() -> String {
    fixture!("elliptic.pem")
}

fn new(name: &str, file: &str, password: &str) -> Value {
    json!({
        "Name": name,
        "CertificateData": { "HasValue": true, "NewValue": file },
        "Password": { "HasValue": !password.is_empty(), "NewValue": password },
    })
}

async fn ids(server: &TestServer, query: &str) -> Vec<String> {
    let list = server.get(&format!("{PATH}{query}")).await;
    let items = list["Items"].as_array().unwrap().iter();
    items
        .map(|item| item["Id"].as_str().unwrap().to_owned())
        .collect()
}

async fn exported(server: &TestServer, id: &str, query: &str) -> Vec<u8> {
    let url = format!("{}{PATH}/{id}/export{query}", server.base);
    let request = server.http.get(url).header("X-Octopus-ApiKey", ADMIN_KEY);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{query}");
    answer.bytes().await.unwrap().to_vec()
}

#[allow(
    clippy::too_many_lines,
    reason = "one server, and one thing after the other"
)]
#[tokio::test]
async fn a_file_is_read_kept_replaced_and_exported() {
    let server = TestServer::start().await;
    let body = new("web", &fixture!("modern.pfx"), "hush-hush");
    let made = server.post(PATH, body).await;
    let masked = json!({ "HasValue": true, "NewValue": null, "Hint": null });
    assert_eq!(
        (&made["CertificateData"], &made["Password"]),
        (&masked, &masked)
    );
    assert_eq!(made["SubjectCommonName"], "www.example.com");
    assert_eq!(made["CertificateDataFormat"], "Pkcs12");
    assert_eq!(
        (&made["Version"], &made["Archived"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(
        (&made["HasPrivateKey"], &made["IsExpired"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        made["CertificateChain"][0]["SubjectCommonName"],
        "Example Test CA"
    );
    let own = made["Links"]["Self"].as_str().unwrap();
    for action in ["Archive", "Unarchive", "Replace"] {
        let link = made["Links"][action].as_str().unwrap();
        assert_eq!(
            link,
            format!("{own}/{}", action.to_lowercase()),
            "no template"
        );
    }
    // Saved as it was answered, and with what the client was never told left out, it stays what it is.
    let mut noted = made.clone();
    noted["Notes"] = json!("renew in spring");
    assert_eq!(server.put(own, noted).await["Version"], 1);
    let kept = server.put(own, json!({ "Name": "web" })).await;
    assert_eq!(
        (&kept["Thumbprint"], &kept["Password"]),
        (&made["Thumbprint"], &masked)
    );

    let replacement = json!({ "CertificateData": fixture!("elliptic.pem") });
    let former = server
        .expect(
            Method::POST,
            &format!("{own}/replace"),
            Some(replacement.clone()),
            200,
        )
        .await;
    assert_eq!(former["ReplacedBy"], made["Id"]);
    assert_eq!(former["Thumbprint"], made["Thumbprint"]);
    assert!(
        former["Archived"].is_string() && former["Id"] != made["Id"],
        "{former}"
    );
    let now = server.get(own).await;
    assert_eq!(
        (&now["SubjectCommonName"], &now["Version"]),
        (&json!("elliptic"), &json!(2))
    );
    assert_eq!(
        now["Password"]["HasValue"], false,
        "the new file needs none"
    );
    // The same file again replaces nothing.
    let again = server
        .expect(
            Method::POST,
            &format!("{own}/replace"),
            Some(replacement),
            200,
        )
        .await;
    assert_eq!((&again["Id"], &again["Version"]), (&made["Id"], &json!(2)));

    // The former one is whole: its secrets open under its new id.
    let id = former["Id"].as_str().unwrap();
    assert_eq!(
        BASE64.encode(exported(&server, id, "?includePrivateKey=true").await),
        fixture!("modern.pfx")
    );
    assert_eq!(ids(&server, "").await, [made["Id"].as_str().unwrap()]);
    assert_eq!(ids(&server, "?archived=true").await, [id]);
    assert_eq!(ids(&server, &format!("?ids={id}")).await, [id]);
}

#[tokio::test]
async fn an_export_holds_what_was_asked_for_and_is_recorded_with_its_key() {
    let server = TestServer::start().await;
    let made = server
        .post(PATH, new("web", &fixture!("chain.pem"), ""))
        .await;
    let id = made["Id"].as_str().unwrap();
    let text = async |query: &str| String::from_utf8(exported(&server, id, query).await).unwrap();
    let count = |text: &str, what: &str| text.matches(&format!("BEGIN {what}")).count();
    let plain = text("").await;
    assert_eq!(
        (count(&plain, "CERTIFICATE"), count(&plain, "PRIVATE")),
        (2, 0)
    );
    let one = text("?format=Pem&pemOptions=PrimaryOnly").await;
    assert_eq!(count(&one, "CERTIFICATE"), 1);
    assert_eq!(
        BASE64.encode(exported(&server, id, "?format=der").await),
        web()
    );
    let recorded = async || {
        let events = server
            .get("/api/Spaces-1/events?eventCategories=CertificateExported")
            .await;
        events["TotalResults"].clone()
    };
    assert_eq!(recorded().await, 0);
    let whole = text("?format=Pem&includePrivateKey=true").await;
    assert_eq!(
        (count(&whole, "CERTIFICATE"), count(&whole, "PRIVATE")),
        (2, 1)
    );
    assert_eq!(recorded().await, 1);
    // What was exported can be brought back.
    let pfx = exported(
        &server,
        id,
        "?format=Pkcs12&password=other&includePrivateKey=true",
    )
    .await;
    let back = server
        .post(PATH, new("back", &BASE64.encode(pfx), "other"))
        .await;
    assert_eq!(
        (&back["Thumbprint"], &back["HasPrivateKey"]),
        (&made["Thumbprint"], &json!(true))
    );
    for query in [
        "?format=Der&includePrivateKey=true",
        "?format=Word",
        "?pemOptions=Some",
    ] {
        let path = format!("{PATH}/{id}/export{query}");
        server.expect(Method::GET, &path, None, 400).await;
    }
}

#[tokio::test]
async fn who_may_look_may_not_take_the_key() {
    let server = TestServer::start().await;
    let made = server
        .post(PATH, new("web", &fixture!("chain.pem"), ""))
        .await;
    let own = made["Links"]["Self"].as_str().unwrap();
    let viewer = somebody(
        &server,
        "viewer",
        &[("userroles-environmentviewer", Some("Spaces-1"))],
    )
    .await;
    let send = async |query: &str| {
        let path = format!("{own}/export{query}");
        server
            .send_as(Some(&viewer), Method::GET, &path, None)
            .await
    };
    assert_eq!(send("").await.status, 200);
    let refused = send("?includePrivateKey=true").await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.text.contains("CertificateExportPrivateKey"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn archived_ones_free_their_name_and_cannot_be_changed() {
    let server = TestServer::start().await;
    let made = server.post(PATH, new("web", &web(), "")).await;
    let own = made["Links"]["Self"].as_str().unwrap();
    let taken = server
        .send(Method::POST, PATH, Some(new("WEB", &web(), "")))
        .await;
    assert_eq!(
        (taken.status, &taken.body["Code"]),
        (400, &json!("NameTaken"))
    );
    let archived = server
        .expect(Method::POST, &format!("{own}/archive"), None, 200)
        .await;
    assert!(archived["Archived"].is_string());
    server.expect(Method::PUT, own, Some(archived), 400).await;
    server.post(PATH, new("WEB", &web(), "")).await;
    let back = server
        .send(Method::POST, &format!("{own}/unarchive"), None)
        .await;
    assert_eq!(
        (back.status, &back.body["Code"]),
        (400, &json!("NameTaken"))
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_kept_leaves_nothing_and_says_why() {
    let server = TestServer::start().await;
    for (body, says) in [
        (
            json!({ "Name": "web" }),
            "CertificateData: this field is required",
        ),
        (new("web", "@@", ""), "CertificateData: it is not base64"),
        (new("web", "AAAA", ""), "neither PEM, nor DER, nor PKCS#12"),
        (
            new("web", &fixture!("modern.pfx"), "wrong"),
            "Password: the password does not open the file",
        ),
        (
            new("web", &fixture!("modern.pfx"), ""),
            "Password: the file is encrypted",
        ),
        (
            new("web", &fixture!("mismatch.pem"), ""),
            "belongs to none of its certificates",
        ),
    ] {
        let refused = server.expect(Method::POST, PATH, Some(body), 400).await;
        assert!(
            refused["Errors"][0].as_str().unwrap().contains(says),
            "{refused}"
        );
    }
    assert!(ids(&server, "").await.is_empty());
    let made = server
        .post(PATH, new("web", &fixture!("modern.pfx"), "hush-hush"))
        .await;
    let own = made["Links"]["Self"].as_str().unwrap();
    let mut wrong = made.clone();
    wrong["Password"] = json!({ "HasValue": true, "NewValue": "wrong" });
    server.expect(Method::PUT, own, Some(wrong), 400).await;
    assert_eq!(server.get(own).await["Version"], 1);
}

#[tokio::test]
async fn one_that_variables_name_stays_and_says_who_does() {
    let server = TestServer::start().await;
    let made = server.post(PATH, new("web", &web(), "")).await;
    let own = made["Links"]["Self"].as_str().unwrap();
    let project = json!({ "Name": "Shop", "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1" });
    let project = server.post("/api/Spaces-1/projects", project).await;
    let set = format!(
        "/api/Spaces-1/variables/variableset-{}",
        project["Id"].as_str().unwrap()
    );
    let mut variables = server.get(&set).await;
    variables["Variables"] =
        json!([{ "Name": "Cert", "Type": "Certificate", "Value": made["Id"] }]);
    server.put(&set, variables).await;
    let usages = server.get(&format!("{own}/usages")).await;
    assert_eq!(usages["ProjectUsages"][0]["Name"], "Shop");
    assert_eq!(usages["LibraryVariableSetUsages"], json!([]));
    let refused = server.expect(Method::DELETE, own, None, 400).await;
    assert!(
        refused["Errors"][0]
            .as_str()
            .unwrap()
            .contains("uses this certificate"),
        "{refused}"
    );
}
