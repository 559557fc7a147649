//! Every operation of the OpenAPI document, tried on documents that are really there: without a credential that is
//! good, with each built-in role, without exactly the permission it needs, and from another space.
//!
//! The document says who must be let in; [`rows`] says, in one line per operation, how it is tried.

mod actor;
mod collections;
mod narrowing;
pub(crate) mod operation;
pub(crate) mod row;
mod rows;
pub(crate) mod world;

use std::collections::BTreeSet;

use regatta_core::permission::{Level, Permission as P, builtin};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{ADMIN_KEY, Answered, TestServer};
use actor::{Actor, Verdict};
use operation::{Tried, missing, operations};
use row::{Needs, Sends};
use world::World;

/// What went otherwise than the table says; all of it, because one mistake rarely comes alone.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    fn none(self) {
        assert!(
            self.0.is_empty(),
            "{} tries went wrong:\n{}",
            self.0.len(),
            self.0.join("\n")
        );
    }
}

async fn body_of(tried: &Tried, world: &World<'_>, path: &str) -> Option<Value> {
    match tried.row.sends {
        Sends::Nothing => None,
        Sends::AsRead => Some(world.server.get(path).await),
        Sends::Body(make) => Some(make(world)),
    }
}

async fn send(
    tried: &Tried,
    world: &World<'_>,
    key: Option<&str>,
    will_succeed: bool,
) -> (String, Answered) {
    let path = tried.path_in(world, will_succeed).await;
    let body = body_of(tried, world, &path).await;
    let answer = world
        .server
        .send_as(key, tried.method.clone(), &path, body)
        .await;
    (path, answer)
}

/// How much the audit holds of what this user did.
async fn deeds(world: &World<'_>, user: &str) -> u64 {
    let mut count = 0;
    for place in ["/api", &format!("/api/{}", world.space)] {
        let page = world
            .server
            .get(&format!("{place}/events?take=0&users={user}"))
            .await;
        count += page["TotalResults"].as_u64().unwrap();
    }
    count
}

fn is_empty_list(body: &Value) -> bool {
    body["TotalResults"] == 0 || body.as_array().is_some_and(Vec::is_empty)
}

/// Tries that must not get in; afterwards nothing may have been done.
async fn refusals(actor: &Actor, world: &World<'_>, operations: &[Tried], wrong: &mut Wrong) {
    for tried in operations {
        let verdict = actor.verdict(tried);
        if verdict == Verdict::LetIn {
            continue;
        }
        let (path, answer) = send(tried, world, Some(&actor.key), false).await;
        let holds = match &verdict {
            Verdict::LetIn => true,
            Verdict::Empty => answer.status == 200 && is_empty_list(&answer.body),
            Verdict::Hidden => answer.status == 404,
            Verdict::Refused(lacking) => {
                answer.status == 403 && lacking.iter().any(|p| answer.text.contains(p.as_str()))
            }
        };
        wrong.unless(holds, || {
            format!(
                "{} as {}: {} {path}: {} {} instead of {verdict:?}",
                tried.row.id, actor.name, tried.method, answer.status, answer.text
            )
        });
    }
    let done = deeds(world, &actor.user_id).await;
    wrong.unless(done == 0, || {
        format!("{} was refused and yet did {done} things", actor.name)
    });
}

/// Tries that must get in, and have their effect.
async fn successes(actor: &Actor, world: &World<'_>, operations: &[Tried], wrong: &mut Wrong) {
    let mut done = 0;
    for tried in operations {
        if actor.verdict(tried) != Verdict::LetIn {
            continue;
        }
        let (path, answer) = send(tried, world, Some(&actor.key), true).await;
        let wanted = tried.row.status;
        wrong.unless(answer.status == wanted, || {
            format!(
                "{} as {}: {} {path}: {} {} instead of {wanted}",
                tried.row.id, actor.name, tried.method, answer.status, answer.text
            )
        });
        if tried.row.is_recorded && answer.status == wanted {
            let now = deeds(world, &actor.user_id).await;
            wrong.unless(now > done, || {
                format!("{} as {}: {path} changed nothing", tried.row.id, actor.name)
            });
            done = now;
        }
        if tried.method == Method::DELETE && answer.status == wanted && wanted < 400 {
            let gone = world.server.send(Method::GET, &path, None).await;
            wrong.unless(gone.status == 404, || {
                format!("{}: {path} is still there: {}", tried.row.id, gone.text)
            });
        }
    }
}

