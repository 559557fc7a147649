//! Names of the server in shells' completion: asked for once and kept for a while, so that the key is answered at once.
//! Nothing is ever said here: a completion that fails offers nothing.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use serde_json::{Value, json};

use crate::config::variable;
use crate::find::{Naming, name_of};
use crate::options::Options;
use crate::session::Session;

/// Names are as good as new for so long.
const FRESH: Duration = Duration::from_secs(120);
/// Whoever presses the key does not wait longer than this.
const ASK_WITHIN: Duration = Duration::from_millis(1_500);

pub(crate) fn projects() -> ArgValueCandidates {
    ArgValueCandidates::new(|| names("projects"))
}

pub(crate) fn environments() -> ArgValueCandidates {
    ArgValueCandidates::new(|| names("environments"))
}

pub(crate) fn spaces() -> ArgValueCandidates {
    ArgValueCandidates::new(|| names("spaces"))
}

pub(crate) fn packages() -> ArgValueCandidates {
    ArgValueCandidates::new(|| names("packages?latest=true"))
}

fn names(collection: &str) -> Vec<CompletionCandidate> {
    let found = kept_or_asked(collection).unwrap_or_default();
    found.into_iter().map(CompletionCandidate::new).collect()
}

fn kept_or_asked(collection: &str) -> Option<Vec<String>> {
    let session = Session::open(&Options::default(), Naming::Beginning).ok()?;
    let server = session.config.server();
    let space = session.config.get("space").unwrap_or_default();
    let path = folder()?.join("regatta").join("names.json");
    let mut kept = read(&path);
    let place = format!("{server} {space} {collection}");
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let at_s = kept[&place]["AtSeconds"].as_u64().unwrap_or(0);
    if now_s.saturating_sub(at_s) > FRESH.as_secs()
        && let Some(names) = ask(&session, collection)
    {
        kept[&place] = json!({ "AtSeconds": now_s, "Names": names });
        write(&path, &kept);
    }
    let names = kept[&place]["Names"].as_array()?.iter();
    Some(names.filter_map(Value::as_str).map(str::to_owned).collect())
}

fn ask(session: &Session, collection: &str) -> Option<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let asked = runtime.block_on(async {
        let asked = async {
            let api = session.api().await.ok()?;
            let path = match collection {
                "spaces" => "/api/spaces".to_owned(),
                _ => api.in_space(collection),
            };
            api.all(&path).await.ok()
        };
        tokio::time::timeout(ASK_WITHIN, asked).await.ok().flatten()
    });
    runtime.shutdown_background();
    // A package is known by its id, and has versions instead of a name.
    let name = |item: &Value| match item["PackageId"].as_str() {
        Some(id) => id.to_owned(),
        None => name_of(item),
    };
    Some(asked?.iter().map(name).collect())
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
