//! A project's releases across its environments (octopus-api §2.11), read with a handful of queries however many
//! releases and deployments there are.

use std::collections::{BTreeSet, HashMap};

use regatta_core::channel::Channel;
use regatta_core::environment::Environment;
use regatta_core::lifecycle::{Lifecycle, PhaseState, Reached};
use regatta_core::permission::Permission;
use regatta_core::project::Project;
use regatta_core::release::Release;
use regatta_store::{Conn, Document, Order, Query, StoreError, Task};
use serde_json::{Map, Value, json};

use super::dashboard::item::{self, Standing};
use super::dashboard::{may_see_deployments, may_see_environment};
use super::release::{self, defect};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::stored;

/// Releases shown, newest first.
const RELEASES_MAX: u64 = 30;
/// Deployments shown of one release in one environment, newest first.
const DEPLOYMENTS_MAX: u32 = 100;

/// The operations on progressions.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let view = needs(Permission::ProjectView, From::Project("project"));
    vec![get(
        "projectProgression",
        Place::Space,
        "/projects/{project}/progression",
        view,
        of_project,
    )]
}

/// Everything that is shown of a project, and what it is worked out from.
struct Known {
    project: Project,
    releases: Vec<(Document, Release)>,
    channels: HashMap<String, Channel>,
    lifecycles: HashMap<String, Lifecycle>,
    environments: Vec<Environment>,
    /// By release.
    reached: HashMap<String, Reached>,
    /// What the caller may see, by release, newest first.
    tasks: HashMap<String, Vec<Task>>,
}

async fn of_project(call: Call) -> Answer {
    let known = Known::read(&call).await?;
    // Also of channels without a release: clients offer these environments before there is one.
    let by_channel = known.environments_by_channel(&call)?;
    let mut environments: Vec<Value> = Vec::new();
    for one in by_channel.values().flat_map(Value::as_array).flatten() {
        if !environments.contains(one) {
            environments.push(one.clone());
        }
    }
    let mut releases = Vec::new();
    for (document, parsed) in &known.releases {
        let channel = parsed.channel_id.as_str();
        let phases = known.phases(parsed)?;
        let mut next = release::progression::next(&phases);
        next.retain(|id| id.parse().is_ok_and(|id| may_see_environment(&call, &id)));
        releases.push(json!({
            "Release": release::view(document),
            "Channel": known.channels.get(channel).map(|channel| json!({
                "Id": channel.id, "Name": channel.name, "ProjectId": channel.project_id,
            })),
            "Deployments": known.items(&call, parsed),
            "NextDeployments": next,
            "HasUnresolvedDefect": known.reached.get(&document.id).is_some_and(|reached| reached.has_defect),
            "ReleaseRetentionPeriod": null,
            "TentacleRetentionPeriod": null,
        }));
    }
    Ok(ok(json!({
        "Environments": environments,
        "LifecycleEnvironments": {},
        "ChannelEnvironments": by_channel,
        "Releases": releases,
    })))
}

impl Known {
    async fn read(call: &Call) -> Result<Self, ApiError> {
        let project: Project = stored::parse(call.document())?;
        let mut conn = call.read().await?;
        let own = |kind: &str| Query {
            kind: kind.to_owned(),
            owner_id: Some(project.id.to_string()),
            ..Query::default()
        };
        let newest = Query {
            order: Order::Newest,
            take: Some(RELEASES_MAX),
            ..own(release::KIND)
        };
        let mut releases = Vec::new();
        for document in conn.documents(&newest).await?.items {
            let parsed: Release = stored::parse(&document)?;
            releases.push((document, parsed));
        }
        let mut channels = HashMap::new();
        for document in conn.documents(&own("Channels")).await?.items {
            channels.insert(document.id.clone(), stored::parse(&document)?);
        }
        let ids: Vec<String> = releases.iter().map(|(known, _)| known.id.clone()).collect();
        let environments = stored::all(&mut conn, "Environments", call.space_id()).await?;
        Ok(Self {
            lifecycles: lifecycles(&mut conn, &project, &channels).await?,
            reached: reached(&mut conn, &project, &ids).await?,
            tasks: visible_tasks(call, &mut conn, &project, &ids).await?,
            project,
            releases,
            channels,
            environments,
        })
    }

    fn phases(&self, release: &Release) -> Result<Vec<PhaseState>, StoreError> {
        let nothing = Reached::default();
        let reached = self.reached.get(release.id.as_str()).unwrap_or(&nothing);
        self.phases_in(self.channels.get(release.channel_id.as_str()), reached)
    }

