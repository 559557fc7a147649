//! `docs/octopus-clients.md`: what each command of Octopus' CLI and each resource of its Terraform provider sends, as the
//! tests beside this one sent it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use reqwest::Method;

#[path = "../../../../server/tests/it/written.rs"]
mod written;

/// Sections of the page, and the snapshots that hold their commands.
const SECTIONS: [(&str, &str); 9] = [
    ("Sign-in, spaces and users", "server"),
    (
        "Projects, their variables, channels and lifecycles",
        "project",
    ),
    (
        "Accounts, targets, pools, tags and certificates",
        "infrastructure",
    ),
    ("Tenants", "tenant"),
    ("Packages and build information", "package"),
    ("Releases, deployments and tasks", "release"),
    ("Deployments with more to say", "deployment"),
    ("Runbooks", "runbook"),
    ("Resources of the Terraform provider", "terraform"),
];

/// What is different from Octopus, or worth knowing, by command.
const REMARKS: &[(&str, &str)] = &[
    ("account create", "No step uses the cloud accounts yet."),
    (
        "deployment-target create",
        "Kept as sent. Targets with an agent stay `Unknown` until this server can reach agents; a cloud region is `Healthy`.",
    ),
    (
        "deployment-target view",
        "The version of a Tentacle is an empty text.",
    ),
    (
        "worker create",
        "Refused: this server cannot connect to workers.",
    ),
    ("release promote", "Then as `release deploy`."),
    (
        "octopusdeploy_machine_policy",
        "Spans of time are answered as .NET writes them, whichever way they were written.",
    ),
    (
        "worker enable, worker disable",
        "There is none to find: see above.",
    ),
    (
        "octopusdeploy_docker_container_registry, octopusdeploy_nuget_feed, …",
        "Refused: there is only the built-in feed.",
    ),
    (
        "project variables create",
        "A secret is sealed, whichever of the two keys says that it is one.",
    ),
    (
        "project process, read, changed and saved",
        "No command of the CLI, but what everything built on its library does. Dependencies are `Properties`, which the library keeps; ids, slugs and the graph stay.",
    ),
    (
        "project settings, read, changed and saved",
        "As above. The library has no names for `Regatta.` keys and another one for the connectivity policy: what it leaves out stays as it is stored.",
    ),
    ("project convert", "Refused: processes are not kept in git."),
    ("project branch list", "Refused, as above."),
    ("release create, from git", "Refused, as above."),
    ("ephemeral-environment list", "Empty: there are none."),
    ("ephemeral-environment create", "Refused: there are none."),
];

/// `GET /api/{s}/projects/{id}?take`: without what differs from run to run.
pub(super) fn request(method: &Method, path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<_> = path.split('/').map(part).collect();
    let mut keys: Vec<_> = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|key| !key.is_empty())
        .collect();
    keys.dedup();
    let query = if keys.is_empty() {
        String::new()
    } else {
        format!("?{}", keys.join("&"))
    };
    format!("{method} {}{query}", parts.join("/"))
}

fn part(part: &str) -> &str {
    let is_id = part.contains('-') && part.contains(|letter: char| letter.is_ascii_digit());
    let is_version = part.starts_with(|first: char| first.is_ascii_digit());
    let is_name =
        part.contains("%20") || part.starts_with(|first: char| first.is_ascii_uppercase());
    match part {
        _ if part.starts_with("Spaces-") => "{s}",
        _ if is_id => "{id}",
        _ if is_version => "{version}",
        _ if is_name => "{name}",
        other => other,
    }
}

pub(super) fn lines(said: &[(&'static str, Vec<String>)]) -> String {
    // What only prepares a test has no name; what was sent in two places is one command.
    let mut together: Vec<(&str, Vec<&String>)> = Vec::new();
    for (command, requests) in said.iter().filter(|(command, _)| !command.is_empty()) {
        match together.iter_mut().find(|(known, _)| known == command) {
            Some((_, known)) => known.extend(requests),
            None => together.push((command, requests.iter().collect())),
        }
    }
    let mut lines = String::new();
    for (command, mut requests) in together {
        let mut seen = BTreeSet::new();
        requests.retain(|request| seen.insert(*request));
        if !requests.is_empty() {
            let requests: Vec<_> = requests.iter().map(|request| request.as_str()).collect();
            writeln!(lines, "{command} | {}", requests.join(" | ")).unwrap();
        }
    }
    lines
}

const INTRODUCTION: &str = "\
# What Octopus' CLI and Terraform provider send

Written by the test `conversation::page` of `crates/regatta`, which fails when this page is not what the tests sent; `INSTA_UPDATE=always` writes
it anew (after the other tests of `conversation` ran).

**The official programs themselves were not run.** What they send, in which order, with which spelling and after which look-ups, was read in their
sources and in those of the Go library below them; the tests of `conversation` send that, and read the answers as strictly as the library does:
a value of another type than it has, a key it insists on that is missing, or an error it cannot decode fails the test. What the library has no
name for is dropped before a document is sent back, as it would be. Of a resource of Terraform, every attribute that is planned must be read back
as it was planned, after it was made and after it was changed, and what was left out of a plan must be empty.

Every command works as listed unless its last column says otherwise. Requests of a command that differ only in ids or values are listed once;
`{s}` is a space. `package zip create`, `package nuget create`, `config`, `logout` and `version` send nothing; `api` sends what it is told.
";

/// The commands of a snapshot, each with its requests.
fn commands(area: &str) -> Vec<(String, Vec<String>)> {
    let name = format!("it__conversation__{area}__conversation_{area}_commands.snap");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conversation/snapshots");
    let text = std::fs::read_to_string(path.join(name)).unwrap();
    let (_, lines) = text.split_once("\n---\n").expect("a snapshot has a head");
    let parted = lines.lines().filter_map(|line| line.split_once(" | "));
    parted
        .map(|(command, requests)| {
            let requests = requests.split(" | ").map(|request| format!("`{request}`"));
            (command.to_owned(), requests.collect())
        })
        .collect()
}

#[test]
fn the_page_about_the_command_line_is_as_it_was_sent() {
    let mut page = INTRODUCTION.to_owned();
    let mut remarked = 0;
    let mut is_first = true;
    for (title, area) in SECTIONS {
        let subject = match area {
            "terraform" => "resource",
            _ => "command",
        };
        write!(
            page,
            "\n## {title}\n\n| {subject} | requests | differs |\n|---|---|---|\n"
        )
        .unwrap();
        for (command, requests) in commands(area) {
            // The same before all of them.
            if command == "any command, first" && !std::mem::take(&mut is_first) {
                continue;
            }
            let remark = REMARKS.iter().find(|(of, _)| *of == command);
            remarked += usize::from(remark.is_some());
            let remark = remark.map_or("", |(_, remark)| *remark);
            writeln!(page, "| {command} | {} | {remark} |", requests.join(", ")).unwrap();
        }
    }
    assert_eq!(
        remarked,
        REMARKS.len(),
        "a remark is about a command that was not sent"
    );
    written::is_written("octopus-clients.md", &page);
}
