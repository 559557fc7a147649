//! A client that reads answers as strictly as Octopus' Go library does. It knows no command.

use std::sync::Mutex;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::go::Type;
use super::page;
use crate::installation::{ADMIN_KEY, Installation, text};

/// A client that has signed in and found its space.
pub(super) struct Client<'i> {
    pub(super) installation: &'i Installation,
    http: reqwest::Client,
    /// Of the server's root and of the space's, which wins.
    links: Value,
    pub(super) space: String,
    /// Each command with the requests it was sent as.
    said: Mutex<Vec<(&'static str, Vec<String>)>>,
}

/// What a request is answered, when it is not what is insisted on.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl<'i> Client<'i> {
    /// What every command begins with.
    pub(super) async fn start(installation: &'i Installation) -> Self {
        let mut client = Self {
            installation,
            http: reqwest::Client::new(),
            links: json!({}),
            space: String::new(),
            said: Mutex::new(vec![("any command, first", Vec::new())]),
        };
        client.read_links("/api/").await;
        let spaces = client.pages("/api/spaces").await;
        assert!(spaces.iter().any(|space| space["IsDefault"] == true));
        let all = client.get("/api/spaces/all").await;
        let named = |space: &&Value| text(&space["Name"]).eq_ignore_ascii_case("default");
        let space = all.as_array().expect("a bare array").iter().find(named);
        client.space = text(&space.expect("the default space")["Id"]);
        client.read_links("/api/").await;
        client.read_links(&format!("/api/{}", client.space)).await;
        client.aside();
        client
    }

    /// What is sent from here on belongs to this command.
    pub(super) fn command(&self, name: &'static str) {
        self.said.lock().unwrap().push((name, Vec::new()));
    }

    /// What is sent from here on is the test's own: it prepares, or looks whether the command did what it says.
    pub(super) fn aside(&self) {
        self.command("");
    }

    /// Commands and their requests, for the page about them.
    pub(super) fn said(&self) -> String {
        page::lines(&self.said.lock().unwrap())
    }

    /// Writes a request down that does not go through here.
    pub(super) fn note(&self, method: &Method, path: &str) {
        let mut said = self.said.lock().unwrap();
        let (_, requests) = said.last_mut().expect("there is a command");
        let request = page::request(method, path);
        if !requests.contains(&request) {
            requests.push(request);
        }
    }

    async fn read_links(&mut self, root: &str) {
        let root = self.get(root).await;
        let links = root["Links"].as_object().expect("a root has links");
        let own = self.links.as_object_mut().expect("it is an object");
        own.extend(links.clone());
    }

    /// The path behind a link of the roots, without what may be filled in.
    pub(super) fn link(&self, name: &str) -> String {
        plain(&self.links[name])
    }

    pub(super) async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        self.note(&method, path);
        let url = format!("{}{path}", self.installation.base);
        let is_post = method == Method::POST;
        let request = self.http.request(method, url);
        let mut request = request.header("X-Octopus-ApiKey", ADMIN_KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        if !status.is_success() {
            is_an_error(&body, &format!("{path}: {status} {text}"));
            return Err(Refusal { status, body });
        }
        // Older parts of the library take any other for an error.
        let expected: &[StatusCode] = if is_post {
            &[StatusCode::CREATED, StatusCode::OK]
        } else {
            &[StatusCode::OK]
        };
        assert!(expected.contains(&status), "{path}: {status}");
        readable(&body, path);
        Ok(body)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let sent = self.try_send(method.clone(), path, body).await;
        sent.unwrap_or_else(|refusal| panic!("{method} {path}: {refusal:?}"))
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await
    }

    /// An answer as the library holds it: what it has no name for is gone.
    pub(super) async fn held(&self, path: &str, kind: &Type) -> Value {
        kind.kept(&self.get(path).await, path)
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Value {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) {
        self.send(Method::DELETE, path, None).await;
    }

    /// All items of a list, by the links of its pages.
    pub(super) async fn pages(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await;
            items.extend(page["Items"].as_array().expect("an envelope").clone());
            next = page["Links"]["Page.Next"].as_str().map(str::to_owned);
        }
        items
    }

    /// A document by id, slug or name, as people give it: asked for as an id, then looked for by name.
    pub(super) async fn find(&self, link: &str, wanted: &str) -> Value {
        self.find_by(link, wanted, "partialName").await
    }

    /// Targets and workers are looked for by their whole name.
    pub(super) async fn find_by(&self, link: &str, wanted: &str, key: &str) -> Value {
        let collection = self.link(link);
        let path = format!("{collection}/{}", wanted.replace(' ', "%20"));
        match self.try_send(Method::GET, &path, None).await {
            Ok(found) => return found,
            Err(refusal) => {
                assert_eq!(refusal.status, StatusCode::NOT_FOUND, "{path}");
                assert!(refusal.body.get("Errors").is_none(), "{path}: {refusal:?}");
            }
        }
        let query = format!("{collection}?{key}={}", wanted.replace(' ', "+"));
        let items = self.pages(&query).await;
        let is_it = |item: &&Value| text(&item["Name"]).eq_ignore_ascii_case(wanted);
        let found = items.iter().find(is_it);
        found
            .unwrap_or_else(|| panic!("{query} finds no '{wanted}'"))
            .clone()
    }
}

/// The path of a link up to what may be filled in.
pub(super) fn plain(link: &Value) -> String {
    let link = text(link);
    link.split('{').next().unwrap_or_default().to_owned()
}

/// An empty error would count as a success; one with a key of another type is lost, with all it says.
pub(super) fn is_an_error(body: &Value, at: &str) {
    assert!(body["ErrorMessage"].is_string(), "{at}");
    for key in ["Details", "HelpText", "HelpLink", "FullException"] {
        assert!(body.get(key).is_none_or(Value::is_string), "{key} of {at}");
    }
    for key in ["Errors", "ParsedHelpLinks"] {
        let texts = |list: &Value| {
            list.as_array()
                .is_some_and(|list| list.iter().all(Value::is_string))
        };
        assert!(body.get(key).is_none_or(texts), "{key} of {at}");
    }
}

/// What the Go library cannot decode, wherever it is: links that are not text, times without any, properties of
/// nothing.
fn readable(value: &Value, at: &str) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let at = format!("{at} {key}");
                match key.as_str() {
                    "Links" => {
                        let links = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
                        assert!(links.values().all(Value::is_string), "{at}: {value}");
                    }
                    "Properties" => {
                        let properties =
                            value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
                        assert!(
                            properties.values().all(|value| !value.is_null()),
                            "{at}: {value}"
                        );
                    }
                    _ if is_time(key) => assert_ne!(value, "", "{at}"),
                    _ => readable(value, &at),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                readable(item, &format!("{at} {index}"));
            }
        }
        _ => {}
    }
}

fn is_time(key: &str) -> bool {
    const TIMES: [&str; 8] = [
        "Assembled",
        "QueueTime",
        "StartTime",
        "CompletedTime",
        "Started",
        "Ended",
        "OccurredAt",
        "Created",
    ];
    TIMES.contains(&key)
}
