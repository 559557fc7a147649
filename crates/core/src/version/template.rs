//! The version of the next release, from a project's template.
//!
//! Two notations, both Octopus': a mask (`1.2.i`: `i` counts up, `c` keeps) and variables
//! (`#{Octopus.Version.LastMajor}.#{Octopus.Version.LastMinor}.#{Octopus.Version.NextPatch}`).

use super::{Version, VersionError};

/// The template of projects that choose none (Octopus' default).
pub const DEFAULT: &str =
    "#{Octopus.Version.LastMajor}.#{Octopus.Version.LastMinor}.#{Octopus.Version.NextPatch}";

/// What a template can refer to.
pub struct Past<'a> {
    /// The project's latest release.
    pub last: Option<&'a Version>,
    /// The latest release in the channel, for `Octopus.Version.Channel.*`.
    pub last_in_channel: Option<&'a Version>,
    /// Any other variable, such as `Octopus.Date.Year`. `None` = not known.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

/// Why a template gives no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("The version template `{template}` has a `#{{` without a `}}`.")]
    Unclosed { template: String },
    #[error(
        "The version template uses #{{{name}}}, which is not known here. Use Octopus.Version.Last…/Next… with Major, Minor, Patch, Revision or Suffix, or enter the version by hand."
    )]
    UnknownVariable { name: String },
    #[error("The version template `{template}` gives a text that is no version. {error}")]
    NotAVersion {
        template: String,
        error: VersionError,
    },
}

/// The version the next release should have: `0.0.1` for the first with the default template, `5.0.1` after `5.0.0`.
pub fn next(template: &str, past: &Past<'_>) -> Result<Version, TemplateError> {
    let text = apply_mask(&substitute(template, past)?, past.last);
    text.parse().map_err(|error| TemplateError::NotAVersion {
        template: template.to_owned(),
        error,
    })
}

fn substitute(template: &str, past: &Past<'_>) -> Result<String, TemplateError> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template.trim();
    while let Some((before, after)) = rest.split_once("#{") {
        let unclosed = || TemplateError::Unclosed {
            template: template.to_owned(),
        };
        let (name, after) = after.split_once('}').ok_or_else(unclosed)?;
        let name = name.trim();
        let value = value_of(name, past).ok_or_else(|| TemplateError::UnknownVariable {
            name: name.to_owned(),
        })?;
        text.push_str(before);
        text.push_str(&value);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

fn value_of(name: &str, past: &Past<'_>) -> Option<String> {
    let own = || {
        let key = name.strip_prefix("Octopus.Version.")?;
        let (key, version) = key
            .strip_prefix("Channel.")
            .map_or((key, past.last), |key| (key, past.last_in_channel));
        let (is_next, part) = key
            .strip_prefix("Next")
            .map(|part| (true, part))
            .or_else(|| Some((false, key.strip_prefix("Last")?)))?;
        if part == "Suffix" {
            return Some(suffix(version, is_next));
        }
        // Octopus calls the third number by two names.
        let index = match part {
            "Major" => 0,
            "Minor" => 1,
            "Patch" | "Build" => 2,
            "Revision" => 3,
            _ => return None,
        };
        let number = version.map_or(0, |version| version.parts()[index]);
        Some(number.saturating_add(u64::from(is_next)).to_string())
    };
    own().or_else(|| (past.variable)(name))
}

/// The pre-release with its hyphen; the next one counts up a number at its end.
fn suffix(version: Option<&Version>, is_next: bool) -> String {
    let pre = version.map_or("", Version::pre_release);
    if pre.is_empty() {
        return String::new();
    }
    let stem = pre.trim_end_matches(|c: char| c.is_ascii_digit());
    match pre[stem.len()..].parse::<u64>() {
        Ok(number) if is_next => format!("-{stem}{}", number.saturating_add(1)),
        _ => format!("-{pre}"),
    }
}

/// `i` counts up from the last release as long as the numbers before it are the same, else it starts at 0; `c` keeps the number.
fn apply_mask(mask: &str, last: Option<&Version>) -> String {
    let (core, suffix) = mask
        .find(['-', '+'])
        .map_or((mask, ""), |at| mask.split_at(at));
    let mut same_so_far = last.is_some();
    let numbers: Vec<String> = core
        .split('.')
        .enumerate()
        .map(|(i, part)| {
            let before = last
                .and_then(|version| version.parts().get(i).copied())
                .unwrap_or(0);
            match part {
                "i" if same_so_far => {
                    same_so_far = false;
                    before.saturating_add(1).to_string()
                }
                "i" => "0".to_owned(),
                "c" => before.to_string(),
                literal => {
                    same_so_far &= literal.parse() == Ok(before);
                    literal.to_owned()
                }
            }
        })
        .collect();
    format!("{}{suffix}", numbers.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(template: &str, last: Option<&str>) -> String {
        let last: Option<Version> = last.map(|text| text.parse().unwrap());
        let variable = |name: &str| (name == "Octopus.Date.Year").then(|| "2026".to_owned());
        match next(
            template,
            &Past {
                last: last.as_ref(),
                last_in_channel: None,
                variable: &variable,
            },
        ) {
            Ok(version) => version.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_default_counts_the_patch() {
        assert_eq!(after(DEFAULT, None), "0.0.1");
        assert_eq!(after(DEFAULT, Some("5.0.0")), "5.0.1");
        assert_eq!(after(DEFAULT, Some("1.2.9-beta")), "1.2.10");
    }

    #[test]
    fn masks_count_within_their_prefix() {
        assert_eq!(after("1.2.i", None), "1.2.0");
        assert_eq!(after("1.2.i", Some("1.2.7")), "1.2.8");
        assert_eq!(after("1.3.i", Some("1.2.7")), "1.3.0");
        assert_eq!(after("1.i.i", Some("1.2.7")), "1.3.0");
        assert_eq!(after("c.c.i-rc", Some("1.2.7")), "1.2.8-rc");
        assert_eq!(after("#{Octopus.Date.Year}.i", Some("2026.4")), "2026.5");
    }

    #[test]
    fn suffixes_are_kept_or_counted() {
        let template = "#{Octopus.Version.LastMajor}.#{Octopus.Version.NextMinor}.0#{Octopus.Version.NextSuffix}";
        assert_eq!(after(template, Some("1.2.3-beta.9")), "1.3.0-beta.10");
        assert_eq!(after(template, Some("1.2.3-beta")), "1.3.0-beta");
        assert_eq!(after(template, Some("1.2.3")), "1.3.0");
        assert_eq!(
            after("#{Octopus.Version.Channel.NextMajor}.0", Some("7.0")),
            "1.0"
        );
    }

    #[test]
    fn a_bad_template_says_what_is_bad() {
        assert!(after("#{Octopus.Version.LastMajor", None).contains("without a `}`"));
        assert!(after("1.#{Nothing}", None).starts_with("The version template uses #{Nothing}"));
        assert!(after("one", None).contains("`one` is not a version"));
    }
}
