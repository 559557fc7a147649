//! Every key a list says it is narrowed by, with a value that fits nothing: whoever asks for some must not get all.

use reqwest::Method;
use serde_json::Value;

use super::Wrong;
use super::operation::operations;
use super::world::World;
use crate::test_server::TestServer;

/// Keys that say how much is answered, or in which order, and not what.
const ASIDE: &[&str] = &[
    "skip",
    "take",
    "order",
    "excludeDifference",
    // Only together with `spaces`.
    "includeSystem",
];
/// One that Octopus has, and nothing here is narrowed by.
const NOBODYS: &str = "hideEmptyEnvironments";
const NOTHING: &str = "Nothing-99999";

/// How many there are, when the answer is a list.
fn count(body: &Value) -> Option<u64> {
    let total = body["TotalResults"].as_u64();
    total.or_else(|| body.as_array().map(|items| items.len() as u64))
}

fn query_keys(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let keys = parameters.filter(|parameter| parameter["in"] == "query");
    keys.map(|key| key["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn no_list_ignores_what_it_is_narrowed_by() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let document = server.get("/api/openapi.json").await;
    let mut wrong = Wrong::default();
    let mut tries = 0;
    for tried in operations(&server).await {
        if tried.method != Method::GET {
            continue;
        }
        let path = tried.path_in(&world, false).await;
        let whole = server.send(Method::GET, &path, None).await;
        if count(&whole.body).is_none_or(|count| count == 0) {
            continue;
        }
        let mut keys = query_keys(&document["paths"][tried.path.as_str()]["get"]);
        keys.retain(|key| !ASIDE.contains(&key.as_str()));
        keys.push(NOBODYS.to_owned());
        for key in keys {
            let separator = if path.contains('?') { '&' } else { '?' };
            let narrowed = format!("{path}{separator}{key}={NOTHING}");
            let answer = server.send(Method::GET, &narrowed, None).await;
            let is_refused = matches!(answer.status, 400 | 404);
            let must_be_refused = key == NOBODYS;
            let is_empty = count(&answer.body) == Some(0) && !must_be_refused;
            wrong.unless(is_refused || is_empty, || {
                format!("{narrowed}: {} {}", answer.status, answer.text)
            });
            tries += 1;
        }
    }
    wrong.none();
    assert!(tries > 150, "only {tries} tries: the lists were empty");
}
