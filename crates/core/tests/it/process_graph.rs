//! Start rules as a graph: Octopus' two triggers give Octopus' blocks, lists give exactly themselves.

use proptest::prelude::*;
use regatta_core::process::graph::{Graph, GraphError};
use regatta_core::process::{StartRule, Step};
use serde_json::json;

/// A step named and slugged `name` with this start rule.
pub(crate) fn step(name: &str, rule: &StartRule) -> Step {
    let mut step: Step =
        serde_json::from_value(json!({"Id": name, "Name": name, "Slug": name, "Actions": [
        {"Id": name, "Name": name, "Slug": name, "ActionType": "Octopus.Script"}]}))
        .unwrap();
    rule.write(&mut step);
    step
}

pub(crate) fn after(slugs: &[&str]) -> StartRule {
    StartRule::After(slugs.iter().map(ToString::to_string).collect())
}

fn graph(steps: &[(&str, StartRule)]) -> Result<Graph, Vec<GraphError>> {
    let steps: Vec<Step> = steps.iter().map(|(name, rule)| step(name, rule)).collect();
    Graph::of(&steps)
}

fn edges(graph: &Graph) -> Vec<&[usize]> {
    (0..graph.len()).map(|i| graph.waits_for(i)).collect()
}

use StartRule::{AfterPrevious, WithPrevious};

#[test]
fn the_four_start_rules() {
    let g = graph(&[
        ("a", AfterPrevious),
        ("b", WithPrevious),
        ("c", AfterPrevious),
        ("d", WithPrevious),
        ("e", after(&["a"])),
        ("f", WithPrevious),
        ("g", after(&[])),
        ("h", AfterPrevious),
    ])
    .unwrap();
    assert_eq!(
        edges(&g),
        [
            &[][..],
            &[],
            &[0, 1],
            &[0, 1],
            &[0],
            &[0],
            &[],
            &[0, 1, 2, 3, 4, 5, 6]
        ]
    );
}

/// A and B first, C after both, D after B only: what no process of Octopus' triggers can say.
#[test]
fn the_n_shape_can_be_said() {
    let g = graph(&[
        ("a", AfterPrevious),
        ("b", WithPrevious),
        ("c", after(&["a", "b"])),
        ("d", after(&["b"])),
    ])
    .unwrap();
    assert_eq!(edges(&g), [&[][..], &[], &[0, 1], &[1]]);
    assert!(
        g.may_overlap(0, 3) && !g.is_after(3, 0),
        "D neither waits for A nor the other way round"
    );
}

/// Regression case 2: a "with previous" step moved to the top still runs.
#[test]
fn case_2_a_parallel_step_at_the_top_starts_with_the_deployment() {
    let g = graph(&[
        ("a", WithPrevious),
        ("b", WithPrevious),
        ("c", AfterPrevious),
    ])
    .unwrap();
    assert_eq!(edges(&g), [&[][..], &[], &[0, 1]]);
}

#[test]
fn a_step_may_wait_for_one_listed_later() {
    let g = graph(&[("a", after(&["b"])), ("b", after(&[]))]).unwrap();
    assert_eq!((edges(&g), g.order()), (vec![&[1][..], &[]], &[1, 0][..]));
}

#[test]
fn lists_that_cannot_be_are_refused() {
    let errors = graph(&[("a", AfterPrevious), ("b", after(&["a", "x", "b", "a"]))]).unwrap_err();
    assert_eq!(
        errors,
        [
            GraphError::Unknown {
                step: 1,
                slug: "x".into()
            },
            GraphError::Itself { step: 1 },
            GraphError::Duplicate { step: 1, on: 0 }
        ]
    );
    let loops = [
        (
            vec![
                ("a", after(&["c"])),
                ("b", after(&["a"])),
                ("c", after(&["b"])),
            ],
            vec![0, 2, 1],
        ),
        (vec![("a", after(&["b"])), ("b", AfterPrevious)], vec![0, 1]),
        (vec![("a", after(&["b"])), ("b", WithPrevious)], vec![1]),
    ];
    for (steps, expected) in loops {
        assert_eq!(
            graph(&steps).unwrap_err(),
            [GraphError::Cycle { steps: expected }]
        );
    }
}

#[test]
fn a_list_that_is_no_list_is_refused() {
    for text in ["build", "{}", "[1]", "[\"\"]", "[\"a\""] {
        let mut bad = step("b", &WithPrevious);
        bad.properties.set("Regatta.Step.DependsOn", text);
        let errors = Graph::of(&[step("a", &AfterPrevious), bad]).unwrap_err();
        assert!(
            matches!(errors[..], [GraphError::BadList { step: 1, .. }]),
            "{text}: {errors:?}"
        );
    }
}

#[test]
fn a_list_has_no_say_after_previous() {
    let mut b = step("b", &after(&["nowhere"]));
    b.start_trigger = regatta_core::process::step::StartTrigger::StartAfterPrevious;
    assert_eq!(
        edges(&Graph::of(&[step("a", &AfterPrevious), b]).unwrap()),
        [&[][..], &[0]]
    );
}

#[test]
fn implied_edges_are_kept_and_known() {
    let g = graph(&[
        ("a", AfterPrevious),
        ("b", after(&["a"])),
        ("c", after(&["a", "b"])),
    ])
    .unwrap();
    assert_eq!(g.waits_for(2), [0, 1]);
    assert_eq!(
        (g.implied_through(2, 0), g.implied_through(2, 1)),
        (Some(1), None)
    );
}

proptest! {
    /// Blocks as Octopus forms them: one starts at every "after previous" step, and waits for all before it.
    #[test]
    fn octopus_triggers_give_octopus_blocks(parallel in prop::collection::vec(any::<bool>(), 1..40)) {
        let steps: Vec<Step> = parallel.iter().enumerate()
            .map(|(i, parallel)| step(&format!("s{i}"), if *parallel { &WithPrevious } else { &AfterPrevious }))
            .collect();
        let g = Graph::of(&steps).unwrap();
        let mut block_start = 0;
        for (i, parallel) in parallel.iter().enumerate() {
            if !parallel {
                block_start = i;
            }
            prop_assert_eq!(g.waits_for(i), (0..block_start).collect::<Vec<_>>());
        }
    }

    /// Whatever the lists: either there is an order that respects every edge, or a real loop is named.
    #[test]
    fn an_order_or_a_loop(lists in prop::collection::vec(prop::option::of(prop::collection::btree_set(0..12_usize, 0..4)), 12)) {
        let name = |i: usize| format!("s{i}");
        let steps: Vec<Step> = lists.iter().enumerate().map(|(i, list)| {
            let rule = list.as_ref().map_or(WithPrevious, |l| StartRule::After(l.iter().filter(|on| **on != i).map(|on| name(*on)).collect()));
            step(&name(i), &rule)
        }).collect();
        match Graph::of(&steps) {
            Ok(g) => {
                let place = |s: usize| g.order().iter().position(|o| *o == s).unwrap();
                for i in 0..g.len() {
                    for &on in g.waits_for(i) {
                        prop_assert!(place(on) < place(i) && g.is_after(i, on) && !g.is_after(on, i));
                    }
                }
            }
            Err(errors) => {
                let [GraphError::Cycle { steps: path }] = &errors[..] else { panic!("{errors:?}") };
                prop_assert!(!path.is_empty());
            }
        }
    }
}
