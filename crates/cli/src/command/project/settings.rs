//! `project settings`: how a project deploys, as text.

use std::path::PathBuf;

use clap::Args;
use regatta_core::project::DeploymentSettings;
use regatta_core::{diff, ocl};
use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::command::written;
use crate::failure::{Failure, Result};
use crate::find::{name_of, text};
use crate::output::raw;
use crate::session::Session;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta project settings -p web-shop > deployment_settings.ocl\n  regatta project settings -p web-shop --apply deployment_settings.ocl"
)]
pub struct Settings {
    /// Replace the settings with this file's; - for standard input.
    #[arg(long, value_name = "FILE")]
    apply: Option<PathBuf>,
}

impl Settings {
    pub(super) const fn only_shows(&self) -> bool {
        self.apply.is_none()
    }

    pub(super) async fn run(self, session: &Session, api: &Api, project: &Value) -> Result<()> {
        let path = format!("projects/{}/deploymentsettings", part(&text(project, "Id")));
        let path = api.in_space(&path);
        let stored = api.get(&path).await?;
        let before: DeploymentSettings = serde_json::from_value(stored.clone())
            .map_err(|error| Failure::invalid(format!("The settings cannot be read: {error}.")))?;
        let Some(file) = self.apply else {
            if session.out.is_for_people() {
                return raw(&ocl::settings::print(&before));
            }
            return session.out.one(&[], &stored);
        };
        let text = written::read_something(&file)?;
        let after =
            ocl::settings::read(&text, &before).map_err(|error| written::wrong(&file, error))?;
        let changes = diff::document(&json!(before), &json!(after));
        if changes.is_empty() {
            session.out.say("Nothing to change.");
            return Ok(());
        }
        for change in &changes {
            session.out.say(&format!("  {change}"));
        }
        session.confirm(&format!("Apply to {}?", name_of(project)))?;
        api.put(&path, &json!(after)).await?;
        session.out.say("Saved.");
        Ok(())
    }
}
