//! The operations as the served OpenAPI document states them, joined with their lines of the table.

use std::collections::BTreeSet;

use regatta_core::permission::Permission;
use reqwest::Method;
use serde_json::json;

use super::row::Row;
use super::rows::ROWS;
use super::world::World;
use crate::test_server::TestServer;

/// An operation at one of its paths.
pub(crate) struct Tried {
    pub(crate) method: Method,
    /// As the document spells it, e.g. `/api/{spaceId}/machines/{id}`.
    pub(crate) path: String,
    pub(super) stated: Option<Permission>,
    pub(super) scope: String,
    pub(super) is_anonymous: bool,
    /// Whether the document says that it can be asked for certain ids.
    pub(super) takes_ids: bool,
    pub(crate) row: &'static Row,
}

/// Every operation of the document. An operation without a line, and a line without an operation, end the test.
pub(crate) async fn operations(server: &TestServer) -> Vec<Tried> {
    let document = server.get("/api/openapi.json").await;
    let mut left: BTreeSet<_> = ROWS.iter().map(|row| row.id).collect();
    assert_eq!(left.len(), ROWS.len(), "an operation has two lines");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            // An operation with two paths has one line.
            let name = id.strip_suffix("InSpace").unwrap_or(id);
            let row = ROWS.iter().find(|row| row.id == name).unwrap_or_else(|| {
                panic!("nobody tries '{name}' ({method} {path}): give it a line in matrix/rows.rs")
            });
            left.remove(name);
            all.push(Tried {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                stated: operation["x-permission"]
                    .as_str()
                    .map(|name| Permission::parse(name).unwrap()),
                scope: operation["x-scope"].as_str().unwrap_or_default().to_owned(),
                is_anonymous: operation["security"] == json!([]),
                takes_ids: operation["parameters"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["name"] == "ids")),
                row,
            });
        }
    }
    assert!(
        left.is_empty(),
        "matrix/rows.rs has lines for no operation: {left:?}"
    );
    all
}

impl Tried {
    pub(super) fn is_in_space(&self) -> bool {
        self.path.contains("{spaceId}")
    }

    /// What the path's parameters name, in order: each kind is called like the literal before it, or like itself.
    pub(super) fn kinds(&self) -> Vec<(&str, &str)> {
        let mut before = "";
        let mut kinds = Vec::new();
        for part in self.path.split('/') {
            match part {
                "{spaceId}" => {}
                "{project}" => kinds.push((part, "projects")),
                "{environment}" => kinds.push((part, "environments")),
                "{tenant}" => kinds.push((part, "tenants")),
                "{channel}" => kinds.push((part, "channels")),
                "{number}" => kinds.push((part, "number")),
                "{version}" => kinds.push((part, "version")),
                "{user}" => kinds.push((part, "users")),
                // Below no space are the events that concern none.
                "{id}" if before == "events" && !self.is_in_space() => {
                    kinds.push((part, "systemevents"));
                }
                _ if part.starts_with('{') => kinds.push((part, before)),
                _ => before = part,
            }
        }
        kinds
    }

    /// Whether the path names something that lies in a space.
    pub(super) fn names_content(&self) -> bool {
        const OF_THE_SYSTEM: [&str; 6] = [
            "users",
            "apikeys",
            "userroles",
            "spaces",
            "systemevents",
            "signinrequests",
        ];
        self.kinds()
            .iter()
            .any(|(_, kind)| !OF_THE_SYSTEM.contains(kind))
    }

    /// Whether the permission must be held in the space: because of the path, or of what the body names.
    pub(super) fn is_about_a_space(&self) -> bool {
        self.is_in_space() || self.names_content() || self.scope == "anywhere"
    }

    /// The path with this space in it and, for each parameter, what `name` answers.
    pub(super) fn path_with(&self, space: &str, name: impl Fn(&str) -> String) -> String {
        let mut path = self.path.replace("{spaceId}", space);
        for (parameter, kind) in self.kinds() {
            path = path.replacen(parameter, &name(kind), 1);
        }
        path + &self.row.query.replace("{projects}", &name("projects"))
    }

    /// The path to documents that are there. What the try would use up is made anew.
    pub(crate) async fn path_in(&self, world: &World<'_>, will_succeed: bool) -> String {
        let last = self.kinds().last().map(|(_, kind)| (*kind).to_owned());
        let fresh = match last {
            Some(kind) if self.row.uses_up && will_succeed => {
                Some((kind.clone(), world.make(&kind).await))
            }
            _ => None,
        };
        self.path_with(&world.space, |kind| match &fresh {
            Some((of, id)) if of == kind => id.clone(),
            _ => world.id(kind),
        })
    }

    /// The path to documents that were never made.
    pub(super) fn path_to_nothing(&self, world: &World<'_>, space: &str) -> String {
        self.path_with(space, |kind| missing(&world.id(kind)))
    }
}

/// An id like this one that nothing has.
pub(super) fn missing(id: &str) -> String {
    format!("{}99999", id.trim_end_matches(|c: char| c.is_ascii_digit()))
}
