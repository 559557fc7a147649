//! Somebody with an agent's key who does not keep to the protocol: he is cut off, the log says why, and the server has
//! time and memory for everybody else.

mod impostor;

use regatta_wire::proto::{Finished, Hello, Output, Progress, Run, up_message::Kind};
use serde_json::json;

use crate::installation::{Installation, process, step, text};
use impostor::{Impostor, connected_after, connections, hello, times_connected, up};

/// What the server may take more than before, whatever is done to it.
const MORE_MAX_BYTES: u64 = 192 * 1024 * 1024;

struct Offence {
    said: Vec<Vec<u8>>,
    /// What the server's log says about it.
    reason: &'static str,
}

fn output(ticket: &str, (first_line, lines): (u64, u32), text: String) -> Kind {
    let run = Run {
        lines,
        ..Run::default()
    };
    Kind::Output(Output {
        ticket: ticket.to_owned(),
        first_line,
        text,
        runs: vec![run],
    })
}

/// All that needs no script.
fn offences() -> Vec<Offence> {
    let after_hello = |said: Vec<u8>, reason| Offence {
        said: vec![up([Kind::Hello(hello())]), said],
        reason,
    };
    let stray = |_| Kind::Progress(Progress::default());
    let many = Hello {
        capabilities: vec![String::new(); 2_000],
        ..hello()
    };
    let lines_of_nothing = Kind::Output(Output {
        first_line: 1,
        text: "one\n".to_owned(),
        runs: [1, 0, 0]
            .map(|lines| Run {
                lines,
                ..Run::default()
            })
            .into(),
        ..Output::default()
    });
    vec![
        Offence {
            said: vec![up([stray(0)])],
            reason: "the first message was not a hello",
        },
        Offence {
            said: vec![up([Kind::Hello(many)])],
            reason: "a hello of a bad size",
        },
        after_hello(up([Kind::Hello(hello())]), "a second hello"),
        after_hello(vec![0x0a; 17 * 1024 * 1024], "message length too large"),
        // Two bytes each on the wire, two hundred in memory.
        after_hello([0x0a, 0].repeat(6_000_000), "bytes of memory"),
        after_hello(up((0..2_000).map(stray)), "scripts that are not its own"),
        after_hello(up([lines_of_nothing]), "lines do not add up"),
        after_hello(
            up([output("", (1, 1), "no line feed".to_owned())]),
            "an output of a bad size",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_breaks_the_protocol_is_cut_off_with_a_reason_and_costs_little() {
    let installation = started().await;
    let before_bytes = peak_bytes(&installation);
    for offence in offences() {
        let impostor = Impostor::connect(&installation).await;
        for message in offence.said {
            impostor.say(message).await;
        }
        impostor.until_cut_off().await;
        told(&installation, offence.reason).await;
        installation.get("/api").await;
    }
    let more_bytes = peak_bytes(&installation).saturating_sub(before_bytes);
    assert!(more_bytes < MORE_MAX_BYTES, "{more_bytes}");
    goes_on(&installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_floods_his_own_script_and_does_not_listen_harms_nobody_else() {
    let installation = started().await;
    let before_bytes = peak_bytes(&installation);
    let mut impostor = Impostor::with_hello(&installation).await;
    let task = deploy(&installation, "Flood").await;
    let ticket = impostor.start().await.ticket;
    let lines = 128 * 1024;
    let text = "a line\n".repeat(128 * 1024);
    for at in 0..48 {
        let first_line = u64::from(at * lines) + 1;
        let flood = output(&ticket, (first_line, lines), text.clone());
        impostor.say(up([flood])).await;
        installation.get("/api").await;
    }
    // Lines are missing before it.
    impostor
        .say(up([output(&ticket, (u64::MAX / 2, 1), "\n".to_owned())]))
        .await;
    impostor.until_cut_off().await;
    told(&installation, "output is missing").await;
    is_given_up(&installation, &task).await;
    let more_bytes = peak_bytes(&installation).saturating_sub(before_bytes);
    assert!(more_bytes < MORE_MAX_BYTES, "{more_bytes}");
    goes_on(&installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tells_an_end_before_its_output_is_cut_off() {
    let installation = started().await;
    let mut impostor = Impostor::with_hello(&installation).await;
    let task = deploy(&installation, "Early").await;
    let ended = Kind::Finished(Finished {
        ticket: impostor.start().await.ticket,
        lines: 7,
        ..Finished::default()
    });
    impostor.say(up([ended])).await;
    impostor.until_cut_off().await;
    told(&installation, "an end before its output").await;
    is_given_up(&installation, &task).await;
    goes_on(&installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_keeps_no_more_than_two_connections_and_never_shuts_its_owner_out() {
    let installation = started().await;
    let mut impostors = Vec::new();
    for _ in 0..12 {
        impostors.push(Impostor::connect(&installation).await);
    }
    installation
        .until("the older connections end", async || {
            (connections(&installation) <= 2).then_some(())
        })
        .await;
    goes_on(&installation).await;
    drop(impostors);
}

/// A server whose worker works, and then does not move.
async fn started() -> Installation {
    let installation = Installation::start().await;
    let task = deploy(&installation, "Before").await;
    assert_eq!(installation.finished(&task).await["State"], "Success");
    installation.freeze_link();
    installation
}

async fn deploy(installation: &Installation, name: &str) -> String {
    let steps = vec![step("one", None, "echo ok")];
    let project = installation.project(name, steps).await;
    installation.deploy(&project, json!({})).await
}

async fn told(installation: &Installation, reason: &str) {
    let told = async || installation.server_log().contains(reason).then_some(());
    installation.until(reason, told).await;
}

/// The next hello knows nothing of the script: nobody can tell how it ended.
async fn is_given_up(installation: &Installation, task: &str) {
    let _impostor = Impostor::with_hello(installation).await;
    let over = installation.finished(task).await;
    assert_eq!(over["State"], "Failed", "{over}");
    assert!(text(&over["ErrorMessage"]).contains("one"), "{over}");
}

/// The worker is let move again, and works as before.
async fn goes_on(installation: &Installation) {
    let before = times_connected(installation);
    installation.thaw_link();
    connected_after(installation, before).await;
    let task = deploy(installation, "After").await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
}

fn peak_bytes(installation: &Installation) -> u64 {
    let status = process::read(installation.server_pid(), "status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line
        .and_then(|line| line.split_whitespace().nth(1))
        .unwrap();
    kib.parse::<u64>().unwrap() * 1024
}
