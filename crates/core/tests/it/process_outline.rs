//! A process as a picture: edges and their kind, loops, lanes, and which dependencies cannot be added.

use proptest::prelude::*;
use regatta_core::process::graph::{Graph, GraphError};
use regatta_core::process::outline::{Outline, Rail, Refused, Wait};
use regatta_core::process::{StartRule, Step};

use crate::process_graph::{after, step};
use StartRule::{AfterPrevious, WithPrevious};

fn steps(rules: &[StartRule]) -> Vec<Step> {
    let name = |i: usize| char::from(b'a' + u8::try_from(i).unwrap()).to_string();
    let each = rules.iter().enumerate();
    each.map(|(i, rule)| step(&name(i), rule)).collect()
}

fn outline(rules: &[StartRule]) -> Outline {
    Outline::of(&steps(rules))
}

#[test]
fn edges_say_where_they_come_from_and_which_are_implied() {
    let outline = outline(&[
        after(&[]),
        after(&["a"]),
        WithPrevious,
        after(&["a", "b"]),
        AfterPrevious,
    ]);
    let wait = |on, is_explicit, implied_through| Wait {
        on,
        is_explicit,
        implied_through,
        in_loop: false,
    };
    let waits = |i| outline.waits(i).collect::<Vec<_>>();
    assert_eq!(waits(2), [wait(0, false, None)]);
    assert_eq!(waits(3), [wait(0, true, Some(1)), wait(1, true, None)]);
    assert_eq!(
        waits(4),
        [
            wait(0, false, Some(3)),
            wait(1, false, Some(3)),
            wait(2, false, None),
            wait(3, false, None)
        ]
    );
}

#[test]
fn a_loop_is_named_and_the_rest_is_still_worked_out() {
    let outline = outline(&[
        after(&[]),
        after(&["a", "d"]),
        after(&["b"]),
        after(&["c"]),
        after(&["d"]),
        after(&["a", "nobody"]),
    ]);
    assert_eq!(outline.loops(), [vec![1, 3, 2]]);
    let in_loop: Vec<_> = (0..6).map(|i| outline.is_in_loop(i)).collect();
    assert_eq!(in_loop, [false, true, true, true, false, false]);
    let stuck: Vec<_> = (0..6).map(|i| outline.is_stuck(i)).collect();
    assert_eq!(stuck, [false, true, true, true, true, false]);
    let cut: Vec<_> = outline
        .waits(1)
        .map(|wait| (wait.on, wait.in_loop))
        .collect();
    assert_eq!(cut, [(0, false), (3, true)]);
    assert_eq!(outline.graph().waits_for(5), [0]);
}

#[test]
fn lanes_follow_the_lines_as_in_a_commit_graph() {
    // The seven steps of the sample project.
    let outline = outline(&[
        after(&[]),
        after(&["a"]),
        after(&["a"]),
        after(&["a"]),
        after(&["b"]),
        after(&["b", "c"]),
        AfterPrevious,
    ]);
    let lanes: Vec<_> = outline
        .rails()
        .iter()
        .map(|rail| (rail.lane, rail.to))
        .collect();
    assert_eq!(
        lanes,
        [(0, 3), (1, 5), (2, 5), (0, 6), (3, 6), (1, 6), (0, 6)]
    );
}

#[test]
fn a_dependency_listed_below_draws_its_line_upwards() {
    let rails = outline(&[after(&["c"]), after(&[]), after(&[])]).rails();
    let rail = |lane, from, to| Rail { lane, from, to };
    assert_eq!(rails, [rail(0, 0, 0), rail(0, 1, 1), rail(1, 0, 2)]);
}

