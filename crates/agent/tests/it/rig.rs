//! A gateway in this process and an agent beside it, in directories of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use regatta_agent::{AgentConfig, ServerAddress};
use regatta_core::engine::event::{Outcome, TicketId};
use regatta_core::log::LogLevel;
use regatta_server::gateway::{
    AgentId, Gateway, GatewayConfig, Registration, Report, Reports, ScriptEnd, StartScript, Syntax,
};
use regatta_wire::identity::Identity;
use tempfile::TempDir;

/// Nothing takes this long unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Processes that are killed end at once; the rest is for a machine with much else to do.
const STUCK_AFTER: Duration = Duration::from_secs(120);

pub(crate) struct Rig {
    pub(crate) dir: TempDir,
    pub(crate) gateway: Gateway,
    pub(crate) reports: Reports,
    pub(crate) agent: AgentId,
    link: Option<Child>,
    /// Lines per ticket, checked to be without gap or repetition.
    pub(crate) lines: HashMap<TicketId, Vec<(LogLevel, String)>>,
    pub(crate) artifacts: HashMap<TicketId, Vec<(String, Vec<u8>)>>,
    pub(crate) progress: Vec<(u32, String)>,
    pub(crate) started: HashMap<TicketId, usize>,
    ends: HashMap<TicketId, Box<ScriptEnd>>,
}

/// What became of a script.
pub(crate) struct Ran {
    pub(crate) end: Box<ScriptEnd>,
    pub(crate) lines: Vec<(LogLevel, String)>,
    pub(crate) artifacts: Vec<(String, Vec<u8>)>,
}

impl Ran {
    pub(crate) fn text(&self) -> String {
        self.lines
            .iter()
            .map(|(_, line)| format!("{line}\n"))
            .collect()
    }
}

pub(crate) fn new_ticket() -> TicketId {
    TicketId(uuid::Uuid::now_v7().to_string())
}

pub(crate) fn bash(body: &str) -> StartScript {
    StartScript::new(new_ticket(), "ServerTasks-1", Syntax::Bash, body)
}

impl Rig {
    pub(crate) async fn new() -> Self {
        let mut rig = Self::without_agent().await;
        rig.start_link();
        rig
    }

