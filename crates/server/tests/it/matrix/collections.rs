//! The rules that hold for every collection, tried on every one that the OpenAPI document has: list, pages, get,
//! create, update, delete, what is missing and what is taken. Who may do it is [`super`]'s.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::operation::{Tried, missing, operations};
use super::row::Sends;
use super::world::World;
use super::{Wrong, body_of};
use crate::test_server::TestServer;

/// The operations at one address, and at the address of one of its documents.
struct Collection<'t> {
    list: &'t Tried,
    all: Option<&'t Tried>,
    get: Option<&'t Tried>,
    create: Option<&'t Tried>,
    replace: Option<&'t Tried>,
    delete: Option<&'t Tried>,
}

/// Of these, several may be called the same, or nothing is.
const WITHOUT_A_NAME: &[&str] = &[
    "scopedUserRoleCreate",
    "deploymentCreate",
    "artifactCreate",
    "apiKeyCreate",
    "runbookSnapshotCreate",
    "runbookRunCreate",
];
/// What these hold is frozen but for what their replacement names.
const FROZEN: &[&str] = &["releaseReplace", "runbookSnapshotReplace"];
/// Nothing of theirs is made in the world of these tests.
const EMPTY: &[&str] = &["workerList", "channelReleaseList", "releaseDefectList"];
/// Their items are no documents with an id and an address of their own.
const WITHOUT_IDS: &[&str] = &["projectProcessVersionList", "runbookProcessVersionList"];

fn collections(operations: &[Tried]) -> Vec<Collection<'_>> {
    let at = |method: Method, path: &str| {
        let mut found = operations.iter();
        found.find(|tried| tried.method == method && tried.path == path)
    };
    let is_list = |tried: &&Tried| tried.row.id.ends_with("List") && tried.row.status == 200;
    let lists = operations.iter().filter(is_list);
    lists
        .map(|list| {
            let is_below = |tried: &&Tried| {
                let rest = tried.path.strip_prefix(&list.path);
                tried.method == Method::GET
                    && rest.is_some_and(|rest| {
                        rest.starts_with("/{") && rest.matches('/').count() == 1
                    })
            };
            let get = operations.iter().find(is_below);
            let of_one = |method| get.and_then(|get| at(method, &get.path));
            Collection {
                list,
                all: at(Method::GET, &format!("{}/all", list.path)),
                get,
                create: at(Method::POST, &list.path).filter(|tried| tried.row.status == 201),
                replace: of_one(Method::PUT)
                    .filter(|tried| matches!(tried.row.sends, Sends::AsRead)),
                delete: of_one(Method::DELETE).filter(|tried| tried.row.status == 200),
            }
        })
        .collect()
}

fn ids(items: &Value) -> Vec<String> {
    let items = items.as_array().into_iter().flatten();
    items
        .map(|item| match item["Id"].as_str() {
            Some(id) => id.to_owned(),
            None => item["Version"].to_string(),
        })
        .collect()
}

/// What a list answers to each way of asking for a part of it.
async fn pages(of: &Collection<'_>, world: &World<'_>, wrong: &mut Wrong) {
    let path = of.list.path_in(world, false).await;
    let and = |query: &str| {
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{path}{sign}{query}")
    };
    let whole = world.server.get(&and("take=2147483647")).await;
    let (items, total) = (
        ids(&whole["Items"]),
        whole["TotalResults"].as_u64().unwrap_or(0),
    );
    let mut unless = |holds: bool, what: &str| {
        wrong.unless(holds, || format!("GET {path}: {what}"));
    };
    for key in [
        "ItemType",
        "TotalResults",
        "ItemsPerPage",
        "NumberOfPages",
        "LastPageNumber",
        "Items",
        "Links",
    ] {
        unless(!whole[key].is_null(), &format!("no {key}"));
    }
    unless(
        (total > 0) != EMPTY.contains(&of.list.row.id) && items.len() as u64 == total,
        "`take` of everything is not everything",
    );
    let unique: BTreeSet<_> = items.iter().collect();
    unless(unique.len() == items.len(), "a document is listed twice");

    let take = total.div_ceil(3).max(1);
    let mut next = (total > 0).then(|| and(&format!("skip=0&take={take}")));
    let mut walked = Vec::new();
    while let Some(at) = next {
        let page = world.server.get(&at).await;
        let here = ids(&page["Items"]);
        unless(
            here.len() as u64 <= take && !here.is_empty(),
            &format!("{at} holds {} of {take}", here.len()),
        );
        walked.extend(here);
        next = page["Links"]["Page.Next"].as_str().map(str::to_owned);
    }
    unless(
        walked == items,
        "the pages, one after the other, are not the list",
    );
    for (query, holds) in [("take=0", 0), (&format!("skip={total}"), 0)] {
        let page = world.server.get(&and(query)).await;
        unless(
            page["TotalResults"] == total && ids(&page["Items"]).len() == holds,
            &format!("?{query} answers {page}"),
        );
    }
    let refused = world
        .server
        .send(Method::GET, &and("take=many"), None)
        .await;
    unless(
        refused.status == 400,
        &format!("?take=many is answered with {}", refused.status),
    );
    if let Some(all) = of.all {
        let all = world.server.get(&all.path_in(world, false).await).await;
        unless(ids(&all) == items, "`/all` is not the list as a bare array");
    }
}

/// Whether a document says all that it says in a list.
fn holds(document: &Value, listed: &Value) -> bool {
    let mut keys = listed.as_object().into_iter().flatten();
    keys.all(|(key, value)| document[key] == *value)
}

