//! Whether an action may start now, and if not, why.
//!
//! One function decides ([`Run::may_start`]) and both [`Run::next`] and [`Run::explain`]
//! ask it in the same order with the same running count of what is left, so what is
//! explained is always what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::agenda::{Line, Rank};
use super::explain::WaitReason;
use super::plan::TargetIx;
use super::run::Run;
use super::state::{CellState, PlaceRef};
use super::world::{Hold, World};
use crate::time::Time;

/// What is left of the world while one turn hands it out.
pub(super) struct Free<'w> {
    world: &'w World,
    issued: u32,
    worker_tickets: Vec<u32>,
    machine_tickets: BTreeMap<TargetIx, u32>,
    /// Places that got, or stand first in line for, a machine alone in this turn.
    alone: BTreeMap<TargetIx, PlaceRef>,
    locked: Option<(TargetIx, &'w Hold)>,
}

/// Where an action goes: an index into [`World::workers`], or the target or server itself.
pub(super) type Goes = Option<usize>;

impl Run {
    /// Offers every ready action, best first, to `visit` with the decision about it.
    /// With `every` unset, what cannot start for a reason shared by all behind it in line is not visited.
    pub(super) fn offer_ready(
        &self,
        now: Time,
        world: &World,
        every: bool,
        mut visit: impl FnMut(PlaceRef, Result<Goes, WaitReason>),
    ) {
        let mut free = Free::new(self, world);
        if !every && self.limit_reached(&free).is_some() {
            return;
        }
        let mut heads: BTreeMap<Rank, Line> = BTreeMap::new();
        for (line, waiting) in &self.agenda.ready {
            heads.extend(waiting.first().map(|rank| (*rank, line.clone())));
        }
        heads.extend(self.due_again(now).map(|at| (self.rank(at), self.line(at))));
        let mut closed = BTreeSet::new();
        while let Some((rank, line)) = heads.pop_first() {
            if closed.contains(&line) {
                continue;
            }
            let decision = self.may_start(rank.1, &free);
            free.take(self, rank.1, &decision);
            let goes_on = every || !matches!(&decision, Err(reason) if reason.holds_for_the_line());
            if goes_on {
                let behind = (Bound::Excluded(rank), Bound::Unbounded);
                let next = self
                    .agenda
                    .ready
                    .get(&line)
                    .and_then(|waiting| waiting.range(behind).next());
                heads.extend(next.map(|next| (*next, line)));
            } else {
                closed.insert(line);
            }
            visit(rank.1, decision);
        }
    }

    /// Places whose back-off is over.
    fn due_again(&self, now: Time) -> impl Iterator<Item = PlaceRef> {
        let due = self
            .agenda
            .timers
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, place)| *place);
        due.filter(|&place| matches!(self.cell(place).state, CellState::BackOff { .. }))
    }

    /// The decision: whether the current action of a place may start, given what is left.
    fn may_start(&self, at: PlaceRef, free: &Free<'_>) -> Result<Goes, WaitReason> {
        if let Some(reason) = self.limit_reached(free) {
            return Err(reason);
        }
        match self.line(at) {
            Line::Server => Ok(None),
            Line::Pool(pool) => free.choose_worker(&pool).map(Some),
            Line::Machine(target) => self.may_use_machine(at, target, free).map(|()| None),
        }
    }

    fn limit_reached(&self, free: &Free<'_>) -> Option<WaitReason> {
        let running = self.running + free.issued;
        if let Some(limit) = self
            .plan
            .limits
            .running_max
            .filter(|&limit| running >= limit)
        {
            return Some(WaitReason::RunningLimit { running, limit });
        }
        free.world
            .free_slots
            .filter(|&slots| free.issued >= slots)
            .map(|_| WaitReason::ServerFull)
    }

    fn may_use_machine(
        &self,
        at: PlaceRef,
        target: TargetIx,
        free: &Free<'_>,
    ) -> Result<(), WaitReason> {
        let machine = &self.machines[target.0 as usize];
        if free
            .world
            .offline
            .contains(&self.plan.targets[target.0 as usize].id)
        {
            return Err(WaitReason::MachineOffline { target });
        }
        if let Some((locked, hold)) = free.locked {
            return Err(WaitReason::MachineLock {
                target: locked,
                holder: hold.task.clone(),
            });
        }
        let alone = machine
            .exclusive
            .or_else(|| free.alone.get(&target).copied());
        if let Some(other) = alone.filter(|&other| other != at) {
            return Err(WaitReason::ExclusiveStep {
                target,
                step: other.step,
            });
        }
        let running = machine.running + free.machine_tickets.get(&target).copied().unwrap_or(0);
        if self.plan_step(at.step).is_exclusive() && running > 0 {
            return Err(WaitReason::MachineInUse { target, running });
        }
        match self
            .plan
            .limits
            .per_machine_max
            .filter(|&limit| running >= limit)
        {
            Some(limit) => Err(WaitReason::MachineLimit {
                target,
                running,
                limit,
            }),
            None => Ok(()),
        }
    }
}

