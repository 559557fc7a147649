//! Configuration files of a package become what they are on the machine: transformed, with settings, with values.

use regatta_core::structured::{Replaced, StructuredError, Values};
use regatta_core::variable::dictionary::Dictionary;
use regatta_core::xml::Document;
use regatta_core::xml::transform::transform;

use super::{File, Found};
use crate::driver::script::Unrunnable;

/// Variables named in the line about a file.
const NAMED_MAX: usize = 20;
const IGNORE_TRANSFORM_ERRORS: &str = "Octopus.Action.Package.IgnoreConfigTransformationErrors";
const WARNINGS_ARE_ERRORS: &str =
    "Octopus.Action.Package.TreatConfigTransformationWarningsAsErrors";
const IGNORE_SETTING_ERRORS: &str = "Octopus.Action.Package.IgnoreVariableReplacementErrors";

/// What the files of one package are rewritten with.
pub(in crate::driver) struct Rewriting {
    /// Those that can name a place.
    pub values: Values,
    /// All.
    pub settings: Values,
    ignores_transform_errors: bool,
    /// Whether a transform that does nothing is a mistake.
    is_strict: bool,
    ignores_setting_errors: bool,
}

impl Rewriting {
    pub(in crate::driver) fn new(variables: &Dictionary, known: &[(String, String)]) -> Self {
        let ignores_transform_errors = variables.is_true(IGNORE_TRANSFORM_ERRORS);
        let strict = variables.value(WARNINGS_ARE_ERRORS).ok().flatten();
        let is_lax = strict.is_some_and(|strict| strict.text.trim().eq_ignore_ascii_case("false"));
        Self {
            values: Values::new(known.iter().cloned()),
            settings: Values::all(known.iter().cloned()),
            ignores_transform_errors,
            is_strict: !is_lax && !ignores_transform_errors,
            ignores_setting_errors: variables.is_true(IGNORE_SETTING_ERRORS),
        }
    }

    /// Rewrites them all, and leaves those that have something new in them.
    pub(in crate::driver) fn all(&self, found: &mut Found) -> Result<(), Unrunnable> {
        let mut files = std::mem::take(&mut found.files);
        let remarks = &mut found.remarks;
        for at in 0..files.len() {
            let text = self.transformed(&files, at, remarks)?;
            files[at].change(text);
        }
        for file in files.iter_mut().filter(|file| file.has_settings) {
            let text = self.with_settings(file, remarks)?;
            file.change(text);
        }
        for file in files.iter_mut().filter(|file| file.is_structured) {
            let replaced = self.values.put_into(&file.path, &file.text);
            let text = told(&file.path, replaced, remarks)?;
            file.change(text);
        }
        files.retain(|file| file.is_substituted || file.is_structured || file.is_changed);
        found.files = files;
        Ok(())
    }

    fn transformed(
        &self,
        files: &[File],
        at: usize,
        remarks: &mut Vec<String>,
    ) -> Result<String, Unrunnable> {
        let file = &files[at];
        let mut text = file.text.clone();
        let mut done = Vec::new();
        for by in &file.transforms {
            let Some(source) = files.iter().find(|file| file.path == *by) else {
                continue;
            };
            match self.transform(&file.path, &text, source) {
                Ok((transformed, idle)) => {
                    text = transformed;
                    remarks.extend(idle);
                    done.push(by.as_str());
                }
                Err(problem) if self.ignores_transform_errors => {
                    remarks.push(format!(
                        "Left out, as errors of transforms are ignored: {problem}."
                    ));
                }
                Err(problem) => return Err(Unrunnable::Package(problem)),
            }
        }
        if !done.is_empty() {
            remarks.push(format!("Transformed {} by {}.", file.path, done.join(", ")));
        }
        Ok(text)
    }

    /// One transform, and what to say of it.
    fn transform(
        &self,
        path: &str,
        text: &str,
        by: &File,
    ) -> Result<(String, Vec<String>), String> {
        let wrong =
            |path: &str, problem: String| format!("'{path}' cannot be transformed: {problem}");
        let mut target = Document::parse(text).map_err(|error| wrong(path, error.to_string()))?;
        let failed =
            |problem: String| format!("'{}' cannot transform '{path}': {problem}", by.path);
        let source = Document::parse(&by.text).map_err(|error| failed(error.to_string()))?;
        let idle = transform(&mut target, &source).map_err(|error| failed(error.to_string()))?;
        match idle.first() {
            Some(first) if self.is_strict => Err(format!(
                "{}. Set {WARNINGS_ARE_ERRORS} to False if that is intended",
                failed(first.to_string())
            )),
            _ => {
                let remarks = idle.iter().map(|idle| format!("{}: {idle}.", by.path));
                Ok((target.text(), remarks.collect()))
            }
        }
    }

    fn with_settings(&self, file: &File, remarks: &mut Vec<String>) -> Result<String, Unrunnable> {
        match self.settings.put_into_settings(&file.text) {
            // Most files of this kind have no settings at all.
            Ok(replaced) if replaced.names.is_empty() && replaced.unfit.is_empty() => {
                Ok(replaced.text)
            }
            Err(error) if self.ignores_setting_errors => {
                remarks.push(format!("{} is left alone: {error}.", file.path));
                Ok(file.text.clone())
            }
            replaced => told(&file.path, replaced, remarks),
        }
    }
}

/// The text with its values; what was put in is told.
fn told(
    path: &str,
    replaced: Result<Replaced, StructuredError>,
    remarks: &mut Vec<String>,
) -> Result<String, Unrunnable> {
    let replaced = replaced.map_err(|error| {
        Unrunnable::Package(format!("values cannot be put into '{path}': {error}"))
    })?;
    remarks.push(if replaced.names.is_empty() {
        format!("No variable names a place in {path}.")
    } else {
        format!("Put into {path}: {}.", listed(&replaced.names))
    });
    if !replaced.unfit.is_empty() {
        remarks.push(format!(
            "Not put into {path}, because what stands there cannot hold the value: {}.",
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
