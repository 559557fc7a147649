//! The few HTTP calls the demo makes, with errors that say which call failed and why.
//! Not a client library: the official clients are.

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A running server and the key to it.
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) address: String,
    pub(crate) api_key: String,
}

impl Client {
    pub(crate) fn new(address: String, api_key: String) -> Self {
        Self {
            http: reqwest::Client::new(),
            address,
            api_key,
        }
    }

    /// `GET path`, parsed.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.http.get(self.url(path)), "GET", path).await
    }

    /// `POST path` with a JSON body, parsed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.http.post(self.url(path)).json(body), "POST", path)
            .await
    }

    /// `PUT path` with a JSON body, parsed.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.http.put(self.url(path)).json(body), "PUT", path)
            .await
    }

    /// `GET path` as a stream of server-sent events.
    pub(crate) async fn stream(&self, path: &str) -> Result<reqwest::Response> {
        let request = self
            .http
            .get(self.url(path))
            .header("Accept", "text/event-stream");
        let response = request
            .header("X-Octopus-ApiKey", &self.api_key)
            .send()
            .await
            .with_context(|| format!("GET {path}"))?;
        if !response.status().is_success() {
            bail!("GET {path} answered {}", response.status());
        }
        Ok(response)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        verb: &str,
        path: &str,
    ) -> Result<Value> {
        let response = request
            .header("X-Octopus-ApiKey", &self.api_key)
            .send()
            .await
            .with_context(|| format!("{verb} {path}"))?;
        let status = response.status();
        let text = response
            .text()
            .await
            .with_context(|| format!("{verb} {path}"))?;
        if !status.is_success() {
            bail!("{verb} {path} answered {status}: {text}");
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text)
            .with_context(|| format!("{verb} {path} answered no JSON: {text}"))
    }
}