#[tokio::test]
async fn the_table_decides_for_every_operation_and_built_in_role() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let operations = operations(&server).await;
    let mut wrong = Wrong::default();
    refusals(
        &Actor::nobody(&server).await,
        &world,
        &operations,
        &mut wrong,
    )
    .await;
    for role in builtin::roles() {
        let id = role.id();
        let actor = Actor::new(
            &server,
            &world.space,
            (role.name, id.as_str()),
            (&role.space, &role.system),
        )
        .await;
        refusals(&actor, &world, &operations, &mut wrong).await;
        successes(&actor, &world, &operations, &mut wrong).await;
    }
    wrong.none();
}

#[tokio::test]
async fn every_operation_needs_a_credential_that_is_good() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let disabled = actor::user(&server, "disabled").await;
    let of_disabled = actor::key(&server, &disabled, Value::Null).await;
    let mut user = server.get(&format!("/api/users/{disabled}")).await;
    user["IsActive"] = json!(false);
    server.put(&format!("/api/users/{disabled}"), user).await;
    let expired = actor::key(&server, "Users-1", json!("2026-01-02T04:00:00Z")).await;
    server.advance_ms(3_600_000);
    let mut wrong = Wrong::default();
    for tried in operations(&server).await {
        for key in [
            None,
            Some("API-WRONG"),
            Some(of_disabled.as_str()),
            Some(expired.as_str()),
        ] {
            let (path, answer) = send(&tried, &world, key, false).await;
            let may_pass = tried.is_anonymous && key.is_none();
            wrong.unless(
                (answer.status == 401) != may_pass || tried.row.status == 401,
                || {
                    format!(
                        "{key:?} {} {path}: {} {}",
                        tried.method, answer.status, answer.text
                    )
                },
            );
        }
    }
    wrong.none();
}

/// Every permission but one, for each of them.
#[tokio::test]
async fn no_other_permission_makes_up_for_the_one_that_is_missing() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let operations = operations(&server).await;
    let needed = |tried: &Tried| match tried.row.needs {
        Needs::Stated => tried.stated.into_iter().collect(),
        Needs::Handler(permissions) => permissions.to_vec(),
        Needs::SignedIn | Needs::ToSeeAny(_) => Vec::new(),
    };
    let permissions: BTreeSet<P> = operations.iter().flat_map(needed).collect();
    let mut wrong = Wrong::default();
    let role = json!({ "Name": "All but one" });
    let mut role = server.post("/api/userroles", role).await;
    let id = role["Id"].as_str().unwrap().to_owned();
    let mut actor = Actor::new(&server, &world.space, ("all but one", &id), (&[], &[])).await;
    for permission in permissions {
        let but_one = |refused: Level| -> Vec<P> {
            let all = P::ALL.iter().copied();
            all.filter(|p| *p != permission && p.level() != refused && *p != P::AdministerSystem)
                .collect()
        };
        let (space, system) = (but_one(Level::System), but_one(Level::Space));
        role["GrantedSpacePermissions"] = json!(space);
        role["GrantedSystemPermissions"] = json!(system);
        server
            .put(&format!("/api/userroles/{id}"), role.clone())
            .await;
        actor.name = format!("all but {permission}");
        actor.holds_only(&space, &system);
        refusals(&actor, &world, &operations, &mut wrong).await;
    }
    wrong.none();
}

