//! Projects.

mod settings;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Ended;
use crate::api::{Api, part};
use crate::browser;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, name_of, text};
use crate::output::{Column, raw};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Project {
    /// All projects.
    List,
    /// One project.
    View {
        /// Name, slug or id; the project of --project unless given.
        name: Option<String>,
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
    Delete { name: String },
    /// How the project deploys, as a file of Octopus' configuration language; or from one.
    Settings(settings::Settings),
    /// Show a project in the browser.
    Open {
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
            Self::View { name } => view(session, &named(session, &api, name).await?)?,
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
                let question = format!(
                    "Delete the project {} with all its releases?",
                    name_of(&found)
                );
                session.confirm(&question)?;
                let path = api.in_space(&format!("projects/{}", part(&text(&found, "Id"))));
                api.delete(&path).await?;
                session.out.say(&format!("Deleted {}.", name_of(&found)));
            }
            Self::Settings(settings) => {
                let found = session.project(&api).await?;
                settings.run(session, &api, &found).await?;
            }
            Self::Open { name, print } => {
                let found = named(session, &api, name).await?;
                let page = format!(
                    "{}/app#/{}/projects/{}",
                    api.base,
                    api.space,
                    text(&found, "Slug")
                );
                open(&page, print)?;
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

/// Shows a page in the browser, or says where it is.
fn open(page: &str, print: bool) -> Result<()> {
    if !print {
        if browser::open(page) {
            return Ok(());
        }
        eprintln!("No browser could be started; open this page:");
    }
    raw(&format!("{page}\n"))
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
