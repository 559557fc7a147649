//! Start rules turned into "waits for", over the steps as authored (disabled and skipped ones included).
//!
//! Positions are indices into `DeploymentProcess::steps`. Nothing is reduced: a step after
//! "all above" waits for each of them, because run conditions look at every one (DESIGN D4).

use std::collections::HashMap;

use super::start::{BadDependsOn, StartRule};
use super::step::Step;

/// Who waits for whom. Without loops, by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    waits_for: Vec<Vec<usize>>,
    /// Row i: the set of steps i waits for, directly or not.
    ancestors: Vec<BitSet>,
    /// Every step after all it waits for; among equals in list order.
    order: Vec<usize>,
}

/// Why steps have no order. Numbers are positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphError {
    BadList {
        step: usize,
        error: BadDependsOn,
    },
    Unknown {
        step: usize,
        slug: String,
    },
    Itself {
        step: usize,
    },
    Duplicate {
        step: usize,
        on: usize,
    },
    /// Each step waits for the next one, the last for the first.
    Cycle {
        steps: Vec<usize>,
    },
}

impl Graph {
    /// The order of `steps`, or everything that is wrong with it (one loop at most is named).
    pub fn of(steps: &[Step]) -> Result<Self, Vec<GraphError>> {
        let (waits_for, mut errors) = direct(steps);
        match Self::from_edges(waits_for) {
            Ok(graph) if errors.is_empty() => Ok(graph),
            Ok(_) => Err(errors),
            Err(steps) => {
                errors.push(GraphError::Cycle { steps });
                Err(errors)
            }
        }
    }

    /// A graph from its edges, `waits_for[i]` being what step i waits for; or a shortest loop through some step.
    pub fn from_edges(mut waits_for: Vec<Vec<usize>>) -> Result<Self, Vec<usize>> {
        for direct in &mut waits_for {
            direct.sort_unstable();
            direct.dedup();
        }
        let order = topological(&waits_for).ok_or_else(|| shortest_loop(&waits_for))?;
        let mut ancestors = vec![BitSet::new(waits_for.len()); waits_for.len()];
        for &step in &order {
            let mut row = BitSet::new(waits_for.len());
            for &on in &waits_for[step] {
                row.insert(on);
                row.union(&ancestors[on]);
            }
            ancestors[step] = row;
        }
        Ok(Self {
            waits_for,
            ancestors,
            order,
        })
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.waits_for.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waits_for.is_empty()
    }

    /// What `step` waits for directly, ascending.
    #[must_use]
    pub fn waits_for(&self, step: usize) -> &[usize] {
        &self.waits_for[step]
    }

    /// Whether `step` starts only after `on` has settled, directly or through others.
    #[must_use]
    pub fn is_after(&self, step: usize, on: usize) -> bool {
        self.ancestors[step].contains(on)
    }

    /// Whether the two may run at the same time.
    #[must_use]
    pub fn may_overlap(&self, a: usize, b: usize) -> bool {
        a != b && !self.is_after(a, b) && !self.is_after(b, a)
    }

    /// The step through which `step` waits for its direct predecessor `on` anyway; the latest listed, if several.
    #[must_use]
    pub fn implied_through(&self, step: usize, on: usize) -> Option<usize> {
        self.waits_for[step]
            .iter()
            .rev()
            .copied()
            .find(|&via| via != on && self.is_after(via, on))
    }

    /// Every step after all it waits for.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Steps that wait for `step` directly, ascending.
    pub fn dependants(&self, step: usize) -> impl Iterator<Item = usize> {
        self.waits_for
            .iter()
            .enumerate()
            .filter(move |(_, direct)| direct.binary_search(&step).is_ok())
            .map(|(i, _)| i)
    }

    /// Whether no step waits for `step`.
    #[must_use]
    pub fn is_last(&self, step: usize) -> bool {
        self.dependants(step).next().is_none()
    }
}

/// What each step waits for directly, ascending; entries that mean nothing are left out and told.
pub(super) fn direct(steps: &[Step]) -> (Vec<Vec<usize>>, Vec<GraphError>) {
    let by_slug: HashMap<&str, usize> = steps
        .iter()
        .enumerate()
        .rev()
        .map(|(i, step)| (step.slug.as_str(), i))
        .collect();
    let mut errors = Vec::new();
    let mut waits_for: Vec<Vec<usize>> = Vec::with_capacity(steps.len());
    for (i, step) in steps.iter().enumerate() {
        let mut direct = match StartRule::of(step) {
            Ok(StartRule::AfterPrevious) => (0..i).collect(),
            Ok(StartRule::WithPrevious) => waits_for.last().cloned().unwrap_or_default(),
            Ok(StartRule::After(slugs)) => resolve(i, &slugs, &by_slug, &mut errors),
            Err(error) => {
                errors.push(GraphError::BadList { step: i, error });
                Vec::new()
            }
        };
        direct.sort_unstable();
        waits_for.push(direct);
    }
    (waits_for, errors)
}

fn resolve(
    step: usize,
    slugs: &[String],
    by_slug: &HashMap<&str, usize>,
    errors: &mut Vec<GraphError>,
) -> Vec<usize> {
    let mut direct = Vec::with_capacity(slugs.len());
    for slug in slugs {
        match by_slug.get(slug.as_str()) {
            None => errors.push(GraphError::Unknown {
                step,
                slug: slug.clone(),
            }),
            Some(&on) if on == step => errors.push(GraphError::Itself { step }),
            Some(&on) if direct.contains(&on) => errors.push(GraphError::Duplicate { step, on }),
            Some(&on) => direct.push(on),
        }
    }
    direct
}

/// Kahn's algorithm; always takes the first listed step that is free. `None` = there is a loop.
pub(super) fn topological(waits_for: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut missing: Vec<usize> = waits_for.iter().map(Vec::len).collect();
    let mut dependants = vec![Vec::new(); waits_for.len()];
    for (step, direct) in waits_for.iter().enumerate() {
        for &on in direct {
            dependants[on].push(step);
        }
    }
    let mut free: std::collections::BTreeSet<usize> =
        (0..waits_for.len()).filter(|&i| missing[i] == 0).collect();
    let mut order = Vec::with_capacity(waits_for.len());
    while let Some(step) = free.pop_first() {
        order.push(step);
        for &dependant in &dependants[step] {
            missing[dependant] -= 1;
            if missing[dependant] == 0 {
                free.insert(dependant);
            }
        }
    }
    (order.len() == waits_for.len()).then_some(order)
}

/// The shortest loop through the first step that is in one, starting with that step.
fn shortest_loop(waits_for: &[Vec<usize>]) -> Vec<usize> {
    (0..waits_for.len())
        .filter_map(|start| loop_through(waits_for, start))
        .min_by_key(Vec::len)
        .expect("called only when no topological order exists")
}

/// Breadth-first from `start` along "waits for" until it is met again.
pub(super) fn loop_through(waits_for: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut reached_from: Vec<Option<usize>> = vec![None; waits_for.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(step) = queue.pop_front() {
        for &on in &waits_for[step] {
            if on == start {
                let mut path = vec![step];
                while let Some(before) = reached_from[*path.last().expect("never empty")] {
                    path.push(before);
                }
                path.reverse();
                return Some(path);
            }
            if reached_from[on].is_none() {
                reached_from[on] = Some(step);
                queue.push_back(on);
            }
        }
    }
    None
}

/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct BitSet(Vec<u64>);

impl BitSet {
    fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    fn insert(&mut self, i: usize) {
        self.0[i / 64] |= 1 << (i % 64);
    }

    fn contains(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }

    fn union(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }
}
