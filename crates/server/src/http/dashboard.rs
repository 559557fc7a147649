//! The dashboard: every project across its environments, in Octopus' exact shape (octopus-api §2.13), read with a
//! handful of queries however many projects there are.
//!
//! With `extended=true` running items also say how far they are, and each how many newer releases have reached the
//! environment before. Octopus' own clients refuse keys they do not know, so those keys come on request only.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use regatta_core::channel::Channel;
use regatta_core::environment::Environment;
use regatta_core::id::EnvironmentId;
use regatta_core::lifecycle::{Lifecycle, PhaseState, Reached};
use regatta_core::permission::{Permission as P, Scope};
use regatta_core::project::{Project, TenantedMode};
use regatta_store::{Conn, Document, Order, Query, Task};
use serde_json::{Value, json};

use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Access, Answer, From, Operation, Place, get, needs, put};
use crate::shape::{BOOL, INT, LINKS_FIELD, Object, Shape, TEXT, TEXTS, field};
use crate::stored;

mod configuration;
mod extended;
pub(super) mod item;
mod running;

use configuration::Chosen;
use running::Running;

static PROJECT: Object = Object {
    name: "DashboardProject",
    fields: &[
        field("Id", TEXT),
        field("Name", TEXT),
        field("Slug", TEXT),
        field("ProjectGroupId", TEXT),
        field("EnvironmentIds", TEXTS).about("Those of its lifecycles, in the order of the space."),
        field("TenantedDeploymentMode", TEXT),
        field("CanPerformUntenantedDeployment", BOOL),
        field("IsDisabled", BOOL),
        LINKS_FIELD,
    ],
};
static GROUP: Object = Object {
    name: "DashboardProjectGroup",
    fields: &[
        field("Id", TEXT),
        field("Name", TEXT),
        field("EnvironmentIds", TEXTS),
        LINKS_FIELD,
    ],
};
static ENVIRONMENT: Object = Object {
    name: "DashboardEnvironment",
    fields: &[field("Id", TEXT), field("Name", TEXT), LINKS_FIELD],
};
static OBJECT: Object = Object {
    name: "Dashboard",
    fields: &[
        field("Items", Shape::List(&Shape::Object(&item::ITEM))),
        field("Projects", Shape::List(&Shape::Object(&PROJECT))),
        field("ProjectGroups", Shape::List(&Shape::Object(&GROUP))),
        field("Environments", Shape::List(&Shape::Object(&ENVIRONMENT))),
        field("Tenants", Shape::List(&Shape::Any)),
        field("ProjectLimit", INT),
        field("IsFiltered", BOOL),
        field("Regatta.Running", INT).about("Extended."),
        field("Regatta.NeedsAttention", INT).about("Extended: deployments that wait for a person."),
        LINKS_FIELD,
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::ProjectView, From::Items);
    vec![
        get("dashboard", Place::Space, "/dashboard", view, whole)
            .answers(&OBJECT)
            .query(&["projectId", "includePrevious", "extended"])
            .summary("What was deployed last, where."),
        get(
            "dashboardDynamic",
            Place::Space,
            "/dashboard/dynamic",
            view,
            dynamic,
        )
        .answers(&OBJECT)
        .query(&["projects", "environments", "includePrevious", "extended"])
        .summary("The dashboard of some projects and environments."),
        get(
            "dashboardConfigurationGet",
            Place::Space,
            "/dashboardconfiguration",
            Access::SignedIn,
            configuration::get,
        )
        .answers(&configuration::OBJECT)
        .summary("What the caller wants to see of the dashboard."),
        put(
            "dashboardConfigurationReplace",
            Place::Space,
            "/dashboardconfiguration",
            Access::SignedIn,
            configuration::replace,
        )
        .body(&configuration::OBJECT)
        .answers(&configuration::OBJECT),
    ]
}

