//! A script action as the agent gets it: body, language, variables with their values.
//!
//! Everything is worked out anew for each start, from what was frozen and from outputs of steps
//! waited for; so a start repeated after a restart is the same start. Secrets are opened for
//! this one dispatch and dropped with it. Templates are evaluated apart from everything that
//! answers people ([`Live::script`]), because people decide what they cost.

use std::sync::Arc;

use regatta_core::engine::event::{Cell, TicketId};
use regatta_core::engine::plan::ActionKind;
use regatta_core::process::{Action, keys};
use regatta_core::secret::Secret;
use regatta_core::variable::dictionary::Dictionary;
use regatta_store::blob::BlobStore;

use super::evaluate::apart;
use super::frozen::{Frozen, Place};
use super::live::Live;
use super::package_step::{File, Found, Rewriting, Targets};
use super::packaged::Packaged;
use super::{Shared, package, package_step, packaged, script_module};
use crate::gateway::{AgentId, ScriptFile, ScriptVariable, StartScript, Syntax};

/// Why an action cannot be carried out. Shown as the reason it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unrunnable {
    #[error(
        "actions of type {0} cannot be run yet; only scripts, steps that deploy a package and manual interventions can"
    )]
    ActionType(String),
    #[error(
        "the script comes from {0}, which cannot be run yet; use an inline script or one in a package"
    )]
    Source(String),
    #[error("scripts in {0} cannot be run; use Bash, Python or PowerShell")]
    Syntax(String),
    #[error("the script is empty; add a script body to the action")]
    Empty,
    #[error("a value cannot be worked out: {0}")]
    Value(String),
    #[error("{0}")]
    Module(String),
    #[error("the action is not part of the frozen process")]
    Unknown,
    #[error("{0}")]
    Package(String),
    #[error("the server stops")]
    Stopping,
}

/// A script ready to be sent.
pub(super) struct Ready {
    pub agent: AgentId,
    pub script: StartScript,
    /// What the script does not get, and why; one line for the step's log.
    pub left_out: Option<String>,
}

/// An action with all that its script is made of, before any template of it is evaluated.
struct Draft {
    frozen: Arc<Frozen>,
    variables: Dictionary,
    source: Source,
    body: String,
    /// What was read out of the package.
    found: Found,
    /// Names of the action's own properties.
    properties: Vec<String>,
    script: StartScript,
}

/// Where the script is.
enum Source {
    /// Part of the action.
    Inline(Syntax),
    /// A file of the action's package.
    Packaged(Packaged),
    /// The action deploys its package, and the scripts are in there.
    Package(Box<Action>),
}

/// Variables named in the line about those left out.
const LEFT_OUT_MAX: usize = 10;

impl Live {
    /// What to send, and where.
    pub(super) async fn script(
        &self,
        shared: &Shared,
        ticket: TicketId,
        cell: Cell,
        worker: Option<&str>,
    ) -> Result<Ready, Unrunnable> {
        let (agent, mut draft) = self.draft(shared, ticket, cell, worker)?;
        if let Some(blobs) = shared.gateway.packages() {
            draft.read_package(blobs).await?;
        }
        let done = apart(move || draft.work_out()).await;
        let (script, left_out) = done.ok_or(Unrunnable::Stopping)??;
        Ok(Ready {
            agent,
            script,
            left_out,
        })
    }

    fn draft(
        &self,
        shared: &Shared,
        ticket: TicketId,
        cell: Cell,
        worker: Option<&str>,
    ) -> Result<(AgentId, Draft), Unrunnable> {
        let plan = self.run.plan();
        let planned = &plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let agent = match (worker, cell.target) {
            (Some(worker), _) => AgentId(worker.to_owned()),
            (None, Some(target)) if planned.kind == ActionKind::OnTarget => {
                AgentId(plan.targets[target.0 as usize].id.clone())
            }
            _ => return Err(Unrunnable::ActionType(planned.action_type.clone())),
        };
        let (_, action) = self
            .frozen
            .process
            .action_by_id(&planned.id)
            .ok_or(Unrunnable::Unknown)?;
        let source = Source::of(action)?;
        let syntax = source.syntax();
        let variables = self
            .frozen
            .variables(&shared.vault, Place::Cell(cell), &self.outputs, &self.run)
            .map_err(Unrunnable::Value)?;
        let mut script = StartScript::new(ticket, self.head.id.clone(), syntax, String::new());
        script.epoch = self.head.epoch.unsigned_abs();
        script.timeout_ms = planned.timeout_ms;
        script.packages = package::of_action(&self.frozen.stored.packages, action)?;
        let body = action.properties.text(keys::SCRIPT_BODY);
        let properties = action.properties.iter().map(|(key, _)| key.to_owned());
        let draft = Draft {
            frozen: Arc::clone(&self.frozen),
            variables,
            source,
            body: body.unwrap_or_default().to_owned(),
            found: Found::default(),
            properties: properties.collect(),
            script,
        };
        Ok((agent, draft))
    }
}

