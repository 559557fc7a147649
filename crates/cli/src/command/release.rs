//! Releases, and deploying them.

mod deploy;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::pages::{self, Web};
use super::written::read;
use super::{Ended, delete};
use crate::api::{Api, part};
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::{self, name_of, text};
use crate::output::Column;
use crate::session::Session;

#[derive(Subcommand)]
pub enum Release {
    /// A new release: the process and the variables as they are now.
    Create(Create),
    /// The releases of a project, newest first.
    #[command(
        after_help = "Examples:\n  regatta release list -p web-shop\n  regatta release list -p web-shop --jq '.[0].Version'"
    )]
    List,
    /// One release.
    #[command(
        after_help = "Examples:\n  regatta release view -p web-shop\n  regatta release view 2.4.1 -p web-shop --web"
    )]
    View {
        /// The newest unless given.
        #[arg(add = Named::Releases.of_server())]
        version: Option<String>,
        #[command(flatten)]
        web: Web,
    },
    /// Delete a release.
    #[command(
        after_help = "Examples:\n  regatta release delete 2.4.1 -p web-shop\n  regatta release delete 2.4.1 -p web-shop --yes"
    )]
    Delete {
        /// All of it.
        #[arg(add = Named::Releases.of_server())]
        version: String,
    },
    /// Deploy a release to one or more environments.
    Deploy(Box<deploy::Deploy>),
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  regatta release create -p web-shop\n  regatta release create -p web-shop --version 2.4.1 --notes-file notes.md --ignore-existing"
)]
pub struct Create {
    /// The next one by the project's rule unless given.
    #[arg(long)]
    version: Option<String>,
    #[arg(long)]
    channel: Option<String>,
    /// Version of a package: NAME:VERSION, or a version for all.
    #[arg(long, value_name = "NAME:VERSION")]
    package: Vec<String>,
    #[arg(long, conflicts_with = "notes_file")]
    notes: Option<String>,
    /// File with the release notes; - for standard input.
    #[arg(long)]
    notes_file: Option<PathBuf>,
    /// Be content with a release of this version that is there already.
    #[arg(long)]
    ignore_existing: bool,
}

impl Release {
    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::List | Self::View { .. })
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        let project = session.project(&api).await?;
        match self {
            Self::Create(create) => create.run(session, &api, &project).await,
            Self::List => {
                let path = format!("projects/{}/releases", part(&text(&project, "Id")));
                let items = api.all(&api.in_space(&path)).await?;
                session.out.list(&columns(), &items)?;
                Ok(Exit::Done)
            }
            Self::View { version, web } => {
                let found = find::release(&api, &project, version.as_deref()).await?;
                let page = pages::release(&api, &project, &found);
                web.or(&page, || view(session, &found))?;
                Ok(Exit::Done)
            }
            Self::Delete { version } => {
                let found = find::release(&api, &project, Some(&version)).await?;
                let name = format!("release {}", text(&found, "Version"));
                let question = format!("Delete {name} of {}?", name_of(&project));
                let path = format!("releases/{}", part(&text(&found, "Id")));
                let path = api.in_space(&path);
                delete(session, &api, (&question, &name), &path).await?;
                Ok(Exit::Done)
            }
            Self::Deploy(deploy) => deploy.run(session, &api, &project).await,
        }
    }
}

impl Create {
    async fn run(self, session: &Session, api: &Api, project: &Value) -> Ended {
        let notes = match &self.notes_file {
            Some(path) => Some(read(path)?),
            None => self.notes.clone(),
        };
        let mut body = json!({
            "SpaceIdOrName": api.space, "ProjectName": text(project, "Id"), "IgnoreIfAlreadyExists": self.ignore_existing,
        });
        let texts = [
            ("ReleaseVersion", self.version),
            ("ChannelName", self.channel),
            ("ReleaseNotes", notes),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        let (named, all): (Vec<String>, Vec<String>) = self
            .package
            .into_iter()
            .partition(|package| package.contains([':', '=']));
        if let Some(version) = all.first() {
            body["PackageVersion"] = json!(version);
        }
        if !named.is_empty() {
            body["Packages"] = json!(named);
        }
        let made = api.post(&api.in_space("releases/create/v1"), &body).await?;
        let path = format!("releases/{}", part(&text(&made, "ReleaseId")));
        view(session, &api.get(&api.in_space(&path)).await?)?;
        Ok(Exit::Done)
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("VERSION", "Version"),
        Column::key("CREATED", "Assembled"),
        Column::key("CHANNEL", "ChannelId").wide(),
        Column::key("ID", "Id").wide(),
        Column::new("NOTES", |item| {
            text(item, "ReleaseNotes")
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        }),
    ]
}

fn view(session: &Session, item: &Value) -> Result<()> {
    let fields = [
        ("Version", text(item, "Version")),
        ("Id", text(item, "Id")),
        ("Created", text(item, "Assembled")),
        ("Channel", text(item, "ChannelId")),
        ("Process", text(item, "ProjectDeploymentProcessSnapshotId")),
        ("Notes", text(item, "ReleaseNotes")),
    ];
    session.out.one(&fields, item)
}
