//! `api METHOD PATH`: any address, with the key, and pages put together when asked for.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::Ended;
use super::written::read;
use crate::api::{Api, is_file};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Format;
use crate::output::{bytes, pretty, raw, yaml};
use crate::session::Session;

/// Calls the API and prints the answer.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta api GET /api/Spaces-1/projects --paginate\n  regatta api POST environments --input environment.json\n\nA path that does not begin with /api is taken to be in the space."
)]
pub struct Call {
    method: String,
    path: String,
    /// File with the JSON to send; - for standard input.
    #[arg(long)]
    input: Option<PathBuf>,
    /// Get all pages of a list; what is none is printed as it is.
    #[arg(long)]
    paginate: bool,
}

impl Call {
    pub(super) async fn run(self, session: &Session) -> Ended {
        let method = reqwest::Method::from_bytes(self.method.to_uppercase().as_bytes())
            .ok()
            .filter(|method| {
                ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"].contains(&method.as_str())
            })
            .ok_or_else(|| {
                Failure::usage(format!("`{}` is no method.", self.method))
                    .next("use GET, POST, PUT or DELETE")
            })?;
        let body = self.body()?;
        let path = self.path.trim();
        let (api, path) = if path.starts_with("/api") || path.starts_with("/health") {
            (session.connect()?, path.to_owned())
        } else {
            let api = session.api().await?;
            let path = api.in_space(path.trim_start_matches('/'));
            (api, path)
        };
        if !self.paginate {
            print(
                session,
                &api,
                api.open(&method, &path, body.as_ref()).await?,
            )
            .await?;
        } else if method == reqwest::Method::GET {
            show(session, &api.pages(&path).await?)?;
        } else {
            let what = format!("{method} answers no pages.");
            return Err(Failure::usage(what).next("leave out --paginate"));
        }
        Ok(Exit::Done)
    }

    fn body(&self) -> Result<Option<Value>> {
        let Some(path) = &self.input else {
            return Ok(None);
        };
        let text = read(path)?;
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| Failure::invalid(format!("{} is not JSON: {error}.", path.display())))
    }
}

/// A document in the shape that was asked for; everything else byte for byte.
async fn print(session: &Session, api: &Api, mut answer: reqwest::Response) -> Result<()> {
    if is_file(&answer) {
        while let Some(some) = api.next_bytes(&mut answer).await? {
            if !bytes(some.as_ref())? {
                break;
            }
        }
        return Ok(());
    }
    let mut whole = Vec::new();
    while let Some(some) = api.next_bytes(&mut answer).await? {
        whole.extend_from_slice(some.as_ref());
    }
    match serde_json::from_slice(&whole) {
        Ok(document) => show(session, &document),
        Err(_) => bytes(&whole).map(|_| ()),
    }
}

fn show(session: &Session, answer: &Value) -> Result<()> {
    match (&session.out.format, answer) {
        (_, Value::Null) => Ok(()),
        (_, Value::String(text)) => raw(text),
        (Format::Yaml, answer) => raw(&yaml(answer)),
        (Format::JsonLines, Value::Array(items)) => raw(&items
            .iter()
            .map(|item| format!("{item}\n"))
            .collect::<String>()),
        (Format::JsonLines, answer) => raw(&format!("{answer}\n")),
        (Format::Id | Format::Template(_), Value::Array(items)) => session.out.list(&[], items),
        (Format::Id | Format::Template(_) | Format::Jq(_), answer) => session.out.one(&[], answer),
        (_, answer) => raw(&pretty(answer)),
    }
}