async fn whole(call: Call) -> Answer {
    let asked = call.query.list("projectId")?;
    let chosen = match asked {
        Some(projects) => Chosen {
            projects: Some(projects),
            ..Chosen::default()
        },
        None => configuration::chosen(&call, &mut call.read().await?).await?,
    };
    answer(&call, chosen).await
}

async fn dynamic(call: Call) -> Answer {
    let chosen = Chosen {
        projects: call.query.list("projects")?,
        environments: call.query.list("environments")?,
        limit: None,
    };
    answer(&call, chosen).await
}

/// What is shown, of what the caller may see.
struct Board {
    projects: Vec<(Document, Project)>,
    environments: Vec<Environment>,
    /// Of each project, in the order of `environments`.
    reach: HashMap<String, Vec<EnvironmentId>>,
    tasks: Vec<Shown>,
    /// Version and channel by release.
    releases: HashMap<String, (String, Option<String>)>,
}

/// One item before it is written.
struct Shown {
    task: Task,
    standing: item::Standing,
    /// How many wait in the queue behind it.
    queued: usize,
}

async fn answer(call: &Call, chosen: Chosen) -> Answer {
    let is_filtered = chosen.projects.is_some() || chosen.environments.is_some();
    let limit = chosen.limit;
    let mut conn = call.read().await?;
    let board = Board::read(call, &mut conn, chosen).await?;
    let mut items: Vec<Value> = board
        .tasks
        .iter()
        .map(|shown| board.item(call, shown))
        .collect();
    let is_extended = call.query.flag("extended")?.unwrap_or(false);
    if is_extended {
        extended::items(call, &mut conn, &board, &mut items).await?;
    }
    let groups = board.groups(&mut conn, call).await?;
    let space = call.space_id();
    let mut body = json!({
        "Items": items,
        "Projects": board.projects.iter().map(|(document, project)| board.project(document, project)).collect::<Value>(),
        "ProjectGroups": groups,
        "Environments": board.environments.iter().map(|known| json!({
            "Id": known.id, "Name": known.name, "Links": {"Self": format!("/api/{space}/environments/{}", known.id)},
        })).collect::<Value>(),
        "Tenants": [],
        "ProjectLimit": limit,
        "IsFiltered": is_filtered,
        "Links": {"Self": call.uri_path},
    });
    if is_extended {
        let open = || {
            board
                .tasks
                .iter()
                .filter(|shown| !shown.task.state.is_completed())
        };
        let running = open().filter(|shown| shown.task.started_at.is_some());
        let waiting = open().filter(|shown| shown.task.has_pending_interruptions);
        body["Regatta.Running"] = json!(running.count());
        body["Regatta.NeedsAttention"] = json!(waiting.count());
    }
    Ok(ok(body))
}

impl Board {
    async fn read(call: &Call, conn: &mut Conn, chosen: Chosen) -> Result<Self, ApiError> {
        let space = call.space_id();
        let query = Query {
            kind: "Projects".to_owned(),
            space_id: Some(Some(space.to_owned())),
            ids: chosen.projects,
            order: Order::Name,
            ..Query::default()
        };
        let mut projects = Vec::new();
        for document in conn.documents(&query).await?.items {
            let project: Project = stored::parse(&document)?;
            if call
                .caller
                .may(P::ProjectView, &scope(space, &project, None))
            {
                projects.push((document, project));
            }
        }
        projects.truncate(chosen.limit.unwrap_or(usize::MAX));
        let mut all: Vec<Environment> = stored::all(conn, "Environments", space).await?;
        all.sort_by_key(|known| (known.sort_order, known.name.key()));
        let reach = reach(conn, space, &projects, &all).await?;
        let is_wanted = |known: &Environment| {
            chosen
                .environments
                .as_ref()
                .is_none_or(|ids| ids.iter().any(|id| id == known.id.as_str()))
        };
        all.retain(|known| is_wanted(known) && may_see_environment(call, &known.id));
        let mut board = Self {
            projects,
            environments: all,
            reach,
            tasks: Vec::new(),
            releases: HashMap::new(),
        };
        board.tasks = board.tasks(call, conn).await?;
        board.releases = releases(conn, &board.tasks).await?;
        Ok(board)
    }

