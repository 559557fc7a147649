//! Environments.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Ended;
use crate::api::part;
use crate::exit::Exit;
use crate::find::{self, name_of, text};
use crate::output::Column;
use crate::session::Session;

#[derive(Subcommand)]
pub enum Environment {
    /// All environments, in their order.
    List,
    /// One environment.
    View { name: String },
    /// A new environment.
    Create {
        name: String,
        #[arg(long, default_value = "")]
        description: String,
        /// Ask a person when a step fails, unless the project says otherwise.
        #[arg(long)]
        guided_failure: bool,
    },
    /// Delete an environment.
    Delete { name: String },
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
            Self::View { name } => view(session, &find::environment(&api, &name).await?)?,
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
                session.confirm(&format!("Delete the environment {}?", name_of(&found)))?;
                let path = api.in_space(&format!("environments/{}", part(&text(&found, "Id"))));
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
