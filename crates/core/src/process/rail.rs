//! Lanes for a list of steps, of a process as of a run: a dot per step, and one line from it to those that wait for it.

use super::graph::Graph;

/// Where a step stands and how far its line goes. Rows are positions in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rail {
    /// From 0, leftmost.
    pub lane: usize,
    /// The line covers these rows of the lane, both included; more than its own row only if something waits for it.
    pub from: usize,
    pub to: usize,
}

impl Graph {
    /// The steps that wait for each step directly and not through others, by step: what a picture draws.
    #[must_use]
    pub fn drawn_dependants(&self) -> Vec<Vec<usize>> {
        let mut dependants = vec![Vec::new(); self.len()];
        for step in 0..self.len() {
            let drawn = self.waits_for(step).iter();
            for &on in drawn.filter(|on| self.implied_through(step, **on).is_none()) {
                dependants[on].push(step);
            }
        }
        dependants
    }

    /// Where a list draws each step and the line to those that wait for it, as a commit graph does.
    #[must_use]
    pub fn rails(&self) -> Vec<Rail> {
        of_dependants(&self.drawn_dependants())
    }
}

/// Greedy, top to bottom: a step takes over the lane of a step it waits for whose line ends here, else the
/// leftmost lane that is free along its whole line.
pub(super) fn of_dependants(dependants: &[Vec<usize>]) -> Vec<Rail> {
    let mut rails: Vec<Rail> = dependants.iter().enumerate().map(span).collect();
    let mut order: Vec<usize> = (0..rails.len()).collect();
    order.sort_by_key(|step| (rails[*step].from, *step));
    // The step drawn last in each lane.
    let mut last: Vec<usize> = Vec::new();
    for step in order {
        let from = rails[step].from;
        let ends_here =
            |on: &usize| rails[*on].to == step && from == step && dependants[*on].contains(&step);
        let handed_on = last.iter().position(ends_here);
        let free = || last.iter().position(|on| rails[*on].to < from);
        let lane = handed_on.or_else(free).unwrap_or(last.len());
        rails[step].lane = lane;
        match last.get_mut(lane) {
            Some(on) => *on = step,
            None => last.push(step),
        }
    }
    rails
}

fn span((step, dependants): (usize, &Vec<usize>)) -> Rail {
    let rows = || dependants.iter().copied().chain([step]);
    Rail {
        lane: 0,
        from: rows().min().unwrap_or(step),
        to: rows().max().unwrap_or(step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lane and line of each step.
    fn drawn(waits_for: &[&[usize]]) -> Vec<(usize, usize, usize)> {
        let edges = waits_for.iter().map(|on| on.to_vec()).collect();
        let rails = Graph::from_edges(edges).unwrap().rails();
        rails
            .iter()
            .map(|rail| (rail.lane, rail.from, rail.to))
            .collect()
    }

    #[test]
    fn a_chain_is_one_lane() {
        assert_eq!(
            drawn(&[&[], &[0], &[0, 1]]),
            [(0, 0, 1), (0, 1, 2), (0, 2, 2)]
        );
    }

    #[test]
    fn no_two_lines_share_a_lane_in_a_row_unless_one_is_handed_on() {
        let graph: [&[usize]; 7] = [&[], &[0], &[0], &[0], &[1], &[1, 2], &[3, 4, 5]];
        let rails = drawn(&graph);
        for (a, one) in rails.iter().enumerate() {
            for (b, other) in rails.iter().enumerate().skip(a + 1) {
                let meet = one.0 == other.0 && one.1.max(other.1) <= one.2.min(other.2);
                assert!(
                    !meet || (one.2 == b && graph[b].contains(&a)),
                    "{a} and {b}: {rails:?}"
                );
            }
        }
    }

    #[test]
    fn a_line_goes_up_to_a_dependant_that_is_listed_before() {
        assert_eq!(drawn(&[&[1], &[]]), [(0, 0, 0), (1, 0, 1)]);
    }
}
