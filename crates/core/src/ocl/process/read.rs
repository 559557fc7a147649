//! From the tree to steps.

use serde_json::{Map, Value as Json};

use super::REFERENCES;
use crate::json::Other;
use crate::name::Slug;
use crate::ocl::References;
use crate::ocl::error::Fault;
use crate::ocl::references::Kind;
use crate::ocl::take::{Words, label};
use crate::ocl::tree::{Block, Body};
use crate::process::action::ActionCondition;
use crate::process::step::{Condition, PackageRequirement, StartTrigger};
use crate::process::{Action, Container, GitDependency, PackageReference, StartRule, Step, keys};
use crate::property::Properties;

const STEP_WORDS: &[&str] = &[
    "condition",
    "depends_on",
    "name",
    "package_requirement",
    "properties",
    "start_trigger",
    "action",
];
const ACTION_WORDS: &[&str] = &[
    "action_type",
    "channels",
    "condition",
    "environments",
    "excluded_environments",
    "is_disabled",
    "is_required",
    "name",
    "notes",
    "properties",
    "step_package_version",
    "tenant_tags",
    "worker_pool",
    "worker_pool_variable",
    "container",
    "git_dependencies",
    "packages",
];

type Known<'r> = &'r References;

pub(super) fn steps(body: &Body, references: Known<'_>) -> Result<Vec<Step>, Fault> {
    let mut words = Words::of("a process", body)?;
    let steps = words.blocks("step");
    words.nothing_else(&["step"])?;
    steps
        .into_iter()
        .map(|(block, at)| step(block, at, references))
        .collect()
}

fn step(block: &Block, at: usize, references: Known<'_>) -> Result<Step, Fault> {
    let label = label(block, at)?;
    let mut words = Words::of(format!("the step \"{label}\""), &block.body)?;
    let name = words.text("name")?.unwrap_or_else(|| label.to_owned());
    let mut step = Step {
        id: String::new(),
        name,
        slug: slug(label),
        package_requirement: words
            .word(
                "package_requirement",
                PackageRequirement::VALUES,
                PackageRequirement::parse,
            )?
            .unwrap_or_default(),
        condition: words
            .word("condition", Condition::VALUES, Condition::parse)?
            .unwrap_or_default(),
        start_trigger: StartTrigger::default(),
        properties: properties(&mut words, references)?,
        actions: Vec::new(),
        other: Other::new(),
    };
    start_rule(&mut words, &mut step, at)?;
    let blocks = words.blocks("action");
    words.nothing_else(STEP_WORDS)?;
    for (block, at) in blocks {
        let read = action(block, at, &step, references)?;
        step.actions.push(read);
    }
    Ok(step)
}

/// A label that can be a slug is one; any other is only the name, and a slug is made from it later.
fn slug(label: &str) -> String {
    label
        .parse::<Slug>()
        .map_or_else(|_| String::new(), Into::into)
}

fn start_rule(words: &mut Words<'_>, step: &mut Step, at: usize) -> Result<(), Fault> {
    let trigger = words.word("start_trigger", StartTrigger::VALUES, StartTrigger::parse)?;
    step.start_trigger = trigger.unwrap_or_default();
    let Some((slugs, at_list)) = words.texts("depends_on")? else {
        return Ok(());
    };
    if trigger == Some(StartTrigger::StartAfterPrevious) {
        return Err(Fault::new(
            at_list,
            "`depends_on` is set, but `start_trigger` says that the step waits for all before it.",
            "Remove one of them.",
        ));
    }
    step.start_trigger = StartTrigger::StartWithPrevious;
    let wanted = StartRule::After(slugs);
    let same = StartRule::of(step).is_ok_and(|rule| rule == wanted);
    if step.properties.get(keys::DEPENDS_ON).is_some() && !same {
        let what = format!(
            "`depends_on` and the property `{}` differ.",
            keys::DEPENDS_ON
        );
        return Err(Fault::new(at, what, "Keep only `depends_on`."));
    }
    wanted.write(step);
    Ok(())
}

fn action(block: &Block, at: usize, step: &Step, references: Known<'_>) -> Result<Action, Fault> {
    let (slug, named) = match block.labels.as_slice() {
        [] => (step.slug.clone(), step.name.clone()),
        _ => {
            let label = label(block, at)?;
            (slug(label), label.to_owned())
        }
    };
    let mut words = Words::of(format!("the action of \"{}\"", step.name), &block.body)?;
    let environments =
        |words: &mut Words<'_>, name| references.ids(Kind::Environment, words.texts(name)?);
    let action_type = words.text("action_type")?;
    // Octopus' own marker of steps that came from a package; it has no meaning here.
    words.text("step_package_version")?;
    let worker_pool = match words.attribute("worker_pool") {
        None => None,
        Some(attribute) => Some(pool(attribute, references)?),
    };
    let read = Action {
        id: String::new(),
        name: words.text("name")?.unwrap_or(named),
        slug,
        action_type: action_type.clone().unwrap_or_default(),
        notes: words.text("notes")?,
        is_disabled: words.flag("is_disabled")?,
        is_required: words.flag("is_required")?,
        can_be_used_for_project_versioning: false,
        condition: words
            .word("condition", ActionCondition::VALUES, ActionCondition::parse)?
            .unwrap_or_default(),
        container: container(&mut words, references)?,
        worker_pool_id: worker_pool,
        worker_pool_variable: words.text("worker_pool_variable")?,
        environments: environments(&mut words, "environments")?,
        excluded_environments: environments(&mut words, "excluded_environments")?,
        channels: references.ids(Kind::Channel, words.texts("channels")?)?,
        tenant_tags: words.texts("tenant_tags")?.unwrap_or_default().0,
        packages: packages(&mut words, references)?,
        git_dependencies: git_dependencies(&mut words)?,
        properties: properties(&mut words, references)?,
        other: Other::new(),
    };
    // It may be there, and be written wrongly.
    words.nothing_else(ACTION_WORDS)?;
    if action_type.is_none() {
        let what = format!("An action of \"{}\" has no `action_type`.", step.name);
        let help = "Write for example action_type = \"Octopus.Script\".";
        return Err(Fault::new(at, what, help));
    }
    Ok(read)
}

