//! The packages of a script, which the link has put ready: moved into the work directory, and told to the script.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use regatta_wire::proto::{Package, Variable};

/// Where the link puts them.
pub(super) fn ready_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("packages").join("ready")
}

/// Why a script can never start with these packages.
pub(super) fn problem(packages: &[Package]) -> Option<String> {
    let found = packages
        .iter()
        .find(|package| !package.problem.is_empty())?;
    Some(format!(
        "the script did not start, because its package {} {} cannot be had: {}",
        found.package_id, found.version, found.problem
    ))
}

/// Moves the packages of a start into its work directory; answers the variables that say where they are.
pub(super) fn place(
    ready: &Path,
    work_dir: &Path,
    packages: &[Package],
) -> Result<Vec<Variable>, String> {
    let mut variables = Vec::new();
    for package in packages {
        let path = place_one(ready, work_dir, package).map_err(|why| {
            format!(
                "the package {} {}: {why}",
                package.package_id, package.version
            )
        })?;
        tell(package, &path, &mut variables);
    }
    variables.extend(applications(ready));
    Ok(variables)
}

/// Where packages are deployed to, beside everything else of this agent; Octopus' name for it.
fn applications(ready: &Path) -> Option<Variable> {
    let folder = ready.ancestors().nth(2)?.join("applications");
    Some(Variable {
        name: "Octopus.Tentacle.Agent.ApplicationDirectoryPath".to_owned(),
        value: folder.to_string_lossy().into_owned(),
        sensitive: false,
    })
}

fn place_one(ready: &Path, work_dir: &Path, package: &Package) -> Result<PathBuf, String> {
    let from = prepared(ready, package).ok_or(
        "the agent's link is older than its supervisor and has not fetched it: restart the agent",
    )?;
    let wanted = folder_name(package);
    let mut to = work_dir.join(&wanted);
    let mut number = 1;
    while fs::symlink_metadata(&to).is_ok() {
        number += 1;
        to = work_dir.join(format!("{wanted}-{number}"));
    }
    fs::rename(&from, &to).map_err(|error| format!("the agent cannot place it: {error}"))?;
    Ok(to)
}

/// The folder the link has named, if it is one of its own.
fn prepared(ready: &Path, package: &Package) -> Option<PathBuf> {
    let name = Path::new(&package.prepared);
    let mut parts = name.components();
    let is_one = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    );
    is_one.then(|| ready.join(name))
}

/// As the step calls it, with what no folder should be called replaced.
fn folder_name(package: &Package) -> String {
    let called = if package.reference.is_empty() {
        &package.package_id
    } else {
        &package.reference
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = called
        .chars()
        .take(100)
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    match name.trim_start_matches('.') {
        "" => "package".to_owned(),
        name => name.to_owned(),
    }
}

fn tell(package: &Package, path: &Path, variables: &mut Vec<Variable>) {
    let path = path.to_string_lossy();
    let file = format!(
        "{}.{}{}",
        package.package_id, package.version, package.extension
    );
    let (name, value) = if package.extract {
        ("ExtractedPath", path.into_owned())
    } else {
        ("PackageFilePath", format!("{path}/{file}"))
    };
    let mut prefixes = vec![format!("Octopus.Action.Package[{}]", package.reference)];
    if package.reference.is_empty() {
        prefixes.push("Octopus.Action.Package".to_owned());
    }
    for prefix in prefixes {
        for (name, value) in [(name, &value), ("PackageFileName", &file)] {
            variables.push(Variable {
                name: format!("{prefix}.{name}"),
                value: value.clone(),
                sensitive: false,
            });
        }
    }
}

/// Removes what was put ready for a script that does not start.
pub(super) fn discard(ready: &Path, packages: &[Package]) {
    for folder in packages
        .iter()
        .filter_map(|package| prepared(ready, package))
    {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(folder = %folder.display(), %error, "cannot remove a package put ready");
            }
            _ => {}
        }
    }
}

/// Removes what was put ready for supervisors before this one: it holds no start of theirs.
pub(super) fn discard_all(ready: &Path) {
    drop(fs::remove_dir_all(ready));
}
