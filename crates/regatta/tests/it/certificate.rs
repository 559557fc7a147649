//! Variables that name certificates and accounts: what scripts get of them, and what no log shows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use crate::installation::{Installation, step, text};

/// A certificate with its key, as OpenSSL writes them.
const CHAIN: &[u8] = include_bytes!("../../../server/tests/fixtures/certificates/chain.pem");

/// `@` is the folder of the key.
const SCRIPT: &str = r#"
echo "thumbprint is $(get_octopusvariable Cert.Thumbprint)"
echo 'subject is #{Cert.Subject}'
get_octopusvariable Cert.Pem | grep -c 'BEGIN CERTIFICATE'
[[ $(get_octopusvariable Cert.PrivateKeyPem) == "$(cat @/key.pem)" ]] && echo "the key is the uploaded one"
get_octopusvariable Cert.PrivateKeyPem
get_octopusvariable Cert.Pfx
echo "signs in as $(get_octopusvariable Db.Username) with $(get_octopusvariable Db.Password)"
echo "of the other: [$(get_octopusvariable Other.Thumbprint)]"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_gives_the_parts_of_its_certificate_and_hides_the_key() {
    let installation = Installation::start().await;
    let file = json!({ "HasValue": true, "NewValue": BASE64.encode(CHAIN) });
    let certificate = installation
        .post(
            "/api/Spaces-1/certificates",
            json!({ "Name": "web", "CertificateData": file }),
        )
        .await;
    let hush = json!({ "HasValue": true, "NewValue": "hush-hush-account" });
    let account = json!({ "Name": "db", "AccountType": "UsernamePassword", "Username": "shop", "Password": hush });
    let account = installation.post("/api/Spaces-1/accounts", account).await;
    let chain = String::from_utf8_lossy(CHAIN);
    let (begin, end) = (
        "-----BEGIN PRIVATE KEY-----\n",
        "-----END PRIVATE KEY-----\n",
    );
    let (_, key) = chain.split_once(begin).unwrap();
    let (key, _) = key.split_once(end).unwrap();
    let folder = installation.folder.path();
    std::fs::write(folder.join("key.pem"), format!("{begin}{key}{end}")).unwrap();
    let script = SCRIPT.replace('@', folder.to_str().unwrap());
    let mut project = installation
        .project("Shop", vec![step("use", None, &script)])
        .await;
    // Made last, so that no phase of the lifecycle lies before the environment that is deployed to.
    let elsewhere = installation
        .post("/api/Spaces-1/environments", json!({ "Name": "Elsewhere" }))
        .await;
    let file = json!({ "HasValue": true, "NewValue": BASE64.encode(CHAIN) });
    let other =
        json!({ "Name": "other", "CertificateData": file, "EnvironmentIds": [elsewhere["Id"]] });
    let other = installation.post("/api/Spaces-1/certificates", other).await;
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut set = installation.get(&path).await;
    set["Variables"] = json!([
        { "Name": "Cert", "Type": "Certificate", "Value": certificate["Id"] },
        { "Name": "Db", "Type": "UsernamePasswordAccount", "Value": account["Id"] },
        { "Name": "Other", "Type": "Certificate", "Value": other["Id"] },
    ]);
    installation.put(&path, set).await;
    installation.release(&mut project).await;
    let task = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&task).await;
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(over["State"], "Success", "{raw}");
    for line in [
        format!("thumbprint is {}", text(&certificate["Thumbprint"])),
        format!(
            "subject is {}",
            text(&certificate["SubjectDistinguishedName"])
        ),
        "the key is the uploaded one".to_owned(),
        "signs in as shop with ********".to_owned(),
        "of the other: []".to_owned(),
        format!(
            "other ({}) may not be used in this environment",
            text(&other["Id"])
        ),
    ] {
        assert!(raw.contains(&line), "'{line}' is not in\n{raw}");
    }
    for line in key.lines() {
        assert!(
            !raw.contains(line),
            "a line of the private key is shown\n{raw}"
        );
    }
}