/// Each document is what the list says, by itself and when it is asked for by id.
async fn documents(of: &Collection<'_>, world: &World<'_>, wrong: &mut Wrong) {
    if [EMPTY, WITHOUT_IDS].concat().contains(&of.list.row.id) {
        return;
    }
    let path = of.list.path_in(world, false).await;
    let listed = world.server.get(&path).await;
    for item in listed["Items"].as_array().unwrap().iter().take(3) {
        let own = item["Links"]["Self"].as_str().unwrap_or_default();
        let one = world.server.send(Method::GET, own, None).await;
        wrong.unless(one.status == 200 && holds(&one.body, item), || {
            format!("GET {own} answers {} and GET {path} lists {item}", one.text)
        });
    }
    if !of.list.takes_ids {
        return;
    }
    let first = listed["Items"][0]["Id"].as_str().unwrap_or_default();
    for query in [
        format!("ids={first}&ids=Nothing-1"),
        format!("ids={first}%2CNothing-1"),
    ] {
        let sign = if path.contains('?') { '&' } else { '?' };
        let found = world.server.get(&format!("{path}{sign}{query}")).await;
        wrong.unless(ids(&found["Items"]) == [first], || {
            format!("GET {path}?{query} answers {found}")
        });
    }
}

/// What was never made is missing to every method, with an error that older clients read as such.
async fn nothing(of: &Collection<'_>, world: &World<'_>, wrong: &mut Wrong) {
    for tried in [of.get, of.replace, of.delete].into_iter().flatten() {
        let there = tried.path_in(world, false).await;
        let body = body_of(tried, world, &there).await;
        let last = tried.kinds().last().map(|(_, kind)| (*kind).to_owned());
        let path = tried.path_with(&world.space, |kind| {
            let id = world.id(kind);
            if last.as_deref() == Some(kind) {
                missing(&id)
            } else {
                id
            }
        });
        let answer = world.server.send(tried.method.clone(), &path, body).await;
        wrong.unless(
            answer.status == 404 && answer.body.get("Errors").is_none(),
            || format!("{} {path}: {} {}", tried.method, answer.status, answer.text),
        );
    }
}

/// Makes one, a second of the same name, and changes it; the list and the address agree.
async fn life(of: &Collection<'_>, world: &World<'_>, wrong: &mut Wrong) {
    let (Some(create), Some(_)) = (of.create, of.get) else {
        return;
    };
    let Sends::Body(make) = create.row.sends else {
        return;
    };
    let path = create.path_in(world, false).await;
    let count = async || world.server.get(&format!("{path}?take=0")).await["TotalResults"].as_u64();
    let (body, before) = (make(world), count().await);
    let made = world.server.post(&path, body.clone()).await;
    let own = made["Links"]["Self"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut unless = |holds: bool, what: String| wrong.unless(holds, || format!("{path}: {what}"));
    unless(
        count().await == before.map(|before| before + 1),
        "a new one is not listed".to_owned(),
    );
    if !WITHOUT_A_NAME.contains(&create.row.id) {
        let again = world.server.send(Method::POST, &path, Some(body)).await;
        unless(
            matches!(again.status, 400 | 409),
            format!("a second of the same name: {} {}", again.status, again.text),
        );
        unless(
            count().await == before.map(|before| before + 1),
            "what was refused is listed".to_owned(),
        );
    }
    if let Some(replace) = of.replace {
        let changed_body = json!({ "kept": [1] });
        let mut changed = world.server.get(&own).await;
        changed["TheirOwn"] = changed_body.clone();
        let changed = world.server.send(Method::PUT, &own, Some(changed)).await;
        let read = world.server.get(&own).await;
        unless(
            changed.status == 200 && changed.body == read,
            format!("PUT {own} answers {} and GET {read}", changed.text),
        );
        let is_kept = read["TheirOwn"] == changed_body || FROZEN.contains(&replace.row.id);
        unless(
            is_kept,
            format!("PUT {own} lost what it does not know: {read}"),
        );
    }
}

/// One that may go is gone from its address and from the list.
async fn end(of: &Collection<'_>, world: &World<'_>, wrong: &mut Wrong) {
    let Some(delete) = of.delete else {
        return;
    };
    let own = delete.path_in(world, true).await;
    let id = own.rsplit('/').next().unwrap_or_default().to_owned();
    let list = of.list.path_in(world, false).await;
    let list = format!(
        "{list}{}take=2147483647",
        if list.contains('?') { '&' } else { '?' }
    );
    let before = ids(&world.server.get(&list).await["Items"]);
    for status in [200, 404] {
        let gone = world.server.send(Method::DELETE, &own, None).await;
        wrong.unless(gone.status == status, || {
            format!("DELETE {own}: {} {}", gone.status, gone.text)
        });
    }
    let after = ids(&world.server.get(&list).await["Items"]);
    wrong.unless(before.contains(&id) && !after.contains(&id), || {
        format!("DELETE {own}: {list} holds {after:?}")
    });
}

#[tokio::test]
async fn the_rules_of_collections_hold_for_every_one() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let operations = operations(&server).await;
    let collections = collections(&operations);
    assert!(
        collections.len() > 20,
        "only {} collections",
        collections.len()
    );
    let by_id = collections.iter().filter(|of| of.list.takes_ids).count();
    assert!(by_id > 20, "only {by_id} say that they take ids");
    let mut wrong = Wrong::default();
    for of in &collections {
        pages(of, &world, &mut wrong).await;
        documents(of, &world, &mut wrong).await;
        nothing(of, &world, &mut wrong).await;
        life(of, &world, &mut wrong).await;
        end(of, &world, &mut wrong).await;
    }
    wrong.none();
}
