//! Running `regatta` with nothing of the machine's own settings, in a pipe or in a terminal.

use std::path::PathBuf;
use std::process::Stdio;

use regex::Regex;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::installation::{ADMIN_KEY, Installation};

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_regatta");

/// A home folder and the variables of one user.
pub(super) struct Shell {
    pub(super) home: PathBuf,
    variables: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Shell {
    /// Signed in as the administrator of the installation, by variables.
    pub(super) fn of(installation: &Installation) -> Self {
        let mut shell = Self::anonymous(installation);
        shell.set("REGATTA_URL", &installation.base);
        shell.set("REGATTA_API_KEY", ADMIN_KEY);
        shell
    }

    pub(super) fn anonymous(installation: &Installation) -> Self {
        let home = installation.folder.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        Self {
            variables: vec![
                ("HOME".into(), home.display().to_string()),
                ("PATH".into(), std::env::var("PATH").unwrap_or_default()),
                ("LANG".into(), "C.UTF-8".into()),
                ("TERM".into(), "xterm-256color".into()),
            ],
            home,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(super) async fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().await.unwrap())
    }

    /// With this on standard input.
    pub(super) async fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        ran(child.wait_with_output().await.unwrap())
    }

    /// A command that must end with 0; its standard output.
    pub(super) async fn out(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments).await;
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        ran.out
    }

    pub(super) async fn json(&self, arguments: &[&str]) -> Value {
        let out = self.out(&[arguments, &["-o", "json"]].concat()).await;
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// In a terminal of 100 columns and 30 rows.
    pub(super) fn in_terminal(&self, arguments: &[&str]) -> Terminal {
        let (pty, pts) = pty_process::open().unwrap();
        pty.resize(pty_process::Size::new(30, 100)).unwrap();
        let command = pty_process::Command::new(PROGRAM)
            .args(arguments)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .current_dir(&self.home)
            .kill_on_drop(true);
        Terminal {
            child: command.spawn(pts).unwrap(),
            pty,
            written: Vec::new(),
        }
    }
}

fn ran(output: std::process::Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A program in a terminal, and everything it wrote there.
pub(super) struct Terminal {
    child: tokio::process::Child,
    pty: pty_process::Pty,
    pub(super) written: Vec<u8>,
}

impl Terminal {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    /// What a person sees now.
    pub(super) fn screen(&self) -> String {
        let mut parser = vt100::Parser::new(30, 100, 1000);
        parser.process(&self.written);
        parser.screen().contents()
    }

    /// Whether it is shown what does not stay, as of full-screen programs.
    pub(super) fn is_on_other_screen(&self) -> bool {
        let mut parser = vt100::Parser::new(30, 100, 1000);
        parser.process(&self.written);
        parser.screen().alternate_screen()
    }

    pub(super) async fn until_on_other_screen(&mut self) {
        self.read_until(Self::is_on_other_screen).await;
    }

    pub(super) async fn until_on_own_screen(&mut self) {
        self.read_until(|terminal| !terminal.is_on_other_screen())
            .await;
    }

    pub(super) async fn press(&mut self, keys: &[u8]) {
        self.pty.write_all(keys).await.unwrap();
    }

    /// Reads until the screen has this text.
    pub(super) async fn until(&mut self, text: &str) {
        self.read_until(|terminal| terminal.screen().contains(text))
            .await;
    }

    pub(super) async fn read_until(&mut self, is_there: impl Fn(&Self) -> bool) {
        let mut bytes = [0; 4096];
        while !is_there(self) {
            let read = self.pty.read(&mut bytes).await.unwrap_or(0);
            assert!(read > 0, "ended before: {}", self.text());
            self.written.extend_from_slice(&bytes[..read]);
        }
    }

    /// Reads to the end; the exit code.
    pub(super) async fn end(&mut self) -> i32 {
        let mut bytes = [0; 4096];
        // Linux says EIO when the other end has gone.
        while let Ok(read) = self.pty.read(&mut bytes).await {
            if read == 0 {
                break;
            }
            self.written.extend_from_slice(&bytes[..read]);
        }
        self.child.wait().await.unwrap().code().unwrap_or(-1)
    }
}

/// What commands write, whole, with how they end.
pub(super) async fn shown(
    installation: &Installation,
    shell: &Shell,
    commands: &[&[&str]],
) -> String {
    let mut text = String::new();
    for command in commands {
        let ran = shell.run(command).await;
        text.push_str(&format!("$ regatta {}\n{}", command.join(" "), ran.out));
        if !ran.err.is_empty() {
            text.push_str(&format!("[stderr]\n{}", ran.err));
        }
        text.push_str(&format!("[{}]\n\n", ran.code));
    }
    assert!(!text.contains("hunter2"), "a secret was shown");
    steady(&text, installation)
}

/// Text without what differs from run to run.
pub(super) fn steady(text: &str, installation: &Installation) -> String {
    let text = text.replace(&installation.base, "http://server");
    let text = text.replace(&installation.folder.path().display().to_string(), "/folder");
    let rules = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)", "TIME"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "UUID",
        ),
        (r"-s-(\d+)-[A-Z0-9]{5}\b", "-s-$1-RANDOM"),
        (r"less than a second|\b\d+ seconds?\b", "N seconds"),
    ];
    rules.iter().fold(text, |text, (pattern, with)| {
        Regex::new(pattern)
            .unwrap()
            .replace_all(&text, *with)
            .into_owned()
    })
}