#[test]
fn what_would_close_a_loop_is_refused_with_the_way_round() {
    let chain = outline(&[after(&[]), after(&["a"]), after(&["b"]), after(&[])]);
    let no = |on, path: &[usize]| Refused {
        on,
        path: path.to_vec(),
        is_cut: false,
    };
    assert_eq!(chain.refused(0), [no(1, &[1, 0]), no(2, &[2, 1, 0])]);
    assert_eq!(chain.refused(1), [no(2, &[2, 1])]);
    assert_eq!(chain.refused(3), []);
    // The step below takes over whatever the one above waits for.
    let together = outline(&[after(&[]), after(&["a"]), WithPrevious]);
    assert_eq!(together.refused(1), [no(2, &[2])]);
    assert_eq!(together.refused(2), []);
}

/// There is a path for every pair of steps: whole ones would be gigabytes for a long chain.
#[test]
fn a_long_way_round_is_told_without_its_middle() {
    let above = "abcdefghijk".chars().map(String::from);
    let rules = above.map(|above| after(&[above.as_str()]));
    let chain = outline(&[vec![after(&[])], rules.collect()].concat());
    let path = |on| {
        let refused = chain.refused(0);
        let found = refused.into_iter().find(|refused| refused.on == on);
        let found = found.expect("everything below waits for the first");
        (found.path, found.is_cut)
    };
    assert_eq!(path(7), (vec![7, 6, 5, 4, 3, 2, 1, 0], false));
    assert_eq!(path(8), (vec![8, 7, 6, 5, 4, 3, 2, 0], true));
    assert_eq!(path(11), (vec![11, 10, 9, 8, 7, 6, 5, 0], true));
}

fn rules() -> impl Strategy<Value = Vec<StartRule>> {
    (2..8_usize).prop_flat_map(|count| {
        let slug = (0..count).prop_map(|i| char::from(b'a' + u8::try_from(i).unwrap()).to_string());
        let list = prop::collection::btree_set(slug, 0..3);
        let rule = prop_oneof![
            1 => Just(AfterPrevious),
            2 => Just(WithPrevious),
            4 => list.prop_map(|slugs| StartRule::After(slugs.into_iter().collect())),
        ];
        prop::collection::vec(rule, count)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The picture and the engine's order never disagree: a dependency is refused exactly when adding it to the
    /// list makes a loop.
    #[test]
    fn refused_is_what_makes_a_loop(rules in rules()) {
        let steps = steps(&rules);
        let Ok(graph) = Graph::of(&steps) else {
            return Ok(());
        };
        let outline = Outline::of(&steps);
        for step in 0..steps.len() {
            let refused = outline.refused(step);
            for on in (0..steps.len()).filter(|on| *on != step && !graph.waits_for(step).contains(on)) {
                let slugs = graph.waits_for(step).iter().chain([&on]);
                let mut edited = steps.clone();
                StartRule::After(slugs.map(|i| steps[*i].slug.clone()).collect()).write(&mut edited[step]);
                let makes_a_loop = Graph::of(&edited).is_err();
                let is_refused = refused.iter().any(|refused| refused.on == on);
                prop_assert_eq!(is_refused, makes_a_loop, "{} on {}", step, on);
            }
            for Refused { on, path, is_cut } in &refused {
                prop_assert!(!is_cut);
                prop_assert_eq!(path[0], *on);
                for pair in path.windows(2) {
                    prop_assert!(graph.waits_for(pair[0]).contains(&pair[1]));
                }
            }
        }
    }

    /// Any process at all has a picture, and lines never share a lane in the same row.
    #[test]
    fn everything_can_be_drawn(rules in rules()) {
        let steps = steps(&rules);
        let outline = Outline::of(&steps);
        let has_loop = matches!(Graph::of(&steps), Err(errors) if errors.iter().any(|e| matches!(e, GraphError::Cycle { .. })));
        prop_assert_eq!(has_loop, !outline.loops().is_empty());
        let rails = outline.rails();
        for (i, a) in rails.iter().enumerate() {
            for (j, b) in rails.iter().enumerate().skip(i + 1) {
                let overlap = a.from.max(b.from) < a.to.min(b.to);
                prop_assert!(a.lane != b.lane || !overlap, "{i} {j} {rails:?}");
            }
        }
    }
}
