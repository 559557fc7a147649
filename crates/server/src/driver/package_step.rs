//! Steps that deploy a package: what the agent runs for one, and the files of the package that are changed. They are
//! changed here, as they are in the package, because here the variables are.

use regatta_archive::{Wanted, read_files};
use regatta_core::package::file_name::packing;
use regatta_core::package::glob::Globs;
use regatta_core::process::{Action, keys, package_feature};
use regatta_core::structured::Values;
use regatta_store::blob::BlobStore;

use super::evaluate::apart;
use super::packaged::{archive, primary};
use super::script::Unrunnable;
use crate::gateway::ScriptPackage;

/// What unpacks, copies and runs.
pub(super) const PROGRAM: &str = include_str!("package_step.bash");
/// Where the changed files lie.
pub(super) const FOLDER: &str = ".regatta-substituted";
/// All files together: they travel to the agent with the start.
const FILES_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Variables named in the line about a file.
const NAMED_MAX: usize = 20;

/// Which files of the package are changed, and how.
pub(super) struct Targets {
    /// Templates in them are evaluated.
    substituted: Globs,
    /// Values are put in by the place they name.
    structured: Globs,
}

/// A file of the package with its text.
pub(super) struct File {
    pub path: String,
    pub text: String,
    pub is_substituted: bool,
    pub is_structured: bool,
}

/// Files of a package, and what to say of them.
#[derive(Default)]
pub(super) struct Found {
    pub files: Vec<File>,
    pub remarks: Vec<String>,
}

impl Targets {
    /// What the action names; `expand` evaluates the patterns.
    pub(super) fn of(
        action: &Action,
        expand: impl Fn(&str) -> Result<String, Unrunnable>,
    ) -> Result<Self, Unrunnable> {
        let globs = |is_wanted: bool, key: &str| {
            let patterns = action.properties.text(key).filter(|_| is_wanted);
            let patterns = expand(patterns.unwrap_or_default())?;
            Globs::parse(&patterns).map_err(|error| Unrunnable::Package(error.to_string()))
        };
        Ok(Self {
            substituted: globs(
                package_feature::substitutes(action),
                keys::SUBSTITUTE_TARGETS,
            )?,
            structured: globs(
                package_feature::structures(action),
                keys::STRUCTURED_TARGETS,
            )?,
        })
    }

    fn match_any(&self, path: &str) -> bool {
        self.substituted.matches(path) || self.structured.matches(path)
    }

    fn is_empty(&self) -> bool {
        self.substituted.is_empty() && self.structured.is_empty()
    }

    fn without_match(&self, paths: &[&str]) -> Vec<&str> {
        let mut idle = self.substituted.without_match(paths);
        idle.extend(self.structured.without_match(paths));
        idle
    }
}

/// Whether everything happens that the action asks for. Deployed without a part of it would be deployed wrong.
pub(super) fn is_whole(action: &Action) -> Result<(), Unrunnable> {
    let missing = package_feature::missing(action);
    let named: Vec<&str> = missing.iter().map(|one| one.what.as_str()).collect();
    if named.is_empty() {
        return Ok(());
    }
    Err(Unrunnable::Package(format!(
        "the step asks for what this server cannot do: {}. Take it out of the step, and do it in a script",
        named.join(", ")
    )))
}

/// The files that are changed, as they are in the package.
pub(super) async fn files(
    targets: Targets,
    blobs: &BlobStore,
    packages: &[ScriptPackage],
) -> Result<Found, Unrunnable> {
    if targets.is_empty() {
        return Ok(Found::default());
    }
    let package = primary(packages)?;
    let called = format!("{} {}", package.package_id, package.version);
    let path = archive(blobs, package)?;
    let packing = packing(&package.extension)
        .ok_or_else(|| Unrunnable::Package(format!("the package {called} is no archive")))?;
    let read = apart(move || {
        let is_wanted = |path: &str| targets.match_any(path);
        let wanted = Wanted {
            is_wanted: &is_wanted,
            bytes_max: FILES_BYTES_MAX,
        };
        read_files(&path, packing, wanted).map(|files| (targets, files))
    });
    let read = read.await.ok_or(Unrunnable::Stopping)?;
    let (targets, read) = read.map_err(|error| {
        Unrunnable::Package(format!("variables cannot be replaced in {called}: {error}"))
    })?;
    let mut found = Found::default();
    for (path, bytes) in read {
        let text = String::from_utf8(bytes).map_err(|_| {
            Unrunnable::Package(format!(
                "variables cannot be replaced in '{path}' of {called}, because it is no text in UTF-8. Leave it out of the files to replace variables in"
            ))
        })?;
        found.files.push(File {
            is_substituted: targets.substituted.matches(&path),
            is_structured: targets.structured.matches(&path),
            path,
            text,
        });
    }
    let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
    let idle = targets.without_match(&paths);
    if !idle.is_empty() {
        let remark = format!("No file of {called} matches {}.", idle.join(", "));
        found.remarks.push(remark);
    }
    Ok(found)
}

/// The text of a configuration file with the values in their places; what was put in is told.
pub(super) fn structured(
    values: &Values,
    (path, text): (&str, &str),
    found: &mut Found,
) -> Result<String, Unrunnable> {
    let replaced = values.put_into(path, text).map_err(|error| {
        Unrunnable::Package(format!("values cannot be put into '{path}': {error}"))
    })?;
    found.remarks.push(if replaced.names.is_empty() {
        format!("No variable names a place in {path}.")
    } else {
        format!("Put into {path}: {}.", listed(&replaced.names))
    });
    if !replaced.unfit.is_empty() {
        found.remarks.push(format!(
            "Not put into {path}, because a list or an object stands there and the value is none: {}.",
            listed(&replaced.unfit)
        ));
    }
    Ok(replaced.text)
}

fn listed(names: &[String]) -> String {
    let named = names.get(..NAMED_MAX).unwrap_or(names).join(", ");
    match names.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
