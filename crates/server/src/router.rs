//! From a method and a path to an operation: literals in any case of letters, both spellings of a space, and
//! literals before parameters (`projects/all` before `projects/{id}`).
//!
//! It only finds; checking and running is [`crate::dispatch`]'s.

use std::collections::HashMap;

use axum::http::{HeaderName, Method, StatusCode, header};

use crate::error::ApiError;
use crate::operation::{Operation, Place};

/// All operations, ready to be looked up.
pub struct Router {
    operations: Vec<Operation>,
    root: Node,
    system: Node,
    space: Node,
}

#[derive(Default)]
struct Node {
    literals: HashMap<&'static str, Self>,
    parameter: Option<Box<Self>>,
    /// Indexes into `operations`.
    here: Vec<usize>,
}

/// What a path means.
pub(crate) struct Found<'r> {
    pub(crate) operation: &'r Operation,
    /// The space as the path spells it.
    pub(crate) space: SpaceIn,
    /// Values of the path's parameters, by name.
    pub(crate) parameters: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpaceIn {
    /// The operation has none.
    Nothing,
    /// It wants one and the path names none.
    Default,
    Named(String),
}

impl Router {
    /// # Panics
    /// When two operations share an id, or a method and path: a mistake in the table, found by the first test.
    #[must_use]
    pub fn new(operations: Vec<Operation>) -> Self {
        let mut router = Self {
            operations: Vec::new(),
            root: Node::default(),
            system: Node::default(),
            space: Node::default(),
        };
        for operation in operations {
            router.add(operation);
        }
        router
    }

    fn add(&mut self, operation: Operation) {
        let index = self.operations.len();
        let twin = self.operations.iter().find(|other| {
            other.id == operation.id
                || (other.method == operation.method
                    && other.path == operation.path
                    && other.place == operation.place)
        });
        assert!(
            twin.is_none(),
            "the operation {} is declared twice",
            operation.id
        );
        let trees = match operation.place {
            Place::Root => vec![&mut self.root],
            Place::System => vec![&mut self.system],
            Place::Space => vec![&mut self.space],
            Place::Both => vec![&mut self.system, &mut self.space],
        };
        for tree in trees {
            tree.insert(operation.path, index);
        }
        self.operations.push(operation);
    }

    /// Every operation, in the order of the table.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation for the segments of a whole path.
    pub(crate) fn find(&self, method: &Method, segments: &[String]) -> Result<Found<'_>, ApiError> {
        match segments.split_first() {
            Some((first, below)) if first.eq_ignore_ascii_case("api") => {
                self.find_api(method, below)
            }
            _ => {
                let mut allowed = Vec::new();
                let found = self.match_in(&self.root, method, segments, &mut allowed);
                let (operation, values) =
                    found.ok_or_else(|| nothing(method, &segments.join("/"), &allowed))?;
                Ok(Found {
                    operation,
                    space: SpaceIn::Nothing,
                    parameters: parameters(operation.path, values),
                })
            }
        }
    }

    fn find_api(&self, method: &Method, segments: &[String]) -> Result<Found<'_>, ApiError> {
        let mut allowed = Vec::new();
        let space = |skip: usize| SpaceIn::Named(segments[skip - 1].clone());
        let mut tries = vec![
            (&self.system, 0, SpaceIn::Nothing),
            (&self.space, 0, SpaceIn::Default),
        ];
        if !segments.is_empty() {
            tries.push((&self.space, 1, space(1)));
        }
        if segments.len() > 1 && segments[0].eq_ignore_ascii_case("spaces") {
            tries.push((&self.space, 2, space(2)));
        }
        for (root, skip, space) in tries {
            if let Some((operation, values)) =
                self.match_in(root, method, &segments[skip..], &mut allowed)
            {
                let parameters = parameters(operation.path, values);
                return Ok(Found {
                    operation,
                    space,
                    parameters,
                });
            }
        }
        Err(nothing(
            method,
            &format!("api/{}", segments.join("/")),
            &allowed,
        ))
    }

    /// The first match for the method; collects the methods that would have matched.
    fn match_in(
        &self,
        root: &Node,
        method: &Method,
        segments: &[String],
        allowed: &mut Vec<Method>,
    ) -> Option<(&Operation, Vec<String>)> {
        let wanted = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let mut found = None;
        root.walk(segments, &mut Vec::new(), &mut |node, values| {
            let operations = node.here.iter().map(|index| &self.operations[*index]);
            for operation in operations {
                if operation.method == *wanted {
                    found = Some((operation, values.to_vec()));
                    return true;
                }
                allowed.push(operation.method.clone());
            }
            false
        });
        found
    }
}