    /// Newest first. Extended, what runs goes before what waits behind it.
    async fn tasks(&self, call: &Call, conn: &mut Conn) -> Result<Vec<Shown>, ApiError> {
        let with_previous = call.query.flag("includePrevious")?.unwrap_or(false);
        let known: HashMap<&str, &Project> = self
            .projects
            .iter()
            .map(|(document, project)| (document.id.as_str(), project))
            .collect();
        let environments: HashSet<&str> = self.environments.iter().map(|e| e.id.as_str()).collect();
        let ids: Vec<String> = known.keys().map(|id| (*id).to_owned()).collect();
        let is_extended = call.query.flag("extended")?.unwrap_or(false);
        let mut running = Running::default();
        if is_extended {
            running = Running::read(conn, call.space_id()).await?;
        }
        let mut shown = Vec::new();
        for latest in conn
            .tasks_latest(call.space_id(), "Deploy", Some(&ids))
            .await?
        {
            let place = latest
                .newest
                .project_id
                .as_deref()
                .zip(latest.newest.environment_id.as_deref());
            let Some((project, environment)) = place else {
                continue;
            };
            let Some(project) = known
                .get(project)
                .filter(|_| environments.contains(environment))
            else {
                continue;
            };
            let tenant = latest.newest.tenant_id.as_deref();
            if !may_see_deployments(call, project, (environment, tenant)) {
                continue;
            }
            let (task, queued) = running.before(latest.newest);
            shown.push(Shown {
                task,
                standing: item::Standing::Current,
                queued,
            });
            let before = latest.succeeded_before.filter(|_| with_previous);
            shown.extend(before.map(|task| Shown {
                task,
                standing: item::Standing::Previous,
                queued: 0,
            }));
        }
        Ok(shown)
    }

    fn item(&self, call: &Call, shown: &Shown) -> Value {
        let release = shown.task.release_id.as_ref();
        let release = release.and_then(|id| self.releases.get(id));
        let release = release.map(|(version, channel)| item::Release {
            version,
            channel: channel.as_deref(),
        });
        item::view(call, &shown.task, release, shown.standing)
    }

    fn project(&self, document: &Document, project: &Project) -> Value {
        let mode = project.tenanted_deployment_mode;
        let space = project.space_id.as_str();
        json!({
            "Id": project.id, "Name": project.name, "Slug": project.slug, "ProjectGroupId": project.project_group_id,
            "EnvironmentIds": self.environment_ids(&document.id),
            "CanPerformUntenantedDeployment": mode != TenantedMode::Tenanted, "TenantedDeploymentMode": mode,
            "IsDisabled": project.is_disabled,
            "Links": {"Self": format!("/api/{space}/projects/{}", project.id)},
        })
    }

    /// Those of a project's lifecycles that are shown.
    fn environment_ids(&self, project: &str) -> Vec<&EnvironmentId> {
        let reach = self.reach.get(project).map_or(&[][..], Vec::as_slice);
        let shown = reach
            .iter()
            .filter(|id| self.environments.iter().any(|known| known.id == **id));
        shown.collect()
    }

    /// The groups of the projects, with every environment any of them reaches.
    async fn groups(&self, conn: &mut Conn, call: &Call) -> Result<Value, ApiError> {
        let mut reached: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (document, project) in &self.projects {
            let own = reached
                .entry(project.project_group_id.to_string())
                .or_default();
            let ids = self.environment_ids(&document.id);
            own.extend(
                (0..)
                    .zip(&self.environments)
                    .filter(|(_, e)| ids.contains(&&e.id))
                    .map(|(at, _)| at),
            );
        }
        let query = Query {
            kind: "ProjectGroups".to_owned(),
            space_id: Some(Some(call.space_id().to_owned())),
            ids: Some(reached.keys().cloned().collect()),
            ..Query::default()
        };
        let groups = conn.documents(&query).await?.items;
        let group = |document: &Document| {
            let ids = reached[&document.id]
                .iter()
                .map(|at| &self.environments[*at].id);
            json!({
                "Id": document.id, "Name": document.name, "EnvironmentIds": ids.collect::<Vec<_>>(),
                "Links": {"Self": format!("/api/{}/projectgroups/{}", call.space_id(), document.id)},
            })
        };
        Ok(groups.iter().map(group).collect())
    }
}

