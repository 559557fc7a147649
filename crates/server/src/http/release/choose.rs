//! The packages of a release: for each that its process uses, the version asked for or the newest the channel allows.
//! What is chosen is frozen with the hash of its content.

use regatta_core::channel::Channel;
use regatta_core::package::rule::VersionRule;
use regatta_core::package::selection::{Asked, Wanted, asked_for, meaningless, rules_for, wanted};
use regatta_core::process::DeploymentProcess;
use regatta_core::version::Version;
use regatta_store::{Conn, Document};
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::package::{self, Found};

/// What somebody wants of the versions.
#[derive(Default)]
pub(super) struct Choice {
    pub asked: Vec<Asked>,
    /// A pattern for the pre-release tag of what nobody asked for.
    pub pre_release: String,
    pub ignores_rules: bool,
}

impl Choice {
    /// From the body of the executions API: `Packages`, `PackageVersion`, `PackagePrerelease`.
    pub(super) fn of_v1(body: &Value) -> Result<Self, ApiError> {
        let text = |key: &str| body[key].as_str().unwrap_or_default().trim().to_owned();
        let mut asked = Vec::new();
        let mut problems = Vec::new();
        if !text("PackageVersion").is_empty() {
            asked.push(Asked::default(&text("PackageVersion")));
        }
        for one in body["Packages"].as_array().into_iter().flatten() {
            match one.as_str().unwrap_or_default().parse() {
                Ok(one) => asked.push(one),
                Err(error) => problems.push(format!("Packages: {error}.")),
            }
        }
        if !problems.is_empty() {
            return Err(ApiError::invalid(problems));
        }
        Ok(Self {
            asked,
            pre_release: text("PackagePrerelease"),
            ignores_rules: body["IgnoreChannelRules"].as_bool().unwrap_or(false),
        })
    }

    /// From `SelectedPackages` of the older endpoint.
    pub(super) fn of_selected(selected: Option<&Value>, ignores_rules: bool) -> Self {
        let one = |one: &Value| {
            let text = |key: &str| one[key].as_str().filter(|text| !text.is_empty());
            let action = text("ActionName").or(text("StepName"))?;
            let reference = text("PackageReferenceName").unwrap_or_default();
            Some(Asked::exactly(action, reference, text("Version")?))
        };
        let all = selected.and_then(Value::as_array);
        Self {
            asked: all.into_iter().flatten().filter_map(one).collect(),
            pre_release: String::new(),
            ignores_rules,
        }
    }
}

/// A package of a release.
pub(super) struct Selected {
    wanted: Wanted,
    pub version: String,
    /// `None` for what is not in the built-in feed.
    content: Option<Found>,
}

impl Selected {
    /// As a release keeps it.
    pub(super) fn stored(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("ActionName".into(), json!(self.wanted.action_name));
        shown.insert("StepName".into(), json!(self.wanted.step_name));
        shown.insert(
            "PackageReferenceName".into(),
            json!(self.wanted.reference_name),
        );
        shown.insert("PackageId".into(), json!(self.wanted.package_id));
        shown.insert("Version".into(), json!(self.version));
        if let Some(content) = self.content.as_ref().map(|found| &found.package) {
            shown.insert("Hash".into(), json!(content.blob.as_str()));
            shown.insert("FileExtension".into(), json!(content.extension));
            shown.insert("PackageSizeBytes".into(), json!(content.length_bytes));
        }
        Value::Object(shown)
    }

    /// Whether it is the package that gives releases their version.
    pub(super) fn is_donor(&self, action: &str, reference: &str) -> bool {
        let of = [
            &self.wanted.action_name,
            &self.wanted.action_slug,
            &self.wanted.action_id,
            &self.wanted.step_name,
        ];
        of.into_iter().any(|own| own.eq_ignore_ascii_case(action))
            && self.wanted.reference_name.eq_ignore_ascii_case(reference)
    }
}

