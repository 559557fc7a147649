//! The languages: where their interpreters are, and what stands around a script so that it finds its helpers.
//!
//! The script's text and its variables reach the interpreter through files that exist in memory only (inherited file
//! descriptors), never through arguments, the environment or the disk. A bash script that names no helper gets none:
//! what is not parsed costs nothing.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regatta_wire::proto::{Start, Syntax, Variable};

/// File descriptor under which a script finds its helpers and variables.
pub(crate) const SETUP_FD: i32 = 901;

const BASH_HELPERS: &str = include_str!("prelude/helpers.bash");
const BASH_HOOKS: &str = include_str!("prelude/hooks.bash");
const PYTHON_BOOT: &str = include_str!("prelude/boot.py");
const PYTHON_HELPERS: &str = include_str!("prelude/helpers.py");
const POWERSHELL_BOOT: &str = include_str!("prelude/boot.ps1");

/// File descriptor of the gate: a byte comes through it when the script may run, its end when the supervisor is dead.
pub(crate) const GATE_FD: i32 = 902;

/// Waits at the gate. Without a supervisor nothing runs, and a file says so.
const BASH_GATE: &str = "read -rN1 -u902 _||{ >.regatta-unstarted;exit;};exec 900<&- 902<&-;";

/// Words that make a bash script need the helpers: their names, and ways to run text that is not in the script.
const BASH_HELPER_WORDS: [&str; 8] = [
    "octopus",
    "fail_step",
    "write_",
    "update_progress",
    "set_environment",
    "source ",
    ". ",
    "eval",
];

/// The function by which a bash script runs scripts of the other languages.
const HOOK: &str = "__regatta_hook";

/// Where the interpreters of this machine are.
pub(crate) struct Interpreters {
    bash: Option<PathBuf>,
    python: Option<PathBuf>,
    powershell: Option<PathBuf>,
}

/// How to run one script.
pub(crate) struct Invocation<'a> {
    pub(crate) program: &'a Path,
    /// Arguments before those of the user.
    pub(crate) arguments: Vec<String>,
    /// Name under which the script is known to the interpreter.
    pub(crate) script_name: &'static str,
    /// What is read from [`BODY_FD`].
    pub(crate) body: String,
    /// What is read from [`SETUP_FD`], if anything.
    pub(crate) setup: Option<String>,
}

impl Interpreters {
    /// Looks through `PATH`.
    pub(crate) fn find() -> Self {
        let path =
            std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        let find = |names: &[&str]| names.iter().find_map(|name| find_program(&path, name));
        Self {
            bash: find(&["bash"]),
            python: find(&["python3", "python"]),
            powershell: find(&["pwsh"]),
        }
    }

    /// Whether the interpreter of a language was found.
    fn has(&self, syntax: Syntax) -> bool {
        match syntax {
            Syntax::Bash => self.bash.is_some(),
            Syntax::Python => self.python.is_some(),
            Syntax::Powershell => self.powershell.is_some(),
            Syntax::Unspecified => true,
        }
    }

    /// Whoever was told to install an interpreter may have done so.
    pub(crate) fn look_again_for(&mut self, start: &Start) {
        let has_all = self.python.is_some() && self.powershell.is_some();
        if !self.has(start.syntax()) || has_hooks(start) && !has_all {
            *self = Self::find();
        }
    }

    /// Names of the languages that can be run, for the hello.
    pub(crate) fn names(&self) -> Vec<String> {
        [
            ("bash", &self.bash),
            ("python", &self.python),
            ("powershell", &self.powershell),
        ]
        .into_iter()
        .filter(|(_, path)| path.is_some())
        .map(|(name, _)| name.to_owned())
        .collect()
    }

    /// What a bash script needs to run scripts of the other languages; the path of one that is not here is empty.
    fn hooks(&self) -> String {
        let path = |program: &Option<PathBuf>| {
            let program = program.as_deref().unwrap_or(Path::new(""));
            quoted(&program.to_string_lossy())
        };
        format!(
            "__regatta_python={}\n__regatta_powershell={}\n__regatta_python_boot={}\n__regatta_python_helpers={}\n__regatta_powershell_boot={}\n{BASH_HOOKS}",
            path(&self.python),
            path(&self.powershell),
            quoted(PYTHON_BOOT),
            quoted(PYTHON_HELPERS),
            quoted(POWERSHELL_BOOT),
        )
    }

