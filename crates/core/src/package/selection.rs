//! Which versions a release takes: what its process needs, what somebody asked for, and what the channel allows.
//!
//! Pure: which versions there are is told from outside, the newest first.

use crate::channel::Channel;
use crate::process::{Action, DeploymentProcess, PackageReference, Step, keys};
use crate::version::Version;

use super::rule::{RuleError, VersionRule};
use super::same_id;

/// A package that a process uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Empty where only the action is known.
    pub step_name: String,
    pub step_slug: String,
    pub action_name: String,
    pub action_slug: String,
    pub action_id: String,
    /// The primary one has an empty name.
    pub reference_name: String,
    pub package_id: String,
    pub feed_id: String,
    /// A version the process itself names.
    pub fixed_version: Option<String>,
}

impl Wanted {
    /// Whether id and feed are known before a deployment.
    #[must_use]
    pub fn is_resolvable(&self) -> bool {
        !self.package_id.contains("#{") && !self.feed_id.contains("#{")
    }

    /// What it is called in messages: `Acme.Web of step "Deploy"`.
    #[must_use]
    pub fn text(&self) -> String {
        let reference = match self.reference_name.as_str() {
            "" => String::new(),
            name => format!(" (reference \"{name}\")"),
        };
        format!(
            "{}{reference} of step \"{}\"",
            self.package_id, self.step_name
        )
    }

    /// Whether a channel's rule about this package of this action means it.
    fn is_named(&self, action: &str, reference: &str) -> bool {
        self.is_of_action(action) && self.reference_name.eq_ignore_ascii_case(reference)
    }

    fn is_of_action(&self, name: &str) -> bool {
        [
            &self.action_name,
            &self.action_slug,
            &self.action_id,
            &self.step_name,
            &self.step_slug,
        ]
        .into_iter()
        .any(|own| !own.is_empty() && own.eq_ignore_ascii_case(name))
    }

    fn is_reference(&self, name: &str) -> bool {
        self.reference_name.eq_ignore_ascii_case(name) || same_id(&self.package_id, name)
    }
}

/// The packages of a process, but for what is disabled.
#[must_use]
pub fn wanted(process: &DeploymentProcess) -> Vec<Wanted> {
    packages(process.actions().filter(|(_, action)| !action.is_disabled))
}

/// Whether a channel's rule about this package of this action means anything in the process, disabled or not.
#[must_use]
pub fn has_package(process: &DeploymentProcess, action: &str, reference: &str) -> bool {
    let all = packages(process.actions());
    all.iter().any(|one| one.is_named(action, reference))
}

fn packages<'p>(actions: impl Iterator<Item = (&'p Step, &'p Action)>) -> Vec<Wanted> {
    let of_step = |(step, action): (&Step, &Action)| {
        let mut all = of_action(action);
        for wanted in &mut all {
            wanted.step_name.clone_from(&step.name);
            wanted.step_slug.clone_from(&step.slug);
        }
        all
    };
    actions.flat_map(of_step).collect()
}

/// The packages of one action.
#[must_use]
pub fn of_action(action: &Action) -> Vec<Wanted> {
    let one = |reference: &PackageReference| Wanted {
        step_name: String::new(),
        step_slug: String::new(),
        action_name: action.name.clone(),
        action_slug: action.slug.clone(),
        action_id: action.id.clone(),
        reference_name: reference.name.clone(),
        package_id: reference.package_id.clone(),
        feed_id: reference.feed_id.clone(),
        fixed_version: reference
            .version
            .clone()
            .filter(|version| !version.trim().is_empty()),
    };
    let named = action
        .packages
        .iter()
        .filter(|reference| !reference.package_id.is_empty());
    let mut all: Vec<_> = named.map(one).collect();
    // Older clients name the primary one in the properties only.
    let primary = action.properties.filled(keys::PACKAGE_ID);
    if let Some(package_id) = primary
        && action.primary_package().is_none()
    {
        let feed_id = action.properties.filled(keys::PACKAGE_FEED);
        all.push(one(&PackageReference {
            package_id: package_id.to_owned(),
            feed_id: feed_id.unwrap_or_default().to_owned(),
            ..PackageReference::default()
        }));
    }
    all
}

/// A version somebody asks for: `Step:1.2`, `Package:1.2`, `Step:Reference:1.2`, `*:1.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    text: String,
    /// Of which step, action or package; `None`: of all.
    of: Option<String>,
    reference: Option<String>,
    pub version: String,
}