    fn phases_in(
        &self,
        channel: Option<&Channel>,
        reached: &Reached,
    ) -> Result<Vec<PhaseState>, StoreError> {
        let own = channel.and_then(|channel| channel.lifecycle_id.as_ref());
        let id = own.unwrap_or(&self.project.lifecycle_id).as_str();
        let lifecycle = self.lifecycles.get(id).ok_or_else(|| StoreError::Missing {
            kind: "Lifecycles".to_owned(),
            id: id.to_owned(),
        })?;
        Ok(lifecycle.progression(&self.environments, reached))
    }

    /// By channel, in the order of their names.
    fn environments_by_channel(&self, call: &Call) -> Result<Map<String, Value>, StoreError> {
        let mut channels: Vec<_> = self.channels.iter().collect();
        channels.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        let nothing = Reached::default();
        let mut found = Map::new();
        for (id, channel) in channels {
            let phases = self.phases_in(Some(channel), &nothing)?;
            let here = self.environments_of(call, &phases);
            found.insert(id.clone(), Value::Array(here));
        }
        Ok(found)
    }

    fn environments_of(&self, call: &Call, phases: &[PhaseState]) -> Vec<Value> {
        let named =
            |environment: &Environment| json!({"Id": environment.id, "Name": environment.name});
        let all = phases.iter().flat_map(PhaseState::environments);
        all.filter(|id| may_see_environment(call, id))
            .filter_map(|id| self.environments.iter().find(|known| known.id == *id))
            .map(named)
            .collect()
    }

    /// Dashboard items of one release, by environment, newest first.
    fn items(&self, call: &Call, release: &Release) -> Map<String, Value> {
        let mut items: Map<String, Value> = Map::new();
        let tasks = self.tasks.get(release.id.as_str());
        for task in tasks.into_iter().flatten() {
            let Some(environment) = &task.environment_id else {
                continue;
            };
            let standing = match items.contains_key(environment) {
                false => Standing::Current,
                true => Standing::Earlier,
            };
            let told = item::Release {
                version: &release.version,
                channel: Some(release.channel_id.as_str()),
            };
            let shown = item::view(call, task, Some(told), standing);
            let list = items.entry(environment).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(shown);
            }
        }
        items
    }
}

/// Those of the project and of its channels.
async fn lifecycles(
    conn: &mut Conn,
    project: &Project,
    channels: &HashMap<String, Channel>,
) -> Result<HashMap<String, Lifecycle>, StoreError> {
    let own = channels
        .values()
        .filter_map(|known| known.lifecycle_id.as_ref());
    let ids: BTreeSet<String> = own
        .chain([&project.lifecycle_id])
        .map(ToString::to_string)
        .collect();
    let query = Query {
        kind: "Lifecycles".to_owned(),
        ids: Some(ids.into_iter().collect()),
        ..Query::default()
    };
    let mut known = HashMap::new();
    for document in conn.documents(&query).await?.items {
        known.insert(document.id.clone(), stored::parse(&document)?);
    }
    Ok(known)
}

/// The environments each release was deployed to with success, and whether a defect holds it.
async fn reached(
    conn: &mut Conn,
    project: &Project,
    releases: &[String],
) -> Result<HashMap<String, Reached>, StoreError> {
    let mut reached: HashMap<String, Reached> = HashMap::new();
    for (release, environment) in conn.environments_reached("Deploy", releases, None).await? {
        if let Ok(environment) = environment.parse() {
            reached
                .entry(release)
                .or_default()
                .succeeded
                .insert(environment);
        }
    }
    for release in defect::releases_with_one(conn, project.id.as_str()).await? {
        reached.entry(release).or_default().has_defect = true;
    }
    Ok(reached)
}

/// The deployments of these releases that the caller may see, as on the dashboard.
async fn visible_tasks(
    call: &Call,
    conn: &mut Conn,
    project: &Project,
    releases: &[String],
) -> Result<HashMap<String, Vec<Task>>, StoreError> {
    let tasks = conn
        .tasks_of_releases("Deploy", releases, DEPLOYMENTS_MAX)
        .await?;
    let mut visible: HashMap<String, Vec<Task>> = HashMap::new();
    for task in tasks {
        let environment = task.environment_id.as_deref().unwrap_or_default();
        let known = environment.parse();
        let may_see = known.is_ok_and(|id| may_see_environment(call, &id))
            && may_see_deployments(call, project, (environment, task.tenant_id.as_deref()));
        if let Some(release) = task.release_id.clone().filter(|_| may_see) {
            visible.entry(release).or_default().push(task);
        }
    }
    Ok(visible)
}
