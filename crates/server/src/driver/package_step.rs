//! Steps that deploy a package: what the agent runs for one, and the files of the package that are changed. They are
//! changed here, as they are in the package, because here the variables are.

mod rewrite;

use std::collections::HashSet;
use std::path::Path;

use regatta_archive::{ArchiveError, Wanted, read_files};
use regatta_core::encoding::Encoding;
use regatta_core::package::file_name::{Packing, packing};
use regatta_core::package::glob::Globs;
use regatta_core::package::transform_rule::{TransformRule, Transforming, transforming};
use regatta_core::process::{Action, keys, package_feature};
use regatta_store::blob::BlobStore;

pub(super) use self::rewrite::Rewriting;
use super::evaluate::apart;
use super::packaged::{archive, primary};
use super::script::Unrunnable;
use crate::gateway::ScriptPackage;

/// What unpacks, copies and runs.
pub(super) const PROGRAM: &str = include_str!("package_step.bash");
/// What tells two contents of one version apart.
pub(super) const SHA_256: &str = "Regatta.Action.Package.Sha256";
/// Where the changed files lie.
pub(super) const FOLDER: &str = ".regatta-substituted";
/// All files together: they travel to the agent with the start.
const FILES_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Which files of the package are changed, and how.
pub(super) struct Targets {
    /// Templates in them are evaluated.
    substituted: Globs,
    /// Values are put in by the place they name.
    structured: Globs,
    /// Which files transform which.
    rules: Vec<TransformRule>,
    /// How many of the rules, from the first, somebody wrote.
    written_rules: usize,
    /// Whether settings of `.config` files get values.
    settings: bool,
}

/// A file of the package with its text.
pub(super) struct File {
    pub path: String,
    pub text: String,
    /// As it is written in the package, and will be on the machine.
    pub encoding: Encoding,
    pub is_substituted: bool,
    pub is_structured: bool,
    /// Whether its settings get values.
    pub has_settings: bool,
    /// The files that transform it, in this order.
    pub transforms: Vec<String>,
    /// Whether it has become another text than the package's.
    pub is_changed: bool,
}

impl File {
    fn change(&mut self, text: String) {
        self.is_changed |= text != self.text;
        self.text = text;
    }
}

/// Files of a package, and what to say of them.
#[derive(Default)]
pub(super) struct Found {
    pub files: Vec<File>,
    pub remarks: Vec<String>,
}

impl Targets {
    /// What the action names. `expand` evaluates what is written there; `names` are those that files are called after
    /// which change others.
    pub(super) fn of(
        action: &Action,
        names: &[String],
        expand: impl Fn(&str) -> Result<String, Unrunnable>,
    ) -> Result<Self, Unrunnable> {
        let text = |is_wanted: bool, key: &str| {
            let text = action.properties.text(key).filter(|_| is_wanted);
            expand(text.unwrap_or_default())
        };
        let globs = |is_wanted: bool, key: &str| {
            Globs::parse(&text(is_wanted, key)?)
                .map_err(|error| Unrunnable::Package(error.to_string()))
        };
        let transforms = package_feature::transforms(action);
        let mut rules = TransformRule::parse(&text(transforms, keys::TRANSFORMS)?)
            .map_err(|error| Unrunnable::Package(error.to_string()))?;
        let written_rules = rules.len();
        if package_feature::transforms_by_name(action) {
            rules.extend(names.iter().map(|name| TransformRule::called(name)));
        }
        Ok(Self {
            substituted: globs(
                package_feature::substitutes(action),
                keys::SUBSTITUTE_TARGETS,
            )?,
            structured: globs(
                package_feature::structures(action),
                keys::STRUCTURED_TARGETS,
            )?,
            rules,
            written_rules,
            settings: package_feature::sets(action),
        })
    }

    fn is_empty(&self) -> bool {
        self.substituted.is_empty()
            && self.structured.is_empty()
            && self.rules.is_empty()
            && !self.settings
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
    let read = apart(move || Read::all(targets, &path, packing));
    let read = read.await.ok_or(Unrunnable::Stopping)?;
    let read = read.map_err(|error| {
        Unrunnable::Package(format!("variables cannot be replaced in {called}: {error}"))
    })?;
    read.found(&called)
}

/// Files read out of a package.
struct Read {
    targets: Targets,
    transforming: Vec<Transforming>,
    /// Rules somebody wrote that nothing came of.
    idle_rules: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
}

impl Read {
    fn all(targets: Targets, path: &Path, packing: Packing) -> Result<Self, ArchiveError> {
        let (transforming, idle_rules) = if targets.rules.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let paths = paths(path, packing)?;
            let (all, idle) = transforming(&targets.rules, &paths);
            let written = targets.rules[..targets.written_rules].iter();
            let idle = written.filter(|rule| idle.contains(rule));
            (all, idle.map(ToString::to_string).collect())
        };
        let targeted = transforming.iter().map(|one| &one.target);
        let joined = targeted.chain(transforming.iter().flat_map(|one| &one.transforms));
        let joined: HashSet<&str> = joined.map(String::as_str).collect();
        let is_wanted = |path: &str| {
            targets.substituted.matches(path)
                || targets.structured.matches(path)
                || targets.settings && is_config(path)
                || joined.contains(path)
        };
        let wanted = Wanted {
            is_wanted: &is_wanted,
            bytes_max: FILES_BYTES_MAX,
        };
        let files = read_files(path, packing, wanted)?;
        Ok(Self {
            targets,
            transforming,
            idle_rules,
            files,
        })
    }

    fn found(self, called: &str) -> Result<Found, Unrunnable> {
        let mut found = Found::default();
        for (path, bytes) in self.files {
            let (text, encoding) = Encoding::read(&path, &bytes).map_err(|error| {
                Unrunnable::Package(format!(
                    "variables cannot be replaced in '{path}' of {called}: {error}. Leave it out of the files to replace variables in"
                ))
            })?;
            let transforms = self.transforming.iter().find(|one| one.target == path);
            let is_transform = self.transforming.iter().any(|one| one.is_by(&path));
            found.files.push(File {
                is_substituted: self.targets.substituted.matches(&path),
                is_structured: self.targets.structured.matches(&path),
                has_settings: self.targets.settings && is_config(&path) && !is_transform,
                transforms: transforms.map_or_else(Vec::new, |one| one.transforms.clone()),
                path,
                text,
                encoding,
                is_changed: false,
            });
        }
        let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
        let mut idle = self.targets.without_match(&paths);
        idle.extend(self.idle_rules.iter().map(String::as_str));
        if !idle.is_empty() {
            let remark = format!("No file of {called} matches {}.", idle.join(", "));
            found.remarks.push(remark);
        }
        Ok(found)
    }
}

/// The paths of all files of an archive.
fn paths(archive: &Path, packing: Packing) -> Result<Vec<String>, ArchiveError> {
    let paths = std::cell::RefCell::new(Vec::new());
    let is_wanted = |path: &str| {
        paths.borrow_mut().push(path.to_owned());
        false
    };
    let wanted = Wanted {
        is_wanted: &is_wanted,
        bytes_max: 0,
    };
    read_files(archive, packing, wanted)?;
    Ok(paths.into_inner())
}

fn is_config(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".config")
}