    /// What to run for a start, or what to install first.
    pub(crate) fn invocation(&self, start: &Start) -> Result<Invocation<'_>, String> {
        let missing = |what: &str| {
            format!(
                "{what} is not on the PATH of this machine's agent: install it, then deploy again"
            )
        };
        match start.syntax() {
            Syntax::Bash => {
                let program = self.bash.as_deref().ok_or_else(|| missing("bash"))?;
                let hooks = has_hooks(start).then(|| self.hooks());
                Ok(bash(program, start, hooks.as_deref()))
            }
            Syntax::Python => {
                let program = self.python.as_deref().ok_or_else(|| missing("python3"))?;
                Ok(python(program, start))
            }
            Syntax::Powershell => {
                let program = self
                    .powershell
                    .as_deref()
                    .ok_or_else(|| missing("pwsh (PowerShell 7)"))?;
                Ok(powershell(program, start))
            }
            Syntax::Unspecified => Err(
                "the script names a language this agent does not know: update the agent".to_owned(),
            ),
        }
    }
}

fn bash<'a>(program: &'a Path, start: &Start, hooks: Option<&str>) -> Invocation<'a> {
    let setup = needs_helpers(start).then(|| {
        let mut setup = bash_setup(&start.variables);
        setup.push_str(hooks.unwrap_or_default());
        setup
    });
    let load = if setup.is_some() {
        format!(". /proc/self/fd/{SETUP_FD};exec {SETUP_FD}<&-;")
    } else {
        String::new()
    };
    // All on the first line, so that line numbers in messages are the script's own.
    let body = format!("{BASH_GATE}{load}{}", start.body);
    Invocation {
        program,
        arguments: ["--noprofile", "--norc", "Script.sh"]
            .map(str::to_owned)
            .to_vec(),
        script_name: "Script.sh",
        body,
        setup,
    }
}

fn has_hooks(start: &Start) -> bool {
    start.syntax() == Syntax::Bash && start.body.contains(HOOK)
}

fn needs_helpers(start: &Start) -> bool {
    let body = &start.body;
    !start.files.is_empty() || BASH_HELPER_WORDS.iter().any(|word| body.contains(word))
}

fn bash_setup(variables: &[Variable]) -> String {
    let mut setup = String::from("declare -gA octopus_parameters=(");
    for variable in variables {
        let _infallible = write!(
            setup,
            "[{}]={} ",
            quoted(&variable.name),
            quoted(&variable.value)
        );
    }
    setup.push_str(")\n");
    setup.push_str(BASH_HELPERS);
    setup
}

/// A word of bash that stands for exactly this text. Bash cannot hold a NUL: it ends the value, as it would anywhere.
fn quoted(text: &str) -> String {
    format!(
        "'{}'",
        text.split('\0')
            .next()
            .unwrap_or_default()
            .replace('\'', r"'\''")
    )
}

fn python<'a>(program: &'a Path, start: &Start) -> Invocation<'a> {
    let pairs: serde_json::Map<String, serde_json::Value> = start
        .variables
        .iter()
        .map(|v| (v.name.clone(), v.value.clone().into()))
        .collect();
    // First line: the variables; the rest: the helpers.
    let setup = format!("{}\n{PYTHON_HELPERS}", serde_json::Value::Object(pairs));
    Invocation {
        program,
        arguments: vec!["-u".to_owned(), "-c".to_owned(), PYTHON_BOOT.to_owned()],
        script_name: "Script.py",
        body: start.body.clone(),
        setup: Some(setup),
    }
}

fn powershell<'a>(program: &'a Path, start: &Start) -> Invocation<'a> {
    let mut setup = String::new();
    for variable in &start.variables {
        let (name, value) = (
            STANDARD.encode(&variable.name),
            STANDARD.encode(&variable.value),
        );
        let _infallible = writeln!(setup, "{name} {value}");
    }
    Invocation {
        program,
        arguments: [
            "-NoLogo",
            "-NoProfile",
            "-NonInteractive",
            "-Command",
            POWERSHELL_BOOT,
        ]
        .map(str::to_owned)
        .to_vec(),
        script_name: "Script.ps1",
        body: start.body.clone(),
        setup: Some(setup),
    }
}

fn find_program(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|file| {
            use std::os::unix::fs::PermissionsExt;
            std::fs::metadata(file)
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}
