//! Projects.

mod settings;

use clap::Subcommand;
use serde_json::{Value, json};

use super::pages::{self, Web};
use super::{Ended, delete};
use crate::api::{Api, part};
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, name_of, text};
use crate::output::{Column, raw};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Project {
    /// All projects.
    #[command(after_help = "Examples:\n  regatta project list\n  regatta project list -o wide")]
    List,
    /// One project.
    #[command(
        after_help = "Examples:\n  regatta project view web-shop\n  regatta project view web-shop --web"
    )]
    View {
        /// Name, slug or id; the project of --project unless given.
        #[arg(add = Named::Projects.of_server())]
        name: Option<String>,
        #[command(flatten)]
        web: Web,
    },
    /// A new project.
    #[command(
        after_help = "Examples:\n  regatta project create 'Web shop'\n  regatta project create 'Web shop' --group Shops --lifecycle Default"
    )]
    Create {
        name: String,
        #[arg(long, default_value = "")]
        description: String,
        /// Project group: name or id.
        #[arg(long)]
        group: Option<String>,
        /// Lifecycle: name or id.
        #[arg(long)]
        lifecycle: Option<String>,
    },
    /// Delete a project with everything in it.
    #[command(
        after_help = "Examples:\n  regatta project delete 'Web shop'\n  regatta project delete web-shop --yes"
    )]
    Delete {
        /// Name, slug or id.
        #[arg(add = Named::Projects.of_server())]
        name: String,
    },
    /// How the project deploys, as a file of Octopus' configuration language; or from one.
    Settings(settings::Settings),
    /// Show a project in the browser.
    #[command(
        after_help = "Examples:\n  regatta project open web-shop\n  regatta project open web-shop --print"
    )]
    Open {
        /// Name, slug or id; the project of --project unless given.
        #[arg(add = Named::Projects.of_server())]
        name: Option<String>,
        /// Print the address instead.
        #[arg(long)]
        print: bool,
    },
}

impl Project {
    pub(super) const fn only_shows(&self) -> bool {
        match self {
            Self::List | Self::View { .. } | Self::Open { .. } => true,
            Self::Settings(settings) => settings.only_shows(),
            Self::Create { .. } | Self::Delete { .. } => false,
        }
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        match self {
            Self::List => {
                let items = api.all(&api.in_space("projects")).await?;
                session.out.list(&columns(), &items)?;
            }
            Self::View { name, web } => {
                let found = named(session, &api, name).await?;
                let page = pages::project(&api, &found);
                web.or(&page, || view(session, &found))?;
            }
            Self::Create {
                name,
                description,
                group,
                lifecycle,
            } => {
                let body = json!({
                    "Name": name, "Description": description,
                    "ProjectGroupId": one_of(&api, "project group", "projectgroups", group).await?,
                    "LifecycleId": one_of(&api, "lifecycle", "lifecycles", lifecycle).await?,
                });
                let made = api.post(&api.in_space("projects"), &body).await?;
                view(session, &made)?;
            }
            Self::Delete { name } => {
                let found = find::project(&api, &name).await?;
                let name = name_of(&found);
                let question = format!("Delete the project {name} with all its releases?");
                let path = api.in_space(&format!("projects/{}", part(&text(&found, "Id"))));
                delete(session, &api, (&question, &name), &path).await?;
            }
            Self::Settings(settings) => {
                let found = session.project(&api).await?;
                settings.run(session, &api, &found).await?;
            }
            Self::Open { name, print } => {
                let found = named(session, &api, name).await?;
                let page = pages::project(&api, &found);
                if print {
                    raw(&format!("{page}\n"))?;
                } else {
                    pages::open(&page)?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

async fn named(session: &Session, api: &Api, name: Option<String>) -> Result<Value> {
    match name {
        Some(name) => find::project(api, &name).await,
        None => session.project(api).await,
    }
}

/// Id of the one that was named, or of the only or first one.
async fn one_of(api: &Api, kind: &str, path: &str, wanted: Option<String>) -> Result<String> {
    let all = api.all(&api.in_space(path)).await?;
    let found = match wanted {
        Some(wanted) => find::among(api.naming, kind, &wanted, &all)?,
        None => all
            .first()
            .cloned()
            .ok_or_else(|| Failure::not_found(format!("There is no {kind} you may see.")))?,
    };
    Ok(text(&found, "Id"))
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("NAME", "Name"),
        Column::key("SLUG", "Slug"),
        Column::key("ID", "Id").wide(),
        Column::key("GROUP", "ProjectGroupId").wide(),
        Column::key("LIFECYCLE", "LifecycleId").wide(),
        Column::key("DISABLED", "IsDisabled").wide(),
        Column::key("DESCRIPTION", "Description"),
    ]
}

fn view(session: &Session, item: &Value) -> Result<()> {
    let fields = [
        ("Name", text(item, "Name")),
        ("Slug", text(item, "Slug")),
        ("Id", text(item, "Id")),
        ("Group", text(item, "ProjectGroupId")),
        ("Lifecycle", text(item, "LifecycleId")),
        ("Description", text(item, "Description")),
    ];
    session.out.one(&fields, item)
}
