//! Deployment targets. What is known about reaching one is kept as sent; a target without an agent of its own is
//! worked on by a worker on its behalf.

use regatta_core::permission::Permission as P;
use regatta_core::tag_set::TagScope;
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use super::machine_policy::default_policy;
use super::tag_set::carries;
use crate::call::{Call, ok};
use crate::driver::frozen;
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::resource::{self, Body, Change, Hooks, Resource, read, texts};
use crate::shape::{
    BOOL, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG, SPACE_ID, Shape, TEXT,
    TEXTS, field,
};

/// Octopus' communication styles.
const STYLES: &[&str] = &[
    "None",
    "TentaclePassive",
    "TentacleActive",
    "Ssh",
    "OfflineDrop",
    "AzureWebApp",
    "Ftp",
    "AzureCloudService",
    "AzureServiceFabricCluster",
    "Kubernetes",
    "StepPackage",
    "KubernetesTentacle",
    "AwsEcsCluster",
];

const TENTACLES: [&str; 3] = ["TentaclePassive", "TentacleActive", "KubernetesTentacle"];

pub(super) static ENDPOINT: Object = Object {
    name: "Endpoint",
    fields: &[
        field("CommunicationStyle", Shape::Word(STYLES)).required(),
        field("DefaultWorkerPoolId", TEXT),
        field("SensitiveVariablesEncryptionPassword", Shape::Sensitive),
    ],
};

