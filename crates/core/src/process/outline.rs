//! A process as a picture: who waits for whom and why, what may run side by side, which dependencies can be added.
//!
//! Works on any process, also on one that cannot be saved: entries that name nothing are left out, and the
//! dependencies inside a loop are shown but taken for cut wherever an order is needed. Not here: what is wrong
//! with it, that is [`super::lint`]; nor times, those are [`crate::simulate`]'s.

use std::collections::VecDeque;
use std::ops::Range;

use super::graph::{self, Graph};
use super::start::StartRule;
use super::step::{StartTrigger, Step};

pub use super::rail::Rail;

/// See the module. Steps are positions in the list.
#[derive(Debug, Clone)]
pub struct Outline {
    graph: Graph,
    /// As authored, loops included.
    direct: Vec<Vec<usize>>,
    /// The same edges the other way round.
    followed_by: Vec<Vec<usize>>,
    is_explicit: Vec<bool>,
    /// Step i starts together with the one above it, and so takes over whatever that one waits for.
    copies: Vec<bool>,
    loops: Vec<Vec<usize>>,
    in_loop: Vec<bool>,
}

/// One step waiting directly for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub on: usize,
    /// From a dependency list; otherwise from the step's place in the list.
    pub is_explicit: bool,
    /// It would wait anyway, through this one.
    pub implied_through: Option<usize>,
    /// Part of a loop: taken for cut.
    pub in_loop: bool,
}

/// Why one step cannot be made to wait for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub on: usize,
    /// How `on` waits for the step: starts with `on`, ends with the step (or with one that starts together with
    /// it); each waits for the next. Only `on` itself when the two start together. At most [`PATH_MAX`] steps.
    pub path: Vec<usize>,
    /// Steps are left out before the last one of the path.
    pub is_cut: bool,
}

/// Longer paths are told without their middle: there is one for every pair of steps.
pub const PATH_MAX: usize = 8;

/// From a step towards one that it waits for.
#[derive(Debug, Clone, Copy)]
struct Way {
    next: usize,
    goal: usize,
}

impl Refused {
    fn together(on: usize) -> Self {
        Self {
            on,
            path: vec![on],
            is_cut: false,
        }
    }

    fn on_the_way(on: usize, ways: &[Option<Way>]) -> Self {
        let mut path = vec![on];
        let (mut rest, mut goal) = (ways[on], None);
        while let (Some(way), true) = (rest, path.len() < PATH_MAX) {
            path.push(way.next);
            goal = Some(way.goal);
            rest = ways[way.next];
        }
        let is_cut = rest.is_some();
        if let (Some(last), Some(goal), true) = (path.last_mut(), goal, is_cut) {
            *last = goal;
        }
        Self { on, path, is_cut }
    }
}

impl Outline {
    #[must_use]
    pub fn of(steps: &[Step]) -> Self {
        let (direct, _) = graph::direct(steps);
        let loops = loops(&direct);
        let mut in_loop = vec![false; steps.len()];
        loops
            .iter()
            .flatten()
            .for_each(|&step| in_loop[step] = true);
        let cut = without_loops(&direct, &in_loop);
        Self {
            graph: Graph::from_edges(cut).expect("every edge between steps of one loop is cut"),
            followed_by: reversed(&direct),
            direct,
            is_explicit: steps.iter().map(is_explicit).collect(),
            copies: steps.iter().map(copies).collect(),
            loops,
            in_loop,
        }
    }

    /// The order, without the dependencies inside loops.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Each waits for the next, the last for the first. One shortest loop per step that is in any.
    #[must_use]
    pub fn loops(&self) -> &[Vec<usize>] {
        &self.loops
    }

    #[must_use]
    pub fn is_in_loop(&self, step: usize) -> bool {
        self.in_loop[step]
    }

    /// Whether a loop keeps the step from ever starting: it is in one, or waits for one.
    #[must_use]
    pub fn is_stuck(&self, step: usize) -> bool {
        let blocked = |on: usize| self.in_loop[on] && self.graph.is_after(step, on);
        self.in_loop[step] || (0..self.in_loop.len()).any(blocked)
    }

