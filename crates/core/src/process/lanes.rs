//! Which lane each step is drawn in: steps of one lane follow each other, steps of different lanes may overlap.

use super::graph::Graph;

impl Graph {
    /// A lane for each step, from 0, in list order: a step goes on in the lane of the first step it waits for
    /// that no other step has followed yet, else it takes the lowest lane that is free by then.
    #[must_use]
    pub fn lanes(&self) -> Vec<usize> {
        let mut lanes = vec![0; self.len()];
        // The step that each lane ends with so far.
        let mut ends: Vec<usize> = Vec::new();
        for &step in self.order() {
            let followed = |end: &usize| self.waits_for(step).binary_search(end).is_ok();
            let free = |end: &usize| self.is_after(step, *end);
            let lane = ends
                .iter()
                .position(followed)
                .or_else(|| ends.iter().position(free));
            match lane {
                Some(lane) => ends[lane] = step,
                None => ends.push(step),
            }
            lanes[step] = lane.unwrap_or(ends.len() - 1);
        }
        lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(waits_for: &[&[usize]]) -> Vec<usize> {
        let edges = waits_for.iter().map(|on| on.to_vec()).collect();
        Graph::from_edges(edges).unwrap().lanes()
    }

    #[test]
    fn a_chain_is_one_lane() {
        assert_eq!(lanes(&[&[], &[0], &[0, 1]]), [0, 0, 0]);
    }

    #[test]
    fn steps_that_may_overlap_never_share_a_lane() {
        assert_eq!(
            lanes(&[&[], &[], &[], &[0], &[1, 2], &[3, 4]]),
            [0, 1, 2, 0, 1, 0]
        );
        // The N: C waits for A and B, D for B only.
        assert_eq!(lanes(&[&[], &[], &[0, 1], &[1]]), [0, 1, 0, 1]);
    }
}