impl Draft {
    /// Reads what of the package is evaluated here.
    async fn read_package(&mut self, blobs: &BlobStore) -> Result<(), Unrunnable> {
        let packages = &self.script.packages;
        match &self.source {
            Source::Inline(_) => {}
            Source::Packaged(packaged) => self.body = packaged.text(blobs, packages).await?,
            Source::Package(action) => {
                let names = self.transform_names()?;
                let targets = Targets::of(action, &names, |patterns| self.expand(patterns))?;
                self.found = package_step::files(targets, blobs, packages).await?;
            }
        }
        Ok(())
    }

    /// With its templates evaluated; secrets that were made of others on the way are hidden from now on.
    fn expand(&self, text: &str) -> Result<String, Unrunnable> {
        let evaluated = self.variables.expand(text);
        let evaluated = evaluated.map_err(|error| Unrunnable::Value(error.to_string()))?;
        self.frozen
            .mask_also(evaluated.derived.iter().map(Secret::expose));
        Ok(evaluated.text)
    }

    fn put_body(&mut self) -> Result<(), Unrunnable> {
        let body = match &self.source {
            Source::Package(_) => package_step::PROGRAM.to_owned(),
            _ => self.expand(&self.body)?,
        };
        if body.trim().is_empty() {
            return Err(Unrunnable::Empty);
        }
        self.script.body = match &self.source {
            Source::Packaged(packaged) => {
                self.script.files.push(ScriptFile {
                    path: packaged::TEXT_FILE.to_owned(),
                    content: body.into_bytes(),
                });
                packaged.launcher(&self.expand(&packaged.parameters)?)
            }
            _ => body,
        };
        self.put_files()
    }

    /// The files of the package as they are to be on the machine.
    fn put_files(&mut self) -> Result<(), Unrunnable> {
        let mut found = std::mem::take(&mut self.found);
        if found.files.is_empty() {
            self.found = found;
            return Ok(());
        }
        for file in found.files.iter_mut().filter(|file| file.is_substituted) {
            file.text = self.expand(&file.text)?;
        }
        let needs_values = |file: &File| file.is_structured || file.has_settings;
        let known = if found.files.iter().any(needs_values) {
            self.known()?
        } else {
            Vec::new()
        };
        Rewriting::new(&self.variables, &known).all(&mut found)?;
        for file in std::mem::take(&mut found.files) {
            let path = format!("{}/{}", package_step::FOLDER, file.path);
            let content = file.encoding.write(&file.text).map_err(|error| {
                Unrunnable::Package(format!("'{}' cannot be written: {error}", file.path))
            })?;
            self.script.files.push(ScriptFile { path, content });
        }
        self.found = found;
        Ok(())
    }

    /// What files are called after that transform others, in the order they do.
    fn transform_names(&self) -> Result<Vec<String>, Unrunnable> {
        let mut names = vec!["Release".to_owned()];
        for variable in ["Octopus.Environment.Name", "Octopus.Deployment.Tenant.Name"] {
            let value = self.variables.value(variable);
            let value = value.map_err(|error| Unrunnable::Value(error.to_string()))?;
            let name = value.map(|value| value.text);
            // A star would stand for any name.
            names.extend(name.filter(|name| !name.is_empty() && !name.contains('*')));
        }
        Ok(names)
    }

    /// Every variable that has a value, by name.
    fn known(&self) -> Result<Vec<(String, String)>, Unrunnable> {
        let sent = self.variables.for_script();
        let sent = sent.map_err(|error| Unrunnable::Value(error.to_string()))?;
        let known = sent.variables.iter();
        let known = known.filter(|variable| variable.error.is_none());
        let known = known.map(|variable| {
            let value = variable.value.expose().to_owned();
            (variable.name.to_string(), value)
        });
        Ok(known.collect())
    }

