//! Steps that deploy a package: what the agent runs for one, and the files of the package in which variables are
//! replaced. The replacing is done here, on the files as they are in the package, because here the variables are.

use regatta_archive::{Wanted, read_files};
use regatta_core::package::file_name::packing;
use regatta_core::package::glob::Globs;
use regatta_core::process::{Action, keys};
use regatta_store::blob::BlobStore;

use super::evaluate::apart;
use super::packaged::{archive, primary};
use super::script::Unrunnable;
use crate::gateway::ScriptPackage;

/// What unpacks, copies and runs.
pub(super) const PROGRAM: &str = include_str!("package_step.bash");
/// Where the files lie in which variables were replaced.
pub(super) const FOLDER: &str = ".regatta-substituted";
/// All files together: they travel to the agent with the start.
const FILES_BYTES_MAX: u64 = 4 * 1024 * 1024;
const FEATURE: &str = "Octopus.Features.SubstituteInFiles";

/// Files of a package with their text, and what to say of it.
#[derive(Default)]
pub(super) struct Found {
    pub files: Vec<(String, String)>,
    pub remark: Option<String>,
}

/// The files that variables are replaced in, as they are in the package.
pub(super) async fn files(
    action: &Action,
    targets: &str,
    (blobs, packages): (&BlobStore, &[ScriptPackage]),
) -> Result<Found, Unrunnable> {
    if !is_wanted(action) {
        return Ok(Found::default());
    }
    let globs = Globs::parse(targets).map_err(|error| Unrunnable::Package(error.to_string()))?;
    let package = primary(packages)?;
    let called = format!("{} {}", package.package_id, package.version);
    let path = archive(blobs, package)?;
    let packing = packing(&package.extension)
        .ok_or_else(|| Unrunnable::Package(format!("the package {called} is no archive")))?;
    let read = apart(move || {
        let is_wanted = |path: &str| globs.matches(path);
        let wanted = Wanted {
            is_wanted: &is_wanted,
            bytes_max: FILES_BYTES_MAX,
        };
        read_files(&path, packing, wanted).map(|files| (globs, files))
    });
    let read = read.await.ok_or(Unrunnable::Stopping)?;
    let (globs, read) = read.map_err(|error| {
        Unrunnable::Package(format!("variables cannot be replaced in {called}: {error}"))
    })?;
    let mut found = Found::default();
    for (path, bytes) in read {
        let text = String::from_utf8(bytes).map_err(|_| {
            Unrunnable::Package(format!(
                "variables cannot be replaced in '{path}' of {called}, because it is no text in UTF-8. Leave it out of the files to replace variables in"
            ))
        })?;
        found.files.push((path, text));
    }
    let paths: Vec<&str> = found.files.iter().map(|(path, _)| path.as_str()).collect();
    let idle = globs.without_match(&paths);
    if !idle.is_empty() {
        found.remark = Some(format!("No file of {called} matches {}.", idle.join(", ")));
    }
    Ok(found)
}

fn is_wanted(action: &Action) -> bool {
    let features = action.properties.filled(keys::ENABLED_FEATURES);
    let by_feature = features
        .into_iter()
        .flat_map(|features| features.split(','))
        .any(|feature| feature.trim().eq_ignore_ascii_case(FEATURE));
    let by_flag = action
        .properties
        .filled("Octopus.Action.SubstituteInFiles.Enabled");
    by_feature || by_flag.is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
}
