//! Packages of the built-in feed.

mod download;
mod push;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Ended;
use crate::api::{Api, part};
use crate::completion::Named;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, name_of, text};
use crate::output::{Column, raw};
use crate::session::Session;
use crate::text::{size, visible_lines};

#[derive(Subcommand)]
pub enum Package {
    /// The newest version of every package.
    #[command(
        after_help = "Examples:\n  regatta package list\n  regatta package list --filter acme"
    )]
    List {
        /// Only those with this in their name.
        #[arg(long, value_name = "TEXT", default_value = "")]
        filter: String,
    },
    /// All versions of a package, the newest first.
    #[command(
        after_help = "Examples:\n  regatta package versions Acme.Web\n  regatta package versions Acme.Web --jq '.[0].Version'"
    )]
    Versions {
        /// Name of the package.
        #[arg(add = Named::Packages.of_server())]
        package: String,
    },
    /// One version of a package.
    #[command(
        after_help = "Examples:\n  regatta package view Acme.Web\n  regatta package view Acme.Web 1.0.10"
    )]
    View(Which),
    /// The release notes in a package.
    #[command(
        after_help = "Examples:\n  regatta package notes Acme.Web\n  regatta package notes Acme.Web 1.0.10"
    )]
    Notes(Which),
    /// Send files to the feed. Their names say what they are.
    Push(push::Push),
    /// Fetch the file of a package.
    Download(download::Download),
    /// Delete versions of a package: all of them or, if one is not there, none.
    #[command(
        after_help = "Examples:\n  regatta package delete Acme.Web 1.0.0\n  regatta package delete Acme.Web 1.0.0 1.0.1 --yes"
    )]
    Delete {
        /// Name of the package.
        #[arg(add = Named::Packages.of_server())]
        package: String,
        /// Whole versions.
        #[arg(required = true)]
        versions: Vec<String>,
    },
}

/// A version of a package.
#[derive(Args)]
pub struct Which {
    /// Name of the package, or id of one version of it.
    #[arg(add = Named::Packages.of_server())]
    package: String,
    /// The newest unless given.
    version: Option<String>,
}

impl Package {
    pub(super) const fn only_shows(&self) -> bool {
        !matches!(self, Self::Push(_) | Self::Delete { .. })
    }

    pub(super) async fn run(self, session: &Session) -> Ended {
        let api = session.api().await?;
        match self {
            Self::List { filter } => {
                let path = format!("packages?latest=true&filter={}", part(filter.trim()));
                let items = api.all(&api.in_space(&path)).await?;
                session.out.list(&columns(), &items)?;
            }
            Self::Versions { package } => {
                let items = versions(&api, &package).await?;
                session.out.list(&columns(), &items)?;
            }
            Self::View(which) => view(session, &api, &which.find(&api).await?).await?,
            Self::Notes(which) => notes(session, &api, &which.find(&api).await?).await?,
            Self::Push(push) => push.run(session, &api).await?,
            Self::Download(download) => download.run(session, &api).await?,
            Self::Delete {
                package,
                versions: wanted,
            } => delete(session, &api, &package, &wanted).await?,
        }
        Ok(Exit::Done)
    }
}

impl Which {
    async fn find(&self, api: &Api) -> Result<Value> {
        let id = self.package.trim();
        let Some(version) = &self.version else {
            if id.starts_with("packages-") {
                return api.get(&address(api, id)).await;
            }
            let newest = versions(api, id).await?.into_iter().next();
            return newest.ok_or_else(|| Failure::not_found(format!("{id} has just gone.")));
        };
        let all = versions(api, id).await?;
        of_version(version, &all)
    }
}

fn of_version(wanted: &str, versions: &[Value]) -> Result<Value> {
    let package = versions.first().map(|one| text(one, "PackageId"));
    let kind = format!("version of {}", package.unwrap_or_default());
    find::of_version(&kind, wanted, versions)
}