    fn work_out(mut self) -> Result<(StartScript, Option<String>), Unrunnable> {
        self.put_body()?;
        self.script.fail_on_error_output = self
            .variables
            .is_true("Octopus.Action.FailScriptOnErrorOutput");
        let left_out = self.put_variables()?;
        self.put_hash();
        let remarks = std::mem::take(&mut self.found.remarks);
        let remarks: Vec<String> = remarks.into_iter().chain(left_out).collect();
        let (sent, syntax) = (&mut self.script.variables, self.script.syntax);
        let modules = script_module::take(sent, syntax).map_err(Unrunnable::Module)?;
        self.script.files.extend(modules.files);
        self.script.body.insert_str(0, &modules.prelude);
        Ok((
            self.script,
            (!remarks.is_empty()).then(|| remarks.join(" ")),
        ))
    }

    /// What the program of a package step compares with what it has installed.
    fn put_hash(&mut self) {
        let Source::Package(_) = self.source else {
            return;
        };
        if let Ok(package) = packaged::primary(&self.script.packages) {
            let hash = ScriptVariable {
                name: package_step::SHA_256.to_owned(),
                value: package.sha256.clone(),
                sensitive: false,
            };
            self.script.variables.push(hash);
        }
    }

    /// Every value worked out, and everything the output must not show. A variable that cannot be worked out is
    /// somebody else's mistake as long as nothing of the action itself needs it.
    fn put_variables(&mut self) -> Result<Option<String>, Unrunnable> {
        let sent = self.variables.for_script();
        let sent = sent.map_err(|error| Unrunnable::Value(error.to_string()))?;
        let mut left_out = Vec::new();
        for variable in &sent.variables {
            let refused = self.frozen.stored.referred.refusal(variable.value.expose());
            left_out.extend(refused.map(|why| format!("{}.…: {why}", variable.name)));
            if let Some(error) = &variable.error {
                let is_own = |key: &String| key.eq_ignore_ascii_case(&variable.name);
                let why = format!("{}: {error}", variable.name);
                if self.properties.iter().any(is_own) {
                    return Err(Unrunnable::Value(why));
                }
                left_out.push(why);
                continue;
            }
            self.script.variables.push(ScriptVariable {
                name: variable.name.to_string(),
                value: variable.value.expose().to_owned(),
                sensitive: variable.value.is_sensitive(),
            });
        }
        self.frozen
            .mask_also(sent.derived.iter().map(Secret::expose));
        self.script.masks = self.frozen.secrets();
        Ok(left_out_line(&left_out))
    }
}

fn left_out_line(left_out: &[String]) -> Option<String> {
    let named = left_out.get(..LEFT_OUT_MAX).unwrap_or(left_out).join("; ");
    let more = match left_out.len().saturating_sub(LEFT_OUT_MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    (!left_out.is_empty()).then(|| {
        format!("The script does not get variables that cannot be worked out: {named}{more}.")
    })
}

impl Source {
    fn of(action: &Action) -> Result<Self, Unrunnable> {
        match action.action_type.as_str() {
            keys::SCRIPT => {}
            keys::DEPLOY_PACKAGE => {
                package_step::is_whole(action)?;
                return Ok(Self::Package(Box::new(action.clone())));
            }
            other => return Err(Unrunnable::ActionType(other.to_owned())),
        }
        let source = action.properties.filled(keys::SCRIPT_SOURCE);
        let source = source.unwrap_or("Inline");
        if source.eq_ignore_ascii_case("Inline") {
            return syntax(action.properties.filled(keys::SCRIPT_SYNTAX)).map(Self::Inline);
        }
        if source.eq_ignore_ascii_case("Package") {
            return Packaged::of(action).map(Self::Packaged);
        }
        Err(Unrunnable::Source(source.to_owned()))
    }

    const fn syntax(&self) -> Syntax {
        match self {
            Self::Inline(syntax) => *syntax,
            Self::Packaged(packaged) => packaged.syntax,
            Self::Package(_) => Syntax::Bash,
        }
    }
}

/// Octopus' default is PowerShell; ours is Bash, which every agent has.
pub(super) fn syntax(name: Option<&str>) -> Result<Syntax, Unrunnable> {
    let name = name.unwrap_or("Bash");
    [
        ("Bash", Syntax::Bash),
        ("Python", Syntax::Python),
        ("PowerShell", Syntax::PowerShell),
    ]
    .into_iter()
    .find(|(known, _)| known.eq_ignore_ascii_case(name))
    .map(|(_, syntax)| syntax)
    .ok_or_else(|| Unrunnable::Syntax(name.to_owned()))
}
