//! A secret in every place that takes one is found nowhere: not in the database, not in a file, not in an answer.
//!
//! The places are read off the OpenAPI document, so that a new one cannot be forgotten: it ends the test until
//! [`PLACES`] names it and [`planted`] puts a secret into it. What scripts make of secrets, what is logged and what
//! agents keep is told in the tests of the whole program.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::operation::operations;
use crate::matrix::world::World;
use crate::test_server::TestServer;

/// Every field of a request that may hold a secret.
const PLACES: &[&str] = &[
    "Account.CertificateBytes",
    "Account.JsonKey",
    "Account.Password",
    "Account.PrivateKeyFile",
    "Account.PrivateKeyPassphrase",
    "Account.SecretKey",
    "Account.Token",
    "Action.Properties.*",
    "ActionTemplateParameter.DefaultValue",
    "Certificate.CertificateData",
    "Certificate.Password",
    "CertificateReplacement.Password",
    "Endpoint.SensitiveVariablesEncryptionPassword",
    "Login.Password",
    "Proxy.Password",
    "Setup.Password",
    "Setup.Token",
    "SignInSecret.Secret",
    "Step.Properties.*",
    "TenantVariable.Value",
    "UserWrite.CurrentPassword",
    "UserWrite.Password",
];
/// Places the document cannot tell: any value, sensitive by what stands beside it.
const PLACES_BY_MEANING: &[&str] = &["Variable.Value", "Deployment.FormValues", "TenantVariables"];
/// Stored like the rest, and to be found: or the sweep looks in the wrong places.
const NO_SECRET: &str = "anybody may know this";
/// Called like a secret, and none.
const NOT_SECRET: &[&str] = &["TenantVariables.ConcurrencyToken"];

/// Distinct per place, so that a find tells where it came from; with everything that encodings change.
fn canary(place: &str) -> String {
    format!("Kanari-1/{place}+\"\\ é?&=")
}

fn secret(place: &str) -> Value {
    json!({ "HasValue": true, "NewValue": canary(place) })
}

/// The places a request body described by this schema may hold a secret in.
fn places(schemas: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    const NAMES: [&str; 6] = [
        "Password",
        "Secret",
        "Token",
        "ApiKey",
        "Passphrase",
        "PrivateKey",
    ];
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|name| name.rsplit('/').next())
    {
        if name == "SensitiveValue" {
            found.insert(path.to_owned());
        } else if path.split('.').next() != Some(name) {
            places(schemas, &schemas[name], name, found);
        }
        return;
    }
    for alternative in schema["anyOf"].as_array().into_iter().flatten() {
        places(schemas, alternative, path, found);
    }
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        if value["type"] == "string"
            && value["readOnly"] != true
            && NAMES.iter().any(|name| key.contains(name))
        {
            found.insert(path.clone());
        }
        places(schemas, value, &path, found);
    }
    if schema["items"].is_object() {
        places(schemas, &schema["items"], path, found);
    }
    if schema["additionalProperties"].is_object() {
        places(
            schemas,
            &schema["additionalProperties"],
            &format!("{path}.*"),
            found,
        );
    }
}

/// Puts a secret into each place; answers the addresses of what holds one now, and what was answered meanwhile.
async fn planted(world: &World<'_>) -> (Vec<String>, Vec<(String, String)>) {
    let mut planter = Planter {
        world,
        paths: Vec::new(),
        answers: Vec::new(),
    };
    planter.simple_documents().await;
    planter.certificate().await;
    planter.project().await;
    planter.tenant().await;
    planter.people().await;
    (planter.paths, planter.answers)
}

struct Planter<'w> {
    world: &'w World<'w>,
    paths: Vec<String>,
    answers: Vec<(String, String)>,
}

