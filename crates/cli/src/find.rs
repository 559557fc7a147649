//! Finding what people mean: by id, slug or name in any case, by a unique beginning where nothing can be broken by it,
//! with "did you mean" otherwise.

use regatta_core::likeness::closest;
use regatta_core::version::Version;
use serde_json::Value;

use crate::api::{Api, part};
use crate::failure::{Failure, Result};

/// Names in one message.
const NAMED_MAX: usize = 10;

/// How much of a name it takes to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// As much as only one has: enough to look at something.
    Beginning,
    /// All of it. What changes, deploys or deletes must not meet the neighbour of something that has gone.
    Whole,
}

/// The one of `items` that `wanted` means.
pub(crate) fn among(naming: Naming, kind: &str, wanted: &str, items: &[Value]) -> Result<Value> {
    position(naming, kind, wanted, items).map(|at| items[at].clone())
}

pub(crate) fn position(naming: Naming, kind: &str, wanted: &str, items: &[Value]) -> Result<usize> {
    let wanted_key = wanted.trim().to_lowercase();
    let keys = |item: &Value| {
        let key = |name: &str| item[name].as_str().map(str::to_lowercase);
        ["Id", "Slug", "Name", "Username", "Version"]
            .into_iter()
            .filter_map(key)
            .collect::<Vec<_>>()
    };
    if wanted_key.is_empty() {
        return Err(Failure::usage(format!("Which {kind}? The name is empty.")));
    }
    let fits = |test: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let any = |item: &Value| keys(item).iter().any(|key| test(key));
        (0..items.len()).filter(|at| any(&items[*at])).collect()
    };
    let exact = fits(&|key| key == wanted_key);
    let found = if exact.is_empty() && naming == Naming::Beginning {
        fits(&|key| key.starts_with(&wanted_key))
    } else {
        exact
    };
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(unknown(kind, wanted, items)),
        several => {
            let fitting = several.iter().map(|at| &items[*at]);
            Err(ambiguous(kind, wanted, fitting).next("write more of the name, or the slug"))
        }
    }
}

fn ambiguous<'v>(kind: &str, wanted: &str, fitting: impl Iterator<Item = &'v Value>) -> Failure {
    let names: Vec<_> = fitting.take(NAMED_MAX).map(name_of).collect();
    Failure::not_found(format!("`{wanted}` could be more than one {kind}."))
        .why(format!("It fits {}.", names.join(", ")))
}

pub(crate) fn name_of(item: &Value) -> String {
    ["Name", "Username", "Version", "Slug", "Id"]
        .into_iter()
        .find_map(|key| item[key].as_str())
        .unwrap_or_default()
        .to_owned()
}

fn unknown(kind: &str, wanted: &str, items: &[Value]) -> Failure {
    let failure = Failure::not_found(format!("There is no {kind} `{wanted}`."));
    let longer = longer_names(wanted, items);
    if !longer.is_empty() {
        return failure.why(format!("Did you mean {}?", longer.join(" or ")));
    }
    if let Some(name) = closest(wanted, items.iter().map(name_of)) {
        return failure.why(format!("Did you mean \"{name}\"?"));
    }
    match items.len() {
        0 => failure.why("There are none here that you may see."),
        1..=NAMED_MAX => {
            let names: Vec<_> = items.iter().map(name_of).collect();
            failure.why(format!("Known: {}.", names.join(", ")))
        }
        more => failure.why(format!("There are {more} others.")),
    }
}

/// What begins like it. Where beginnings are taken there is none left when this is asked.
fn longer_names(wanted: &str, items: &[Value]) -> Vec<String> {
    let wanted = wanted.trim().to_lowercase();
    let names = items.iter().map(name_of);
    names
        .filter(|name| name.to_lowercase().starts_with(&wanted))
        .take(NAMED_MAX)
        .map(|name| format!("\"{name}\""))
        .collect()
}

pub(crate) async fn project(api: &Api, wanted: &str) -> Result<Value> {
    among(
        api.naming,
        "project",
        wanted,
        &api.all(&api.in_space("projects")).await?,
    )
}

pub(crate) async fn environment(api: &Api, wanted: &str) -> Result<Value> {
    among(
        api.naming,
        "environment",
        wanted,
        &api.all(&api.in_space("environments")).await?,
    )
}

/// A release of a project by version or id; the newest without either.
pub(crate) async fn release(api: &Api, project: &Value, wanted: Option<&str>) -> Result<Value> {
    let releases = api.in_space(&format!("projects/{}/releases", part(&text(project, "Id"))));
    let Some(wanted) = wanted.map(str::trim) else {
        let newest = api.get(&format!("{releases}?take=1")).await?["Items"][0].clone();
        if newest.is_null() {
            let what = format!("The project {} has no release yet.", name_of(project));
            return Err(Failure::not_found(what).next(format!(
                "regatta release create --project {}",
                text(project, "Slug")
            )));
        }
        return Ok(newest);
    };
    if wanted.is_empty() {
        return Err(Failure::usage("Which release? The version is empty."));
    }
    if wanted.starts_with("Releases-") {
        let path = api.in_space(&format!("releases/{}", part(wanted)));
        let found = api.get(&path).await?;
        if found["ProjectId"] != project["Id"] {
            let what = format!("{wanted} is no release of {}.", name_of(project));
            return Err(Failure::not_found(what));
        }
        return Ok(found);
    }
    if let Some(found) = api.find(&format!("{releases}/{}", part(wanted))).await? {
        return Ok(found);
    }
    of_version("release", wanted, &api.all(&releases).await?)
}

/// The one of this version, however it is written: `1.0` is `1.0.0`, and never `1.0.10`.
pub(crate) fn of_version(kind: &str, wanted: &str, items: &[Value]) -> Result<Value> {
    let meant: Option<Version> = wanted.parse().ok();
    let is_meant = |item: &&Value| {
        let version: Option<Version> = text(item, "Version").parse().ok();
        let both = version.as_ref().zip(meant.as_ref());
        both.is_some_and(|(a, b)| a == b && a.metadata() == b.metadata())
    };
    let found: Vec<&Value> = items.iter().filter(is_meant).collect();
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(unknown(kind, wanted, items)),
        several => Err(ambiguous(kind, wanted, several.iter().copied())),
    }
}

/// A deployment by its id or number, or by its task's; answers the deployment.
pub(crate) async fn deployment(api: &Api, wanted: &str) -> Result<Value> {
    let wanted = wanted.trim().trim_start_matches('#');
    if wanted.starts_with("ServerTasks-") {
        let task = api.get(&format!("/api/tasks/{}", part(wanted))).await?;
        let Some(id) = task["Arguments"]["DeploymentId"].as_str() else {
            return Err(Failure::not_found(format!("{wanted} is not a deployment.")));
        };
        return api
            .get(&api.in_space(&format!("deployments/{}", part(id))))
            .await;
    }
    let id = if !wanted.is_empty() && wanted.bytes().all(|b| b.is_ascii_digit()) {
        format!("Deployments-{wanted}")
    } else {
        wanted.to_owned()
    };
    if id.is_empty() {
        return Err(Failure::usage("Which deployment? The number is empty."));
    }
    let path = api.in_space(&format!("deployments/{}", part(&id)));
    api.find(&path).await?.ok_or_else(|| {
        Failure::not_found(format!("There is no deployment `{wanted}`."))
            .next("regatta deployment list")
    })
}

/// The text of a key, empty when there is none.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