static OBJECT: Object = Object {
    name: "DeploymentTarget",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        field("Endpoint", Shape::Object(&ENDPOINT)).required(),
        field("EnvironmentIds", TEXTS).or("[]"),
        field("Roles", TEXTS).or("[]").about("Target tags."),
        field(
            "TenantedDeploymentParticipation",
            Shape::Word(&["Untenanted", "TenantedOrUntenanted", "Tenanted"]),
        )
        .or("\"Untenanted\""),
        field("TenantIds", TEXTS).or("[]"),
        field("TenantTags", TEXTS).or("[]"),
        field("MachinePolicyId", TEXT),
        field("IsDisabled", BOOL).or("false"),
        field("Thumbprint", TEXT),
        field("Uri", TEXT),
        field("HealthStatus", TEXT).read_only(),
        field("Status", TEXT).read_only(),
        field("StatusSummary", TEXT).read_only(),
        field("HasLatestCalamari", BOOL).read_only(),
        field("IsInProcess", BOOL).read_only(),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static MACHINE: Resource = Resource {
    kind: "Machines",
    item_type: "DeploymentTarget",
    place: Place::Space,
    names: names!("machine", "/machines"),
    object: &OBJECT,
    view: P::MachineView,
    create: Some(P::MachineCreate),
    edit: Some(P::MachineEdit),
    delete: Some(P::MachineDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        view: |view| {
            state(view.body);
            agent(view.body);
            view.link("Connection", &format!("/machines/{}/connection", view.id));
            view.link(
                "TasksTemplate",
                &format!("/machines/{}/tasks{{?skip,take}}", view.id),
            );
        },
        tags,
        filters: &[
            ("environmentIds", "environment"),
            ("roles", "role"),
            ("tenantIds", "tenant"),
            ("tenantTags", "tag"),
            ("communicationStyles", "style"),
            ("commStyles", "style"),
            ("deploymentTargetTypes", "type"),
            ("healthStatuses", "health"),
            ("shellNames", "shell"),
            ("thumbprint", "thumbprint"),
        ],
        flags: &[("isDisabled", "disabled")],
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&MACHINE);
    let view = needs(P::MachineView, From::Items);
    all.push(
        get(
            "machineRoleAll",
            Place::Space,
            "/machineroles/all",
            view,
            roles,
        )
        .answers_shape(TEXTS)
        .summary("Every target tag in use, sorted."),
    );
    all.push(
        get(
            "machineConnection",
            Place::Space,
            "/machines/{id}/connection",
            needs(P::MachineView, From::Document("Machines", "id")),
            connection,
        )
        .summary("What is known of reaching the target."),
    );
    all.push(
        get(
            "machineDiscover",
            Place::Space,
            "/machines/discover",
            needs(P::MachineCreate, From::Items),
            |_| async { Err(super::worker::unreachable("targets")) },
        )
        .query(&["host", "port", "type", "proxyId"]),
    );
    all.push(
        get(
            "machineTasks",
            Place::Space,
            "/machines/{id}/tasks",
            needs(P::MachineView, From::Document("Machines", "id")),
            tasks,
        )
        .query(&["skip", "take"])
        .summary("Tasks that took this target in, the newest first."),
    );
    for (id, path) in [
        (
            "machineOperatingSystems",
            "/machines/operatingsystem/names/all",
        ),
        ("machineShells", "/machines/operatingsystem/shells/all"),
    ] {
        // No target reports either yet, so the honest list is empty.
        all.push(
            get(id, Place::Space, path, view, |_| async {
                Ok(ok(json!([])))
            })
            .answers_shape(TEXTS),
        );
    }
    all
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    change.refers("EnvironmentIds", "Environments").await?;
    change.refers("MachinePolicyId", "MachinePolicies").await?;
    change.refers("TenantIds", "Tenants").await?;
    carries(change, "TenantTags", TagScope::Tenant).await?;
    let mut problems = Vec::new();
    if change.texts("EnvironmentIds").is_empty() {
        problems.push(
            "EnvironmentIds: a deployment target must be in at least one environment.".to_owned(),
        );
    }
    if change
        .texts("Roles")
        .iter()
        .all(|role| role.trim().is_empty())
    {
        problems.push(
            "Roles: a deployment target needs at least one target tag, by which steps find it."
                .to_owned(),
        );
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    if change.text("MachinePolicyId").is_empty() {
        let policy = default_policy(change).await?;
        change.set("MachinePolicyId", policy);
    }
    Ok(())
}

/// Words and target tags in lower case, because they are asked for in any case of letters.
fn tags(body: &Body) -> Vec<String> {
    let mut tags = Vec::new();
    for (key, field) in [("EnvironmentIds", "environment"), ("TenantIds", "tenant")] {
        tags.extend(texts(body, key).iter().map(|id| format!("{field}:{id}")));
    }
    for (key, field) in [("Roles", "role"), ("TenantTags", "tag")] {
        let words = texts(body, key);
        tags.extend(words.iter().map(|word| word_tag(field, word)));
    }
    let endpoint = |key: &str| text_of(body.get("Endpoint")?, key);
    let style = endpoint("CommunicationStyle");
    let kind = endpoint("DeploymentTargetType").or(style);
    let thumbprint = endpoint("Thumbprint").or_else(|| body.get("Thumbprint")?.as_str());
    for (field, word) in [
        ("style", style),
        ("type", kind),
        ("thumbprint", thumbprint),
        ("health", Some(State::of(body).health)),
    ] {
        tags.extend(word.map(|word| word_tag(field, word)));
    }
    tags.extend(endpoint("ProxyId").map(|proxy| format!("proxy:{proxy}")));
    tags.push(format!("disabled:{}", is_disabled(body)));
    tags
}

fn word_tag(field: &str, word: &str) -> String {
    format!("{field}:{}", word.to_lowercase())
}

/// A text that is there and not empty.
fn text_of<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str().filter(|text| !text.is_empty())
}

fn is_disabled(body: &Body) -> bool {
    body.get("IsDisabled") == Some(&Value::Bool(true))
}

/// What is known of a target. What nobody has looked at is unknown; only targets without an agent need no looking at.
struct State {
    health: &'static str,
    summary: &'static str,
    needs_no_agent: bool,
}

impl State {
    fn of(body: &Body) -> Self {
        let style = body
            .get("Endpoint")
            .and_then(|endpoint| endpoint.get("CommunicationStyle"));
        let needs_no_agent = style.and_then(Value::as_str) == Some("None");
        let (health, summary) = if needs_no_agent {
            (
                "Healthy",
                "A worker acts on behalf of this target; nothing is installed on it.",
            )
        } else {
            (
                "Unknown",
                "This server cannot reach agents on targets yet, so it has not been checked.",
            )
        };
        Self {
            health,
            summary,
            needs_no_agent,
        }
    }
}

/// Adds what is known of it to a target as it is answered.
fn state(body: &mut Body) {
    let State {
        health,
        summary,
        needs_no_agent,
    } = State::of(body);
    let status = match (is_disabled(body), needs_no_agent) {
        (true, _) => "Disabled",
        (false, true) => "Online",
        (false, false) => "Unknown",
    };
    for (key, value) in [
        ("HealthStatus", json!(health)),
        ("Status", json!(status)),
        ("StatusSummary", json!(summary)),
        ("HasLatestCalamari", json!(needs_no_agent)),
        ("IsInProcess", json!(false)),
    ] {
        body.insert(key.to_owned(), value);
    }
}

/// Octopus' CLI prints the version of a Tentacle without asking whether one is known, and stops where there is none.
fn agent(body: &mut Body) {
    let Some(Value::Object(endpoint)) = body.get_mut("Endpoint") else {
        return;
    };
    let style = endpoint.get("CommunicationStyle").and_then(Value::as_str);
    let is_tentacle = style.is_some_and(|style| TENTACLES.contains(&style));
    let known = endpoint.get("TentacleVersionDetails");
    if is_tentacle && known.is_none_or(Value::is_null) {
        let unknown = json!({ "Version": "", "UpgradeLocked": false, "UpgradeSuggested": false, "UpgradeRequired": false });
        endpoint.insert("TentacleVersionDetails".to_owned(), unknown);
    }
}

async fn roles(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let all = Query {
        kind: MACHINE.kind.to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        ..Query::default()
    };
    let found = conn.documents(&all).await?.items;
    let seen = read::visible(&call, &mut conn, P::MachineView, found).await?;
    let mut roles: Vec<String> = seen
        .iter()
        .flat_map(|machine| texts(&read::body(machine), "Roles"))
        .collect();
    roles.sort_by_key(|role| role.to_lowercase());
    roles.dedup();
    Ok(ok(json!(roles)))
}

/// Of those that have started, because only then it is known where they go.
async fn tasks(call: Call) -> Answer {
    let started = Query {
        kind: frozen::KIND.to_owned(),
        tags: vec![vec![frozen::machine_tag(&call.document().id)]],
        ..Query::default()
    };
    let plans = call.read().await?.documents(&started).await?.items;
    let tasks = plans.into_iter().filter_map(|plan| plan.owner_id);
    super::task::list_of(&call, tasks.collect()).await
}

async fn connection(call: Call) -> Answer {
    let machine = read::view(&MACHINE, call.document());
    Ok(ok(json!({
        "MachineId": machine["Id"],
        "Status": machine["Status"],
        "LastChecked": null,
        "Logs": [],
    })))
}
