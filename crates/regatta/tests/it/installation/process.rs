//! The processes an installation started: those with its folder in their arguments, and all that descend from them.
//!
//! A worker and its scripts leave the server on purpose, so the test's own children are only some of them.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

/// Between looks at processes that were killed and are not gone.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A killed process that is still there after that many looks never goes.
const LOOKS_MAX: usize = 3_000;

/// Every process of this folder that lives, parents before their children.
pub(crate) fn of(folder: &Path) -> Vec<u32> {
    let named = folder.display().to_string();
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut found = Vec::new();
    for pid in all() {
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
        // Not the test itself: nothing of it runs with this folder as an argument.
        if read(pid, "cmdline").contains(&named) {
            found.push(pid);
        }
    }
    let mut seen: HashSet<u32> = found.iter().copied().collect();
    let mut at = 0;
    while let Some(pid) = found.get(at) {
        let more = children.remove(pid).unwrap_or_default();
        found.extend(more.into_iter().filter(|child| seen.insert(*child)));
        at += 1;
    }
    found
}

/// A file of a process as text; empty when the process is gone, or dead and not waited for.
pub(crate) fn read(pid: u32, file: &str) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', "\n")
}

/// Ends everything of this folder, and returns when it is gone. What a dying parent still starts is ended, too.
pub(crate) fn end(folder: &Path) {
    for _ in 0..LOOKS_MAX {
        let living = of(folder);
        if living.is_empty() {
            return;
        }
        living.into_iter().for_each(kill);
        std::thread::sleep(LOOK_EVERY);
    }
    eprintln!("processes of {} do not end", folder.display());
}

pub(crate) fn kill(pid: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
    drop(killed);
}

fn all() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    entries.filter_map(name).collect()
}

/// Of a process that lives; one that is dead and not waited for has none.
fn parent(pid: u32) -> Option<u32> {
    let stat = read(pid, "stat");
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok();
    parent.filter(|_| state != "Z")
}

/// What a test leaves behind takes processor and memory from every test after it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_installation_outlives_its_test() {
    let installation = super::Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let started = folder.join("started");
    let script = format!("sleep 1000 & touch {}; wait", started.display());
    let steps = vec![super::step("long", None, &script)];
    let project = installation.project("Left", steps).await;
    installation.deploy(&project, serde_json::json!({})).await;
    installation
        .until("the script runs", async || started.exists().then_some(()))
        .await;
    let living = of(&folder);
    // Server, link, keeper, supervisor, script, and what that started.
    assert!(living.len() >= 6, "{living:?}");
    drop(installation);
    let left = living.into_iter().filter(|pid| parent(*pid).is_some());
    let left: Vec<String> = left.map(|pid| read(pid, "cmdline")).collect();
    let ours =
        |arguments: &&String| arguments.contains("sleep\n1000") || arguments.contains("regatta");
    assert!(!left.iter().any(|arguments| ours(&arguments)), "{left:?}");
    assert!(of(&folder).is_empty());
}
