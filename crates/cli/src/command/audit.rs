//! The audit: who did what, and when.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Ended;
use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::{self, text};
use crate::output::{Column, cell_text};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Audit {
    /// What was done, newest first.
    List(List),
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta audit list -p web-shop --take 50\n  regatta audit list --user ada --from 2026-01-02T00:00:00Z"
)]
pub struct List {
    /// By this user.
    #[arg(long)]
    user: Option<String>,
    /// About this: any id.
    #[arg(long, value_name = "ID")]
    regarding: Option<String>,
    /// Of this kind, like DeploymentFailed.
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// Not before, like 2026-01-02T03:04:05Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Not after.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    take: usize,
}

impl Audit {
    pub(super) async fn run(self, session: &Session) -> Ended {
        let Self::List(list) = self;
        let api = session.api().await?;
        let path = list.path(session, &api).await?;
        let page = api.get(&api.in_space(&path)).await?;
        let events = page["Items"].as_array().cloned().unwrap_or_default();
        session.out.list(&columns(), &events)?;
        Ok(Exit::Done)
    }
}

impl List {
    async fn path(self, session: &Session, api: &Api) -> Result<String> {
        let mut path = format!("events?take={}", self.take);
        let user = match &self.user {
            Some(name) => {
                let users = api.all("/api/users").await?;
                Some(text(&find::among(api.naming, "user", name, &users)?, "Id"))
            }
            None => None,
        };
        let project = match session.config.get("project") {
            Some(_) => Some(text(&session.project(api).await?, "Id")),
            None => None,
        };
        let filters = [
            ("users", user),
            ("projects", project),
            ("regarding", self.regarding),
            ("eventCategories", self.category),
            ("from", self.from),
            ("to", self.to),
        ];
        for (key, value) in filters {
            if let Some(value) = value {
                path.push_str(&format!("&{key}={}", part(&value)));
            }
        }
        Ok(path)
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("WHEN", "Occurred"),
        Column::key("WHO", "Username"),
        Column::key("WHAT", "Message"),
        Column::new("CHANGED", changed).wide(),
        Column::key("CATEGORY", "Category").wide(),
        Column::key("ID", "Id").wide(),
    ]
}

fn changed(event: &Value) -> String {
    cell_text(&event["Details"])
}
