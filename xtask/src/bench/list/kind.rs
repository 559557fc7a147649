//! What is listed by the bench of lists, and how one of each is made. Not how long it takes.

use serde_json::{Value, json};

/// The resource at `path`, below the space.
pub(super) struct Kind {
    pub(super) path: &'static str,
    /// The body that makes one; none where they come with the others.
    pub(super) body: Option<Body>,
    /// The query that looks for some of them.
    pub(super) search: &'static str,
}

pub(super) type Body = fn(&Made, usize) -> Value;

/// What the objects refer to.
pub(super) struct Made {
    pub(super) project: Value,
    pub(super) release: Value,
    pub(super) environment: Value,
    pub(super) lifecycle: Value,
    pub(super) group: Value,
}

const BY_NAME: &str = "partialName=99";

const fn made(path: &'static str, body: Body) -> Kind {
    Kind {
        path,
        body: Some(body),
        search: BY_NAME,
    }
}

const fn comes_along(path: &'static str, search: &'static str) -> Kind {
    Kind {
        path,
        body: None,
        search,
    }
}

fn named(word: &str, n: usize) -> Value {
    json!({ "Name": format!("{word} {n}") })
}

/// Deployments come before the environments that would be read for each.
pub(super) const KINDS: [Kind; 17] = [
    made("tenants", |_, n| named("Tenant", n)),
    made(
        "accounts",
        |_, n| json!({ "Name": format!("Account {n}"), "AccountType": "Token", "Token": { "HasValue": true, "NewValue": "x" } }),
    ),
    made("libraryvariablesets", |_, n| named("Set", n)),
    made(
        "machines",
        |made, n| json!({ "Name": format!("Machine {n}"), "EnvironmentIds": [made.environment], "Roles": ["web"], "Endpoint": { "CommunicationStyle": "None" } }),
    ),
    made(
        "runbooks",
        |made, n| json!({ "Name": format!("Runbook {n}"), "ProjectId": made.project }),
    ),
    Kind {
        path: "releases",
        body: Some(|made, n| json!({ "ProjectId": made.project, "Version": format!("1.0.{n}") })),
        search: "ids=Releases-19,Releases-29,Releases-39",
    },
    made(
        "deployments",
        |made, _| json!({ "ReleaseId": made.release, "EnvironmentId": made.environment }),
    ),
    made(
        "projects",
        |made, n| json!({ "Name": format!("Project {n}"), "LifecycleId": made.lifecycle, "ProjectGroupId": made.group }),
    ),
    comes_along("tasks", BY_NAME),
    comes_along("events", "eventCategories=Created"),
    made("projectgroups", |_, n| named("Group", n)),
    made("lifecycles", |_, n| named("Lifecycle", n)),
    made("environments", |_, n| named("Environment", n)),
    made("tagsets", |_, n| named("Tags", n)),
    made("machinepolicies", |_, n| named("Policy", n)),
    made(
        "workerpools",
        |_, n| json!({ "Name": format!("Pool {n}"), "WorkerPoolType": "StaticWorkerPool" }),
    ),
    made(
        "proxies",
        |_, n| json!({ "Name": format!("Proxy {n}"), "Host": "proxy.example", "Port": 80 }),
    ),
];
