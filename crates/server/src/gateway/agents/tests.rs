//! What one agent may say about the scripts of another: nothing.

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::gateway::outbox::outbox;
use crate::gateway::{ScriptPackage, Syntax};

fn agent(name: &str) -> AgentId {
    AgentId(name.to_owned())
}

fn registered(agents: &mut Agents, name: &str, digit: &str) {
    let registration = Registration {
        agent: agent(name),
        pin: digit.repeat(64).parse().unwrap(),
        slots: Some(1),
    };
    assert_eq!(agents.register(&registration, None), None);
}

fn connected(agents: &mut Agents, name: &str) -> Accepted {
    let hello = proto::Hello {
        journal_id: name.to_owned(),
        ..proto::Hello::default()
    };
    agents.connect(agent(name), hello, outbox().0).unwrap()
}

/// Two agents, and a script that the first was told to run.
fn two() -> (Agents, UnboundedReceiver<Report>, [Accepted; 2], TicketId) {
    let (sender, reports) = unbounded_channel();
    let mut agents = Agents::new(sender);
    registered(&mut agents, "Workers-1", "1");
    registered(&mut agents, "Workers-2", "2");
    let sessions = ["Workers-1", "Workers-2"].map(|name| connected(&mut agents, name));
    let ticket = TicketId(uuid::Uuid::now_v7().to_string());
    let mut script = StartScript::new(ticket.clone(), "ServerTasks-1", Syntax::Bash, "echo");
    script.packages.push(ScriptPackage {
        reference: String::new(),
        package_id: "App".to_owned(),
        version: "1.0".to_owned(),
        extension: ".zip".to_owned(),
        sha256: "a package".to_owned(),
        length_bytes: 1,
        extract: true,
    });
    agents.start(&agent("Workers-1"), script).unwrap();
    (agents, reports, sessions, ticket)
}

#[test]
fn an_agent_cannot_speak_about_or_fetch_for_a_script_of_another() {
    let (mut agents, mut reports, [owner, other], ticket) = two();
    while reports.try_recv().is_ok() {}
    assert!(!agents.is_open(&other, &ticket));
    assert_eq!(agents.output_arrives(&other, &ticket, 1, 1), Arrival::Stray);
    assert_eq!(agents.next_line(&other, &ticket), None);
    assert!(!agents.ends(&other, &ticket));
    assert!(!agents.may_fetch(&other.agent, &ticket, "a package"));
    // Nothing of it changed for the one that runs it.
    assert_eq!(agents.next_line(&owner, &ticket), Some(1));
    assert!(agents.may_fetch(&owner.agent, &ticket, "a package"));
    assert_eq!(agents.output_arrives(&owner, &ticket, 1, 2), Arrival::Next);
    assert!(agents.ends(&owner, &ticket));
    assert!(reports.try_recv().is_err());
}

#[test]
fn a_session_that_was_replaced_is_not_heard_any_more() {
    let (mut agents, _reports, [before, _], ticket) = two();
    let now = connected(&mut agents, "Workers-1");
    assert!(!agents.is_open(&before, &ticket));
    assert!(agents.is_open(&now, &ticket));
}
