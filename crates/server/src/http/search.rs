//! What the palette of the portal finds by words: releases, deployments, targets and environments, and where a release
//! may go. Each as far as the caller may see it. Not a search in logs or in what documents hold.

use std::collections::HashMap;

use regatta_core::environment::Environment;
use regatta_core::permission::{Permission as P, Scope};
use regatta_core::project::Project;
use regatta_core::release::Release;
use regatta_store::{Conn, Document, Order, Query};
use serde_json::{Value, json};

use super::release::progression::standing;
use super::{deployment, permission, release};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Access, Answer, Operation, Place, get};
use crate::resource::read::visible;
use crate::scope;
use crate::shape::{BOOL, Object, Shape, TEXT, TEXTS, field};
use crate::stored;

/// Answered of one kind.
const FOUND_MAX: usize = 8;
/// Documents looked at for one word.
const LOOKED_AT_MAX: u64 = 40;
/// Releases whose deployments and next environments are looked at.
const RELEASES_MAX: usize = 6;
/// Of a project that is named: its newest.
const RELEASES_OF_PROJECT: u64 = 3;
const WORDS_MAX: usize = 8;

static FOUND: Object = Object {
    name: "SearchFound",
    fields: &[
        field(
            "Kind",
            Shape::Word(&["Deploy", "Release", "Deployment", "Machine", "Environment"]),
        )
        .about("Deploy: the release may go to the environment now."),
        field("Id", TEXT),
        field("Name", TEXT).about("Of a target or an environment."),
        field("Slug", TEXT),
        field("ProjectName", TEXT),
        field("ProjectSlug", TEXT),
        field("Version", TEXT),
        field("EnvironmentId", TEXT),
        field("EnvironmentName", TEXT),
        field("IsAllowed", BOOL).about("Of Deploy: whether the caller has the permission."),
        field("Permission", TEXT).about("What it needs, for people."),
        field("Teams", TEXTS).about("Names of the teams that have it there."),
    ],
};
static OBJECT: Object = Object {
    name: "SearchResult",
    fields: &[field("Items", Shape::List(&Shape::Object(&FOUND)))],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            "search",
            Place::Space,
            "/search",
            Access::SignedIn,
            search,
        )
        .query(&["text"])
        .answers(&OBJECT)
        .summary("Releases, deployments, targets and environments whose names have all these words, and where a release may go."),
    ]
}

async fn search(call: Call) -> Answer {
    if !call.caller.knows_space(call.space_id()) {
        return Err(ApiError::not_found(call.space_id()));
    }
    let text = call.query.get("text").unwrap_or_default().to_lowercase();
    let words: Vec<String> = text
        .split_whitespace()
        .take(WORDS_MAX)
        .map(str::to_owned)
        .collect();
    let mut items = Vec::new();
    if !words.is_empty() {
        let conn = call.read().await?;
        let mut finder = Finder {
            call: &call,
            conn,
            words,
        };
        let releases = finder.releases().await?;
        items.extend(finder.deploys(&releases).await?);
        items.extend(finder.deployments(&releases).await?);
        items.extend(finder.named_releases(&releases));
        items.extend(
            finder
                .plain(("Machine", "Machines"), P::MachineView)
                .await?,
        );
        items.extend(
            finder
                .plain(("Environment", "Environments"), P::EnvironmentView)
                .await?,
        );
    }
    Ok(ok(json!({ "Items": items })))
}

struct Known {
    release: Release,
    project: Project,
}

impl Known {
    fn shown(&self, kind: &str, id: &str) -> Value {
        json!({
            "Kind": kind,
            "Id": id,
            "ProjectName": self.project.name,
            "ProjectSlug": self.project.slug,
            "Version": self.release.version,
        })
    }

    fn text(&self) -> String {
        format!("{} {}", self.project.name, self.release.version)
    }
}

struct Finder<'c> {
    call: &'c Call,
    conn: Conn,
    words: Vec<String>,
}