    pub(crate) async fn without_agent() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let (gateway, reports) = Gateway::open(GatewayConfig::local(dir.path().join("gateway")))
            .await
            .expect("a gateway");
        let rig = Self {
            agent: AgentId("Workers-1".to_owned()),
            link: None,
            lines: HashMap::new(),
            artifacts: HashMap::new(),
            progress: Vec::new(),
            started: HashMap::new(),
            ends: HashMap::new(),
            dir,
            gateway,
            reports,
        };
        let agent_dir = rig.agent_dir();
        let identity = Identity::open(&agent_dir).expect("an identity");
        let config = AgentConfig {
            server: ServerAddress::File(rig.dir.path().join("gateway/address")),
            server_pin: rig.gateway.pin().to_string(),
            slots: 2,
        };
        std::fs::write(
            agent_dir.join("agent.json"),
            serde_json::to_vec(&config).unwrap(),
        )
        .unwrap();
        rig.gateway.register(Registration {
            agent: rig.agent.clone(),
            pin: identity.pin(),
            slots: Some(2),
        });
        rig.gateway.all_resumed();
        rig
    }

    pub(crate) fn agent_dir(&self) -> PathBuf {
        self.dir.path().join("agent")
    }

    /// Replaces the gateway as a restart of the server would: it knows nothing but its directory.
    pub(crate) async fn restart_gateway(&mut self) {
        let config = GatewayConfig::local(self.dir.path().join("gateway"));
        let (gateway, reports) = Gateway::open(config).await.expect("a gateway");
        let pin = Identity::open(&self.agent_dir()).unwrap().pin();
        self.gateway.unregister(&self.agent);
        gateway.register(Registration {
            agent: self.agent.clone(),
            pin,
            slots: Some(2),
        });
        (self.gateway, self.reports) = (gateway, reports);
    }

    pub(crate) fn start_link(&mut self) {
        self.start_link_with(&[]);
    }

    pub(crate) fn start_link_with(&mut self, environment: &[(&str, &str)]) {
        self.spawn_link(environment, Stdio::inherit());
    }

    /// What the agent says of itself from now on, its supervisor included if this link starts it, is in this file.
    pub(crate) fn start_link_with_log(&mut self) -> PathBuf {
        let path = self.dir.path().join("agent.log");
        let mut options = std::fs::OpenOptions::new();
        let log = options.create(true).append(true).open(&path).unwrap();
        self.spawn_link(&[], log.into());
        path
    }

    fn spawn_link(&mut self, environment: &[(&str, &str)], errors: Stdio) {
        let link = Command::new(env!("CARGO_BIN_EXE_regatta-agent"))
            .args(["agent", "--data-dir"])
            .arg(self.agent_dir())
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("the agent starts");
        self.link = Some(link);
    }

    /// What the agent says it can run.
    pub(crate) async fn connected_capabilities(&mut self) -> Vec<String> {
        loop {
            if let Report::WorkerConnected { capabilities, .. } = self.next().await {
                return capabilities;
            }
        }
    }

    pub(crate) fn kill_link(&mut self) {
        let mut link = self.link.take().expect("a link runs");
        link.kill().expect("it can be killed");
        link.wait().expect("it ends");
    }

    /// Process id of the supervisor itself, from its arguments.
    pub(crate) fn supervisor_pid(&self) -> i32 {
        let dir = self.agent_dir();
        processes()
            .into_iter()
            .find(|(_, arguments)| is_supervisor(arguments, &dir) && is_kept(arguments))
            .expect("a supervisor runs")
            .0
    }

    pub(crate) fn kill_keeper(&self) {
        let dir = self.agent_dir();
        let keeper = processes()
            .into_iter()
            .find(|(_, arguments)| is_supervisor(arguments, &dir) && !is_kept(arguments));
        kill(keeper.expect("a keeper runs").0, "KILL");
    }

    pub(crate) fn kill_supervisor(&self) {
        kill(self.supervisor_pid(), "KILL");
    }

    /// Waits until nothing that the supervisor started is alive.
    pub(crate) async fn wait_for_no_script(&self) {
        let began = Instant::now();
        loop {
            let alive = below(self.supervisor_pid());
            if alive.is_empty() {
                return;
            }
            assert!(
                began.elapsed() < STUCK_AFTER,
                "the supervisor's processes {alive:?} do not end"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn send(&self, script: StartScript) -> TicketId {
        let ticket = script.ticket.clone();
        self.gateway
            .start(&self.agent, script)
            .expect("it is accepted");
        ticket
    }

    /// Runs one script to its end and lets the agent forget it.
    pub(crate) async fn run(&mut self, script: StartScript) -> Ran {
        let ticket = self.send(script);
        self.finish(&ticket).await
    }

    pub(crate) async fn finish(&mut self, ticket: &TicketId) -> Ran {
        while !self.ends.contains_key(ticket) {
            if let Report::Finished(end) = self.next().await {
                self.ends.insert(end.ticket.clone(), end);
            }
        }
        let end = self.ends.remove(ticket).expect("just found");
        let lines = self.lines.remove(ticket).unwrap_or_default();
        assert_eq!(
            lines.len() as u64,
            end.lines,
            "every line arrived before the end"
        );
        self.gateway.finish_stored(ticket);
        Ran {
            end,
            lines,
            artifacts: self.artifacts.remove(ticket).unwrap_or_default(),
        }
    }

    /// Waits for a line of output.
    pub(crate) async fn wait_for_line(&mut self, ticket: &TicketId, text: &str) {
        while !self
            .lines
            .get(ticket)
            .is_some_and(|lines| lines.iter().any(|(_, line)| line == text))
        {
            let report = self.next().await;
            assert!(
                !matches!(&report, Report::Finished(end) if end.ticket == *ticket),
                "it ended without {text}"
            );
        }
    }

    pub(crate) async fn wait_for_started(&mut self, ticket: &TicketId) {
        self.wait_for_started_times(ticket, 1).await;
    }

    /// It is told once in each session.
    pub(crate) async fn wait_for_started_times(&mut self, ticket: &TicketId, times: usize) {
        while self.started.get(ticket).is_none_or(|told| *told < times) {
            self.next().await;
        }
    }

    pub(crate) async fn wait_for_connection(&mut self) {
        while !matches!(self.next().await, Report::WorkerConnected { .. }) {}
    }

    pub(crate) async fn next_unconfirmed(&mut self) -> Report {
        tokio::time::timeout(LIMIT, self.reports.recv())
            .await
            .expect("no hang")
            .expect("the gateway lives")
    }

    /// The next report; output and artifacts are stored, checked and confirmed on the way.
    pub(crate) async fn next(&mut self) -> Report {
        let report = self.next_unconfirmed().await;
        match &report {
            Report::Output(batch) => {
                let lines = self.lines.entry(batch.ticket.clone()).or_default();
                assert_eq!(
                    batch.first_line,
                    lines.len() as u64 + 1,
                    "no gap and no repetition"
                );
                lines.extend(batch.lines().map(|line| (line.level, line.text.to_owned())));
                assert_eq!(batch.last_line(), lines.len() as u64);
                self.gateway.output_stored(&batch.ticket, batch.last_line());
            }
            Report::Artifact(part) => {
                let all = self.artifacts.entry(part.ticket.clone()).or_default();
                if part.offset == 0 {
                    all.truncate(part.index as usize);
                    all.push((part.name.clone(), Vec::new()));
                }
                let (_, content) = &mut all[part.index as usize];
                assert_eq!(content.len() as u64, part.offset);
                content.extend(&part.content);
            }
            Report::Progress {
                percentage,
                message,
                ..
            } => self.progress.push((*percentage, message.clone())),
            Report::Started { ticket, .. } => *self.started.entry(ticket.clone()).or_default() += 1,
            _ => {}
        }
        report
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(mut link) = self.link.take() {
            let _gone = link.kill();
            let _gone = link.wait();
        }
        // The supervisor, its keeper and their scripts outlive the link on purpose; here they must not.
        let dir = self.agent_dir();
        let ours = processes().into_iter();
        let ours = ours.filter(|(_, arguments)| is_supervisor(arguments, &dir));
        let ours: Vec<i32> = ours.map(|(pid, _)| pid).collect();
        let scripts: Vec<i32> = ours.iter().flat_map(|pid| below(*pid)).collect();
        for pid in ours.into_iter().chain(scripts) {
            kill(pid, "KILL");
        }
    }
}

/// Living processes that descend from this one.
fn below(pid: i32) -> Vec<i32> {
    let children = |of: i32| {
        let all = processes().into_iter().map(|(pid, _)| pid);
        all.filter(move |pid| parent(*pid) == Some(of))
    };
    let mut found: Vec<i32> = children(pid).collect();
    let mut at = 0;
    while let Some(next) = found.get(at).copied() {
        found.extend(children(next));
        at += 1;
    }
    found
}

fn parent(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

pub(crate) fn succeeded(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Succeeded { .. })
}

pub(crate) fn kill(pid: i32, signal: &str) {
    let status = Command::new("kill")
        .args([format!("-{signal}"), pid.to_string()])
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok());
}

fn is_supervisor(arguments: &str, dir: &Path) -> bool {
    arguments.contains("agent-supervisor") && arguments.contains(&*dir.to_string_lossy())
}

fn is_kept(arguments: &str) -> bool {
    arguments.contains("--kept")
}

/// Living processes and their arguments.
pub(crate) fn processes() -> Vec<(i32, String)> {
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| {
            let arguments = std::fs::read(format!("/proc/{pid}/cmdline"))
                .ok()
                .filter(|line| !line.is_empty())?;
            Some((pid, String::from_utf8_lossy(&arguments).replace('\0', " ")))
        })
        .collect()
}