fn pool(attribute: &crate::ocl::tree::Attribute, references: Known<'_>) -> Result<String, Fault> {
    match &attribute.value {
        crate::ocl::tree::Value::Text(text) => {
            references.id(Kind::WorkerPool, text, attribute.span.start)
        }
        other => Err(Fault::new(
            attribute.span.start,
            format!("`worker_pool` is {}.", other.kind()),
            "Write the slug of a worker pool in quotes.",
        )),
    }
}

fn container(words: &mut Words<'_>, references: Known<'_>) -> Result<Container, Fault> {
    let Some(block) = words.block("container")? else {
        return Ok(Container::default());
    };
    let mut words = Words::of("a container", &block.body)?;
    let mut container = Container {
        image: words.text("image")?,
        feed_id: feed(&mut words, references)?,
        other: Other::new(),
    };
    for (name, key) in [("git_url", "GitUrl"), ("dockerfile", "Dockerfile")] {
        if let Some(text) = words.text(name)? {
            container.other.insert(key.to_owned(), text.into());
        }
    }
    words.nothing_else(&["dockerfile", "feed", "git_url", "image"])?;
    Ok(container)
}

fn feed(words: &mut Words<'_>, references: Known<'_>) -> Result<Option<String>, Fault> {
    match words.attribute("feed") {
        None => Ok(None),
        Some(attribute) => match &attribute.value {
            crate::ocl::tree::Value::Text(text) => references
                .id(Kind::Feed, text, attribute.span.start)
                .map(Some),
            other => Err(Fault::new(
                attribute.span.start,
                format!("`feed` is {}.", other.kind()),
                "Write the slug of a feed in quotes.",
            )),
        },
    }
}

/// The label of a package or repository; the primary one has an empty one.
fn reference_name(block: &Block) -> String {
    block.labels.first().cloned().unwrap_or_default()
}

fn packages(words: &mut Words<'_>, references: Known<'_>) -> Result<Vec<PackageReference>, Fault> {
    let mut packages = Vec::new();
    for (block, _) in words.blocks("packages") {
        let mut words = Words::of("a package", &block.body)?;
        let properties = words.dictionary("properties")?;
        packages.push(PackageReference {
            id: String::new(),
            name: reference_name(block),
            package_id: words.text("package_id")?.unwrap_or_default(),
            feed_id: feed(&mut words, references)?.unwrap_or_default(),
            acquisition_location: words.text("acquisition_location")?.unwrap_or_default(),
            version: words.text("version")?,
            properties: properties
                .into_iter()
                .map(|(key, text, _)| (key, Json::String(text)))
                .collect::<Map<_, _>>(),
            other: Other::new(),
        });
        words.nothing_else(&[
            "acquisition_location",
            "feed",
            "package_id",
            "properties",
            "version",
        ])?;
    }
    Ok(packages)
}

fn git_dependencies(words: &mut Words<'_>) -> Result<Vec<GitDependency>, Fault> {
    let mut dependencies = Vec::new();
    for (block, _) in words.blocks("git_dependencies") {
        let mut words = Words::of("a git dependency", &block.body)?;
        let mut text = |name| words.text(name).map(Option::unwrap_or_default);
        let mut dependency = GitDependency {
            name: reference_name(block),
            repository_uri: text("repository_uri")?,
            default_branch: text("default_branch")?,
            git_credential_type: text("git_credential_type")?,
            other: Other::new(),
        };
        if let Some(id) = words.text("git_credential_id")? {
            dependency
                .other
                .insert("GitCredentialId".to_owned(), id.into());
        }
        words.nothing_else(&[
            "default_branch",
            "git_credential_id",
            "git_credential_type",
            "repository_uri",
        ])?;
        dependencies.push(dependency);
    }
    Ok(dependencies)
}

fn properties(words: &mut Words<'_>, references: Known<'_>) -> Result<Properties, Fault> {
    let mut properties = Properties::default();
    for (key, text, at) in words.dictionary("properties")? {
        let text = match REFERENCES.iter().find(|(known, _)| *known == key) {
            None => text,
            Some((_, kind)) => {
                let ids = text.split(',').map(|slug| references.id(*kind, slug, at));
                ids.collect::<Result<Vec<_>, _>>()?.join(",")
            }
        };
        properties.set(&key, text);
    }
    Ok(properties)
}