impl Finder<'_> {
    /// How many of the words the text has.
    fn count(&self, text: &str) -> usize {
        let text = text.to_lowercase();
        self.words
            .iter()
            .filter(|word| text.contains(word.as_str()))
            .count()
    }

    fn fits(&self, text: &str) -> bool {
        self.count(text) == self.words.len()
    }

    /// Documents whose name has one of the words, the best first.
    async fn candidates(&mut self, kind: &str, permission: P) -> Result<Vec<Document>, ApiError> {
        let mut found: HashMap<String, Document> = HashMap::new();
        for word in self.words.clone() {
            let query = Query {
                partial_name: Some(word),
                take: Some(LOOKED_AT_MAX),
                ..self.newest(kind)
            };
            for document in self.conn.documents(&query).await?.items {
                found.insert(document.id.clone(), document);
            }
        }
        let found = found.into_values().collect();
        let mut seen = visible(self.call, &mut self.conn, permission, found).await?;
        seen.sort_by_key(|document| {
            (
                std::cmp::Reverse(self.count(&document.name)),
                document.name.len(),
                document.id.clone(),
            )
        });
        Ok(seen)
    }

    fn newest(&self, kind: &str) -> Query {
        Query {
            kind: kind.to_owned(),
            space_id: Some(Some(self.call.space_id().to_owned())),
            order: Order::Newest,
            ..Query::default()
        }
    }

    /// Those whose version has one of the words, and the newest of projects that do.
    async fn releases(&mut self) -> Result<Vec<Known>, ApiError> {
        let mut documents = self.candidates(release::KIND, P::ReleaseView).await?;
        for project in self
            .candidates("Projects", P::ProjectView)
            .await?
            .iter()
            .take(RELEASES_MAX)
        {
            let query = Query {
                owner_id: Some(project.id.clone()),
                take: Some(RELEASES_OF_PROJECT),
                ..self.newest(release::KIND)
            };
            let newest = self.conn.documents(&query).await?.items;
            documents.extend(visible(self.call, &mut self.conn, P::ReleaseView, newest).await?);
        }
        let mut known: Vec<Known> = Vec::new();
        for document in documents {
            if known
                .iter()
                .any(|one| one.release.id.as_str() == document.id)
            {
                continue;
            }
            let release: Release = stored::parse(&document)?;
            let project =
                stored::need(&mut self.conn, "Projects", release.project_id.as_str()).await?;
            known.push(Known { release, project });
        }
        known.sort_by_key(|one| std::cmp::Reverse(self.count(&one.text())));
        Ok(known)
    }

    fn named_releases(&self, releases: &[Known]) -> Vec<Value> {
        let named = releases
            .iter()
            .filter(|one| self.fits(&format!("release {}", one.text())));
        let shown = named.map(|one| one.shown("Release", one.release.id.as_str()));
        shown.take(FOUND_MAX).collect()
    }

    /// Where the releases may go, for whoever may deploy them and, with whom to ask, for whoever may not.
    async fn deploys(&mut self, releases: &[Known]) -> Result<Vec<Value>, ApiError> {
        let mut found = Vec::new();
        for one in releases
            .iter()
            .take(RELEASES_MAX)
            .filter(|one| !one.project.is_disabled)
        {
            let standing = standing(&mut self.conn, &one.release).await?;
            for environment in standing.open() {
                let text = format!("deploy {} to {}", one.text(), environment.name);
                if self.fits(&text) && self.sees(environment) {
                    found.push(self.deploy(one, environment));
                }
            }
        }
        found.truncate(FOUND_MAX);
        Ok(found)
    }

    fn sees(&self, environment: &Environment) -> bool {
        super::dashboard::may_see_environment(self.call, &environment.id)
    }

    fn deploy(&self, one: &Known, environment: &Environment) -> Value {
        let wanted = Scope {
            project: Some(one.project.id.clone()),
            project_group: Some(one.project.project_group_id.clone()),
            environments: vec![environment.id.clone()],
            ..scope::of_space(Some(self.call.space_id()))
        };
        let is_allowed = self.call.caller.may(P::DeploymentCreate, &wanted);
        let teams = match is_allowed {
            true => Vec::new(),
            false => self
                .call
                .caller
                .teams_that_may(P::DeploymentCreate, &wanted),
        };
        let mut shown = one.shown("Deploy", one.release.id.as_str());
        shown["EnvironmentId"] = json!(environment.id);
        shown["EnvironmentName"] = json!(environment.name);
        shown["IsAllowed"] = json!(is_allowed);
        shown["Permission"] = json!(permission::describe(P::DeploymentCreate));
        shown["Teams"] = json!(teams);
        shown
    }

    async fn deployments(&mut self, releases: &[Known]) -> Result<Vec<Value>, ApiError> {
        let environments: Vec<Environment> =
            stored::all(&mut self.conn, "Environments", self.call.space_id()).await?;
        let mut found = Vec::new();
        for one in releases.iter().take(RELEASES_MAX) {
            let query = Query {
                tags: vec![vec![format!("release:{}", one.release.id)]],
                take: Some(LOOKED_AT_MAX),
                ..self.newest(deployment::KIND)
            };
            let documents = self.conn.documents(&query).await?.items;
            for document in visible(self.call, &mut self.conn, P::DeploymentView, documents).await?
            {
                let body: Value = stored::parse(&document)?;
                let environment = environments
                    .iter()
                    .find(|known| body["EnvironmentId"] == known.id.as_str());
                let Some(environment) = environment.filter(|environment| self.sees(environment))
                else {
                    continue;
                };
                let text = format!(
                    "deployment {} to {} {}",
                    one.text(),
                    environment.name,
                    document.id
                );
                if self.fits(&text) {
                    let mut shown = one.shown("Deployment", &document.id);
                    shown["EnvironmentId"] = json!(environment.id);
                    shown["EnvironmentName"] = json!(environment.name);
                    found.push(shown);
                }
            }
        }
        found.truncate(FOUND_MAX);
        Ok(found)
    }

    async fn plain(
        &mut self,
        (word, kind): (&str, &str),
        permission: P,
    ) -> Result<Vec<Value>, ApiError> {
        let found = self.candidates(kind, permission).await?;
        let fits = found.iter().filter(|document| self.fits(&document.name));
        let shown = fits.map(|document| json!({ "Kind": word, "Id": document.id, "Name": document.name, "Slug": document.slug }));
        Ok(shown.take(FOUND_MAX).collect())
    }
}
