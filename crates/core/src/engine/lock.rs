//! Machine locks between deployments (DESIGN D6).
//!
//! A run takes the locks of all machines it still has steps for together, with its first
//! ticket on a machine, and gives each back when its last step there is settled. Taking all
//! or nothing is what makes a deadlock impossible; standing in line for all of them is what
//! makes starving impossible. Bypassing steps take the lock shared, all others alone.
//!
//! Not here: locks between the steps of one run (`ready`).

use std::collections::BTreeMap;

use super::run::Run;
use super::state::MachineRun;
use super::world::Hold;

/// The locks of all open tasks on one server, by machine, in the order they asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineLocks {
    /// Machines each task holds: machine id → shared.
    held: BTreeMap<String, BTreeMap<String, bool>>,
    /// Tasks in line with the machines they need, first come first.
    line: Vec<(String, BTreeMap<String, bool>)>,
}

impl MachineLocks {
    /// Brings the table up to date with one task; call it after every turn of the task and when it ends.
    /// A task in line keeps its place.
    pub fn update(&mut self, task: &str, run: &Run) {
        let held = run.machines_held();
        if held.is_empty() {
            self.held.remove(task);
        } else {
            self.held.insert(task.to_owned(), held);
        }
        let wanted = run.machines_wanted();
        let place = self.line.iter().position(|(waiting, _)| waiting == task);
        match (place, wanted.is_empty()) {
            (Some(place), true) => drop(self.line.remove(place)),
            (Some(place), false) => self.line[place].1 = wanted,
            (None, true) => {}
            (None, false) => self.line.push((task.to_owned(), wanted)),
        }
    }

    /// Forgets a task.
    pub fn remove(&mut self, task: &str) {
        self.held.remove(task);
        self.line.retain(|(waiting, _)| waiting != task);
    }

    /// What `task` has to respect: machines held by others or promised to others before it in line.
    #[must_use]
    pub fn seen_by(&self, task: &str) -> BTreeMap<String, Hold> {
        let mut seen = BTreeMap::new();
        let before = self.line.iter().take_while(|(waiting, _)| waiting != task);
        let held = self.held.iter().filter(|(holder, _)| *holder != task);
        let all = before
            .map(|(holder, machines)| (holder, machines))
            .chain(held);
        for (holder, machines) in all {
            for (machine, &shared) in machines {
                let hold = Hold {
                    task: Some(holder.clone()),
                    shared,
                };
                // The real holder replaces who is only in line; one who holds it alone replaces sharers.
                if !shared || seen.get(machine).is_none_or(|other: &Hold| other.shared) {
                    seen.insert(machine.clone(), hold);
                }
            }
        }
        seen
    }
}

impl Run {
    /// Machines (document ids) this run holds, and whether shared.
    #[must_use]
    pub fn machines_held(&self) -> BTreeMap<String, bool> {
        if self.locks_taken && !self.is_finished() {
            self.machines_used()
        } else {
            BTreeMap::new()
        }
    }

    /// Machines this run needs all at once before its waiting actions may start on any of them.
    #[must_use]
    pub fn machines_wanted(&self) -> BTreeMap<String, bool> {
        let ready = self
            .agenda
            .ready
            .keys()
            .any(|line| matches!(line, super::agenda::Line::Machine(_)));
        if ready && !self.locks_taken {
            self.machines_used()
        } else {
            BTreeMap::new()
        }
    }

    fn machines_used(&self) -> BTreeMap<String, bool> {
        let used = self.plan.targets.iter().zip(&self.machines);
        used.filter_map(|(target, machine)| Some((target.id.clone(), machine.lock_mode()?)))
            .collect()
    }

    /// The first machine this run needs and another task keeps from it.
    pub(super) fn locked_by_other<'w>(
        &self,
        locks: &'w BTreeMap<String, Hold>,
    ) -> Option<(u32, &'w Hold)> {
        if self.locks_taken || locks.is_empty() {
            return None;
        }
        self.machines.iter().enumerate().find_map(|(ix, machine)| {
            let shared = machine.lock_mode()?;
            let hold = locks.get(&self.plan.targets[ix].id)?;
            (!(shared && hold.shared)).then_some((ix as u32, hold))
        })
    }
}

impl MachineRun {
    /// `None` = needs no lock (any more); `Some(true)` = shared.
    const fn lock_mode(&self) -> Option<bool> {
        match (self.lock_uses, self.bypass_uses) {
            (0, 0) => None,
            (0, _) => Some(true),
            _ => Some(false),
        }
    }
}
