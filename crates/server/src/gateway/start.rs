//! What the driver hands over to have a script run, and its form on the wire.

use regatta_core::engine::event::TicketId;
use regatta_wire::proto;

/// One start of one script. Holds secrets: cannot be printed.
pub struct StartScript {
    /// Unique for ever; a UUIDv7 in its usual text form.
    pub ticket: TicketId,
    /// Id of the task it belongs to, e.g. `ServerTasks-12`.
    pub task_id: String,
    /// Epoch of the task's lease; agents refuse lower ones than they have seen.
    pub epoch: u64,
    pub syntax: Syntax,
    pub body: String,
    /// Evaluated variables the script can read.
    pub variables: Vec<ScriptVariable>,
    /// Texts to mask in the output besides the values of sensitive variables.
    pub masks: Vec<String>,
    /// From the start of the process; the agent enforces it.
    pub timeout_ms: Option<i64>,
    /// Placed in the work directory before the script starts.
    pub files: Vec<ScriptFile>,
    /// `Octopus.Action.FailScriptOnErrorOutput`.
    pub fail_on_error_output: bool,
    pub arguments: Vec<String>,
    /// Fetched, checked and placed in the work directory before the script starts.
    pub packages: Vec<ScriptPackage>,
}

/// A package beside the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPackage {
    /// What the step calls it; empty for its primary package.
    pub reference: String,
    pub package_id: String,
    pub version: String,
    /// With its dot.
    pub extension: String,
    pub sha256: String,
    pub length_bytes: u64,
    /// Unpack it; otherwise the file itself is wanted.
    pub extract: bool,
}

/// A variable for a script, or one set by it.
#[derive(Clone, PartialEq, Eq)]
pub struct ScriptVariable {
    pub name: String,
    pub value: String,
    pub sensitive: bool,
}

/// A file beside the script, e.g. a script module.
pub struct ScriptFile {
    /// Relative to the work directory, without `..`.
    pub path: String,
    pub content: Vec<u8>,
}

/// Language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Bash,
    Python,
    PowerShell,
}

impl StartScript {
    /// A script without variables, limits or files.
    #[must_use]
    pub fn new(
        ticket: TicketId,
        task_id: impl Into<String>,
        syntax: Syntax,
        body: impl Into<String>,
    ) -> Self {
        Self {
            ticket,
            task_id: task_id.into(),
            epoch: 0,
            syntax,
            body: body.into(),
            variables: Vec::new(),
            masks: Vec::new(),
            timeout_ms: None,
            files: Vec::new(),
            fail_on_error_output: false,
            arguments: Vec::new(),
            packages: Vec::new(),
        }
    }
}

impl From<StartScript> for proto::Start {
    fn from(script: StartScript) -> Self {
        let syntax = match script.syntax {
            Syntax::Bash => proto::Syntax::Bash,
            Syntax::Python => proto::Syntax::Python,
            Syntax::PowerShell => proto::Syntax::Powershell,
        };
        let variable = |v: ScriptVariable| proto::Variable {
            name: v.name,
            value: v.value,
            sensitive: v.sensitive,
        };
        let file = |f: ScriptFile| proto::ScriptFile {
            path: f.path,
            content: f.content,
        };
        Self {
            ticket: script.ticket.0,
            task: script.task_id,
            epoch: script.epoch,
            syntax: syntax.into(),
            body: script.body,
            variables: script.variables.into_iter().map(variable).collect(),
            masks: script.masks,
            timeout_ms: script.timeout_ms.unwrap_or(0),
            files: script.files.into_iter().map(file).collect(),
            fail_on_error_output: script.fail_on_error_output,
            arguments: script.arguments,
            packages: script.packages.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ScriptPackage> for proto::Package {
    fn from(package: ScriptPackage) -> Self {
        Self {
            reference: package.reference,
            package_id: package.package_id,
            version: package.version,
            extension: package.extension,
            sha256: package.sha256,
            length_bytes: package.length_bytes,
            extract: package.extract,
            prepared: String::new(),
            problem: String::new(),
        }
    }
}
