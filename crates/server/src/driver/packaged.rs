//! Scripts that are files in a package. The server reads the file out of the package the release has frozen and
//! evaluates its templates, as it does for a script that is part of the process; the agent puts the result in the
//! file's place and runs it there.

use std::path::PathBuf;

use regatta_archive::{Wanted, read_files};
use regatta_core::package::file_name::packing;
use regatta_core::process::{Action, keys};
use regatta_store::BlobId;
use regatta_store::blob::BlobStore;

use super::evaluate::apart;
use super::script::{Unrunnable, syntax};
use crate::gateway::{ScriptPackage, Syntax};

/// Where the evaluated text lies until the script begins.
pub(super) const TEXT_FILE: &str = ".regatta-packaged";
/// As long as a script that is part of a process may be.
const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Where the agent has unpacked the primary package.
const EXTRACTED: &str = "Octopus.Action.Package.ExtractedPath";

/// A script in the primary package of its action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packaged {
    /// Below the package's root, with `/` between its parts.
    file: String,
    /// As written; words of the script's language.
    pub parameters: String,
    pub syntax: Syntax,
}

impl Packaged {
    /// What an action of the source `Package` names.
    pub(super) fn of(action: &Action) -> Result<Self, Unrunnable> {
        let named = action.properties.filled(keys::SCRIPT_FILE).unwrap_or("");
        let file = named.trim().replace('\\', "/");
        let file = file.trim_start_matches("./");
        let leads_out = file.starts_with('/') || file.split('/').any(|part| part == "..");
        if file.is_empty() || leads_out {
            return Err(Unrunnable::Package(format!(
                "the script comes from a package, but its file name is '{named}': give the path of the script inside of the package (Octopus.Action.Script.ScriptFileName)"
            )));
        }
        let said = action.properties.filled(keys::SCRIPT_SYNTAX);
        let by_ending = [
            (".sh", Syntax::Bash),
            (".py", Syntax::Python),
            (".ps1", Syntax::PowerShell),
        ];
        let lower = file.to_lowercase();
        let by_ending = by_ending.iter().find(|(ending, _)| lower.ends_with(ending));
        let parameters = action.properties.text(keys::SCRIPT_PARAMETERS);
        Ok(Self {
            file: file.to_owned(),
            parameters: parameters.unwrap_or_default().to_owned(),
            // The ending says what the file is; the property may be left over from an inline script.
            syntax: match by_ending {
                Some((_, syntax)) => *syntax,
                None => syntax(said)?,
            },
        })
    }

    /// The file's text as it is in the package.
    pub(super) async fn text(
        &self,
        blobs: &BlobStore,
        packages: &[ScriptPackage],
    ) -> Result<String, Unrunnable> {
        let primary = primary(packages)?;
        let called = format!("{} {}", primary.package_id, primary.version);
        let path = archive(blobs, primary)?;
        let packing = packing(&primary.extension)
            .ok_or_else(|| Unrunnable::Package(format!("the package {called} has no archive")))?;
        let file = self.file.clone();
        let read = apart(move || {
            let is_wanted = |path: &str| path == file;
            let wanted = Wanted {
                is_wanted: &is_wanted,
                bytes_max: TEXT_BYTES_MAX,
            };
            read_files(&path, packing, wanted)
        });
        let read = read.await.ok_or(Unrunnable::Stopping)?;
        let files = read.map_err(|error| {
            Unrunnable::Package(format!("the package {called} cannot be used: {error}"))
        })?;
        let Some((_, bytes)) = files.into_iter().next() else {
            return Err(Unrunnable::Package(format!(
                "the package {called} has no file '{}': names are the same only letter by letter",
                self.file
            )));
        };
        let text = String::from_utf8(bytes).map_err(|_| {
            Unrunnable::Package(format!(
                "the file '{}' of the package {called} is no text in UTF-8",
                self.file
            ))
        })?;
        Ok(text.trim_start_matches('\u{feff}').to_owned())
    }