/// Why a text asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is not a choice of a package version: write Step:1.2.3, Package:1.2.3, Step:Reference:1.2.3, or *:1.2.3 for all (a '\\' takes the meaning from a ':', '/' or '=')"
)]
pub struct AskedError {
    pub text: String,
}

impl std::str::FromStr for Asked {
    type Err = AskedError;

    fn from_str(text: &str) -> Result<Self, AskedError> {
        let wrong = || AskedError {
            text: text.chars().take(200).collect(),
        };
        let parts = split(text);
        let any = |part: &str| (part != "*").then(|| part.to_owned());
        let (of, reference, version) = match parts.as_slice() {
            [of, version] => (any(of), None, version),
            [of, reference, version] => (any(of), any(reference), version),
            _ => return Err(wrong()),
        };
        let is_blank = |part: &Option<String>| part.as_deref() == Some("");
        if is_blank(&of) || version.parse::<Version>().is_err() {
            return Err(wrong());
        }
        Ok(Self {
            text: text.to_owned(),
            of,
            reference,
            version: version.clone(),
        })
    }
}

/// The parts between `:`, `/` and `=`, without the backslashes that take their meaning away.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' | '/' | '=' => parts.push(String::new()),
            letter => {
                let letter = if letter == '\\' {
                    letters.next().unwrap_or('\\')
                } else {
                    letter
                };
                if let Some(part) = parts.last_mut() {
                    part.push(letter);
                }
            }
        }
    }
    parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .collect()
}

impl Asked {
    /// For a package as a release names it. An empty reference is the primary package.
    #[must_use]
    pub fn exactly(action: &str, reference: &str, version: &str) -> Self {
        Self {
            text: format!("{action}:{reference}:{version}"),
            of: Some(action.to_owned()),
            reference: Some(reference.to_owned()),
            version: version.to_owned(),
        }
    }

    /// For every package nothing else is said of.
    #[must_use]
    pub fn default(version: &str) -> Self {
        Self {
            text: version.to_owned(),
            of: None,
            reference: None,
            version: version.to_owned(),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How exactly it means this package; `None`: not at all.
    fn rank(&self, wanted: &Wanted) -> Option<u8> {
        let reference = match &self.reference {
            None => 0,
            Some(reference) if wanted.is_reference(reference) => 1,
            Some(_) => return None,
        };
        let of = match &self.of {
            None => 0,
            Some(name) if wanted.is_of_action(name) => 2,
            Some(name) if self.reference.is_none() && wanted.is_reference(name) => 4,
            Some(name) if same_id(name, &wanted.package_id) => 4,
            Some(_) => return None,
        };
        Some(of + reference)
    }
}

/// The version asked for a package: what names it most exactly, and of equals the last.
#[must_use]
pub fn asked_for<'a>(asked: &'a [Asked], wanted: &Wanted) -> Option<&'a Asked> {
    let ranked = asked
        .iter()
        .filter_map(|one| Some((one.rank(wanted)?, one)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, one)| one)
}

/// What was asked for and means no package of the process.
#[must_use]
pub fn meaningless<'a>(asked: &'a [Asked], all: &[Wanted]) -> Vec<&'a Asked> {
    let means_nothing = |one: &&Asked| {
        (one.of.is_some() || one.reference.is_some())
            && all.iter().all(|wanted| one.rank(wanted).is_none())
    };
    asked.iter().filter(means_nothing).collect()
}

