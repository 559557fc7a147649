//! Script modules: functions of the library that lie beside a script as files it can load.
//!
//! A module is two variables of a library set (octopus-api §2.2); here they become a file. Octopus' names: a Bash
//! script says `source Name.sh`, a Python script `import Name`, and in PowerShell the module is imported already.
//! Of the module's name letters and digits are used.

use crate::gateway::{ScriptFile, ScriptVariable, Syntax};

const BODY: &str = "octopus.script.module[";
const LANGUAGE: &str = "octopus.script.module.language[";

/// The files of a script.
#[derive(Default)]
pub(super) struct Modules {
    pub files: Vec<ScriptFile>,
    /// What stands before the script's first line, on the same line: numbers in messages stay the script's own.
    pub prelude: String,
}

/// Takes the modules out of a script's variables. Those in other languages are left out.
///
/// # Errors
/// Saying which module cannot become a file, and why.
pub(super) fn take(variables: &mut Vec<ScriptVariable>, syntax: Syntax) -> Result<Modules, String> {
    let (modules, rest) = std::mem::take(variables)
        .into_iter()
        .partition(|variable| is_module(&variable.name));
    *variables = rest;
    let modules: Vec<ScriptVariable> = modules;
    let mut made = Modules::default();
    for module in &modules {
        let Some(name) = between(&module.name, BODY) else {
            continue;
        };
        let language = modules.iter().find(|own| {
            between(&own.name, LANGUAGE).is_some_and(|of| of.eq_ignore_ascii_case(name))
        });
        if language_of(language.map(|language| language.value.as_str())) == Some(syntax) {
            made.add(name, &module.value, syntax)?;
        }
    }
    Ok(made)
}

impl Modules {
    fn add(&mut self, name: &str, body: &str, syntax: Syntax) -> Result<(), String> {
        let word: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        if word.is_empty() || word.eq_ignore_ascii_case("script") {
            return Err(format!(
                "the script module '{name}' cannot be a file beside the script; give it another name, with letters and digits"
            ));
        }
        let path = match syntax {
            Syntax::Bash => format!("{word}.sh"),
            Syntax::Python => format!("{word}.py"),
            Syntax::PowerShell => format!("Library_{word}.psm1"),
        };
        if self
            .files
            .iter()
            .any(|file| file.path.eq_ignore_ascii_case(&path))
        {
            return Err(format!(
                "two script modules would be the file {path}; give one of them another name"
            ));
        }
        if syntax == Syntax::PowerShell {
            self.prelude.push_str(&format!(
                "Import-Module \"$PWD/{path}\" -DisableNameChecking;"
            ));
        }
        self.files.push(ScriptFile {
            path,
            content: body.as_bytes().to_vec(),
        });
        Ok(())
    }
}

fn is_module(name: &str) -> bool {
    [BODY, LANGUAGE]
        .iter()
        .any(|prefix| between(name, prefix).is_some())
}

/// What stands in the brackets of a name that begins like this.
fn between<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let head = name.get(..prefix.len())?;
    let rest = name.get(prefix.len()..)?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| rest.strip_suffix(']'))
        .flatten()
}

/// Octopus' default is PowerShell. Languages we do not run have no modules either.
fn language_of(word: Option<&str>) -> Option<Syntax> {
    let word = word.map(str::trim).filter(|word| !word.is_empty());
    [
        ("Bash", Syntax::Bash),
        ("Python", Syntax::Python),
        ("PowerShell", Syntax::PowerShell),
    ]
    .into_iter()
    .find(|(known, _)| word.unwrap_or("PowerShell").eq_ignore_ascii_case(known))
    .map(|(_, syntax)| syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(all: &[(&str, &str)]) -> Vec<ScriptVariable> {
        let variable = |(name, value): &(&str, &str)| ScriptVariable {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            sensitive: false,
        };
        all.iter().map(variable).collect()
    }

    fn files(all: &[(&str, &str)], syntax: Syntax) -> Result<Vec<String>, String> {
        let made = take(&mut variables(all), syntax)?;
        Ok(made.files.into_iter().map(|file| file.path).collect())
    }

    const ALL: [(&str, &str); 7] = [
        (
            "Octopus.Script.Module[Say hello]",
            "hello() { echo hello; }",
        ),
        ("Octopus.Script.Module.Language[say hello]", "bash"),
        ("octopus.script.module[Tools]", "def tool(): pass"),
        ("Octopus.Script.Module.Language[Tools]", "Python"),
        ("Octopus.Script.Module[Old]", "function Old {}"),
        ("Octopus.Script.Module[Sharp]", "class Sharp {}"),
        ("Octopus.Script.Module.Language[Sharp]", "CSharp"),
    ];

    #[test]
    fn each_language_gets_its_own_modules_as_files() {
        assert_eq!(files(&ALL, Syntax::Bash).unwrap(), ["Sayhello.sh"]);
        assert_eq!(files(&ALL, Syntax::Python).unwrap(), ["Tools.py"]);
        let mut sent = variables(&ALL);
        sent.extend(variables(&[("Other", "stays")]));
        let made = take(&mut sent, Syntax::PowerShell).unwrap();
        assert_eq!(made.files[0].path, "Library_Old.psm1");
        assert_eq!(
            made.prelude,
            "Import-Module \"$PWD/Library_Old.psm1\" -DisableNameChecking;"
        );
        let left: Vec<_> = sent.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(left, ["Other"], "the script does not see them as variables");
    }

    #[test]
    fn a_name_that_cannot_be_a_file_of_its_own_is_refused() {
        for (names, part) in [
            (["!?", "B"], "'!?'"),
            (["Script", "B"], "'Script'"),
            (["A b", "a-B"], "Ab.sh"),
        ] {
            let pairs: Vec<(String, &str)> = names
                .iter()
                .flat_map(|name| {
                    [
                        (format!("Octopus.Script.Module[{name}]"), "x"),
                        (format!("Octopus.Script.Module.Language[{name}]"), "Bash"),
                    ]
                })
                .collect();
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), *b)).collect();
            let refused = files(&pairs, Syntax::Bash).unwrap_err();
            assert!(
                refused.to_lowercase().contains(&part.to_lowercase()),
                "{refused}"
            );
        }
    }
}
