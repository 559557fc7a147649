//! Measures what the way from the gateway to a script and back adds: 1,000 `bash` scripts that print one line, two at
//! a time, beside `xargs -P2` doing the same without us. `cargo run --release -p regatta-agent --example throughput`
//! (build the program first: `cargo build --release -p regatta-agent`).

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regatta_agent::{AgentConfig, ServerAddress};
use regatta_core::engine::event::TicketId;
use regatta_server::gateway::{
    AgentId, Gateway, GatewayConfig, Registration, Report, Reports, StartScript, Syntax,
};
use regatta_wire::identity::Identity;

const SCRIPTS: usize = 1000;
const ROUNDS: usize = 5;
/// Tickets sent ahead of a free slot.
const AHEAD: usize = 16;

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let (gateway, mut reports) = Gateway::open(GatewayConfig::local(dir.path().join("gateway")))
        .await
        .expect("a gateway");
    let agent = AgentId("Workers-1".to_owned());
    prepare(dir.path(), &gateway, &agent);
    let program = std::env::current_exe()
        .expect("a path")
        .with_file_name("../regatta-agent");
    let mut link = Command::new(program)
        .args(["agent", "--data-dir"])
        .arg(dir.path().join("agent"))
        .spawn()
        .expect("an agent");
    while !matches!(reports.recv().await, Some(Report::WorkerConnected { .. })) {}
    for _ in 0..ROUNDS {
        let (ours, bare) = (run(&gateway, &mut reports, &agent).await, xargs());
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        let added_ms = (ours.as_secs_f64() - bare.as_secs_f64()) * 1000.0 / SCRIPTS as f64;
        println!(
            "regatta {ours:.2?}  xargs {bare:.2?}  ratio {ratio:.2}  added {added_ms:.3} ms per script"
        );
    }
    let stopped = Command::new("kill").arg(link.id().to_string()).status();
    assert!(stopped.is_ok() && link.wait().is_ok());
}

fn prepare(dir: &Path, gateway: &Gateway, agent: &AgentId) {
    let identity = Identity::open(&dir.join("agent")).expect("an identity");
    let config = AgentConfig {
        server: ServerAddress::Address(gateway.address().to_string()),
        server_pin: gateway.pin().to_string(),
        slots: 2,
    };
    std::fs::write(
        dir.join("agent/agent.json"),
        serde_json::to_vec(&config).expect("plain data"),
    )
    .expect("a file");
    gateway.register(Registration {
        agent: agent.clone(),
        pin: identity.pin(),
        slots: Some(2),
    });
    gateway.all_resumed();
}

async fn run(gateway: &Gateway, reports: &mut Reports, agent: &AgentId) -> Duration {
    let began = Instant::now();
    let (mut sent, mut done, mut batch) = (0, 0, Vec::new());
    while done < SCRIPTS {
        while sent < SCRIPTS && sent < done + AHEAD {
            let ticket = TicketId(uuid::Uuid::now_v7().to_string());
            let script = StartScript::new(
                ticket,
                "ServerTasks-1",
                Syntax::Bash,
                format!("echo {sent}"),
            );
            gateway.start(agent, script).expect("registered");
            sent += 1;
        }
        reports.recv_many(&mut batch, 256).await;
        for report in batch.drain(..) {
            match report {
                Report::Output(output) => gateway.output_stored(&output.ticket, output.last_line()),
                Report::Finished(end) => {
                    assert_eq!((end.exit_code, end.lines), (Some(0), 1));
                    gateway.finish_stored(&end.ticket);
                    done += 1;
                }
                _ => {}
            }
        }
    }
    began.elapsed()
}

fn xargs() -> Duration {
    let began = Instant::now();
    let command = format!("seq {SCRIPTS} | xargs -P2 -n1 bash -c 'echo $0'");
    let status = Command::new("bash")
        .args(["-c", &command])
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    began.elapsed()
}
