//! Deployment targets.

use clap::Subcommand;

use super::pages::{self, Web};
use super::{Ended, delete};
use crate::api::part;
use crate::completion::Named;
use crate::exit::Exit;
use crate::find::{self, name_of, text};
use crate::output::{Column, cell_text};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Target {
    /// All deployment targets.
    #[command(
        after_help = "Examples:\n  regatta target list\n  regatta target list --jq '.[].HealthStatus'"
    )]
    List,
    /// One deployment target.
    #[command(
        after_help = "Examples:\n  regatta target view web-01\n  regatta target view web-01 --web"
    )]
    View {
        /// Name, slug or id.
        #[arg(add = Named::Targets.of_server())]
        name: String,
        #[command(flatten)]
        web: Web,
    },
    /// Delete a deployment target.
    #[command(
        after_help = "Examples:\n  regatta target delete web-01\n  regatta target delete web-01 --yes"
    )]
    Delete {
        /// Name, slug or id.
        #[arg(add = Named::Targets.of_server())]
        name: String,
    },
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
            Self::View { name, web } => {
                let found = find::among(api.naming, "deployment target", &name, &items)?;
                let fields = [
                    ("Name", text(&found, "Name")),
                    ("Id", text(&found, "Id")),
                    ("Status", text(&found, "HealthStatus")),
                    ("Tags", cell_text(&found["Roles"])),
                    ("Environments", cell_text(&found["EnvironmentIds"])),
                    ("Link", text(&found["Endpoint"], "CommunicationStyle")),
                ];
                let page = pages::target(&api, &found);
                web.or(&page, || session.out.one(&fields, &found))?;
            }
            Self::Delete { name } => {
                let found = find::among(api.naming, "deployment target", &name, &items)?;
                let name = name_of(&found);
                let question = format!("Delete the deployment target {name}?");
                let path = api.in_space(&format!("machines/{}", part(&text(&found, "Id"))));
                delete(session, &api, (&question, &name), &path).await?;
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