/// The packages of a runbook's snapshot, as it keeps them: what is named, and the newest of what is not. There are no
/// channels, so no rules either.
pub(in crate::http) async fn for_snapshot(
    conn: &mut Conn,
    process: &DeploymentProcess,
    named: Option<&Value>,
) -> Result<Value, ApiError> {
    let choice = Choice::of_selected(named, true);
    let selected = choose(conn, process, None, &choice).await?;
    Ok(selected.iter().map(Selected::stored).collect())
}

/// Chooses a version of every package; answers all that is wrong at once.
pub(super) async fn choose(
    conn: &mut Conn,
    process: &DeploymentProcess,
    channel: Option<&Document>,
    choice: &Choice,
) -> Result<Vec<Selected>, ApiError> {
    let all = wanted(process);
    let mut problems: Vec<String> = meaningless(&choice.asked, &all)
        .into_iter()
        .map(|one| says_nothing(one, &all))
        .collect();
    let mut selected = Vec::with_capacity(all.len());
    for (wanted, picked) in pick(conn, process, channel, choice).await? {
        match picked {
            Ok((version, content)) => selected.push(Selected {
                wanted,
                version,
                content,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(selected)
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// The version of a package and its content, or what is wrong.
pub(in crate::http) type Picked = Result<(String, Option<Found>), String>;

/// What each package of a process would get if nobody said anything of it.
pub(in crate::http) async fn by_default(
    conn: &mut Conn,
    process: &DeploymentProcess,
    channel: Option<&Document>,
) -> Result<Vec<(Wanted, Picked)>, ApiError> {
    pick(conn, process, channel, &Choice::default()).await
}

async fn pick(
    conn: &mut Conn,
    process: &DeploymentProcess,
    channel: Option<&Document>,
    choice: &Choice,
) -> Result<Vec<(Wanted, Picked)>, ApiError> {
    let known: Option<Channel> = channel
        .map(|channel| serde_json::from_str(&channel.body))
        .transpose()
        .map_err(ApiError::internal)?;
    let feed = Feed::load(conn, process.space_id.as_str()).await?;
    let mut picked = Vec::new();
    for one in wanted(process) {
        let asking = Asking {
            asked: asked_for(&choice.asked, &one).map(|asked| asked.version.clone()),
            rules: rules(known.as_ref(), &one)?,
            choice,
            channel: channel.map_or("", |channel| &channel.name),
        };
        let found = version_of(conn, &feed, &one, &asking).await?;
        picked.push((one, found));
    }
    Ok(picked)
}

fn rules(channel: Option<&Channel>, wanted: &Wanted) -> Result<Vec<VersionRule>, ApiError> {
    let Some(channel) = channel else {
        return Ok(Vec::new());
    };
    rules_for(channel, wanted).map_err(|error| {
        ApiError::invalid_one(format!(
            "The channel {} has a rule that cannot be read: {error}.",
            channel.name
        ))
    })
}

fn says_nothing(asked: &Asked, all: &[Wanted]) -> String {
    let used: Vec<_> = all.iter().map(Wanted::text).collect();
    let used = if used.is_empty() {
        "it uses none".to_owned()
    } else {
        format!("it uses {}", used.join(", "))
    };
    format!(
        "Packages: '{}' names no package of the deployment process; {used}.",
        asked.as_str()
    )
}

/// The built-in feed, by all its names.
struct Feed {
    space_id: String,
    names: Vec<String>,
}

impl Feed {
    async fn load(conn: &mut Conn, space_id: &str) -> Result<Self, ApiError> {
        let id = crate::http::feed::built_in(conn, space_id).await?;
        let found = conn.document(crate::http::feed::FEED.kind, &id).await?;
        let mut names = vec![id, "feeds-builtin".to_owned(), String::new()];
        names.extend(
            found
                .into_iter()
                .flat_map(|feed| [Some(feed.name), feed.slug])
                .flatten(),
        );
        Ok(Self {
            space_id: space_id.to_owned(),
            names,
        })
    }

    fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

struct Asking<'a> {
    asked: Option<String>,
    rules: Vec<VersionRule>,
    choice: &'a Choice,
    channel: &'a str,
}

async fn version_of(
    conn: &mut Conn,
    feed: &Feed,
    wanted: &Wanted,
    asking: &Asking<'_>,
) -> Result<Picked, ApiError> {
    let named = asking
        .asked
        .clone()
        .or_else(|| wanted.fixed_version.clone());
    if !wanted.is_resolvable() || !feed.is_called(&wanted.feed_id) {
        return Ok(named
            .map(|version| (version, None))
            .ok_or_else(|| unknown_feed(wanted)));
    }
    let versions = package::versions(conn, &feed.space_id, &wanted.package_id).await?;
    let found = match named {
        Some(named) => exactly(&versions, wanted, &named, asking),
        None => newest(&versions, wanted, asking),
    };
    Ok(found.map(|found| (found.package.version.clone(), Some(found.clone()))))
}

fn unknown_feed(wanted: &Wanted) -> String {
    format!(
        "The versions of {} cannot be looked up, because its id or feed depends on variables or it is not in the built-in feed. \
         Name its version with Packages, for example \"{}:1.0.0\".",
        wanted.text(),
        wanted.step_name
    )
}

fn exactly<'f>(
    versions: &'f [Found],
    wanted: &Wanted,
    named: &str,
    asking: &Asking<'_>,
) -> Result<&'f Found, String> {
    let version: Version = named
        .parse()
        .map_err(|error| format!("The version of {}: {error}.", wanted.text()))?;
    let is_it = |one: &&Found| {
        regatta_core::package::version_key(&one.package.version())
            == regatta_core::package::version_key(&version)
    };
    let found = versions
        .iter()
        .find(is_it)
        .ok_or_else(|| missing(versions, wanted, named))?;
    if asking.choice.ignores_rules {
        return Ok(found);
    }
    for rule in &asking.rules {
        rule.check(&version).map_err(|why| {
            format!(
                "Version {named} of {} is not allowed in the channel {}: {why}. Choose another version or channel, or set IgnoreChannelRules.",
                wanted.text(),
                asking.channel
            )
        })?;
    }
    Ok(found)
}

fn missing(versions: &[Found], wanted: &Wanted, named: &str) -> String {
    let there = match versions.first() {
        Some(newest) => format!("The newest one there is {}.", newest.package.version),
        None => "There is no version of it at all.".to_owned(),
    };
    format!(
        "There is no version {named} of {} in the built-in feed. {there} Push it first (packages/raw), or choose another.",
        wanted.text()
    )
}

fn newest<'f>(
    versions: &'f [Found],
    wanted: &Wanted,
    asking: &Asking<'_>,
) -> Result<&'f Found, String> {
    let tag = VersionRule::new("", &asking.choice.pre_release)
        .map_err(|error| format!("PackagePrerelease: {error}."))?;
    let is_tagged = |one: &&Found| tag.allows(&one.package.version());
    let is_allowed = |one: &&Found| {
        let version = one.package.version();
        asking.rules.iter().all(|rule| rule.allows(&version))
    };
    let allowed = versions.iter().filter(is_tagged).find(is_allowed);
    let any = versions
        .iter()
        .find(is_tagged)
        .filter(|_| asking.choice.ignores_rules);
    allowed.or(any).ok_or_else(|| match versions.first() {
        None => format!(
            "There is no package {} in the built-in feed. Push one first (packages/raw).",
            wanted.text()
        ),
        Some(newest) => format!(
            "None of the {} versions of {} fits the rules of the channel {}{} (the newest is {}). Push one that does, choose another \
             channel, or set IgnoreChannelRules.",
            versions.len(),
            wanted.text(),
            asking.channel,
            if asking.choice.pre_release.is_empty() { "" } else { " and the wanted pre-release tag" },
            newest.package.version
        ),
    })
}
