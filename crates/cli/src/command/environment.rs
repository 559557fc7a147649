//! Environments.

use clap::Subcommand;
use serde_json::{Value, json};

use super::pages::{self, Web};
use super::{Ended, delete};
use crate::api::part;
use crate::completion::Named;
use crate::exit::Exit;
use crate::find::{self, name_of, text};
use crate::output::Column;
use crate::session::Session;

#[derive(Subcommand)]
pub enum Environment {
    /// All environments, in their order.
    #[command(
        after_help = "Examples:\n  regatta environment list\n  regatta environment list --jq '.[].Name'"
    )]
    List,
    /// One environment.
    #[command(
        after_help = "Examples:\n  regatta environment view Test\n  regatta environment view test --web"
    )]
    View {
        /// Name, slug or id.
        #[arg(add = Named::Environments.of_server())]
        name: String,
        #[command(flatten)]
        web: Web,
    },
    /// A new environment.
    #[command(
        after_help = "Examples:\n  regatta environment create Test\n  regatta environment create Production --guided-failure"
    )]
    Create {
        /// Its name.
        name: String,
        #[arg(long, default_value = "")]
        description: String,
        /// Ask a person when a step fails, unless the project says otherwise.
        #[arg(long)]
        guided_failure: bool,
    },
    /// Delete an environment.
    #[command(
        after_help = "Examples:\n  regatta environment delete Test\n  regatta environment delete test --yes"
    )]
    Delete {
        /// Name, slug or id.
        #[arg(add = Named::Environments.of_server())]
        name: String,
    },
}

impl Environment {
    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::List | Self::View { .. })
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        match self {
            Self::List => {
                let items = api.all(&api.in_space("environments")).await?;
                session.out.list(&columns(), &items)?;
            }
            Self::View { name, web } => {
                let found = find::environment(&api, &name).await?;
                let page = pages::environment(&api, &found);
                web.or(&page, || view(session, &found))?;
            }
            Self::Create {
                name,
                description,
                guided_failure,
            } => {
                let body = json!({"Name": name, "Description": description, "UseGuidedFailure": guided_failure});
                let made = api.post(&api.in_space("environments"), &body).await?;
                view(session, &made)?;
            }
            Self::Delete { name } => {
                let found = find::environment(&api, &name).await?;
                let name = name_of(&found);
                let question = format!("Delete the environment {name}?");
                let path = api.in_space(&format!("environments/{}", part(&text(&found, "Id"))));
                delete(session, &api, (&question, &name), &path).await?;
            }
        }
        Ok(Exit::Done)
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("NAME", "Name"),
        Column::key("SLUG", "Slug"),
        Column::key("ID", "Id").wide(),
        Column::key("GUIDED FAILURE", "UseGuidedFailure").wide(),
        Column::key("DESCRIPTION", "Description"),
    ]
}

fn view(session: &Session, item: &Value) -> crate::failure::Result<()> {
    let fields = [
        ("Name", text(item, "Name")),
        ("Slug", text(item, "Slug")),
        ("Id", text(item, "Id")),
        ("Description", text(item, "Description")),
    ];
    session.out.one(&fields, item)
}
