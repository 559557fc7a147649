//! Requests to the documented API. Not a model of its documents: those are JSON.

mod failed;
mod moved;
mod once;
mod transfer;
mod upload;

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::Naming;

use failed::Patience;
pub(crate) use transfer::is_file;

/// Until a connection stands.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Until an answer to anything but a stream is complete.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Items asked for at once.
const PAGE: usize = 1000;

/// A server and who is asking.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    pub(crate) base: String,
    key: Option<String>,
    /// Proof that a request with a session's cookie is meant.
    csrf: Option<String>,
    /// How much is said about requests.
    verbosity: u8,
    /// Id of the space commands are about.
    pub(crate) space: String,
    /// How much of a name the command takes.
    pub(crate) naming: Naming,
}

impl Api {
    pub(crate) fn new(base: String, key: Option<String>, verbosity: u8) -> Result<Self> {
        let url = reqwest::Url::parse(&base).ok();
        if url.is_none_or(|url| !matches!(url.scheme(), "http" | "https") || url.host().is_none()) {
            return Err(
                Failure::usage(format!("`{base}` is no address of a server."))
                    .next("write it like http://127.0.0.1:8065"),
            );
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .cookie_store(true)
            // A key is for one server, and a request that changes something must not come back as one that reads.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("regatta/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::unexpected(format!("No HTTP client: {error}.")))?;
        Ok(Self {
            http,
            base,
            key,
            csrf: None,
            verbosity,
            space: String::new(),
            naming: Naming::Whole,
        })
    }

    /// Signs in with a password for as long as it takes to make an API key; answers the key as it was made.
    pub(crate) async fn make_key(
        mut self,
        username: &str,
        password: &str,
        purpose: &str,
    ) -> Result<Value> {
        let login = json!({"Username": username, "Password": password});
        let user = self.post("/api/users/login", &login).await?;
        self.csrf = user["CsrfToken"].as_str().map(str::to_owned);
        let made = self
            .post("/api/users/me/apikeys", &json!({"Purpose": purpose}))
            .await?;
        self.post("/api/users/logout", &json!({})).await?;
        Ok(made)
    }

    /// `/api/{space}` and what follows it.
    pub(crate) fn in_space(&self, path: &str) -> String {
        format!("/api/{}/{path}", self.space)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value> {
        self.send(Method::DELETE, path, None).await
    }

    /// One request; the answer as JSON, or as a text where it is none.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let mut patience = Patience::default();
        loop {
            let request = self.request(method.clone(), path)?;
            let answer = self.answer(request, &method, body).await;
            if !patience.lasts(answer.as_ref().err()).await {
                return answer;
            }
        }
    }

    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
        method: &Method,
        body: Option<&Value>,
    ) -> Result<Value> {
        let mut request = request.timeout(ANSWER_WITHIN);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.document(self.sent(request, method).await?, method)
            .await
    }

    /// Sends a request; its answer, if that is what was hoped for.
    async fn sent(&self, request: reqwest::RequestBuilder, method: &Method) -> Result<Response> {
        let began = Instant::now();
        let answer = request.send().await;
        let answer = answer.map_err(|error| self.unreachable(method, &error))?;
        if self.verbosity > 1 {
            let ms = began.elapsed().as_millis();
            eprintln!("  {} after {ms} ms", answer.status());
        }
        self.checked(answer).await
    }

    async fn document(&self, answer: Response, method: &Method) -> Result<Value> {
        let text = answer
            .text()
            .await
            .map_err(|error| self.unreachable(method, &error))?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A document, or nothing when it does not exist.
    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.exit == Exit::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Every item of a list.
    pub(crate) async fn all(&self, path: &str) -> Result<Vec<Value>> {
        match self.pages(path).await? {
            Value::Array(items) => Ok(items),
            _ => Err(Failure::unexpected(format!("{path} answered no list."))),
        }
    }

    /// Every item of a list, page by page; what is no page of a list as it is.
    pub(crate) async fn pages(&self, path: &str) -> Result<Value> {
        let mut items = Vec::new();
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = self
                .get(&format!(
                    "{path}{separator}skip={}&take={PAGE}",
                    items.len()
                ))
                .await?;
            let Some(found) = page["Items"].as_array().cloned() else {
                return Ok(page);
            };
            let total = page["TotalResults"].as_u64().unwrap_or(0);
            let got = found.len();
            items.extend(found);
            if got == 0 || items.len() as u64 >= total {
                return Ok(Value::Array(items));
            }
        }
    }

    /// A stream of server-sent events.
    pub(crate) async fn stream(&self, path: &str) -> Result<Response> {
        let request = self
            .request(Method::GET, path)?
            .header("Accept", "text/event-stream");
        self.sent(request, &Method::GET).await
    }

    fn request(&self, method: Method, path: &str) -> Result<reqwest::RequestBuilder> {
        let url = format!("{}{path}", self.base);
        if self.verbosity > 0 {
            eprintln!("{method} {url}");
        }
        let url = reqwest::Url::parse(&url)
            .map_err(|error| Failure::usage(format!("`{url}` is no address: {error}.")))?;
        let mut request = self.http.request(method, url);
        if let Some(key) = &self.key {
            request = request.header("X-Octopus-ApiKey", key);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("X-Regatta-Csrf", csrf);
        }
        Ok(request)
    }
}

/// Text as one part of a path.
pub(crate) fn part(text: &str) -> String {
    encoded(text, b"-_.~")
}

fn encoded(text: &str, plain: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String never fails");
        }
    }
    // `.` and `..` would be resolved away.
    match out.as_str() {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => out,
    }
}
