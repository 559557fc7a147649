//! `docs/octopus-api.md` is written from here: what clients of Octopus Deploy call, whether it works, and by which
//! tests one can tell. Nothing in it is typed in but the calls themselves.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::matrix::operation::{Tried, operations};
use crate::test_server::TestServer;
use crate::written::{is_written, root};

/// Calls that belong together.
struct Row {
    priority: u8,
    what: &'static str,
    /// `GET /{s}/projects/{p}/channels`; the names of parameters do not matter.
    calls: &'static [&'static str],
    tests: &'static [&'static str],
    about: &'static str,
}

/// Operations that their line of the matrix lets answer an error for want of something to act on, with the test in
/// which they succeed.
const SUCCEED_ELSEWHERE: &[(&str, &str)] = &[
    (
        "login",
        "server identity::a_session_needs_its_token_and_our_origin_for_changes",
    ),
    (
        "artifactContent",
        "regatta artifact::clients_attach_rename_and_delete_files",
    ),
    (
        "interruptionSubmit",
        "regatta deployment::question::two_questions_at_the_same_time_are_independent",
    ),
    (
        "packageUpload",
        "server package::push::a_package_is_kept_as_it_was_sent_and_says_what_it_is",
    ),
    (
        "packageDeleteSeveral",
        "server package::push::content_is_stored_once_and_goes_with_the_last_that_has_it",
    ),
    (
        "buildInformationDeleteSeveral",
        "server package::build::a_build_is_found_with_its_package",
    ),
    (
        "releaseDefectResolve",
        "server deployment::a_defect_keeps_a_release_where_it_is_until_it_is_resolved",
    ),
    (
        "releaseSnapshotVariablesByName",
        "server client_calls::a_release_says_what_was_changed_since_and_takes_single_variables",
    ),
];

#[derive(PartialEq, Eq, Clone, Copy)]
enum State {
    Works,
    Refused,
    Missing,
}

