//! Deployment targets.

use clap::Subcommand;

use super::Ended;
use crate::api::part;
use crate::exit::Exit;
use crate::find::{self, name_of, text};
use crate::output::{Column, cell_text};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Target {
    /// All deployment targets.
    List,
    /// One deployment target.
    View { name: String },
    /// Delete a deployment target.
    Delete { name: String },
}

impl Target {
    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::List | Self::View { .. })
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        let items = api.all(&api.in_space("machines")).await?;
        match self {
            Self::List => session.out.list(&columns(), &items)?,
            Self::View { name } => {
                let found = find::among(api.naming, "deployment target", &name, &items)?;
                let fields = [
                    ("Name", text(&found, "Name")),
                    ("Id", text(&found, "Id")),
                    ("Status", text(&found, "HealthStatus")),
                    ("Tags", cell_text(&found["Roles"])),
                    ("Environments", cell_text(&found["EnvironmentIds"])),
                    ("Link", text(&found["Endpoint"], "CommunicationStyle")),
                ];
                session.out.one(&fields, &found)?;
            }
            Self::Delete { name } => {
                let found = find::among(api.naming, "deployment target", &name, &items)?;
                session.confirm(&format!(
                    "Delete the deployment target {}?",
                    name_of(&found)
                ))?;
                let path = api.in_space(&format!("machines/{}", part(&text(&found, "Id"))));
                api.delete(&path).await?;
                session.out.say(&format!("Deleted {}.", name_of(&found)));
            }
        }
        Ok(Exit::Done)
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("NAME", "Name"),
        Column::key("STATUS", "HealthStatus"),
        Column::key("TAGS", "Roles"),
        Column::key("ENVIRONMENTS", "EnvironmentIds"),
        Column::key("ID", "Id").wide(),
        Column::new("LINK", |item| text(&item["Endpoint"], "CommunicationStyle")).wide(),
    ]
}