impl Planter<'_> {
    /// A request that must have this status; remembers the answer, and the document's address.
    async fn send(&mut self, method: Method, path: &str, body: Value, status: u16) -> Value {
        let answer = self
            .world
            .server
            .send(method.clone(), path, Some(body))
            .await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        if let Some(own) = answer.body["Links"]["Self"].as_str() {
            self.paths.push(own.to_owned());
        }
        self.answers.push((format!("{method} {path}"), answer.text));
        answer.body
    }

    async fn simple_documents(&mut self) {
        let mut account = self.world.account();
        account["Description"] = json!(NO_SECRET);
        let fields = PLACES
            .iter()
            .filter_map(|place| Some((*place, place.strip_prefix("Account.")?)));
        for (place, field) in fields {
            account[field] = secret(place);
        }
        let proxy = json!({ "Name": "Canary", "Host": "proxy.example", "Username": "u", "Password": secret("Proxy.Password") });
        let mut machine = self.world.machine();
        machine["Endpoint"]["CommunicationStyle"] = json!("OfflineDrop");
        machine["Endpoint"]["SensitiveVariablesEncryptionPassword"] =
            secret("Endpoint.SensitiveVariablesEncryptionPassword");
        for (collection, body) in [
            ("accounts", account),
            ("proxies", proxy),
            ("machines", machine),
        ] {
            let path = format!("/api/Spaces-1/{collection}");
            let made = self.send(Method::POST, &path, body, 201).await;
            // Saved again as it is read, and with another secret: the old one must not come back in a difference.
            let own = format!("{path}/{}", made["Id"].as_str().unwrap());
            self.send(Method::PUT, &own, made, 200).await;
        }
    }

    /// In a file of PEM blocks, what stands before them is kept, and says nothing.
    async fn certificate(&mut self) {
        let file = |place: &str| {
            let blocks = include_str!("../fixtures/certificates/elliptic.pem");
            BASE64.encode(format!("{}\n{blocks}", canary(place)))
        };
        let data = |place: &str| json!({ "HasValue": true, "NewValue": file(place) });
        let mut body = json!({ "Name": "Canary", "Notes": NO_SECRET, "CertificateData": data("Certificate.CertificateData") });
        body["Password"] = secret("Certificate.Password");
        let path = "/api/Spaces-1/certificates";
        let mut made = self.send(Method::POST, path, body, 201).await;
        let own = format!("{path}/{}", made["Id"].as_str().unwrap());
        self.send(Method::PUT, &own, made.clone(), 200).await;
        made["CertificateData"] = data("Certificate.CertificateData, again");
        self.send(Method::PUT, &own, made, 200).await;
        let replacement = json!({
            "CertificateData": file("CertificateReplacement.CertificateData"),
            "Password": canary("CertificateReplacement.Password"),
        });
        self.send(Method::POST, &format!("{own}/replace"), replacement, 200)
            .await;
        self.paths.push(format!("{path}?archived=true"));
    }

    async fn project(&mut self) {
        let made = self
            .send(
                Method::POST,
                "/api/Spaces-1/projects",
                self.world.project_body(),
                201,
            )
            .await;
        let id = made["Id"].as_str().unwrap().to_owned();
        let path = format!("/api/Spaces-1/projects/{id}/deploymentprocesses");
        let mut process = self.world.server.get(&path).await;
        let mut step = crate::project::step("Canary", None);
        step["Properties"]["Secret"] = secret("Step.Properties.*");
        step["Actions"][0]["Properties"]["Secret"] = secret("Action.Properties.*");
        process["Steps"] = json!([step]);
        let mut saved = self.send(Method::PUT, &path, process, 200).await;
        saved["Steps"][0]["Actions"][0]["Properties"]["Octopus.Action.Script.ScriptBody"] =
            json!("echo again");
        self.send(Method::PUT, &path, saved, 200).await;

        let path = format!("/api/Spaces-1/variables/variableset-{id}");
        let mut set = self.world.server.get(&path).await;
        set["Variables"] = json!([
            { "Name": "Secret", "Type": "Sensitive", "IsSensitive": true, "Value": canary("Variable.Value") },
            { "Name": "Asked", "Type": "Sensitive", "IsSensitive": true, "Prompt": { "Label": "Asked", "Required": true } },
        ]);
        self.send(Method::PUT, &path, set, 200).await;
        let clone = json!({ "Name": "Clone", "ProjectGroupId": made["ProjectGroupId"], "LifecycleId": made["LifecycleId"] });
        let clone = self
            .send(
                Method::POST,
                &format!("/api/Spaces-1/projects?clone={id}"),
                clone,
                201,
            )
            .await;
        let clone = clone["Id"].as_str().unwrap();
        self.paths
            .push(format!("/api/Spaces-1/variables/variableset-{clone}"));
        self.paths.push(format!(
            "/api/Spaces-1/projects/{clone}/deploymentprocesses"
        ));
        self.deployment(&id).await;
    }

    async fn deployment(&mut self, project: &str) {
        let release = json!({ "ProjectId": project, "Version": "1.0.0" });
        let release = self
            .send(Method::POST, "/api/Spaces-1/releases", release, 201)
            .await;
        for key in [
            "ProjectVariableSetSnapshotId",
            "ProjectDeploymentProcessSnapshotId",
        ] {
            let collection = if key.contains("Variable") {
                "variables"
            } else {
                "deploymentprocesses"
            };
            self.paths.push(format!(
                "/api/Spaces-1/{collection}/{}",
                release[key].as_str().unwrap()
            ));
        }
        let environment = self.world.id("environments");
        let id = release["Id"].as_str().unwrap();
        self.paths
            .push(format!("/api/Spaces-1/releases/{id}/plan/{environment}"));
        self.paths.push(format!(
            "/api/Spaces-1/releases/{id}/deployments/preview/{environment}"
        ));
        let deployment = json!({
            "ReleaseId": id, "EnvironmentId": environment, "FormValues": { "Asked": canary("Deployment.FormValues") },
        });
        let made = self
            .send(Method::POST, "/api/Spaces-1/deployments", deployment, 201)
            .await;
        let task = made["TaskId"].as_str().unwrap();
        for part in [
            "", "/details", "/events", "/run", "/explain", "/log", "/raw",
        ] {
            self.paths.push(format!("/api/tasks/{task}{part}"));
        }
    }

    async fn tenant(&mut self) {
        let template = |place: &str| json!([{ "Name": "Licence", "DisplaySettings": { "Octopus.ControlType": "Sensitive" }, "DefaultValue": secret(place) }]);
        let set = json!({ "Name": "Canaries", "Templates": template("ActionTemplateParameter.DefaultValue") });
        let set = self
            .send(Method::POST, "/api/Spaces-1/libraryvariablesets", set, 201)
            .await;
        let mut project = self.world.project_body();
        project["IncludedLibraryVariableSetIds"] = json!([set["Id"]]);
        project["TenantedDeploymentMode"] = json!("TenantedOrUntenanted");
        let project = self
            .send(Method::POST, "/api/Spaces-1/projects", project, 201)
            .await;
        let connected = json!({ project["Id"].as_str().unwrap(): [self.world.id("environments")] });
        let tenant = json!({ "Name": "Canary", "ProjectEnvironments": connected });
        let tenant = self
            .send(Method::POST, "/api/Spaces-1/tenants", tenant, 201)
            .await;
        let own = format!("/api/Spaces-1/tenants/{}", tenant["Id"].as_str().unwrap());
        let (set_id, template) = (&set["Id"], &set["Templates"][0]["Id"]);
        let mut whole = self.world.server.get(&format!("{own}/variables")).await;
        whole["LibraryVariables"][set_id.as_str().unwrap()]["Variables"]
            [template.as_str().unwrap()] = secret("TenantVariables");
        self.send(Method::PUT, &format!("{own}/variables"), whole, 200)
            .await;
        let one = json!({ "Variables": [{ "LibraryVariableSetId": set_id, "TemplateId": template, "Value": secret("TenantVariable.Value") }] });
        self.send(Method::PUT, &format!("{own}/commonvariables"), one, 200)
            .await;
        for part in ["variables", "commonvariables", "projectvariables"] {
            self.paths.push(format!("{own}/{part}"));
        }
    }

    async fn people(&mut self) {
        let user = json!({ "Username": "canary", "Password": canary("UserWrite.Password") });
        let user = self.send(Method::POST, "/api/users", user, 201).await;
        let own = format!("/api/users/{}", user["Id"].as_str().unwrap());
        let mut changed = user.clone();
        changed["CurrentPassword"] = json!(canary("UserWrite.CurrentPassword"));
        self.send(Method::PUT, &own, changed, 200).await;
        let login = json!({ "Username": "canary", "Password": canary("Login.Password") });
        self.send(Method::POST, "/api/users/login", login, 401)
            .await;
        let login = json!({ "Username": "canary", "Password": canary("UserWrite.Password") });
        self.send(Method::POST, "/api/users/login", login, 200)
            .await;
        let request = json!({ "Secret": canary("SignInSecret.Secret") });
        self.send(Method::POST, "/api/signinrequests/withdraw", request, 200)
            .await;
        let setup = json!({ "Token": canary("Setup.Token"), "Username": "x", "Password": canary("Setup.Password") });
        self.send(Method::POST, "/api/setup", setup, 404).await;
    }
}