/// Whether the caller may see this environment.
pub(super) fn may_see_environment(call: &Call, id: &EnvironmentId) -> bool {
    let wanted = Scope {
        environments: vec![id.clone()],
        ..crate::scope::of_space(Some(call.space_id()))
    };
    call.caller.may(P::EnvironmentView, &wanted)
}

/// Whether the caller may see what was deployed of this project to this environment, for this tenant or for none.
pub(super) fn may_see_deployments(
    call: &Call,
    project: &Project,
    (environment, tenant): (&str, Option<&str>),
) -> bool {
    let mut wanted = scope(call.space_id(), project, Some(environment));
    wanted.tenants = tenant.and_then(|id| id.parse().ok()).into_iter().collect();
    call.caller.may(P::DeploymentView, &wanted)
}

fn scope(space: &str, project: &Project, environment: Option<&str>) -> Scope {
    Scope {
        project: Some(project.id.clone()),
        project_group: Some(project.project_group_id.clone()),
        environments: environment
            .and_then(|id| id.parse().ok())
            .into_iter()
            .collect(),
        ..crate::scope::of_space(Some(space))
    }
}

/// Where the lifecycles of each project and of its channels lead.
async fn reach(
    conn: &mut Conn,
    space: &str,
    projects: &[(Document, Project)],
    environments: &[Environment],
) -> Result<HashMap<String, Vec<EnvironmentId>>, ApiError> {
    let lifecycles: Vec<Lifecycle> = stored::all(conn, "Lifecycles", space).await?;
    let mut leads: HashMap<String, HashSet<EnvironmentId>> = HashMap::new();
    for lifecycle in lifecycles {
        let phases = lifecycle.progression(environments, &Reached::default());
        let all = phases.iter().flat_map(PhaseState::environments).cloned();
        leads.insert(lifecycle.id.to_string(), all.collect());
    }
    let channels: Vec<Channel> = stored::all(conn, "Channels", space).await?;
    let mut used: HashMap<String, Vec<String>> = HashMap::new();
    for channel in channels {
        let lifecycle = channel.lifecycle_id.map(|id| id.to_string());
        used.entry(channel.project_id.to_string())
            .or_default()
            .extend(lifecycle);
    }
    let mut reach = HashMap::new();
    for (document, project) in projects {
        let own = std::iter::once(project.lifecycle_id.to_string());
        let own: Vec<String> = own
            .chain(used.remove(&document.id).unwrap_or_default())
            .collect();
        let leads_to = |id: &EnvironmentId| {
            own.iter()
                .any(|l| leads.get(l).is_some_and(|all| all.contains(id)))
        };
        let ids = environments.iter().map(|known| known.id.clone());
        reach.insert(document.id.clone(), ids.filter(leads_to).collect());
    }
    Ok(reach)
}

/// A release's name is its version; its channel is a tag.
async fn releases(
    conn: &mut Conn,
    tasks: &[Shown],
) -> Result<HashMap<String, (String, Option<String>)>, ApiError> {
    let ids: BTreeSet<String> = tasks
        .iter()
        .filter_map(|shown| shown.task.release_id.clone())
        .collect();
    let query = Query {
        kind: "Releases".to_owned(),
        ids: Some(ids.into_iter().collect()),
        ..Query::default()
    };
    let found = conn.documents(&query).await?.items;
    let one = |document: Document| {
        let channel = document
            .tags
            .iter()
            .find_map(|tag| tag.strip_prefix("channel:").map(str::to_owned));
        (document.id, (document.name, channel))
    };
    Ok(found.into_iter().map(one).collect())
}