impl<'w> Free<'w> {
    fn new(run: &Run, world: &'w World) -> Self {
        Self {
            world,
            issued: 0,
            worker_tickets: world.workers.iter().map(|worker| worker.tickets).collect(),
            machine_tickets: BTreeMap::new(),
            alone: BTreeMap::new(),
            locked: run
                .locked_by_other(&world.locks)
                .map(|(ix, hold)| (TargetIx(ix), hold)),
        }
    }

    /// The connected worker of the pool with the least load that takes another ticket.
    fn choose_worker(&self, pool: &str) -> Result<usize, WaitReason> {
        let serving = self
            .world
            .workers
            .iter()
            .enumerate()
            .filter(|(_, worker)| worker.pools.iter().any(|p| p == pool));
        let (mut best, mut serve, mut busy, mut room): (Option<usize>, u32, u32, u32) =
            (None, 0, 0, 0);
        for (ix, worker) in serving {
            serve += 1;
            if !worker.connected {
                continue;
            }
            let tickets = self.worker_tickets[ix];
            busy = busy.saturating_add(tickets);
            room = room
                .saturating_add(worker.slots)
                .saturating_add(worker.ahead);
            let load = |ix: usize, other: usize| {
                u64::from(self.worker_tickets[ix]) * u64::from(self.world.workers[other].slots)
            };
            let takes_more = tickets < worker.slots.saturating_add(worker.ahead);
            if takes_more && best.is_none_or(|best| load(ix, best) < load(best, ix)) {
                best = Some(ix);
            }
        }
        let pool = || pool.to_owned();
        best.ok_or_else(|| match (serve, room) {
            (0, _) => WaitReason::NoWorker {
                pool: pool(),
                name: self.world.pool_names.get(&pool()).cloned(),
            },
            (workers, 0) => WaitReason::WorkersOffline {
                pool: pool(),
                workers,
            },
            (_, of) => WaitReason::PoolFull {
                pool: pool(),
                busy,
                of,
            },
        })
    }

    /// Takes what a start needs out of what is left. A place that waits to have its machine alone
    /// stands in the way of those behind it, or it would never get its turn.
    fn take(&mut self, run: &Run, at: PlaceRef, decision: &Result<Goes, WaitReason>) {
        let target = run.machine_of(at);
        let alone = target.filter(|_| run.plan_step(at.step).is_exclusive());
        match (decision, target) {
            (Ok(goes), _) => {
                self.issued += 1;
                if let Some(worker) = goes {
                    self.worker_tickets[*worker] += 1;
                }
                if let Some(target) = target {
                    *self.machine_tickets.entry(target).or_default() += 1;
                }
                self.alone.extend(alone.map(|target| (target, at)));
            }
            (Err(WaitReason::MachineInUse { target, .. }), Some(_)) => {
                self.alone.entry(*target).or_insert(at);
            }
            (Err(_), _) => {}
        }
    }
}