/// The forms a secret could be found in.
fn forms(secret: &str) -> Vec<String> {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let json = Value::from(secret).to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let url: String = secret
        .bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    let mut all = vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        url,
        hex(secret.as_bytes()),
        hex(secret.as_bytes()).to_uppercase(),
    ];
    // Inside of something longer, the secret may begin at any of three places of a group.
    for before in 0..3 {
        let padded = [&vec![0; before], secret.as_bytes()].concat();
        let text = BASE64.encode(&padded[..padded.len() - padded.len() % 3]);
        all.push(text[if before == 0 { 0 } else { 4 }..].to_owned());
    }
    all
}

/// Every file below a folder.
fn files(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if let Ok(bytes) = std::fs::read(&path) {
            into.push((
                path.display().to_string(),
                String::from_utf8_lossy(&bytes).into_owned(),
            ));
        }
    }
}

#[test]
fn every_form_of_a_secret_is_looked_for() {
    let secret = canary("x");
    for shift in 0..3 {
        let longer = BASE64.encode(format!("{}{secret} and more", "s".repeat(shift)));
        assert!(
            forms(&secret)
                .iter()
                .any(|form| longer.contains(form.as_str())),
            "{shift}"
        );
    }
    assert!(
        forms(&secret)
            .iter()
            .any(|form| json!({ "a": secret }).to_string().contains(form.as_str()))
    );
}

