//! What a server sees around its tasks: agents, their connections, and locks.

use regatta_core::engine::event::Cell;
use regatta_core::engine::plan::{ActionKind, Plan};
use regatta_core::engine::{Worker, World};
use regatta_core::time::Time;

use super::{SILENT_MS, Server};
use crate::engine::sim::store::Store;

impl Server {
    /// Where a ticket goes: its worker, its machine, or the server's own agent.
    pub(super) fn agent_of(&self, plan: &Plan, cell: Cell, worker: Option<&str>) -> usize {
        let action = &plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let machine = cell
            .target
            .filter(|_| action.kind == ActionKind::OnTarget)
            .map(|target| plan.targets[target.0 as usize].id.as_str());
        let name = worker.or(machine).unwrap_or("Server");
        self.agents.iter().position(|agent| agent == name).unwrap()
    }

    pub(super) fn world(&self, task: &str, now: Time) -> World {
        let mut world = World {
            locks: self.locks.seen_by(task),
            ..World::default()
        };
        for (ix, name) in self.agents.iter().enumerate() {
            let heard = self.heard[ix];
            let connected = heard.0 > i64::MIN && now.since_ms(heard) <= SILENT_MS;
            if name.starts_with("Machines") && !connected {
                world.offline.insert(name.clone());
            }
            if name.starts_with("Workers") {
                world.workers.push(self.worker(name, connected));
            }
        }
        world
    }

    fn worker(&self, name: &str, connected: bool) -> Worker {
        let out = self.owned.values().flat_map(|it| it.run.tickets_out());
        let tickets = out.filter(|ticket| ticket.worker == Some(name)).count();
        Worker {
            id: name.to_owned(),
            pools: vec!["pool".to_owned()],
            connected,
            slots: 1,
            ahead: 2,
            tickets: tickets as u32,
        }
    }

    pub(in crate::engine::sim) fn why(&self, store: &Store, now: Time) -> String {
        let world = self.world("", now);
        let lines = self.owned.iter().flat_map(|(ix, owned)| {
            let plan = &store.tasks[*ix].plan;
            owned
                .run
                .explain(now, &world)
                .into_iter()
                .map(move |it| format!("task {ix} {:?}: {}", it.cell, it.reason.text(plan)))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