    /// What the step waits for directly, ascending.
    pub fn waits(&self, step: usize) -> impl Iterator<Item = Wait> {
        self.direct[step].iter().map(move |&on| {
            let in_loop = self.graph.waits_for(step).binary_search(&on).is_err();
            Wait {
                on,
                is_explicit: self.is_explicit[step],
                implied_through: (!in_loop)
                    .then(|| self.graph.implied_through(step, on))
                    .flatten(),
                in_loop,
            }
        })
    }

    /// [`Graph::drawn_dependants`].
    #[must_use]
    pub fn drawn_dependants(&self) -> Vec<Vec<usize>> {
        self.graph.drawn_dependants()
    }

    /// [`Graph::rails`].
    #[must_use]
    pub fn rails(&self) -> Vec<Rail> {
        self.graph.rails()
    }

    /// Which further dependencies of a step are impossible, ascending. Making it wait changes those that start
    /// together with it as well, so ways to them count, too.
    #[must_use]
    pub fn refused(&self, step: usize) -> Vec<Refused> {
        let together = step..self.end_of_copies(step);
        let ways = self.ways_to(together.clone());
        let new = |on: &usize| *on != step && self.direct[step].binary_search(on).is_err();
        (0..self.direct.len())
            .filter(new)
            .filter_map(|on| {
                if together.contains(&on) {
                    return Some(Refused::together(on));
                }
                ways[on].is_some().then(|| Refused::on_the_way(on, &ways))
            })
            .collect()
    }

    /// For every step that waits for one of these: where a shortest way to them leads. Breadth-first against
    /// "waits for".
    fn ways_to(&self, goals: Range<usize>) -> Vec<Option<Way>> {
        let mut ways = vec![None; self.direct.len()];
        let mut queue: VecDeque<(usize, usize)> = goals.clone().map(|goal| (goal, goal)).collect();
        while let Some((next, goal)) = queue.pop_front() {
            for &step in &self.followed_by[next] {
                if ways[step].is_none() && !goals.contains(&step) {
                    ways[step] = Some(Way { next, goal });
                    queue.push_back((step, goal));
                }
            }
        }
        ways
    }

    /// One past the last step below that starts together with this one.
    fn end_of_copies(&self, step: usize) -> usize {
        let below = self.copies[step + 1..].iter();
        step + 1 + below.take_while(|copies| **copies).count()
    }
}

fn reversed(direct: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut followed_by = vec![Vec::new(); direct.len()];
    for (step, waits_for) in direct.iter().enumerate() {
        for &on in waits_for {
            followed_by[on].push(step);
        }
    }
    followed_by
}

fn is_explicit(step: &Step) -> bool {
    matches!(StartRule::of(step), Ok(StartRule::After(_)) | Err(_))
}

fn copies(step: &Step) -> bool {
    step.start_trigger == StartTrigger::StartWithPrevious
        && matches!(StartRule::of(step), Ok(StartRule::WithPrevious))
}

/// A shortest loop through each step that is in one; loops of the same steps once.
fn loops(direct: &[Vec<usize>]) -> Vec<Vec<usize>> {
    if graph::topological(direct).is_some() {
        return Vec::new();
    }
    let mut seen = std::collections::BTreeSet::new();
    let each = (0..direct.len()).filter_map(|step| graph::loop_through(direct, step));
    each.filter(|found| {
        let mut members = found.clone();
        members.sort_unstable();
        seen.insert(members)
    })
    .collect()
}

/// The edges that are in no loop: `on` does not wait for the step that waits for it.
fn without_loops(direct: &[Vec<usize>], in_loop: &[bool]) -> Vec<Vec<usize>> {
    let mut cut = direct.to_vec();
    for on in (0..direct.len()).filter(|on| in_loop[*on]) {
        let reached = search(direct, on);
        for (step, waits_for) in cut
            .iter_mut()
            .enumerate()
            .filter(|(step, _)| in_loop[*step])
        {
            if step == on || reached[step].is_some() {
                waits_for.retain(|waited| *waited != on);
            }
        }
    }
    cut
}

/// Breadth-first along "waits for": for every step that `start` waits for, directly or not, the step it was
/// first reached from.
fn search(direct: &[Vec<usize>], start: usize) -> Vec<Option<usize>> {
    let mut reached_from = vec![None; direct.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(step) = queue.pop_front() {
        for &on in &direct[step] {
            if reached_from[on].is_none() {
                reached_from[on] = Some(step);
                queue.push_back(on);
            }
        }
    }
    reached_from
}
