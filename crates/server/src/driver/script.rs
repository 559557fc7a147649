//! A script action as the agent gets it: body, language, variables with their values.
//!
//! Everything is worked out anew for each start, from what was frozen and from outputs of steps
//! waited for; so a start repeated after a restart is the same start. Secrets are opened for
//! this one dispatch and dropped with it.

use regatta_core::engine::event::{Cell, TicketId};
use regatta_core::engine::plan::ActionKind;
use regatta_core::process::keys;
use regatta_core::variable::dictionary::Dictionary;

use super::live::Live;
use super::{Shared, frozen::Place};
use crate::gateway::{AgentId, ScriptVariable, StartScript, Syntax};

/// Why an action cannot be carried out. Shown as the reason it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unrunnable {
    #[error("actions of type {0} cannot be run yet; only scripts and manual interventions can")]
    ActionType(String),
    #[error("the script comes from {0}, which cannot be run yet; use an inline script")]
    Source(String),
    #[error("scripts in {0} cannot be run; use Bash, Python or PowerShell")]
    Syntax(String),
    #[error("the script is empty; add a script body to the action")]
    Empty,
    #[error("a value cannot be worked out: {0}")]
    Value(String),
    #[error("the action is not part of the frozen process")]
    Unknown,
}

impl Live {
    /// What to send, and where.
    pub(super) fn script(
        &self,
        shared: &Shared,
        ticket: TicketId,
        cell: Cell,
        worker: Option<&str>,
    ) -> Result<(AgentId, StartScript), Unrunnable> {
        let plan = self.run.plan();
        let planned = &plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let agent = match (worker, cell.target) {
            (Some(worker), _) => AgentId(worker.to_owned()),
            (None, Some(target)) if planned.kind == ActionKind::OnTarget => {
                AgentId(plan.targets[target.0 as usize].id.clone())
            }
            _ => return Err(Unrunnable::ActionType(planned.action_type.clone())),
        };
        if planned.action_type != keys::SCRIPT {
            return Err(Unrunnable::ActionType(planned.action_type.clone()));
        }
        let (_, action) = self
            .frozen
            .process
            .action_by_id(&planned.id)
            .ok_or(Unrunnable::Unknown)?;
        let source = action
            .properties
            .filled(keys::SCRIPT_SOURCE)
            .unwrap_or("Inline");
        if !source.eq_ignore_ascii_case("Inline") {
            return Err(Unrunnable::Source(source.to_owned()));
        }
        let syntax = syntax(action.properties.filled(keys::SCRIPT_SYNTAX))?;
        let variables = self
            .frozen
            .variables(&shared.vault, Place::Cell(cell), &self.outputs, &self.run)
            .map_err(Unrunnable::Value)?;
        let raw = action
            .properties
            .text(keys::SCRIPT_BODY)
            .unwrap_or_default();
        let body = variables
            .expand(raw)
            .map_err(|error| Unrunnable::Value(error.to_string()))?
            .text;
        if body.trim().is_empty() {
            return Err(Unrunnable::Empty);
        }
        let mut script = StartScript::new(ticket, self.head.id.clone(), syntax, body);
        script.epoch = self.head.epoch.unsigned_abs();
        script.timeout_ms = planned.timeout_ms;
        script.fail_on_error_output = variables.is_true("Octopus.Action.FailScriptOnErrorOutput");
        self.put_variables(&mut script, &variables)?;
        Ok((agent, script))
    }

    /// Every value worked out, and everything the output must not show.
    fn put_variables(
        &self,
        script: &mut StartScript,
        variables: &Dictionary,
    ) -> Result<(), Unrunnable> {
        let sent = variables.for_script();
        for variable in &sent.variables {
            if let Some(error) = &variable.error {
                return Err(Unrunnable::Value(format!("{}: {error}", variable.name)));
            }
            script.variables.push(ScriptVariable {
                name: variable.name.to_string(),
                value: variable.value.expose().to_owned(),
                sensitive: variable.value.is_sensitive(),
            });
        }
        for derived in &sent.derived {
            self.frozen.mask_also(derived.expose());
        }
        script.masks = self.frozen.secrets();
        Ok(())
    }
}

/// Octopus' default is PowerShell; ours is Bash, which every agent has.
fn syntax(name: Option<&str>) -> Result<Syntax, Unrunnable> {
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
