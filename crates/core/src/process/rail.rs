//! Lanes for the list of steps: a dot per step, and one line from it down to those that wait for it.

/// Where a step stands and how far its line goes. Rows are positions in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rail {
    /// From 0, leftmost.
    pub lane: usize,
    /// The line covers these rows of the lane, both included; more than its own row only if something waits for it.
    pub from: usize,
    pub to: usize,
}

/// Greedy, top to bottom: a step takes over the lane of a step it waits for whose line ends here, else the
/// leftmost lane that is free along its whole line.
pub(super) fn of(dependants: &[Vec<usize>]) -> Vec<Rail> {
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