/// Where a version of a package is, by its id.
fn address(api: &Api, id: &str) -> String {
    api.in_space(&format!("packages/{}", part(id)))
}

/// All versions of one package, the newest first.
async fn versions(api: &Api, wanted: &str) -> Result<Vec<Value>> {
    let of = |name: &str| api.in_space(&format!("packages?nuGetPackageId={}", part(name)));
    let wanted = wanted.trim();
    if !wanted.is_empty() {
        let found = api.all(&of(wanted)).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let names: Vec<Value> = api
        .all(&api.in_space("packages?latest=true"))
        .await?
        .iter()
        .map(|one| json!({"Name": one["PackageId"]}))
        .collect();
    let meant = find::among(api.naming, "package", wanted, &names)?;
    api.all(&of(&name_of(&meant))).await
}

async fn delete(session: &Session, api: &Api, package: &str, wanted: &[String]) -> Result<()> {
    let all = versions(api, package).await?;
    let mut found: Vec<Value> = Vec::new();
    for version in wanted {
        let one = of_version(version, &all)?;
        if !found.contains(&one) {
            found.push(one);
        }
    }
    let named: Vec<String> = found.iter().map(called).collect();
    session.confirm(&format!("Delete {}?", named.join(", ")))?;
    let ids: Vec<String> = found.iter().map(|one| part(&text(one, "Id"))).collect();
    let path = format!("packages/bulk?ids={}", ids.join(","));
    api.delete(&api.in_space(&path)).await?;
    session.out.say(&format!("Deleted {}.", named.join(", ")));
    Ok(())
}

/// `Acme.Web 1.2.3`.
fn called(package: &Value) -> String {
    format!(
        "{} {}",
        text(package, "PackageId"),
        text(package, "Version")
    )
}

fn file_name(package: &Value) -> String {
    let kind = text(package, "FileExtension");
    format!(
        "{}.{}{kind}",
        text(package, "PackageId"),
        text(package, "Version")
    )
}

fn size_of(package: &Value) -> String {
    size(package["PackageSizeBytes"].as_u64().unwrap_or(0))
}

fn columns() -> Vec<Column> {
    vec![
        Column::key("PACKAGE", "PackageId"),
        Column::key("VERSION", "Version"),
        Column::new("SIZE", size_of),
        Column::key("PUBLISHED", "Published"),
        Column::key("ID", "Id").wide(),
        Column::key("KIND", "FileExtension").wide(),
        Column::key("SHA-256", "Hash").wide(),
    ]
}

async fn view(session: &Session, api: &Api, found: &Value) -> Result<()> {
    // Only the address of one tells of its build.
    let whole = api.get(&address(api, &text(found, "Id"))).await?;
    let build = &whole["PackageVersionBuildInformation"];
    let fields = [
        ("Package", text(&whole, "PackageId")),
        ("Version", text(&whole, "Version")),
        ("Id", text(&whole, "Id")),
        ("File", file_name(&whole)),
        ("Size", size_of(&whole)),
        ("Published", text(&whole, "Published")),
        ("SHA-256", text(&whole, "Hash")),
        ("Build", text(build, "BuildNumber")),
        ("Branch", text(build, "Branch")),
        ("Commit", text(build, "VcsCommitNumber")),
    ];
    session.out.one(&fields, &whole)
}

async fn notes(session: &Session, api: &Api, found: &Value) -> Result<()> {
    let path = format!("packages/notes?packageIds={}", part(&text(found, "Id")));
    let answer = api.get(&api.in_space(&path)).await?;
    let told = &answer["Packages"][0];
    if !session.out.is_for_people() {
        return session.out.one(&[], told);
    }
    match told["Notes"]["Notes"].as_str() {
        Some(notes) => raw(&format!("{}\n", visible_lines(notes.trim_end()))),
        None => {
            let none = format!("{} has no release notes.", called(found));
            session.out.say(&none);
            Ok(())
        }
    }
}
