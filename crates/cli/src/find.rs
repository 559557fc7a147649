//! Finding what people mean: by id, slug or name in any case, by a unique beginning, with "did you mean" otherwise.

use serde_json::Value;

use crate::api::{Api, part};
use crate::failure::{Failure, Result};
use crate::text::distance;

/// The one of `items` that `wanted` means.
pub(crate) fn among(kind: &str, wanted: &str, items: &[Value]) -> Result<Value> {
    position(kind, wanted, items).map(|at| items[at].clone())
}

pub(crate) fn position(kind: &str, wanted: &str, items: &[Value]) -> Result<usize> {
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
    let found = if exact.is_empty() {
        fits(&|key| key.starts_with(&wanted_key))
    } else {
        exact
    };
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(unknown(kind, wanted, items)),
        several => {
            let names: Vec<_> = several
                .iter()
                .take(10)
                .map(|at| name_of(&items[*at]))
                .collect();
            Err(
                Failure::not_found(format!("`{wanted}` could be more than one {kind}."))
                    .why(format!("It fits {}.", names.join(", ")))
                    .next("write more of the name, or the slug"),
            )
        }
    }
}

pub(crate) fn name_of(item: &Value) -> String {
    ["Name", "Version", "Slug", "Id"]
        .into_iter()
        .find_map(|key| item[key].as_str())
        .unwrap_or_default()
        .to_owned()
}

fn unknown(kind: &str, wanted: &str, items: &[Value]) -> Failure {
    let failure = Failure::not_found(format!("There is no {kind} `{wanted}`."));
    let close = items
        .iter()
        .map(|item| {
            (
                distance(&name_of(item).to_lowercase(), &wanted.to_lowercase()),
                name_of(item),
            )
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= wanted.chars().count() / 3 + 1);
    if let Some((_, name)) = close {
        return failure.why(format!("Did you mean \"{name}\"?"));
    }
    match items.len() {
        0 => failure.why("There are none here that you may see."),
        1..=10 => {
            let names: Vec<_> = items.iter().map(name_of).collect();
            failure.why(format!("Known: {}.", names.join(", ")))
        }
        more => failure.why(format!("There are {more} others.")),
    }
}

pub(crate) async fn project(api: &Api, wanted: &str) -> Result<Value> {
    among(
        "project",
        wanted,
        &api.all(&api.in_space("projects")).await?,
    )
}

pub(crate) async fn environment(api: &Api, wanted: &str) -> Result<Value> {
    among(
        "environment",
        wanted,
        &api.all(&api.in_space("environments")).await?,
    )
}

/// A release of a project by version or id; the newest without either.
pub(crate) async fn release(api: &Api, project: &Value, wanted: Option<&str>) -> Result<Value> {
    let id = text(project, "Id");
    let Some(wanted) = wanted else {
        let path = api.in_space(&format!("projects/{}/releases?take=1", part(&id)));
        let newest = api.get(&path).await?["Items"][0].clone();
        if newest.is_null() {
            let what = format!("The project {} has no release yet.", name_of(project));
            return Err(Failure::not_found(what).next(format!(
                "regatta release create --project {}",
                text(project, "Slug")
            )));
        }
        return Ok(newest);
    };
    if wanted.starts_with("Releases-") {
        let path = api.in_space(&format!("releases/{}", part(wanted)));
        return api.get(&path).await;
    }
    let path = api.in_space(&format!("projects/{}/releases/{}", part(&id), part(wanted)));
    if let Some(found) = api.find(&path).await? {
        return Ok(found);
    }
    let all = api
        .all(&api.in_space(&format!("projects/{}/releases", part(&id))))
        .await?;
    among("release", wanted, &all)
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
