//! Names of the server in shells' completion: asked for once and kept for a while, so that the key is answered at once.
//! Nothing is ever said here: a completion that fails offers nothing.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use serde_json::{Value, json};

use crate::api::part;
use crate::config::{self, Files, variable};
use crate::failure::Result;
use crate::find::{Naming, name_of, text};
use crate::options::Options;
use crate::session::Session;

/// Names are as good as new for so long.
const FRESH: Duration = Duration::from_secs(120);
/// Whoever presses the key does not wait longer than this for names nobody has asked for yet,
const ASK_WITHIN: Duration = Duration::from_millis(1_500);
/// and hardly for better ones than those that are known.
const ASK_AGAIN_WITHIN: Duration = Duration::from_millis(80);

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Spaces,
    Projects,
    Environments,
    Targets,
    Packages,
    Runbooks,
    /// Of the project on the line.
    Steps,
    /// Versions, of the project on the line.
    Releases,
}

impl Named {
    /// Below the space, or below the project.
    const fn path(self) -> &'static str {
        match self {
            Self::Spaces => "spaces",
            Self::Projects => "projects",
            Self::Environments => "environments",
            Self::Targets => "machines",
            Self::Packages => "packages?latest=true",
            Self::Runbooks => "runbooks",
            Self::Steps => "deploymentprocesses",
            Self::Releases => "releases",
        }
    }

    const fn is_of_project(self) -> bool {
        matches!(self, Self::Steps | Self::Releases | Self::Runbooks)
    }

    /// What the server has to offer here.
    pub(crate) fn of_server(self) -> ArgValueCandidates {
        ArgValueCandidates::new(move || candidates(kept_or_asked(self).unwrap_or_default()))
    }
}

/// Profiles are known without a server.
pub(crate) fn profiles() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let files = Files::open();
        candidates(files.map(|files| files.names()).unwrap_or_default())
    })
}

pub(crate) fn settings() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(config::names().map(str::to_owned).collect()))
}

fn candidates(names: Vec<String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The options on the line so far that decide what there is to name.
fn options_on_the_line() -> Options {
    let mut options = Options::default();
    let words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    for pair in words.windows(2) {
        let (name, value) = match pair[0].split_once('=') {
            Some((name, value)) => (name, value),
            None => (pair[0].as_str(), pair[1].as_str()),
        };
        let place = match name {
            "--server" => &mut options.server,
            "--space" => &mut options.space,
            "--profile" => &mut options.profile,
            "--project" | "-p" => &mut options.project,
            _ => continue,
        };
        *place = Some(value.to_owned());
    }
    options
}

fn kept_or_asked(named: Named) -> Option<Vec<String>> {
    let session = Session::open(&options_on_the_line(), Naming::Beginning).ok()?;
    let server = session.config.server();
    let setting = |name| session.config.get(name).unwrap_or_default();
    let project = if named.is_of_project() {
        setting("project")
    } else {
        ""
    };
    let path = folder()?.join("regatta").join("names.json");
    let mut kept = read(&path);
    let place = format!("{server} {} {project} {}", setting("space"), named.path());
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let at_s = kept[&place]["AtSeconds"].as_u64().unwrap_or(0);
    if now_s.saturating_sub(at_s) > FRESH.as_secs() {
        let within = if kept[&place].is_null() {
            ASK_WITHIN
        } else {
            ASK_AGAIN_WITHIN
        };
        if let Some(names) = ask(&session, named, within) {
            kept[&place] = json!({ "AtSeconds": now_s, "Names": names });
            write(&path, &kept);
        }
    }
    let names = kept[&place]["Names"].as_array()?.iter();
    Some(names.filter_map(Value::as_str).map(str::to_owned).collect())
}

fn ask(session: &Session, named: Named, within: Duration) -> Option<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let asked = runtime.block_on(async {
        let asked = tokio::time::timeout(within, items(session, named));
        asked.await.ok()?.ok()
    });
    runtime.shutdown_background();
    // A package is known by its id, and has versions instead of a name.
    let name = |item: &Value| match item["PackageId"].as_str() {
        Some(id) => id.to_owned(),
        None => name_of(item),
    };
    Some(asked?.iter().map(name).collect())
}

async fn items(session: &Session, named: Named) -> Result<Vec<Value>> {
    let api = session.api().await?;
    if named == Named::Spaces {
        return api.all("/api/spaces").await;
    }
    if !named.is_of_project() {
        return api.all(&api.in_space(named.path())).await;
    }
    let project = session.project(&api).await?;
    let path = format!("projects/{}/{}", part(&text(&project, "Id")), named.path());
    let path = api.in_space(&path);
    if named == Named::Steps {
        let process = api.get(&path).await?;
        return Ok(process["Steps"].as_array().cloned().unwrap_or_default());
    }
    api.all(&path).await
}

/// Where programs keep what can be asked for again.
fn folder() -> Option<PathBuf> {
    variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")))
}

fn read(path: &std::path::Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let kept: Option<Value> = serde_json::from_str(&text).ok();
    kept.filter(Value::is_object).unwrap_or_else(|| json!({}))
}

/// Put into place whole: several shells may do it at the same time.
fn write(path: &std::path::Path, kept: &Value) {
    use std::os::unix::fs::OpenOptionsExt as _;
    let Some(folder) = path.parent() else { return };
    let own = folder.join(format!("names.{}", std::process::id()));
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600);
        std::io::Write::write_all(&mut file.open(&own)?, kept.to_string().as_bytes())?;
        std::fs::rename(&own, path)
    });
    drop(written);
}