impl Node {
    fn insert(&mut self, path: &'static str, index: usize) {
        let mut node = self;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            node = if part.starts_with('{') {
                node.parameter.get_or_insert_default()
            } else {
                node.literals.entry(part).or_default()
            };
        }
        node.here.push(index);
    }

    /// Visits the nodes that match, literals first, until `visit` says stop.
    fn walk(
        &self,
        segments: &[String],
        values: &mut Vec<String>,
        visit: &mut dyn FnMut(&Self, &[String]) -> bool,
    ) -> bool {
        let Some((first, rest)) = segments.split_first() else {
            return visit(self, values);
        };
        let literal = self.literals.get(first.to_ascii_lowercase().as_str());
        if literal.is_some_and(|node| node.walk(rest, values, visit)) {
            return true;
        }
        let Some(node) = &self.parameter else {
            return false;
        };
        if first.is_empty() {
            return false;
        }
        values.push(first.clone());
        let stopped = node.walk(rest, values, visit);
        values.pop();
        stopped
    }
}

/// Names of `path`'s parameters with their values.
fn parameters(path: &'static str, values: Vec<String>) -> Vec<(&'static str, String)> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.zip(values).collect()
}

/// What Octopus has and this server does not, by a part of its addresses: clients print the message alone, and nobody
/// sees from an address that was not found what cannot be done.
const NOT_HERE: &[(&str, &str)] = &[
    ("git", "This server keeps nothing in git."),
    ("git-credentials", "This server keeps nothing in git."),
    ("ephemeral", "This server has no ephemeral environments."),
    (
        "parentenvironments",
        "This server has no ephemeral environments.",
    ),
    ("projecttriggers", "This server has no triggers."),
    ("insights", "This server has no insights."),
    ("actiontemplates", "This server has no step templates."),
];