    /// A script that puts the evaluated text in the file's place and runs it there, with the parameters.
    pub(super) fn launcher(&self, parameters: &str) -> String {
        match self.syntax {
            Syntax::Bash => {
                let file = format!("'{}'", self.file.replace('\'', r"'\''"));
                format!(
                    "__at=\"$(get_octopusvariable {EXTRACTED})\" && cp -- {TEXT_FILE} \"$__at\"/{file} && cd -- \"$__at\" && source ./{file} {parameters}\n"
                )
            }
            Syntax::Python => {
                let file = serde_json::Value::from(self.file.as_str());
                let parameters = serde_json::Value::from(parameters);
                format!(
                    "import os, shlex, shutil, sys\n\
                     __file__ = os.path.join(get_octopusvariable(\"{EXTRACTED}\"), {file})\n\
                     shutil.copyfile(\"{TEXT_FILE}\", __file__)\n\
                     os.chdir(get_octopusvariable(\"{EXTRACTED}\"))\n\
                     sys.argv = [__file__] + shlex.split({parameters})\n\
                     sys.path.insert(0, os.path.dirname(__file__))\n\
                     exec(compile(open(__file__, encoding=\"utf-8\").read(), __file__, \"exec\"), globals())\n"
                )
            }
            Syntax::PowerShell => {
                let file = format!("'{}'", self.file.replace('\'', "''"));
                format!(
                    "$__at = $OctopusParameters['{EXTRACTED}']; $__file = Join-Path $__at {file}; \
                     Copy-Item -LiteralPath '{TEXT_FILE}' -Destination $__file -Force; \
                     Set-Location -LiteralPath $__at; . $__file {parameters}\n"
                )
            }
        }
    }
}

/// The package an action is about.
pub(super) fn primary(packages: &[ScriptPackage]) -> Result<&ScriptPackage, Unrunnable> {
    let primary = packages.iter().find(|package| package.reference.is_empty());
    primary.filter(|package| package.extract).ok_or_else(|| {
        Unrunnable::Package(
            "the action has no primary package that is unpacked: add one (a package reference without a name)".to_owned(),
        )
    })
}

/// Where its bytes are.
pub(super) fn archive(blobs: &BlobStore, package: &ScriptPackage) -> Result<PathBuf, Unrunnable> {
    let blob = BlobId::try_from(package.sha256.clone());
    let blob = blob.map_err(|error| Unrunnable::Package(error.to_string()))?;
    let path = blobs.path(&blob);
    if path.exists() {
        return Ok(path);
    }
    Err(Unrunnable::Package(format!(
        "the package {} {} was replaced or deleted since the release was made. Create a new release",
        package.package_id, package.version
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(file: &str, syntax: &str) -> Result<Packaged, Unrunnable> {
        let action: Action = serde_json::from_value(json!({
            "Id": "a", "Name": "Run", "ActionType": "Octopus.Script", "Properties": {
                "Octopus.Action.Script.ScriptSource": "Package",
                "Octopus.Action.Script.ScriptFileName": file, "Octopus.Action.Script.Syntax": syntax,
            },
        }))
        .unwrap();
        Packaged::of(&action)
    }

    #[test]
    fn the_ending_says_the_language_and_the_path_stays_inside() {
        for (file, syntax, expected) in [
            ("deploy.SH", "PowerShell", Syntax::Bash),
            ("./bin/deploy.py", "Bash", Syntax::Python),
            (r"bin\deploy.ps1", "Bash", Syntax::PowerShell),
            ("deploy", "Python", Syntax::Python),
        ] {
            assert_eq!(of(file, syntax).unwrap().syntax, expected, "{file}");
        }
        assert_eq!(of(r"bin\deploy.ps1", "").unwrap().file, "bin/deploy.ps1");
        for file in ["", "/etc/passwd", "../deploy.sh", r"a\..\..\b.sh"] {
            assert!(of(file, "Bash").is_err(), "{file}");
        }
        assert!(of("deploy", "CSharp").is_err());
    }

    #[test]
    fn names_are_quoted_for_their_language() {
        let launched = |file: &str| of(file, "Bash").unwrap().launcher("--all \"a b\"");
        let bash = launched("it's.sh");
        assert!(
            bash.ends_with("source ./'it'\\''s.sh' --all \"a b\"\n"),
            "{bash}"
        );
        assert!(launched("it's.ps1").contains("Join-Path $__at 'it''s.ps1'"));
        assert!(launched("a\"b.py").contains(r#""a\"b.py""#));
    }
}