/// Takes out of an answer what was asked for, so that two answers can be compared.
fn without(answer: &Answered, asked: &[String]) -> (u16, String) {
    let mut asked: Vec<&String> = asked.iter().collect();
    asked.sort_by_key(|id| std::cmp::Reverse(id.len()));
    let text = asked.into_iter().fold(answer.text.clone(), |text, id| {
        text.replace(id.as_str(), "…")
    });
    (answer.status, text)
}

/// Whoever has a role in another space cannot tell what is in this one from what was never made.
#[tokio::test]
async fn another_space_is_not_there_for_whoever_has_no_part_in_it() {
    let server = TestServer::start().await;
    let other = json!({ "Name": "Other", "SpaceManagersTeams": ["teams-administrators"] });
    let other = server.post("/api/spaces", other).await;
    let other = World::new(&server, other["Id"].as_str().unwrap()).await;
    let world = World::new(&server, "Spaces-1").await;
    let mut asked: Vec<String> = world.ids().chain(["Spaces-1"]).map(str::to_owned).collect();
    asked.extend(asked.clone().iter().map(|id| missing(id)));
    let operations = operations(&server).await;
    let mut wrong = Wrong::default();
    for role in builtin::roles()
        .iter()
        .filter(|role| !role.system.contains(&P::SpaceView))
    {
        let name = format!("foreign {}", role.name);
        let actor = Actor::in_space_only(&server, &other.space, &name, role.id().as_str()).await;
        for tried in operations
            .iter()
            .filter(|tried| tried.is_in_space() || tried.names_content())
        {
            let real = tried.path_in(&world, false).await;
            let body = body_of(tried, &world, &real).await;
            let compare = async |a: String, b: String, wrong: &mut Wrong| {
                let answer = async |path: &str| {
                    let sent =
                        server.send_as(Some(&actor.key), tried.method.clone(), path, body.clone());
                    without(&sent.await, &asked)
                };
                let (there, never) = (answer(&a).await, answer(&b).await);
                wrong.unless(there == never && there.0 >= 400, || {
                    format!(
                        "{name}: {} {a} answers {there:?}, {b} {never:?}",
                        tried.method
                    )
                });
            };
            // By the address of the space, ...
            compare(
                real,
                tried.path_to_nothing(&world, "Spaces-99999"),
                &mut wrong,
            )
            .await;
            // ... and by that of one's own, where the ids belong to nobody.
            if tried.is_in_space() && tried.names_content() {
                let crossed = tried.path_with(&other.space, |kind| world.id(kind));
                compare(
                    crossed,
                    tried.path_to_nothing(&world, &other.space),
                    &mut wrong,
                )
                .await;
            }
        }
        let done = deeds(&world, &actor.user_id).await;
        wrong.unless(done == 0, || {
            format!("{name} did {done} things in a foreign space")
        });
    }
    wrong.none();
}

/// What a body names must be of the same space, even for somebody who may do everything in both.
#[tokio::test]
async fn no_body_reaches_into_another_space() {
    let server = TestServer::start().await;
    let other = json!({ "Name": "Other", "SpaceManagersTeams": ["teams-administrators"] });
    let other = server.post("/api/spaces", other).await;
    let other = World::new(&server, other["Id"].as_str().unwrap()).await;
    let world = World::new(&server, "Spaces-1").await;
    let mut wrong = Wrong::default();
    let mut count = 0;
    for tried in operations(&server)
        .await
        .iter()
        .filter(|tried| tried.is_in_space())
    {
        let Sends::Body(make) = tried.row.sends else {
            continue;
        };
        let body = make(&world);
        if !world
            .ids()
            .any(|id| body.to_string().contains(&format!("\"{id}\"")))
        {
            continue;
        }
        count += 1;
        let path = tried.path_in(&other, true).await;
        let answer = server
            .send_as(Some(ADMIN_KEY), tried.method.clone(), &path, Some(body))
            .await;
        wrong.unless(matches!(answer.status, 400 | 404), || {
            format!("{} {path}: {} {}", tried.method, answer.status, answer.text)
        });
    }
    assert!(count >= 10, "only {count} bodies name documents");
    wrong.none();
}