/// `GET /api/{}/projects/{}` in small letters.
fn plain(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix('{') {
        Some(_) => "{}".to_owned(),
        None => part.to_lowercase(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    format!("{method} {}", path.trim_end_matches('/'))
}

/// The single calls of a row's line: the words of the line, and how the document spells them.
fn calls(line: &str) -> Vec<(String, String)> {
    let (word, path) = line.split_once(' ').unwrap();
    let mut all = match word {
        "CRUD" | "CRUD+all" => {
            let one = format!("{path}/{{id}}");
            let (list, item) = (path.to_owned(), one);
            vec![
                ("GET", list.clone()),
                ("POST", list),
                ("GET", item.clone()),
                ("PUT", item.clone()),
                ("DELETE", item),
            ]
        }
        method => vec![(method, path.to_owned())],
    };
    if word == "CRUD+all" {
        all.push(("GET", format!("{path}/all")));
    }
    let spelled = |(method, path): (&str, String)| {
        let is_outside = path.starts_with("/.") || path.starts_with("/token");
        let full = if is_outside {
            path.clone()
        } else {
            format!("/api{path}")
        };
        (format!("{method} {path}"), plain(method, &full))
    };
    all.into_iter().map(spelled).collect()
}

/// Operations that succeeded for an official client, by its name, as its tests saw them.
fn driven() -> BTreeMap<String, BTreeSet<&'static str>> {
    let folder = root().join("crates/regatta/tests/it");
    let mut driven: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for (below, client) in [
        ("npm/snapshots", "npm client"),
        ("conversation/snapshots", "CLI's requests"),
    ] {
        for entry in std::fs::read_dir(folder.join(below)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for line in text.lines() {
                if let Some((operation, "200" | "201")) = line.split_once(' ') {
                    driven
                        .entry(operation.to_owned())
                        .or_default()
                        .insert(client);
                }
            }
        }
    }
    driven
}

/// Fails unless there is such a test.
fn exists(test: &str) {
    let (krate, name) = test.split_once(' ').unwrap();
    let (module, function) = name.rsplit_once("::").unwrap();
    let path = format!("crates/{krate}/tests/it/{}.rs", module.replace("::", "/"));
    let text = std::fs::read_to_string(root().join(&path))
        .unwrap_or_else(|_| panic!("{path} of '{test}' is not there"));
    let (before, _) = text
        .split_once(&format!("fn {function}()"))
        .unwrap_or_else(|| panic!("{path} has no test {function}"));
    let attributes = before.rsplit("\n\n").next().unwrap_or_default();
    assert!(
        attributes.contains("#[test]") || attributes.contains("#[tokio::test"),
        "{test} is not a test"
    );
}

struct Table {
    /// By call as [`plain`] spells it.
    operations: BTreeMap<String, Tried>,
    driven: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Table {
    fn state(&self, call: &str) -> State {
        let Some(tried) = self.operations.get(call) else {
            return State::Missing;
        };
        let id = tried.row.id;
        let elsewhere = SUCCEED_ELSEWHERE.iter().any(|(other, _)| *other == id);
        if tried.row.status < 400 || elsewhere || self.clients(call).next().is_some() {
            State::Works
        } else {
            State::Refused
        }
    }

    fn clients(&self, call: &str) -> impl Iterator<Item = &'static str> {
        let tried = self.operations.get(call);
        // An operation with two paths is counted under one name.
        let driven = tried.and_then(|tried| self.driven.get(tried.row.id));
        driven.into_iter().flatten().copied()
    }

    fn line(&self, row: &Row) -> String {
        let calls: Vec<_> = row.calls.iter().flat_map(|line| calls(line)).collect();
        let in_state = |state| -> Vec<String> {
            let of_it = calls.iter().filter(|(_, call)| self.state(call) == state);
            of_it.map(|(words, _)| format!("`{words}`")).collect()
        };
        let (works, refused, missing) = (
            in_state(State::Works),
            in_state(State::Refused),
            in_state(State::Missing),
        );
        let mut state = match (works.is_empty(), refused.is_empty() && missing.is_empty()) {
            (true, _) => "**not yet**".to_owned(),
            (false, true) => "works".to_owned(),
            (false, false) => "works, but for:".to_owned(),
        };
        if !works.is_empty() && !missing.is_empty() {
            write!(state, " not yet {}", missing.join(", ")).unwrap();
        }
        if !refused.is_empty() {
            let joint = if missing.is_empty() || works.is_empty() {
                ""
            } else {
                ";"
            };
            write!(
                state,
                "{joint} refused with the reason {}",
                refused.join(", ")
            )
            .unwrap();
        }
        if !row.about.is_empty() {
            write!(state, ". {}", row.about).unwrap();
        }
        let mut shown: BTreeSet<String> = BTreeSet::new();
        if !works.is_empty() {
            shown.extend(
                calls
                    .iter()
                    .flat_map(|(_, call)| self.clients(call))
                    .map(str::to_owned),
            );
            shown.extend(row.tests.iter().map(|test| format!("`{test}`")));
            if shown.is_empty() {
                shown.insert("`server matrix` only".to_owned());
            }
        }
        let called: Vec<_> = row.calls.iter().map(|call| format!("`{call}`")).collect();
        let shown: Vec<_> = shown.into_iter().collect();
        format!(
            "| {} | {} | {state} | {} |\n",
            row.what,
            called.join(", "),
            shown.join(", ")
        )
    }
}

const INTRODUCTION: &str = "\
# What clients of Octopus Deploy call

Written by the test `wire::octopus` of `crates/server`, which fails when this page is not what the program does; `INSTA_UPDATE=always` writes it
anew. `{s}` is a space, also spelled `spaces/{s}`, or left out for the default one. `CRUD` stands for listing, making, reading, replacing and
deleting, `+all` also for the list without pages.

A call *works* when the server's table of operations has it and a test saw it succeed: each is tried with every built-in role, without a good
credential, without exactly its permission and from another space (`server matrix`). The last column names the tests of what it does, and the
clients whose tests it succeeded in: the **npm client** is Octopus' own package, unmodified; the **CLI's requests** are what Octopus' CLI and
Terraform provider are known to send, sent by a test of ours that insists on what they would: the programs cannot be installed everywhere the tests run.
";

#[tokio::test]
async fn the_page_about_clients_is_as_the_program_is() {
    let server = TestServer::start().await;
    let all = operations(&server).await;
    let by_call = all
        .into_iter()
        .map(|tried| (plain(tried.method.as_str(), &tried.path), tried));
    let table = Table {
        operations: by_call.collect(),
        driven: driven(),
    };
    for (_, test) in SUCCEED_ELSEWHERE {
        exists(test);
    }
    let mut page = INTRODUCTION.to_owned();
    for (priority, title) in [
        (0, "From sign-in to a deployment"),
        (1, "The rest of every day"),
    ] {
        write!(
            page,
            "\n## {title}\n\n| what | calls | state | shown by |\n|---|---|---|---|\n"
        )
        .unwrap();
        for row in rows::ROWS.iter().filter(|row| row.priority == priority) {
            row.tests.iter().for_each(|test| exists(test));
            page.push_str(&table.line(row));
        }
    }
    is_written("octopus-api.md", &page);
}