fn nothing(method: &Method, path: &str, allowed: &[Method]) -> ApiError {
    if allowed.is_empty() {
        let path: String = path.chars().take(200).collect();
        let missing = NOT_HERE
            .iter()
            .find(|(own, _)| path.split('/').any(|part| part.eq_ignore_ascii_case(own)));
        let error = ApiError::not_found(&format!("/{path}"));
        let error = match missing {
            Some((_, reason)) => error.because(reason),
            None => error,
        };
        return error.help("The addresses of this server are listed at /api/openapi.json.");
    }
    let mut names: Vec<_> = allowed.iter().map(Method::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join(", ");
    let allow: HeaderName = header::ALLOW;
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "MethodNotAllowed",
        format!("{method} is not possible here; use {names}."),
    )
    .header(allow, names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Access, delete, get, put};

    fn router() -> Router {
        let nothing = |_| async { Err(ApiError::not_found("x")) };
        Router::new(vec![
            get(
                "spaceList",
                Place::System,
                "/spaces",
                Access::SignedIn,
                nothing,
            ),
            get(
                "spaceGet",
                Place::System,
                "/spaces/{id}",
                Access::SignedIn,
                nothing,
            ),
            get("spaceRoot", Place::Space, "/", Access::SignedIn, nothing),
            get(
                "projectList",
                Place::Space,
                "/projects",
                Access::SignedIn,
                nothing,
            ),
            get(
                "projectAll",
                Place::Space,
                "/projects/all",
                Access::SignedIn,
                nothing,
            ),
            get(
                "projectGet",
                Place::Space,
                "/projects/{project}",
                Access::SignedIn,
                nothing,
            ),
            delete(
                "projectDelete",
                Place::Space,
                "/projects/{project}",
                Access::SignedIn,
                nothing,
            ),
            put(
                "processPut",
                Place::Space,
                "/projects/{project}/deploymentprocesses",
                Access::SignedIn,
                nothing,
            ),
            get(
                "gitRunbooks",
                Place::Space,
                "/projects/{project}/{gitRef}/runbooks",
                Access::SignedIn,
                nothing,
            ),
            get(
                "runbookGet",
                Place::Space,
                "/projects/{project}/runbooks/{id}",
                Access::SignedIn,
                nothing,
            ),
            get("taskList", Place::Both, "/tasks", Access::SignedIn, nothing),
        ])
    }

    fn find(method: Method, path: &str) -> String {
        let segments = crate::path::segments(&format!("/API/{path}")).unwrap();
        match router().find(&method, &segments) {
            Ok(found) => format!(
                "{} {:?} {:?}",
                found.operation.id, found.space, found.parameters
            ),
            Err(error) => format!(
                "{} {}",
                error.status().as_u16(),
                error.body()["ErrorMessage"].as_str().unwrap()
            ),
        }
    }

    #[test]
    fn paths_find_their_operation_in_every_spelling() {
        let cases = [
            "spaces",
            "Spaces/Spaces-1",
            "Spaces-1",
            "spaces/Spaces-1/projects",
            "Spaces-1/PROJECTS/",
            "projects/All",
            "projects/Fire%20Project",
            "Spaces-1/projects/P-1/refs%2Fheads%2Fmain/runbooks",
            "projects/P-1/runbooks/runbooks",
            "tasks",
            "Spaces-2/tasks",
            "a/b/c/d/e",
            "Spaces-1//projects",
        ];
        let found: Vec<_> = cases
            .iter()
            .map(|path| format!("{path} -> {}", find(Method::GET, path)))
            .collect();
        insta::assert_snapshot!(found.join("\n"), @r#"
        spaces -> spaceList Nothing []
        Spaces/Spaces-1 -> spaceGet Nothing [("id", "Spaces-1")]
        Spaces-1 -> spaceRoot Named("Spaces-1") []
        spaces/Spaces-1/projects -> projectList Named("Spaces-1") []
        Spaces-1/PROJECTS/ -> projectList Named("Spaces-1") []
        projects/All -> projectAll Default []
        projects/Fire%20Project -> projectGet Default [("project", "Fire Project")]
        Spaces-1/projects/P-1/refs%2Fheads%2Fmain/runbooks -> gitRunbooks Named("Spaces-1") [("project", "P-1"), ("gitRef", "refs/heads/main")]
        projects/P-1/runbooks/runbooks -> runbookGet Default [("project", "P-1"), ("id", "runbooks")]
        tasks -> taskList Nothing []
        Spaces-2/tasks -> taskList Named("Spaces-2") []
        a/b/c/d/e -> 404 The resource '/api/a/b/c/d/e' was not found.
        Spaces-1//projects -> 404 The resource '/api/Spaces-1//projects' was not found.
        "#);
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        assert_eq!(
            find(Method::PATCH, "projects/P-1"),
            "405 PATCH is not possible here; use DELETE, GET."
        );
        assert_eq!(
            find(Method::HEAD, "projects/P-1"),
            "projectGet Default [(\"project\", \"P-1\")]"
        );
    }

    /// Octopus' CLI prints the message and nothing else.
    #[test]
    fn what_is_not_here_is_said_in_the_message() {
        let message = |path| {
            let error = nothing(&Method::GET, path, &[]);
            error.body()["ErrorMessage"].clone()
        };
        assert_eq!(
            message("api/projects/P-1/git/branches"),
            "The resource '/api/projects/P-1/git/branches' was not found. This server keeps nothing in git."
        );
        assert_eq!(message("api/no"), "The resource '/api/no' was not found.");
    }
}