#[tokio::test]
async fn a_secret_in_every_place_is_found_nowhere() {
    let server = TestServer::start().await;
    let document = server.get("/api/openapi.json").await;
    let mut found = BTreeSet::new();
    let bodies = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values());
    for operation in bodies {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        places(&document["components"]["schemas"], schema, "", &mut found);
    }
    found.retain(|place| !NOT_SECRET.contains(&place.as_str()));
    let known: BTreeSet<String> = PLACES.iter().map(|place| (*place).to_owned()).collect();
    assert_eq!(
        found, known,
        "a place that takes a secret is not tried: plant one in canary.rs"
    );

    let world = World::new(&server, "Spaces-1").await;
    let (paths, mut seen) = planted(&world).await;
    for path in paths.iter().chain(&[
        "/api/events?take=1000".to_owned(),
        "/api/Spaces-1/events?take=1000".to_owned(),
    ]) {
        seen.push((
            path.clone(),
            server.send(Method::GET, path, None).await.text,
        ));
    }
    for tried in operations(&server).await {
        if tried.method == Method::GET {
            let path = tried.path_in(&world, false).await;
            seen.push((
                path.clone(),
                server.send(Method::GET, &path, None).await.text,
            ));
        }
    }
    files(server.data_dir.path(), &mut seen);
    seen.extend(server.tables().await);
    let stored = seen
        .iter()
        .filter(|(name, _)| name.starts_with("table ") || name.contains("regatta.db"));
    assert!(
        stored
            .clone()
            .any(|(_, content)| content.contains(NO_SECRET))
    );
    for place in PLACES.iter().chain(PLACES_BY_MEANING) {
        for form in forms(&canary(place)) {
            for (name, content) in &seen {
                assert!(
                    !content.contains(&form),
                    "the secret of {place} is in {name} as {form}"
                );
            }
        }
    }
}