/// The rules of a channel that are about a package.
///
/// # Errors
/// When a rule cannot be read; it was saved before rules were checked.
pub fn rules_for(channel: &Channel, wanted: &Wanted) -> Result<Vec<VersionRule>, RuleError> {
    let mut rules = Vec::new();
    for rule in &channel.rules {
        let text = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
        let pairs = rule["ActionPackages"].as_array();
        let is_about = pairs.into_iter().flatten().any(|pair| {
            let part = |key: &str| pair[key].as_str().unwrap_or_default();
            wanted.is_named(part("DeploymentAction"), part("PackageReference"))
        });
        if is_about {
            rules.push(VersionRule::new(&text("VersionRange"), &text("Tag"))?);
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn process() -> DeploymentProcess {
        let action = |name: &str, packages: serde_json::Value| json!({"Id": format!("id-{name}"), "Name": name, "Slug": name.to_lowercase(), "ActionType": "Octopus.Script", "Packages": packages});
        let package = |name: &str, id: &str| json!({"Name": name, "PackageId": id, "FeedId": "feeds-builtin"});
        let mut old = action("Old", json!([]));
        old["Properties"] = json!({"Octopus.Action.Package.PackageId": "Legacy", "Octopus.Action.Package.FeedId": "feeds-builtin"});
        let mut off = action("Off", json!([package("", "Off")]));
        off["IsDisabled"] = json!(true);
        let step = |name: &str, action: serde_json::Value| json!({"Id": name, "Name": name, "Slug": name.to_lowercase(), "Actions": [action]});
        serde_json::from_value(json!({
            "Id": "deploymentprocess-Projects-1", "ProjectId": "Projects-1", "SpaceId": "Spaces-1", "Version": 1, "Steps": [
                step("Deploy", action("Deploy", json!([package("", "Web"), package("Tools", "Kit"), package("More", "Web")]))),
                step("Old", old), step("Off", off),
            ],
        }))
        .unwrap()
    }

    #[test]
    fn a_process_wants_its_packages_however_they_are_named() {
        let all = wanted(&process());
        let texts: Vec<_> = all.iter().map(Wanted::text).collect();
        assert_eq!(
            texts,
            [
                "Web of step \"Deploy\"",
                "Kit (reference \"Tools\") of step \"Deploy\"",
                "Web (reference \"More\") of step \"Deploy\"",
                "Legacy of step \"Old\"",
            ]
        );
    }

    #[test]
    fn the_most_exact_choice_wins() {
        let all = wanted(&process());
        let choose = |asked: &[&str]| {
            let asked: Vec<Asked> = asked.iter().map(|text| text.parse().unwrap()).collect();
            let version = |wanted| {
                asked_for(&asked, wanted)
                    .map_or("-", |one| &one.version)
                    .to_owned()
            };
            all.iter().map(version).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(choose(&["*:1.0"]), "1.0 1.0 1.0 1.0");
        assert_eq!(choose(&["*:1.0", "Deploy:2.0"]), "2.0 2.0 2.0 1.0");
        assert_eq!(choose(&["Deploy:Tools:3.0", "deploy:2.0"]), "2.0 3.0 2.0 -");
        assert_eq!(choose(&["Kit:4.0", "Deploy=2.0"]), "2.0 4.0 2.0 -");
        assert_eq!(choose(&["Tools:5.0"]), "- 5.0 - -");
        assert_eq!(choose(&["*/More/6.0"]), "- - 6.0 -");
        assert_eq!(choose(&["Deploy::7.0"]), "7.0 - - -");
        assert_eq!(choose(&["Old:1.0", "Old:2.0"]), "- - - 2.0");
    }

    #[test]
    fn choices_that_mean_nothing_are_told() {
        for bad in ["", "1.0", ":1.0", "a:b:c:1.0", "a:", "a:b:", "a:latest"] {
            assert!(bad.parse::<Asked>().is_err(), "{bad:?}");
        }
        let escaped: Asked = "My\\: step:1.0".parse().unwrap();
        assert_eq!(escaped.of.as_deref(), Some("My: step"));
        let asked = ["Web:1.0", "Nothing:1.0", "*:1.0", "Deploy:Nothing:1.0"]
            .map(|text| text.parse().unwrap());
        let texts: Vec<_> = meaningless(&asked, &wanted(&process()))
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect();
        assert_eq!(texts, ["Nothing:1.0", "Deploy:Nothing:1.0"]);
    }

    #[test]
    fn rules_are_about_an_action_and_a_reference() {
        let channel: Channel = serde_json::from_value(json!({
            "Id": "Channels-1", "Name": "Beta", "Slug": "beta", "SpaceId": "Spaces-1", "ProjectId": "Projects-1",
            "Rules": [
                {"ActionPackages": [{"DeploymentAction": "Deploy", "PackageReference": "Tools"}], "VersionRange": "[1.0,2.0)", "Tag": ""},
                {"ActionPackages": [{"DeploymentAction": "deploy", "PackageReference": ""}, {"DeploymentAction": "Old"}], "Tag": "^$"},
            ],
        }))
        .unwrap();
        let allowed = |version: &str| {
            let version = version.parse().unwrap();
            let of = |wanted: &Wanted| {
                rules_for(&channel, wanted)
                    .unwrap()
                    .iter()
                    .all(|rule| rule.allows(&version))
            };
            wanted(&process()).iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(allowed("1.5"), [true, true, true, true]);
        assert_eq!(allowed("2.5"), [true, false, true, true]);
        assert_eq!(allowed("1.5-beta"), [false, true, true, false]);
    }
}
